//! The valid embeddings of a file.

use std::path::Path;

use biomatch::escape::Escaped;
use biomatch::face::{FaceError, FaceMatrix, FaceMatrixError};
use biomatch::input;
use biomatch::template::face_file::{Embeddings, FaceFileError};
use biomatch::template::{FaceNormaliser, FaceTemplateError, ModelId};
use biomatch::units::Score;
use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use crate::console::Console;
use crate::exit::{Exit, Failure, OrFail};

/// Reasons for bad embeddings that are printed before further ones are only counted.
const REASONS: usize = 20;

/// The embeddings of a file.
pub(super) struct Faces {
    matrix: FaceMatrix,
    /// The place of each row in the matrix; absent if every row has its own number.
    places: Option<Vec<Option<usize>>>,
}

impl Faces {
    /// Reads an `.npy` file. Embeddings that are NaN, infinite or zero are an error or, if they may be
    /// skipped, reported and left out.
    pub(super) fn read(
        path: &Path,
        normaliser: Option<&FaceNormaliser>,
        skip_bad: bool,
        console: &Console,
    ) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Input, error).within(path);
        let bytes = input::read(path, input::MAX_EMBEDDINGS)?;
        let embeddings = Embeddings::npy(bytes).map_err(|error| failed(&error))?;
        // Files name no network: the caller states that both are of the same one.
        let model: ModelId = "unnamed".parse().or_fail(Exit::Input)?;
        let copy;
        let array = match embeddings.as_array() {
            Some(array) => array,
            None => {
                copy = embeddings.to_array();
                copy.view()
            }
        };
        let faces = |rows: ArrayView2<'_, f32>| match normaliser {
            Some(normaliser) => FaceMatrix::normalised(normaliser, rows),
            None => FaceMatrix::new(model.clone(), rows),
        };
        let error = match faces(array) {
            Ok(matrix) => return Ok(Self { matrix, places: None }),
            Err(error) => error,
        };
        // A wrong dimension concerns all rows.
        if !skip_bad
            || matches!(
                error.source,
                FaceTemplateError::Dimension { .. } | FaceTemplateError::OtherDimension { .. }
            )
        {
            return Err(failed(&error));
        }
        let bad = bad_rows(&embeddings, &model);
        tell(path, &bad, array.nrows(), console);
        Self::of_good(faces, array, &bad).map_err(|error| failed(&error))
    }

    fn of_good(
        faces: impl Fn(ArrayView2<'_, f32>) -> Result<FaceMatrix, FaceMatrixError>,
        array: ArrayView2<'_, f32>,
        bad: &[(usize, FaceFileError)],
    ) -> Result<Self, FaceMatrixError> {
        let mut places = vec![Some(0); array.nrows()];
        for (row, _) in bad {
            if let Some(place) = places.get_mut(*row) {
                *place = None;
            }
        }
        let mut good = Vec::with_capacity(places.len().saturating_sub(bad.len()));
        for (row, place) in places.iter_mut().enumerate() {
            if let Some(place) = place {
                *place = good.len();
                good.push(row);
            }
        }
        let matrix = faces(array.select(Axis(0), &good).view())?;
        Ok(Self { matrix, places: Some(places) })
    }

    /// Embeddings in the file, bad ones too.
    pub(super) fn rows(&self) -> usize {
        self.places.as_ref().map_or(self.matrix.len(), Vec::len)
    }

    /// The cosine of row `a` here and row `b` of another file; `None` if one of them was skipped.
    pub(super) fn compare(&self, a: usize, other: &Self, b: usize) -> Result<Option<Score>, FaceError> {
        // The matrices are compared first, and rows that they do not have are no error.
        self.matrix.compare(self.place(a), &other.matrix, other.place(b))
    }

    fn place(&self, row: usize) -> usize {
        match &self.places {
            Some(places) => places.get(row).copied().flatten().unwrap_or(usize::MAX),
            None => row,
        }
    }
}

/// The rows that are not valid embeddings, by number.
fn bad_rows(embeddings: &Embeddings<Vec<u8>>, model: &ModelId) -> Vec<(usize, FaceFileError)> {
    let rows = usize::try_from(embeddings.rows()).unwrap_or(usize::MAX);
    let error = |row| embeddings.template(model, row as u64).err().map(|error| (row, error));
    (0..rows).into_par_iter().filter_map(error).collect()
}

fn tell(path: &Path, bad: &[(usize, FaceFileError)], rows: usize, console: &Console) {
    for (_, error) in bad.iter().take(REASONS) {
        Failure::from_error(Exit::Input, error).within(path).warn(console);
    }
    console.warn(format_args!("{}: {} of {rows} embeddings are bad", Escaped::new(path), bad.len()));
}
