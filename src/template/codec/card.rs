//! The card formats of ISO/IEC 19794-2:2005: minutiae and nothing else, so that only the caller
//! knows that bytes are one. Coordinates are fractions of a millimetre, so no picture is needed.

use std::num::NonZeroU16;

use crate::template::codec::cursor::Cursor;
use crate::template::codec::minutiae::{self, Form, Grid, ISO_TURN, QualityForm};
use crate::template::codec::notes::Notes;
use crate::template::{
    Dialect, FingerPosition, FingerprintRecord, FingerprintTemplate, Flaw, Minutia, Product, Reading,
    RecordError,
};
use crate::units::{Angle, Resolution};

/// Hundredths of a millimetre.
const NORMAL: Resolution = Resolution::from_pixels_per_centimetre(1000).unwrap();
/// Tenths of a millimetre.
const COMPACT: Resolution = Resolution::from_pixels_per_centimetre(100).unwrap();
/// Directions of the compact format, 5.625 degrees each.
const COMPACT_TURN: NonZeroU16 = NonZeroU16::new(64).unwrap();

/// Reads the normal size format: record format minutiae without quality.
pub(in crate::template) fn read_normal(
    bytes: &[u8],
    reading: Reading,
) -> Result<FingerprintRecord, RecordError> {
    let mut notes = Notes::new(reading);
    let mut cursor = Cursor::new(bytes);
    let form = Form { dialect: Dialect::IsoCardNormal, turn: ISO_TURN, quality: QualityForm::None };
    let grid = Grid { x: NORMAL, y: NORMAL, size: None };
    let count = bytes.len() / 5;
    let minutiae = minutiae::read(&mut cursor, &mut notes, count, &grid, form)?;
    finish(Dialect::IsoCardNormal, minutiae, &cursor, notes)
}

/// Reads the compact size format: a byte for each coordinate, two bits of type, six of angle.
pub(in crate::template) fn read_compact(
    bytes: &[u8],
    reading: Reading,
) -> Result<FingerprintRecord, RecordError> {
    let mut notes = Notes::new(reading);
    let mut cursor = Cursor::new(bytes);
    let grid = Grid { x: COMPACT, y: COMPACT, size: None };
    let mut minutiae = Vec::new();
    for minutia in 0..bytes.len() / 3 {
        let offset = cursor.offset();
        let [x, y, rest] = cursor.array("minutia")?;
        let kind = minutiae::kind(rest >> 6, Dialect::IsoCardCompact, offset + 2, &mut notes)?;
        let angle = Angle::from_parts((rest & 0x3F).into(), COMPACT_TURN);
        if let Some((x, y)) = grid.place((x.into(), y.into()), minutia, offset, &mut notes)? {
            minutiae.push(Minutia::new(x, y, angle, kind, None));
        }
    }
    finish(Dialect::IsoCardCompact, minutiae, &cursor, notes)
}

fn finish(
    dialect: Dialect,
    minutiae: Vec<Minutia>,
    cursor: &Cursor<'_>,
    mut notes: Notes,
) -> Result<FingerprintRecord, RecordError> {
    let count = cursor.remaining();
    notes.check(count == 0, cursor.offset(), || Flaw::TrailingBytes { count })?;
    notes.check(!minutiae.is_empty(), 0, || Flaw::NoMinutiae)?;
    Ok(FingerprintRecord {
        dialect,
        product: Product::default(),
        views: vec![FingerprintTemplate::new(FingerPosition::Unknown, minutiae)],
        warnings: notes.into_warnings(),
        wrappers: Vec::new(),
    })
}
