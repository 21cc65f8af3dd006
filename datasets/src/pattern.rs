//! The ridge flow of a finger: pattern class, singular points, orientation field.

use std::f32::consts::TAU;

use crate::math::{atan2, exp, sin_cos};
use crate::random::Random;

/// A pattern class, as in the Henry system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Ridges cross from side to side; no singular point.
    Arch,
    /// An arch with a core right above a delta.
    TentedArch,
    /// Ridges enter and leave at the left of the picture; delta at the right.
    LeftLoop,
    /// Ridges enter and leave at the right of the picture; delta at the left.
    RightLoop,
    /// Two cores and two deltas.
    Whorl,
}

/// Shares in percent of arch, tented arch, ulnar loop, radial loop and whorl for thumb, index,
/// middle, ring and little finger: rounded figures of the dermatoglyphic literature, adjusted so
/// that all ten fingers together have the natural shares that Wilson, Candela and Watson (1994)
/// give for five classes (3.7, 2.9, 33.8 left, 31.7 right, 27.9 whorl).
const SHARES: [[f32; 5]; 5] = [
    [3.0, 0.8, 58.0, 0.4, 37.8],
    [6.5, 6.0, 36.5, 19.0, 32.0],
    [5.5, 4.5, 70.0, 2.5, 17.5],
    [1.8, 1.7, 57.0, 1.0, 38.5],
    [1.7, 1.5, 83.0, 0.8, 13.0],
];

impl Pattern {
    /// Draws the pattern of a finger by its ISO/IEC 19794-2 code, `1..=10`. An ulnar loop opens
    /// towards the little finger: to the right on a right hand, as the picture shows it.
    pub(crate) fn draw(finger: u8, random: &mut Random) -> Self {
        let digit = usize::from(finger.wrapping_sub(1) % 5);
        let right_hand = finger <= 5;
        match random.pick(SHARES[digit]) {
            0 => Self::Arch,
            1 => Self::TentedArch,
            2 if right_hand => Self::RightLoop,
            2 => Self::LeftLoop,
            3 if right_hand => Self::LeftLoop,
            3 => Self::RightLoop,
            _ => Self::Whorl,
        }
    }
}

/// A smooth wave of the field, for what tells two fingers of one class apart.
struct Wave {
    kx: f32,
    ky: f32,
    phase: f32,
    amplitude: f32,
}

impl Wave {
    fn draw(random: &mut Random, length: (f32, f32), deviation: f32) -> Self {
        let k = TAU / random.range(length.0, length.1);
        let (sin, cos) = sin_cos(TAU * random.uniform());
        Self {
            kx: k * cos,
            ky: k * sin,
            phase: TAU * random.uniform(),
            amplitude: deviation * random.normal(),
        }
    }
}

/// The local ridge flow: its angle, and how the angle changes.
#[derive(Clone, Copy)]
pub(crate) struct Flow {
    /// Angle of the ridges in radians, meaningful modulo pi.
    pub(crate) angle: f32,
    /// Divergence of the unit tangent, in radians a pixel: how fast the ridges spread apart along
    /// the tangent. New ridges have to begin where it is positive.
    pub(crate) divergence: f32,
}

/// The orientation field of a finger. Lengths are pixels at 500 dpi, x to the right and y up,
/// the origin where the core of a loop is.
///
/// The zero-pole model of Sherlock and Monro (1993) - half the angle to each core minus half the
/// angle to each delta - with two smooth terms that it lacks: the arching of the ridges around the
/// finger tip, and a few long waves.
pub(crate) struct Field {
    /// Position and sign: +1/2 for a core, -1/2 for a delta.
    singular: Vec<(f32, f32, f32)>,
    arch: f32,
    bulge: f32,
    bulge_height: f32,
    waves: [Wave; 3],
}

impl Field {
    pub(crate) fn draw(pattern: Pattern, random: &mut Random) -> Self {
        let mut singular = Vec::with_capacity(4);
        let mut jitter = |deviation: f32| deviation * random.normal();
        let mut bulge = 0.0;
        match pattern {
            Pattern::Arch => bulge = 0.55 + jitter(0.15),
            Pattern::TentedArch => {
                let x = jitter(8.0);
                singular.push((x, jitter(10.0), 0.5));
                singular.push((x + jitter(10.0), -90.0 + jitter(20.0), -0.5));
                bulge = 0.2;
            }
            Pattern::LeftLoop | Pattern::RightLoop => {
                let side = if pattern == Pattern::LeftLoop { 1.0 } else { -1.0 };
                singular.push((jitter(8.0), jitter(10.0), 0.5));
                singular.push((side * (95.0 + jitter(24.0)).max(30.0), -145.0 + jitter(32.0), -0.5));
            }
            Pattern::Whorl => {
                let half = (24.0 + jitter(12.0)).abs().max(5.0);
                let lean = jitter(12.0);
                singular.push((lean, half + jitter(6.0), 0.5));
                singular.push((-lean, -half + jitter(6.0), 0.5));
                singular.push(((115.0 + jitter(22.0)).max(50.0), -140.0 + jitter(32.0), -0.5));
                singular.push(((-115.0 + jitter(22.0)).min(-50.0), -140.0 + jitter(32.0), -0.5));
            }
        }
        let arch = 0.75 + jitter(0.13);
        let bulge_height = -40.0 + jitter(20.0);
        let waves = [0; 3].map(|_| Wave::draw(random, (220.0, 520.0), 0.07));
        Self { singular, arch, bulge, bulge_height, waves }
    }

