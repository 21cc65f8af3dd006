//! Relaxation on codes: of the best pairs of minutiae, how many agree in geometry.
//!
//! Each of the candidate's minutiae makes a pair with the probe's nearest; the 16 nearest pairs are
//! taken. A pair's weight is `1 - 2 d / bits`, at least zero. Two pairs support each other by how well
//! they agree (a product of linear ramps, below), and in each round a pair keeps half of its weight and
//! gets half of the mean support of the others. The score is the sum of the squares of the weights.
//!
//! The 120 agreements are laid out by the difference of the pairs' numbers around a ring: vector `k`
//! holds those of pairs `i` and `i + k`, so that everything is vectors of 16 without gathering.

use std::array::from_fn;
use std::sync::LazyLock;

use super::parameters::{
    DISTANCE_FAR, DISTANCE_NEAR, KEEP, RESIDUAL_FAR, RESIDUAL_NEAR, ROUNDS, TURN_FAR, TURN_NEAR,
};
use crate::fingerprint::codes::{SLOTS, WORDS};
use crate::fingerprint::maths::sin_cos;
use crate::kernels::Work;
use crate::kernels::slots::NONE;
use crate::units::Angle;

/// Pairs that are relaxed.
const PAIRS: usize = 16;

/// Differences of numbers around the ring; the rest are the same agreements from the other side.
const HALF: usize = PAIRS / 2;

/// A number for each pair.
type Lanes = [f32; PAIRS];

/// Where a finger's slots lie.
#[derive(Clone, Copy)]
pub(super) struct Sites<'a> {
    pub(super) places: &'a [[i16; 2]; SLOTS],
    pub(super) directions: &'a [u8; SLOTS],
    pub(super) count: u8,
}

/// Cosine and sine of each turn.
pub(super) struct Turns([[f32; 2]; 256]);

impl Turns {
    /// The one table of the process.
    pub(super) fn shared() -> &'static Self {
        static SHARED: LazyLock<Turns> = LazyLock::new(|| {
            Turns(from_fn(|turn| {
                let (sin, cos) = sin_cos(Angle::from_binary((turn << 8) as u16));
                [cos, sin]
            }))
        });
        &SHARED
    }
}

/// A relaxation of one candidate.
pub(super) struct Relaxation<'a> {
    pub(super) probe: Sites<'a>,
    pub(super) candidate: Sites<'a>,
    /// For each slot of the candidate the nearest of the probe, as
    /// [`SlotProbe::nearest`](crate::kernels::slots::SlotProbe::nearest) tells it.
    pub(super) nearest: &'a [u16; SLOTS],
    pub(super) turns: &'a Turns,
}

/// The pairs, and then whatever is past their number: pairs of no weight. Every array is twice as long,
/// so that the pair `k` further around the ring is `k` further in memory.
struct Pairs {
    weight: Lanes,
    probe: [[f32; 2 * PAIRS]; 2],
    candidate: [[f32; 2 * PAIRS]; 2],
    turn: [f32; 2 * PAIRS],
    cos: [f32; 2 * PAIRS],
    sin: [f32; 2 * PAIRS],
}

impl Work for Relaxation<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let pairs = self.pairs();
        let mut agreements = [[0.0; PAIRS]; PAIRS];
        for k in 1..=HALF {
            let agreement = pairs.agreements(k);
            agreements[k] = agreement;
            agreements[PAIRS - k] = from_fn(|i| agreement[(i + PAIRS - k) % PAIRS]);
        }
        let weight = relax(pairs.weight, &agreements);
        sum(from_fn(|i| weight[i] * weight[i]))
    }
}

