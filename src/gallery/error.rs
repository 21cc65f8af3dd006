//! What can go wrong with a gallery.

use std::path::PathBuf;

use super::reference::ReferenceId;
use super::request_id::RequestId;
use crate::escape::Escaped;
use crate::fingerprint::codes::CodeModelId;
use crate::kernels::KernelsError;
use crate::storage::{Damage, StorageError};
use crate::subject::SubjectId;
use crate::template::ModelId;

/// An error of the gallery.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GalleryError {
    /// The files could not be read or written, or are damaged.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The environment variable `BIOMATCH_KERNELS` asks for what this processor does not have.
    #[error(transparent)]
    Kernels(#[from] KernelsError),
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
    /// The folder holds files of a gallery and no CURRENT: a remainder, or an incomplete copy. Nothing was
    /// changed.
    #[error(
        "{}: there are files of a gallery here ({}), but no CURRENT; finish the copy, restore a backup, or repair the gallery",
        Escaped::new(directory),
        Escaped::new(example)
    )]
    Remains {
        /// Where.
        directory: PathBuf,
        /// One of the files.
        example: String,
    },
    /// Another process has the gallery's writer.
    #[error("{}: another writer has the gallery{}", Escaped::new(lock), owner(*process))]
    Locked {
        /// The lock file.
        lock: PathBuf,
        /// The other process, if it is known.
        process: Option<u32>,
    },
    /// The handle was opened to read only.
    #[error("{}: the gallery was opened for reading only", Escaped::new(directory))]
    ReadOnly {
        /// Where.
        directory: PathBuf,
    },
    /// An earlier error stopped the writer, and what it wrote since the last commit is unknown. Open another
    /// writer, which recovers.
    #[error("the writer stopped after an earlier error: {}", Escaped::new(cause))]
    Poisoned {
        /// The earlier error.
        cause: String,
    },
    /// Another program removed, replaced or changed a file or the folder while the writer had it. The commit
    /// is not acknowledged; its changes may or may not be in the files.
    #[error(
        "{}: another program changed this while the writer had it: found {}; the commit was not acknowledged",
        Escaped::new(file),
        Escaped::new(found)
    )]
    Displaced {
        /// The file or folder.
        file: PathBuf,
        /// What is there.
        found: String,
    },
    /// The files are older than what was acknowledged: a part of them, or all, went back to an older copy.
    #[error(
        "{}: the gallery is older than what was acknowledged: generation {known} was acknowledged, its files hold generation {found}",
        Escaped::new(directory)
    )]
    WentBack {
        /// Where.
        directory: PathBuf,
        /// The generation that was acknowledged.
        known: u64,
        /// The generation that the files hold.
        found: u64,
    },
    /// Another gallery has taken the place of the one that was opened.
    #[error("{}: another gallery has replaced the one that was opened", Escaped::new(directory))]
    Replaced {
        /// Where.
        directory: PathBuf,
    },
    /// A segment holds features that another version of the engine made.
    #[error(
        "{}: the features are of version {found}, this engine compares version {expected}; rebuild them with `Gallery::upgrade`",
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
    /// The gallery's codes are made by another model than the one that was given.
    #[error(
        "{}: the finger codes are of code model {gallery}, and model {given} was given; open the gallery with its own model, or rebuild the codes with `Gallery::upgrade`",
        Escaped::new(directory)
    )]
    CodeModel {
        /// Where.
        directory: PathBuf,
        /// The model of the gallery.
        gallery: CodeModelId,
        /// The model that was given.
        given: CodeModelId,
    },
    /// The subject belongs to another part of the registry.
    #[error("subject {} belongs to part {belongs} of {count}, this gallery is part {here}", subject.masked())]
    OtherPartition {
        /// Who.
        subject: SubjectId,
        /// The part where the subject belongs.
        belongs: u32,
        /// The part that this gallery is.
        here: u32,
        /// How many parts there are.
        count: u32,
    },
    /// No such citizen.
    #[error("citizen {} is not enrolled", citizen.masked())]
    UnknownCitizen {
        /// Who.
        citizen: SubjectId,
    },
    /// The citizen has no such reference.
    #[error("citizen {} has no reference {reference}", citizen.masked())]
    UnknownReference {
        /// Who.
        citizen: SubjectId,
        /// Which.
        reference: ReferenceId,
    },
    /// The request was made before, and asked for something else.
    #[error("request {request} was made before with other content")]
    RequestConflict {
        /// Which.
        request: RequestId,
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
    /// The gallery has the files of an earlier version, which are not copied.
    #[error(
        "{}: the gallery has an earlier version of the format; open it for writing once, which migrates it, and try again",
        Escaped::new(directory)
    )]
    EarlierVersion {
        /// Where.
        directory: PathBuf,
    },
    /// The folder is a backup, which only [`super::backup`] writes.
    #[error(
        "{}: this is a backup, which only the next backup may change; restore it to another folder",
        Escaped::new(directory)
    )]
    IsBackup {
        /// Where.
        directory: PathBuf,
    },
    /// Source and destination are one folder.
    #[error("{}: source and destination are the same folder", Escaped::new(directory))]
    SameFolder {
        /// Where.
        directory: PathBuf,
    },
    /// The destination holds a gallery that no backup made. Nothing was changed.
    #[error(
        "{}: there is a gallery here that is not a backup; choose another folder",
        Escaped::new(directory)
    )]
    NotABackup {
        /// Where.
        directory: PathBuf,
    },
    /// The destination holds files that do not belong there. Nothing was changed.
    #[error(
        "{}: there are other files here ({}); choose another folder",
        Escaped::new(directory),
        Escaped::new(example)
    )]
    NotEmpty {
        /// Where.
        directory: PathBuf,
        /// One of the files.
        example: String,
    },
    /// The destination is the backup of another gallery. Nothing was changed.
    #[error("{}: this is a backup of another gallery; choose another folder", Escaped::new(directory))]
    OtherGallery {
        /// Where.
        directory: PathBuf,
    },
    /// The backup is newer than the gallery: the gallery went back, or is an older copy. Nothing was changed.
    #[error(
        "{}: the backup holds generation {backup}, the gallery only generation {gallery}: the gallery is an older copy; the backup was not changed",
        Escaped::new(directory)
    )]
    NewerBackup {
        /// Where the backup is.
        directory: PathBuf,
        /// The backup's generation.
        backup: u64,
        /// The gallery's generation.
        gallery: u64,
    },
    /// The backup and the gallery come from one gallery, and were changed apart from each other. Nothing was
    /// changed.
    #[error(
        "{}: the backup and the gallery were changed independently and have different histories; choose another folder",
        Escaped::new(directory)
    )]
    OtherHistory {
        /// Where the backup is.
        directory: PathBuf,
    },
    /// No manifest can be read, so the files of the gallery are not known.
    #[error("{}: no manifest of a gallery can be read here; restore a backup", Escaped::new(directory))]
    Unrepairable {
        /// Where.
        directory: PathBuf,
    },
    /// The writer is closing and stopped its maintenance; nothing was changed.
    #[error("maintenance was stopped before it was complete")]
    Stopped,
}

fn owner(process: Option<u32>) -> String {
    process.map(|process| format!(" (process {process})")).unwrap_or_default()
}

impl From<Damage> for GalleryError {
    fn from(damage: Damage) -> Self {
        Self::Storage(damage.into())
    }
}

impl GalleryError {
    /// The damage, if the error is one.
    pub fn damage(&self) -> Option<&Damage> {
        match self {
            Self::Storage(StorageError::Damaged(damage)) => Some(damage),
            _ => None,
        }
    }

    /// The error as a finding, for callers that continue with the other files.
    pub(super) fn into_finding(self) -> Damage {
        match self {
            Self::Storage(StorageError::Damaged(damage)) => damage,
            Self::Storage(StorageError::Io { file, source, .. }) => {
                let found = match source.kind() {
                    std::io::ErrorKind::NotFound => "none".to_owned(),
                    _ => source.to_string(),
                };
                Damage::new(&file, 0, "a file that can be read", found)
            }
            Self::WentBack { ref directory, .. } => Damage::new(directory, 0, "files of one state", &self),
            error => Damage::new(std::path::Path::new(""), 0, "files of one state", error),
        }
    }
}
