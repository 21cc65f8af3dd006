//! What can go wrong with a gallery.

use std::path::PathBuf;

use super::reference::ReferenceId;
use crate::citizen::CitizenId;
use crate::escape::Escaped;
use crate::storage::{Damage, StorageError};
use crate::template::ModelId;

/// An error of the gallery.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GalleryError {
    /// The files could not be read or written, or are damaged.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log ends in bytes that no writer writes. A crash of the system can do that to what was
    /// not acknowledged; the next writer cuts it.
    #[error("{0}; a writer has to settle it")]
    TornLog(Damage),
    /// No gallery is there.
    #[error("{}: there is no gallery here", Escaped::new(directory))]
    NotAGallery {
        /// Where.
        directory: PathBuf,
    },
    /// A gallery is there already.
    #[error("{}: there is a gallery here already", Escaped::new(directory))]
    AlreadyExists {
        /// Where.
        directory: PathBuf,
    },
    /// Another writer has the gallery, in this or another process.
    #[error("{}: another writer has the gallery", Escaped::new(lock))]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The writer met an error before; what it wrote since the last commit is unknown. Drop it and
    /// make another: that recovers.
    #[error("the writer stopped after an earlier error: {}", Escaped::new(cause))]
    Poisoned {
        /// The earlier error.
        cause: String,
    },
    /// A segment holds features that another version of the engine made.
    #[error(
        "{}: has features of version {found}, this engine compares version {expected}; `Gallery::upgrade` rebuilds them",
        Escaped::new(file)
    )]
    FeatureVersion {
        /// The segment.
        file: PathBuf,
        /// This engine's version.
        expected: u32,
        /// The segment's version.
        found: u32,
    },
    /// No such citizen.
    #[error("citizen {citizen:?} is not enrolled")]
    UnknownCitizen {
        /// Who.
        citizen: CitizenId,
    },
    /// The citizen has no such reference.
    #[error("citizen {citizen:?} has no reference {reference}")]
    UnknownReference {
        /// Who.
        citizen: CitizenId,
        /// Which.
        reference: ReferenceId,
    },
    /// A location that is not in this snapshot.
    #[error("no such row in this snapshot")]
    UnknownLocation,
    /// The gallery has embeddings of this model with another dimension.
    #[error("model {model} has {expected} dimensions in this gallery, this template has {found}")]
    ModelDimension {
        /// The model.
        model: ModelId,
        /// Dimensions in the gallery.
        expected: usize,
        /// Dimensions of the template.
        found: usize,
    },
    /// More than a gallery keeps.
    #[error("at most {limit} {of}; found {found}")]
    TooMany {
        /// Of what.
        of: &'static str,
        /// The limit.
        limit: usize,
        /// How many.
        found: usize,
    },
}

impl From<Damage> for GalleryError {
    fn from(damage: Damage) -> Self {
        Self::Storage(damage.into())
    }
}

impl GalleryError {
    /// The damage, if that is what it is.
    pub fn damage(&self) -> Option<&Damage> {
        match self {
            Self::Storage(StorageError::Damaged(damage)) | Self::TornLog(damage) => Some(damage),
            _ => None,
        }
    }
}
