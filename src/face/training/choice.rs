//! The choice of a normaliser's parameters: the best of a thousand combinations.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::pairs::{Pairs, Scores};
use super::statistics::Statistics;
use super::{Faces, Gain};
use crate::face::FaceMatrix;
use crate::template::normaliser::{Parts, height, longer};
use crate::template::{FaceNormaliser, ModelId};
use crate::units::Fmr;

/// Exponents of the whitening, in parts of 32.
const EXPONENTS: [u32; 6] = [0, 1, 2, 3, 4, 6];
/// Numbers of leading directions.
const LEADING: [usize; 4] = [4, 6, 8, 12];
/// Weights of the length, for its logarithm.
const LENGTH_WEIGHTS: [f64; 9] = [0.0, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.2];
/// Weights of the share in the leading directions, for its standard deviations.
const SHARE_WEIGHTS: [f64; 6] = [0.0, 0.001, 0.002, 0.003, 0.004, 0.006];

#[derive(Clone, Copy)]
struct Choice {
    exponent: u32,
    leading: usize,
    length_weight: f64,
    share_weight: f64,
}

/// What was learned from pairs of faces.
pub(super) struct Trained {
    statistics: Statistics,
    choice: Choice,
    /// In the leading directions of the choice.
    shares: Shares,
}

/// The shares of all faces in some leading directions.
struct Shares {
    leading: usize,
    of_face: Vec<f64>,
    mean: f64,
    deviation: f64,
}

impl Trained {
    /// Learns from the faces that take part in pairs.
    pub(super) fn on(faces: &Faces<'_>, pairs: &Pairs, fmr: Fmr) -> Self {
        let statistics = Statistics::of(faces, pairs);
        let mut shares: Vec<Shares> =
            LEADING.iter().map(|&leading| Shares::new(faces, pairs, &statistics, leading)).collect();
        let nothing = Choice { exponent: 0, leading: 0, length_weight: 0.0, share_weight: 0.0 };
        // Of equals the first, which does less.
        let mut best = (f64::INFINITY, nothing);
        for exponent in EXPONENTS {
            let cosines = cosines(faces, pairs, &statistics, exponent);
            let combinations: Vec<(Choice, &Shares)> = combinations(exponent, &shares).collect();
            let rates: Vec<f64> = combinations
                .par_iter()
                .map(|(choice, shares)| {
                    let heights = shares.heights(faces, statistics.length, choice);
                    pairs.fnmr(&cosines, &heights, fmr)
                })
                .collect();
            for (rate, (choice, _)) in rates.into_iter().zip(combinations) {
                if rate < best.0 {
                    best = (rate, choice);
                }
            }
        }
        let (_, choice) = best;
        let chosen = LEADING.iter().position(|&leading| leading == choice.leading).unwrap_or_default();
        Self { statistics, choice, shares: shares.swap_remove(chosen) }
    }

    /// Its gain on pairs.
    pub(super) fn gain(&self, faces: &Faces<'_>, pairs: &Pairs, fmr: Fmr) -> Gain {
        let flat = vec![0.0; faces.subjects.len()];
        let cosine = pairs.fnmr(&pairs.cosines(&faces.units), &flat, fmr);
        let heights = self.shares.heights(faces, self.statistics.length, &self.choice);
        let cosines = cosines(faces, pairs, &self.statistics, self.choice.exponent);
        Gain { cosine, normalised: pairs.fnmr(&cosines, &heights, fmr) }
    }

    pub(super) fn words(&self) -> String {
        let Choice { exponent, leading, length_weight, share_weight } = self.choice;
        format!(
            "whitening to the power of -{exponent}/32, weight of the length {length_weight}, \
             of the share in {leading} leading directions {share_weight} a standard deviation"
        )
    }

    /// `None` if the note or a name is too long.
    pub(super) fn normaliser(&self, source: &ModelId, note: &str) -> Option<FaceNormaliser> {
        let whitening = self.statistics.whitening(self.choice.exponent);
        FaceNormaliser::new(Parts {
            source: source.clone(),
            note: note.to_owned(),
            dimension: whitening.ncols(),
            length: self.statistics.length,
            length_weight: self.choice.length_weight,
            share: self.shares.mean,
            share_weight: self.choice.share_weight / self.shares.deviation,
            whitening: whitening.into_iter().collect(),
            leading: self.statistics.leading(self.choice.leading).into_iter().collect(),
        })
    }
}

fn combinations(exponent: u32, shares: &[Shares]) -> impl Iterator<Item = (Choice, &Shares)> {
    let weights = LENGTH_WEIGHTS
        .iter()
        .flat_map(|&of_length| SHARE_WEIGHTS.iter().map(move |&of_share| (of_length, of_share)));
    weights.flat_map(move |(length_weight, share_weight)| {
        // Without a weight all numbers of directions are one.
        let different = if share_weight == 0.0 { &shares[..1] } else { shares };
        different.iter().map(move |shares| {
            (Choice { exponent, leading: shares.leading, length_weight, share_weight }, shares)
        })
    })
}

/// The cosines of pairs after whitening.
fn cosines(faces: &Faces<'_>, pairs: &Pairs, statistics: &Statistics, exponent: u32) -> Scores {
    if exponent == 0 {
        return pairs.cosines(&faces.units);
    }
    let whitened = faces.embeddings.dot(&statistics.whitening(exponent));
    match FaceMatrix::new(faces.units.model().clone(), whitened.view()) {
        Ok(whitened) => pairs.cosines(&whitened),
        // Whitening leaves no embedding without a direction; if rounding did, it would win nothing.
        Err(_) => pairs.cosines(&faces.units),
    }
}

impl Shares {
    /// The mean and the deviation are those of the faces that take part in pairs.
    fn new(faces: &Faces<'_>, pairs: &Pairs, statistics: &Statistics, leading: usize) -> Self {
        let products: Array2<f32> = faces.embeddings.dot(&statistics.leading(leading).t());
        let of_face: Vec<f64> = products
            .axis_iter(Axis(0))
            .zip(&faces.lengths)
            .map(|(row, length)| row.iter().map(|&x| (f64::from(x) / length).powi(2)).sum())
            .collect();
        let members = || of_face.iter().zip(&pairs.faces).filter(|(_, takes_part)| **takes_part);
        let count = members().count().max(1) as f64;
        let mean = members().map(|(share, _)| share).sum::<f64>() / count;
        let variance = members().map(|(share, _)| (share - mean).powi(2)).sum::<f64>() / count;
        // All alike: any deviation will do.
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        Self { leading, of_face, mean, deviation }
    }

    fn heights(&self, faces: &Faces<'_>, length: f64, choice: &Choice) -> Vec<f32> {
        let height = |(&share, &of_face): (&f64, &f64)| {
            let share = choice.share_weight * (share - self.mean) / self.deviation;
            height(choice.length_weight * longer(of_face, length) + share) as f32
        };
        self.of_face.iter().zip(&faces.lengths).map(height).collect()
    }
}
