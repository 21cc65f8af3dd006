//! A portrait as the detector takes it.

use super::points::PicturePoint;
use crate::extraction::scale;
use crate::picture::{Colours, Portrait};

/// The detector's coarsest grid: sides are multiples of it.
const GRID: usize = 32;

/// Blue, green and red planes from the top, of a portrait that was shrunk to fit, and black beside and below it.
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) planes: Vec<f32>,
    /// Pixels of the portrait per pixel of the canvas, across and down.
    steps: [f64; 2],
}

impl Canvas {
    /// Shrinks a portrait to at most `most` pixels on its longer side. A smaller one stays as it is.
    pub(super) fn new(portrait: &Portrait, most: u32) -> Self {
        let old = [portrait.width(), portrait.height()];
        let longer = u64::from(old[0].max(old[1]));
        let fitted = |side: u32| match u64::from(most) {
            most if longer <= most => side,
            // Rounded, and at most as long as the longer side, which becomes `most`.
            most => ((u64::from(side) * most + longer / 2) / longer).max(1) as u32,
        };
        let new = old.map(fitted);
        let size = (new[0] as usize, new[1] as usize);
        let (width, height) = (size.0.next_multiple_of(GRID), size.1.next_multiple_of(GRID));
        let mut planes = vec![0.0; 3 * width * height];
        let channels = portrait.colours().channels();
        let scaled;
        let pixels = if new == old {
            portrait.pixels()
        } else {
            let old = (old[0] as usize, old[1] as usize);
            scaled = match portrait.colours() {
                Colours::Grey => scale::scale(old, portrait.pixels(), size),
                Colours::Rgb => scale::scale_channels::<3>(old, portrait.pixels(), size),
            };
            &scaled
        };
        for (channel, plane) in planes.chunks_exact_mut(width * height).enumerate() {
            // Blue comes first; a grey pixel has one value for all.
            let channel = (2 - channel).min(channels - 1);
            for (row, out) in pixels.chunks_exact(size.0 * channels).zip(plane.chunks_exact_mut(width)) {
                for (pixel, out) in row.chunks_exact(channels).zip(out) {
                    *out = f32::from(pixel[channel]);
                }
            }
        }
        let steps = [0, 1].map(|axis| f64::from(old[axis]) / f64::from(new[axis]));
        Self { width, height, planes, steps }
    }

    /// Where a point of the canvas is in the portrait.
    pub(super) fn in_portrait(&self, [x, y]: [f32; 2]) -> PicturePoint {
        let back = |at: f32, step: f64| ((f64::from(at) + 0.5) * step - 0.5) as f32;
        PicturePoint::new(back(x, self.steps[0]), back(y, self.steps[1]))
    }

    /// A width and a height of the canvas in pixels of the portrait.
    pub(super) fn size_in_portrait(&self, [width, height]: [f32; 2]) -> [f64; 2] {
        [f64::from(width) * self.steps[0], f64::from(height) * self.steps[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_portrait_stays_as_it_is_beside_black() {
        let portrait = Portrait::from_rgb(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let canvas = Canvas::new(&portrait, 320);
        assert_eq!((canvas.width, canvas.height), (32, 32));
        let mut expected = vec![0.0; 3 * 1024];
        for (plane, values) in [[3.0, 6.0], [2.0, 5.0], [1.0, 4.0]].into_iter().enumerate() {
            expected[plane * 1024..][..2].copy_from_slice(&values);
        }
        assert_eq!(canvas.planes, expected);
        assert_eq!(canvas.in_portrait([7.0, 9.0]), PicturePoint::new(7.0, 9.0));
    }

    #[test]
    fn a_large_portrait_is_shrunk_and_its_points_are_found_again() {
        let portrait = Portrait::from_grey(1000, 750, vec![9; 750_000]).unwrap();
        let canvas = Canvas::new(&portrait, 320);
        assert_eq!((canvas.width, canvas.height), (320, 256));
        for plane in canvas.planes.chunks(320 * 256) {
            assert!(plane[..320 * 240].iter().all(|&value| value == 9.0));
            assert!(plane[320 * 240..].iter().all(|&value| value == 0.0));
        }
        // The middle of the first canvas pixel is that of the first 3.125 pixels.
        assert_eq!(canvas.in_portrait([0.0, 239.5]), PicturePoint::new(1.0625, 749.5));
        assert_eq!(canvas.size_in_portrait([32.0, 16.0]), [100.0, 50.0]);
    }

    #[test]
    fn a_line_has_a_canvas() {
        let portrait = Portrait::from_grey(40_000, 1, vec![0; 40_000]).unwrap();
        let canvas = Canvas::new(&portrait, 640);
        assert_eq!((canvas.width, canvas.height), (640, 32));
    }
}
