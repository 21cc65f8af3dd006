//! The steps after the relaxation once more, slow and plain, in double precision with real angles: what the fast
//! ones must equal.
//!
//! Written from what the steps mean: every minutia against every other, no bounds, no tables, no vectors. The
//! list of pairs and their relaxed values are taken as they are, since `similarity.rs` and `relaxation.rs` have
//! plain definitions of their own. Where rounding decides (a distance at a cut, two costs that are equal), the
//! plain steps say so, and the outcome is not compared.

mod growth;
mod shape;
mod support;
mod tests;

use super::parameters::{
    CROWD_DISTANCE, CROWD_WEIGHT, MOST_TRUST, RELAXED_FLOOR, RELAXED_WEIGHT, SCORE_OFFSET, SUPPORT_WEIGHT,
};
use super::relaxation::Relaxation;
use super::similarity::Pair;
use crate::template::Minutia;

/// A point in pixels, y upwards.
type Point = [f64; 2];

/// A minutia of a finger.
#[derive(Clone, Copy, Debug)]
struct Feature {
    at: Point,
    /// Radians.
    direction: f64,
    trust: f64,
}

/// A finger's minutiae.
fn finger(minutiae: &[Minutia]) -> Vec<Feature> {
    let at = |m: &Minutia| [f64::from(m.x.steps()) * 0.0985, -f64::from(m.y.steps()) * 0.0985];
    let reported: Vec<f64> =
        minutiae.iter().filter_map(|m| m.quality()).map(|quality| f64::from(quality.get())).collect();
    let mean = if reported.is_empty() { 1.0 } else { reported.iter().sum::<f64>() / reported.len() as f64 };
    let raw: Vec<f64> = (0..minutiae.len())
        .map(|i| {
            let crowd: f64 = (0..minutiae.len())
                .filter(|j| *j != i)
                .map(|j| distance(at(&minutiae[i]), at(&minutiae[j])) / f64::from(CROWD_DISTANCE))
                .map(|distance| (1.0 + distance * distance).powi(-2))
                .sum();
            minutiae[i].quality().map_or(mean, |quality| f64::from(quality.get()))
                / (1.0 + f64::from(CROWD_WEIGHT) * crowd)
        })
        .collect();
    let mean = raw.iter().sum::<f64>() / raw.len() as f64;
    let trust = |raw: f64| if mean > 0.0 { (raw / mean).min(f64::from(MOST_TRUST)) } else { 0.0 };
    let feature = |(m, raw): (&Minutia, f64)| Feature {
        at: at(m),
        direction: f64::from(m.angle.to_binary()) * std::f64::consts::TAU / 65536.0,
        trust: trust(raw),
    };
    minutiae.iter().zip(raw).map(feature).collect()
}

fn distance([ax, ay]: Point, [bx, by]: Point) -> f64 {
    (ax - bx).hypot(ay - by)
}

/// An angle to within half a turn.
fn wrapped(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    (angle + PI).rem_euclid(TAU) - PI
}

/// Remembers whether rounding decided anything.
#[derive(Debug, Default)]
struct Edge(bool);

impl Edge {
    /// Whether `value` is at most `cut`.
    fn at_most(&mut self, value: f64, cut: f64, slack: f64) -> bool {
        self.0 |= (value - cut).abs() < slack;
        value <= cut
    }
}

/// What the plain steps come to.
#[derive(Debug)]
struct Outcome {
    /// The matched pairs by ascending first, each with its part of the support.
    matched: Vec<(usize, usize, f64)>,
    share: f64,
    /// Rounding decided something, so the fast steps may differ.
    is_edge: bool,
}

/// Growth, support and share of the overlap, of a list and its relaxation.
fn compare(a: &[Minutia], b: &[Minutia], pairs: &[Pair], relaxation: &Relaxation) -> Outcome {
    let mut edge = Edge::default();
    let (fa, fb) = (finger(a), finger(b));
    let grown = growth::grow(&fa, &fb, pairs, relaxation, &mut edge);
    let parts = support::parts(&fa, &fb, &grown.matching, &mut edge);
    let share = support::share([a, b], [&fa, &fb], &grown, &parts, &mut edge);
    let matched = grown.matching.iter().zip(parts).map(|(&(i, j), part)| (i, j, part)).collect();
    Outcome { matched, share, is_edge: edge.0 }
}

/// The score by its two numbers.
fn score(relaxed: f64, share: f64) -> f64 {
    f64::from(RELAXED_WEIGHT) * (relaxed + f64::from(RELAXED_FLOOR)).ln()
        + f64::from(SUPPORT_WEIGHT) * share
        + f64::from(SCORE_OFFSET)
}
