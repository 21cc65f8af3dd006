//! Why bytes do not give the picture that was asked for.

use crate::escape::Escaped;
use crate::picture::Format;
use crate::template::{Appearance, Modality, RecordError, Wrapper};

/// Why a picture cannot be read. Offsets count bytes from the start of the input; inside text, from the start of what
/// the text encodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Neither a picture nor a record of pictures.
    #[error("not a picture: the input {}", appearance(*.0))]
    NotAPicture(Appearance),
    /// A record of minutiae, which a template is read from.
    #[error("not a picture: the input is a fingerprint minutiae record")]
    MinutiaeRecord,
    /// A format, or a part of one, that is not read.
    #[error("byte {offset}: {format}: {what} is not read")]
    Unsupported {
        /// The format.
        format: Format,
        /// Where the picture or the field begins.
        offset: usize,
        /// What is not read.
        what: &'static str,
    },
    /// The picture ends too early.
    #[error(
        "byte {offset}: {format}: the input ends inside {field}: {expected} bytes expected, {found} left"
    )]
    Truncated {
        /// The format.
        format: Format,
        /// Where the field begins.
        offset: usize,
        /// Which field.
        field: &'static str,
        /// Bytes that the field takes.
        expected: usize,
        /// Bytes that are left.
        found: usize,
    },
    /// A part of a picture that is not what it must be.
    #[error("byte {offset}: {format}: {expected} expected")]
    Damaged {
        /// The format.
        format: Format,
        /// Where the part begins.
        offset: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// What a decoder of the format says against the picture.
    #[error("byte {offset}: {format}: {}", Escaped::new(problem))]
    Undecodable {
        /// The format.
        format: Format,
        /// Where the picture begins.
        offset: usize,
        /// What the decoder says.
        problem: String,
    },
    /// More pixels than a picture of a finger or of a face may have. Nothing was decoded.
    #[error("the picture has {width} x {height} pixels, at most {limit} pixels are read")]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// Most pixels.
        limit: u64,
    },
    /// More bytes than are read. Nothing was decoded.
    #[error("the input has {found} bytes, at most {limit} are read")]
    TooManyBytes {
        /// Bytes of the input.
        found: usize,
        /// Most bytes.
        limit: usize,
    },
    /// A width or a height of 0.
    #[error("the picture has {width} x {height} pixels")]
    Empty {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// Pixels that do not fill the stated size.
    #[error("{width} x {height} pixels of {channels} bytes expected, {found} bytes given")]
    Pixels {
        /// The width.
        width: u32,
        /// The height.
        height: u32,
        /// Bytes of a pixel.
        channels: usize,
        /// Bytes given.
        found: usize,
    },
    /// A record without a picture of the kind that was asked for.
    #[error("the record has no picture of a {wanted}; {passed_over} of other kinds passed over")]
    NoPicture {
        /// The kind.
        wanted: Modality,
        /// Pictures of other kinds.
        passed_over: usize,
    },
    /// More pictures than the one that was asked for.
    #[error("the record has {count} pictures of a {wanted}, one is expected")]
    Several {
        /// The kind.
        wanted: Modality,
        /// How many there are.
        count: usize,
    },
    /// A record of pictures that cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What is inside a wrapper cannot be read.
    #[error("in {wrapper}: {error}")]
    Wrapped {
        /// The wrapper.
        wrapper: Wrapper,
        /// What is wrong inside.
        error: Box<PictureError>,
    },
}

/// What an input looks like that is neither a picture nor a record of pictures.
fn appearance(appearance: Appearance) -> String {
    match appearance {
        Appearance::Unknown => "begins like no format of pictures or records that is read".to_owned(),
        known => known.to_string(),
    }
}

impl PictureError {
    /// The error of a part as one of the whole, in which the part begins at an offset.
    pub(super) fn moved(mut self, by: usize) -> Self {
        match &mut self {
            Self::Unsupported { offset, .. }
            | Self::Truncated { offset, .. }
            | Self::Damaged { offset, .. }
            | Self::Undecodable { offset, .. } => *offset += by,
            Self::Record(error) => *error = error.clone().moved(by),
            _ => {}
        }
        self
    }

    /// A field of a record that is not what it must be.
    pub(super) fn unexpected(offset: usize, field: &'static str, expected: &'static str) -> Self {
        Self::Record(RecordError::Unexpected { offset, field, expected })
    }

    /// Whether it says that something else than pictures is there, and not that they are damaged.
    pub fn is_other_content(&self) -> bool {
        match self {
            Self::NotAPicture(_) | Self::MinutiaeRecord => true,
            Self::Wrapped { error, .. } => error.is_other_content(),
            _ => false,
        }
    }

    /// The error of what is inside a wrapper.
    pub(super) fn wrapped(self, wrapper: Wrapper) -> Self {
        Self::Wrapped { wrapper, error: Box::new(self) }
    }

    /// The error of a cursor over the fields of a picture.
    pub(super) fn of_format(error: RecordError, format: Format) -> Self {
        match error {
            RecordError::Truncated { offset, field, expected, found } => {
                Self::Truncated { format, offset, field, expected, found }
            }
            error => Self::Record(error),
        }
    }
}
