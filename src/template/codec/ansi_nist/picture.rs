//! The pictures of a transaction: only their sizes and resolutions are read.

use crate::template::codec::ansi_nist::records::{BinaryRecord, LogicalRecord, Record};
use crate::template::codec::cursor::Cursor;
use crate::template::codec::frame;
use crate::template::codec::notes::Notes;
use crate::template::{Flaw, Frame, RecordError};
use crate::units::Resolution;

/// Sizes of pictures by their information designation (IDC).
pub(super) struct Pictures(Vec<(u32, Frame)>);

impl Pictures {
    /// Those of fingerprint image records of types 3 to 6, 13 and 14.
    pub(super) fn of(records: &[LogicalRecord<'_>], notes: &mut Notes) -> Result<Self, RecordError> {
        let native = records.iter().find_map(|record| match record {
            LogicalRecord::Tagged(record) if record.kind == 1 => native_resolution(record),
            _ => None,
        });
        let mut pictures = Vec::new();
        for record in records {
            let picture = match record {
                LogicalRecord::Tagged(record) if matches!(record.kind, 13 | 14) => tagged(record, notes)?,
                LogicalRecord::Binary(record) if matches!(record.kind, Some(3..=6)) => {
                    binary(record, native).ok()
                }
                _ => None,
            };
            pictures.extend(picture);
        }
        Ok(Self(pictures))
    }

    /// The first picture of that number.
    pub(super) fn of_number(&self, number: u32) -> Option<Frame> {
        self.0.iter().find(|(of, _)| *of == number).map(|(_, frame)| *frame)
    }
}

/// Field 1.011: pixels per millimetre, such as `19.69`.
pub(super) fn native_resolution(record: &Record<'_>) -> Option<Resolution> {
    let text = std::str::from_utf8(record.field(11)?.bytes).ok()?;
    let per_centimetre = text.trim().parse::<f64>().ok()? * 10.0;
    // `as` saturates and maps what is no number to zero, which is no resolution.
    Resolution::from_pixels_per_centimetre(per_centimetre.round() as u16)
}

/// The header of types 3 to 6: length 4, IDC 1, impression 1, fingers 6, scanning resolution 1,
/// width 2, height 2.
fn binary(record: &BinaryRecord<'_>, native: Option<Resolution>) -> Result<(u32, Frame), RecordError> {
    let mut cursor = Cursor::new(record.bytes);
    cursor.take(4, "record length")?;
    let number = cursor.u8("information designation")?;
    cursor.take(7, "impression type and fingers")?;
    let is_native = cursor.u8("image scanning resolution")? != 0;
    let width = cursor.u16("horizontal line length")?;
    let height = cursor.u16("vertical line length")?;
    let resolution = native.filter(|_| is_native).unwrap_or(Resolution::DPI_500);
    Ok((number.into(), Frame::new(width, height, resolution)))
}

/// Fields 2 and 6 to 10 of types 13 and 14; `None` if a size is missing.
fn tagged(record: &Record<'_>, notes: &mut Notes) -> Result<Option<(u32, Frame)>, RecordError> {
    let number = record.number(2, "information designation")?;
    let frame = frame(record, [6, 7, 8, 9, 10], notes)?;
    Ok(number.map(|(number, _)| number).zip(frame))
}

/// A picture of five fields: width, height, scale units, horizontal and vertical pixel scale.
pub(super) fn frame(
    record: &Record<'_>,
    fields: [u16; 5],
    notes: &mut Notes,
) -> Result<Option<Frame>, RecordError> {
    let [width, height, units, horizontal, vertical] = fields;
    let side = |number, field| {
        let Some((value, offset)) = record.number(number, field)? else { return Ok(None) };
        let expected = "a number of pixels up to 65535";
        u16::try_from(value).map(|value| Some((value, offset))).map_err(|_| RecordError::Unexpected {
            offset,
            field,
            expected,
        })
    };
    let (width, height) = (side(width, "picture width")?, side(height, "picture height")?);
    let Some(((width, at), (height, _))) = width.zip(height) else { return Ok(None) };
    for (field, side) in [("picture width", width), ("picture height", height)] {
        notes.check(side != 0, at, || Flaw::EmptyPicture { field })?;
    }
    let units = record.number(units, "scale units")?.map_or(0, |(units, _)| units);
    let mut axis = |number, field| {
        let (value, offset) = side(number, field)?.unwrap_or((0, at));
        let meant = match units {
            1 => Resolution::from_dpi(value),
            2 => Resolution::from_pixels_per_centimetre(value),
            _ => None,
        };
        let used = meant.unwrap_or(Resolution::DPI_500);
        notes.check(meant.is_some_and(frame::is_of_scanner), offset, || Flaw::Resolution {
            field,
            found: value,
            used: used.pixels_per_centimetre(),
        })?;
        Ok::<_, RecordError>(used)
    };
    let resolution_x = axis(horizontal, "horizontal resolution")?;
    let resolution_y = axis(vertical, "vertical resolution")?;
    frame::frame((width, height), (resolution_x, resolution_y), at, notes).map(Some)
}
