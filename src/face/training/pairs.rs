//! Pairs of faces: all mated ones, and of the others those that are likely to be above a threshold.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use rayon::prelude::*;

use super::Faces;
use crate::face::FaceMatrix;
use crate::units::{Fmr, Score};

/// Of non-mated pairs, this share with the greatest cosines is kept, and this many times the false match rate
/// if that is more: normalisation moves none from below to the threshold.
const KEPT: f64 = 0.02;
const KEPT_FOR_RATE: f64 = 20.0;
/// Rows that are compared with all others at a time.
const ROWS: usize = 256;
/// Cosines that the least one kept is estimated from.
const SAMPLE: usize = 1 << 20;

/// Two faces, by number.
type Pair = [u32; 2];

/// Pairs of some of the faces.
pub(super) struct Pairs {
    /// Whether each face takes part.
    pub(super) faces: Vec<bool>,
    pub(super) mated: Vec<Pair>,
    /// Those with the greatest cosines.
    pub(super) non_mated: Vec<Pair>,
    /// All of them.
    pub(super) non_mated_in_all: usize,
}

/// The scores of pairs, in their order.
pub(super) struct Scores {
    pub(super) mated: Vec<f32>,
    pub(super) non_mated: Vec<f32>,
}

impl Pairs {
    /// Those of all faces, for thresholds of `fmr` or less.
    pub(super) fn of(faces: &Faces<'_>, fmr: Fmr) -> Self {
        let count = faces.subjects.len();
        let least = least_kept(faces, KEPT.max(KEPT_FOR_RATE * fmr.rate()));
        let mut pairs =
            Self { faces: vec![true; count], mated: Vec::new(), non_mated: Vec::new(), non_mated_in_all: 0 };
        for first in (0..count).step_by(ROWS) {
            let found: Vec<(Vec<Pair>, Vec<Pair>)> = (first..count.min(first + ROWS))
                .into_par_iter()
                .map(|a| {
                    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
                    for b in a + 1..count {
                        let pair = [a as u32, b as u32];
                        if faces.subjects[a] == faces.subjects[b] {
                            mated.push(pair);
                        } else if cosine(&faces.units, pair) >= least {
                            non_mated.push(pair);
                        }
                    }
                    (mated, non_mated)
                })
                .collect();
            for (mated, non_mated) in found {
                pairs.mated.extend(mated);
                pairs.non_mated.extend(non_mated);
            }
        }
        pairs.non_mated_in_all = count * count.saturating_sub(1) / 2 - pairs.mated.len();
        pairs
    }

    /// Those of one half of the subjects and those of the other.
    pub(super) fn halves(&self, subjects: &[u32], split: u64) -> [Self; 2] {
        let first: Vec<bool> = subjects.iter().map(|&subject| is_in_first(subject, split)).collect();
        let second = first.iter().map(|in_first| !in_first).collect();
        [self.within(first), self.within(second)]
    }

    fn within(&self, faces: Vec<bool>) -> Self {
        let of = |pairs: &[Pair]| -> Vec<Pair> {
            pairs.iter().copied().filter(|pair| pair.iter().all(|&face| faces[face as usize])).collect()
        };
        let (mated, non_mated) = (of(&self.mated), of(&self.non_mated));
        let count = faces.iter().filter(|&&takes_part| takes_part).count();
        let non_mated_in_all = count * count.saturating_sub(1) / 2 - mated.len();
        Self { faces, mated, non_mated, non_mated_in_all }
    }

    /// Their cosines in a matrix of all faces.
    pub(super) fn cosines(&self, faces: &FaceMatrix) -> Scores {
        let of = |pairs: &[Pair]| pairs.par_iter().map(|&pair| cosine(faces, pair)).collect();
        Scores { mated: of(&self.mated), non_mated: of(&self.non_mated) }
    }

    /// The share of mated pairs that score no more than the greatest threshold that more than `fmr` of the
    /// non-mated pairs reach, with the scores of faces of given heights.
    pub(super) fn fnmr(&self, cosines: &Scores, heights: &[f32], fmr: Fmr) -> f64 {
        let rest: Vec<f32> = heights.iter().map(|height| (1.0 - height * height).sqrt()).collect();
        let score = |[a, b]: Pair, cosine: f32| {
            let (a, b) = (a as usize, b as usize);
            cosine * (rest[a] * rest[b]) + heights[a] * heights[b]
        };
        let all = |pairs: &[Pair], cosines: &[f32]| -> Vec<f32> {
            pairs.iter().zip(cosines).map(|(&pair, &cosine)| score(pair, cosine)).collect()
        };
        let mut non_mated = all(&self.non_mated, &cosines.non_mated);
        let allowed = (fmr.rate() * self.non_mated_in_all as f64) as usize;
        if allowed >= non_mated.len() || self.mated.is_empty() {
            return 1.0;
        }
        let (_, &mut threshold, _) = non_mated.select_nth_unstable_by(allowed, |a, b| b.total_cmp(a));
        let missed = all(&self.mated, &cosines.mated).into_iter().filter(|&score| score <= threshold).count();
        missed as f64 / self.mated.len() as f64
    }
}

fn cosine(faces: &FaceMatrix, [a, b]: Pair) -> f32 {
    let score = faces.compare(a as usize, faces, b as usize);
    score.ok().flatten().map_or(-1.0, Score::get)
}

/// The cosine that a share of non-mated pairs reaches, of pairs evenly spread; the least of all if that is
/// all.
fn least_kept(faces: &Faces<'_>, share: f64) -> f32 {
    let count = faces.subjects.len();
    let rows = (SAMPLE / count.max(1)).clamp(1, count.max(1));
    let mut sample: Vec<f32> = (0..count)
        .into_par_iter()
        .step_by(count.div_ceil(rows).max(1))
        .flat_map_iter(|a| {
            let others = (0..count).filter(move |&b| faces.subjects[a] != faces.subjects[b]);
            others.map(move |b| cosine(&faces.units, [a as u32, b as u32]))
        })
        .collect();
    let kept = (sample.len() as f64 * share) as usize;
    if kept >= sample.len() {
        return f32::NEG_INFINITY;
    }
    *sample.select_nth_unstable_by(kept, |a, b| b.total_cmp(a)).1
}

/// Whether a subject is in the first half.
fn is_in_first(subject: u32, split: u64) -> bool {
    /// What the generator adds to its state for each number: subjects are numbers of one stream.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let before = (u64::from(subject) + (split << 32)).wrapping_sub(1).wrapping_mul(STEP);
    SplitMix64::seed_from_u64(before).next_u64() & 1 == 0
}
