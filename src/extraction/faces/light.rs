//! Exposure, contrast, sharpness and evenness of a face.

use super::crop::AlignedFace;
use super::points::FacePoints;
use super::quantities::{GreyLevels, Share};
use crate::picture::luma;

/// Pixels on a side of the crop that is measured, whatever the network takes.
pub(super) const SIDE: u16 = 112;
/// Where the face's points are in it.
pub(super) const POINTS: FacePoints = FacePoints::ARCFACE;

/// The ellipse of the crop that is face and neither hair nor background: its middle and its half axes, in pixels.
const FACE_MIDDLE: [f32; 2] = [55.5, 66.0];
const FACE_HALF_AXES: [f32; 2] = [34.0, 44.0];
/// The cheeks between the eyes and the mouth: columns of the left one, whose mirror image is the right one, and rows.
const CHEEK_COLUMNS: std::ops::Range<usize> = 28..48;
const CHEEK_ROWS: std::ops::Range<usize> = 60..86;
/// The darkest and the brightest values count as black and white. As in ISO/IEC 29794-5.
const BLACK: u8 = 25;
const WHITE: u8 = 247;
/// Grey values that are compared as one between the cheeks.
const BIN: u8 = 16;

/// How bright a face is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Exposure {
    /// The mean grey value, 0 to 255.
    pub mean: GreyLevels,
    /// The part of the face that is black.
    pub black: Share,
    /// The part of the face that is white.
    pub white: Share,
}

/// What the light and the camera made of a face, in grey, from the forehead to the mouth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Light {
    pub(super) exposure: Exposure,
    pub(super) contrast: GreyLevels,
    pub(super) sharpness: GreyLevels,
    pub(super) uniformity: Share,
}

impl Light {
    /// Of a crop of [`SIDE`] with its points at [`POINTS`].
    pub(super) fn of(face: &AlignedFace) -> Self {
        let side = usize::from(SIDE);
        let grey: Vec<u8> = face.rgb().as_chunks().0.iter().map(luma).collect();
        let pixel = |x: usize, y: usize| f64::from(grey.get(y * side + x).copied().unwrap_or_default());
        let (mut values, mut edges) = (Moments::default(), Moments::default());
        let (mut black, mut white) = (0, 0);
        for y in 1..side - 1 {
            for x in (1..side - 1).filter(|&x| is_face(x, y)) {
                let value = pixel(x, y);
                values.add(value);
                black += u32::from(value <= f64::from(BLACK));
                white += u32::from(value >= f64::from(WHITE));
                let around = pixel(x - 1, y) + pixel(x + 1, y) + pixel(x, y - 1) + pixel(x, y + 1);
                edges.add(around - 4.0 * value);
            }
        }
        let share = |count: u32| Share::nearest(f64::from(count) / values.count);
        Self {
            exposure: Exposure {
                mean: GreyLevels::nearest(values.mean()),
                black: share(black),
                white: share(white),
            },
            contrast: GreyLevels::nearest(values.deviation()),
            sharpness: GreyLevels::nearest(edges.deviation()),
            uniformity: uniformity(&grey),
        }
    }
}

fn is_face(x: usize, y: usize) -> bool {
    let off = |at: usize, axis: usize| (at as f32 - FACE_MIDDLE[axis]) / FACE_HALF_AXES[axis];
    off(x, 0) * off(x, 0) + off(y, 1) * off(y, 1) <= 1.0
}

/// The part that the histograms of both cheeks have in common.
fn uniformity(grey: &[u8]) -> Share {
    let side = usize::from(SIDE);
    let mut bins = [[0_u32; 256 / BIN as usize]; 2];
    for row in grey.chunks_exact(side).take(CHEEK_ROWS.end).skip(CHEEK_ROWS.start) {
        for x in CHEEK_COLUMNS {
            for (bins, x) in bins.iter_mut().zip([x, side - 1 - x]) {
                bins[usize::from(row[x] / BIN)] += 1;
            }
        }
    }
    let common: u32 = std::iter::zip(bins[0], bins[1]).map(|(left, right)| left.min(right)).sum();
    Share::nearest(f64::from(common) / (CHEEK_ROWS.len() * CHEEK_COLUMNS.len()) as f64)
}

/// Sums of values and of their squares. Whole numbers, so that they are exact.
#[derive(Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }

    fn deviation(&self) -> f64 {
        (self.squares / self.count - self.mean() * self.mean()).max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Portrait;

    /// A crop of these grey values.
    fn light(value: impl Fn(usize, usize) -> u8) -> Light {
        let side = usize::from(SIDE);
        let pixels = (0..side * side).map(|at| value(at % side, at / side)).collect();
        let portrait = Portrait::from_grey(SIDE.into(), SIDE.into(), pixels).unwrap();
        Light::of(&AlignedFace::cut(&portrait, &POINTS, &POINTS, SIDE).unwrap())
    }

    #[test]
    fn an_even_face_has_no_contrast() {
        for (grey, black, white) in
            [(0, 1.0, 0.0), (25, 1.0, 0.0), (26, 0.0, 0.0), (246, 0.0, 0.0), (247, 0.0, 1.0)]
        {
            let found = light(|_, _| grey);
            assert_eq!(found.exposure.mean.levels(), f32::from(grey));
            assert_eq!(
                (found.exposure.black.fraction(), found.exposure.white.fraction()),
                (black, white),
                "{grey}"
            );
            assert_eq!((found.contrast.levels(), found.sharpness.levels()), (0.0, 0.0));
            assert_eq!(found.uniformity.fraction(), 1.0);
        }
    }

    #[test]
    fn a_chessboard_is_as_sharp_as_can_be() {
        let found = light(|x, y| if (x + y) % 2 == 0 { 90 } else { 110 });
        assert!((found.exposure.mean.levels() - 100.0).abs() < 0.1);
        assert!((found.contrast.levels() - 10.0).abs() < 0.1);
        // Every pixel differs by 20 from each of its four neighbours.
        assert!((found.sharpness.levels() - 80.0).abs() < 0.5);
        // The mirror image has the same values, and half of each.
        assert_eq!(found.uniformity.fraction(), 1.0);
    }

    #[test]
    fn what_is_blurred_is_less_sharp() {
        let stripes = |width: usize| light(move |x, _| ((x / width % 2) * 200) as u8).sharpness.levels();
        assert!(stripes(1) > stripes(4) && stripes(4) > stripes(16));
        let ramp = light(|x, y| (x + y) as u8);
        assert_eq!(ramp.sharpness.levels(), 0.0, "an even slope has no edge");
        assert!(ramp.contrast.levels() > 20.0);
    }

    #[test]
    fn light_from_one_side_is_seen() {
        let sided = light(|x, _| if x < 56 { 60 } else { 180 });
        assert_eq!(sided.uniformity.fraction(), 0.0);
        // In half of the rows the sides differ.
        let half = light(|x, y| if x < 56 && y % 2 == 0 { 60 } else { 180 });
        assert_eq!(half.uniformity.fraction(), 0.5);
        assert!((half.exposure.mean.levels() - 150.0).abs() < 1.0);
    }
}
