//! Why bytes are not a fingerprint record, and why a template does not become one.

use std::fmt;

use crate::template::{Dialect, Flaw, TextForm, Wrapper};
use crate::text::ForeignEncoding;

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Something else than a fingerprint minutiae record.
    #[error("not a fingerprint minutiae record: the input {0}")]
    NotARecord(Appearance),
    /// A minutiae record of a version that is not known.
    #[error("byte {offset}: version \"{}\", expected \" 20\", \"030\" or \"035\" and a zero byte", found.escape_ascii())]
    UnknownVersion {
        /// Where the version is.
        offset: usize,
        /// The four bytes of the version.
        found: [u8; 4],
    },
    /// The input ends too early.
    #[error("byte {offset}: the input ends inside {field}: {expected} bytes expected, {found} left")]
    Truncated {
        /// Where the field begins.
        offset: usize,
        /// Which field.
        field: &'static str,
        /// Bytes that the field takes.
        expected: usize,
        /// Bytes that are left.
        found: usize,
    },
    /// A departure from the standard that the reading refuses.
    #[error("byte {offset}: {flaw}")]
    Malformed {
        /// Where the field begins.
        offset: usize,
        /// What is wrong.
        flaw: Flaw,
    },
    /// A view was asked for, and the record has none.
    #[error("the record has no view")]
    NoView,
    /// One view was asked for.
    #[error("the record has {found} views; one was asked for, and none is preferred")]
    NotOneView {
        /// Views of the record.
        found: usize,
    },
    /// A field of a wrapper, a transaction or a SourceAFIS template that is not what it must be.
    #[error("byte {offset}: {field}: {expected} expected")]
    Unexpected {
        /// Where the field begins.
        offset: usize,
        /// Which field.
        field: &'static str,
        /// What it holds.
        expected: &'static str,
    },
    /// What is inside a wrapper cannot be read. Offsets count from the start of the input; inside
    /// text, from the start of the bytes that the text encodes.
    #[error("in {wrapper}: {error}")]
    Wrapped {
        /// The wrapper.
        wrapper: Wrapper,
        /// What is wrong inside.
        error: Box<RecordError>,
    },
    /// Text that cannot be understood.
    #[error("line {line}: {problem}")]
    Text {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: TextProblem,
    },
}

/// What is wrong with a line of text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextProblem {
    /// Not UTF-8, or quotation marks that do not close.
    #[error("not text in this form")]
    Unreadable,
    /// UTF-16 or UTF-32.
    #[error(transparent)]
    Encoding(ForeignEncoding),
    /// The wrong number of columns.
    #[error("{expected} expected, {found} columns found")]
    Columns {
        /// What the form asks for.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A header that lacks a column, or has one twice.
    #[error("the header line needs exactly one column named {name}")]
    Header {
        /// Which.
        name: &'static str,
    },
    /// A value that is not what its column holds.
    #[error("{field}: {expected} expected")]
    Value {
        /// Which column.
        field: &'static str,
        /// What it holds.
        expected: &'static str,
    },
    /// More minutiae than a finger has.
    #[error("more than {limit} minutiae")]
    TooManyMinutiae {
        /// Most.
        limit: usize,
    },
}

