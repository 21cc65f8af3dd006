//! Fingerprint pictures to minutiae.

mod network;

pub use network::NetworkError;
