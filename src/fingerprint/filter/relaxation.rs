//! Relaxation on codes: how well the best pairs of minutiae agree in geometry.
//!
//! Each of the candidate's minutiae makes a pair with the probe's nearest; the 16 nearest pairs are
//! taken. A pair's weight is `1 - 2 d / bits`, at least zero. Two pairs support each other by how well
//! they agree (a product of two ramps without root or quotient, below), and in each round a pair keeps half of its weight and
//! gets half of the mean support of the others. The score is the sum of the cubes of the weights.
//!
//! The 120 agreements are laid out by the difference of the pairs' numbers around a ring: vector `k`
//! holds those of pairs `i` and `i + k`, so that everything is vectors of 16 without gathering.

#![allow(clippy::needless_range_loop)] // several arrays by one index, as vectors

use std::array::from_fn;
use std::sync::LazyLock;

use super::parameters::{KEEP, MISS, ROUNDS, STRETCH, TURN_FAR, TURN_NEAR};
use crate::fingerprint::codes::{SLOTS, WORDS};
use crate::kernels::Work;
use crate::maths::sin_cos;
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
    /// [`SlotProbe::nearest`](crate::kernels::slots::SlotProbe::nearest) returns it.
    pub(super) nearest: &'a [u16; SLOTS],
    pub(super) turns: &'a Turns,
}

/// The pairs, followed by pairs without weight. Every array is twice as long, so that the pair `k` further
/// around the ring is `k` further in memory.
#[derive(Default)]
struct Pairs {
    weight: Lanes,
    probe: [Ring; 2],
    candidate: [Ring; 2],
    turn: Ring,
    cos: Ring,
    sin: Ring,
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
            agreements[PAIRS - k] = around(&twice(&agreement), PAIRS - k);
        }
        let weight = relax(pairs.weight, &agreements);
        let mut cubes = [0.0; PAIRS];
        for i in 0..PAIRS {
            cubes[i] = weight[i] * weight[i] * weight[i];
        }
        sum(cubes)
    }
}

impl Relaxation<'_> {
    /// The nearest pairs, ascending by distance and then slot.
    #[inline(always)]
    fn pairs(&self) -> Pairs {
        let order = self.order();
        let mut rank = [0_u16; SLOTS];
        for other in order {
            for i in 0..SLOTS {
                rank[i] += u16::from(other < order[i]);
            }
        }
        let mut ranked = [0_u8; SLOTS];
        for slot in 0..SLOTS {
            ranked[usize::from(rank[slot]) % SLOTS] = slot as u8;
        }
        let mut pairs = Pairs::default();
        for i in 0..PAIRS {
            let slot = usize::from(ranked[i]) % SLOTS;
            let own = usize::from(self.nearest[slot]) % SLOTS;
            let distance = f32::from(order[slot] >> 5);
            pairs.weight[i] = (1.0 - distance * (2.0 / (64 * WORDS) as f32)).max(0.0);
            let turn = self.candidate.directions[slot].wrapping_sub(self.probe.directions[own]);
            let [cos, sin] = self.turns.0[usize::from(turn)];
            let (a, b) = (self.probe.places[own], self.candidate.places[slot]);
            // No pair at all agrees in its turn with none, so that it gets no weight.
            let is_pair = order[slot] >> 5 != NO_PAIR;
            let turn = if is_pair { f32::from(turn.cast_signed()) } else { 1_000.0 * (i + 1) as f32 };
            for i in [i, i + PAIRS] {
                pairs.probe[0][i] = f32::from(a[0]);
                pairs.probe[1][i] = f32::from(a[1]);
                pairs.candidate[0][i] = f32::from(b[0]);
                pairs.candidate[1][i] = f32::from(b[1]);
                pairs.turn[i] = turn;
                pairs.cos[i] = cos;
                pairs.sin[i] = sin;
            }
        }
        pairs
    }

    /// A number for each slot, all different: its distance, greatest for those that make no pair, and its
    /// place.
    #[inline(always)]
    fn order(&self) -> [u16; SLOTS] {
        let is_first = FIRSTS[usize::from(self.candidate.count).min(SLOTS)];
        let mut order = [0; SLOTS];
        for slot in 0..SLOTS {
            let distance = (self.nearest[slot] >> 8) | (NO_PAIR & !is_first[slot]);
            order[slot] = distance << 5 | slot as u16;
        }
        order
    }
}

