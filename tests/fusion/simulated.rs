//! Scores whose distributions are known: normal, around 0 for non-mates and around `MATED` for mates.

use biomatch::calibration::{Calibration, ComparisonSet, Fit};
use biomatch::units::Score;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// The mean of mated scores; the variances are one.
pub(crate) const MATED: f64 = 3.0;

/// A stream of normal numbers.
pub(crate) struct Normal(SplitMix64);

impl Normal {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Box and Muller.
    pub(crate) fn draw(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

pub(crate) fn score(x: f64) -> Score {
    Score::new(x as f32).unwrap()
}

/// All comparisons of subjects, five mated ones of each. `effect` is the part of the variance of non-mated scores that
/// the two subjects bring along.
pub(crate) fn comparisons(seed: u64, subjects: u32, effect: f64) -> Vec<([u32; 2], Score)> {
    let mut normal = Normal::new(seed);
    let own: Vec<f64> = (0..subjects).map(|_| normal.draw()).collect();
    let mut found = Vec::new();
    for a in 0..subjects {
        for b in 0..a {
            let shared = (own[a as usize] + own[b as usize]) * (effect / 2.0).sqrt();
            found.push(([a, b], score(shared + (1.0 - effect).sqrt() * normal.draw())));
        }
        found.extend((0..5).map(|_| ([a, a], score(MATED + normal.draw()))));
    }
    found
}

pub(crate) fn table(seed: u64, subjects: u32, effect: f64) -> Calibration {
    let set = ComparisonSet::of_subjects("simulated", comparisons(seed, subjects, effect));
    Fit::new("simulated", "test").set(set).finish().unwrap()
}

/// The share of a standard normal distribution above a number, for numbers above zero: Abramowitz and Stegun, 7.1.26.
pub(crate) fn above(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x / 2.0_f64.sqrt());
    let sum = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    sum.iter().fold(0.0, |all, c| (all + c) * t) * (-x * x / 2.0).exp() / 2.0
}
