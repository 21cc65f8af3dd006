//! Random numbers by key: any stream can be started anywhere without drawing the others.

use crate::math;

/// What a stream is for. Every part of the data draws from its own stream, so that a change in one
/// leaves the others as they were.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Citizen = 1,
    Finger = 2,
    Impression = 3,
    FaceWorld = 4,
    FaceIdentity = 5,
    FaceTemplate = 6,
    Extractor = 7,
    Ridges = 8,
    Picture = 9,
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
pub(crate) struct Random {
    state: u64,
    spare: Option<f32>,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number that depends on every bit of seed, stream and key.
pub(crate) fn hash(seed: u64, stream: Stream, key: [u64; 2]) -> u64 {
    let mut state = mix(seed.wrapping_add(GOLDEN));
    for part in [stream as u64, key[0], key[1]] {
        state = mix(state.wrapping_add(GOLDEN) ^ mix(part.wrapping_add(GOLDEN)));
    }
    state
}

impl Random {
    pub(crate) fn new(seed: u64, stream: Stream, key: [u64; 2]) -> Self {
        Self { state: hash(seed, stream, key), spare: None }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in `0..1`.
    pub(crate) fn uniform(&mut self) -> f32 {
        (self.bits() >> 40) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform in `low..high`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.uniform() < probability
    }

    /// `1.0` or `-1.0`.
    pub(crate) fn sign(&mut self) -> f32 {
        if self.bits() >> 63 == 0 { 1.0 } else { -1.0 }
    }

    /// Normal with mean 0 and deviation 1, by the method of Box and Muller.
    pub(crate) fn normal(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * math::ln(1.0 - self.uniform())).max(0.0).sqrt();
        let (sin, cos) = math::sin_cos(std::f32::consts::TAU * self.uniform());
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Poisson with a mean up to about 50, by products of uniforms.
    pub(crate) fn poisson(&mut self, mean: f32) -> u32 {
        let limit = math::exp(-mean);
        let (mut product, mut count) = (self.uniform(), 0);
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }

    /// An index drawn with the given weights.
    pub(crate) fn pick<const N: usize>(&mut self, weights: [f32; N]) -> usize {
        let mut rest = self.uniform() * weights.iter().sum::<f32>();
        for (index, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return index;
            }
        }
        N - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut random = Random::new(1, Stream::Finger, [2, 3]);
        let n = 200_000;
        let (mut sum, mut squares, mut counts) = (0.0_f64, 0.0_f64, 0_u64);
        for _ in 0..n {
            let x = f64::from(random.normal());
            sum += x;
            squares += x * x;
            counts += u64::from(random.poisson(7.5));
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.01 && (squares / n - 1.0).abs() < 0.01);
        assert!((counts as f64 / n - 7.5).abs() < 0.03);
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let base = hash(1, Stream::Finger, [2, 3]);
        assert_ne!(base, hash(2, Stream::Finger, [2, 3]));
        assert_ne!(base, hash(1, Stream::Citizen, [2, 3]));
        assert_ne!(base, hash(1, Stream::Finger, [3, 2]));
        assert_ne!(base, hash(1, Stream::Finger, [2, 4]));
    }
}
