//! Why bytes are not a fingerprint record, and why a template does not become one.

use std::fmt;

use crate::template::{Flaw, TextForm, Wrapper};
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

impl RecordError {
    /// Whether it says that something else than minutiae is there, and not that they are damaged.
    pub fn is_other_content(&self) -> bool {
        match self {
            Self::NotARecord(_) => true,
            Self::Wrapped { error, .. } => error.is_other_content(),
            _ => false,
        }
    }

    /// The error of a part as one of the whole, in which the part begins at an offset.
    pub(crate) fn moved(mut self, by: usize) -> Self {
        match &mut self {
            Self::UnknownVersion { offset, .. }
            | Self::Truncated { offset, .. }
            | Self::Malformed { offset, .. }
            | Self::Unexpected { offset, .. } => *offset += by,
            // Offsets inside text count from the start of what the text encodes.
            Self::Wrapped { wrapper, .. } if wrapper.is_text() => {}
            Self::Wrapped { error, .. } => **error = error.as_ref().clone().moved(by),
            Self::NotARecord(_) | Self::NoView | Self::NotOneView { .. } | Self::Text { .. } => {}
        }
        self
    }
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
    /// XML of another part of ISO/IEC 39794: pictures.
    Iso39794ImagesXml,
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
            Self::Iso39794Images => "looks like an ISO/IEC 39794 image record in tagged binary, which is not read",
            Self::Iso39794Xml => "looks like ISO/IEC 39794-2 in XML, which is not read",
            Self::Iso39794ImagesXml => "looks like an ISO/IEC 39794 image record in XML, which is not read",
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
