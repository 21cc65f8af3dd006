//! Why it is not known whether an attempt may be made. No claim is decided then.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use crate::escape::Escaped;
use crate::storage::StorageError;

const NONE_NAMED: &str = "none was named, and none is beside the gallery: name its folder (--attempts), or, if it was \
    lost, let an officer begin a new one (biomatch attempts create --replace)";

/// A failure of what counts attempts. It is never "no failures".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptsError {
    /// The file could not be read or written, or is damaged.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Nothing counts attempts there.
    #[error(
        "{}: there is no file of attempts here; if it was lost, an officer must begin a new one \
         (biomatch attempts create --replace)",
        Escaped::new(folder)
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds other files: it is of something else, a gallery perhaps.
    #[error(
        "{}: expected a folder of its own for the file of attempts, found {}; nothing was written",
        Escaped::new(folder),
        Escaped::new(name)
    )]
    ForeignFolder {
        /// The folder.
        folder: PathBuf,
        /// A file in it.
        name: String,
    },
    /// A file of attempts is there already.
    #[error("{}: there is a file of attempts here already", Escaped::new(folder))]
    AlreadyExists {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder or the file is not the one that was opened, nor one that continues it.
    #[error(
        "{}: another file of attempts has taken the place of the one that was open: {reason}",
        Escaped::new(folder)
    )]
    Replaced {
        /// The folder.
        folder: PathBuf,
        /// What shows it.
        reason: &'static str,
    },
    /// The lock was not free within the time limit.
    #[error(
        "{}: {} has the lock; waited {:.1} s",
        Escaped::new(lock),
        process.map_or_else(|| "another process".to_owned(), |process| format!("process {process}")),
        waited.as_secs_f64()
    )]
    Busy {
        /// The lock file.
        lock: PathBuf,
        /// How long was waited.
        waited: Duration,
        /// The other process, if it is known.
        process: Option<u32>,
    },
    /// The file counts the attempts on another gallery.
    #[error(
        "{}: attempts on gallery {} are counted here; asked for gallery {}",
        Escaped::new(folder),
        hex::encode(found),
        hex::encode(expected)
    )]
    OtherGallery {
        /// The folder.
        folder: PathBuf,
        /// The gallery that was asked for.
        expected: [u8; 16],
        /// The gallery whose attempts are counted.
        found: [u8; 16],
    },
    /// The gallery says that attempts on it are limited by another file, or that they are limited and nothing
    /// was named that does so.
    #[error(
        "{}: attempts on this gallery are limited by the file of attempts {}; {}",
        Escaped::new(gallery),
        hex::encode(expected),
        found.map_or_else(|| NONE_NAMED.to_owned(), |found| format!("found {}", hex::encode(found)))
    )]
    OtherLimiter {
        /// The gallery's folder.
        gallery: PathBuf,
        /// The identity of the file that limits.
        expected: [u8; 16],
        /// The identity of what was named.
        found: Option<[u8; 16]>,
    },
    /// Too many subjects have failures that nothing ended.
    #[error("{}: {most} subjects have failed attempts, and no more can be counted", Escaped::new(file))]
    Full {
        /// The file.
        file: PathBuf,
        /// Most subjects.
        most: u64,
    },
    /// What a caller's own implementation met.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl AttemptsError {
    /// Whether the same call can succeed later without anybody's help: another process has the lock, or the disk
    /// is full.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Storage(error) => error.may_pass(),
            _ => false,
        }
    }

    /// Whether files are damaged, missing or others than they were.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Storage(StorageError::Damaged(_)) | Self::Missing { .. } | Self::Replaced { .. })
    }

    /// Whether another file must be named.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::AlreadyExists { .. }
                | Self::ForeignFolder { .. }
                | Self::OtherGallery { .. }
                | Self::OtherLimiter { .. }
        )
    }
}
