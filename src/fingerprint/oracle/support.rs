//! Support and overlap, by definition.

use super::edge::Edge;
use super::finger::{Feature, Point, distance, wrapped};
use super::growth::Grown;
use super::hull::{corners, is_within};
use crate::fingerprint::parameters::{
    OVERLAP_MARGIN, SUPPORT_ANGLE, SUPPORT_ANGLE_CUT, SUPPORT_CUT, SUPPORT_CUT_GROWTH, SUPPORT_DISTANCE,
    SUPPORT_DISTANCE_GROWTH, SUPPORT_HALF, SUPPORT_REACH,
};
use crate::template::Minutia;

/// `s / (s + 1)` of each matched pair, `s` the sum of what all others give it.
pub(super) fn parts(a: &[Feature], b: &[Feature], matching: &[(usize, usize)], edge: &mut Edge) -> Vec<f64> {
    let sum = |k: usize, edge: &mut Edge| -> f64 {
        (0..matching.len()).filter(|l| *l != k).map(|l| mutual(a, b, matching[k], matching[l], edge)).sum()
    };
    (0..matching.len()).map(|k| sum(k, edge)).map(|sum| sum / (sum + 1.0)).collect()
}

/// What two matched pairs give each other.
fn mutual(a: &[Feature], b: &[Feature], p: (usize, usize), q: (usize, usize), edge: &mut Edge) -> f64 {
    let line = |from: Point, to: Point| (distance(from, to), (to[1] - from[1]).atan2(to[0] - from[0]));
    let (long, direction) = line(a[p.0].at, a[q.0].at);
    let (other, turned) = line(b[p.1].at, b[q.1].at);
    if long == 0.0 || other == 0.0 {
        return 0.0;
    }
    let off = (long - other).abs();
    let turn = turned - direction;
    let [first, second] = [p, q].map(|(i, j)| wrapped(b[j].direction - a[i].direction - turn));
    let cut = f64::from(SUPPORT_CUT) + f64::from(SUPPORT_CUT_GROWTH) * long;
    let angle_cut = f64::from(SUPPORT_ANGLE_CUT);
    let is_in = edge.at_most(long, f64::from(SUPPORT_REACH), 1e-2)
        & edge.at_most(off, cut, 1e-2)
        & edge.at_most(first.abs(), angle_cut, 1e-3)
        & edge.at_most(second.abs(), angle_cut, 1e-3);
    if !is_in {
        return 0.0;
    }
    let stretch = off / (f64::from(SUPPORT_DISTANCE) + f64::from(SUPPORT_DISTANCE_GROWTH) * long);
    let turns = (first * first + second * second) / f64::from(SUPPORT_ANGLE).powi(2);
    let half = long / f64::from(SUPPORT_HALF);
    (-(stretch * stretch + turns) / 4.0).exp() / (1.0 + half * half)
}

/// The support as a share of the overlap: the geometric mean of what each finger has where the other is known.
pub(super) fn share(
    minutiae: [&[Minutia]; 2],
    [a, b]: [&[Feature]; 2],
    grown: &Grown,
    parts: &[f64],
    edge: &mut Edge,
) -> f64 {
    let trusted = |(&(i, j), part): (&(usize, usize), &f64)| part * (a[i].trust * b[j].trust).sqrt();
    let support: f64 = grown.matching.iter().zip(parts).map(trusted).sum();
    if support == 0.0 {
        return 0.0;
    }
    let margin = f64::from(OVERLAP_MARGIN);
    let [hull_a, hull_b] = minutiae.map(|minutiae| corners(minutiae, edge));
    let hull_b: Vec<Point> = hull_b.into_iter().map(|corner| b[corner].at).collect();
    let moved: Vec<Point> = hull_a.into_iter().map(|corner| grown.predictions[corner].at).collect();
    let mut in_a = 0.0;
    for (i, minutia) in a.iter().enumerate() {
        let is_matched = grown.matching.iter().any(|pair| pair.0 == i);
        if is_matched || is_within(&hull_b, grown.predictions[i].at, margin, edge) {
            in_a += minutia.trust;
        }
    }
    let mut in_b = 0.0;
    for (j, minutia) in b.iter().enumerate() {
        let is_matched = grown.matching.iter().any(|pair| pair.1 == j);
        if is_matched || is_within(&moved, minutia.at, margin, edge) {
            in_b += minutia.trust;
        }
    }
    support / (in_a * in_b + 1.0).sqrt()
}
