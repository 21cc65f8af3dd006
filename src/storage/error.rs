//! What can go wrong with files.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use crate::escape::Escaped;

/// Bytes that are not what they must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}: damaged at byte {offset}: expected {}, found {}",
    Escaped::new(file),
    Escaped::new(expected),
    Escaped::new(found)
)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where in it.
    pub offset: u64,
    /// What must be there.
    pub expected: String,
    /// What is there. Never biometric bytes.
    pub found: String,
}

impl Damage {
    pub(crate) fn new(file: &Path, offset: u64, expected: impl Display, found: impl Display) -> Self {
        Self { file: file.into(), offset, expected: expected.to_string(), found: found.to_string() }
    }
}

/// An error of the storage layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The operating system refused.
    #[error("{}: cannot {operation}: {source}", Escaped::new(file))]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A file's bytes are wrong.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

impl StorageError {
    /// Whether a file was not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
