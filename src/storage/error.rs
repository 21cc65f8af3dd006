//! Errors of the storage layer.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// The offset in it.
    pub offset: u64,
    /// What was expected there.
    pub expected: String,
    /// What was found there. Never biometric bytes.
    pub found: String,
}

impl Damage {
    pub(crate) fn new(file: &Path, offset: u64, expected: impl Display, found: impl Display) -> Self {
        Self { file: file.into(), offset, expected: expected.to_string(), found: found.to_string() }
    }
}

/// An error of the storage layer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// An I/O error.
    #[error("{}: cannot {operation}: {source}{}", Escaped::new(file), hint(operation, source))]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        source: Arc<io::Error>,
    },
    /// A file's bytes are wrong.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// There is not enough room for what is about to be written; nothing was written.
    #[error("{}: {needed} bytes are needed and {free} are free", Escaped::new(directory))]
    NoSpace {
        /// The directory.
        directory: PathBuf,
        /// Bytes that the work may need.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
}

impl StorageError {
    pub(crate) fn io(file: PathBuf, operation: &'static str, source: io::Error) -> Self {
        Self::Io { file, operation, source: Arc::new(source) }
    }

    /// Whether a file was not there.
    pub fn is_not_found(&self) -> bool {
        self.io_kind() == Some(io::ErrorKind::NotFound)
    }

    /// The kind of the I/O error, if it is one.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::Damaged(_) | Self::NoSpace { .. } => None,
        }
    }

    /// Whether it may pass by itself, such as a full disk.
    pub(crate) fn may_pass(&self) -> bool {
        use io::ErrorKind as Kind;
        match self {
            Self::NoSpace { .. } => true,
            Self::Damaged(_) => false,
            Self::Io { source, .. } => matches!(
                source.kind(),
                Kind::StorageFull | Kind::QuotaExceeded | Kind::Interrupted | Kind::TimedOut
            ),
        }
    }
}

/// What a file system lacks, where an error means that.
fn hint(operation: &str, source: &io::Error) -> &'static str {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    let lacks = matches!(source.kind(), InvalidInput | Unsupported);
    match operation {
        "synchronise the directory" if lacks => {
            " (this file system cannot make names durable: a gallery needs one that can, see docs/gallery-format.md)"
        }
        "lock" if lacks || source.raw_os_error() == Some(37) => {
            " (this file system has no locks: a gallery needs one that does, see docs/gallery-format.md)"
        }
        "make read-only" if lacks || source.kind() == PermissionDenied => {
            " (this file system cannot take away the permission to write: see docs/gallery-format.md)"
        }
        _ => "",
    }
}
