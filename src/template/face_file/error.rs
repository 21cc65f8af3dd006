//! Why a file is not a file of embeddings.

use crate::escape::Escaped;
use crate::template::{FaceTemplate, FaceTemplateError};
use crate::text::ForeignEncoding;

/// Why bytes are not embeddings. Offsets are in bytes from the start of the file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceFileError {
    /// The file does not begin as an `.npy` file does.
    #[error("not an .npy file: it does not begin with the bytes 93 4E 55 4D 50 59")]
    Magic,
    /// A version of the `.npy` format other than 1.0, 2.0 and 3.0.
    #[error("byte 6: .npy version {major}.{minor} is not known")]
    Version {
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
    /// The file ends inside its header.
    #[error("byte {offset}: the {expected} is missing or incomplete")]
    Truncated {
        /// Where it should be.
        offset: u64,
        /// What should be there.
        expected: &'static str,
    },
    /// The header claims more bytes than any header of embeddings has.
    #[error("byte 8: a header of {found} bytes; at most {} are read", super::MAX_NPY_START)]
    HeaderLength {
        /// Bytes claimed.
        found: u32,
    },
    /// The header is not the dictionary that it should be.
    #[error("byte {offset}: expected {expected}")]
    Header {
        /// Where.
        offset: u64,
        /// What should be there.
        expected: &'static str,
    },
    /// Numbers of another type than little-endian f32 or f64.
    #[error("byte {offset}: numbers of type {found:?}; only '<f4' and '<f8' are read")]
    NumberType {
        /// Where the type is named.
        offset: u64,
        /// The name found, cut after 16 characters.
        found: String,
    },
    /// Columns are stored one after the other, not rows.
    #[error("byte {offset}: the array is in Fortran order; save it with numpy.ascontiguousarray")]
    ColumnMajor {
        /// Where the header says so.
        offset: u64,
    },
    /// Not one embedding (one axis) and not a list of embeddings (two).
    #[error("byte {offset}: an array of {found} axes; one or two are read")]
    Axes {
        /// Where the shape is.
        offset: u64,
        /// Axes found.
        found: usize,
    },
    /// A number of dimensions that no embedding has.
    #[error(
        "an embedding has {} to {} dimensions; these have {found}",
        FaceTemplate::MIN_DIMENSION,
        FaceTemplate::MAX_DIMENSION
    )]
    Dimension {
        /// Dimensions found.
        found: u64,
    },
    /// An odd number of raw numbers whose dimension nobody states.
    #[error(
        "{found} numbers without a stated dimension: a network gives an even number, so one is missing or too many; \
         state the dimension with format f32, or give an array"
    )]
    OddDimension {
        /// Numbers found.
        found: u64,
    },
    /// The file is longer or shorter than its header or its parameters say.
    #[error(
        "{rows} embeddings of {dimension} dimensions need a file of {} bytes; this one has {found}",
        expected.map_or_else(|| "more than 2^64".to_owned(), |n| n.to_string())
    )]
    Length {
        /// Embeddings claimed.
        rows: u64,
        /// Dimensions claimed.
        dimension: usize,
        /// Bytes that the file should have; `None` if the number does not fit in 64 bits.
        expected: Option<u64>,
        /// Bytes that it has.
        found: u64,
    },
    /// A file of another kind in the place of raw float32 numbers.
    #[error("the bytes are {found}, not raw float32 numbers")]
    NotRaw {
        /// What they are.
        found: &'static str,
    },
    /// A raw file that is not a whole number of embeddings.
    #[error("{length} bytes are not a whole number of embeddings of {dimension} f32")]
    Remainder {
        /// Bytes in the file.
        length: u64,
        /// Dimensions of an embedding.
        dimension: usize,
    },
    /// UTF-16 or UTF-32, where JSON is expected.
    #[error(transparent)]
    Encoding(ForeignEncoding),
    /// Not JSON, or not an array of numbers or of arrays of numbers.
    #[error("{}{}", Escaped::new(message), offset.map(|o| format!(" (byte {o})")).unwrap_or_default())]
    Json {
        /// What the JSON reader found.
        message: String,
        /// Where, if the reader says so.
        offset: Option<u64>,
    },
    /// A JSON array with numbers and arrays of numbers side by side.
    #[error("numbers and arrays of numbers stand side by side in one array")]
    Mixed,
    /// A JSON row of another length than the first.
    #[error("row {row} has another number of dimensions than row 0, which has {expected}")]
    Ragged {
        /// Which row, from 0.
        row: u64,
        /// Dimensions of the first.
        expected: usize,
    },
    /// No such row.
    #[error("there is no row {row}: the file has {rows}, counted from 0")]
    NoSuchRow {
        /// Row asked for.
        row: u64,
        /// Rows in the file.
        rows: u64,
    },
    /// A row that is not a face template.
    #[error("row {row}: {source}")]
    Template {
        /// Which row, from 0.
        row: u64,
        /// What is wrong with it.
        source: FaceTemplateError,
    },
}
