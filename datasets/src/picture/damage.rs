//! Creases, cracks and folds: places without ink that are not valleys.

use std::f32::consts::{PI, TAU};

use super::noise::{smooth, stretched};
use super::plane::Plane;
use super::skin::patch;
use crate::math::{exp, exp_i, sin_cos, soft_step};
use crate::random::Random;

/// Most creases of a picture of 160 x 160 pixels.
const CREASES: usize = 6;

/// Takes ink away where the skin is damaged. `bad` is how bad the skin is, from 0 to 1.
pub(super) fn damage(ink: &mut Plane, bad: f32, random: &mut Random) {
    let area = (ink.width * ink.height) as f32 / (160.0 * 160.0);
    let count = (CREASES as f32 * area.sqrt()) as usize;
    let share = if random.chance(0.15 + 0.2 * bad) { 0.44 } else { 0.14 };
    let parallel = random.chance(0.35).then(|| PI * random.uniform());
    for number in 0..count {
        let wide = number + 1 == count;
        if random.chance(if wide { 0.1 } else { share }) {
            let angle = match parallel {
                Some(angle) => angle + random.range(-0.15, 0.15),
                None => PI * random.uniform(),
            };
            let width = if wide { random.range(2.5, 7.0) } else { random.range(0.5, 2.2) };
            Line::draw(ink, angle, random).cut(ink, width, random.range(0.3, 1.0), random);
        }
    }
    if random.chance(0.22) {
        strokes(ink, random);
    }
    if random.chance(0.06 + 0.2 * bad) {
        crack(ink, random);
    }
    if random.chance(0.05) {
        flexion_crease(ink, random);
    }
}

/// A curved line across the picture.
struct Line {
    x: f32,
    y: f32,
    cos: f32,
    sin: f32,
    bend: f32,
    /// Height and wave number of its ripples.
    ripple: (f32, f32),
    half_length: f32,
}

impl Line {
    fn draw(ink: &Plane, angle: f32, random: &mut Random) -> Self {
        let (cos, sin) = exp_i(angle);
        Self {
            x: ink.width as f32 * random.uniform(),
            y: ink.height as f32 * random.uniform(),
            cos,
            sin,
            bend: random.range(-0.003, 0.003),
            ripple: (1.2 * random.uniform(), 1.0 / random.range(6.0, 20.0)),
            half_length: random.range(15.0, 120.0),
        }
    }

    /// Takes a share of the ink away within a half width of the line.
    fn cut(&self, ink: &mut Plane, width: f32, share: f32, random: &mut Random) {
        let ragged = smooth(ink.width, ink.height, 5.0, random);
        let columns = ink.width;
        let scale = 1.0 / width;
        for (y, row) in ink.values.chunks_exact_mut(columns).enumerate() {
            let dy = y as f32 - self.y;
            for (x, value) in row.iter_mut().enumerate() {
                let dx = x as f32 - self.x;
                let along = dx * self.cos + dy * self.sin;
                let across = dy * self.cos - dx * self.sin + self.bend * along * along;
                // The ripples are at most 1.2 high.
                if (across.abs() - 1.2) * scale > 2.6 || along.abs() > self.half_length + 24.0 {
                    continue;
                }
                let rippled = across + self.ripple.0 * sin_cos(along * self.ripple.1).0;
                let u = rippled * scale * (1.0 + 0.25 * ragged.values[y * columns + x]);
                let end = soft_step((self.half_length - along.abs()) * 0.25);
                *value *= 1.0 - share * end * exp(-u * u);
            }
        }
    }
}

/// Short strokes without ink, in patches.
fn strokes(ink: &mut Plane, random: &mut Random) {
    let (width, height) = (ink.width, ink.height);
    let mut scale = (random.range(1.5, 3.0), random.range(5.0, 12.0));
    if random.chance(0.5) {
        scale = (scale.1, scale.0);
    }
    let (threshold, share) = (random.range(0.1, 0.9), random.range(0.3, 1.0));
    let mut lines = stretched(width, height, scale, random);
    lines.change(|n| share * soft_step((n - threshold) * 6.0));
    let mask = patch(width, height, 35.0, (0.2, 1.5), 5.0, random);
    lines.combine(&mask, |v, m| v * m);
    ink.combine(&lines, |v, gap| v * (1.0 - gap));
}

/// A net of cracks, in patches: where smooth noise passes zero.
fn crack(ink: &mut Plane, random: &mut Random) {
    let (width, height) = (ink.width, ink.height);
    let mask = patch(width, height, 40.0, (-0.3, 1.2), 4.0, random);
    for _ in 0..2 {
        let scale = random.range(9.0, 20.0);
        let (half_width, share) = (random.range(0.7, 1.8) / scale, random.range(0.4, 1.0));
        let mut net = smooth(width, height, scale, random);
        net.change(|n| share * soft_step((half_width * 1.6 - n.abs()) * 3.0 / half_width));
        net.combine(&mask, |v, m| v * m);
        ink.combine(&net, |v, gap| v * (1.0 - gap));
    }
}

/// The fold between two joints: a broad gap with ragged edges, and thin creases along it.
fn flexion_crease(ink: &mut Plane, random: &mut Random) {
    let angle = if random.chance(0.8) { 0.15 * random.normal() } else { TAU * random.uniform() };
    let mut line = Line::draw(ink, angle, random);
    line.half_length = 2.0 * ink.width as f32;
    line.bend *= 0.3;
    let width = random.range(3.0, 10.0);
    line.cut(ink, width, random.range(0.7, 1.0), random);
    for _ in 0..3 {
        let (x, y) = (line.x, line.y);
        line.y = y + random.range(-22.0, 22.0);
        line.x = x + random.range(-30.0, 30.0);
        let width = random.range(0.6, 2.5);
        line.cut(ink, width, random.range(0.3, 1.0), random);
        (line.x, line.y) = (x, y);
    }
}
