//! What can be wrong with a record and still leave its minutiae readable.

use crate::escape::Escaped;
use crate::template::Dialect;

/// How bad a departure from the standard is. [`Reading`](crate::template::Reading) chooses which are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Comparisons give the same scores as if it were mended.
    Harmless,
    /// What is read is most likely right, but something was mended by a rule, or hints at damage.
    Doubtful,
    /// Minutiae are lost, or what is read cannot be right.
    Wrong,
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Harmless => "harmless",
            Self::Doubtful => "doubtful",
            Self::Wrong => "wrong",
        })
    }
}

/// A departure from the standard: an error in a reading that refuses its [`Grade`], else a [`Warning`]. Each
/// variant says what a reading does that takes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// The version is the text that ANSI INCITS 378-2004 prints in its sample. Read as ` 20`.
    #[error("version \"020\" instead of \" 20\"")]
    Version,
    /// The header's length is not the number of bytes. The bytes are read as far as they go.
    #[error("the header declares {declared} bytes, the input has {found}")]
    Length {
        /// As the header says.
        declared: u64,
        /// Bytes in the input, or in the representation.
        found: u64,
    },
    /// The six byte length form of ANSI INCITS 378-2004 in a record that two bytes would do for.
    /// Accepted.
    #[error("the six byte length form is for records over 65535 bytes, this one declares {declared}")]
    LengthForm {
        /// As the header says.
        declared: u32,
    },
    /// The layout of the 2007 draft. Read by that layout.
    #[error("the header has the layout of a draft of ANSI INCITS 378-2009, 20 bytes instead of 21")]
    DraftHeader,
    /// Bytes after the last view. Ignored.
    #[error("{count} bytes follow the last field")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// Bits that are to be zero are not. Ignored.
    #[error("{field} is reserved and to be 0, found {found:#x}")]
    Reserved {
        /// Which.
        field: &'static str,
        /// Its value.
        found: u16,
    },
    /// A code that the dialect does not have. Kept as it is, except a minutia type of 3, which
    /// becomes `Other`.
    #[error("{dialect} has no {field} {found}")]
    Code {
        /// The dialect.
        dialect: Dialect,
        /// Which field.
        field: &'static str,
        /// Its value.
        found: u8,
    },
    /// A quality that is neither 0 to 100 nor one of the dialect's special values. Read as not
    /// reported.
    #[error("{field} is at most 100, found {found}")]
    Quality {
        /// Which.
        field: &'static str,
        /// Its value.
        found: u8,
    },
    /// An angle beyond a full turn. Taken modulo a turn.
    #[error("an angle is below {limit} units, found {found}")]
    Angle {
        /// Units in a turn.
        limit: u16,
        /// The value.
        found: i32,
    },
    /// A resolution that no scanner has, or that the dialect forbids. Zero is read as 197 pixels per centimetre
    /// (500 dpi), and a value that only makes sense in dots per inch, pixels per metre or pixels per millimetre as
    /// such; another is kept.
    #[error("{field} of {found} pixels per centimetre is implausible, {used} used")]
    Resolution {
        /// Which axis.
        field: &'static str,
        /// As the record says.
        found: u16,
        /// What is used instead.
        used: u16,
    },
    /// A picture whose file states no resolution. The caller's is used.
    #[error("the picture states no resolution, {used} pixels per centimetre used")]
    UnstatedResolution {
        /// What is used, in pixels per centimetre.
        used: u16,
    },
    /// A picture among several that gives no template. Left out.
    #[error("picture {number} is left out: {}", Escaped::new(reason))]
    PictureLeftOut {
        /// Which of the input's pictures, from 1.
        number: usize,
        /// Why.
        reason: String,
    },
    /// A picture smaller than a fingertip, at a resolution that no scanner has. Kept.
    #[error(
        "the picture is {}.{:02} x {}.{:02} mm at its resolution: smaller than a fingertip",
        width / 1000, width % 1000 / 10, height / 1000, height % 1000 / 10
    )]
    TinyPicture {
        /// Width in micrometres.
        width: u32,
        /// Height in micrometres.
        height: u32,
    },
    /// A picture without width or height. Kept.
    #[error("the picture has a {field} of 0")]
    EmptyPicture {
        /// Which side.
        field: &'static str,
    },
    /// A minutia outside the picture. Kept where it is.
    #[error("{field} of minutia {minutia} is {found}, the picture ends at {limit}")]
    OutsidePicture {
        /// Which coordinate.
        field: &'static str,
        /// Which minutia, from 0.
        minutia: usize,
        /// The coordinate in pixels.
        found: u32,
        /// The picture's size in pixels.
        limit: u16,
    },
    /// A minutia beyond the 327 mm that a coordinate holds, or before the picture's edge. Dropped.
    #[error("minutia {minutia} lies where no finger can: {field} is not within 0 to 327 mm")]
    Unplaceable {
        /// Which coordinate.
        field: &'static str,
        /// Which minutia, from 0.
        minutia: usize,
    },
    /// Minutiae without a header, which only the caller calls a card's, hold what no card's do. Kept.
    #[error("the minutiae of a card do not have {what}")]
    NotOfACard {
        /// What they have.
        what: &'static str,
    },
    /// A record without views. Read as an empty record.
    #[error("the record has no views")]
    NoViews,
    /// More views than the standard allows. All are read.
    #[error("a record has at most {limit} views, found {found}")]
    TooManyViews {
        /// Most.
        limit: u16,
        /// As the header says.
        found: u16,
    },
    /// A view without minutiae where the dialect asks for at least one. Kept.
    #[error("the view has no minutiae")]
    NoMinutiae,
    /// Two views of the same finger with the same number. Both are kept.
    #[error("finger position {position} has a second view {view}")]
    DuplicateView {
        /// Position code.
        position: u8,
        /// View number.
        view: u8,
    },
    /// View numbers of a finger that do not count up from 0. Kept.
    #[error("finger position {position} has a view {found} where {expected} is due")]
    ViewNumber {
        /// Position code.
        position: u8,
        /// The number that is due.
        expected: u8,
        /// The number that the record has.
        found: u8,
    },
    /// A date or time of day that does not exist. Kept as it is.
    #[error("the capture time does not exist")]
    CaptureTime,
    /// Extended data that go on beyond the input. Dropped; the minutiae are kept.
    #[error("extended data of {declared} bytes are declared, {found} are there")]
    ExtendedDataCut {
        /// As the length field says.
        declared: usize,
        /// Bytes that are left.
        found: usize,
    },
    /// Blocks that do not fill the extended data exactly. Dropped; the minutiae are kept.
    #[error("the blocks do not fill the {length} bytes of extended data")]
    ExtendedDataBlocks {
        /// Bytes of extended data.
        length: usize,
    },
    /// Block lengths that leave out their own header where the dialect counts it in. Read so.
    #[error("block lengths of extended data leave out the block's header")]
    ExtendedDataLengths,
    /// A number of parts that is not the number there are. All that are there are read.
    #[error("{declared} {what} are declared, {found} are there")]
    Count {
        /// Parts of which kind.
        what: &'static str,
        /// As the record says.
        declared: u64,
        /// How many there are.
        found: u64,
    },
    /// Ridge counts, cores or deltas that cannot be understood. Dropped; the minutiae are kept.
    #[error("{field} cannot be understood")]
    ExtendedDataField {
        /// Which.
        field: &'static str,
    },
    /// A data object that a wrapper does not have. Ignored.
    #[error("the wrapper has no data object {tag:02X}")]
    UnknownObject {
        /// The object's tag.
        tag: u32,
    },
    /// Records of two dialects in one wrapper. Read as one record of the first.
    #[error("a record of {second} follows one of {first} in one wrapper")]
    SeveralDialects {
        /// The first record's.
        first: Dialect,
        /// The other record's.
        second: Dialect,
    },
    /// A blank line in text. Skipped.
    #[error("a blank line")]
    BlankLine,
    /// A column that the form does not have. Ignored.
    #[error("column {column} is none of x, y, angle_degrees, quality, type")]
    UnknownColumn {
        /// Which, from 1.
        column: usize,
    },
}

