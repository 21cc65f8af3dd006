//! The table: score against the logarithm of the false match rate, linear between its points.

use std::fmt;

use crate::units::{Fmr, Score};

use super::ratios::{LikelihoodRatio, Ratios};
use super::{CalibrationError, Dependence};

/// What stands behind a stated rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// At least ten non-mated comparisons of the governing set scored as high.
    Measured,
    /// Fewer did: the rate follows the fitted tail.
    Extrapolated,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Extrapolated => "extrapolated",
        })
    }
}

/// A set of comparisons that a table was fitted on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FittedSet {
    /// What was compared with what.
    pub name: String,
    /// How many non-mated comparisons.
    pub comparisons: u64,
    /// How many mated comparisons; none if the set gave rates only.
    #[serde(default)]
    pub mated: u64,
    /// How many subjects; zero if they were not known, so that comparisons counted as independent.
    #[serde(default)]
    pub subjects: u64,
}

/// One point of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) score: f32,
    pub(super) log10_fmr: f64,
}

/// A monotone map from the scores of one matcher (or one face model) to false match rates, and to likelihood ratios if
/// it was fitted on mated comparisons too.
///
/// The rate is an upper bound: see [`super::Fit`] for what kind. Below the first point it is one;
/// past the last point it stays at the last value, [`Calibration::floor`], for the table does not
/// vouch for less.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub(super) matcher: String,
    pub(super) fitted: String,
    pub(super) sets: Vec<FittedSet>,
    pub(super) measured_to: f32,
    pub(super) points: Vec<Point>,
    pub(super) ratios: Option<Ratios>,
    pub(super) dependence: Option<Dependence>,
}

impl Calibration {
    /// Most points in a table.
    pub(super) const MAX_POINTS: usize = 10_000;

