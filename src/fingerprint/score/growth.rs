//! Elastic growth: from a seed of listed pairs to all minutiae that two fingers share.

use super::motion::{Motion, Predicted, Pulls};
use super::relaxation::Relaxation;
use super::similarity::Pair;
use crate::fingerprint::features::geometry::{Geometry, LANES};
use crate::fingerprint::parameters::{
    COST_ANGLE, COST_DISTANCE, GROWN, GROWTH_ANGLE, GROWTH_ROUNDS, HYPOTHESES, SEED_SUPPORT, WORTHLESS_COST,
};
use crate::kernels::lanes::Lanes;
use crate::maths::{self, small_arcsine};
use crate::units::Angle;

/// For each minutia of the first finger its partner in the second: one to one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::fingerprint) struct Matching {
    /// [`Matching::NONE`] for a minutia without partner.
    partners: Vec<u8>,
}

impl Matching {
    /// No index: a finger has at most 255 minutiae.
    const NONE: u8 = u8::MAX;

    fn clear(&mut self, len: usize) {
        self.partners.clear();
        self.partners.resize(len, Self::NONE);
    }

    /// The pairs, by ascending index in the first finger.
    pub(in crate::fingerprint) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + Clone {
        let partners = self.partners.iter().enumerate();
        partners.filter(|(_, b)| **b != Self::NONE).map(|(a, b)| (a, usize::from(*b)))
    }
}

/// A possible pair of a round and its misfit, as a number that sorts by cost, then by the two indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate(u64);

impl Candidate {
    /// `cost` is zero or more: its bits are in its order.
    fn new(cost: f32, a: u8, b: u8) -> Self {
        Self(u64::from(cost.to_bits()) << 32 | u64::from(a) << 8 | u64::from(b))
    }

    fn cost(self) -> f32 {
        f32::from_bits((self.0 >> 32) as u32)
    }

    fn a(self) -> usize {
        usize::from((self.0 >> 8) as u8)
    }

    fn b(self) -> u8 {
        self.0 as u8
    }
}

/// The matching of a hypothesis's first round, and what it is worth.
#[derive(Debug, Default)]
struct First {
    worth: f32,
    matching: Matching,
}

/// Working memory of growth. Reused without allocation.
#[derive(Debug, Default)]
pub(in crate::fingerprint) struct Growth {
    best: Matching,
    best_motion: Motion,
    /// The first rounds of most worth, in that order.
    firsts: [First; GROWN],
    current: Matching,
    next: Matching,
    used: Vec<bool>,
    taken: Vec<bool>,
    candidates: Vec<Candidate>,
    motion: Motion,
    pulls: Pulls,
}

impl Growth {
    /// Tries the strongest hypotheses, grows those whose first round explains most, and keeps the matching
    /// that explains most in the end. `known` are all pulls of the first finger, if they were computed.
    #[inline(always)]
    pub(in crate::fingerprint) fn run<L: Lanes>(
        &mut self,
        lanes: L,
        pairs: &[Pair],
        relaxation: &Relaxation,
        a: &Geometry,
        b: &Geometry,
        known: Option<&Pulls>,
    ) {
        self.best.clear(a.len());
        if known.is_none() {
            self.pulls.reset(a);
        }
        self.used.clear();
        self.used.resize(pairs.len(), false);
        self.firsts.iter_mut().for_each(|first| first.worth = 0.0);
        for _ in 0..HYPOTHESES {
            let Some(seed) = relaxation.strongest(&self.used) else { break };
            self.start(pairs, relaxation, seed, a.len());
            let worth = self.round(lanes, a, b, known);
            self.keep_first(worth);
        }
        let mut most = 0.0;
        for place in 0..GROWN {
            if self.firsts[place].worth == 0.0 {
                break;
            }
            std::mem::swap(&mut self.current, &mut self.firsts[place].matching);
            let worth = self.grow(lanes, a, b, known);
            if worth > most {
                most = worth;
                std::mem::swap(&mut self.best, &mut self.current);
                std::mem::swap(&mut self.best_motion, &mut self.motion);
            }
        }
    }

    /// Keeps the next matching if it is among the first rounds of most worth.
    fn keep_first(&mut self, worth: f32) {
        let mut place = GROWN;
        while place > 0 && worth > self.firsts[place - 1].worth {
            if place < GROWN {
                self.firsts.swap(place - 1, place);
            }
            place -= 1;
        }
        if let Some(first) = self.firsts.get_mut(place) {
            first.worth = worth;
            std::mem::swap(&mut first.matching, &mut self.next);
        }
    }

    /// The matching of the last run.
    pub(in crate::fingerprint) fn best(&self) -> &Matching {
        &self.best
    }

