//! How well the ridges of a finished picture can be seen.

use super::plane::Plane;

/// Deviation of the Gaussian of local means and contrasts, in pixels.
const NEIGHBOURHOOD: f32 = 11.0;
/// Contrast that counts as none.
const LEAST_CONTRAST: f32 = 0.035;
const MOST: f32 = 3.0;
/// Deviation of the Gaussian over which a picture is compared with its pattern, in pixels.
const COMPARED: f32 = 5.0;

/// Grey values with the local mean taken away, divided by the local contrast; ridges are positive. What the network
/// sees.
pub(super) fn normalised(grey: &Plane) -> Plane {
    let mut difference = grey.blur_widely(NEIGHBOURHOOD);
    difference.combine(grey, |mean, v| mean - v);
    let mut square = difference.clone();
    square.change(|d| d * d);
    let variance = square.blur_widely(NEIGHBOURHOOD);
    difference
        .combine(&variance, |d, v| (d / (v + LEAST_CONTRAST * LEAST_CONTRAST).sqrt()).clamp(-MOST, MOST));
    difference
}

/// The local correlation of a picture with its ridge pattern (cosines of the phase), 0 to 1.
pub(super) fn visibility(grey: &Plane, pattern: &Plane) -> Plane {
    let seen = normalised(grey);
    let mut products = seen.clone();
    products.combine(pattern, |a, b| a * b);
    let mut seen_squares = seen;
    seen_squares.change(|a| a * a);
    let mut squares = pattern.clone();
    squares.change(|b| b * b);
    let mut visible = products.blur_widely(COMPARED);
    let (a, b) = (seen_squares.blur_widely(COMPARED), squares.blur_widely(COMPARED));
    for ((v, a), b) in visible.values.iter_mut().zip(&a.values).zip(&b.values) {
        *v = (*v / (a * b + 1e-3).sqrt()).clamp(0.0, 1.0);
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::sin_cos;
    use crate::random::{Random, Stream};

    fn waves(width: usize, height: usize) -> Plane {
        let values = (0..width * height).map(|i| sin_cos((i % width) as f32 * 0.7).1).collect();
        Plane { width, height, values }
    }

    #[test]
    fn a_faithful_picture_is_seen_and_noise_is_not() {
        let pattern = waves(96, 96);
        let mut faithful = pattern.clone();
        faithful.change(|c| 0.6 - 0.2 * c);
        let seen = visibility(&faithful, &pattern);
        assert!(seen.near(48.0, 48.0) > 0.95);
        let noise = super::super::noise::white(96, 96, &mut Random::new(1, Stream::Picture, [0, 0]));
        let unseen = visibility(&noise, &pattern);
        assert!(unseen.near(48.0, 48.0) < 0.4);
        let flat = visibility(&Plane::filled(96, 96, 0.5), &pattern);
        assert!(flat.values.iter().all(|v| *v < 0.05));
    }
}
