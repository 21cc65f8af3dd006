//! Random numbers that repeat.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(SplitMix64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// About normal: the sum of twelve uniform numbers, which needs no logarithm.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.next() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0
    }

    /// Keeps a random part of at most `most`, in its order.
    pub(super) fn keep<T>(&mut self, all: &mut Vec<T>, most: usize) {
        let (mut left, mut wanted) = (all.len() as u64, most as u64);
        all.retain(|_| {
            let kept = wanted > 0 && self.next() % left < wanted;
            left -= 1;
            wanted -= u64::from(kept);
            kept
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_as_many_as_asked_in_order() {
        let mut random = Random::new(7);
        for (count, most) in [(0, 5), (5, 5), (5, 9), (1000, 10), (10, 0)] {
            let mut all: Vec<usize> = (0..count).collect();
            random.keep(&mut all, most);
            assert_eq!(all.len(), most.min(count));
            assert!(all.is_sorted());
        }
    }
}
