//! The embeddings of a binary file whose bytes are at hand.

use std::borrow::Cow;
use std::fmt;

use ndarray::{Array2, ArrayView2};

use super::error::FaceFileError;
use super::layout::{EmbeddingLayout, Number};
use super::other::check_raw;
use crate::template::{FaceTemplate, ModelId};

/// The embeddings of a binary file whose bytes are at hand, mapped or read: rows are borrowed, not
/// copied, where they are f32 and aligned (a mapped `.npy` file of the last years is). `Debug` shows
/// no numbers.
#[derive(Clone)]
pub struct Embeddings<B> {
    layout: EmbeddingLayout,
    bytes: B,
}

impl<B: AsRef<[u8]>> Embeddings<B> {
    /// The bytes of an `.npy` file: see [`EmbeddingLayout::npy`]. Costs its header.
    ///
    /// # Errors
    /// As [`EmbeddingLayout::npy`].
    pub fn npy(bytes: B) -> Result<Self, FaceFileError> {
        let layout = EmbeddingLayout::npy(bytes.as_ref(), bytes.as_ref().len() as u64)?;
        Ok(Self { layout, bytes })
    }

    /// Raw little-endian f32, `dimension` numbers to an embedding.
    ///
    /// # Errors
    /// As [`EmbeddingLayout::raw`], and bytes that begin as a file of another kind does.
    pub fn raw(bytes: B, dimension: usize) -> Result<Self, FaceFileError> {
        check_raw(bytes.as_ref())?;
        let layout = EmbeddingLayout::raw(dimension, bytes.as_ref().len() as u64)?;
        Ok(Self { layout, bytes })
    }

    /// Raw little-endian f32 that are one embedding, of a dimension that nobody states.
    ///
    /// # Errors
    /// As [`EmbeddingLayout::raw_single`], and bytes that begin as a file of another kind does.
    pub fn raw_single(bytes: B) -> Result<Self, FaceFileError> {
        check_raw(bytes.as_ref())?;
        let layout = EmbeddingLayout::raw_single(bytes.as_ref().len() as u64)?;
        Ok(Self { layout, bytes })
    }

    /// Embeddings in the file.
    pub fn rows(&self) -> u64 {
        self.layout.rows()
    }

    /// Numbers in an embedding.
    pub fn dimension(&self) -> usize {
        self.layout.dimension()
    }

    /// The numbers of a row, as the file has them: not scaled, perhaps not finite.
    ///
    /// # Errors
    /// No such row.
    pub fn row(&self, row: u64) -> Result<Cow<'_, [f32]>, FaceFileError> {
        let missing = FaceFileError::NoSuchRow { row, rows: self.rows() };
        let offset = usize::try_from(self.layout.row_offset(row)?).map_err(|_| missing.clone())?;
        let bytes = self.bytes.as_ref().get(offset..offset.saturating_add(self.layout.row_length()));
        let bytes = bytes.ok_or(missing)?;
        Ok(match self.layout.number() {
            Number::F32 => match bytemuck::try_cast_slice(bytes) {
                Ok(numbers) => Cow::Borrowed(numbers),
                Err(_) => Cow::Owned(self.layout.decode(bytes)),
            },
            Number::F64 => Cow::Owned(self.layout.decode(bytes)),
        })
    }

    /// A row as a template of `model`.
    ///
    /// # Errors
    /// No such row, or one that is not a face template.
    pub fn template(&self, model: &ModelId, row: u64) -> Result<FaceTemplate, FaceFileError> {
        let numbers = self.row(row)?;
        FaceTemplate::check_read(&numbers)
            .and_then(|()| FaceTemplate::new(model.clone(), &numbers))
            .map_err(|source| FaceFileError::Template { row, source })
    }

    /// All rows as an array that borrows the bytes; `None` if they are f64 or not aligned, and
    /// [`Embeddings::to_array`] copies.
    pub fn as_array(&self) -> Option<ArrayView2<'_, f32>> {
        let rows = usize::try_from(self.rows()).ok()?;
        let shape = (rows, self.dimension());
        if self.layout.number() != Number::F32 {
            return None;
        }
        ArrayView2::from_shape(shape, bytemuck::try_cast_slice(self.data()?).ok()?).ok()
    }

    /// All rows as an array of its own.
    pub fn to_array(&self) -> Array2<f32> {
        let numbers = self.layout.decode(self.data().unwrap_or_default());
        let mut array = Array2::zeros((numbers.len() / self.dimension(), self.dimension()));
        array.iter_mut().zip(numbers).for_each(|(slot, number)| *slot = number);
        array
    }

    /// The bytes of all rows.
    fn data(&self) -> Option<&[u8]> {
        self.bytes.as_ref().get(usize::try_from(self.layout.offset()).ok()?..)
    }
}

impl<B> fmt::Debug for Embeddings<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layout.fmt(f)
    }
}
