//! From ink to grey values: optics, contrast, noise, sharpening, saturation.

use super::noise::{smooth, white};
use super::plane::Plane;
use crate::random::Random;

/// The grey values, 0 (black) to 1 in steps of 1/255. Ridges are dark. `bad` is how bad the picture is, from 0 to 1.
pub(super) fn grey(ink: &Plane, contact: &Plane, bad: f32, random: &mut Random) -> Plane {
    let (width, height) = (ink.width, ink.height);
    let blurred = ink.blur(random.range(0.3, 1.25));
    let contrast = random.range(0.25, 1.0);
    let uneven = 0.35 * random.uniform();
    let (light, shade) = (random.range(0.55, 1.0), 0.1 * random.uniform());
    // Thermal and capacitive sensors are darker where skin touches at all.
    let touched = if random.chance(0.3) { 0.5 * random.range(-0.3, 0.35) } else { 0.0 };
    let contrasts = smooth(width, height, 50.0, random);
    let mut grey = smooth(width, height, 60.0, random);
    grey.change(|n| light + shade * n);
    for (i, value) in grey.values.iter_mut().enumerate() {
        let strength = contrast * (1.0 + uneven * contrasts.values[i]).clamp(0.15, 1.4);
        *value -= strength * *value * (blurred.values[i] + touched * contact.values[i]);
    }
    stripes(&mut grey, random);
    if random.chance(0.6) {
        let strength = random.range(0.0, 0.06);
        grey.combine(&white(width, height, random), |v, n| v + strength * n);
    }
    if random.chance(0.3) {
        let strength = 0.06 * random.uniform() * bad;
        grey.combine(&smooth(width, height, 1.9, random), |v, n| v + strength * n);
    }
    if random.chance(0.25) {
        let strength = random.range(0.0, 2.5);
        let wide = grey.blur(3.0);
        grey.combine(&wide, |v, mean| v + strength * (v - mean));
    }
    let (white, black) = (random.range(0.75, 1.3), random.range(-0.1, 0.15));
    let scale = 1.0 / (white - black);
    grey.change(|v| f32::from(((v - black) * scale * 255.0 + 0.5).clamp(0.0, 255.0) as u8) / 255.0);
    grey
}

/// Columns and rows that differ, as of sensors that read by line.
fn stripes(grey: &mut Plane, random: &mut Random) {
    let columns = grey.width;
    if random.chance(0.25) {
        let strength = random.range(0.0, 0.05);
        let shift: Vec<f32> = (0..columns).map(|_| strength * random.normal()).collect();
        for row in grey.values.chunks_exact_mut(columns) {
            for (value, s) in row.iter_mut().zip(&shift) {
                *value += s;
            }
        }
    }
    if random.chance(0.1) {
        let strength = random.range(0.0, 0.03);
        for row in grey.values.chunks_exact_mut(columns) {
            let shift = strength * random.normal();
            for value in row {
                *value += shift;
            }
        }
    }
}
