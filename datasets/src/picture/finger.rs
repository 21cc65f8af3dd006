//! Whole pictures of a finger.

use super::contact::{Ellipse, touch};
use super::crop::{TrueMinutia, hide_outside, pattern, rows_of_places, true_minutiae};
use super::damage::damage;
use super::ridges::Ridges;
use super::sensor::grey;
use super::sight::visibility;
use super::skin::ink;
use super::warp::Warp;
use crate::capture::Capture;
use crate::random::{Random, Stream, hash};

/// A picture of a finger at 500 dpi, with the minutiae that the skin has there.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Grey values, row by row from the top; ridges are dark.
    pub pixels: Vec<u8>,
    /// All minutiae of the contact, well visible or not.
    pub minutiae: Vec<TrueMinutia>,
}

impl Ridges {
    /// Takes picture `number`: the same capture and number give the same picture. Of a [`Capture`] count its size, contact,
    /// placement, rotation, distortion and unevenness; the other parameters are those of an extractor.
    pub fn picture(&self, capture: &Capture, number: u64) -> Picture {
        let key = [hash(self.seed, Stream::Picture, self.key), number];
        let mut random = Random::new(self.seed, Stream::Picture, key);
        let (width, height) = (usize::from(capture.width), usize::from(capture.height));
        let warp = Warp::of_capture(self, capture, &mut random);
        // Half of it is the finger's own and stays, half is of the moment.
        let state = 0.7 * self.condition + 0.7 * random.normal();
        let bad = (capture.unevenness * (0.4 - 0.25 * state)).clamp(0.0, 1.0);
        let places = rows_of_places(&warp, width, height);
        let pattern = pattern(self, &places);
        let mut ink = ink(&pattern, bad, &mut random);
        damage(&mut ink, bad, &mut random);
        let axis = |mean: f32, random: &mut Random| {
            mean * (1.0 + capture.contact_deviation * random.normal()).clamp(0.5, 1.5)
        };
        let radii = (axis(capture.contact.0, &mut random), axis(capture.contact.1, &mut random));
        let ellipse = Ellipse { centre: (width as f32 / 2.0, height as f32 / 2.0), radii };
        let contact = touch(&mut ink, Some(&ellipse), &mut random);
        hide_outside(&mut ink, self, &places);
        let grey = grey(&ink, &contact, bad, &mut random);
        let mut visible = visibility(&grey, &pattern);
        hide_outside(&mut visible, self, &places);
        let mut minutiae = true_minutiae(self, &warp, &visible);
        minutiae.retain(|m| contact.near(m.x + 0.5, m.y + 0.5) > 0.5);
        Picture { width: capture.width, height: capture.height, pixels: grey.to_bytes(), minutiae }
    }
}
