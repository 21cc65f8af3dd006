//! Fingerprint pictures to minutiae.

mod error;
mod extractor;
mod network;
mod normalise;
mod peaks;
mod scale;

pub use error::ExtractionError;
pub use extractor::MinutiaeExtractor;
pub use network::NetworkError;