/// What an input that is not a fingerprint minutiae record looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Appearance {
    /// No bytes at all.
    Empty,
    /// `FIR`: ISO/IEC 19794-4 or ANSI INCITS 381, pictures of fingers.
    FingerImages,
    /// `FAC`: ISO/IEC 19794-5, pictures of faces.
    FaceImages,
    /// `IIR`: ISO/IEC 19794-6, pictures of irises.
    IrisImages,
    /// Tagged binary ISO/IEC 39794-2.
    Iso39794Binary,
    /// Tagged binary of another part of ISO/IEC 39794: pictures.
    Iso39794Images,
    /// XML of ISO/IEC 39794-2.
    Iso39794Xml,
    /// Other XML, a CBEFF wrapper for example.
    Xml,
    /// A CBEFF biometric information template of ISO/IEC 7816-11 (tags 7F60, 7F61, 7F2E).
    CardObject,
    /// A picture: PNG, JPEG, JPEG 2000, WSQ, BMP or TIFF.
    Picture,
    /// An ANSI/NIST-ITL transaction without minutiae in fields that are read.
    TransactionWithoutMinutiae,
    /// Lines of numbers: NIST xyt or CSV, which are read by calls of their own.
    NumbersInText,
    /// A template of ZKTeco's ZKFinger.
    ZkTeco,
    /// A template, or a packet, of a serial sensor module: R30x, AS608, ZFM and their kin.
    SerialModule,
    /// A template of DigitalPersona.
    DigitalPersona,
    /// A template of Neurotechnology: NFRecord or NTemplate.
    Neurotechnology,
    /// A record of minutiae that has a header, where minutiae without one were asked for.
    MinutiaeRecord,
    /// A file of embeddings: `.npy`, HDF5, a Python pickle, safetensors.
    EmbeddingFile,
    /// An archive, or compressed data.
    Archive,
    /// A document: PDF.
    Document,
    /// A file of a gallery, a code model or a normaliser.
    BiomatchFile,
    /// Text in UTF-16 or UTF-32.
    Utf16,
    /// Bytes as text, in a form that is not read or where it is not.
    Encoded(TextForm),
    /// Text that is none of the above.
    Text,
    /// None of these.
    Unknown,
}

impl fmt::Display for Appearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoded(form) => {
                return write!(f, "looks like {form}, which is not read here; write the bytes themselves");
            }
            Self::Empty => "is empty",
            Self::FingerImages => "looks like a finger image record (FIR); extract minutiae first",
            Self::FaceImages => "looks like a face image record (FAC)",
            Self::IrisImages => "looks like an iris image record (IIR)",
            Self::Iso39794Binary => "looks like ISO/IEC 39794-2 in tagged binary, which is not read",
            Self::Iso39794Images => "looks like an ISO/IEC 39794 image record in tagged binary",
            Self::Iso39794Xml => "looks like ISO/IEC 39794-2 in XML, which is not read",
            Self::Xml => "looks like XML; take the record out of its wrapper first",
            Self::CardObject => {
                "looks like a card data object (7F60, 7F61 or 7F2E); take the minutiae out and read \
                 them as a card format"
            }
            Self::Picture => "looks like a picture; extract minutiae first",
            Self::TransactionWithoutMinutiae => {
                "is an ANSI/NIST-ITL transaction without minutiae in fields that are read (9.010 to \
                 9.012, or 9.126 to 9.141)"
            }
            Self::NumbersInText => "looks like xyt or CSV text, which has a call of its own",
            Self::ZkTeco => {
                "looks like a ZKTeco template, which is not read; have the ZKFinger SDK export ISO/IEC 19794-2 \
                 or ANSI INCITS 378"
            }
            Self::SerialModule => {
                "looks like the template of a serial sensor module (R30x, AS608), which is not read; take the \
                 picture from the module and extract minutiae"
            }
            Self::DigitalPersona => {
                "looks like a DigitalPersona template, which is not read; have its SDK export ISO/IEC 19794-2 or \
                 ANSI INCITS 378"
            }
            Self::Neurotechnology => {
                "looks like a Neurotechnology template (NFRecord or NTemplate), which is not read; have its SDK \
                 export ISO/IEC 19794-2 or ANSI INCITS 378"
            }
            Self::MinutiaeRecord => "is a record with a header; read it without naming a format",
            Self::EmbeddingFile => "looks like a file of embeddings (.npy, HDF5, pickle or safetensors)",
            Self::Archive => "looks like an archive or compressed data; unpack it first",
            Self::Document => "looks like a document (PDF)",
            Self::BiomatchFile => "is a file of biomatch's own, which holds no record",
            Self::Text => "is text, but no form of text that is read here",
            Self::Utf16 => "looks like text in UTF-16; write it as UTF-8",
            Self::Unknown => "does not begin with FMR and a zero byte",
        })
    }
}

