//! Pictures of fingers.

use std::fmt;

use crate::picture::bitmap::{Bitmap, Colours, MAX_FINGER_PIXELS};
use crate::picture::density::Density;
use crate::picture::payload::{Facts, Payload};
use crate::picture::{PictureError, Source, selection};
use crate::template::{Capture, FingerPosition, Impression, Modality, Wrapper};
use crate::units::{Quality, Resolution};

/// A picture of a finger in grey, and what its record and its file say of it. `Debug` shows the size and these facts,
/// never pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintPicture {
    bitmap: Bitmap,
    resolution: Option<Resolution>,
    facts: Facts,
    source: Option<Source>,
}

impl FingerprintPicture {
    /// Reads the one picture of an input: a file of any [`Format`](crate::picture::Format), or a record of one
    /// picture. The bytes tell which.
    ///
    /// # Errors
    /// An input that is neither or that is damaged, a picture beyond the limits, a record of another number of
    /// pictures of fingers.
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        selection::read_one(bytes, Modality::Finger, MAX_FINGER_PIXELS, Self::decode)
    }

    /// Reads all pictures of fingers of an input, in its order. Faces, irises and the like are passed over.
    ///
    /// # Errors
    /// As [`FingerprintPicture::read`] for each of them, and an input without any.
    pub fn read_all(bytes: &[u8]) -> Result<Vec<Self>, PictureError> {
        let pixels = |picture: &Self| picture.bitmap.pixels();
        selection::read_all(bytes, Modality::Finger, MAX_FINGER_PIXELS, Self::decode, pixels)
    }

    /// From the pixels of a scanner: one byte each from black to white, row by row from the top, ridges dark.
    ///
    /// ```
    /// use biomatch::picture::FingerprintPicture;
    /// use biomatch::units::Resolution;
    /// let picture = FingerprintPicture::grey(300, 400, vec![255; 120_000], Resolution::DPI_500)?;
    /// assert_eq!(picture.resolution(), Some(Resolution::DPI_500));
    /// # Ok::<(), biomatch::picture::PictureError>(())
    /// ```
    ///
    /// # Errors
    /// A size without pixels, beyond the limit, or of another number of pixels than given.
    pub fn grey(
        width: u32,
        height: u32,
        pixels: Vec<u8>,
        resolution: Resolution,
    ) -> Result<Self, PictureError> {
        let bitmap = Bitmap::new((width, height), Colours::Grey, pixels, MAX_FINGER_PIXELS)?;
        Ok(Self { bitmap, resolution: Some(resolution), facts: Facts::default(), source: None })
    }

    fn decode(payload: &Payload<'_>, wrappers: &[Wrapper], limit: u64) -> Result<Self, PictureError> {
        let decoded = payload.decode(limit)?;
        // What a record states is a fact; in a file, some values only say that its program knew none.
        let stated = payload.facts.resolution.map(|(across, down)| Density::from_resolutions(across, down));
        let density = stated.or(decoded.density.filter(|density| !density.is_default()));
        if density.is_some_and(|density| !density.is_square()) {
            let (format, offset, what) = (decoded.format, payload.offset, "a pixel that is not square");
            return Err(PictureError::Unsupported { format, offset, what });
        }
        Ok(Self {
            resolution: density.and_then(Density::resolution),
            bitmap: decoded.bitmap.into_grey(),
            facts: payload.facts.clone(),
            source: Some(Source::new(decoded.format, payload, wrappers)),
        })
    }

    /// The same picture at another resolution: of a file that does not state it, or states it wrongly.
    #[must_use]
    pub fn with_resolution(self, resolution: Resolution) -> Self {
        Self { resolution: Some(resolution), ..self }
    }

    /// The same picture at another position: of a record that does not state it, or states it wrongly.
    #[must_use]
    pub fn at(mut self, position: impl Into<FingerPosition>) -> Self {
        self.facts.position = position.into();
        self
    }

    /// Width in pixels, never 0.
    pub fn width(&self) -> u32 {
        self.bitmap.width
    }

    /// Height in pixels, never 0.
    pub fn height(&self) -> u32 {
        self.bitmap.height
    }

    /// The pixels from black to white, row by row from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.bitmap.bytes
    }

    /// The resolution that the record states, or else the file. `None` if neither does: 72 and 96 dpi of a file are
    /// what programs write that know none.
    pub fn resolution(&self) -> Option<Resolution> {
        self.resolution
    }

    /// Which finger, as the record says.
    pub fn position(&self) -> FingerPosition {
        self.facts.position
    }

    /// How it was captured, if the record says so.
    pub fn impression(&self) -> Option<Impression> {
        self.facts.impression
    }

    /// The quality that the record states.
    pub fn quality(&self) -> Option<Quality> {
        self.facts.quality
    }

    /// With what and when it was captured, as far as the record says.
    pub fn capture(&self) -> &Capture {
        &self.facts.capture
    }

    /// What it was read from; `None` for pixels of a scanner.
    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }
}

impl fmt::Debug for FingerprintPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FingerprintPicture")
            .field("bitmap", &self.bitmap)
            .field("resolution", &self.resolution)
            .field("position", &self.facts.position)
            .field("impression", &self.facts.impression)
            .field("quality", &self.facts.quality)
            .field("capture", &self.facts.capture)
            .field("source", &self.source)
            .finish()
    }
}
