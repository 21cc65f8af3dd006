//! Why a picture gives no template.

use crate::escape::Escaped;
use crate::units::Resolution;

/// Why a picture gives no template. None of these says anything about whose finger it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractionError {
    /// Neither the picture nor its record states a resolution. Coordinates are lengths, and at a wrong resolution a
    /// finger matches nobody.
    #[error("the picture states no resolution; state it with FingerprintPicture::with_resolution")]
    NoResolution,
    /// A resolution that no fingerprint scanner has.
    #[error(
        "a resolution of {} pixels per centimetre, expected {least} to {most}",
        found.pixels_per_centimetre()
    )]
    Resolution {
        /// The resolution.
        found: Resolution,
        /// Least pixels per centimetre.
        least: u16,
        /// Most pixels per centimetre.
        most: u16,
    },
    /// The picture shows several fingers, or another part of the hand.
    #[error(
        "the record states position {code}, which is not one finger; cut the picture into one for each finger"
    )]
    NotOneFinger {
        /// The position's code.
        code: u8,
    },
    /// The picture is smaller or larger than a finger.
    #[error("the picture is {width} x {height} pixels at 500 dpi, expected {least} to {most} on each side")]
    Size {
        /// Width at 500 dpi.
        width: u32,
        /// Height at 500 dpi.
        height: u32,
        /// Least pixels on a side.
        least: u32,
        /// Most pixels on a side.
        most: u32,
    },
    /// A network of an ONNX file failed. A known model does so only where memory or threads are wanting.
    #[error("the network failed: {}", Escaped::new(problem))]
    Network {
        /// Why, in the words of the runtime.
        problem: String,
    },
}
