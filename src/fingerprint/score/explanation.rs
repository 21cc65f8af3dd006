//! Why two fingers scored as they did.

use std::fmt;

use super::probe::{FingerProbe, Scratch};
use crate::fingerprint::features::finger::FingerFeatures;
use crate::template::Minutia;
use crate::units::{Angle, Score};

/// A part of a whole, `0.0..=1.0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Fraction(f32);

impl Fraction {
    fn new(value: f32) -> Self {
        Self(if value > 0.0 { value.min(1.0) } else { 0.0 })
    }

    /// The number.
    pub const fn get(self) -> f32 {
        self.0
    }
}

/// A minutia of one finger and its match in the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchedPair {
    /// Index in the first list of minutiae.
    pub a: usize,
    /// Index in the second list of minutiae.
    pub b: usize,
    /// How well it fits the other pairs, by distances and directions: 0 if none agrees, 0.5 if they agree as
    /// much as one perfect close pair, near 1 if many agree.
    pub support: Fraction,
}

/// The rigid motion from the first finger to the second that fits the matched minutiae best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RigidMotion {
    /// The turn from the first finger to the second, counter-clockwise.
    pub turn: Angle,
    /// How far the middle of the matched minutiae moved, in micrometres: to the right, and down.
    pub shift_micrometres: [i32; 2],
}

/// Why two fingers scored as they did. `Debug` shows counts and the score, never pairs.
#[derive(Clone, PartialEq)]
pub struct Explanation {
    /// The score, as [`FingerProbe::compare`] gives it.
    pub score: Score,
    /// The first term of the score: how much of their similarity the most similar neighbourhoods keep when
    /// they must agree in geometry. Non-mates have about 0.02, mates up to 0.5.
    pub relaxed: Fraction,
    /// The second term: the matched pairs, weighted by their support, as a share of the minutiae that both
    /// fingers show. Non-mates have about 0.1 to 0.2, mates 0.4 and more.
    pub share: Fraction,
    /// The matched pairs, one to one, by index in the first list. Empty if the fingers have too
    /// little in common to be compared, or nothing was found.
    pub pairs: Vec<MatchedPair>,
    /// The motion between the fingers; `None` without pairs.
    pub motion: Option<RigidMotion>,
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Explanation({}, {} pairs)", self.score, self.pairs.len())
    }
}

/// Compares two fingers and returns the matched minutiae. The minutiae may be in any order, and pairs name
/// their places in it. Of more than [`FingerFeatures::MAX_MINUTIAE`] only those of best quality take part.
///
/// For the examination of single cases: it computes the features and allocates.
pub fn explain(a: &[Minutia], b: &[Minutia]) -> Explanation {
    let features = [FingerFeatures::new(a), FingerFeatures::new(b)];
    let probe = FingerProbe::new(features[0].view());
    let mut scratch = Scratch::default();
    let terms = probe.terms(features[1].view(), Score::LOWEST, &mut scratch);
    let [of_a, of_b] = [places(features[0].view().minutiae, a), places(features[1].view().minutiae, b)];
    let mut pairs: Vec<MatchedPair> = if terms.is_comparable() { scratch.matched() } else { Vec::new() }
        .into_iter()
        .map(|(first, second, support)| {
            let (i, j) = if terms.is_swapped { (second, first) } else { (first, second) };
            MatchedPair { a: of_a[i], b: of_b[j], support: Fraction::new(support) }
        })
        .collect();
    pairs.sort_by_key(|pair| pair.a);
    let motion = motion(a, b, &pairs);
    Explanation {
        score: terms.score(),
        relaxed: Fraction::new(terms.relaxed),
        share: Fraction::new(terms.share),
        pairs,
        motion,
    }
}

/// For each kept minutia a place in the list that it was taken from; of equal ones each its own.
fn places(kept: &[Minutia], from: &[Minutia]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..from.len()).collect();
    order.sort_by_key(|&place| from[place]);
    let mut used = vec![0; from.len()];
    let place = |minutia: &Minutia| {
        let first = order.partition_point(|&place| from[place] < *minutia);
        let place = first + used[first];
        used[first] += 1;
        order[place]
    };
    kept.iter().map(place).collect()
}

