//! Fitting a table on impostor scores.
//!
//! The empirical share of scores at or above a score falls with the score by itself, so that no
//! isotonic regression is needed; what is needed is caution. For each set of comparisons the fit
//! takes the upper 95 % bound of that share (Poisson) as far as ten scores are left. Beyond, it
//! takes the upper 95 % bound of an exponential tail, estimated on the greatest fortieth of the
//! scores, but never less than the share that was seen. The table is the greatest of these over
//! all sets: one threshold holds for every one of them.

use crate::units::Score;

use super::table::{FittedSet, Point, ordered, unordered};
use super::{Calibration, CalibrationError};

/// The scores of comparisons between different people, from one source: one extractor, one sensor,
/// one generator.
#[derive(Clone, Debug)]
pub struct ImpostorSet {
    name: String,
    /// Falling.
    scores: Vec<f32>,
}

impl ImpostorSet {
    /// A set with its name, as it will stand in the table.
    pub fn new(name: impl Into<String>, scores: impl IntoIterator<Item = Score>) -> Self {
        let mut scores: Vec<f32> = scores.into_iter().map(Score::get).collect();
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        Self { name: name.into(), scores }
    }
}

/// A fit in the making.
#[derive(Clone, Debug)]
pub struct Fit {
    matcher: String,
    fitted: String,
    sets: Vec<ImpostorSet>,
}

/// One-sided 95 % quantile of the normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;
/// A count this large is a measurement.
const MEASURED: usize = 10;
/// The tail is estimated on the greatest `1 / TAIL_SHARE` of the scores, at most `MOST_TAIL`: on the
/// scores of real fingers the estimate is the same from a thirtieth to a hundredth.
const TAIL_SHARE: usize = 40;
const MOST_TAIL: usize = 1_000;
/// Sets of at least this size have a tail; smaller ones (one sensor, ten fingers) speak only where
/// they measure.
const LARGE: usize = 10_000;
/// Points for each factor of ten; a power of two, so that the levels are exact.
const PER_DECADE: u32 = 32;
/// Factors of ten that the table goes on past its measured part.
const DECADES_BEYOND: u32 = 4;

impl Fit {
    /// A fit for the scores of `matcher`; `fitted` says in words how and on what.
    pub fn new(matcher: impl Into<String>, fitted: impl Into<String>) -> Self {
        Self { matcher: matcher.into(), fitted: fitted.into(), sets: Vec::new() }
    }

    /// Adds a set.
    #[must_use]
    pub fn set(mut self, set: ImpostorSet) -> Self {
        self.sets.push(set);
        self
    }

    /// Makes the table. Cost: sorting was paid by the sets; this is some hundred binary searches.
    ///
    /// # Errors
    /// No set of at least 10,000 comparisons, or one whose greatest scores are all equal.
    pub fn finish(self) -> Result<Calibration, CalibrationError> {
        let curves = self.sets.iter().map(Curve::new).collect::<Result<Vec<_>, _>>()?;
        if !curves.iter().any(|curve| curve.tail.is_some()) {
            let comparisons = self.sets.iter().map(|set| set.scores.len()).max().unwrap_or(0);
            return Err(CalibrationError::TooFew { comparisons, needed: LARGE });
        }
        // All floats in order, as integers: the least score that is good enough for each level.
        let lowest = ordered(f32::MIN);
        let mut from = lowest;
        let mut points: Vec<Point> = Vec::new();
        let mut measured_to = None;
        let mut last_level = u32::MAX;
        for level in 1_u32.. {
            if level > last_level {
                break;
            }
            let log10 = -f64::from(level) / f64::from(PER_DECADE);
            let (mut low, mut high) = (from - 1, ordered(f32::MAX));
            while low + 1 < high {
                let middle = low + (high - low) / 2;
                if governing(&curves, unordered(middle)).0 <= log10 { high = middle } else { low = middle }
            }
            from = high;
            let score = unordered(high);
            // The rate claimed at a level's score is that of the level before: between two levels
            // the claim is then nowhere below the bound that it stands for.
            let log10_fmr = 0.0 - f64::from(level - 1) / f64::from(PER_DECADE);
            push(&mut points, Point { score, log10_fmr });
            if measured_to.is_none() && !governing(&curves, score).1 {
                measured_to =
                    Some(points.len().checked_sub(2).and_then(|i| points.get(i)).map_or(score, |p| p.score));
                last_level = level + DECADES_BEYOND * PER_DECADE;
            }
        }
        let sets = self
            .sets
            .iter()
            .map(|set| FittedSet { name: set.name.clone(), comparisons: set.scores.len() as u64 })
            .collect();
        let measured_to = measured_to.unwrap_or(f32::MIN);
        Calibration { matcher: self.matcher, fitted: self.fitted, sets, measured_to, points }.checked()
    }
}

