//! The picture that a record's coordinates lie in.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::{Flaw, Frame, RecordError};
use crate::units::Resolution;

/// Width and height with the offset of each.
pub(super) fn read_size(cursor: &mut Cursor<'_>, notes: &mut Notes) -> Result<(u16, u16), RecordError> {
    let mut side = |field| {
        let offset = cursor.offset();
        let pixels = cursor.u16(field)?;
        notes.check(pixels != 0, offset, || Flaw::EmptyPicture { field })?;
        Ok(pixels)
    };
    Ok((side("picture width")?, side("picture height")?))
}

/// Both resolutions.
pub(super) fn read_resolution(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
) -> Result<(Resolution, Resolution), RecordError> {
    let mut axis = |field| {
        let offset = cursor.offset();
        plausible(cursor.u16(field)?, field, offset, notes)
    };
    Ok((axis("horizontal resolution")?, axis("vertical resolution")?))
}

/// Resolutions of fingerprint scanners in pixels per centimetre: 250 to 2,794 dpi.
const SCANNERS: std::ops::RangeInclusive<u16> = 99..=1100;

/// The resolution that a field means, in pixels per centimetre. Some writers leave it 0, others use another unit:
///
/// * dots per inch: 400 to 1,100 pixels per centimetre would be 1,016 to 2,794 dpi, finer than any fingerprint
///   scanner, but they are the very numbers of scanners from 400 to 1,100 dpi. The standards allow them, so only a
///   lenient reading mends them;
/// * pixels per metre, as headers of bitmaps have it: 19,685 is 500 dpi and 39,370 is 1,000 dpi, with 2 % to spare;
/// * pixels per millimetre: 19 and 20 are 500 dpi, 39 and 40 are 1,000 dpi.
fn plausible(
    found: u16,
    field: &'static str,
    offset: usize,
    notes: &mut Notes,
) -> Result<Resolution, RecordError> {
    let meant = match found {
        0 | 19 | 20 => Some(Resolution::DPI_500),
        39 | 40 => Resolution::from_dpi(1000),
        400..=1100 if notes.is_lenient() => Resolution::from_dpi(found),
        19_291..=20_079 | 38_583..=40_157 => Resolution::from_pixels_per_centimetre((found + 50) / 100),
        _ => Resolution::from_pixels_per_centimetre(found),
    }
    .unwrap_or(Resolution::DPI_500);
    let used = meant.pixels_per_centimetre();
    let fine = found == used && SCANNERS.contains(&found);
    notes.check(fine, offset, || Flaw::Resolution { field, found, used })?;
    Ok(meant)
}

/// Whether a fingerprint scanner has this resolution.
pub(super) fn is_of_scanner(resolution: Resolution) -> bool {
    SCANNERS.contains(&resolution.pixels_per_centimetre())
}

/// Checks the resolution of a picture that the caller states for a format that does not.
pub(super) fn check_stated(frame: &Frame, notes: &mut Notes) -> Result<(), RecordError> {
    for (field, resolution) in
        [("horizontal resolution", frame.resolution_x), ("vertical resolution", frame.resolution_y)]
    {
        let found = resolution.pixels_per_centimetre();
        notes.check(is_of_scanner(resolution), 0, || Flaw::Resolution { field, found, used: found })?;
    }
    check_size(frame, 0, notes)
}

/// The shortest side of a picture that shows a fingertip, in micrometres.
const FINGERTIP: u32 = 10_000;

/// A flaw if a picture's resolution is no scanner's, and makes it smaller than a fingertip.
fn check_size(frame: &Frame, offset: usize, notes: &mut Notes) -> Result<(), RecordError> {
    match tiny(frame) {
        Some((width, height)) => notes.flaw(offset, Flaw::TinyPicture { width, height }),
        None => Ok(()),
    }
}

/// The sides in micrometres of a picture that is smaller than a fingertip, at a resolution that no scanner has. A
/// picture without a side is another flaw.
fn tiny(frame: &Frame) -> Option<(u32, u32)> {
    let side = |pixels: u16, resolution: Resolution| {
        let length = u32::from(pixels) * 10_000 / u32::from(resolution.pixels_per_centimetre());
        (length, pixels > 0 && !is_of_scanner(resolution) && length < FINGERTIP)
    };
    let (width, narrow) = side(frame.width, frame.resolution_x);
    let (height, low) = side(frame.height, frame.resolution_y);
    (narrow || low).then_some((width, height))
}

/// Assembles a frame from fields that dialects order differently, and checks its size. `offset` is the size's.
pub(super) fn frame(
    (width, height): (u16, u16),
    (resolution_x, resolution_y): (Resolution, Resolution),
    offset: usize,
    notes: &mut Notes,
) -> Result<Frame, RecordError> {
    let frame = Frame { width, height, resolution_x, resolution_y };
    check_size(&frame, offset, notes)?;
    Ok(frame)
}