    /// Where the minutiae of the first finger lie in the second, by the motion of its last round.
    pub(in crate::fingerprint) fn predicted(&self) -> &[Predicted] {
        self.best_motion.predicted()
    }

    /// The seed and the listed pairs that support it.
    fn start(&mut self, pairs: &[Pair], relaxation: &Relaxation, seed: usize, len: usize) {
        self.current.clear(len);
        for (i, pair) in pairs.iter().enumerate() {
            if i == seed || relaxation.supports(i, seed) > SEED_SUPPORT {
                self.used[i] = true;
                self.current.partners[usize::from(pair.a)] = pair.b;
            }
        }
    }

    /// Goes on from the current matching until nothing changes; returns what it is worth then.
    #[inline(always)]
    fn grow<L: Lanes>(&mut self, lanes: L, a: &Geometry, b: &Geometry, known: Option<&Pulls>) -> f32 {
        let mut worth = 0.0;
        for _ in 1..GROWTH_ROUNDS {
            worth = self.round(lanes, a, b, known);
            std::mem::swap(&mut self.current, &mut self.next);
            if self.current == self.next {
                break;
            }
        }
        worth
    }

    /// Predicts by the current matching, and matches anew; returns what the next matching is worth.
    #[inline(always)]
    fn round<L: Lanes>(&mut self, lanes: L, a: &Geometry, b: &Geometry, known: Option<&Pulls>) -> f32 {
        let pairs = self.current.pairs();
        let pulls = known.unwrap_or_else(|| {
            pairs.clone().for_each(|(i, _)| self.pulls.make(a, i));
            &self.pulls
        });
        self.motion.fit(a, b, pairs, pulls);
        self.find_candidates(lanes, a, b);
        self.take(a, b)
    }

    /// All pairs of a prediction and a minutia near it.
    #[inline(always)]
    fn find_candidates<L: Lanes>(&mut self, lanes: L, a: &Geometry, b: &Geometry) {
        self.candidates.clear();
        let least_cosine = maths::sin_cos(Angle::from_radians(f64::from(GROWTH_ANGLE))).1;
        let [x, y, cos, sin] = [&b.x, &b.y, &b.cos, &b.sin].map(|column| &column[..b.len()]);
        for (chunk, predicted) in self.motion.predicted().iter().enumerate() {
            let used = u16::MAX >> LANES.saturating_sub(a.len() - chunk * LANES);
            for first in (0..b.len()).step_by(WORD) {
                let places = first..(first + WORD).min(b.len());
                let columns = [x, y, cos, sin].map(|column| &column[places.clone()]);
                let (near, some) = near(lanes, predicted, columns, least_cosine);
                let mut some = some & used;
                while some != 0 {
                    let lane = some.trailing_zeros() as usize;
                    some &= some - 1;
                    let mut bits = near[lane].cast_unsigned();
                    while bits != 0 {
                        let j = first + bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        let (dx, dy) = (x[j] - predicted.x[lane], y[j] - predicted.y[lane]);
                        let square = dx * dx + dy * dy;
                        let sine = predicted.cos[lane] * sin[j] - predicted.sin[lane] * cos[j];
                        let angle = small_arcsine(sine) * (1.0 / COST_ANGLE);
                        let cost = square * (1.0 / (COST_DISTANCE * COST_DISTANCE)) + angle * angle;
                        let i = chunk * LANES + lane;
                        self.candidates.push(Candidate::new(cost, i as u8, j as u8));
                    }
                }
            }
        }
        self.candidates.sort_unstable();
    }

    /// Takes the candidates of least cost, one to one, as the next matching; returns its worth.
    fn take(&mut self, a: &Geometry, b: &Geometry) -> f32 {
        self.next.clear(a.len());
        self.taken.clear();
        self.taken.resize(b.len(), false);
        let mut worth = 0.0;
        for candidate in &self.candidates {
            let partner = &mut self.next.partners[candidate.a()];
            let taken = &mut self.taken[usize::from(candidate.b())];
            if *partner == Matching::NONE && !*taken {
                *partner = candidate.b();
                *taken = true;
                let root = a.trust.root[candidate.a()] * b.trust.root[usize::from(candidate.b())];
                worth += (1.0 - candidate.cost() / WORTHLESS_COST).max(0.0) * (root * root);
            }
        }
        worth
    }
}

/// Minutiae whose bits a word holds.
const WORD: usize = i32::BITS as usize;

/// Each of the bits.
static BITS: [i32; WORD] = {
    let mut bits = [0; WORD];
    let mut bit = 0;
    while bit < WORD {
        bits[bit] = 1 << bit;
        bit += 1;
    }
    bits
};

