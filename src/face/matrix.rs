//! Many faces at once, from arrays and to arrays.

use std::fmt;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::error::{FaceError, FaceMatrixError, comparable};
use super::row::{fill, padded};
use super::score;
use crate::kernels::Kernels;
use crate::template::{FaceNormaliser, FaceTemplate, FaceTemplateError, ModelId};
use crate::units::Score;

/// Faces of one model as padded unit rows, one after the other: what a batch compares. `Debug` shows
/// no numbers.
#[derive(Clone, PartialEq)]
pub struct FaceMatrix {
    model: ModelId,
    dimension: usize,
    count: usize,
    rows: Vec<f32>,
}

impl FaceMatrix {
    /// Scales each row of an array (faces x dimensions, any memory order) to unit length and pads it,
    /// in parallel on the current rayon pool. Rows are to the bit those of [`FaceTemplate::new`].
    ///
    /// # Errors
    /// The first row that is not a face template.
    pub fn new(model: ModelId, embeddings: ArrayView2<'_, f32>) -> Result<Self, FaceMatrixError> {
        let (count, dimension) = embeddings.dim();
        // Before anything is sized by it: an array of no columns may claim any number of rows.
        if count > 0 && !FaceTemplate::DIMENSIONS.contains(&dimension) {
            let source = FaceTemplateError::Dimension { found: dimension };
            return Err(FaceMatrixError { row: 0, source });
        }
        let template = |values: &[f32]| FaceTemplate::new(model.clone(), values);
        Self::of(model.clone(), dimension, embeddings, template)
    }

    /// Normalises each row of an array of embeddings as its network gave them, in parallel on the current rayon
    /// pool. Rows are to the bit those of [`FaceNormaliser::template`].
    ///
    /// # Errors
    /// The first row that the normaliser does not take.
    pub fn normalised(
        normaliser: &FaceNormaliser,
        embeddings: ArrayView2<'_, f32>,
    ) -> Result<Self, FaceMatrixError> {
        let (expected, found) = (normaliser.dimension(), embeddings.ncols());
        if embeddings.nrows() > 0 && found != expected {
            let source = FaceTemplateError::OtherDimension { expected, found };
            return Err(FaceMatrixError { row: 0, source });
        }
        let template = |values: &[f32]| normaliser.template(values);
        let dimension = normaliser.model_dimension();
        Self::of(normaliser.model().clone(), dimension, embeddings, template)
    }

    fn of(
        model: ModelId,
        dimension: usize,
        embeddings: ArrayView2<'_, f32>,
        template: impl Fn(&[f32]) -> Result<FaceTemplate, FaceTemplateError> + Sync,
    ) -> Result<Self, FaceMatrixError> {
        let count = embeddings.nrows();
        let mut matrix = Self { model, dimension, count, rows: Vec::new() };
        let length = matrix.row_length();
        matrix.rows.resize(count * length, 0.0);
        let error = matrix.rows.par_chunks_mut(length).enumerate().filter_map(|(row, slot)| {
            let values = embeddings.row(row);
            let read = |values: &[f32]| FaceTemplate::check_read(values).and_then(|()| template(values));
            let template = match values.as_slice() {
                Some(values) => read(values),
                None => read(&values.to_vec()),
            };
            template.map(|t| fill(slot, &t)).map_err(|source| FaceMatrixError { row, source }).err()
        });
        // The first by row, whichever thread met one first.
        match error.min_by_key(|error| error.row) {
            Some(error) => Err(error),
            None => Ok(matrix),
        }
    }

    /// The model.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// Dimensions of the embeddings.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many faces there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The padded row of one face; `None` past the last.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.rows.chunks_exact(self.row_length()).nth(index)
    }

    /// The cosine of face `a` here with face `b` of another matrix; `None` if either does not exist.
    ///
    /// # Errors
    /// Another model or dimension.
    pub fn compare(&self, a: usize, other: &Self, b: usize) -> Result<Option<Score>, FaceError> {
        self.check(other)?;
        Ok(self.row(a).zip(other.row(b)).map(|(a, b)| score(Kernels::active().dot(a, b))))
    }

    /// The cosines of all faces here (rows of the result) with all of another matrix (its columns), in
    /// parallel on the current rayon pool: 4 bytes per pair, the bits of [`FaceMatrix::compare`].
    ///
    /// # Errors
    /// Another model or dimension.
    pub fn compare_all(&self, other: &Self) -> Result<Array2<Score>, FaceError> {
        self.check(other)?;
        let mut scores = Array2::from_elem((self.count, other.count), Score::LOWEST);
        if let (Some(scores), false) = (scores.as_slice_mut(), other.is_empty()) {
            let probes = self.rows.par_chunks(PROBE_BLOCK * self.row_length());
            scores
                .par_chunks_mut(PROBE_BLOCK * other.count)
                .zip(probes)
                .for_each(|(scores, probes)| self.compare_block(probes, other, scores));
        }
        Ok(scores)
    }

    /// A block of probes against all faces of `other`, a block of those at a time so that they stay
    /// in the cache while the probes pass.
    fn compare_block(&self, probes: &[f32], other: &Self, scores: &mut [Score]) {
        let length = self.row_length();
        let mut cosines = Vec::with_capacity(PROBE_BLOCK * ROW_BLOCK);
        for (block, rows) in other.rows.chunks(ROW_BLOCK * length).enumerate() {
            let width = rows.len() / length;
            cosines.resize(probes.len() / length * width, 0.0);
            Kernels::active().dot_tile(length, probes, rows, &mut cosines);
            for (scores, cosines) in scores.chunks_mut(other.count).zip(cosines.chunks(width)) {
                let from = block * ROW_BLOCK;
                for (slot, &cosine) in scores[from..from + width].iter_mut().zip(cosines) {
                    *slot = score(cosine);
                }
            }
        }
    }

    fn check(&self, other: &Self) -> Result<(), FaceError> {
        comparable((&self.model, self.dimension), (&other.model, other.dimension))
    }

    fn row_length(&self) -> usize {
        // At least one chunk, so that rows of an empty matrix have a length to be cut by.
        padded(self.dimension).max(Kernels::DOT_LANES)
    }
}

