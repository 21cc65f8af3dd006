//! Pictures of faces.

use std::borrow::Cow;
use std::fmt;

use crate::picture::bitmap::{Bitmap, Colours, MAX_PORTRAIT_PIXELS};
use crate::picture::payload::{Facts, Payload};
use crate::picture::{PictureError, Source, selection};
use crate::template::{Capture, Modality, Wrapper};
use crate::units::Quality;

/// A picture of a face, grey or in colours, turned upright as its file says. `Debug` shows the size and facts, never
/// pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    bitmap: Bitmap,
    facts: Facts,
    source: Option<Source>,
}

impl Portrait {
    /// Reads the one picture of an input: a file of any [`Format`](crate::picture::Format), or a record of one
    /// picture. The bytes tell which.
    ///
    /// # Errors
    /// An input that is neither or that is damaged, a picture beyond the limits, a record of another number of
    /// portraits.
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        selection::read_one(bytes, Modality::Face, MAX_PORTRAIT_PIXELS, Self::decode)
    }

    /// Reads all portraits of an input, in its order. Fingers, irises and the like are passed over.
    ///
    /// # Errors
    /// As [`Portrait::read`] for each of them, and an input without any.
    pub fn read_all(bytes: &[u8]) -> Result<Vec<Self>, PictureError> {
        let pixels = |picture: &Self| picture.bitmap.pixels();
        selection::read_all(bytes, Modality::Face, MAX_PORTRAIT_PIXELS, Self::decode, pixels)
    }

    /// From the pixels of a camera, upright: red, green and blue, row by row from the top.
    ///
    /// # Errors
    /// A size without pixels, beyond the limit, or of another number of pixels than given.
    pub fn from_rgb(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, PictureError> {
        Self::from_pixels(width, height, Colours::Rgb, pixels)
    }

    /// From grey pixels, upright: one byte each from black to white, row by row from the top.
    ///
    /// # Errors
    /// As [`Portrait::from_rgb`].
    pub fn from_grey(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, PictureError> {
        Self::from_pixels(width, height, Colours::Grey, pixels)
    }

    fn from_pixels(width: u32, height: u32, colours: Colours, pixels: Vec<u8>) -> Result<Self, PictureError> {
        let bitmap = Bitmap::new((width, height), colours, pixels, MAX_PORTRAIT_PIXELS)?;
        Ok(Self { bitmap, facts: Facts::default(), source: None })
    }

    fn decode(payload: &Payload<'_>, wrappers: &[Wrapper], limit: u64) -> Result<Self, PictureError> {
        let decoded = payload.decode(limit)?;
        let source = Source::new(decoded.format, payload, wrappers);
        Ok(Self { bitmap: decoded.bitmap, facts: payload.facts.clone(), source: Some(source) })
    }

    /// Width in pixels, never 0.
    pub fn width(&self) -> u32 {
        self.bitmap.width
    }

    /// Height in pixels, never 0.
    pub fn height(&self) -> u32 {
        self.bitmap.height
    }

    /// What the bytes of a pixel are.
    pub fn colours(&self) -> Colours {
        self.bitmap.colours
    }

    /// The pixels, row by row from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.bitmap.bytes
    }

    /// The pixels in red, green and blue, whatever the picture has.
    pub fn rgb(&self) -> Cow<'_, [u8]> {
        self.bitmap.to_rgb()
    }

    /// The quality that the record states.
    pub fn quality(&self) -> Option<Quality> {
        self.facts.quality
    }

    /// With what and when it was captured, as far as the record says.
    pub fn capture(&self) -> &Capture {
        &self.facts.capture
    }

    /// What it was read from; `None` for pixels of a camera.
    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portrait")
            .field("bitmap", &self.bitmap)
            .field("quality", &self.facts.quality)
            .field("capture", &self.facts.capture)
            .field("source", &self.source)
            .finish()
    }
}
