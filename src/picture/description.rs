//! What can be said of the pictures of an input, whatever they show.

use crate::picture::bitmap::{Colours, MAX_PORTRAIT_PIXELS, MAX_RECORD_PIXELS};
use crate::picture::density::Density;
use crate::picture::{PictureError, Source, walk};
use crate::template::{FingerPosition, Impression, Modality};
use crate::units::{Quality, Resolution};

/// Facts of a picture, without its pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// What it shows, if its record says so.
    pub shows: Option<Modality>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What its pixels are.
    pub colours: Colours,
    /// The resolution that its record states.
    pub record_resolution: Option<Resolution>,
    /// The resolution that its file states, a meaningless 72 or 96 dpi included.
    pub file_resolution: Option<Resolution>,
    /// Which finger, as the record says.
    pub position: FingerPosition,
    /// How a finger was captured, if the record says so.
    pub impression: Option<Impression>,
    /// The quality that the record states.
    pub quality: Option<Quality>,
    /// What it was read from.
    pub source: Source,
}

/// Decodes and describes all pictures of an input, in its order.
///
/// # Errors
/// As [`FingerprintPicture::read_all`](crate::picture::FingerprintPicture::read_all), except that an input without a
/// picture of a finger or a face gives an empty list.
pub fn describe(bytes: &[u8]) -> Result<Vec<Description>, PictureError> {
    let mut found = Vec::new();
    let mut left = MAX_RECORD_PIXELS;
    walk::each_picture(bytes, &mut |payload, wrappers| {
        let decoded = payload.decode(left.min(MAX_PORTRAIT_PIXELS))?;
        let bitmap = decoded.bitmap;
        left -= bitmap.pixels();
        let facts = &payload.facts;
        found.push(Description {
            shows: payload.shows,
            width: bitmap.width,
            height: bitmap.height,
            colours: bitmap.colours,
            record_resolution: facts.resolution.map(|(across, _)| across),
            file_resolution: decoded.density.and_then(Density::resolution),
            position: facts.position,
            impression: facts.impression,
            quality: facts.quality,
            source: Source::new(decoded.format, payload, wrappers),
        });
        Ok(())
    })?;
    Ok(found)
}