    /// Checks the points: 1 to 10,000 of them, finite, scores rising, rates falling from one.
    pub(super) fn checked(self) -> Result<Self, CalibrationError> {
        let wrong = |point: usize, what: &'static str| CalibrationError::Table {
            matcher: self.matcher.clone(),
            point,
            what,
        };
        if self.points.is_empty() || self.points.len() > Self::MAX_POINTS {
            return Err(wrong(self.points.len(), "a table has 1 to 10,000 points; the count is wrong"));
        }
        let mut before: Option<Point> = None;
        for (index, point) in self.points.iter().enumerate() {
            if !point.score.is_finite() || !point.log10_fmr.is_finite() || point.log10_fmr < -300.0 {
                return Err(wrong(index, "a number is not finite or below 1e-300"));
            }
            match before {
                None if point.log10_fmr != 0.0 => return Err(wrong(index, "the first rate is not one")),
                Some(before) if before.score >= point.score => {
                    return Err(wrong(index, "the score does not rise"));
                }
                Some(before) if before.log10_fmr < point.log10_fmr => {
                    return Err(wrong(index, "the rate rises with the score"));
                }
                _ => before = Some(*point),
            }
        }
        if !self.measured_to.is_finite() {
            return Err(wrong(0, "the end of the measured part is not finite"));
        }
        if self.dependence.is_some_and(|one| !(0.0..=1.0).contains(&one.correlation())) {
            return Err(wrong(0, "the correlation of the dependence is not from 0 to 1; no point is wrong"));
        }
        match self.ratios.as_ref().and_then(Ratios::fault) {
            Some((point, what)) => Err(wrong(point, what)),
            None => Ok(self),
        }
    }

    /// The matcher or face model whose scores the table speaks of.
    pub fn matcher(&self) -> &str {
        &self.matcher
    }

    /// How it was fitted: the command and the data, in words.
    pub fn fitted(&self) -> &str {
        &self.fitted
    }

    /// The comparisons behind it, by set.
    pub fn sets(&self) -> &[FittedSet] {
        &self.sets
    }

    /// How many non-mated comparisons are behind it. They share fingers or faces, so that they are
    /// worth fewer independent ones.
    pub fn comparisons(&self) -> u64 {
        self.sets.iter().map(|set| set.comparisons).fold(0, u64::saturating_add)
    }

    /// The least rate that was measured; smaller ones are extrapolated.
    pub fn measured_to(&self) -> Fmr {
        self.fmr(Score::new(self.measured_to).unwrap_or(Score::LOWEST))
    }

    /// The least rate that the table states at all.
    pub fn floor(&self) -> Fmr {
        rate(self.points.last().map_or(0.0, |point| point.log10_fmr))
    }

    /// The false match rate of accepting this score and every higher one: an upper bound,
    /// never rising with the score. Cost: a binary search.
    pub fn fmr(&self, score: Score) -> Fmr {
        rate(fmr_at(&self.points, score.get()))
    }

    /// What the score says for a mate; `None` if the table was fitted without mated comparisons. Never falls with the
    /// score, and never exceeds one over its false match rate. Cost: a binary search.
    pub fn ratio(&self, score: Score) -> Option<LikelihoodRatio> {
        Some(self.ratios.as_ref()?.at(score))
    }

    /// The scores at which the likelihood ratio turns, rising; empty without ratios.
    pub(crate) fn ratio_scores(&self) -> impl Iterator<Item = Score> {
        let points = self.ratios.iter().flat_map(|ratios| &ratios.points);
        points.filter_map(|point| Score::new(point.score))
    }

    /// How much scores of one person's fingers depend on each other, if that was measured.
    pub fn dependence(&self) -> Option<Dependence> {
        self.dependence
    }

    /// Whether the rate of this score was measured.
    pub fn basis(&self, score: Score) -> Basis {
        if score.get() <= self.measured_to { Basis::Measured } else { Basis::Extrapolated }
    }

    /// The least score whose rate is at most `fmr`; `None` if `fmr` is below the table's floor, so
    /// that no score is known to be good enough. For every score, `score >= threshold(fmr)` is the
    /// same as `fmr(score) <= fmr`.
    pub fn threshold(&self, fmr: Fmr) -> Option<Score> {
        if fmr >= Fmr::ONE {
            return Some(Score::LOWEST);
        }
        let good = |score: f32| Score::new(score).is_some_and(|score| self.fmr(score) <= fmr);
        let after = self.points.partition_point(|point| !good(point.score));
        let b = self.points.get(after)?.score;
        let Some(a) = self.points.get(after.wrapping_sub(1)).map(|point| point.score) else {
            return Score::new(b);
        };
        // The rate falls with the score, so that bisection over the ordered bits of the scores
        // between the two points finds the least good one exactly.
        let (mut low, mut high) = (ordered(a), ordered(b));
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if good(unordered(middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Score::new(unordered(high))
    }
}

/// log10 of the rate at a score, linear between points.
pub(super) fn fmr_at(points: &[Point], score: f32) -> f64 {
    let after = points.partition_point(|point| point.score <= score);
    match (points.get(after.wrapping_sub(1)), points.get(after)) {
        (None, _) => 0.0,
        (Some(last), None) => last.log10_fmr,
        (Some(a), Some(b)) => {
            let share = (f64::from(score) - f64::from(a.score)) / (f64::from(b.score) - f64::from(a.score));
            a.log10_fmr + share * (b.log10_fmr - a.log10_fmr)
        }
    }
}

fn rate(log10: f64) -> Fmr {
    Fmr::new(10.0_f64.powf(log10.min(0.0))).unwrap_or(Fmr::ONE)
}

/// An integer that orders as the finite number does.
pub(super) fn ordered(x: f32) -> i64 {
    let bits = i64::from(x.to_bits() & 0x7fff_ffff);
    if x.is_sign_negative() { -bits } else { bits }
}

/// Undoes [`ordered`], but for the sign of zero.
pub(super) fn unordered(n: i64) -> f32 {
    let x = f32::from_bits(n.unsigned_abs() as u32);
    if n < 0 { -x } else { x }
}
