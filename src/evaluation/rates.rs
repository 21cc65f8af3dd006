//! False match and false non-match rates by threshold, and what is read off them.
//!
//! A comparison matches if its score is at least the threshold. FMR is the share of impostor
//! comparisons that match and FNMR the share of genuine ones that do not (ISO/IEC 19795-1). Every
//! distinct score is a threshold, and so is "above all scores".
//!
//! Rates are computed as the independent scorer in use here computes them, `1 - below / all`, so
//! that the two agree to the last bit where rates are compared with each other.

use crate::units::Fmr;

use super::Comparisons;

/// Errors at one threshold, in comparisons.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The threshold: a score that occurs, or infinity for "above all".
    pub threshold: f64,
    /// Impostor comparisons that match.
    pub false_matches: u64,
    /// Genuine comparisons that do not match.
    pub false_non_matches: u64,
}

/// The totals that make rates of counts. With bootstrap weights they are sums of weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Totals {
    pub(super) genuine: u64,
    pub(super) impostor: u64,
}

impl Totals {
    pub(super) fn fmr(self, point: Point) -> f64 {
        1.0 - (self.impostor - point.false_matches) as f64 / self.impostor as f64
    }

    pub(super) fn fnmr(self, point: Point) -> f64 {
        point.false_non_matches as f64 / self.genuine as f64
    }
}

/// The thresholds from the strictest to the laxest, of two lists of scores that descend, each score
/// with its weight.
pub(super) struct Points<G: Iterator, I: Iterator> {
    genuine: std::iter::Peekable<G>,
    impostor: std::iter::Peekable<I>,
    next: Option<Point>,
}

impl<G, I> Points<G, I>
where
    G: Iterator<Item = (f64, u64)>,
    I: Iterator<Item = (f64, u64)>,
{
    pub(super) fn new(genuine: G, impostor: I, totals: Totals) -> Self {
        let strictest =
            Point { threshold: f64::INFINITY, false_matches: 0, false_non_matches: totals.genuine };
        Self { genuine: genuine.peekable(), impostor: impostor.peekable(), next: Some(strictest) }
    }

    /// The point at the greatest score that is left.
    fn step(&mut self, last: Point) -> Option<Point> {
        let genuine = self.genuine.peek().map_or(f64::NEG_INFINITY, |next| next.0);
        let impostor = self.impostor.peek().map_or(f64::NEG_INFINITY, |next| next.0);
        if self.genuine.peek().is_none() && self.impostor.peek().is_none() {
            return None;
        }
        let threshold = genuine.max(impostor);
        let mut point = Point { threshold, ..last };
        while let Some((_, weight)) = self.genuine.next_if(|next| next.0 >= threshold) {
            point.false_non_matches -= weight;
        }
        while let Some((_, weight)) = self.impostor.next_if(|next| next.0 >= threshold) {
            point.false_matches += weight;
        }
        Some(point)
    }
}

impl<G, I> Iterator for Points<G, I>
where
    G: Iterator<Item = (f64, u64)>,
    I: Iterator<Item = (f64, u64)>,
{
    type Item = Point;

    fn next(&mut self) -> Option<Point> {
        let point = self.next?;
        self.next = self.step(point);
        Some(point)
    }
}

/// What is read off the points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    /// The equal error rate: half of FMR + FNMR where they meet. They seldom meet exactly. Of the
    /// greatest threshold with FNMR <= FMR and the smallest with FNMR >= FMR, the one with the
    /// smaller sum is taken (the first if the sums are equal).
    pub(super) eer: f64,
    /// The point that has it.
    pub(super) eer_point: Point,
    /// For each FMR asked for, the lowest FNMR at which the FMR is not exceeded: the laxest such
    /// threshold.
    pub(super) at: Vec<Point>,
}

/// How far above an asked-for FMR a rate may be and still count as equal: rounding.
const SLACK: f64 = 1e-12;

/// Reads off what is asked; `limits` are rates from 0 to 1. Stops as soon as it knows.
pub(super) fn read_off(points: impl Iterator<Item = Point>, totals: Totals, limits: &[f64]) -> Reading {
    let strictest = Point { threshold: f64::INFINITY, false_matches: 0, false_non_matches: totals.genuine };
    let mut at = vec![strictest; limits.len()];
    let laxest_limit = limits.iter().copied().fold(0.0, f64::max);
    let (mut below, mut above) = (None, strictest);
    for point in points {
        let (fmr, fnmr) = (totals.fmr(point), totals.fnmr(point));
        if fnmr >= fmr {
            above = point;
        }
        if fnmr <= fmr && below.is_none() {
            below = Some(point);
        }
        for (found, &limit) in at.iter_mut().zip(limits) {
            if fmr <= limit + SLACK {
                *found = point;
            }
        }
        if fnmr < fmr && fmr > laxest_limit + SLACK {
            break;
        }
    }
    let sum = |point| totals.fmr(point) + totals.fnmr(point);
    let eer_point = match below {
        Some(below) if sum(below) <= sum(above) => below,
        _ => above,
    };
    Reading { eer: sum(eer_point) / 2.0, eer_point, at }
}

impl Comparisons {
    pub(super) fn totals(&self) -> Totals {
        Totals { genuine: self.genuine.scores.len() as u64, impostor: self.impostor.scores.len() as u64 }
    }

    /// All thresholds from the strictest to the laxest, with their errors.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        let each = |score: &f64| (*score, 1);
        Points::new(
            self.genuine.scores.iter().map(each),
            self.impostor.scores.iter().map(each),
            self.totals(),
        )
    }

    /// The corners of the detection error tradeoff: for each number of false non-matches that a
    /// threshold gives, the strictest such threshold, which has the fewest false matches. At most one
    /// more than there are genuine comparisons.
    pub fn det(&self) -> impl Iterator<Item = Point> {
        let mut last = None;
        self.points().filter(move |point| {
            let is_corner = last != Some(point.false_non_matches);
            last = Some(point.false_non_matches);
            is_corner
        })
    }

    /// FMR at a point of this database.
    pub fn fmr(&self, point: Point) -> f64 {
        self.totals().fmr(point)
    }

    /// FNMR at a point of this database.
    pub fn fnmr(&self, point: Point) -> f64 {
        self.totals().fnmr(point)
    }
}

/// The rates that a report reads off, in this order: those asked for, then zero.
pub(super) fn limits(asked: &[Fmr]) -> Vec<f64> {
    asked.iter().map(|fmr| fmr.rate()).chain([0.0]).collect()
}
