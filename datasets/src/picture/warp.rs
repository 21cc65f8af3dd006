//! Where each pixel of a picture lies on the skin: rotation, scale, and the waves of drawn skin.

use std::f32::consts::{PI, TAU};

use super::ridges::Ridges;
use crate::capture::Capture;
use crate::math::{exp, exp_i, sin_cos};
use crate::random::Random;

/// A map from a picture to the skin, both with y down.
pub(super) struct Warp {
    /// The middle of the picture, and where it lies on the skin.
    middle: (f32, f32),
    place: (f32, f32),
    /// By rows.
    matrix: [f32; 4],
    waves: Vec<Wave>,
}

/// A vector times a sine, in pixels of the picture from its middle.
struct Wave {
    k: (f32, f32),
    phase: f32,
    shift: (f32, f32),
}

/// Steps towards the place in the picture of a point of the skin; each makes the error a few times smaller.
const INVERSION_STEPS: usize = 12;

impl Warp {
    /// Any place and turn: more than captures vary, so that a network learns the ridges and not the sensor.
    pub(super) fn for_training(ridges: &Ridges, size: usize, random: &mut Random) -> Self {
        let half = size as f32 / 2.0;
        let turn = if random.chance(0.8) { 0.45 * random.normal() } else { random.range(-PI, PI) };
        let (cos, sin) = exp_i(turn);
        let scale = exp(0.09 * random.normal().clamp(-2.5, 2.5));
        let aspect = exp(0.05 * random.normal());
        let shear = 0.05 * random.normal();
        let (a, d) = (scale * aspect, scale / aspect);
        let matrix = [cos * a, cos * shear - sin * d, sin * a, sin * shear + cos * d];
        let inset = |length: usize| (0.47 * size as f32).min(length as f32 / 2.0);
        let place = (
            random.range(inset(ridges.width), ridges.width as f32 - inset(ridges.width)),
            random.range(inset(ridges.height), ridges.height as f32 - inset(ridges.height)),
        );
        let waves = (0..3).map(|_| Wave::draw((60.0, 300.0), |k| 0.05 / k, random)).collect();
        Self { middle: (half, half), place, matrix, waves }
    }

    /// As a finger lies on the sensor of a capture: see [`Capture`].
    pub(super) fn of_capture(ridges: &Ridges, capture: &Capture, random: &mut Random) -> Self {
        let careless = if random.chance(capture.rotation_careless) { 3.0 } else { 1.0 };
        let turn = (capture.rotation * careless * random.normal().clamp(-3.0, 3.0)).to_radians();
        let (cos, sin) = exp_i(turn);
        let careless = if random.chance(capture.distortion_careless) { 2.5 } else { 1.0 };
        let room = |deviation: f32, length: usize, random: &mut Random| {
            let most = 0.15 * length as f32;
            (deviation * random.normal()).clamp(-most, most)
        };
        let x = room(capture.placement.0, ridges.width, random);
        let y = room(capture.placement.1, ridges.height, random);
        let shift = capture.distortion * careless;
        Self {
            middle: (f32::from(capture.width) / 2.0, f32::from(capture.height) / 2.0),
            place: (ridges.centre.0 + x, ridges.centre.1 + y),
            matrix: [cos, -sin, sin, cos],
            waves: (0..3).map(|_| Wave::draw((220.0, 600.0), |_| shift, random)).collect(),
        }
    }

    /// The place on the skin of a place in the picture.
    pub(super) fn to_skin(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (u, v) = (x - self.middle.0, y - self.middle.1);
        let mut skin = self.linear(u, v);
        for wave in &self.waves {
            let sin = sin_cos(wave.k.0 * u + wave.k.1 * v + wave.phase).0;
            skin.0 += wave.shift.0 * sin;
            skin.1 += wave.shift.1 * sin;
        }
        skin
    }

    fn linear(&self, u: f32, v: f32) -> (f32, f32) {
        let m = &self.matrix;
        (self.place.0 + m[0] * u + m[1] * v, self.place.1 + m[2] * u + m[3] * v)
    }

