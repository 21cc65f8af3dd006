//! Fingerprint pictures to minutiae.

mod network;
mod normalise;
mod peaks;

pub use network::NetworkError;
