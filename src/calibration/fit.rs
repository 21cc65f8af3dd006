//! Fitting a table on comparisons whose truth is known.
//!
//! The rates come from the non-mated scores alone. The empirical share of scores at or above a score falls with the
//! score by itself; what is needed is caution. For each set of comparisons the fit takes the upper 95 % bound of that
//! share as far as ten scores are left: the greater of Poisson's and that of a bootstrap over subjects. Beyond, it
//! takes the upper 95 % bound, over the same bootstrap, of a generalised Pareto tail, but never less than the share
//! that was seen. The table is the greatest of these over all sets: one threshold holds for every one of them.
//!
//! The likelihood ratios come from the sets that have mated scores too: see `likelihood`.

use super::curve::{Curve, LARGE};
use super::dependence::Dependence;
use super::likelihood;
use super::set::ComparisonSet;
use super::table::{FittedSet, Point, ordered, unordered};
use super::{Calibration, CalibrationError};

/// A fit in the making.
#[derive(Clone, Debug)]
pub struct Fit {
    matcher: String,
    fitted: String,
    sets: Vec<ComparisonSet>,
    dependence: Option<Dependence>,
}

/// Points for each factor of ten; a power of two, so that the levels are exact.
const PER_DECADE: u32 = 32;
/// Factors of ten that the table goes on past its measured part.
const DECADES_BEYOND: u32 = 4;

impl Fit {
    /// A fit for the scores of `matcher`; `fitted` says in words how and on what.
    pub fn new(matcher: impl Into<String>, fitted: impl Into<String>) -> Self {
        Self { matcher: matcher.into(), fitted: fitted.into(), sets: Vec::new(), dependence: None }
    }

    /// Adds a set.
    #[must_use]
    pub fn set(mut self, set: ComparisonSet) -> Self {
        self.sets.push(set);
        self
    }

    /// Keeps in the table how much the scores of one person's fingers depend on each other.
    #[must_use]
    pub fn dependence(mut self, dependence: Dependence) -> Self {
        self.dependence = Some(dependence);
        self
    }

    /// Makes the table. Cost: 200 passes over the comparisons, in parallel.
    ///
    /// # Errors
    /// No set of at least 10,000 non-mated comparisons, or one whose greatest scores are all equal.
    pub fn finish(self) -> Result<Calibration, CalibrationError> {
        let curves = self.sets.iter().map(Curve::new).collect::<Result<Vec<_>, _>>()?;
        if !curves.iter().any(Curve::has_tail) {
            let comparisons = self.sets.iter().map(|set| set.non_mated.len()).max().unwrap_or(0);
            return Err(CalibrationError::TooFew { comparisons, needed: LARGE });
        }
        let (points, measured_to) = rates(&curves);
        let ratios = likelihood::fit(&self.sets, &points);
        let sets = self.sets.iter().map(|set| FittedSet {
            name: set.name.clone(),
            comparisons: set.non_mated.len() as u64,
            mated: set.mated.len() as u64,
            subjects: set.subjects as u64,
        });
        let table = Calibration {
            matcher: self.matcher,
            fitted: self.fitted,
            sets: sets.collect(),
            measured_to,
            points,
            ratios,
            dependence: self.dependence,
        };
        table.checked()
    }
}

/// The points of the greatest bound of all curves, and where it ceases to be measured.
fn rates(curves: &[Curve<'_>]) -> (Vec<Point>, f32) {
    // All floats in order, as integers: the least score that is good enough for each level.
    let mut from = ordered(f32::MIN);
    let mut points: Vec<Point> = Vec::new();
    let mut measured_to = None;
    let mut last_level = u32::MAX;
    let (least, _) = governing(curves, f32::MAX);
    for level in 1_u32.. {
        let log10 = -f64::from(level) / f64::from(PER_DECADE);
        // A heavy tail may not come down to a level at all.
        if level > last_level || least > log10 {
            break;
        }
        let (mut low, mut high) = (from - 1, ordered(f32::MAX));
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if governing(curves, unordered(middle)).0 <= log10 { high = middle } else { low = middle }
        }
        from = high;
        let score = unordered(high);
        // The rate claimed at a level's score is that of the level before: between two levels
        // the claim is then nowhere below the bound that it stands for.
        let log10_fmr = 0.0 - f64::from(level - 1) / f64::from(PER_DECADE);
        push(&mut points, Point { score, log10_fmr });
        if measured_to.is_none() && !governing(curves, score).1 {
            measured_to =
                Some(points.len().checked_sub(2).and_then(|i| points.get(i)).map_or(score, |p| p.score));
            last_level = level + DECADES_BEYOND * PER_DECADE;
        }
    }
    (points, measured_to.unwrap_or(f32::MIN))
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
