//! Likelihood ratios as a function of the score, linear in their logarithm between points.

use serde::{Deserialize, Serialize};

use super::Basis;
use crate::units::{LogRatio, Score};

/// What a score says for a mate, against a non-mate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LikelihoodRatio {
    /// The estimate.
    pub log10: LogRatio,
    /// Its one-sided 95 % lower bound, by resampling subjects.
    pub lower: LogRatio,
    /// Whether mated and non-mated comparisons were seen at such scores.
    pub basis: Basis,
}

/// One point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RatioPoint {
    pub(super) score: f32,
    pub(super) log10: f64,
    pub(super) lower: f64,
}

/// The ratios of a table. Below the first point the ratio is that of the first, past the last that of the last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ratios {
    pub(super) measured_to: f32,
    pub(super) points: Vec<RatioPoint>,
}

impl Ratios {
    /// What is wrong with the points, and where: finite, scores rising, ratios not falling, bounds not above them.
    pub(super) fn fault(&self) -> Option<(usize, &'static str)> {
        if self.points.is_empty() || !self.measured_to.is_finite() {
            return Some((0, "the ratios have no points or no finite end of the measured part"));
        }
        let mut before: Option<&RatioPoint> = None;
        for (index, point) in self.points.iter().enumerate() {
            let RatioPoint { score, log10, lower } = *point;
            let is_sound = |log10: f64| (-300.0..=300.0).contains(&log10);
            if !score.is_finite() || !is_sound(log10) || !is_sound(lower) {
                return Some((index, "a number of a ratio is not finite or beyond 300"));
            }
            if lower > log10 {
                return Some((index, "the lower bound of a ratio is above it"));
            }
            if before.is_some_and(|before| before.score >= score) {
                return Some((index, "the score of a ratio does not rise"));
            }
            if before.is_some_and(|before| before.log10 > log10 || before.lower > lower) {
                return Some((index, "a ratio falls with the score"));
            }
            before = Some(point);
        }
        None
    }

    pub(super) fn at(&self, score: Score) -> LikelihoodRatio {
        let score = score.get();
        let after = self.points.partition_point(|point| point.score <= score);
        let before = after.checked_sub(1).and_then(|before| self.points.get(before));
        let (log10, lower) = match (before, self.points.get(after)) {
            (Some(a), Some(b)) => {
                let share =
                    (f64::from(score) - f64::from(a.score)) / (f64::from(b.score) - f64::from(a.score));
                (a.log10 + share * (b.log10 - a.log10), a.lower + share * (b.lower - a.lower))
            }
            (Some(one), None) | (None, Some(one)) => (one.log10, one.lower),
            (None, None) => (0.0, 0.0),
        };
        let ratio = |log10| LogRatio::from_log10(log10).unwrap_or_default();
        let basis = if score <= self.measured_to { Basis::Measured } else { Basis::Extrapolated };
        LikelihoodRatio { log10: ratio(log10), lower: ratio(lower), basis }
    }
}
