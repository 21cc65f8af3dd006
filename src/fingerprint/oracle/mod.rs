//! The plain reference: the steps after the relaxation by their definitions, in double precision with real
//! angles. The fast steps must agree with it.
//!
//! Every minutia is compared with every other, without bounds, tables or vectors. The list of pairs and their
//! relaxed values are inputs, since the tests of `similarity` and `relaxation` hold plain definitions of those
//! two steps. Where rounding decides (a distance at a cut, two costs that are equal), the outcome says so and
//! is not compared.

mod edge;
mod finger;
mod growth;
mod hull;
mod support;
mod tests;

use self::edge::Edge;
use self::finger::finger;
use crate::fingerprint::parameters::{RELAXED_FLOOR, RELAXED_WEIGHT, SCORE_OFFSET, SUPPORT_WEIGHT};
use crate::fingerprint::score::relaxation::Relaxation;
use crate::fingerprint::score::similarity::Pair;
use crate::template::Minutia;

/// The outcome of the plain steps.
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

/// The score of two terms.
fn score(relaxed: f64, share: f64) -> f64 {
    f64::from(RELAXED_WEIGHT) * (relaxed + f64::from(RELAXED_FLOOR)).ln()
        + f64::from(SUPPORT_WEIGHT) * share
        + f64::from(SCORE_OFFSET)
}
