//! The generalised Pareto distribution, the law that excesses over a high threshold approach (Pickands, 1975).

/// Excesses over a threshold: `P(excess > z) = (1 + shape z / scale)^(-1 / shape)`, `exp(-z / scale)` for a shape
/// of zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pareto {
    pub(super) shape: f64,
    pub(super) scale: f64,
}

/// Beyond this the mean hardly exists, and the estimate is not to be trusted.
const MOST_SHAPE: f64 = 0.5;

impl Pareto {
    /// Fits weighted excesses, rising, by probability-weighted moments (Hosking and Wallis, 1987), which need no
    /// iteration and hold for few excesses. The shape is never below zero: such a tail would end at a score
    /// beyond which no non-mate comes, which no sample can show. It then is the exponential of the same mean.
    /// `None` if the excesses do not spread.
    pub(super) fn fit(excesses: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        let total: f64 = excesses.clone().map(|(_, weight)| weight).sum();
        let (mut below, mut mean, mut upper) = (0.0, 0.0, 0.0);
        for (excess, weight) in excesses {
            // Their plotting positions are (i - 0.35) / n: below each excess lie the weights before it.
            let position = (below + 0.65 * weight) / total;
            mean += weight * excess / total;
            upper += weight * excess * (1.0 - position) / total;
            below += weight;
        }
        if !(mean > 0.0 && mean.is_finite()) {
            return None;
        }
        let shape = 2.0 - mean / (mean - 2.0 * upper);
        if shape.is_nan() || shape <= 0.0 {
            return Some(Self { shape: 0.0, scale: mean });
        }
        let shape = shape.min(MOST_SHAPE);
        // The scale that keeps the mean.
        Some(Self { shape, scale: mean * (1.0 - shape) })
    }

    /// The natural logarithm of the share above an excess.
    pub(super) fn log_survival(&self, excess: f64) -> f64 {
        let z = excess.max(0.0) / self.scale;
        if self.shape > 0.0 { -(self.shape * z).ln_1p() / self.shape } else { -z }
    }

    /// The greatest distance between the fitted and the observed distribution of excesses, rising, in units of the
    /// root of their count (Kolmogorov and Smirnov).
    pub(super) fn distance(&self, excesses: &[f64]) -> f64 {
        let n = excesses.len() as f64;
        let distance = |(i, &excess): (usize, &f64)| {
            let below = 1.0 - self.log_survival(excess).exp();
            (below - i as f64 / n).abs().max((below - (i as f64 + 1.0) / n).abs())
        };
        excesses.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Excesses at the quantiles of a law: no randomness needed.
    fn quantiles(law: Pareto, n: usize) -> Vec<f64> {
        let quantile = |i: usize| {
            let above = 1.0 - (i as f64 + 0.5) / n as f64;
            match law.shape {
                0.0 => -law.scale * above.ln(),
                shape => law.scale * (above.powf(-shape) - 1.0) / shape,
            }
        };
        (0..n).map(quantile).collect()
    }

    fn equal(excesses: &[f64]) -> impl Iterator<Item = (f64, f64)> + Clone {
        excesses.iter().map(|&excess| (excess, 1.0))
    }

    #[test]
    fn known_parameters_are_recovered() {
        for (shape, scale) in [(0.0, 1.0), (0.0, 7.5), (0.1, 1.0), (0.25, 0.2), (0.4, 3.0)] {
            let law = Pareto { shape, scale };
            let excesses = quantiles(law, 2_000);
            let found = Pareto::fit(equal(&excesses)).unwrap();
            assert!((found.shape - shape).abs() < 0.03, "{law:?}: {found:?}");
            assert!((found.scale / scale - 1.0).abs() < 0.03, "{law:?}: {found:?}");
            assert!(found.distance(&excesses) < 0.5, "{law:?}: {}", found.distance(&excesses));
            let far = 10.0 * scale;
            assert!((found.log_survival(far) - law.log_survival(far)).abs() < 0.8, "{law:?}: {found:?}");
        }
    }

    /// A weight of two is the same excess twice, but for where its halves stand among the others.
    #[test]
    fn weights_count_excesses() {
        let excesses = quantiles(Pareto { shape: 0.2, scale: 1.0 }, 500);
        let twice: Vec<f64> = excesses.iter().flat_map(|&excess| [excess; 2]).collect();
        let weighted = Pareto::fit(excesses.iter().map(|&excess| (excess, 2.0))).unwrap();
        let repeated = Pareto::fit(equal(&twice)).unwrap();
        assert!((weighted.shape - repeated.shape).abs() < 0.01, "{weighted:?} {repeated:?}");
        assert!((weighted.scale - repeated.scale).abs() < 0.01, "{weighted:?} {repeated:?}");
    }

    #[test]
    fn a_tail_that_ends_is_taken_for_an_exponential() {
        let uniform: Vec<f64> = (0..1_000).map(|i| (f64::from(i) + 0.5) / 1_000.0).collect();
        let found = Pareto::fit(equal(&uniform)).unwrap();
        assert_eq!(found.shape, 0.0);
        assert!((found.scale - 0.5).abs() < 1e-9);
        // An exponential is not a uniform distribution, and the distance says so.
        assert!(found.distance(&uniform) > 3.0, "{}", found.distance(&uniform));
        assert_eq!(Pareto::fit(equal(&[0.0; 20])), None);
    }
}