/// Which of at most [`WORD`] minutiae (places and directions) lie near each lane's prediction: a bit for
/// each. And a bit for each lane that has some.
#[inline(always)]
fn near<L: Lanes>(
    lanes: L,
    at: &Predicted,
    [x, y, cos, sin]: [&[f32]; 4],
    least_cosine: f32,
) -> ([i32; LANES], u16) {
    let (at_x, at_y) = (lanes.floats(&at.x), lanes.floats(&at.y));
    let (at_cos, at_sin) = (lanes.floats(&at.cos), lanes.floats(&at.sin));
    let reach = lanes.floats(&at.reach);
    let least_cosine = lanes.splat(least_cosine);
    let zero = lanes.splat_integer(0);
    let mut near = zero;
    for ((((bit, x), y), cos), sin) in BITS.iter().zip(x).zip(y).zip(cos).zip(sin) {
        let (dx, dy) = (at_x - lanes.splat(*x), at_y - lanes.splat(*y));
        let along = at_cos * lanes.splat(*cos) + at_sin * lanes.splat(*sin);
        let is_near = lanes.is_at_most(dx * dx + dy * dy, reach) & lanes.is_at_most(least_cosine, along);
        near = lanes.join(is_near, near, lanes.splat_integer(*bit));
    }
    let mut bits = [0; LANES];
    lanes.store(near, &mut bits);
    (bits, !lanes.ones(lanes.is_equal(near, zero)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::score::support::Support;
    use crate::kernels::lanes::Scalar;
    use crate::template::Minutia;
    use crate::units::Length;

    fn geometry(minutiae: &mut [Minutia]) -> Geometry {
        minutiae.sort_unstable_by_key(|m| (m.x, std::cmp::Reverse(m.y)));
        let mut geometry = Geometry::default();
        geometry.fill(minutiae);
        geometry
    }

    /// Thirty minutiae strewn over 300 x 300 pixels.
    fn finger() -> Vec<Minutia> {
        (0..30_u16)
            .map(|i| {
                let steps = |n: u16| Length::from_steps(i.wrapping_mul(n) % 3000);
                let angle = Angle::from_binary(i.wrapping_mul(7919));
                Minutia::new(steps(1009), steps(1777), angle, Default::default(), None)
            })
            .collect()
    }

    fn grow(a: &Geometry, b: &Geometry, seeds: &[(u8, u8)]) -> Vec<(usize, usize)> {
        let pairs: Vec<Pair> = seeds.iter().map(|&(a, b)| Pair { a, b, similarity: 0.6 }).collect();
        let mut relaxation = Relaxation::default();
        relaxation.run(Scalar, &pairs, a, b, a.len());
        let mut growth = Growth::default();
        growth.run(Scalar, &pairs, &relaxation, a, b, None);
        growth.best().pairs().collect()
    }

    #[test]
    fn one_true_pair_grows_to_all() {
        let a = geometry(&mut finger());
        let all: Vec<(usize, usize)> = (0..30).map(|i| (i, i)).collect();
        assert_eq!(grow(&a, &a, &[(4, 4)]), all);
        // A false seed beside it does not win.
        assert_eq!(grow(&a, &a, &[(3, 17), (4, 4)]), all);
    }

    #[test]
    fn a_matching_is_one_to_one_and_keeps_lost_minutiae_apart() {
        let mut half = finger();
        half.truncate(20);
        // A double of one minutia, four pixels away.
        let m = half[5];
        half.push(Minutia::new(Length::from_steps(m.x.steps() + 40), m.y, m.angle, m.kind(), None));
        let (a, b) = (geometry(&mut finger()), geometry(&mut half));
        let same = |i: usize| (0..b.len()).find(|&j| (b.cos[j], b.sin[j]) == (a.cos[i], a.sin[i]));
        let seed = (0..30).find_map(|i| Some((i as u8, same(i)? as u8))).unwrap();
        let pairs = grow(&a, &b, &[seed]);
        let mut partners: Vec<usize> = pairs.iter().map(|(_, j)| *j).collect();
        partners.sort_unstable();
        partners.dedup();
        assert_eq!(partners.len(), pairs.len(), "one to one");
        assert_eq!(pairs.len(), 20);
    }

    #[test]
    fn support_is_nearly_whole_for_one_finger_and_small_for_chance() {
        let a = geometry(&mut finger());
        let mut growth = Growth::default();
        let mut relaxation = Relaxation::default();
        let mut support = Support::default();
        let mut share = |pairs: &[(u8, u8)]| {
            let pairs: Vec<Pair> = pairs.iter().map(|&(a, b)| Pair { a, b, similarity: 0.6 }).collect();
            relaxation.run(Scalar, &pairs, &a, &a, a.len());
            growth.run(Scalar, &pairs, &relaxation, &a, &a, None);
            support.share(&growth, &a, &a)
        };
        assert!(share(&[(4, 4)]) > 0.85);
        assert!(share(&[(3, 17)]) < 0.3);
        assert_eq!(share(&[]), 0.0);
    }
}
