//! Mated minutiae of two impressions of a finger.

use super::impression::LabelledImpression;
use crate::fingerprint::features::geometry::Geometry;
use crate::fingerprint::score::probe::{FingerProbe, Scratch};
use crate::units::Score;

/// Impressions of one finger that score below this are not used: about one false match in some thousand
/// non-mated comparisons.
const LEAST_SCORE: f32 = 2.0;
/// Least number of pairs of the matcher that fix the motion.
const LEAST_PAIRS: usize = 6;
/// Two minutiae are the same one if the motion takes one this near the other, pixels ...
const REACH: f32 = 14.0;
/// ... and turns it to within 0.4 radians: its cosine.
const TURN_COSINE: f32 = 0.921;
/// A pair of directions fixes the rotation like a lever of this length, pixels.
const LEVER: f32 = 50.0;

/// The indices of mated minutiae in two impressions of one finger, one to one; nothing if the matcher
/// does not find the impressions to be mated.
pub(super) fn find_mates(
    a: &LabelledImpression,
    b: &LabelledImpression,
    scratch: &mut Scratch,
) -> Vec<(usize, usize)> {
    let probe = FingerProbe::new(a.features.view());
    let terms = probe.terms(b.features.view(), Score::LOWEST, scratch);
    if terms.score().get() < LEAST_SCORE {
        return Vec::new();
    }
    let mut pairs = scratch.matched();
    if terms.is_swapped {
        pairs.iter_mut().for_each(|(first, second, _)| std::mem::swap(first, second));
    }
    if pairs.len() < LEAST_PAIRS {
        return Vec::new();
    }
    let [a, b] = [a, b].map(|impression| {
        let mut geometry = Geometry::default();
        geometry.fill(impression.features.view().minutiae);
        geometry
    });
    mutually_nearest(&a, &b, &Motion::fit(&a, &b, &pairs))
}

/// A rigid motion: a turn, then a shift.
struct Motion {
    cos: f32,
    sin: f32,
    shift: [f32; 2],
}

impl Motion {
    /// The motion that fits pairs best by least squares, each weighted by its support.
    fn fit(a: &Geometry, b: &Geometry, pairs: &[(usize, usize, f32)]) -> Self {
        let weight = |support: f32| support + 0.01;
        let total: f32 = pairs.iter().map(|pair| weight(pair.2)).sum();
        let mean = |of: &dyn Fn(&(usize, usize, f32)) -> f32| {
            pairs.iter().map(|pair| weight(pair.2) * of(pair)).sum::<f32>() / total
        };
        let middle_a = [mean(&|pair| a.x[pair.0]), mean(&|pair| a.y[pair.0])];
        let middle_b = [mean(&|pair| b.x[pair.1]), mean(&|pair| b.y[pair.1])];
        let (mut cos, mut sin) = (0.0, 0.0);
        for &(i, j, support) in pairs {
            let (ax, ay) = (a.x[i] - middle_a[0], a.y[i] - middle_a[1]);
            let (bx, by) = (b.x[j] - middle_b[0], b.y[j] - middle_b[1]);
            let lever = LEVER * LEVER;
            cos +=
                weight(support) * (ax * bx + ay * by + lever * (a.cos[i] * b.cos[j] + a.sin[i] * b.sin[j]));
            sin +=
                weight(support) * (ax * by - ay * bx + lever * (a.cos[i] * b.sin[j] - a.sin[i] * b.cos[j]));
        }
        let length = (cos * cos + sin * sin).sqrt().max(f32::MIN_POSITIVE);
        let (cos, sin) = (cos / length, sin / length);
        let shift = [
            middle_b[0] - (cos * middle_a[0] - sin * middle_a[1]),
            middle_b[1] - (sin * middle_a[0] + cos * middle_a[1]),
        ];
        Self { cos, sin, shift }
    }
}

/// The minutiae that are each other's nearest within the limits once the first finger has moved.
fn mutually_nearest(a: &Geometry, b: &Geometry, motion: &Motion) -> Vec<(usize, usize)> {
    let distance = |i: usize, j: usize| {
        let x = motion.cos * a.x[i] - motion.sin * a.y[i] + motion.shift[0] - b.x[j];
        let y = motion.sin * a.x[i] + motion.cos * a.y[i] + motion.shift[1] - b.y[j];
        let (cos, sin) =
            (motion.cos * a.cos[i] - motion.sin * a.sin[i], motion.sin * a.cos[i] + motion.cos * a.sin[i]);
        let square = x * x + y * y;
        let near = square <= REACH * REACH && cos * b.cos[j] + sin * b.sin[j] >= TURN_COSINE;
        if near { square } else { f32::INFINITY }
    };
    let nearest = |distances: &mut dyn Iterator<Item = (usize, f32)>| {
        distances.filter(|(_, d)| d.is_finite()).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
    };
    let of_b: Vec<Option<usize>> =
        (0..b.len()).map(|j| nearest(&mut (0..a.len()).map(|i| (i, distance(i, j))))).collect();
    (0..a.len())
        .filter_map(|i| {
            let j = nearest(&mut (0..b.len()).map(|j| (j, distance(i, j))))?;
            (of_b[j] == Some(i)).then_some((i, j))
        })
        .collect()
}
