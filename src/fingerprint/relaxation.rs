//! The global step on the list: pairs that fit each other's geometry strengthen each other.
//!
//! Cappelli, Ferrara, Maltoni, TPAMI 2010, section 4.2 (LGS with relaxation), with a tolerance for
//! distances that grows with them, since fingers stretch, and a floor under the divisor.

use std::sync::LazyLock;

use super::geometry::Geometry;
use super::maths::{logistic, round, small_arcsine};
use super::parameters::{
    ANGLE_CUT, ANGLE_MIDPOINT, ANGLE_STEEPNESS, BEST_PAIRS_LEAST, BEST_PAIRS_MIDPOINT, BEST_PAIRS_RANGE,
    BEST_PAIRS_STEEPNESS, DISTANCE_CUT, DISTANCE_CUT_GROWTH, DISTANCE_MIDPOINT, DISTANCE_MIDPOINT_GROWTH,
    DISTANCE_STEEPNESS, LEAST_DIVISOR, RELAXATION_KEEP, RELAXATION_ROUNDS,
};
use super::similarity::Pair;

/// Steps of [`FALL`] over `1 - cos`, up to the cut.
const FALL_STEPS: usize = 1024;

/// `1 - cos(ANGLE_CUT)`.
static FALL_END: LazyLock<f32> = LazyLock::new(|| {
    let half = super::maths::sin_cos(crate::units::Angle::from_radians(f64::from(ANGLE_CUT) / 2.0)).0;
    2.0 * half * half
});

/// The logistic fall of support over an angle, by `1 - cos` of the angle.
static FALL: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..FALL_STEPS)
        .map(|step| {
            let versine = (step as f32 + 0.5) / FALL_STEPS as f32 * *FALL_END;
            let angle = 2.0 * small_arcsine((versine / 2.0).sqrt());
            logistic(angle, ANGLE_MIDPOINT, ANGLE_STEEPNESS)
        })
        .collect()
});

/// Pairs are looked at in vectors of this many.
const LANES: usize = 8;

/// The state of a relaxation. Reused without allocation.
#[derive(Debug, Default)]
pub(super) struct Relaxation {
    /// `support[k * pairs + i]`: how much pair `k` supports pair `i`.
    support: Vec<f32>,
    values: Vec<f32>,
    sums: Vec<f32>,
    order: Vec<u16>,
    placed: Placed,
}

