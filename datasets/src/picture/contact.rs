//! Where the finger touches the sensor, and what lies beside it.

use super::noise::{dots, smooth};
use super::plane::Plane;
use super::skin::patch;
use crate::math::soft_step;
use crate::random::Random;

/// The skin in contact: an ellipse.
pub(super) struct Ellipse {
    pub(super) centre: (f32, f32),
    pub(super) radii: (f32, f32),
}

impl Ellipse {
    /// One whose edge may pass through a crop, for half of the crops.
    pub(super) fn for_training(size: usize, random: &mut Random) -> Option<Self> {
        let size = size as f32;
        let centre = (random.range(-40.0, size + 40.0), random.range(-40.0, size + 40.0));
        let radii = (random.range(100.0, 230.0), random.range(110.0, 260.0));
        random.chance(0.5).then_some(Self { centre, radii })
    }

    /// How far inside a place is, roughly in pixels; negative outside.
    fn depth(&self, x: f32, y: f32) -> f32 {
        let (u, v) = ((x - self.centre.0) / self.radii.0, (y - self.centre.1) / self.radii.1);
        (1.0 - u * u - v * v) * 0.25 * (self.radii.0 + self.radii.1)
    }
}

/// Takes the ink outside of the contact away, with a ragged edge towards which ridges fade, and puts dirt there.
/// Returns the share of contact of each pixel.
pub(super) fn touch(ink: &mut Plane, ellipse: Option<&Ellipse>, random: &mut Random) -> Plane {
    let (width, height) = (ink.width, ink.height);
    let Some(ellipse) = ellipse else {
        return Plane::filled(width, height, 1.0);
    };
    let (ragged, torn) = (random.range(2.0, 12.0), random.range(0.0, 6.0));
    let mut depth = smooth(width, height, 14.0, random);
    depth.combine(&smooth(width, height, 4.0, random), |a, b| ragged * a + torn * b);
    for (y, row) in depth.values.chunks_exact_mut(width).enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            *value += ellipse.depth(x as f32, y as f32);
        }
    }
    let sharpness = 1.0 / random.range(1.0, 8.0);
    let fading = random.range(0.0, 0.8);
    let mut contact = depth.clone();
    contact.change(|d| soft_step(d * sharpness));
    ink.combine(&contact, |v, share| v * share);
    ink.combine(&depth, |v, d| v * (1.0 - fading * (1.0 - soft_step(d / 12.0))));
    if random.chance(0.25) {
        let strength = random.range(0.0, 0.8);
        let mut dirt = dots(width, height, 0.012, 0.8, random);
        dirt.combine(&patch(width, height, 20.0, (0.0, 0.0), 3.0, random), |v, share| strength * v * share);
        dirt.combine(&depth, |v, d| v * soft_step((d + 25.0) / 8.0));
        dirt.combine(&contact, |v, share| v * (1.0 - share));
        ink.combine(&dirt, f32::max);
    }
    contact
}

/// What an earlier finger left on the sensor: its pattern, faint, in patches.
pub(super) fn residue(ink: &mut Plane, pattern: &Plane, random: &mut Random) {
    let strength = random.range(0.05, 0.4);
    let mut ghost = patch(ink.width, ink.height, 30.0, (-0.5, 0.8), 4.0, random);
    ghost.combine(pattern, |share, c| strength * share * soft_step((c - 0.1) * 6.0));
    ink.combine(&ghost, f32::max);
}
