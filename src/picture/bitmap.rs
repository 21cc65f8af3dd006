//! Decoded pixels, and how many there may be.

use std::borrow::Cow;
use std::fmt;

use crate::picture::PictureError;

/// Most bytes of an input.
pub const MAX_BYTES: usize = 32 << 20;
/// Most pixels of a picture of a finger.
pub const MAX_FINGER_PIXELS: u64 = 16_000_000;
/// Most pixels of a portrait.
pub const MAX_PORTRAIT_PIXELS: u64 = 50_000_000;
/// Most pixels of all pictures of a record together.
pub const MAX_RECORD_PIXELS: u64 = 100_000_000;

/// An error unless a picture has pixels, and no more than are read. Comes before every allocation.
pub(super) fn check_size(width: u32, height: u32, limit: u64) -> Result<(), PictureError> {
    match u64::from(width) * u64::from(height) {
        0 => Err(PictureError::Empty { width, height }),
        pixels if pixels > limit => Err(PictureError::TooManyPixels { width, height, limit }),
        _ => Ok(()),
    }
}

/// What the bytes of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colours {
    /// One byte, from black to white.
    Grey,
    /// Red, green and blue.
    Rgb,
}

impl Colours {
    /// Bytes of a pixel.
    pub const fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

impl fmt::Display for Colours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Grey => "grey",
            Self::Rgb => "RGB",
        })
    }
}

/// The grey value of a colour: the luma of JPEG files.
pub(crate) fn luma(&[red, green, blue]: &[u8; 3]) -> u8 {
    // The weights add up to 1000: the result is at most 255.
    ((299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500) / 1000) as u8
}

/// Pixels row by row from the top.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Bitmap {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) colours: Colours,
    pub(super) bytes: Vec<u8>,
}

impl Bitmap {
    /// Checks that the bytes are as many as the size says.
    pub(super) fn new(
        (width, height): (u32, u32),
        colours: Colours,
        bytes: Vec<u8>,
        limit: u64,
    ) -> Result<Self, PictureError> {
        check_size(width, height, limit)?;
        let channels = colours.channels();
        if u64::from(width) * u64::from(height) * channels as u64 != bytes.len() as u64 {
            return Err(PictureError::Pixels { width, height, channels, found: bytes.len() });
        }
        Ok(Self { width, height, colours, bytes })
    }

    pub(super) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// In grey.
    pub(super) fn into_grey(self) -> Self {
        if self.colours == Colours::Grey {
            return self;
        }
        let bytes = self.bytes.as_chunks().0.iter().map(luma).collect();
        Self { colours: Colours::Grey, bytes, ..self }
    }

    /// In colours; a grey pixel has three equal ones.
    pub(super) fn to_rgb(&self) -> Cow<'_, [u8]> {
        match self.colours {
            Colours::Rgb => Cow::Borrowed(&self.bytes),
            Colours::Grey => Cow::Owned(self.bytes.iter().flat_map(|&grey| [grey; 3]).collect()),
        }
    }
}

/// Shows the size only.
impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} {} pixels", self.width, self.height, self.colours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked_to_the_pixel() {
        assert_eq!(check_size(4000, 4000, MAX_FINGER_PIXELS), Ok(()));
        assert!(matches!(check_size(4000, 4001, MAX_FINGER_PIXELS), Err(PictureError::TooManyPixels { .. })));
        assert!(matches!(check_size(u32::MAX, u32::MAX, u64::MAX), Ok(())));
        assert!(matches!(check_size(0, 5, 9), Err(PictureError::Empty { .. })));
        let short = Bitmap::new((2, 2), Colours::Rgb, vec![0; 11], 4);
        assert!(matches!(short, Err(PictureError::Pixels { channels: 3, found: 11, .. })));
    }

    #[test]
    fn colours_become_their_luma_and_grey_three_equal_ones() {
        let pixels = vec![255, 255, 255, 0, 0, 0, 7, 7, 7, 255, 0, 0, 0, 0, 255];
        let grey = Bitmap::new((5, 1), Colours::Rgb, pixels, 5).unwrap().into_grey();
        assert_eq!(grey.bytes, [255, 0, 7, 76, 29]);
        assert_eq!(*grey.to_rgb(), [255, 255, 255, 0, 0, 0, 7, 7, 7, 76, 76, 76, 29, 29, 29]);
        assert_eq!(format!("{grey:?}"), "5 x 1 grey pixels");
    }
}