    /// The places of cores and deltas.
    pub(crate) fn singular_points(&self) -> impl Iterator<Item = (f32, f32)> {
        self.singular.iter().map(|&(x, y, _)| (x, y))
    }

    pub(crate) fn at(&self, x: f32, y: f32) -> Flow {
        let (mut dx, mut dy) = (0.0, 0.0);
        // The sum of the angles is that of the product of vectors: one arc tangent for all. Half of
        // it is known modulo pi only, as a ridge angle is.
        let (mut re, mut im) = (1.0_f32, 0.0_f32);
        for &(sx, sy, half) in &self.singular {
            let (rx, ry) = (x - sx, y - sy);
            let turned = if half > 0.0 { ry } else { -ry };
            (re, im) = (re * rx - im * turned, re * turned + im * rx);
            // Nearer than a ridge the field has no meaning; the bound keeps it finite.
            let r2 = (rx * rx + ry * ry).max(36.0);
            dx -= half * ry / r2;
            dy += half * rx / r2;
        }
        let mut angle = 0.5 * atan2(im, re);
        // Above the core the ridges follow the tip; towards the crease they lie flat.
        let u = x / 120.0;
        let root = (1.0 + u * u).sqrt();
        let rise = 1.0 / (1.0 + exp(-(y + 50.0) / 70.0));
        angle -= self.arch * rise * u / root;
        dx -= self.arch * rise / (120.0 * root * root * root);
        dy -= self.arch * rise * (1.0 - rise) / 70.0 * u / root;
        if self.bulge != 0.0 {
            let (v, w) = (x / 75.0, (y - self.bulge_height) / 110.0);
            let hill = self.bulge * exp(-0.5 * (v * v + w * w));
            angle -= hill * v;
            dx -= hill * (1.0 - v * v) / 75.0;
            dy += hill * v * w / 110.0;
        }
        for wave in &self.waves {
            let (sin, cos) = sin_cos(wave.kx * x + wave.ky * y + wave.phase);
            angle += wave.amplitude * sin;
            dx += wave.amplitude * wave.kx * cos;
            dy += wave.amplitude * wave.ky * cos;
        }
        let (sin, cos) = sin_cos(angle);
        Flow { angle, divergence: cos * dy - sin * dx }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    const ALL: [Pattern; 5] =
        [Pattern::Arch, Pattern::TentedArch, Pattern::LeftLoop, Pattern::RightLoop, Pattern::Whorl];

    /// Difference of two ridge angles, in `-pi/2..=pi/2`.
    fn turn(from: f32, to: f32) -> f32 {
        let d = to - from;
        d - std::f32::consts::PI * (d / std::f32::consts::PI).round()
    }

    #[test]
    fn each_pattern_has_its_singular_points() {
        for pattern in ALL {
            for key in 0..20 {
                let field = Field::draw(pattern, &mut Random::new(7, Stream::Finger, [key, 0]));
                for &(x, y, half) in &field.singular {
                    // The Poincare index: the turns of the ridge angle around the point.
                    let mut index = 0.0;
                    let ring = |i: usize| {
                        let (sin, cos) = sin_cos(TAU * i as f32 / 64.0);
                        field.at(x + 4.0 * cos, y + 4.0 * sin).angle
                    };
                    for i in 0..64 {
                        index += turn(ring(i), ring(i + 1));
                    }
                    assert!((index / TAU - half).abs() < 0.01, "{pattern:?}: {}", index / TAU);
                }
            }
        }
    }

    #[test]
    fn the_divergence_is_that_of_the_tangent() {
        for pattern in ALL {
            let field = Field::draw(pattern, &mut Random::new(9, Stream::Finger, [1, 0]));
            for (x, y) in [(60.0, 80.0), (-70.0, 40.0), (30.0, -60.0), (-90.0, -180.0)] {
                let h = 0.5;
                let here = field.at(x, y);
                let (sin, cos) = sin_cos(here.angle);
                let dx = turn(field.at(x - h, y).angle, field.at(x + h, y).angle) / (2.0 * h);
                let dy = turn(field.at(x, y - h).angle, field.at(x, y + h).angle) / (2.0 * h);
                let expected = cos * dy - sin * dx;
                assert!((here.divergence - expected).abs() < 2e-4, "{pattern:?} {x} {y}");
            }
        }
    }

    #[test]
    fn loops_open_to_their_side_and_below_the_ridges_lie_flat() {
        for (pattern, side) in [(Pattern::LeftLoop, -1.0_f32), (Pattern::RightLoop, 1.0)] {
            let field = Field::draw(pattern, &mut Random::new(3, Stream::Finger, [0, 0]));
            // Along the legs, ridges point from the core down to the loop's own side.
            let leg = field.at(side * 60.0, -60.0).angle;
            assert!(turn(leg, -side * std::f32::consts::FRAC_PI_4).abs() < 0.7, "{pattern:?} {leg}");
            assert!(turn(field.at(0.0, -260.0).angle, 0.0).abs() < 0.6);
        }
    }

    #[test]
    fn shares_over_ten_fingers_are_the_natural_ones() {
        let mut counts = [0_u32; 5];
        for person in 0..4_000 {
            for finger in 1..=10 {
                let mut random = Random::new(5, Stream::Finger, [person, u64::from(finger)]);
                counts[Pattern::draw(finger, &mut random) as usize] += 1;
            }
        }
        let natural = [3.7, 2.9, 33.8, 31.7, 27.9];
        for (count, share) in counts.iter().zip(natural) {
            assert!((f64::from(*count) / 400.0 - share).abs() < 2.0, "{counts:?}");
        }
    }
}
