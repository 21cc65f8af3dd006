//! Why bytes are no network.

use crate::escape::Escaped;

/// Bytes that are not a network that this engine runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {} expected", Escaped::new(expected))]
pub struct NetworkError {
    /// Where.
    pub offset: usize,
    /// What was expected there.
    pub expected: String,
}
