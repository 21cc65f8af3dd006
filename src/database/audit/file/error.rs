//! Why an audit file takes no entry.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::escape::Escaped;

/// A failure of an audit file. The entry is then uncertain, and the decision or change fails.
///
/// [`super::AuditFile`] gives it inside the [`io::Error`] that [`crate::database::Audit`] asks for:
/// `error.get_ref()` and `downcast_ref::<AuditFileError>()` find it there.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditFileError {
    /// The operating system refused.
    #[error("{}: cannot {operation}: {source}", Escaped::new(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        source: Arc<io::Error>,
    },
    /// A directory, symbolic link, FIFO, socket or device.
    #[error("{}: {found}; an audit is a regular file", Escaped::new(path))]
    NotRegular {
        /// The file.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// The lock was not free within the time limit.
    #[error("{}: {} holds its lock; waited {:.1} s", Escaped::new(path), process(*holder), waited.as_secs_f64())]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long this process waited.
        waited: Duration,
        /// The process that holds the lock, where the operating system tells.
        holder: Option<u32>,
    },
    /// The file was removed or renamed while it was open.
    #[error(
        "{}: the file is no longer there: it was removed or renamed while it was open",
        Escaped::new(path)
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The path names another file, which does not continue the one that was open.
    #[error(
        "{}: another file has taken its place, and is no continuation of it: {}",
        Escaped::new(path),
        Escaped::new(reason)
    )]
    Replaced {
        /// The file.
        path: PathBuf,
        /// What shows that it is no continuation.
        reason: String,
    },
    /// The file is shorter than it was.
    #[error(
        "{}: the file has {found} bytes and had {known}: it was truncated, or overwritten by an older copy",
        Escaped::new(path)
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The length that this process left or saw.
        known: u64,
        /// The length now.
        found: u64,
    },
    /// The last line that this process knows is no longer there.
    #[error(
        "{}: the line at offset {offset} is not what this process left or saw there: the file was overwritten",
        Escaped::new(path)
    )]
    Overwritten {
        /// The file.
        path: PathBuf,
        /// Where the line began.
        offset: u64,
    },
    /// Something changed the file without taking its lock, while an entry was written.
    #[error(
        "{}: the file has {found} bytes after a write that ends at {expected}: it was changed without its lock",
        Escaped::new(path)
    )]
    Disturbed {
        /// The file.
        path: PathBuf,
        /// The length after the write.
        expected: u64,
        /// The length now.
        found: u64,
    },
    /// A rotated file is there, and the file does not continue it.
    #[error(
        "{}: the file does not continue {}, the newest of its rotated files: it was removed, or replaced by an older copy",
        Escaped::new(path),
        Escaped::new(rotated)
    )]
    NotContinued {
        /// The file.
        path: PathBuf,
        /// The newest rotated file.
        rotated: PathBuf,
    },
    /// A file of somebody else has the name that a rotation needs.
    #[error(
        "{}: a rotation needs this name, and the file there is not of an interrupted rotation",
        Escaped::new(path)
    )]
    NameTaken {
        /// The name.
        path: PathBuf,
    },
    /// The file is not empty, and no audit file: nothing was written to it.
    #[error("{}: offset {offset}: expected {expected}; this is no audit file", Escaped::new(path))]
    NoAudit {
        /// The file.
        path: PathBuf,
        /// Where an audit file has something else.
        offset: u64,
        /// What an audit file has there.
        expected: &'static str,
    },
    /// The entry is longer than a line may be.
    #[error("{}: an entry of {bytes} bytes is too long", Escaped::new(path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The entry's length.
        bytes: usize,
    },
    /// The thread that was to write the entry together with its own ended before it did.
    #[error("the thread that wrote entries for several others ended before it was done")]
    Unwritten,
    /// This system has no way to tell one file from another, which a rotation needs.
    #[error("{}: rotation is not supported on this system", Escaped::new(path))]
    NoRotation {
        /// The file.
        path: PathBuf,
    },
}

impl AuditFileError {
    /// Whether the same call can succeed later without anybody's help: another process holds the lock, or there
    /// is no room on the disk.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Io { source, .. } => crate::database::audit::may_pass(source.kind()),
            _ => false,
        }
    }

    pub(in crate::database::audit) fn io(
        path: &Path,
        operation: &'static str,
    ) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), operation, source: Arc::new(source) }
    }
}

impl From<AuditFileError> for io::Error {
    fn from(error: AuditFileError) -> Self {
        use AuditFileError as E;
        let kind = match &error {
            E::Io { source, .. } => source.kind(),
            E::NotRegular { .. } | E::TooLong { .. } => io::ErrorKind::InvalidInput,
            E::Busy { .. } => io::ErrorKind::TimedOut,
            E::Missing { .. } => io::ErrorKind::NotFound,
            E::NameTaken { .. } => io::ErrorKind::AlreadyExists,
            E::NoRotation { .. } => io::ErrorKind::Unsupported,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

fn process(holder: Option<u32>) -> String {
    holder.map_or_else(|| "another process".to_owned(), |process| format!("process {process}"))
}
