//! Likelihood ratios of scores, from mated and non-mated comparisons.
//!
//! Each set that has both kinds counts alike, whatever its size. The ratio is the isotonic regression of the mated
//! share over bins of scores. Beyond the score that ten of their non-mated comparisons reach, the non-mated ones in
//! a bin are not counted but follow from the table's false match rates, scaled to the comparisons that are left; the
//! mated ones are counted as far as there are any, and beyond them the ratio stays. Nowhere does it exceed one over the
//! false match rate, so that non-mates reach a ratio of `t` at a rate of at most `1 / t`. The lower bound is the fifth
//! percentile of the same over a bootstrap of subjects.

use rayon::prelude::*;

use super::curve::MEASURED;
use super::isotonic::{Pool, pool};
use super::ratios::{RatioPoint, Ratios};
use super::set::{ComparisonSet, REPLICATES, percentile};
use super::table::{Point, fmr_at};

/// Mated comparisons that a table of ratios needs.
const LEAST_MATED: usize = 100;
/// The share of replicates below the lower bound.
const DOUBT: f64 = 0.05;
/// Bins begin at so many quantiles of each set's mated scores, and at as many counts of its greatest non-mated ones,
/// each a constant factor of the next.
const BINS: usize = 64;

/// The ratios; none without enough mated comparisons.
pub(super) fn fit(sets: &[ComparisonSet], rates: &[Point]) -> Option<Ratios> {
    let has_both = |set: &&ComparisonSet| !set.mated.is_empty() && !set.non_mated.is_empty();
    let sets: Vec<&ComparisonSet> = sets.iter().filter(has_both).collect();
    if sets.iter().map(|set| set.mated.len()).sum::<usize>() < LEAST_MATED {
        return None;
    }
    let bins = Bins::new(&sets, rates)?;
    let curve = bins.curve(sets.iter().map(|set| bins.masses(set, |_| 1.0, |_| 1.0)));
    let draws: Vec<Vec<(f32, f64)>> = (0..REPLICATES)
        .into_par_iter()
        .map(|number| {
            bins.curve(sets.iter().map(|set| {
                let (mut draw, weights) = (set.draw(number), set.draw(number));
                bins.masses(set, |subject| weights.of_mated(subject), |both| draw.of_non_mated(both))
            }))
        })
        .collect();
    let first = curve.first()?.0;
    let mut scores: Vec<f32> = curve.iter().map(|knot| knot.0).collect();
    scores.extend(rates.iter().map(|point| point.score).filter(|score| *score >= first));
    scores.sort_unstable_by(f32::total_cmp);
    scores.dedup();
    let mut points: Vec<RatioPoint> = Vec::with_capacity(scores.len());
    for score in scores {
        // Rates and ratios are linear between the same points, so that the one bounds the other between them, too.
        let most = -fmr_at(rates, score);
        let lower = percentile(draws.iter().map(|draw| at(draw, score)).collect(), DOUBT)?;
        let before = points.last().map_or((f64::NEG_INFINITY, f64::NEG_INFINITY), |p| (p.log10, p.lower));
        let log10 = down(at(&curve, score).min(most)).max(before.0);
        points.push(RatioPoint { score, log10, lower: down(lower).min(log10).max(before.1) });
    }
    Some(Ratios { measured_to: bins.end, points })
}

/// Rounded down to a number that the file keeps as it is.
fn down(log10: f64) -> f64 {
    (log10 * 1024.0).floor() / 1024.0
}

/// Bins of scores.
struct Bins {
    /// Where all but the first begin, rising.
    edges: Vec<f32>,
    /// Where non-mated comparisons cease to be counted, one of the edges, and the number of the bin that begins there.
    end: f32,
    beyond: usize,
    /// Of the non-mated comparisons beyond the end, the share in each bin there.
    tail: Vec<f64>,
    /// The ratios that so many comparisons can show.
    least: f64,
    most: f64,
}