/// Appends a point; where the rate jumps at one score, the level before the jump is kept just below.
fn push(points: &mut Vec<Point>, point: Point) {
    if let Some(last) = points.last_mut()
        && last.score == point.score
    {
        let below = Point { score: point.score.next_down(), ..*last };
        *last = point;
        let before = points.len().checked_sub(2).and_then(|i| points.get(i));
        // The first level of the jump has put its point below already if there is room for one.
        let has_room = before.is_none_or(|before| before.score < below.score);
        if has_room {
            points.insert(points.len() - 1, below);
        }
        return;
    }
    points.push(point);
}

/// The greatest bound of all sets at a score (log10), and whether the set that gives it measured it.
fn governing(curves: &[Curve<'_>], score: f32) -> (f64, bool) {
    curves
        .iter()
        .map(|curve| curve.bound(score))
        .fold((f64::NEG_INFINITY, true), |a, b| if b.0 > a.0 { b } else { a })
}

/// The upper bound of one set's impostor share as a function of the score.
struct Curve<'a> {
    scores: &'a [f32],
    tail: Option<Tail>,
}

/// Scores above `from` exceed it by `mean_excess` on average, exponentially; `count` of them are
/// there, `share` of all.
struct Tail {
    from: f64,
    mean_excess: f64,
    count: f64,
    share: f64,
    /// The measured bound where the measured part ends.
    most: f64,
}

impl Tail {
    /// The upper 95 % bound of the share at a score. The logarithm of the estimate has two errors,
    /// of the share at `from` and of the mean excess, each with a relative variance of one over the
    /// count; the second grows with the distance.
    fn bound(&self, score: f64) -> f64 {
        let z = ((score - self.from) / self.mean_excess).max(0.0);
        let error = Z95 * ((1.0 + z * z) / self.count).sqrt();
        (self.share * (error - z).exp()).min(self.most)
    }
}

impl<'a> Curve<'a> {
    fn new(set: &'a ImpostorSet) -> Result<Self, CalibrationError> {
        let scores = set.scores.as_slice();
        let count = (scores.len() / TAIL_SHARE).min(MOST_TAIL);
        let n = scores.len() as f64;
        let tail = match (scores.get(..count), scores.get(count)) {
            (Some(greatest), Some(&from)) if scores.len() >= LARGE => {
                let from = f64::from(from);
                let mean_excess = greatest.iter().map(|&s| f64::from(s) - from).sum::<f64>() / count as f64;
                if mean_excess <= 0.0 {
                    return Err(CalibrationError::NoSpread { set: set.name.clone() });
                }
                let most = poisson_upper(MEASURED) / n;
                Some(Tail { from, mean_excess, count: count as f64, share: count as f64 / n, most })
            }
            _ => None,
        };
        Ok(Self { scores, tail })
    }

    /// log10 of the bound at a score, and whether it is measured there.
    fn bound(&self, score: f32) -> (f64, bool) {
        let count = self.scores.partition_point(|&s| s >= score);
        let n = self.scores.len() as f64;
        if count >= MEASURED {
            return ((poisson_upper(count) / n).min(1.0).log10(), true);
        }
        let Some(tail) = &self.tail else { return (f64::NEG_INFINITY, false) };
        let seen = count as f64 / n;
        (tail.bound(f64::from(score)).max(seen).log10(), false)
    }
}

/// Upper 95 % bound of a Poisson mean after a count: half the 0.95 quantile of chi-squared with
/// `2 (count + 1)` degrees of freedom, by Wilson and Hilferty (1931); 2.97 at zero.
fn poisson_upper(count: usize) -> f64 {
    let n = count as f64 + 1.0;
    n * (1.0 - 1.0 / (9.0 * n) + Z95 / (3.0 * n.sqrt())).powi(3)
}
