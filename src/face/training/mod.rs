//! Training of a [`FaceNormaliser`] on portraits, of which some are of the same subject.
//!
//! Feature `training`, which the program needs and an embedding service does not. `biomatch train-normaliser`
//! is this with files.

mod choice;
mod pairs;
mod statistics;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use ndarray::ArrayView2;
use rayon::prelude::*;

use self::choice::Trained;
use self::pairs::Pairs;
use super::error::FaceMatrixError;
use super::matrix::FaceMatrix;
use crate::template::normaliser::MAX_NOTE;
use crate::template::{FaceNormaliser, ModelId};
use crate::units::Fmr;

/// Why there is no normaliser.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceTrainingError {
    /// A row that is no embedding.
    #[error(transparent)]
    Embedding(#[from] FaceMatrixError),
    /// Not one subject for each row.
    #[error("{subjects} subjects are named for {faces} faces")]
    Subjects {
        /// Faces.
        faces: usize,
        /// Subjects named.
        subjects: usize,
    },
    /// Embeddings that are too long for a normaliser.
    #[error(
        "an embedding of {found} dimensions; a normaliser takes at most {}",
        FaceNormaliser::MAX_DIMENSION
    )]
    Dimension {
        /// Dimensions.
        found: usize,
    },
    /// Too few pairs to learn from.
    #[error(
        "half of the subjects has {mated} mated pairs and {non_mated} non-mated ones; {LEAST_MATED} and {needed} are needed at a false match rate of {fmr}"
    )]
    TooFew {
        /// Mated pairs in a half of the subjects.
        mated: usize,
        /// Non-mated pairs in it.
        non_mated: usize,
        /// Non-mated pairs needed.
        needed: usize,
        /// The rate to train for.
        fmr: Fmr,
    },
    /// A note or a name that is too long.
    #[error(
        "the note has at most {MAX_NOTE} bytes, and the network's name at most {}",
        FaceNormaliser::MAX_NAME
    )]
    Words,
}

/// FNMR of two ways to score the same pairs, at one FMR. 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// Of the cosine of the embeddings.
    pub cosine: f64,
    /// Of the cosine of normalised templates.
    pub normalised: f64,
}

/// What a training saw and won.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FaceReport {
    /// Subjects.
    pub subjects: usize,
    /// Pairs of one subject.
    pub mated: usize,
    /// Non-mated pairs.
    pub non_mated: usize,
    /// On the very pairs that it was trained on: it flatters.
    pub trained: Gain,
    /// Trained on one half of the subjects and measured on the other: the mean of three splits, both ways.
    pub cross_validated: Gain,
    /// What was chosen, in words.
    pub choice: String,
}

/// Mated pairs that a half of the subjects has at least.
const LEAST_MATED: usize = 100;
/// Least number of non-mated pairs above the threshold.
const LEAST_ABOVE: f64 = 25.0;
/// Splits of the subjects.
const SPLITS: u64 = 3;

/// Portraits to learn from.
struct Faces<'a> {
    embeddings: ArrayView2<'a, f32>,
    units: FaceMatrix,
    /// Of the embeddings, before scaling.
    lengths: Vec<f64>,
    subjects: &'a [u32],
}

/// Trains a normaliser for the embeddings of `source`: whitening by the covariance of the faces, each subject
/// counted once; then the exponent and the weights, of 1,134 combinations, that have the least FNMR at `fmr` over all
/// pairs. The same input gives the same normaliser, for any number of threads. Cost: all pairs of faces once, and
/// for each of seven trainings ten times the cube of the dimension. 7,785 faces of 512 dimensions take 23 s of processor time.
///
/// # Errors
/// A row that is no embedding, or too few pairs: see [`FaceTrainingError`].
pub fn train(
    source: &ModelId,
    embeddings: ArrayView2<'_, f32>,
    subjects: &[u32],
    note: &str,
    fmr: Fmr,
) -> Result<(FaceNormaliser, FaceReport), FaceTrainingError> {
    if subjects.len() != embeddings.nrows() {
        let (faces, subjects) = (embeddings.nrows(), subjects.len());
        return Err(FaceTrainingError::Subjects { faces, subjects });
    }
    if embeddings.ncols() > FaceNormaliser::MAX_DIMENSION {
        return Err(FaceTrainingError::Dimension { found: embeddings.ncols() });
    }
    // Before the long work.
    if note.len() > MAX_NOTE || source.as_str().len() > FaceNormaliser::MAX_NAME {
        return Err(FaceTrainingError::Words);
    }
    let length = |row: ndarray::ArrayView1<'_, f32>| {
        row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
    };
    let faces = Faces {
        units: FaceMatrix::new(source.clone(), embeddings)?,
        lengths: embeddings.rows().into_iter().map(length).collect(),
        embeddings,
        subjects,
    };
    let all = Pairs::of(&faces, fmr);
    let splits: Vec<[Pairs; 2]> = (0..SPLITS).map(|split| all.halves(subjects, split)).collect();
    for half in splits.iter().flatten() {
        enough(half, fmr)?;
    }
    let trained = Trained::on(&faces, &all, fmr);
    let both_ways: Vec<[&Pairs; 2]> = splits.iter().flat_map(|[a, b]| [[a, b], [b, a]]).collect();
    let gains: Vec<Gain> =
        both_ways.par_iter().map(|[on, off]| Trained::on(&faces, on, fmr).gain(&faces, off, fmr)).collect();
    let mean = |of: fn(&Gain) -> f64| gains.iter().map(of).sum::<f64>() / gains.len() as f64;
    let report = FaceReport {
        subjects: subjects.iter().collect::<BTreeSet<_>>().len(),
        mated: all.mated.len(),
        non_mated: all.non_mated_in_all,
        trained: trained.gain(&faces, &all, fmr),
        cross_validated: Gain { cosine: mean(|gain| gain.cosine), normalised: mean(|gain| gain.normalised) },
        choice: trained.words(),
    };
    let normaliser = trained.normaliser(source, note).ok_or(FaceTrainingError::Words)?;
    Ok((normaliser, report))
}

fn enough(half: &Pairs, fmr: Fmr) -> Result<(), FaceTrainingError> {
    let (mated, non_mated) = (half.mated.len(), half.non_mated_in_all);
    let needed = (LEAST_ABOVE / fmr.rate()).ceil() as usize;
    if mated < LEAST_MATED || non_mated < needed {
        return Err(FaceTrainingError::TooFew { mated, non_mated, needed, fmr });
    }
    Ok(())
}