/// The rigid motion that fits pairs best, by least squares.
fn motion(a: &[Minutia], b: &[Minutia], pairs: &[MatchedPair]) -> Option<RigidMotion> {
    let at = |m: &Minutia| [f64::from(m.x.micrometres()), f64::from(m.y.micrometres())];
    let count = pairs.len() as f64;
    let middle = |points: &mut dyn Iterator<Item = [f64; 2]>| {
        let sum = points.fold([0.0, 0.0], |sum, at| [sum[0] + at[0], sum[1] + at[1]]);
        sum.map(|sum| sum / count)
    };
    if pairs.is_empty() {
        return None;
    }
    let middle_a = middle(&mut pairs.iter().map(|pair| at(&a[pair.a])));
    let middle_b = middle(&mut pairs.iter().map(|pair| at(&b[pair.b])));
    // Directions count like a lever of four millimetres, so that one pair fixes the turn.
    let lever = 4000.0 * 4000.0;
    let (mut cos, mut sin) = (0.0, 0.0);
    for pair in pairs {
        let (m, n) = (&a[pair.a], &b[pair.b]);
        let ([ax, ay], [bx, by]) = (at(m), at(n));
        let (ax, ay, bx, by) = (ax - middle_a[0], middle_a[1] - ay, bx - middle_b[0], middle_b[1] - by);
        let turn = f64::from(m.angle.turn_to(n.angle)) * (std::f64::consts::TAU / 65536.0);
        cos += ax * bx + ay * by + lever * turn.cos();
        sin += ax * by - ay * bx + lever * turn.sin();
    }
    Some(RigidMotion {
        turn: Angle::from_radians(sin.atan2(cos)),
        shift_micrometres: [0, 1].map(|axis| (middle_b[axis] - middle_a[axis]).round() as i32),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Length, Quality};

    fn finger(seed: u64, count: usize) -> Vec<Minutia> {
        let mut state = seed;
        let mut below = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % n) as u16
        };
        (0..count)
            .map(|_| {
                let (x, y) = (Length::from_steps(below(3000)), Length::from_steps(below(4000)));
                let quality = Quality::new(below(101) as u8);
                Minutia::new(x, y, Angle::from_binary(below(65535)), Default::default(), quality)
            })
            .collect()
    }

    /// The finger in another order, turned by a quarter counter-clockwise, 2 mm to the right.
    fn quarter(minutiae: &[Minutia]) -> Vec<Minutia> {
        let turned = minutiae.iter().rev().map(|m| {
            let (x, y) = (m.y.steps() + 400, 3000 - m.x.steps());
            let angle = m.angle.turned(Angle::from_binary(1 << 14));
            Minutia::new(Length::from_steps(x), Length::from_steps(y), angle, m.kind(), m.quality())
        });
        turned.collect()
    }

    #[test]
    fn all_minutiae_of_a_turned_finger_are_paired_in_the_order_of_the_records() {
        for seed in 0..5 {
            let a = finger(seed, 40);
            let b = quarter(&a);
            let explanation = explain(&a, &b);
            let found: Vec<(usize, usize)> = explanation.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
            assert_eq!(found, (0..40).map(|i| (i, 39 - i)).collect::<Vec<_>>());
            assert!(explanation.pairs.iter().all(|pair| pair.support.get() > 0.7));
            assert!(explanation.share.get() > 0.85 && explanation.relaxed.get() > 0.2);
            let motion = explanation.motion.unwrap();
            let off = Angle::from_binary(1 << 14).turn_to(motion.turn);
            assert!(off.abs() < 40, "{off}");
            let mean = |f: &dyn Fn(&Minutia) -> Length, of: &[Minutia]| {
                of.iter().map(|m| f64::from(f(m).micrometres())).sum::<f64>() / 40.0
            };
            let right = mean(&|m| m.x, &b) - mean(&|m| m.x, &a);
            assert!((f64::from(motion.shift_micrometres[0]) - right).abs() < 2.0);
        }
    }

    #[test]
    fn the_score_is_that_of_a_comparison_and_the_pairs_those_of_the_exchanged_sides() {
        let mut scratch = Scratch::default();
        for (seed, sizes) in (10..).zip([(30, 40), (40, 30), (5, 60), (2, 2), (0, 30), (0, 0), (300, 280)]) {
            let (a, b) = (finger(seed, sizes.0), finger(seed / 2, sizes.1));
            let there = explain(&a, &b);
            let back = explain(&b, &a);
            let (fa, fb) = (FingerFeatures::new(&a), FingerFeatures::new(&b));
            assert_eq!(there.score, FingerProbe::new(fa.view()).compare(fb.view(), &mut scratch));
            assert_eq!((there.score, there.relaxed, there.share), (back.score, back.relaxed, back.share));
            let mut exchanged: Vec<(usize, usize)> = back.pairs.iter().map(|pair| (pair.b, pair.a)).collect();
            exchanged.sort_unstable();
            let pairs: Vec<(usize, usize)> = there.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
            assert_eq!(pairs, exchanged);
            assert!(pairs.iter().all(|&(i, j)| i < a.len() && j < b.len()));
            assert_eq!(there.motion.is_none(), pairs.is_empty());
        }
    }

    #[test]
    fn places_are_one_to_one_also_of_equal_minutiae() {
        let mut minutiae = finger(1, 30);
        minutiae.extend_from_within(..10);
        let features = FingerFeatures::new(&minutiae);
        let mut places = places(features.view().minutiae, &minutiae);
        for (place, minutia) in places.iter().zip(features.view().minutiae) {
            assert_eq!(minutiae[*place], *minutia);
        }
        places.sort_unstable();
        assert_eq!(places, (0..40).collect::<Vec<_>>());
    }
}
