//! What can be wrong with a line, and with what it names.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::escape::Escaped;
#[cfg(feature = "networks")]
use crate::extraction::FaceExtractionError;
#[cfg(feature = "pictures")]
use crate::extraction::FingerInputError;
use crate::input::{FileKind, InputProblem};
#[cfg(feature = "networks")]
use crate::picture::PictureError;
use crate::template::face_file::FaceFileError;
use crate::template::{FaceTemplateError, FingerPosition, ModelId, RecordError, Warning};
use crate::text::ForeignEncoding;

/// A line that cannot be used, by its number. The lines after it can still be read, unless reading
/// itself failed.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Number of the line, from 1.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The file could not be read further: no line follows.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// The file is not UTF-8: no line follows.
    #[error(transparent)]
    Encoding(ForeignEncoding),
    /// More bytes than a line may have. It was skipped, not kept.
    #[error("is longer than {limit} bytes")]
    TooLong {
        /// Most bytes.
        limit: usize,
    },
    /// Not JSON, or a field that is unknown, missing, repeated or of another type.
    #[error("{}{}", Escaped::new(message), offset.map(|o| format!(" (byte {o})")).unwrap_or_default())]
    Json {
        /// What the JSON reader found.
        message: String,
        /// Where in the line, from 0, if the reader says so.
        offset: Option<usize>,
    },
    /// A format version that this library does not read.
    #[error("schema: version {found} is not known, only {}", super::SCHEMA_VERSION)]
    Schema {
        /// The version found.
        found: u64,
    },
    /// A field's value is not allowed.
    #[error("{}: {}", Escaped::new(field), Escaped::new(message))]
    Field {
        /// Which, for example `fingers[2].position`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
}

impl From<io::Error> for LineProblem {
    fn from(error: io::Error) -> Self {
        match InputProblem::from(error) {
            InputProblem::Io(error) => Self::Io(error),
            InputProblem::Encoding(encoding) => Self::Encoding(encoding),
            other => Self::Io(io::Error::other(other)),
        }
    }
}

impl LineProblem {
    pub(super) fn field(field: impl Into<String>, message: impl ToString) -> Self {
        Self::Field { field: field.into(), message: message.to_string() }
    }
}

/// A line whose files do not give its templates. The lines after it are not touched by it.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {}: {}{problem}", Escaped::new(field), file.as_ref().map(|file| format!("{}: ", Escaped::new(file))).unwrap_or_default())]
pub struct ResolveError {
    /// Number of the line, from 1.
    pub line: u64,
    /// Which entry, for example `fingers[2]`.
    pub field: String,
    /// The file that it names.
    pub file: Option<PathBuf>,
    /// What is wrong.
    #[source]
    pub problem: ResolveProblem,
}

/// Why an entry does not give its templates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveProblem {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The file is not a regular file. It was not opened.
    #[error("is {kind}, not a regular file")]
    NotRegular {
        /// What it is.
        kind: FileKind,
    },
    /// More bytes than such a file may have.
    #[error("is longer than {limit} bytes")]
    TooLong {
        /// Most bytes.
        limit: u64,
    },
    /// Not a fingerprint record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Pictures that cannot be read, or one that gives no template.
    #[cfg(feature = "pictures")]
    #[error(transparent)]
    Picture(FingerInputError),
    /// Pictures of fingers, which this build does not read: it lacks the feature `pictures`.
    #[cfg(not(feature = "pictures"))]
    #[error("pictures are not read: this build of biomatch lacks the feature `pictures`")]
    Picture,
    /// A portrait, and nothing to make its embedding: [`Resolver::face_network`](super::Resolver) was not called, or
    /// the build lacks the feature `networks`.
    #[error("a portrait needs a face network to make its embedding, and none was chosen")]
    NoFaceNetwork,
    /// The line states another model than the network that makes the embedding.
    #[error("the line states model {stated}, the face network is {made}")]
    OtherFaceNetwork {
        /// The model that the line states.
        stated: ModelId,
        /// That of the network.
        made: ModelId,
    },
    /// Not a portrait that can be read.
    #[cfg(feature = "networks")]
    #[error(transparent)]
    PortraitPicture(#[from] PictureError),
    /// A portrait that gives no template.
    #[cfg(feature = "networks")]
    #[error(transparent)]
    Portrait(#[from] FaceExtractionError),
    /// No view of the line's records has minutiae, and there is no face.
    #[error("no view has minutiae")]
    NoMinutiae,
    /// The record has no impression at all.
    #[error("the record has no view")]
    NoView,
    /// The record has fewer views.
    #[error("there is no view {view}: the record has {views}, counted from 0")]
    NoSuchView {
        /// View asked for.
        view: usize,
        /// Views in the record.
        views: usize,
    },
    /// The record has views of several fingers, and none is of the stated one.
    #[error("the record has several fingers, but not finger {}", stated.code())]
    NoViewOfFinger {
        /// The finger that the line states.
        stated: FingerPosition,
    },
    /// Not a file of embeddings.
    #[error(transparent)]
    FaceFile(#[from] FaceFileError),
    /// The file has several embeddings, or none, and the line does not choose.
    #[error("the file has {rows} embeddings: the line needs a row")]
    RowNeeded {
        /// Embeddings in the file.
        rows: u64,
    },
    /// The numbers are not a face template.
    #[error(transparent)]
    Face(#[from] FaceTemplateError),
}

#[cfg(feature = "pictures")]
impl From<FingerInputError> for ResolveProblem {
    fn from(error: FingerInputError) -> Self {
        match error {
            FingerInputError::Record(error) => Self::Record(error),
            error => Self::Picture(error),
        }
    }
}

impl From<InputProblem> for ResolveProblem {
    fn from(problem: InputProblem) -> Self {
        match problem {
            InputProblem::Io(source) => Self::Io(source),
            InputProblem::NotRegular { kind } => Self::NotRegular { kind },
            InputProblem::TooLarge { limit, .. } => Self::TooLong { limit },
            InputProblem::Encoding(encoding) => {
                Self::Io(io::Error::new(io::ErrorKind::InvalidData, encoding))
            }
            InputProblem::NotText { .. } => Self::Io(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// Something that was passed over or decided while a line was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Number of the line, from 1.
    pub line: u64,
    /// Which entry, for example `fingers[2]`.
    pub field: String,
    /// The file that it names.
    pub file: Option<PathBuf>,
    /// What happened.
    pub kind: NoticeKind,
}

/// What happened while a line was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoticeKind {
    /// The reading passed over a flaw of the record.
    Record(Warning),
    /// The record says another finger than the line; the line was believed.
    Position {
        /// What the line says.
        stated: FingerPosition,
        /// What the record says.
        recorded: FingerPosition,
    },
    /// A view of the record has no minutiae, and was left out. The others were taken.
    NoMinutiae {
        /// Which view of the record, from 0.
        view: usize,
        /// Its finger.
        finger: FingerPosition,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: ", self.line, Escaped::new(&self.field))?;
        if let Some(file) = &self.file {
            write!(f, "{}: ", Escaped::new(file))?;
        }
        match &self.kind {
            NoticeKind::Record(warning) => warning.fmt(f),
            NoticeKind::NoMinutiae { view, finger } => {
                write!(f, "view {view} ({finger}) has no minutiae and is left out")
            }
            NoticeKind::Position { stated, recorded } => {
                write!(f, "taken as finger {}, though the record says {}", stated.code(), recorded.code())
            }
        }
    }
}
