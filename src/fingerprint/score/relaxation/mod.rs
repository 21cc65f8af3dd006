//! The global step on the list: pairs that fit each other's geometry strengthen each other.
//!
//! Cappelli, Ferrara, Maltoni, TPAMI 2010, section 4.2 (LGS with relaxation), with a tolerance for
//! distances that grows with them, since fingers stretch, and a floor under the divisor.

mod couples;
#[cfg(test)]
mod tests;

use self::couples::{FALL, FALL_END, PlacedPairs, ends};
use super::similarity::Pair;
use crate::fingerprint::features::geometry::Geometry;
use crate::fingerprint::parameters::{
    BEST_PAIRS_LEAST, BEST_PAIRS_MIDPOINT, BEST_PAIRS_RANGE, BEST_PAIRS_STEEPNESS, LEAST_DIVISOR,
    RELAXATION_KEEP, RELAXATION_ROUNDS,
};
use crate::kernels::lanes::{LANES, Lanes};
use crate::maths::{logistic, round};

/// Sums of this many pairs are made at a time: enough that none waits for its last addition.
const BROAD: usize = 2 * LANES;

/// The state of a relaxation. Reused without allocation.
#[derive(Debug, Default)]
pub(in crate::fingerprint) struct Relaxation {
    /// `support[k * stride + i]`: how much pair `k` supports pair `i`.
    support: Vec<f32>,
    /// The number of pairs, padded for vectors.
    stride: usize,
    /// Couples of pairs that may support each other, the first in the low byte, the second in the next;
    /// and places for as many as there can be.
    couples: Vec<i32>,
    values: Vec<f32>,
    sums: Vec<f32>,
    /// How far each pair can be trusted: the geometric mean of its two minutiae.
    trust: Vec<f32>,
    /// The values, times that.
    trusted: Vec<f32>,
    /// A key that ascends as the pairs are to be ordered, and the pair in the low half.
    order: Vec<u64>,
    placed: PlacedPairs,
}

impl Relaxation {
    /// Relaxes the list and returns the relaxed score: the mean value of the pairs that kept most of
    /// their similarity, `0.0..=1.0`. `cylinders` is the smaller number of cylinders.
    #[inline(always)]
    pub(in crate::fingerprint) fn run<L: Lanes>(
        &mut self,
        lanes: L,
        pairs: &[Pair],
        a: &Geometry,
        b: &Geometry,
        cylinders: usize,
    ) -> f32 {
        let n = pairs.len();
        self.placed.fill(pairs, a, b);
        self.support.clear();
        self.stride = n.next_multiple_of(BROAD);
        self.support.resize(n * self.stride, 0.0);
        let (fall, fall_end) = (&*FALL, *FALL_END);
        let couples = self.find_couples(lanes, n, fall_end);
        for couples in self.couples[..couples.next_multiple_of(LANES)].as_chunks::<LANES>().0 {
            let [to_first, to_second] = self.placed.mutual_support(lanes, couples, fall, fall_end);
            for (lane, &couple) in couples.iter().enumerate() {
                let [i, k] = ends(couple);
                self.support[k * self.stride + i] = to_first[lane];
                self.support[i * self.stride + k] = to_second[lane];
            }
        }
        let root = |pair: &Pair| a.trust.root[usize::from(pair.a)] * b.trust.root[usize::from(pair.b)];
        self.trust.clear();
        self.trust.extend(pairs.iter().map(root).map(|root| root * root));
        self.values.clear();
        self.values.extend(pairs.iter().map(|pair| pair.similarity * root(pair)));
        self.sums.resize(self.stride, 0.0);
        let share = (1.0 - RELAXATION_KEEP) / (n.saturating_sub(1) as f32).max(LEAST_DIVISOR);
        for _ in 0..RELAXATION_ROUNDS {
            self.trusted.clear();
            self.trusted.extend(self.values.iter().zip(&self.trust).map(|(value, trust)| value * trust));
            for wide in 0..self.stride / BROAD {
                let sums = self.supported(wide);
                self.sums[wide * BROAD..][..BROAD].copy_from_slice(&sums);
            }
            for (value, sum) in self.values.iter_mut().zip(&self.sums) {
                *value = RELAXATION_KEEP * *value + share * sum;
            }
        }
        self.score(pairs, cylinders)
    }

    /// Lists the couples of `n` pairs that may support each other, and returns how many; up to the next
    /// multiple of [`LANES`] a pair with itself follows, which supports nothing.
    #[inline(always)]
    fn find_couples<L: Lanes>(&mut self, lanes: L, n: usize, fall_end: f32) -> usize {
        let most = n * n / 2 + 2 * LANES;
        if self.couples.len() < most {
            self.couples.resize(most, 0);
        }
        let mut count = 0;
        for chunk in 0..n.div_ceil(LANES) {
            count += self.placed.list_couples(lanes, chunk, fall_end, &mut self.couples[count..]);
        }
        self.couples[count..count.next_multiple_of(LANES)].fill(0);
        count
    }

    /// The support that some pairs have: summed by ascending supporter.
    #[inline(always)]
    fn supported(&self, wide: usize) -> [f32; BROAD] {
        let (support, _) = self.support.as_chunks::<BROAD>();
        let rows = support.chunks_exact((self.stride / BROAD).max(1));
        let mut sums = [0.0; BROAD];
        for (row, value) in rows.zip(&self.trusted) {
            let row = &row[wide];
            for lane in 0..BROAD {
                sums[lane] += row[lane] * value;
            }
        }
        sums
    }

    fn score(&mut self, pairs: &[Pair], cylinders: usize) -> f32 {
        let best = BEST_PAIRS_LEAST
            + round(BEST_PAIRS_RANGE * logistic(cylinders as f32, BEST_PAIRS_MIDPOINT, BEST_PAIRS_STEEPNESS));
        let kept = self.values.iter().zip(pairs).map(|(value, pair)| value / pair.similarity);
        self.order.clear();
        self.order.extend(kept.zip(0..).map(|(kept, pair)| descending(kept, pair)));
        self.order.sort_unstable();
        let best_first = self.order.iter().take(best as usize);
        let sum: f32 = best_first.map(|key| self.values[*key as u32 as usize]).sum();
        sum / best
    }

    /// The pair of the greatest relaxed value among those not used, of equals the first.
    pub(in crate::fingerprint) fn strongest(&self, used: &[bool]) -> Option<usize> {
        let mut strongest: Option<(usize, f32)> = None;
        for (pair, (&value, used)) in self.values.iter().zip(used).enumerate() {
            if !used && strongest.is_none_or(|(_, most)| value > most) {
                strongest = Some((pair, value));
            }
        }
        strongest.map(|(pair, _)| pair)
    }

    /// How much pair `from` supports pair `to`.
    pub(in crate::fingerprint) fn supports(&self, from: usize, to: usize) -> f32 {
        self.support[from * self.stride + to]
    }
}

/// Sorts by value, greatest first, then by pair. Values are zero or more: their bits are in their order.
fn descending(value: f32, pair: u32) -> u64 {
    u64::from(!value.to_bits()) << 32 | u64::from(pair)
}