/// Probes that one task compares, and rows that stay in the L2 cache meanwhile (128 KiB at 512 dimensions).
const PROBE_BLOCK: usize = 64;
const ROW_BLOCK: usize = 64;

impl fmt::Debug for FaceMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceMatrix")
            .field("model", &self.model)
            .field("dimension", &self.dimension)
            .field("faces", &self.count)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::*;
    use crate::face;

    fn model() -> ModelId {
        "m".parse().unwrap()
    }

    /// Numbers that look random, the same in every run.
    fn numbers(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
        let mut state = seed;
        Array2::from_shape_simple_fn((rows, columns), || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 8_388_608.0 - 1.0
        })
    }

    fn templates(values: &Array2<f32>) -> Vec<FaceTemplate> {
        values
            .rows()
            .into_iter()
            .map(|row| FaceTemplate::new(model(), row.as_slice().unwrap()).unwrap())
            .collect()
    }

    #[test]
    fn every_pair_has_the_bits_of_one_comparison() {
        for (n, m, dimension) in [(0, 3, 8), (3, 0, 8), (1, 1, 2), (67, 131, 40), (5, 65, 128)] {
            let (a, b) = (numbers(n, dimension, 1), numbers(m, dimension, 2));
            let left = FaceMatrix::new(model(), a.view()).unwrap();
            let right = FaceMatrix::new(model(), b.view()).unwrap();
            let scores = left.compare_all(&right).unwrap();
            assert_eq!(scores.dim(), (n, m));
            let (a, b) = (templates(&a), templates(&b));
            for i in 0..n {
                for j in 0..m {
                    let expected = face::compare(&a[i], &b[j]).unwrap();
                    assert_eq!(scores[(i, j)], expected, "{i} {j}");
                    assert_eq!(left.compare(i, &right, j), Ok(Some(expected)), "{i} {j}");
                }
            }
            assert_eq!(left.compare(n, &right, 0), Ok(None));
        }
    }

    #[test]
    fn any_memory_order_gives_the_same_rows() {
        let values = numbers(9, 40, 3);
        let plain = FaceMatrix::new(model(), values.view()).unwrap();
        let columns_first = values.t().as_standard_layout().into_owned();
        assert_eq!(FaceMatrix::new(model(), columns_first.t()).unwrap(), plain);
        let wide = numbers(18, 40, 3);
        let every_other = FaceMatrix::new(model(), wide.slice(s![..;2, ..])).unwrap();
        assert_eq!(every_other.row(1), FaceMatrix::new(model(), wide.view()).unwrap().row(2));
        assert_eq!(plain.row(4).unwrap(), face::row(&templates(&values)[4]));
        assert_eq!(plain.row(9), None);
    }

    #[test]
    fn the_first_bad_row_is_named() {
        let mut values = numbers(200, 8, 4);
        values[(150, 0)] = f32::NAN;
        values.row_mut(90).fill(0.0);
        assert_eq!(
            FaceMatrix::new(model(), values.view()),
            Err(FaceMatrixError { row: 90, source: FaceTemplateError::ZeroNorm })
        );
        // A shape that promises rows without holding a number.
        let none = ndarray::ArrayView2::from_shape((1 << 40, 0), &[]).unwrap();
        assert_eq!(
            FaceMatrix::new(model(), none),
            Err(FaceMatrixError { row: 0, source: FaceTemplateError::Dimension { found: 0 } })
        );
    }

    #[test]
    fn other_models_and_dimensions_are_errors() {
        let a = FaceMatrix::new(model(), numbers(2, 8, 5).view()).unwrap();
        let b = FaceMatrix::new("n".parse().unwrap(), numbers(2, 8, 5).view()).unwrap();
        let c = FaceMatrix::new(model(), numbers(2, 9, 5).view()).unwrap();
        assert!(matches!(a.compare_all(&b), Err(FaceError::Model { .. })));
        assert!(matches!(a.compare_all(&c), Err(FaceError::Dimension { probe: 8, reference: 9, .. })));
        assert!(matches!(a.compare(0, &b, 0), Err(FaceError::Model { .. })));
    }
}
