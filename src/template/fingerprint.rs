//! One impression of one finger as a template.

use std::fmt;

use crate::template::{
    Capture, ExtendedData, FingerPosition, FingerprintRecord, Impression, Minutia, Reading, RecordError,
};
use crate::units::{Length, Quality, Resolution};

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

impl Frame {
    /// A picture with the same resolution both ways.
    pub const fn new(width: u16, height: u16, resolution: Resolution) -> Self {
        Self { width, height, resolution_x: resolution, resolution_y: resolution }
    }

    /// Whether coordinates in the two frames are the same pixels.
    pub(super) fn same_resolution(&self, other: &Self) -> bool {
        self.resolution_x == other.resolution_x && self.resolution_y == other.resolution_y
    }
}

/// One impression (a "view") of one finger. Coordinates are lengths, whatever the record's
/// resolution was. `Debug` shows counts, never minutiae.
#[derive(Clone, Default, PartialEq, Eq)]
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
    /// With what and when it was captured.
    pub capture: Capture,
    /// Ridge counts, cores, deltas and the like, as blocks.
    pub extended: Vec<ExtendedData>,
}

impl FingerprintTemplate {
    /// A template of a known finger with nothing but minutiae.
    pub fn new(position: FingerPosition, minutiae: Vec<Minutia>) -> Self {
        Self { position, minutiae, ..Self::default() }
    }

    /// The only view of a record of any dialect, see [`FingerprintRecord::read`], which reads them all.
    ///
    /// # Errors
    /// As [`FingerprintRecord::read`]; [`RecordError::NotOneView`].
    pub fn read(bytes: &[u8], reading: Reading) -> Result<Self, RecordError> {
        let record = FingerprintRecord::read(bytes, reading)?;
        let [view] = <[Self; 1]>::try_from(record.views)
            .map_err(|views| RecordError::NotOneView { found: views.len() })?;
        Ok(view)
    }

    /// The same template at another position: of a record that does not state it, or states it wrongly.
    ///
    /// ```
    /// use biomatch::template::{Finger, FingerprintTemplate};
    /// let template = FingerprintTemplate::default().at(Finger::LeftThumb);
    /// assert_eq!(template.position.finger(), Some(Finger::LeftThumb));
    /// ```
    #[must_use]
    pub fn at(self, position: impl Into<FingerPosition>) -> Self {
        Self { position: position.into(), ..self }
    }

    /// The same template with its coordinates tied to a picture.
    pub fn with_frame(self, frame: Frame) -> Self {
        Self { frame: Some(frame), ..self }
    }

    /// The smallest picture at a resolution, at least one pixel each way, that holds every
    /// minutia. A side saturates at 65,535 pixels.
    pub(super) fn smallest_frame(&self, resolution_x: Resolution, resolution_y: Resolution) -> Frame {
        let side = |coordinate: fn(&Minutia) -> Length, resolution: Resolution| {
            let last = self.minutiae.iter().map(|m| coordinate(m).to_pixels(resolution)).max().unwrap_or(0);
            u16::try_from(last.saturating_add(1)).unwrap_or(u16::MAX)
        };
        Frame {
            width: side(|m| m.x, resolution_x),
            height: side(|m| m.y, resolution_y),
            resolution_x,
            resolution_y,
        }
    }
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
            .field("capture", &self.capture)
            .field("extended", &self.extended)
            .finish()
    }
}
