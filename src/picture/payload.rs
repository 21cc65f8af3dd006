//! A picture as a record holds it: its bytes, and what the record says of them.

use std::fmt;

use crate::picture::bitmap::{self, Bitmap, Colours};
use crate::picture::density::{self, Density};
use crate::picture::{Format, PictureError, jpeg2000, raster, wsq};
use crate::template::{Capture, FingerPosition, Impression, Modality};
use crate::units::{Quality, Resolution};

/// The record that a picture lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// ISO/IEC 19794-4:2005, pictures of fingers (FIR).
    Fir2005,
    /// ISO/IEC 19794-4:2011.
    Fir2011,
    /// ISO/IEC 19794-5:2005, pictures of faces (FAC).
    Fac2005,
    /// ISO/IEC 19794-5:2011.
    Fac2011,
    /// A logical record of an ANSI/NIST-ITL transaction.
    AnsiNist {
        /// Its type: 4, 10, 13 or 14.
        record_type: u16,
    },
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fir2005 => f.write_str("ISO/IEC 19794-4:2005"),
            Self::Fir2011 => f.write_str("ISO/IEC 19794-4:2011"),
            Self::Fac2005 => f.write_str("ISO/IEC 19794-5:2005"),
            Self::Fac2011 => f.write_str("ISO/IEC 19794-5:2011"),
            Self::AnsiNist { record_type } => write!(f, "ANSI/NIST-ITL Type-{record_type}"),
        }
    }
}

/// What a record says of a picture, as far as it says anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) resolution: Option<(Resolution, Resolution)>,
    pub(super) position: FingerPosition,
    pub(super) impression: Option<Impression>,
    pub(super) quality: Option<Quality>,
    pub(super) capture: Capture,
}

/// The size of pixels that are not compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawSize {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) colours: Colours,
}

impl RawSize {
    fn bytes(self) -> u64 {
        u64::from(self.width) * u64::from(self.height) * self.colours.channels() as u64
    }
}

/// A picture that was found, not decoded yet.
#[derive(Clone, Debug)]
pub(super) struct Payload<'a> {
    /// What it shows, if its record says so.
    pub(super) shows: Option<Modality>,
    pub(super) container: Option<Container>,
    pub(super) facts: Facts,
    /// The size that the record states.
    pub(super) raw: Option<RawSize>,
    /// Where it begins.
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
}

/// A decoded picture and what its file says.
pub(super) struct Decoded {
    pub(super) format: Format,
    pub(super) bitmap: Bitmap,
    pub(super) density: Option<Density>,
}

impl<'a> Payload<'a> {
    /// A picture without a record.
    pub(super) fn bare(bytes: &'a [u8]) -> Self {
        Self { shows: None, container: None, facts: Facts::default(), raw: None, offset: 0, bytes }
    }

    /// Decodes it. The bytes tell the format: codes of records are often wrong.
    pub(super) fn decode(&self, limit: u64) -> Result<Decoded, PictureError> {
        if let Some(size) = self.raw.filter(|size| size.bytes() == self.bytes.len() as u64) {
            bitmap::check_size(size.width, size.height, limit)?;
            let bitmap = Bitmap::new((size.width, size.height), size.colours, self.bytes.to_vec(), limit)?;
            return Ok(Decoded { format: Format::Raw, bitmap, density: None });
        }
        let expected = "a picture of a known format, or as many bytes as the record's width and height say";
        let format = Format::of(self.bytes);
        let format =
            format.ok_or(PictureError::Damaged { format: Format::Raw, offset: self.offset, expected })?;
        let bitmap = match format {
            Format::Wsq => wsq::read(self.bytes, limit),
            Format::Jpeg2000 => jpeg2000::read(self.bytes, limit),
            _ => raster::read(self.bytes, format, limit),
        };
        let bitmap = bitmap.map_err(|error| error.moved(self.offset))?;
        Ok(Decoded { format, bitmap, density: density::stated(self.bytes, format) })
    }
}
