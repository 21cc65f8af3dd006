//! What the skin leaves on the sensor where it touches: ink, from 0 to 1.

use super::noise::{dots, smooth};
use super::plane::Plane;
use crate::math::{exp_i, soft_step};
use crate::random::Random;

/// Ink of a ridge pattern (cosines of the phase) under uneven pressure, dry and wet places, pores and dirt. `bad` is
/// how bad the skin is, from 0 to 1.
pub(super) fn ink(pattern: &Plane, bad: f32, random: &mut Random) -> Plane {
    let (width, height) = (pattern.width, pattern.height);
    let level = level(width, height, bad, random);
    let width_of_edge = random.range(0.12, 0.5);
    let mut ink = pattern.clone();
    ink.combine(&level, |c, b| soft_step((c - b) / width_of_edge));
    if random.chance(0.1 + 0.25 * bad) {
        crumble(&mut ink, pattern, random);
    }
    if random.chance(0.6) {
        let strength = random.uniform();
        let mut pores = dots(width, height, 0.02, 0.9, random);
        pores.combine(pattern, |dot, c| strength * dot * soft_step((c - 0.35) * 8.0));
        ink.combine(&pores, |v, pore| v * (1.0 - pore));
    }
    if random.chance(0.3) {
        let strength = random.range(0.0, 0.9);
        ink.combine(&dots(width, height, 0.006, 0.9, random), |v, dot| v + (1.0 - v) * strength * dot);
    }
    if random.chance(0.15) {
        incipient_ridges(&mut ink, pattern, random);
    }
    if random.chance(0.08 + 0.2 * bad) {
        merge(&mut ink, pattern, random);
    }
    if random.chance(0.04 + 0.1 * bad) {
        smear(&mut ink, random);
    }
    ink
}

/// The height of the ridge profile above which there is ink: low where skin is pressed or wet, high where it is dry.
fn level(width: usize, height: usize, bad: f32, random: &mut Random) -> Plane {
    let wetter = if random.chance(0.12) { 0.35 } else { 0.0 };
    let mut level = Plane::filled(width, height, random.range(-0.55, 0.55) - wetter);
    let mut add = |scale: f32, strength: f32, random: &mut Random| {
        if strength > 0.02 {
            level.combine(&smooth(width, height, scale, random), |b, n| b + strength * n);
        }
    };
    let (wide, narrow) = (random.uniform(), random.uniform());
    add(45.0, (0.1 + 0.45 * bad) * wide, random);
    add(18.0, 0.45 * bad * narrow, random);
    if random.chance(0.8) {
        let grain = random.uniform() * random.uniform() * (0.15 + 0.85 * bad);
        for (scale, low, high) in [(2.3, 0.2, 0.9), (4.0, 0.0, 0.7), (6.0, 0.0, 0.5)] {
            let strength = grain * random.range(low, high);
            add(scale, strength, random);
        }
    }
    if random.chance(0.4) {
        let dry = patch(width, height, 40.0, (0.6, 1.8), 3.0, random);
        let strength = random.range(0.3, 1.2);
        let mut rise = smooth(width, height, 2.6, random);
        rise.combine(&dry, |n, share| strength * share * (0.6 + 0.9 * n));
        level.combine(&rise, |b, r| b + r);
    }
    if random.chance(0.35) {
        let wet = patch(width, height, 30.0, (0.7, 1.8), 4.0, random);
        let strength = random.range(0.3, 1.6);
        level.combine(&wet, |b, share| b - strength * share);
    }
    level
}

/// A mask of patches, 0 to 1: where smooth noise exceeds a threshold drawn from a range.
pub(super) fn patch(
    width: usize,
    height: usize,
    scale: f32,
    threshold: (f32, f32),
    steepness: f32,
    random: &mut Random,
) -> Plane {
    let threshold = random.range(threshold.0, threshold.1);
    let mut mask = smooth(width, height, scale, random);
    mask.change(|n| soft_step((n - threshold) * steepness));
    mask
}

/// Ridges that are only rows of dots, as on worn and dry skin.
fn crumble(ink: &mut Plane, pattern: &Plane, random: &mut Random) {
    let (width, height) = (ink.width, ink.height);
    let mask = patch(width, height, 45.0, (-0.8, 1.3), 3.0, random);
    let (level, strength) = (random.range(0.1, 0.7), random.range(0.5, 1.2));
    let scale = random.range(3.0, 5.5);
    let mut grains = smooth(width, height, scale, random);
    grains.combine(pattern, |n, c| soft_step((c - level - strength * n) / 0.15));
    for ((v, grain), share) in ink.values.iter_mut().zip(&grains.values).zip(&mask.values) {
        *v += share * (grain - *v);
    }
}

/// Thin faint lines in the valleys.
fn incipient_ridges(ink: &mut Plane, pattern: &Plane, random: &mut Random) {
    let (width, height) = (ink.width, ink.height);
    let strength = random.range(0.0, 0.6);
    let mask = patch(width, height, 25.0, (0.6, 0.6), 3.0, random);
    let mut lines = smooth(width, height, 3.0, random);
    lines.combine(pattern, |n, c| if n > -0.2 { strength * soft_step((-c - 0.8) / 0.07) } else { 0.0 });
    lines.combine(&mask, |v, share| v * share);
    ink.combine(&lines, f32::max);
}

/// Wet skin that touches everywhere: only the middles of the valleys are faintly lighter.
fn merge(ink: &mut Plane, pattern: &Plane, random: &mut Random) {
    let (width, height) = (ink.width, ink.height);
    let mask = patch(width, height, 38.0, (-0.6, 1.2), 3.0, random);
    let (faint, depth) = (random.range(0.05, 0.45), random.range(0.15, 0.75));
    let sharpness = 1.0 / random.range(0.08, 0.2);
    let mut valleys = smooth(width, height, 11.0, random);
    valleys.combine(pattern, |n, c| {
        faint * (0.7 + 0.5 * n).clamp(0.0, 1.3) * soft_step((-c - depth) * sharpness)
    });
    for ((v, valley), share) in ink.values.iter_mut().zip(&valleys.values).zip(&mask.values) {
        *v += share * ((1.0 - valley).max(*v * 0.9) - *v);
    }
}

/// A finger that slid: ink is drawn out in one direction.
fn smear(ink: &mut Plane, random: &mut Random) {
    let (width, height) = (ink.width, ink.height);
    let mask = patch(width, height, 40.0, (-0.5, 1.0), 3.0, random);
    let (cos, sin) = exp_i(std::f32::consts::TAU * random.uniform());
    let steps = random.range(3.0, 9.0) as i32;
    let before = ink.clone();
    for y in 0..height {
        for x in 0..width {
            let share = mask.values[y * width + x];
            if share < 0.02 {
                continue;
            }
            let mut sum = 0.0;
            for step in 0..steps {
                sum += before.near(x as f32 + step as f32 * cos, y as f32 + step as f32 * sin);
            }
            let value = &mut ink.values[y * width + x];
            *value += share * (sum / steps as f32 - *value);
        }
    }
}