impl Flaw {
    /// How bad it is. `docs/formats.md` lists the grade of each.
    #[must_use]
    pub fn grade(&self) -> Grade {
        match self {
            Self::Version
            | Self::LengthForm { .. }
            | Self::Reserved { .. }
            | Self::Quality { .. }
            | Self::NoMinutiae
            | Self::DuplicateView { .. }
            | Self::ViewNumber { .. }
            | Self::CaptureTime
            | Self::ExtendedDataBlocks { .. }
            | Self::ExtendedDataLengths
            | Self::UnknownObject { .. }
            | Self::BlankLine
            | Self::UnknownColumn { .. } => Grade::Harmless,
            // Comparisons do not look at these.
            Self::Code { field: "impression type" | "certification flag" | "ridge ending type", .. } => {
                Grade::Harmless
            }
            Self::Code { field: "minutia length", .. } => Grade::Wrong,
            // One pixel too far: writers count from 1, or measure from the other edge.
            Self::OutsidePicture { found, limit, .. } if *found == u32::from(*limit) => Grade::Harmless,
            Self::Length { .. }
            | Self::DraftHeader
            | Self::TrailingBytes { .. }
            | Self::Code { .. }
            | Self::Angle { .. }
            | Self::Resolution { .. }
            | Self::UnstatedResolution { .. }
            | Self::EmptyPicture { .. }
            | Self::OutsidePicture { .. }
            | Self::TooManyViews { .. }
            | Self::Count { .. }
            | Self::ExtendedDataField { .. }
            | Self::SeveralDialects { .. }
            | Self::NotOfACard { .. }
            | Self::ExtendedDataCut { .. } => Grade::Doubtful,
            Self::PictureLeftOut { .. }
            | Self::TinyPicture { .. }
            | Self::Unplaceable { .. }
            | Self::NoViews => Grade::Wrong,
        }
    }
}

/// A [`Flaw`] that a reading passed over, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Bytes from the input's start to the field.
    pub offset: usize,
    /// What is wrong.
    pub flaw: Flaw,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.flaw)
    }
}