/// As a distance: no pair.
const NO_PAIR: u16 = 0xff;

/// For each count of minutiae: all ones for the slots that are the first of their minutia.
const FIRSTS: [[u16; SLOTS]; SLOTS + 1] = {
    let mut firsts = [[0; SLOTS]; SLOTS + 1];
    let mut count = 1;
    while count <= SLOTS {
        let mut slot = 0;
        while slot < SLOTS {
            if slot == 0 || slot * count / SLOTS != (slot - 1) * count / SLOTS {
                firsts[count][slot] = u16::MAX;
            }
            slot += 1;
        }
        count += 1;
    }
    firsts
};

impl Pairs {
    /// How well pairs `i` and `i + k` agree.
    #[inline(always)]
    fn agreements(&self, k: usize) -> Lanes {
        let (ax, ay) = (difference(&self.probe[0], k), difference(&self.probe[1], k));
        let (bx, by) = (difference(&self.candidate[0], k), difference(&self.candidate[1], k));
        let (turn, cos, sin) = (difference(&self.turn, k), total(&self.cos, k), total(&self.sin, k));
        let mut agreements = [0.0; PAIRS];
        for i in 0..PAIRS {
            // Turned by the mean of both turns.
            let (cos, sin) = (0.5 * cos[i], 0.5 * sin[i]);
            let (x, y) = (ax[i] * cos + ay[i] * sin - bx[i], ay[i] * cos - ax[i] * sin - by[i]);
            let excess = (x * x + y * y) - (STRETCH * STRETCH) * (bx[i] * bx[i] + by[i] * by[i]);
            let place = 1.0 - excess * (1.0 / (MISS * MISS));
            let turn = (TURN_FAR - turn[i].abs()) * (1.0 / (TURN_FAR - TURN_NEAR));
            agreements[i] = share(place) * share(turn);
        }
        agreements
    }
}

/// Not below zero and not above one.
#[inline(always)]
fn share(value: f32) -> f32 {
    let value = if value > 0.0 { value } else { 0.0 };
    if value < 1.0 { value } else { 1.0 }
}

/// Numbers around the ring, twice.
type Ring = [f32; 2 * PAIRS];

#[inline(always)]
fn twice(values: &Lanes) -> Ring {
    let mut ring = [0.0; 2 * PAIRS];
    ring[..PAIRS].copy_from_slice(values);
    ring[PAIRS..].copy_from_slice(values);
    ring
}

/// The number `k` further around the ring, for each.
#[inline(always)]
fn around(values: &Ring, k: usize) -> Lanes {
    let mut lanes = [0.0; PAIRS];
    lanes.copy_from_slice(&values[k..][..PAIRS]);
    lanes
}

#[inline(always)]
fn difference(values: &Ring, k: usize) -> Lanes {
    let (other, own) = (around(values, k), around(values, 0));
    let mut out = [0.0; PAIRS];
    for i in 0..PAIRS {
        out[i] = other[i] - own[i];
    }
    out
}

#[inline(always)]
fn total(values: &Ring, k: usize) -> Lanes {
    let (other, own) = (around(values, k), around(values, 0));
    let mut out = [0.0; PAIRS];
    for i in 0..PAIRS {
        out[i] = other[i] + own[i];
    }
    out
}

#[inline(always)]
fn relax(mut weight: Lanes, agreements: &[Lanes; PAIRS]) -> Lanes {
    for _ in 0..ROUNDS {
        let ring = twice(&weight);
        // Four sums, so that none waits for the one before.
        let mut support = [[0.0; PAIRS]; 4];
        for k in 1..PAIRS {
            let other = around(&ring, k);
            for i in 0..PAIRS {
                support[k % 4][i] += agreements[k][i] * other[i];
            }
        }
        let [a, b, c, d] = support;
        for i in 0..PAIRS {
            let support = (a[i] + b[i]) + (c[i] + d[i]);
            weight[i] = KEEP * weight[i] + (1.0 - KEEP) / (PAIRS - 1) as f32 * support;
        }
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
