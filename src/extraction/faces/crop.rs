//! The part of a portrait that a network sees: the face, upright and of one size.

use std::fmt;

use super::points::FacePoints;
use super::quantities::PixelLength;
use super::similarity::{Similarity, wide};
use crate::picture::Portrait;

/// The version of everything that decides the pixels of a crop. It is part of a template's model, so that templates of
/// two versions never compare.
pub(super) const VERSION: u32 = 1;

/// Most samples on a side of a crop's pixel. A face of more pixels is sampled, not averaged.
const MOST_SAMPLES: u32 = 16;

/// A face as a network sees it: square, upright, its eyes, nose and mouth where the network expects them. `Debug` shows
/// the size, never pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct AlignedFace {
    side: u16,
    pixels: Vec<u8>,
}

impl AlignedFace {
    /// Cuts a face out, so that its points come as near as possible to where they are expected, by the sum of squared
    /// distances. What lies outside of the portrait is black. `None` for points at one place.
    pub(super) fn cut(
        portrait: &Portrait,
        points: &FacePoints,
        expected: &FacePoints,
        side: u16,
    ) -> Option<Self> {
        let there = Similarity::fit(&wide(points.all()), &wide(expected.all()))?;
        let back = there.inverse();
        // Where the portrait is finer than the crop, a pixel is the mean of several samples.
        let samples = (back.scale().round_ties_even() as u32).clamp(1, MOST_SAMPLES);
        let source = Source::new(portrait);
        let steps: Vec<f64> =
            (0..samples).map(|at| (f64::from(at) + 0.5) / f64::from(samples) - 0.5).collect();
        let many = (samples * samples) as f32;
        let mut pixels = Vec::with_capacity(usize::from(side) * usize::from(side) * 3);
        for y in 0..side {
            for x in 0..side {
                let mut sum = [0.0_f32; 3];
                for down in &steps {
                    for right in &steps {
                        source.add(&mut sum, back.apply([f64::from(x) + right, f64::from(y) + down]));
                    }
                }
                pixels.extend(sum.map(|sum| (sum / many).round_ties_even() as u8));
            }
        }
        Some(Self { side, pixels })
    }

    /// Pixels on a side.
    pub fn side(&self) -> u16 {
        self.side
    }

    /// Red, green and blue, row by row from the top. A grey portrait has three equal ones.
    pub fn rgb(&self) -> &[u8] {
        &self.pixels
    }
}

impl fmt::Debug for AlignedFace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlignedFace({} x {})", self.side, self.side)
    }
}

/// The distance between the eyes that a head has from the front, by all of its points: one that is turned aside keeps
/// most of it.
pub(super) fn between_eyes_from_front(points: &FacePoints) -> PixelLength {
    let frontal = FacePoints::ARCFACE;
    let fit = Similarity::fit(&wide(points.all()), &wide(frontal.all()));
    let scale = fit.map_or(f64::INFINITY, |fit| fit.scale());
    PixelLength::nearest(f64::from(frontal.between_eyes().pixels()) / scale)
}

/// The pixels of a portrait, black around it.
struct Source<'a> {
    width: i64,
    height: i64,
    channels: usize,
    bytes: &'a [u8],
}

impl<'a> Source<'a> {
    fn new(portrait: &'a Portrait) -> Self {
        Self {
            width: i64::from(portrait.width()),
            height: i64::from(portrait.height()),
            channels: portrait.colours().channels(),
            bytes: portrait.pixels(),
        }
    }

    /// Adds the colour of a place, linear between the middles of the four pixels around it.
    fn add(&self, sum: &mut [f32; 3], [x, y]: [f64; 2]) {
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = ((x - left) as f32, (y - top) as f32);
        // Saturates far outside, where every pixel is black.
        let (left, top) = (left as i64, top as i64);
        for (row, share) in [(top, 1.0 - down), (top.saturating_add(1), down)] {
            for (column, share) in [(left, share * (1.0 - right)), (left.saturating_add(1), share * right)] {
                let Some(pixel) = self.pixel(column, row) else { continue };
                for (channel, sum) in sum.iter_mut().enumerate() {
                    *sum += share * f32::from(pixel[channel.min(self.channels - 1)]);
                }
            }
        }
    }

