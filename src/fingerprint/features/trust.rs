//! How far each minutia of a finger can be trusted.
//!
//! Before any comparison, two facts predict whether a mate shows a minutia again: the quality that the
//! extractor reports, and the distance from other minutiae. False minutiae occur in crowds, at scars, creases
//! and in noise. `docs/notes/fingerprint-matching.md` has the measurements by extractor.

use crate::fingerprint::parameters::{CROWD_DISTANCE, CROWD_WEIGHT, MOST_TRUST};
use crate::kernels::lanes::LANES;
use crate::template::Minutia;

/// By column, one place for each minutia and, of zeros, for the padding. Reused without allocation.
#[derive(Clone, Debug, Default)]
pub(in crate::fingerprint) struct Trust {
    /// About one on the mean, so that a finger of even quality is as if there were no trust.
    pub(in crate::fingerprint) weight: Vec<f32>,
    /// The fourth root of the weight. The product of two, and the square of that, are what a pair counts
    /// for, less or more strongly.
    pub(in crate::fingerprint) root: Vec<f32>,
}

impl Trust {
    /// Takes in a finger: `x` and `y` are the padded columns of its minutiae, in pixels.
    ///
    /// The weight of a minutia is its quality (a missing one counts as the mean of the others), reduced by
    /// the crowd around it, and divided by the mean of the finger.
    #[inline(always)]
    pub(in crate::fingerprint) fn fill(&mut self, minutiae: &[Minutia], x: &[f32], y: &[f32]) {
        let reported = minutiae.iter().filter_map(|m| m.quality()).map(|quality| u32::from(quality.get()));
        let (sum, count) = reported.fold((0, 0_u16), |(sum, count), quality| (sum + quality, count + 1));
        let unreported = if count == 0 { 1.0 } else { sum as f32 / f32::from(count) };
        self.weight.clear();
        self.weight.resize(x.len(), 0.0);
        let (x_chunks, y_chunks) = (x.as_chunks::<LANES>().0, y.as_chunks::<LANES>().0);
        let (weights, _) = self.weight.as_chunks_mut::<LANES>();
        for ((weights, x_chunk), y_chunk) in weights.iter_mut().zip(x_chunks).zip(y_chunks) {
            let mut crowd = [0.0; LANES];
            for (x, y) in x.iter().zip(y).take(minutiae.len()) {
                for lane in 0..LANES {
                    let (dx, dy) = (x_chunk[lane] - x, y_chunk[lane] - y);
                    let far = 1.0 + (dx * dx + dy * dy) * (1.0 / (CROWD_DISTANCE * CROWD_DISTANCE));
                    crowd[lane] += 1.0 / (far * far);
                }
            }
            for lane in 0..LANES {
                // A minutia is no crowd to itself.
                weights[lane] = 1.0 / (1.0 + CROWD_WEIGHT * (crowd[lane] - 1.0));
            }
        }
        let mut total = 0.0;
        for (weight, minutia) in self.weight.iter_mut().zip(minutiae) {
            *weight *= minutia.quality().map_or(unreported, |quality| f32::from(quality.get()));
            total += *weight;
        }
        let per_mean = if total > 0.0 { minutiae.len() as f32 / total } else { 0.0 };
        for weight in &mut self.weight[..minutiae.len()] {
            *weight = (*weight * per_mean).min(MOST_TRUST);
        }
        self.weight[minutiae.len()..].fill(0.0);
        self.root.clear();
        self.root.extend(self.weight.iter().map(|weight| weight.sqrt().sqrt()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::features::geometry::Geometry;
    use crate::units::{Angle, Length, Quality};
    use proptest::prelude::*;

    fn trust(minutiae: &[Minutia]) -> Vec<f32> {
        let mut geometry = Geometry::default();
        geometry.fill(minutiae);
        assert!(geometry.trust.weight[minutiae.len()..].iter().all(|weight| *weight == 0.0));
        geometry.trust.weight[..minutiae.len()].to_vec()
    }

    fn minutia(x: u16, y: u16, quality: u8) -> Minutia {
        let (x, y) = (Length::from_steps(x), Length::from_steps(y));
        Minutia::new(x, y, Angle::default(), Default::default(), Quality::new(quality))
    }

    /// From the definition, in double precision.
    fn plain(minutiae: &[Minutia]) -> Vec<f64> {
        let reported: Vec<f64> =
            minutiae.iter().filter_map(|m| m.quality()).map(|q| f64::from(q.get())).collect();
        let mean =
            if reported.is_empty() { 1.0 } else { reported.iter().sum::<f64>() / reported.len() as f64 };
        let at = |m: &Minutia| [m.x, m.y].map(|length| f64::from(length.steps()) * 0.0985);
        let raw: Vec<f64> = minutiae
            .iter()
            .enumerate()
            .map(|(i, m)| {
                let others = minutiae.iter().enumerate().filter(|(j, _)| *j != i);
                let crowd: f64 = others
                    .map(|(_, n)| (at(m)[0] - at(n)[0]).hypot(at(m)[1] - at(n)[1]) / 16.0)
                    .map(|distance| (1.0 + distance * distance).powi(-2))
                    .sum();
                m.quality().map_or(mean, |quality| f64::from(quality.get())) / (1.0 + 0.8 * crowd)
            })
            .collect();
        let mean = raw.iter().sum::<f64>() / raw.len() as f64;
        raw.iter().map(|weight| (weight / mean).min(4.0)).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(places in prop::collection::vec((0_u16..3000, 0_u16..3000, 0_u8..=100), 1..60)) {
            let minutiae: Vec<Minutia> = places.into_iter().map(|(x, y, q)| minutia(x, y, q)).collect();
            for (found, expected) in trust(&minutiae).into_iter().zip(plain(&minutiae)) {
                prop_assert!((f64::from(found) - expected).abs() < 1e-3 * expected.max(0.1), "{found} {expected}");
            }
        }
    }

    #[test]
    fn minutiae_that_stand_apart_and_are_alike_all_count_one() {
        let apart: Vec<Minutia> = (0..3).map(|i| minutia(20_000 * i, 0, 40)).collect();
        assert!(trust(&apart).iter().all(|weight| (weight - 1.0).abs() < 1e-6));
        assert!(trust(&[]).is_empty());
        assert_eq!(trust(&[minutia(5, 5, 0)]), [1.0]);
    }

    #[test]
    fn no_minutia_counts_more_than_four() {
        let mut minutiae: Vec<Minutia> = (0..20).map(|i| minutia(1000 * i, 0, 1)).collect();
        minutiae.push(minutia(0, 5000, 100));
        assert_eq!(trust(&minutiae)[20], MOST_TRUST);
    }
}
