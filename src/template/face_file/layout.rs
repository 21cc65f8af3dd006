//! Where the embeddings of a binary file lie.

use super::error::FaceFileError;
use super::npy;
use crate::template::FaceTemplate;

/// Little-endian IEEE 754 numbers of one of two widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    F32,
    F64,
}

impl Number {
    pub(super) const fn width(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// Fewest numbers whose count is judged: of fewer, anything may be meant.
const LEAST_JUDGED: u64 = 16;

/// Where the embeddings of a binary file lie: checked against the file's length, so that every row is
/// inside it. It holds no bytes, so it serves a file that is mapped, read whole, or read row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddingLayout {
    number: Number,
    offset: u64,
    rows: u64,
    dimension: usize,
}

impl EmbeddingLayout {
    /// Reads the header of an `.npy` file (NumPy format 1.0 to 3.0): `start` is the file's beginning,
    /// [`MAX_NPY_START`](super::MAX_NPY_START) bytes of it or the whole file if that is shorter.
    /// One axis is one embedding, two are embeddings by dimensions.
    ///
    /// # Errors
    /// A header that is not one, numbers other than `<f4` and `<f8`, Fortran order, other than one
    /// or two axes, dimensions out of range, a length that is not exactly what the shape needs.
    pub fn npy(start: &[u8], file_length: u64) -> Result<Self, FaceFileError> {
        let header = npy::header(start)?;
        Self::new(header.number, header.data, Some(header.rows), header.dimension, file_length)
    }

    /// Raw little-endian f32, `dimension` numbers to an embedding.
    ///
    /// # Errors
    /// A dimension out of range, a length that is not a whole number of embeddings.
    pub fn raw(dimension: usize, file_length: u64) -> Result<Self, FaceFileError> {
        Self::new(Number::F32, 0, None, dimension as u64, file_length)
    }

    /// Raw little-endian f32 that are one embedding of as many numbers as there are. Nobody states the dimension, so
    /// an odd one is refused: those of networks are even, and a number is missing or too many.
    ///
    /// # Errors
    /// As [`EmbeddingLayout::raw`], and an odd dimension.
    pub fn raw_single(file_length: u64) -> Result<Self, FaceFileError> {
        let found = file_length / Number::F32.width() as u64;
        let layout = Self::raw(usize::try_from(found).unwrap_or(usize::MAX), file_length)?;
        if found >= LEAST_JUDGED && !found.is_multiple_of(2) {
            return Err(FaceFileError::OddDimension { found });
        }
        Ok(layout)
    }

    fn new(
        number: Number,
        offset: u64,
        rows: Option<u64>,
        dimension: u64,
        file_length: u64,
    ) -> Result<Self, FaceFileError> {
        let dimension = usize::try_from(dimension)
            .ok()
            .filter(|dimension| FaceTemplate::DIMENSIONS.contains(dimension))
            .ok_or(FaceFileError::Dimension { found: dimension })?;
        let stride = (dimension * number.width()) as u64;
        let rows = match rows {
            Some(rows) => rows,
            None if file_length.is_multiple_of(stride) => file_length / stride,
            None => return Err(FaceFileError::Remainder { length: file_length, dimension }),
        };
        let expected = rows.checked_mul(stride).and_then(|data| data.checked_add(offset));
        if expected != Some(file_length) {
            return Err(FaceFileError::Length { rows, dimension, expected, found: file_length });
        }
        Ok(Self { number, offset, rows, dimension })
    }

    /// Embeddings in the file.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Numbers in an embedding.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Bytes of a row.
    pub fn row_length(&self) -> usize {
        self.dimension * self.number.width()
    }

    /// Where a row begins.
    ///
    /// # Errors
    /// No such row.
    pub fn row_offset(&self, row: u64) -> Result<u64, FaceFileError> {
        if row >= self.rows {
            return Err(FaceFileError::NoSuchRow { row, rows: self.rows });
        }
        // Does not overflow: it is less than the file's length.
        Ok(self.offset + row * self.row_length() as u64)
    }

    /// The numbers in a row's bytes; f64 is rounded to f32 (too great becomes infinite, which no
    /// template takes).
    pub fn decode(&self, row: &[u8]) -> Vec<f32> {
        match self.number {
            Number::F32 => row.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
            Number::F64 => row.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        }
    }

    /// Where the first row begins, or would.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn number(&self) -> Number {
        self.number
    }
}
