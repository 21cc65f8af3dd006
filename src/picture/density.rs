//! The resolution that a picture's file states, which decoders do not tell.

use crate::picture::{Format, jp2_boxes, jpeg, wsq};
use crate::units::Resolution;

/// Pixels per centimetre across and down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Density {
    across: f64,
    down: f64,
}

/// Dots per inch that programs write where they know none: those of old displays.
const DEFAULTS: [f64; 2] = [72.0, 96.0];

impl Density {
    /// `None` if either is zero, negative or absent.
    fn new(across: f64, down: f64, centimetres: f64) -> Option<Self> {
        let per_centimetre = |value: f64| value / centimetres;
        let known = |value: &f64| value.is_finite() && *value > 0.0;
        let density = Self { across: per_centimetre(across), down: per_centimetre(down) };
        (known(&density.across) && known(&density.down)).then_some(density)
    }

    pub(super) fn from_resolutions(across: Resolution, down: Resolution) -> Self {
        let value = |resolution: Resolution| f64::from(resolution.pixels_per_centimetre());
        Self { across: value(across), down: value(down) }
    }

    /// Whether programs write it where they know none.
    pub(super) fn is_default(self) -> bool {
        DEFAULTS.iter().any(|dpi| (self.across * INCH - dpi).abs() < 0.5)
    }

    /// Whether a pixel is as wide as it is high, to 1 %.
    pub(super) fn is_square(self) -> bool {
        (self.across - self.down).abs() <= 0.01 * self.across
    }

    /// To the nearest pixel per centimetre; `None` if that is none, or more than can be said.
    pub(super) fn resolution(self) -> Option<Resolution> {
        let rounded = self.across.round();
        let fits = rounded <= f64::from(u16::MAX);
        Resolution::from_pixels_per_centimetre(if fits { rounded as u16 } else { 0 })
    }
}

/// Centimetres of an inch, and of a metre.
const INCH: f64 = 2.54;
const METRE: f64 = 100.0;

/// What the file of a picture states.
pub(super) fn stated(bytes: &[u8], format: Format) -> Option<Density> {
    match format {
        Format::Png => png(bytes),
        Format::Jpeg => jfif(bytes),
        Format::Jpeg2000 => jp2(bytes),
        Format::Wsq => {
            let dpi = wsq::stated_dpi(bytes)?.into();
            Density::new(dpi, dpi, INCH)
        }
        Format::Bmp => bmp(bytes),
        Format::Tiff => tiff(bytes),
        Format::Pnm | Format::Raw => None,
    }
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The chunk `pHYs` before the pixels: pixels per unit both ways, unit 1 is the metre.
fn png(bytes: &[u8]) -> Option<Density> {
    let mut at = 8;
    loop {
        let length = u32_be(bytes, at)? as usize;
        match bytes.get(at + 4..)?.first_chunk()? {
            b"pHYs" => {
                let body = bytes.get(at + 8..)?;
                let [across, down] = [u32_be(body, 0)?, u32_be(body, 4)?].map(f64::from);
                return (body.get(8) == Some(&1)).then(|| Density::new(across, down, METRE))?;
            }
            b"IDAT" | b"IEND" => return None,
            // The length, the type and a checksum.
            _ => at = at.checked_add(length)?.checked_add(12)?,
        }
    }
}

/// The segment APP0 of JFIF: version, unit (1 the inch, 2 the centimetre), density both ways.
fn jfif(bytes: &[u8]) -> Option<Density> {
    let (_, _, body) =
        jpeg::segments(bytes).find(|(marker, _, body)| *marker == 0xE0 && body.starts_with(b"JFIF\0"))?;
    let centimetres = match body.get(7)? {
        1 => INCH,
        2 => 1.0,
        _ => return None,
    };
    Density::new(u16_be(body, 8)?.into(), u16_be(body, 10)?.into(), centimetres)
}

/// The header of 40 bytes or more has pixels per metre.
fn bmp(bytes: &[u8]) -> Option<Density> {
    let number = |at: usize| Some(i32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    if number(14)? < 40 {
        return None;
    }
    Density::new(number(38)?.into(), number(42)?.into(), METRE)
}

/// Tags 282 and 283 of the first directory, fractions, and 296, their unit: 2 the inch, 3 the centimetre.
fn tiff(bytes: &[u8]) -> Option<Density> {
    const LONG: u16 = 4;
    let is_little = bytes.first() == Some(&b'I');
    let short = |at: usize| {
        let pair = *bytes.get(at..)?.first_chunk()?;
        Some(if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let long = |at: usize| {
        let four = *bytes.get(at..)?.first_chunk()?;
        Some(if is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    };
    let fraction = |at: usize| Some(f64::from(long(at)?) / f64::from(long(at.checked_add(4)?)?));
    let directory = long(4)? as usize;
    let (mut across, mut down, mut unit) = (None, None, 2);
    for entry in 0..usize::from(short(directory)?) {
        let at = directory.checked_add(2 + 12 * entry)?;
        let value = at.checked_add(8)?;
        match short(at)? {
            282 => across = fraction(long(value)? as usize),
            283 => down = fraction(long(value)? as usize),
            296 if short(at + 2)? == LONG => unit = long(value)?,
            296 => unit = short(value)?.into(),
            _ => {}
        }
    }
    let centimetres = match unit {
        2 => INCH,
        3 => 1.0,
        _ => return None,
    };
    Density::new(across?, down?, centimetres)
}

/// The boxes `resc` of the capture or `resd` for display: fractions down and across, then their powers of ten, per
/// metre.
fn jp2(bytes: &[u8]) -> Option<Density> {
    let resolution = jp2_boxes::find(bytes, &[b"jp2h", b"res "])?;
    let body = [b"resc", b"resd"].iter().find_map(|kind| jp2_boxes::find(resolution, &[kind]))?;
    let side = |at: usize, power: usize| {
        let fraction = f64::from(u16_be(body, at)?) / f64::from(u16_be(body, at + 2)?);
        Some(fraction * 10_f64.powi(body.get(power)?.cast_signed().into()))
    };
    Density::new(side(4, 9)?, side(0, 8)?, METRE)
}
