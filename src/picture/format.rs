//! The formats of pictures, told by their first bytes.

use std::fmt;

/// How a picture is written into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG with its usual, lossy coding.
    Jpeg,
    /// JPEG 2000, in a JP2 file or as a bare codestream.
    Jpeg2000,
    /// Wavelet scalar quantisation, the FBI's format of fingerprints (IAFIS-IC-0110).
    Wsq,
    /// Windows bitmap.
    Bmp,
    /// TIFF.
    Tiff,
    /// PBM, PGM, PPM and PAM.
    Pnm,
    /// Bytes of pixels, row by row from the top, whose size a record states.
    Raw,
}

impl Format {
    /// The format that bytes begin like. Raw pixels begin like nothing.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', ..] => Some(Self::Png),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => {
                Some(Self::Jpeg2000)
            }
            [0xFF, 0xA0, 0xFF, ..] => Some(Self::Wsq),
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Some(Self::Tiff),
            [b'P', b'1'..=b'7', byte, ..] if byte.is_ascii_whitespace() || *byte == b'#' => Some(Self::Pnm),
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(Self::Bmp),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
            Self::Wsq => "WSQ",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Pnm => "PNM",
            Self::Raw => "raw pixels",
        })
    }
}