    /// The places on the skin of a row of pixels: as [`Warp::to_skin`], with one turn of each wave per pixel in place
    /// of a sine.
    pub(super) fn row_to_skin(&self, y: usize, row: &mut [(f32, f32)]) {
        let v = y as f32 - self.middle.1;
        for (x, place) in row.iter_mut().enumerate() {
            *place = self.linear(x as f32 - self.middle.0, v);
        }
        for wave in &self.waves {
            let (mut cos, mut sin) = exp_i(wave.phase + wave.k.1 * v - wave.k.0 * self.middle.0);
            let step = exp_i(wave.k.0);
            for place in row.iter_mut() {
                place.0 += wave.shift.0 * sin;
                place.1 += wave.shift.1 * sin;
                (cos, sin) = (cos * step.0 - sin * step.1, sin * step.0 + cos * step.1);
            }
        }
    }

    /// The place in the picture of a place on the skin.
    pub(super) fn in_picture(&self, skin: (f32, f32)) -> (f32, f32) {
        let mut place = self.middle;
        for _ in 0..INVERSION_STEPS {
            let there = self.to_skin(place);
            let (u, v) = solve(self.matrix, (skin.0 - there.0, skin.1 - there.1));
            place = (place.0 + u, place.1 + v);
        }
        place
    }

    /// How the place on the skin changes with the place in the picture, by rows.
    fn slope(&self, (x, y): (f32, f32)) -> [f32; 4] {
        let (u, v) = (x - self.middle.0, y - self.middle.1);
        let mut m = self.matrix;
        for wave in &self.waves {
            let cos = sin_cos(wave.k.0 * u + wave.k.1 * v + wave.phase).1;
            m[0] += wave.shift.0 * wave.k.0 * cos;
            m[1] += wave.shift.0 * wave.k.1 * cos;
            m[2] += wave.shift.1 * wave.k.0 * cos;
            m[3] += wave.shift.1 * wave.k.1 * cos;
        }
        m
    }

    /// The direction in the picture of a direction on the skin, at a place of the picture; a unit vector.
    pub(super) fn direction_in_picture(&self, place: (f32, f32), direction: (f32, f32)) -> (f32, f32) {
        let (u, v) = solve(self.slope(place), direction);
        let length = (u * u + v * v).sqrt().max(1e-6);
        (u / length, v / length)
    }
}

impl Wave {
    fn draw(lengths: (f32, f32), deviation: impl Fn(f32) -> f32, random: &mut Random) -> Self {
        let k = TAU / random.range(lengths.0, lengths.1);
        let (cos, sin) = exp_i(TAU * random.uniform());
        let phase = TAU * random.uniform();
        let deviation = deviation(k);
        let normal = |random: &mut Random| deviation * random.normal().clamp(-2.5, 2.5);
        Self { k: (k * cos, k * sin), phase, shift: (normal(random), normal(random)) }
    }
}

/// The vector that a matrix takes to another.
fn solve(m: [f32; 4], (x, y): (f32, f32)) -> (f32, f32) {
    let determinant = m[0] * m[3] - m[1] * m[2];
    ((m[3] * x - m[1] * y) / determinant, (m[0] * y - m[2] * x) / determinant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizen::Population;
    use crate::random::Stream;

    #[test]
    fn points_and_directions_go_through_the_map_and_back() {
        let Some(finger) = Population::with(4, 2, 0.0).citizen(0).finger(3) else { return };
        let ridges = finger.ridges();
        let mut worst = 0.0_f32;
        for number in 0..40 {
            let mut random = Random::new(1, Stream::Picture, [number, 0]);
            let warp = Warp::for_training(&ridges, 160, &mut random);
            let mut row = vec![(0.0, 0.0); 160];
            for y in [0, 40, 159] {
                warp.row_to_skin(y, &mut row);
                for x in [0, 70, 159] {
                    let skin = warp.to_skin((x as f32, y as f32));
                    assert!((row[x].0 - skin.0).abs() < 1e-2 && (row[x].1 - skin.1).abs() < 1e-2);
                    let back = warp.in_picture(skin);
                    worst = worst.max((back.0 - x as f32).abs()).max((back.1 - y as f32).abs());
                    // A short way in the picture and its image on the skin have the same direction.
                    let direction = exp_i(number as f32);
                    let end = (x as f32 + 0.5 * direction.0, y as f32 + 0.5 * direction.1);
                    let there = warp.to_skin(end);
                    let got =
                        warp.direction_in_picture((x as f32, y as f32), (there.0 - skin.0, there.1 - skin.1));
                    assert!(got.0 * direction.0 + got.1 * direction.1 > 0.999);
                }
            }
        }
        assert!(worst < 0.02, "{worst} px");
    }
}
