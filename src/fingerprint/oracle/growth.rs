//! Elastic growth, by definition.

use super::edge::Edge;
use super::finger::{Feature, Point, distance, wrapped};
use crate::fingerprint::parameters::{
    COST_ANGLE, COST_DISTANCE, DIRECTION_LEVER, ELASTIC_FLOOR, ELASTIC_SIGMA, GROWN, GROWTH_ANGLE,
    GROWTH_REACH, GROWTH_REACH_GROWTH, GROWTH_REACH_LIMIT, GROWTH_ROUNDS, HYPOTHESES, SEED_SUPPORT,
    WORTHLESS_COST,
};
use crate::fingerprint::score::relaxation::Relaxation;
use crate::fingerprint::score::similarity::Pair;

/// Pairs of minutiae, by ascending first.
type Matching = Vec<(usize, usize)>;

/// Where a minutia of the first finger should lie in the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prediction {
    pub(super) at: Point,
    direction: f64,
    /// A partner is sought within this distance.
    reach: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Grown {
    pub(super) matching: Matching,
    /// By which the matching was found.
    pub(super) predictions: Vec<Prediction>,
    worth: f64,
}

/// Two that are worth the same may come in either order, if it matters which.
fn decide(one: &Grown, other: &Grown, edge: &mut Edge) {
    let apart = one.predictions.iter().zip(&other.predictions).any(|(p, q)| distance(p.at, q.at) > 1e-4);
    edge.0 |= (one.worth - other.worth).abs() < 2e-3 && (one.matching != other.matching || apart);
}

/// Tries the strongest hypotheses for a round, and the best of these to the end.
pub(super) fn grow(
    a: &[Feature],
    b: &[Feature],
    pairs: &[Pair],
    relaxation: &Relaxation,
    edge: &mut Edge,
) -> Grown {
    let mut used = vec![false; pairs.len()];
    let mut firsts: Vec<Grown> = Vec::new();
    for _ in 0..HYPOTHESES {
        let Some(seed) = relaxation.strongest(&used) else { break };
        let mut start = Matching::new();
        for (i, pair) in pairs.iter().enumerate() {
            if i == seed || relaxation.supports(i, seed) > SEED_SUPPORT {
                used[i] = true;
                start.push((usize::from(pair.a), usize::from(pair.b)));
            }
        }
        start.sort_unstable();
        firsts.push(round(a, b, &start, edge));
    }
    for (i, one) in firsts.iter().enumerate() {
        firsts[i + 1..].iter().for_each(|other| decide(one, other, edge));
    }
    firsts.retain(|first| first.worth > 0.0);
    // A stable sort: of equals the stronger hypothesis.
    firsts.sort_by(|one, other| other.worth.total_cmp(&one.worth));
    firsts.truncate(GROWN);
    let mut best = Grown::default();
    for (place, first) in firsts.into_iter().enumerate() {
        let mut last = first;
        for _ in 1..GROWTH_ROUNDS {
            let next = round(a, b, &last.matching, edge);
            let is_done = next.matching == last.matching;
            last = next;
            if is_done {
                break;
            }
        }
        if place > 0 {
            decide(&best, &last, edge);
        }
        if last.worth > best.worth {
            best = last;
        }
    }
    best
}

/// Predicts by a matching, and matches anew.
fn round(a: &[Feature], b: &[Feature], matching: &Matching, edge: &mut Edge) -> Grown {
    let predictions: Vec<Prediction> = a.iter().map(|minutia| predict(minutia, a, b, matching)).collect();
    let mut candidates = Vec::new();
    for (i, prediction) in predictions.iter().enumerate() {
        for (j, minutia) in b.iter().enumerate() {
            let far = distance(prediction.at, minutia.at);
            let turn = wrapped(minutia.direction - prediction.direction);
            // Pairs that are clearly too far apart are skipped.
            if far <= prediction.reach + 0.01
                && edge.at_most(turn.abs(), f64::from(GROWTH_ANGLE), 1e-3)
                && edge.at_most(far, prediction.reach, 2e-3)
            {
                let (far, turn) = (far / f64::from(COST_DISTANCE), turn / f64::from(COST_ANGLE));
                candidates.push((far * far + turn * turn, i, j));
            }
        }
    }
    candidates.sort_by(|p, q| p.0.total_cmp(&q.0).then((p.1, p.2).cmp(&(q.1, q.2))));
    let mut next = Matching::new();
    let mut worth = 0.0;
    for &(cost, i, j) in &candidates {
        let rivals = next.iter().filter(|taken| (taken.0 == i) != (taken.1 == j));
        let close = |&(k, l): &(usize, usize)| {
            candidates.iter().any(|&(other, m, n)| (m, n) == (k, l) && cost - other < 0.02)
        };
        edge.0 |= rivals.clone().any(close);
        if rivals.count() == 0 {
            next.push((i, j));
            worth += (1.0 - cost / f64::from(WORTHLESS_COST)).max(0.0) * (a[i].trust * b[j].trust).sqrt();
        }
    }
    next.sort_unstable();
    Grown { matching: next, predictions, worth }
}

/// The rigid motion of least squares, with weights that fall with a pair's distance from the minutia, applied to
/// it. The turn of a pair's directions counts like two points at the ends of a lever.
fn predict(minutia: &Feature, a: &[Feature], b: &[Feature], matching: &Matching) -> Prediction {
    let weight = |i: usize| {
        let far = distance(minutia.at, a[i].at) / (2.0 * f64::from(ELASTIC_SIGMA));
        (1.0 + far * far).powi(-2) + f64::from(ELASTIC_FLOOR)
    };
    let total: f64 = matching.iter().map(|&(i, _)| weight(i)).sum();
    let mean = |of: &dyn Fn(usize, usize) -> f64| -> f64 {
        matching.iter().map(|&(i, j)| weight(i) * of(i, j)).sum::<f64>() / total
    };
    let from = [0, 1].map(|axis| mean(&|i, _| a[i].at[axis]));
    let to = [0, 1].map(|axis| mean(&|_, j| b[j].at[axis]));
    let lever = f64::from(DIRECTION_LEVER).powi(2);
    let along = mean(&|i, j| {
        let ([ax, ay], [bx, by]) = (a[i].at, b[j].at);
        (ax - from[0]) * (bx - to[0])
            + (ay - from[1]) * (by - to[1])
            + lever * (b[j].direction - a[i].direction).cos()
    });
    let across = mean(&|i, j| {
        let ([ax, ay], [bx, by]) = (a[i].at, b[j].at);
        (ax - from[0]) * (by - to[1]) - (ay - from[1]) * (bx - to[0])
            + lever * (b[j].direction - a[i].direction).sin()
    });
    let turn = across.atan2(along);
    let (dx, dy) = (minutia.at[0] - from[0], minutia.at[1] - from[1]);
    let nearest = matching.iter().map(|&(i, _)| distance(minutia.at, a[i].at)).fold(f64::MAX, f64::min);
    Prediction {
        at: [to[0] + dx * turn.cos() - dy * turn.sin(), to[1] + dx * turn.sin() + dy * turn.cos()],
        direction: minutia.direction + turn,
        reach: f64::from(GROWTH_REACH)
            + f64::from(GROWTH_REACH_GROWTH) * nearest.min(f64::from(GROWTH_REACH_LIMIT)),
    }
}
