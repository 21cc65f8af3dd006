//! One impression of one finger as a template.

use std::fmt;

use crate::template::{FingerPosition, Impression, Minutia};
use crate::units::{Quality, Resolution};

/// The picture that an impression's coordinates came from: what a writer needs to give a
/// coordinate back in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Horizontal resolution.
    pub resolution_x: Resolution,
    /// Vertical resolution.
    pub resolution_y: Resolution,
}

/// One impression (a "view") of one finger. Coordinates are lengths, whatever the record's
/// resolution was. `Debug` shows counts, never minutiae.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintTemplate {
    /// Which finger, as the record says.
    pub position: FingerPosition,
    /// The view's number among those of this finger in the record, from 0.
    pub view: u8,
    /// How it was captured.
    pub impression: Impression,
    /// Quality of the whole impression, if reported.
    pub quality: Option<Quality>,
    /// The picture; absent in card formats.
    pub frame: Option<Frame>,
    /// The minutiae, in the record's order. May be empty.
    pub minutiae: Vec<Minutia>,
}

impl fmt::Debug for FingerprintTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FingerprintTemplate")
            .field("position", &self.position)
            .field("view", &self.view)
            .field("impression", &self.impression)
            .field("quality", &self.quality)
            .field("frame", &self.frame)
            .field("minutiae", &self.minutiae.len())
            .finish()
    }
}
