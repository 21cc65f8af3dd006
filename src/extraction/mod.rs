//! Fingerprint pictures to minutiae.

mod extractor;
mod network;
mod normalise;
mod peaks;
mod scale;

pub use extractor::MinutiaeExtractor;
pub use network::NetworkError;