    fn pixel(&self, x: i64, y: i64) -> Option<&[u8]> {
        let is_inside = (0..self.width).contains(&x) && (0..self.height).contains(&y);
        let at = is_inside.then(|| (y * self.width + x) as usize * self.channels)?;
        self.bytes.get(at..at + self.channels)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::points::PicturePoint;
    use super::*;

    const SIDE: u16 = 112;

    /// A smooth pattern in three colours that covers a plane, as a portrait sees it through a similarity.
    fn portrait(size: u32, seen: &Similarity) -> Portrait {
        let back = seen.inverse();
        let pixels = (0..size * size).flat_map(|at| {
            let [x, y] = back.apply([f64::from(at % size), f64::from(at / size)]);
            [x / 9.0, y / 11.0, (x + y) / 13.0].map(|phase| (127.5 + 100.0 * phase.sin()) as u8)
        });
        Portrait::from_rgb(size, size, pixels.collect()).unwrap()
    }

    fn moved(points: &FacePoints, by: &Similarity) -> FacePoints {
        FacePoints::of(wide(points.all()).map(|point| {
            let [x, y] = by.apply(point);
            PicturePoint::new(x as f32, y as f32)
        }))
    }

    /// A turn by so many degrees and a scale around the middle of the crop, to the middle of a portrait.
    fn view(degrees: f64, scale: f64, size: u32) -> Similarity {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let corners = [[0.0, 0.0], [111.0, 0.0], [111.0, 111.0], [0.0, 111.0]];
        let seen = corners.map(|[x, y]: [f64; 2]| {
            let (x, y) = (scale * (x - 55.5), scale * (y - 55.5));
            let middle = f64::from(size - 1) / 2.0;
            [x * cos - y * sin + middle, x * sin + y * cos + middle]
        });
        Similarity::fit(&corners, &seen).unwrap()
    }

    fn cut(size: u32, seen: &Similarity) -> AlignedFace {
        let points = moved(&FacePoints::ARCFACE, seen);
        AlignedFace::cut(&portrait(size, seen), &points, &FacePoints::ARCFACE, SIDE).unwrap()
    }

    #[test]
    fn a_face_where_it_belongs_is_cut_out_as_it_is() {
        let portrait = portrait(140, &view(0.0, 1.0, 112));
        let points = FacePoints::ARCFACE;
        let crop = AlignedFace::cut(&portrait, &points, &points, SIDE).unwrap();
        for (row, expected) in crop.rgb().chunks(3 * 112).zip(portrait.pixels().chunks(3 * 140)) {
            assert_eq!(row, &expected[..3 * 112]);
        }
        assert_eq!(format!("{crop:?}"), "AlignedFace(112 x 112)");
        let grey =
            Portrait::from_grey(112, 112, (0..112 * 112).map(|at| (at % 251) as u8).collect()).unwrap();
        let crop = AlignedFace::cut(&grey, &points, &points, SIDE).unwrap();
        assert_eq!(crop.rgb(), &*grey.rgb());
    }

    #[test]
    fn known_answers() {
        // A face of half the size: each pixel of the portrait becomes two, linear between their middles.
        let half = view(0.0, 0.5, 56);
        let grey = Portrait::from_grey(56, 56, (0..56 * 56).map(|at| (at % 56 * 4) as u8).collect()).unwrap();
        let points = moved(&FacePoints::ARCFACE, &half);
        let crop = AlignedFace::cut(&grey, &points, &FacePoints::ARCFACE, SIDE).unwrap();
        let row: Vec<u8> = crop.rgb()[3 * 112 * 50..].iter().step_by(3).take(6).copied().collect();
        // Between the middle of the first pixel and the edge there is black.
        assert_eq!(row, [0, 1, 3, 5, 7, 9]);
        // A face of three times the size: each pixel is the mean of nine.
        let three = view(0.0, 3.0, 336);
        let grey =
            Portrait::from_grey(336, 336, (0..336 * 336).map(|at| (at % 3 * 30) as u8).collect()).unwrap();
        let points = moved(&FacePoints::ARCFACE, &three);
        let crop = AlignedFace::cut(&grey, &points, &FacePoints::ARCFACE, SIDE).unwrap();
        assert!(crop.rgb().iter().all(|&value| value == 30));
        assert_eq!(
            AlignedFace::cut(&grey, &FacePoints::of([PicturePoint::new(1.0, 1.0); 5]), &points, SIDE),
            None
        );
    }

    #[test]
    fn outside_of_the_portrait_is_black() {
        let white = Portrait::from_grey(112, 112, vec![255; 112 * 112]).unwrap();
        let mut points = FacePoints::ARCFACE;
        points = moved(&points, &view(0.0, 1.0, 112 + 100));
        let crop = AlignedFace::cut(&white, &points, &FacePoints::ARCFACE, SIDE).unwrap();
        let value = |x: usize, y: usize| crop.rgb()[3 * (y * 112 + x)];
        // The portrait ends at the crop's pixel 61.
        assert_eq!((value(60, 60), value(61, 61), value(62, 60), value(60, 62)), (255, 255, 0, 0));
        // Far away, and at no place.
        for far in [1e30, f32::INFINITY, f32::NAN] {
            let points = FacePoints { nose_tip: PicturePoint::new(far, far), ..FacePoints::ARCFACE };
            let crop = AlignedFace::cut(&white, &points, &FacePoints::ARCFACE, SIDE);
            assert!(crop.is_none_or(|crop| crop.rgb().len() == 3 * 112 * 112), "{far}");
        }
    }

    #[test]
    fn the_size_of_a_head_is_that_from_the_front() {
        let pixels = |points: &FacePoints| between_eyes_from_front(points).pixels();
        assert!((pixels(&moved(&FacePoints::ARCFACE, &view(33.0, 2.0, 300))) - 70.475).abs() < 0.01);
        let turned = FacePoints::of(
            FacePoints::ARCFACE
                .all()
                .map(|point| PicturePoint::new(56.0 + (point.x() - 56.0) * 0.5, point.y())),
        );
        assert!(turned.between_eyes().pixels() < 18.0 && pixels(&turned) > 28.0);
        assert_eq!(pixels(&FacePoints::of([PicturePoint::new(1.0, 1.0); 5])), 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_turned_and_scaled_portrait_gives_the_same_crop(degrees in -180.0..180.0_f64, scale in 0.8..3.0_f64) {
            let (upright, turned) = (cut(480, &view(0.0, 1.0, 480)), cut(480, &view(degrees, scale, 480)));
            let off = std::iter::zip(upright.rgb(), turned.rgb()).map(|(&a, &b)| a.abs_diff(b)).max();
            prop_assert!(off <= Some(4), "{off:?}");
        }
    }
}