/// Why templates do not fit a dialect. Views and minutiae are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordWriteError {
    /// There is no writer for the dialect.
    #[error("records of {dialect} are read, not written")]
    NoWriter {
        /// The dialect.
        dialect: Dialect,
    },
    /// A record needs at least one view.
    #[error("a record needs a view")]
    NoViews,
    /// More views than the dialect allows.
    #[error("a record has at most {limit} views, not {found}")]
    TooManyViews {
        /// Most.
        limit: usize,
        /// Views given.
        found: usize,
    },
    /// A count of minutiae that the dialect does not allow.
    #[error("view {view} has {found} minutiae, the dialect allows {least} to 255")]
    MinutiaCount {
        /// Which view.
        view: usize,
        /// Minutiae in it.
        found: usize,
        /// Fewest.
        least: usize,
    },
    /// A view without a picture size and resolution; [`conform`] assumes one.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("view {view} has no frame, so its coordinates cannot be given in pixels")]
    NoFrame {
        /// Which view.
        view: usize,
    },
    /// Views of different resolutions in a dialect that states it once.
    #[error("view {view} has another resolution than view 0, and the dialect states it once")]
    MixedResolutions {
        /// Which view.
        view: usize,
    },
    /// A minutia outside the picture; [`conform`] enlarges the picture.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("{field} of minutia {minutia} of view {view} is {found} pixels, the picture ends at {limit}")]
    OutsidePicture {
        /// Which view.
        view: usize,
        /// Which minutia.
        minutia: usize,
        /// Which coordinate.
        field: &'static str,
        /// The coordinate in pixels.
        found: u32,
        /// The picture's size in pixels.
        limit: u16,
    },
    /// A coordinate that does not fit in 14 bits.
    #[error("{field} of minutia {minutia} of view {view} is {found} pixels, the dialect ends at 16383")]
    Coordinate {
        /// Which view.
        view: usize,
        /// Which minutia.
        minutia: usize,
        /// Which coordinate.
        field: &'static str,
        /// The coordinate in pixels.
        found: u32,
    },
    /// A code that the dialect does not have; [`conform`] finds the nearest impression code, but
    /// never changes a finger position.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("view {view} has {field} {found}, which the dialect does not have")]
    Code {
        /// Which view.
        view: usize,
        /// Which field.
        field: &'static str,
        /// Its value.
        found: u8,
    },
    /// View numbers of a finger that do not count up from 0, or beyond 15; [`conform`] renumbers.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("view {view} is numbered {found} where {expected} is due (at most 15)")]
    ViewNumber {
        /// Which view.
        view: usize,
        /// Its number.
        found: u8,
        /// The number that is due.
        expected: usize,
    },
    /// Extended data that mean something else in the dialect; [`conform`] drops them.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("extended data {code:#06x} of view {view} come from another family of dialects")]
    ForeignExtendedData {
        /// Which view.
        view: usize,
        /// The block's code.
        code: u16,
    },
    /// A picture without width or height.
    #[error("view {view} has a {field} of 0")]
    Frame {
        /// Which view.
        view: usize,
        /// Which side.
        field: &'static str,
    },
    /// A resolution that no scanner has: no strict reading takes it.
    #[error("view {view} has a {field} of {found} pixels per centimetre, scanners have 99 to 1100")]
    Resolution {
        /// Which view.
        view: usize,
        /// Which axis.
        field: &'static str,
        /// Its value.
        found: u16,
    },
    /// A date or time of day that does not exist; [`conform`] drops it.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("the capture time of view {view} does not exist")]
    CaptureTime {
        /// Which view.
        view: usize,
    },
    /// Extended data over 65,535 bytes.
    #[error("extended data of view {view} take {found} bytes, at most 65535 fit")]
    ExtendedDataLength {
        /// Which view.
        view: usize,
        /// Bytes with headers.
        found: usize,
    },
    /// More further quality scores or certificates than a byte counts.
    #[error("view {view} has {found} {field}, at most {limit} fit")]
    TooMany {
        /// Which view.
        view: usize,
        /// Of what.
        field: &'static str,
        /// How many.
        found: usize,
        /// Most.
        limit: usize,
    },
    /// A record longer than its length field can say.
    #[error("the record would take {found} bytes, at most {limit} fit")]
    TooLong {
        /// Bytes.
        found: usize,
        /// Most.
        limit: usize,
    },
}
