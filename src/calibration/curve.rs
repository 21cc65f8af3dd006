//! The upper bound of the non-mated share of one set of comparisons, as a function of the score.

use rayon::prelude::*;

use super::CalibrationError;
use super::pareto::Pareto;
use super::set::{ComparisonSet, REPLICATES, percentile};

/// One-sided 95 % quantile of the normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;
/// A count this large is a measurement.
pub(super) const MEASURED: usize = 10;
/// A bound holds with this confidence.
const CONFIDENCE: f64 = 0.95;
/// The tail is the greatest part of the scores, at most `MOST_TAIL`, that a generalised Pareto distribution fits: one
/// of these parts, the largest that fits. On the scores of real fingers the first one does.
const TAIL_PARTS: [usize; 3] = [40, 80, 160];
const MOST_TAIL: usize = 1_000;
/// A greater distance has a chance of one in twenty if the law is right (Lilliefors, 1969, for an exponential whose
/// mean is estimated).
const MOST_DISTANCE: f64 = 1.094;
/// Sets of at least this size have a tail; smaller ones (one sensor, ten fingers) speak only where
/// they measure.
pub(super) const LARGE: usize = 10_000;
/// Marks for each factor of ten of the comparisons at or above.
const MARKS_PER_DECADE: f64 = 32.0;
/// Steps of the tail's curve for each mean excess; how many decades below its beginning it ends; most steps, which
/// only a tail far heavier than an exponential takes.
const STEPS_PER_MEAN: f64 = 4.0;
const TAIL_DECADES: f64 = 10.0;
const MOST_STEPS: usize = 4_096;

/// The upper 95 % bound of one set's non-mated share as a function of the score.
pub(super) struct Curve<'a> {
    set: &'a ComparisonSet,
    /// Rising counts of greatest scores, and the bound of their share by resampling subjects, rising.
    marks: Vec<(usize, f64)>,
    tail: Option<Tail>,
}

/// The bound beyond the measured part.
struct Tail {
    /// Where it begins, and how far its values are apart.
    from: f64,
    step: f64,
    /// Natural logarithms of the bound.
    logs: Vec<f64>,
    /// The measured bound where the measured part ends.
    most: f64,
}

/// What one resampling gives.
struct Replicate {
    /// The share at each mark.
    shares: Vec<f64>,
    /// The share and the law of the tail.
    tail: Option<(f64, Pareto)>,
}

impl<'a> Curve<'a> {
    pub(super) fn new(set: &'a ComparisonSet) -> Result<Self, CalibrationError> {
        let scores = &set.non_mated;
        let parts = TAIL_PARTS.map(|part| (scores.len() / part).min(MOST_TAIL));
        let has_tail = scores.len() >= LARGE;
        let count = if has_tail { tail_count(set, parts)? } else { 0 };
        let ranks = marks(scores.len());
        let replicates: Vec<Replicate> = (0..REPLICATES)
            .into_par_iter()
            .filter_map(|number| resample(set, &ranks, count, number))
            .collect();
        let bound = |(place, &rank): (usize, &usize)| {
            let shares = replicates.iter().filter_map(|replicate| replicate.shares.get(place).copied());
            Some((rank, percentile(shares.collect(), CONFIDENCE)?))
        };
        let marks = ranks.iter().enumerate().filter_map(bound).collect();
        let mut curve = Self { set, marks, tail: None };
        let laws: Vec<(f64, Pareto)> = replicates.iter().filter_map(|replicate| replicate.tail).collect();
        if let Some(&(from, _)) = scores.get(count).filter(|_| has_tail) {
            curve.tail = Some(Tail::new(f64::from(from), &laws, curve.measured(MEASURED)));
        }
        Ok(curve)
    }

    /// log10 of the bound at a score, and whether it is measured there.
    pub(super) fn bound(&self, score: f32) -> (f64, bool) {
        let count = self.set.at_least(score);
        if count >= MEASURED {
            return (self.measured(count).log10(), true);
        }
        let Some(tail) = &self.tail else { return (f64::NEG_INFINITY, false) };
        let seen = count as f64 / self.set.non_mated.len() as f64;
        (tail.bound(f64::from(score)).max(seen).log10(), false)
    }

    pub(super) fn has_tail(&self) -> bool {
        self.tail.is_some()
    }

    /// The greater of two bounds of the share of so many scores: as if comparisons were independent (Poisson), and by
    /// resampling subjects, at the next mark.
    fn measured(&self, count: usize) -> f64 {
        let next = self.marks.partition_point(|mark| mark.0 < count);
        let by_subjects = self.marks.get(next).map_or(0.0, |mark| mark.1);
        (poisson_upper(count) / self.set.non_mated.len() as f64).max(by_subjects).min(1.0)
    }
}

