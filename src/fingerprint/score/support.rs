//! How well a matching holds together, and how much of the overlap it explains.

use super::growth::{Growth, Matching};
use crate::fingerprint::features::geometry::{Geometry, LANES};
use crate::fingerprint::features::hull::Hull;
use crate::fingerprint::parameters::{
    OVERLAP_MARGIN, SUPPORT_ANGLE, SUPPORT_ANGLE_CUT, SUPPORT_CUT, SUPPORT_CUT_GROWTH, SUPPORT_DISTANCE,
    SUPPORT_DISTANCE_GROWTH, SUPPORT_HALF, SUPPORT_REACH,
};
use crate::maths::{self, small_arcsine};
use crate::units::Angle;

/// Working memory. Reused without allocation.
#[derive(Debug, Default)]
pub(in crate::fingerprint) struct Support {
    matched: Vec<Matched>,
    sums: Vec<f32>,
    /// The first finger's hull as it lies in the second.
    moved: Hull,
    is_matched: Vec<bool>,
}

/// A matched pair: where it stands in both fingers, the turn from a to b, and how far it can be trusted.
#[derive(Clone, Copy, Debug)]
struct Matched {
    a: [f32; 2],
    b: [f32; 2],
    cos: f32,
    sin: f32,
    trust: f32,
}

impl Support {
    /// The grown matching's support as a share of the overlap, about `0.0..=1.0`: each matched pair
    /// counts `s / (s + 1)`, with `s` the support that it has from the others; the overlap is the
    /// geometric mean of the numbers of minutiae that each finger has where the other one is known.
    /// Minutiae and pairs count as far as they can be trusted.
    #[inline(always)]
    pub(in crate::fingerprint) fn share(&mut self, growth: &Growth, a: &Geometry, b: &Geometry) -> f32 {
        let matching = growth.best();
        let support = self.total(matching, a, b);
        if support == 0.0 {
            return 0.0;
        }
        let predicted = growth.predicted();
        self.mark(a.len(), matching.pairs().map(|(i, _)| i));
        let places = predicted.iter().map(|predicted| (&predicted.x, &predicted.y));
        let overlap_a = b.hull.weigh(places, &a.trust.weight, OVERLAP_MARGIN, &self.is_matched);
        self.moved.carry(&a.hull, |i| [predicted[i / LANES].x[i % LANES], predicted[i / LANES].y[i % LANES]]);
        self.mark(b.len(), matching.pairs().map(|(_, j)| j));
        let places = b.x.as_chunks().0.iter().zip(b.y.as_chunks().0);
        let overlap_b = self.moved.weigh(places, &b.trust.weight, OVERLAP_MARGIN, &self.is_matched);
        support / (overlap_a * overlap_b + 1.0).sqrt()
    }

    /// Marks the matched minutiae of a finger.
    fn mark(&mut self, len: usize, matched: impl Iterator<Item = usize>) {
        self.is_matched.clear();
        self.is_matched.resize(len, false);
        matched.for_each(|i| self.is_matched[i] = true);
    }

    /// `s / (s + 1)` of each matched pair, in the order of the pairs, of the last run.
    pub(in crate::fingerprint) fn parts(&self) -> impl Iterator<Item = f32> {
        self.sums.iter().map(|sum| sum / (sum + 1.0))
    }

    /// Sum of `s / (s + 1)` over the matched pairs, each times its trust.
    #[inline(always)]
    fn total(&mut self, matching: &Matching, a: &Geometry, b: &Geometry) -> f32 {
        self.matched.clear();
        self.matched.extend(matching.pairs().map(|(i, j)| Matched::new(a, i, b, j)));
        self.sums.clear();
        self.sums.resize(self.matched.len(), 0.0);
        let least_cosine = maths::sin_cos(Angle::from_radians(f64::from(SUPPORT_ANGLE_CUT))).1;
        for (k, first) in self.matched.iter().enumerate() {
            for (l, second) in self.matched.iter().enumerate().skip(k + 1) {
                let mutual = first.mutual(second, least_cosine);
                self.sums[k] += mutual;
                self.sums[l] += mutual;
            }
        }
        self.parts().zip(&self.matched).map(|(part, pair)| part * pair.trust).sum()
    }
}

impl Matched {
    fn new(a: &Geometry, i: usize, b: &Geometry, j: usize) -> Self {
        let root = a.trust.root[i] * b.trust.root[j];
        Self {
            a: [a.x[i], a.y[i]],
            b: [b.x[j], b.y[j]],
            cos: a.cos[i] * b.cos[j] + a.sin[i] * b.sin[j],
            sin: a.cos[i] * b.sin[j] - a.sin[i] * b.cos[j],
            trust: root * root,
        }
    }

    /// What two pairs give each other: near one if the line between them has the same length in both
    /// fingers and turns as the two minutiae turn, falling with its length.
    #[inline(always)]
    fn mutual(&self, other: &Self, least_cosine: f32) -> f32 {
        let (ax, ay) = (other.a[0] - self.a[0], other.a[1] - self.a[1]);
        let (bx, by) = (other.b[0] - self.b[0], other.b[1] - self.b[1]);
        let square_a = ax * ax + ay * ay;
        if square_a > SUPPORT_REACH * SUPPORT_REACH {
            return 0.0;
        }
        let da = square_a.sqrt();
        let db = (bx * bx + by * by).sqrt();
        let off = (da - db).abs();
        if off > SUPPORT_CUT + SUPPORT_CUT_GROWTH * da || da * db == 0.0 {
            return 0.0;
        }
        let per_length = 1.0 / (da * db);
        let cos = (ax * bx + ay * by) * per_length;
        let sin = (ax * by - ay * bx) * per_length;
        if self.cos * cos + self.sin * sin < least_cosine || other.cos * cos + other.sin * sin < least_cosine
        {
            return 0.0;
        }
        let t1 = small_arcsine(self.sin * cos - self.cos * sin);
        let t2 = small_arcsine(other.sin * cos - other.cos * sin);
        let e = off / (SUPPORT_DISTANCE + SUPPORT_DISTANCE_GROWTH * da);
        let misfit = e * e + (t1 * t1 + t2 * t2) / (SUPPORT_ANGLE * SUPPORT_ANGLE);
        maths::exp(-misfit / 4.0) / (1.0 + square_a / (SUPPORT_HALF * SUPPORT_HALF))
    }
}
