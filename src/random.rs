//! Streams of random numbers: the same everywhere for the same seed.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// A stream of random numbers for sampling; not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Random(SplitMix64);

impl Random {
    /// A stream of its own for each pair of a seed and a stream number.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let start = SplitMix64::seed_from_u64(seed).next_u64() ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        Self(SplitMix64::seed_from_u64(start))
    }

    /// A number in `0..end`, by Lemire's multiplication; its bias is below `end / 2^64`. Zero if
    /// `end` is zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(end)) >> 64) as u64
    }

    /// A number from 0 up to 1, in steps of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How often each of so many is drawn when as many are drawn as there are, with replacement.
    pub(crate) fn draw_all(&mut self, count: usize) -> Vec<u32> {
        let mut times = vec![0; count];
        for _ in 0..count {
            if let Some(times) = times.get_mut(self.below(count as u64) as usize) {
                *times += 1;
            }
        }
        times
    }

    /// How often one of many is drawn when as many are drawn as there are: Poisson with mean one, by inversion.
    pub(crate) fn poisson(&mut self) -> f64 {
        let (mut left, mut share, mut count) = (self.unit(), (-1.0_f64).exp(), 0.0);
        while left >= share && count < 20.0 {
            left -= share;
            count += 1.0;
            share /= count;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports name their seed: what it samples must never change.
    #[test]
    fn gives_the_published_sequence() {
        let mut random = SplitMix64::seed_from_u64(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_stay_in_range_and_reach_both_ends() {
        let mut random = Random::new(1, 2);
        let seen: std::collections::BTreeSet<u64> = (0..200).map(|_| random.below(5)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn draws_have_mean_and_variance_one() {
        let mut random = Random::new(3, 4);
        let draws: Vec<f64> = (0..100_000).map(|_| random.poisson()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
