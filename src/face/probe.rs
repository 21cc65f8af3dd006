//! The comparison of one face with another.

use std::fmt;

use super::error::{FaceError, comparable};
use super::row::row;
use super::score;
use crate::kernels::Kernels;
use crate::template::{FaceTemplate, ModelId};
use crate::units::Score;

/// A face prepared once to be compared with many. `Debug` shows no numbers.
#[derive(Clone, PartialEq)]
pub struct FaceProbe {
    model: ModelId,
    dimension: usize,
    row: Vec<f32>,
}

impl FaceProbe {
    /// Prepares a template: one allocation of its padded row.
    pub fn new(template: &FaceTemplate) -> Self {
        Self { model: template.model().clone(), dimension: template.embedding().len(), row: row(template) }
    }

    /// A probe of a row as a gallery stores it: padded, of unit length. A damaged row makes a probe with
    /// meaningless scores or [`Score::LOWEST`], as a damaged reference does.
    pub fn stored(model: &ModelId, dimension: usize, row: &[f32]) -> Self {
        Self { model: model.clone(), dimension, row: row.to_vec() }
    }

    /// The model that made it. Only rows of this model may be compared.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// Dimensions of the embedding.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The padded row, for a kernel.
    pub fn row(&self) -> &[f32] {
        &self.row
    }

    /// Whether templates of this model and dimension compare with the probe.
    ///
    /// # Errors
    /// Another model, or another dimension of the same model.
    pub fn check(&self, model: &ModelId, dimension: usize) -> Result<(), FaceError> {
        comparable((&self.model, self.dimension), (model, dimension))
    }

    /// The cosine with a stored row of the same model, `-1..=1` up to rounding. A row that gives NaN
    /// or infinity, or has another length, is damaged: it scores [`Score::LOWEST`].
    ///
    /// Some tens of nanoseconds at 512 dimensions.
    pub fn compare(&self, row: &[f32]) -> Score {
        if row.len() != self.row.len() {
            return Score::LOWEST;
        }
        score(Kernels::active().dot(&self.row, row))
    }
}

impl fmt::Debug for FaceProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceProbe").field("model", &self.model).field("dimension", &self.dimension).finish()
    }
}

/// The cosine of two templates, `-1..=1` up to rounding; the same whichever is the probe.
///
/// # Errors
/// Another model, or another dimension of the same model.
pub fn compare(probe: &FaceTemplate, reference: &FaceTemplate) -> Result<Score, FaceError> {
    let probe = FaceProbe::new(probe);
    probe.check(reference.model(), reference.embedding().len())?;
    Ok(probe.compare(&row(reference)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn face(embedding: &[f32]) -> FaceTemplate {
        FaceTemplate::new("m".parse().unwrap(), embedding).unwrap()
    }

    #[test]
    fn known_cosines() {
        for (a, b, cosine) in [
            ([3.0, 4.0], [3.0, 4.0], 1.0),
            ([3.0, 4.0], [-3.0, -4.0], -1.0),
            ([3.0, 4.0], [4.0, -3.0], 0.0),
            ([1.0, 0.0], [300.0, 400.0], 0.6),
        ] {
            let score = compare(&face(&a), &face(&b)).unwrap().get();
            assert!((score - cosine).abs() < 1e-7, "{score} {cosine}");
        }
    }

    #[test]
    fn other_models_and_dimensions_are_errors() {
        let (a, c) = (face(&[1.0, 2.0]), face(&[1.0, 2.0, 3.0]));
        let b = FaceTemplate::new("n".parse().unwrap(), &[1.0, 2.0]).unwrap();
        assert_eq!(
            compare(&a, &b),
            Err(FaceError::Model { probe: a.model().clone(), reference: b.model().clone() })
        );
        assert_eq!(
            compare(&a, &c),
            Err(FaceError::Dimension { model: a.model().clone(), probe: 2, reference: 3 })
        );
    }

    #[test]
    fn a_damaged_row_scores_lowest() {
        let probe = FaceProbe::new(&face(&[1.0, 2.0]));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            let row = [bad; 32];
            assert_eq!(probe.compare(&row), Score::LOWEST, "{bad}");
        }
        assert_eq!(probe.compare(&[]), Score::LOWEST);
        assert_eq!(probe.compare(&[0.5; 64]), Score::LOWEST);
    }

    #[test]
    fn debug_shows_no_numbers() {
        let probe = FaceProbe::new(&face(&[1.0, 2.0]));
        assert_eq!(format!("{probe:?}"), "FaceProbe { model: ModelId(m), dimension: 2 }");
    }

    proptest! {
        #[test]
        fn symmetric_bounded_and_near_the_cosine_in_f64(
            (a, b) in (2_usize..300).prop_flat_map(|n| (
                proptest::collection::vec(-1.0_f32..1.0, n),
                proptest::collection::vec(-1.0_f32..1.0, n),
            ))
        ) {
            prop_assume!(a.iter().any(|&x| x != 0.0) && b.iter().any(|&x| x != 0.0));
            let score = compare(&face(&a), &face(&b)).unwrap();
            prop_assert_eq!(score, compare(&face(&b), &face(&a)).unwrap());
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            };
            let cosine = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
            prop_assert!((f64::from(score.get()) - cosine).abs() < 1e-6, "{} {}", score, cosine);
        }
    }
}