impl Relaxation<'_> {
    /// The nearest pairs, ascending by distance and then slot.
    #[inline(always)]
    fn pairs(&self) -> Pairs {
        // A number for each slot, all different, greater for pairs that are not to be taken.
        let count = usize::from(self.candidate.count).min(SLOTS);
        let order: [u16; SLOTS] = from_fn(|slot| {
            let is_first = slot == 0 || slot * count / SLOTS != (slot - 1) * count / SLOTS;
            let distance = if is_first && count > 0 { self.nearest[slot] >> 8 } else { NONE >> 8 };
            distance << 5 | slot as u16
        });
        let mut rank = [0_u16; SLOTS];
        for other in order {
            for (rank, own) in rank.iter_mut().zip(order) {
                *rank += u16::from(other < own);
            }
        }
        let mut ranked = [0_u8; SLOTS];
        for (slot, rank) in rank.into_iter().enumerate() {
            ranked[usize::from(rank) % SLOTS] = slot as u8;
        }
        let mut pairs = Pairs {
            weight: [0.0; PAIRS],
            probe: [[0.0; 2 * PAIRS]; 2],
            candidate: [[0.0; 2 * PAIRS]; 2],
            turn: [0.0; 2 * PAIRS],
            cos: [0.0; 2 * PAIRS],
            sin: [0.0; 2 * PAIRS],
        };
        for (i, &slot) in ranked.iter().take(PAIRS).enumerate() {
            let slot = usize::from(slot) % SLOTS;
            let own = usize::from(self.nearest[slot]) % SLOTS;
            let distance = f32::from(order[slot] >> 5);
            pairs.weight[i] = (1.0 - distance * (2.0 / (64 * WORDS) as f32)).max(0.0);
            let turn = self.candidate.directions[slot].wrapping_sub(self.probe.directions[own]);
            let [cos, sin] = self.turns.0[usize::from(turn)];
            for i in [i, i + PAIRS] {
                for axis in 0..2 {
                    pairs.probe[axis][i] = f32::from(self.probe.places[own][axis]);
                    pairs.candidate[axis][i] = f32::from(self.candidate.places[slot][axis]);
                }
                pairs.turn[i] = f32::from(turn.cast_signed());
                (pairs.cos[i], pairs.sin[i]) = (cos, sin);
            }
        }
        pairs
    }
}

impl Pairs {
    /// How well pairs `i` and `i + k` agree.
    #[inline(always)]
    fn agreements(&self, k: usize) -> Lanes {
        from_fn(|i| {
            let difference = |values: &[f32; 2 * PAIRS]| values[i + k] - values[i];
            let (ax, ay) = (difference(&self.probe[0]), difference(&self.probe[1]));
            let (bx, by) = (difference(&self.candidate[0]), difference(&self.candidate[1]));
            let a = (ax * ax + ay * ay).sqrt();
            let b = (bx * bx + by * by).sqrt();
            // Turned by the mean of both turns.
            let cos = 0.5 * (self.cos[i + k] + self.cos[i]);
            let sin = 0.5 * (self.sin[i + k] + self.sin[i]);
            let (x, y) = (ax * cos + ay * sin - bx, ay * cos - ax * sin - by);
            let residual = (x * x + y * y).sqrt();
            let turn = difference(&self.turn).abs();
            ramp((a - b).abs(), DISTANCE_NEAR, DISTANCE_FAR)
                * ramp(turn, TURN_NEAR, TURN_FAR)
                * ramp(residual, RESIDUAL_NEAR, RESIDUAL_FAR)
        })
    }
}

/// One up to `near`, zero from `far` on, straight between.
#[inline(always)]
fn ramp(value: f32, near: f32, far: f32) -> f32 {
    ((far - value) * (1.0 / (far - near))).clamp(0.0, 1.0)
}

#[inline(always)]
fn relax(mut weight: Lanes, agreements: &[Lanes; PAIRS]) -> Lanes {
    for _ in 0..ROUNDS {
        let mut support = [[0.0; PAIRS]; 4];
        for k in 1..PAIRS {
            let support = &mut support[k % 4];
            for i in 0..PAIRS {
                support[i] += agreements[k][i] * weight[(i + k) % PAIRS];
            }
        }
        let [a, b, c, d] = support;
        weight = from_fn(|i| {
            let support = (a[i] + b[i]) + (c[i] + d[i]);
            KEEP * weight[i] + (1.0 - KEEP) / (PAIRS - 1) as f32 * support
        });
    }
    weight
}

/// The sum, in halves.
#[inline(always)]
fn sum(mut values: Lanes) -> f32 {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            values[i] += values[i + half];
        }
    }
    values[0]
}
