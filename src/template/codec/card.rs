//! The card formats of ISO/IEC 19794-2:2005: minutiae and nothing else, so that only the caller
//! knows that bytes are one. Coordinates are fractions of a millimetre, so no picture is needed.

use std::collections::HashSet;
use std::num::NonZeroU16;

use crate::template::codec::cursor::Cursor;
use crate::template::codec::detect;
use crate::template::codec::minutiae::{self, Form, Grid, ISO_TURN, QualityForm};
use crate::template::codec::notes::Notes;
use crate::template::{
    Dialect, FingerPosition, FingerprintRecord, FingerprintTemplate, Flaw, Minutia, Product, Reading,
    RecordError,
};
use crate::units::{Angle, Length, Resolution};

/// Hundredths of a millimetre.
const NORMAL: Resolution = Resolution::from_pixels_per_centimetre(1000).unwrap();
/// Tenths of a millimetre.
const COMPACT: Resolution = Resolution::from_pixels_per_centimetre(100).unwrap();
/// Directions of the compact format, 5.625 degrees each.
const COMPACT_TURN: NonZeroU16 = NonZeroU16::new(64).unwrap();

/// The code of two bits that is no kind of minutia.
const NO_KIND: u8 = 3;
/// Most minutiae of a card.
const MOST_MINUTIAE: usize = 255;
/// No finger is longer, nor a picture of one.
const LONGEST: Length = Length::from_steps(100 * 200);

/// Reads the normal size format: record format minutiae without quality.
pub(in crate::template) fn read_normal(
    bytes: &[u8],
    reading: Reading,
) -> Result<FingerprintRecord, RecordError> {
    let (whole, rest) = bytes.as_chunks::<5>();
    let is_minutia = |[x, _, y, _, _]: &[u8; 5]| x >> 6 != NO_KIND && y >> 6 == 0;
    detect::check_card(bytes, rest.is_empty() && whole.iter().all(is_minutia))?;
    let mut notes = Notes::new(reading);
    let mut cursor = Cursor::new(bytes);
    let form = Form { dialect: Dialect::IsoCardNormal, turn: ISO_TURN, quality: QualityForm::None };
    let grid = Grid { x: NORMAL, y: NORMAL, size: None };
    let count = whole.len();
    let minutiae = minutiae::read(&mut cursor, &mut notes, count, &grid, form)?;
    finish(Dialect::IsoCardNormal, minutiae, &cursor, notes)
}

/// Reads the compact size format: a byte for each coordinate, two bits of type, six of angle.
pub(in crate::template) fn read_compact(
    bytes: &[u8],
    reading: Reading,
) -> Result<FingerprintRecord, RecordError> {
    let (whole, rest) = bytes.as_chunks::<3>();
    detect::check_card(bytes, rest.is_empty() && whole.iter().all(|[_, _, kind]| kind >> 6 != NO_KIND))?;
    let mut notes = Notes::new(reading);
    let mut cursor = Cursor::new(bytes);
    let grid = Grid { x: COMPACT, y: COMPACT, size: None };
    let mut minutiae = Vec::new();
    for minutia in 0..whole.len() {
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
    let distinct: HashSet<_> = minutiae.iter().map(|m| (m.x, m.y, m.angle, m.kind())).collect();
    for (fine, what) in [
        (minutiae.len() <= MOST_MINUTIAE, "more than 255 minutiae"),
        (distinct.len() == minutiae.len(), "a minutia twice"),
        (minutiae.iter().all(|m| m.x <= LONGEST && m.y <= LONGEST), "a minutia beyond 100 mm"),
    ] {
        notes.check(fine, 0, || Flaw::NotOfACard { what })?;
    }
    Ok(FingerprintRecord {
        dialect,
        product: Product::default(),
        views: vec![FingerprintTemplate::new(FingerPosition::Unknown, minutiae)],
        warnings: notes.into_warnings(),
        wrappers: Vec::new(),
    })
}