impl Bins {
    /// `None` with fewer than ten comparisons of a kind.
    fn new(sets: &[&ComparisonSet], rates: &[Point]) -> Option<Self> {
        let greatest = sets.iter().flat_map(|set| set.non_mated.iter().take(MEASURED).map(|one| one.0));
        let mut greatest: Vec<f32> = greatest.collect();
        greatest.sort_unstable_by(|a, b| b.total_cmp(a));
        let end = greatest.get(MEASURED - 1).copied()?;
        let mut mated: Vec<f32> = sets.iter().flat_map(|set| set.mated.iter().map(|one| one.0)).collect();
        mated.sort_unstable_by(f32::total_cmp);
        // Where the two kinds do not overlap, everything below the end is one bin.
        let first = mated.get(MEASURED).copied()?.min(end);
        let mut edges = vec![first, end];
        for set in sets {
            let quantile = |i: usize| set.mated.get(i * set.mated.len() / BINS).map(|one| one.0);
            edges.extend((0..BINS).filter_map(quantile).filter(|edge| *edge >= first));
            let factor = (set.non_mated.len() as f64).powf(1.0 / BINS as f64);
            let rank = |i: usize| set.non_mated.get(factor.powi(i as i32) as usize).map(|one| one.0);
            edges.extend((0..BINS).filter_map(rank).filter(|edge| (first..end).contains(edge)));
        }
        edges.sort_unstable_by(f32::total_cmp);
        edges.dedup();
        let beyond = edges.partition_point(|edge| *edge < end) + 1;
        let rate = |edge: &f32| 10.0_f64.powf(fmr_at(rates, *edge));
        let beginnings: Vec<f64> = edges.iter().skip(beyond - 1).map(rate).collect();
        let ends = beginnings.iter().skip(1).copied().chain([0.0]);
        let all = beginnings.first().copied().unwrap_or(1.0);
        let tail = beginnings.iter().zip(ends).map(|(from, to)| (from - to) / all).collect();
        let non_mated: usize = sets.iter().map(|set| set.non_mated.len()).sum();
        let (least, most) =
            (-(mated.len() as f64).log10(), (non_mated as f64).log10() - fmr_at(rates, f32::MAX));
        Some(Self { edges, end, beyond, tail, least, most })
    }

    /// The shares of mated and of non-mated comparisons in each bin, weighted.
    fn masses(
        &self,
        set: &ComparisonSet,
        mated: impl Fn(u32) -> f64,
        non_mated: impl FnMut([u32; 2]) -> f64,
    ) -> Vec<(f64, f64)> {
        let mated = self.shares(&set.mated, mated);
        let non_mated = self.shares(&set.non_mated, non_mated);
        mated.into_iter().zip(non_mated).collect()
    }

    /// Falling scores into bins, rising.
    fn shares<S: Copy>(&self, scores: &[(f32, S)], mut weight: impl FnMut(S) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.edges.len() + 1];
        let (mut bin, mut total) = (self.edges.len(), 0.0);
        for &(score, subjects) in scores {
            let weight = weight(subjects);
            total += weight;
            while bin > 0 && self.edges.get(bin - 1).is_some_and(|edge| score < *edge) {
                bin -= 1;
            }
            if let Some(sum) = sums.get_mut(bin) {
                *sum += weight;
            }
        }
        // A draw without comparisons of a kind says nothing.
        sums.iter().map(|sum| if total > 0.0 { sum / total } else { 0.0 }).collect()
    }

    /// The regression over the sets: rising scores in the middle of the pools, with the logarithm of the ratio.
    fn curve(&self, sets: impl Iterator<Item = Vec<(f64, f64)>>) -> Vec<(f32, f64)> {
        let mut bins = vec![(0.0, 0.0); self.edges.len() + 1];
        for masses in sets {
            for (sum, mass) in bins.iter_mut().zip(masses) {
                *sum = (sum.0 + mass.0, sum.1 + mass.1);
            }
        }
        let left: f64 = bins.iter().skip(self.beyond).map(|bin| bin.1).sum();
        for (bin, share) in bins.iter_mut().skip(self.beyond).zip(&self.tail) {
            bin.1 = left * share;
        }
        let mut next = 0;
        let knot = |pool: Pool| {
            let (first, last) = (next, next + pool.bins);
            next = last;
            let begin = first.checked_sub(1).and_then(|edge| self.edges.get(edge)).copied();
            let end = self.edges.get(last - 1).copied();
            // The lowest pool has no beginning, and the highest no end.
            let middle = begin.zip(end).map(|(begin, end)| begin + (end - begin) / 2.0).or(begin).or(end);
            let ratio = (pool.mated / pool.non_mated).log10().clamp(self.least, self.most);
            (middle.unwrap_or(self.end), ratio)
        };
        pool(bins).into_iter().map(knot).collect()
    }
}

/// Linear between knots, flat outside.
fn at(curve: &[(f32, f64)], score: f32) -> f64 {
    let after = curve.partition_point(|knot| knot.0 <= score);
    match (after.checked_sub(1).and_then(|before| curve.get(before)), curve.get(after)) {
        (Some(a), Some(b)) => {
            let share = (f64::from(score) - f64::from(a.0)) / (f64::from(b.0) - f64::from(a.0));
            a.1 + share * (b.1 - a.1)
        }
        (Some(one), None) | (None, Some(one)) => one.1,
        (None, None) => 0.0,
    }
}