/// Counts of greatest scores, rising, from a measurement to all.
fn marks(all: usize) -> Vec<usize> {
    let mut ranks = Vec::new();
    let mut rank = MEASURED as f64;
    while rank < all as f64 {
        ranks.push(rank as usize);
        rank *= 10.0_f64.powf(1.0 / MARKS_PER_DECADE);
    }
    ranks.extend((all >= MEASURED).then_some(all));
    ranks.dedup();
    ranks
}

/// How many of the greatest scores are the tail. Where scores are few different numbers, a part may be of one score
/// alone, and has no law.
fn tail_count(set: &ComparisonSet, parts: [usize; 3]) -> Result<usize, CalibrationError> {
    let mut highest = None;
    for part in parts {
        let excesses = excesses(set, part);
        let Some(law) = Pareto::fit(excesses.iter().map(|&excess| (excess, 1.0))) else { continue };
        if law.distance(&excesses) <= MOST_DISTANCE {
            return Ok(part);
        }
        highest = Some(part);
    }
    // None fits well: the highest part is nearest to where the law must hold.
    highest.ok_or_else(|| CalibrationError::NoSpread { set: set.name.clone() })
}

/// The excesses of the `count` greatest scores over the next one, rising.
fn excesses(set: &ComparisonSet, count: usize) -> Vec<f64> {
    let Some(&(from, _)) = set.non_mated.get(count) else { return Vec::new() };
    let greatest = set.non_mated.iter().take(count).rev();
    greatest.map(|one| f64::from(one.0) - f64::from(from)).collect()
}

/// Draws subjects once. `None` if no comparison was drawn.
fn resample(set: &ComparisonSet, ranks: &[usize], tail: usize, number: u32) -> Option<Replicate> {
    let mut draw = set.draw(number);
    let mut weights = Vec::with_capacity(tail);
    let (mut sum, mut passed) = (0.0, Vec::with_capacity(ranks.len()));
    let mut ranks = ranks.iter().peekable();
    for (place, one) in set.non_mated.iter().enumerate() {
        let weight = draw.of_non_mated(one.1);
        sum += weight;
        if place < tail {
            weights.push(weight);
        }
        if ranks.next_if(|rank| **rank == place + 1).is_some() {
            passed.push(sum);
        }
    }
    if sum <= 0.0 {
        return None;
    }
    let excesses = excesses(set, tail);
    let weighted = excesses.iter().copied().zip(weights.iter().rev().copied());
    let share = weights.iter().sum::<f64>() / sum;
    let tail = Pareto::fit(weighted).map(|law| (share, law));
    Some(Replicate { shares: passed.iter().map(|passed| passed / sum).collect(), tail })
}

impl Tail {
    fn new(from: f64, laws: &[(f64, Pareto)], most: f64) -> Self {
        let scales: f64 = laws.iter().map(|(_, law)| law.scale).sum();
        let step = scales / laws.len().max(1) as f64 / STEPS_PER_MEAN;
        let bound = |excess: f64| {
            let logs = laws.iter().map(|(share, law)| share.ln() + law.log_survival(excess));
            percentile(logs.collect(), CONFIDENCE).unwrap_or(0.0)
        };
        let end = bound(0.0) - TAIL_DECADES * std::f64::consts::LN_10;
        let mut logs = Vec::new();
        while logs.len() < MOST_STEPS && logs.last().is_none_or(|last| *last > end) {
            logs.push(bound(logs.len() as f64 * step));
        }
        Self { from, step, logs, most }
    }

    /// The bound at a score; beyond the end of the curve it stays.
    fn bound(&self, score: f64) -> f64 {
        let at = ((score - self.from) / self.step).clamp(0.0, self.logs.len() as f64 - 1.0);
        let before = at as usize;
        let value = |place: usize| self.logs.get(place).or(self.logs.last()).copied().unwrap_or(0.0);
        let (low, high) = (value(before), value(before + 1));
        (low + (at - before as f64) * (high - low)).exp().min(self.most)
    }
}

/// Upper 95 % bound of a Poisson mean after a count: half the 0.95 quantile of chi-squared with
/// `2 (count + 1)` degrees of freedom, by Wilson and Hilferty (1931); 2.97 at zero.
fn poisson_upper(count: usize) -> f64 {
    let n = count as f64 + 1.0;
    n * (1.0 - 1.0 / (9.0 * n) + Z95 / (3.0 * n.sqrt())).powi(3)
}
