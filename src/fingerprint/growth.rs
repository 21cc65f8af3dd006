//! Elastic growth: from a seed of listed pairs to all minutiae that two fingers share.

use super::buckets::Falls;
use super::geometry::Geometry;
use super::maths::{self, small_arcsine};
use super::motion::{Motion, Pulls};
use super::parameters::{
    COST_ANGLE, COST_DISTANCE, GROWTH_ANGLE, GROWTH_REACH, GROWTH_REACH_GROWTH, GROWTH_REACH_LIMIT,
    GROWTH_ROUNDS, HYPOTHESES, SEED_SUPPORT, WORTHLESS_COST,
};
use super::relaxation::Relaxation;
use super::similarity::Pair;
use crate::units::Angle;

/// For each minutia of the first finger its partner in the second: one to one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Matching {
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
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + Clone {
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

/// The reach of growth at its greatest, and a little for rounding.
const FURTHEST: f32 = GROWTH_REACH + GROWTH_REACH_GROWTH * GROWTH_REACH_LIMIT + 0.1;

/// Working memory of growth. Reused without allocation.
#[derive(Debug, Default)]
pub(super) struct Growth {
    best: Matching,
    current: Matching,
    next: Matching,
    used: Vec<bool>,
    taken: Vec<bool>,
    candidates: Vec<Candidate>,
    motion: Motion,
    pulls: Pulls,
    /// Where the predictions fall.
    falls: Falls,
}

impl Growth {
    /// Grows the strongest hypotheses and returns the matching that explains most.
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        pairs: &[Pair],
        relaxation: &mut Relaxation,
        a: &Geometry,
        b: &Geometry,
    ) -> &Matching {
        self.best.clear(a.len());
        self.pulls.reset(a);
        self.used.clear();
        self.used.resize(pairs.len(), false);
        relaxation.rank();
        let mut best_worth = 0.0;
        let mut hypotheses = 0;
        for seed in relaxation.ranked() {
            if self.used[seed] {
                continue;
            }
            if hypotheses == HYPOTHESES {
                break;
            }
            hypotheses += 1;
            self.start(pairs, relaxation, seed, a.len());
            let worth = self.grow(a, b);
            if worth > best_worth {
                best_worth = worth;
                std::mem::swap(&mut self.best, &mut self.current);
            }
        }
        &self.best
    }

    /// The matching of the last run.
    pub(super) fn best(&self) -> &Matching {
        &self.best
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

    /// Predicts and matches in turn until nothing changes; returns what the matching is worth.
    #[inline(always)]
    fn grow(&mut self, a: &Geometry, b: &Geometry) -> f32 {
        let mut worth = 0.0;
        for _ in 0..GROWTH_ROUNDS {
            self.motion.fit(a, b, self.current.pairs(), &mut self.pulls);
            self.find_candidates(a, b);
            worth = self.take(a.len(), b.len());
            std::mem::swap(&mut self.current, &mut self.next);
            if self.current == self.next || worth == 0.0 {
                break;
            }
        }
        worth
    }

    /// All pairs of a prediction and a minutia near it.
    #[inline(always)]
    fn find_candidates(&mut self, a: &Geometry, b: &Geometry) {
        self.motion.turn(a);
        let motion = &self.motion;
        b.buckets.locate(&motion.x, &motion.y, &motion.to_cos, &motion.to_sin, &mut self.falls);
        self.candidates.clear();
        let least_cosine = maths::sin_cos(Angle::from_radians(f64::from(GROWTH_ANGLE))).1;
        for i in 0..a.len() {
            for word in 0..b.buckets.words() {
                let mut bits = b.buckets.near(&self.falls, i, word);
                while bits != 0 {
                    let j = word * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let (cos, sin) = (motion.to_cos[i], motion.to_sin[i]);
                    let (dx, dy) = (b.x[j] - motion.x[i], b.y[j] - motion.y[i]);
                    let square = dx * dx + dy * dy;
                    if square > FURTHEST * FURTHEST {
                        continue;
                    }
                    let far = motion.nearest[i].sqrt().min(GROWTH_REACH_LIMIT);
                    let reach = GROWTH_REACH + GROWTH_REACH_GROWTH * far;
                    if square <= reach * reach && cos * b.cos[j] + sin * b.sin[j] >= least_cosine {
                        let angle = small_arcsine(cos * b.sin[j] - sin * b.cos[j]) * (1.0 / COST_ANGLE);
                        let cost = square * (1.0 / (COST_DISTANCE * COST_DISTANCE)) + angle * angle;
                        self.candidates.push(Candidate::new(cost, i as u8, j as u8));
                    }
                }
            }
        }
        self.candidates.sort_unstable();
    }

    /// Takes the candidates of least cost, one to one, as the next matching; returns its worth.
    fn take(&mut self, a: usize, b: usize) -> f32 {
        self.next.clear(a);
        self.taken.clear();
        self.taken.resize(b, false);
        let mut worth = 0.0;
        for candidate in &self.candidates {
            let partner = &mut self.next.partners[candidate.a()];
            let taken = &mut self.taken[usize::from(candidate.b())];
            if *partner == Matching::NONE && !*taken {
                *partner = candidate.b();
                *taken = true;
                worth += (1.0 - candidate.cost() / WORTHLESS_COST).max(0.0);
            }
        }
        worth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::support::Support;
    use crate::template::Minutia;
    use crate::units::Length;

    fn geometry(minutiae: &mut [Minutia]) -> Geometry {
        minutiae.sort_unstable_by_key(|m| (m.x, std::cmp::Reverse(m.y)));
        let mut geometry = Geometry::default();
        geometry.fill(minutiae);
        geometry.index();
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
        relaxation.run(&pairs, a, b, a.len());
        let mut growth = Growth::default();
        growth.run(&pairs, &mut relaxation, a, b).pairs().collect()
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
            relaxation.run(&pairs, &a, &a, a.len());
            support.share(growth.run(&pairs, &mut relaxation, &a, &a), &a, &a)
        };
        assert!(share(&[(4, 4)]) > 0.85);
        assert!(share(&[(3, 17)]) < 0.3);
        assert_eq!(share(&[]), 0.0);
    }
}
