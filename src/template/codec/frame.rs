//! The picture that a record's coordinates lie in.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::{Flaw, Frame, RecordError};
use crate::units::Resolution;

/// The least resolution of ISO/IEC 19794-2: 99 pixels a centimetre, which is 250 dpi.
pub(super) const ISO_LEAST_RESOLUTION: u16 = 99;

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
    least: u16,
) -> Result<(Resolution, Resolution), RecordError> {
    let mut axis = |field| {
        let offset = cursor.offset();
        plausible(cursor.u16(field)?, field, least, offset, notes)
    };
    Ok((axis("horizontal resolution")?, axis("vertical resolution")?))
}

/// The resolution that a field means. A strict reading takes any that the standard allows. A
/// lenient one knows that some writers leave it 0, and that others write dots an inch: 400 to 1,100
/// pixels a centimetre would be 1,016 to 2,794 dpi, finer than any fingerprint scanner, but they
/// are the very numbers of scanners from 400 to 1,100 dpi.
fn plausible(
    found: u16,
    field: &'static str,
    least: u16,
    offset: usize,
    notes: &mut Notes,
) -> Result<Resolution, RecordError> {
    let meant = match found {
        0 => Some(Resolution::DPI_500),
        400..=1100 if notes.is_lenient() => Resolution::from_dpi(found),
        _ => Resolution::from_pixels_per_centimetre(found),
    }
    .unwrap_or(Resolution::DPI_500);
    let used = meant.pixels_per_centimetre();
    notes.check(found >= least && found == used, offset, || Flaw::Resolution { field, found, used })?;
    Ok(meant)
}

/// Assembles a frame from fields that dialects order differently.
pub(super) fn frame(
    (width, height): (u16, u16),
    (resolution_x, resolution_y): (Resolution, Resolution),
) -> Frame {
    Frame { width, height, resolution_x, resolution_y }
}