/// The pairs by column: where each stands in both fingers, and the turn from a to b.
#[derive(Debug, Default)]
struct Placed {
    ax: Vec<f32>,
    ay: Vec<f32>,
    bx: Vec<f32>,
    by: Vec<f32>,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Placed {
    /// Padding stands in one place and turns by a quarter: the lanes are looked at, not used.
    fn fill(&mut self, pairs: &[Pair], a: &Geometry, b: &Geometry) {
        let padded = pairs.len().next_multiple_of(LANES);
        for column in [&mut self.ax, &mut self.ay, &mut self.bx, &mut self.by, &mut self.cos, &mut self.sin] {
            column.clear();
            column.resize(padded, 0.0);
        }
        for (place, pair) in pairs.iter().enumerate() {
            let (i, j) = (usize::from(pair.a), usize::from(pair.b));
            self.ax[place] = a.x[i];
            self.ay[place] = a.y[i];
            self.bx[place] = b.x[j];
            self.by[place] = b.y[j];
            self.cos[place] = a.cos[i] * b.cos[j] + a.sin[i] * b.sin[j];
            self.sin[place] = a.cos[i] * b.sin[j] - a.sin[i] * b.cos[j];
        }
    }

    /// For each of the [`LANES`] pairs from `first`: not zero if neither its turn nor its distances
    /// forbid that it and pair `i` support each other.
    fn near(&self, i: usize, first: usize, fall_end: f32) -> [u32; LANES] {
        let lanes = |column: &[f32]| column.as_chunks::<LANES>().0[first / LANES];
        let (cos, sin) = (lanes(&self.cos), lanes(&self.sin));
        let (ax, ay, bx, by) = (lanes(&self.ax), lanes(&self.ay), lanes(&self.bx), lanes(&self.by));
        let mut near = [0; LANES];
        for lane in 0..LANES {
            let between = 1.0 - (self.cos[i] * cos[lane] + self.sin[i] * sin[lane]);
            let (ax, ay) = (ax[lane] - self.ax[i], ay[lane] - self.ay[i]);
            let (bx, by) = (bx[lane] - self.bx[i], by[lane] - self.by[i]);
            let da = (ax * ax + ay * ay).sqrt();
            let db = (bx * bx + by * by).sqrt();
            let longer = if da > db { da } else { db };
            let cut = DISTANCE_CUT + DISTANCE_CUT_GROWTH * longer;
            near[lane] = u32::from(between < fall_end) & u32::from((da - db).abs() <= cut);
        }
        near
    }

    /// The mutual support of two pairs that are [`Placed::near`]: what `k` gives to `i`, and what `i` gives to `k`.
    fn support(&self, i: usize, k: usize, fall: &[f32], fall_end: f32) -> (f32, f32) {
        const NONE: (f32, f32) = (0.0, 0.0);
        let between = 1.0 - (self.cos[i] * self.cos[k] + self.sin[i] * self.sin[k]);
        let (ax, ay) = (self.ax[k] - self.ax[i], self.ay[k] - self.ay[i]);
        let (bx, by) = (self.bx[k] - self.bx[i], self.by[k] - self.by[i]);
        let da = (ax * ax + ay * ay).sqrt();
        let db = (bx * bx + by * by).sqrt();
        if da * db == 0.0 {
            return NONE;
        }
        // The turn of the line between the two, and its difference from the turns of the two.
        let per_length = 1.0 / (da * db);
        let cos = (ax * bx + ay * by) * per_length;
        let sin = (ax * by - ay * bx) * per_length;
        let at_i = 1.0 - (self.cos[i] * cos + self.sin[i] * sin);
        let at_k = 1.0 - (self.cos[k] * cos + self.sin[k] * sin);
        if at_i >= fall_end && at_k >= fall_end {
            return NONE;
        }
        let scale = FALL_STEPS as f32 / fall_end;
        // `as` saturates: rounding below zero is the first step.
        let fall = |versine: f32| fall.get((versine * scale) as usize).copied().unwrap_or(0.0);
        let midpoint = DISTANCE_MIDPOINT + DISTANCE_MIDPOINT_GROWTH * (da + db);
        let common = logistic((da - db).abs(), midpoint, DISTANCE_STEEPNESS) * fall(between);
        (common * fall(at_i), common * fall(at_k))
    }
}

impl Relaxation {
    /// Relaxes the list and returns the relaxed score: the mean value of the pairs that kept most of
    /// their similarity, `0.0..=1.0`. `cylinders` is the smaller number of cylinders.
    pub(super) fn run(&mut self, pairs: &[Pair], a: &Geometry, b: &Geometry, cylinders: usize) -> f32 {
        let n = pairs.len();
        self.placed.fill(pairs, a, b);
        self.support.clear();
        self.support.resize(n * n, 0.0);
        let (fall, fall_end) = (FALL.as_slice(), *FALL_END);
        for i in 0..n {
            for first in (i / LANES * LANES..n).step_by(LANES) {
                let near = self.placed.near(i, first, fall_end);
                for lane in (0..LANES).filter(|lane| near[*lane] != 0) {
                    let k = first + lane;
                    if (i + 1..n).contains(&k) {
                        let (to_i, to_k) = self.placed.support(i, k, fall, fall_end);
                        self.support[k * n + i] = to_i;
                        self.support[i * n + k] = to_k;
                    }
                }
            }
        }
        self.values.clear();
        self.values.extend(pairs.iter().map(|pair| pair.similarity));
        self.sums.resize(n.max(self.sums.len()), 0.0);
        let share = (1.0 - RELAXATION_KEEP) / (n.saturating_sub(1) as f32).max(LEAST_DIVISOR);
        for _ in 0..RELAXATION_ROUNDS {
            let sums = &mut self.sums[..n];
            sums.fill(0.0);
            for (row, value) in self.support.chunks_exact(n.max(1)).zip(&self.values) {
                for (sum, support) in sums.iter_mut().zip(row) {
                    *sum += support * value;
                }
            }
            for (value, sum) in self.values.iter_mut().zip(&*sums) {
                *value = RELAXATION_KEEP * *value + share * sum;
            }
        }
        self.score(pairs, cylinders)
    }

    fn score(&mut self, pairs: &[Pair], cylinders: usize) -> f32 {
        let best = BEST_PAIRS_LEAST
            + round(BEST_PAIRS_RANGE * logistic(cylinders as f32, BEST_PAIRS_MIDPOINT, BEST_PAIRS_STEEPNESS));
        let kept = |i: u16| self.values[usize::from(i)] / pairs[usize::from(i)].similarity;
        self.order.clear();
        self.order.extend(0..pairs.len() as u16);
        self.order.sort_unstable_by(|&i, &k| kept(k).total_cmp(&kept(i)).then(i.cmp(&k)));
        let sum: f32 = self.order.iter().take(best as usize).map(|&i| self.values[usize::from(i)]).sum();
        sum / best
    }

    /// Orders the pairs for [`Relaxation::ranked`].
    pub(super) fn rank(&mut self) {
        let value = |i: u16| self.values[usize::from(i)];
        self.order.sort_unstable_by(|&i, &k| value(k).total_cmp(&value(i)).then(i.cmp(&k)));
    }

    /// The pairs by their relaxed value, greatest first.
    pub(super) fn ranked(&self) -> &[u16] {
        &self.order
    }

    /// How much pair `from` supports pair `to`.
    pub(super) fn supports(&self, from: usize, to: usize) -> f32 {
        self.support[from * self.values.len() + to]
    }
}
