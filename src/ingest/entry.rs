//! What a line says, typed and checked, before any file that it names is opened.

use std::fmt;
use std::path::PathBuf;

use crate::citizen::CitizenId;
use crate::template::{FingerPosition, Frame, ModelId};
use crate::units::{Resolution, Timestamp};

/// A line of an enrolment manifest: references to be kept of one citizen.
#[derive(Clone, Debug, PartialEq)]
pub struct EnrolmentLine {
    /// Number of the line in its file, from 1.
    pub line: u64,
    /// Whose references.
    pub citizen: CitizenId,
    /// Fingerprint records. Not empty if there is no face.
    pub fingers: Vec<FingerEntry>,
    /// A face.
    pub face: Option<FaceEntry>,
}

/// A line of a probe list: samples of one person, perhaps with the number that they claim.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeLine {
    /// Number of the line in its file, from 1.
    pub line: u64,
    /// The caller's name for the probe.
    pub label: Option<String>,
    /// The citizen that the person claims to be.
    pub citizen: Option<CitizenId>,
    /// Fingerprint records. Not empty if there is no face.
    pub fingers: Vec<FingerEntry>,
    /// A face.
    pub face: Option<FaceEntry>,
}

/// A fingerprint record, or a picture of a finger, that a line names or contains.
#[derive(Clone, Debug, PartialEq)]
pub struct FingerEntry {
    /// The stated finger; `Unknown` leaves it to the record.
    pub position: FingerPosition,
    /// Where the record is.
    pub source: RecordSource,
    /// How to read it.
    pub format: FingerFormat,
    /// Which of the record's views to take, from 0.
    pub view: Option<usize>,
    /// When it was captured.
    pub captured: Option<Timestamp>,
}

/// Where the bytes of a record or a picture are. `Debug` shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub enum RecordSource {
    /// In a file, as the line names it: relative to the manifest, or absolute.
    File(PathBuf),
    /// In the line itself.
    Bytes(Vec<u8>),
}

/// How a finger is to be read. Only formats with a header tell what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FingerFormat {
    /// A record of minutiae with a header, or pictures whose minutiae are to be found: told by the bytes.
    #[default]
    Auto,
    /// Pictures, at this resolution whatever they state.
    Picture(Resolution),
    /// ISO/IEC 19794-2:2005 card format, compact size.
    IsoCardCompact,
    /// ISO/IEC 19794-2:2005 card format, normal size.
    IsoCardNormal,
    /// NIST `.xyt`, origin at the bottom left, angles pointing out of the ending.
    Xyt(Frame),
    /// NIST `.xyt` in the ANSI M1 convention.
    XytM1(Frame),
    /// Comma-separated minutiae in pixels, see
    /// [`FingerprintRecord::read_csv`](crate::template::FingerprintRecord::read_csv).
    Csv(Frame),
}

/// A face that a line names or contains.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceEntry {
    /// What it is of.
    pub source: FaceSource,
    /// When the picture was taken.
    pub captured: Option<Timestamp>,
}

/// What a face is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum FaceSource {
    /// An embedding that was made elsewhere.
    Embedding {
        /// The model that made it.
        model: ModelId,
        /// Where it is.
        source: EmbeddingSource,
    },
    /// A portrait, of which the resolver's network makes the embedding.
    Portrait {
        /// The model that the line states; the network must be it.
        stated: Option<ModelId>,
        /// Where it is.
        source: RecordSource,
    },
}

/// Where an embedding is. `Debug` shows no number of it.
#[derive(Clone, PartialEq)]
pub enum EmbeddingSource {
    /// In the line, as numbers.
    Numbers(Vec<f32>),
    /// In the line, as the bytes of little-endian f32.
    Bytes(Vec<u8>),
    /// In a file.
    File {
        /// As the line names it: relative to the manifest, or absolute.
        path: PathBuf,
        /// How to read it.
        format: FaceFormat,
        /// Which of its embeddings, from 0; not needed if there is only one.
        row: Option<u64>,
    },
}

/// How a file of embeddings is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaceFormat {
    /// `.npy` by its magic bytes, JSON by the extension `.json`, else raw numbers: one embedding that
    /// fills the file.
    #[default]
    Auto,
    /// NumPy's format: f32 or f64, one or two dimensions.
    Npy,
    /// A JSON array of numbers, or of such arrays.
    Json,
    /// Raw little-endian f32, so many to an embedding; `None`: one embedding fills the file.
    Raw {
        /// Numbers in an embedding.
        dimension: Option<usize>,
    },
}

impl fmt::Debug for RecordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({path:?})"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl fmt::Debug for EmbeddingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers(numbers) => write!(f, "Numbers({} numbers)", numbers.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::File { path, format, row } => {
                write!(f, "File({path:?}, {format:?}, row {row:?})")
            }
        }
    }
}
