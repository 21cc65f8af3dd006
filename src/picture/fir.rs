//! Finger image records: ISO/IEC 19794-4:2005 and :2011. What their pictures are compressed with is told by the
//! pictures, not by the code beside them.

use crate::picture::PictureError;
use crate::picture::bitmap::Colours;
use crate::picture::payload::{Container, Facts, Payload, RawSize};
use crate::template::{self, Cursor, FingerPosition, Impression, Modality};
use crate::units::{Quality, Resolution};

pub(super) const IDENTIFIER: &[u8; 4] = b"FIR\0";

/// Reads the pictures of a record.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Payload<'_>>, PictureError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(4, "format identifier")?;
    match &cursor.array("version")? {
        b"010\0" => read_2005(&mut cursor),
        b"020\0" => read_2011(&mut cursor),
        _ => Err(PictureError::unexpected(4, "version", "\"010\" or \"020\" and a zero byte")),
    }
}

/// Resolutions across and down in the unit of the record: 1 is the inch, 2 the centimetre. 0 is not known.
fn resolution(unit: u8, across: u16, down: u16) -> Option<(Resolution, Resolution)> {
    let side = |value| match unit {
        1 => Resolution::from_dpi(value),
        2 => Resolution::from_pixels_per_centimetre(value),
        _ => None,
    };
    side(across).zip(side(down))
}

fn read_2005<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<Payload<'a>>, PictureError> {
    cursor.take(10, "record length, device and level")?;
    let fingers = cursor.u8("number of fingers")?;
    let unit = cursor.u8("scale units")?;
    cursor.take(4, "scan resolution")?;
    let resolution = resolution(unit, cursor.u16("resolution")?, cursor.u16("resolution")?);
    let depth_at = cursor.offset();
    let depth = cursor.u8("pixel depth")?;
    cursor.take(3, "compression")?;
    let mut payloads = Vec::new();
    // A finger has as many pictures as the field says in each of its headers.
    for _ in 0..fingers {
        let mut views = 1;
        let mut view = 0;
        while view < views {
            let offset = cursor.offset();
            let length = cursor.u32("length of a finger's data")? as usize;
            let position = FingerPosition::from_code(cursor.u8("finger position")?);
            views = cursor.u8("number of views")?.max(1);
            cursor.take(1, "view number")?;
            let quality = Quality::new(cursor.u8("finger quality")?);
            let impression = Some(Impression::from_code(cursor.u8("impression type")?));
            let (width, height) = (cursor.u16("picture width")?, cursor.u16("picture height")?);
            cursor.take(1, "reserved byte")?;
            let header = cursor.offset() - offset;
            let length = length.checked_sub(header);
            let length = length.ok_or(PictureError::unexpected(
                offset,
                "length of a finger's data",
                "14 bytes at least",
            ))?;
            let facts = Facts { resolution, position, impression, quality, ..Facts::default() };
            let size = raw_size((depth, depth_at), width, height)?;
            payloads.push(payload(cursor, length, Container::Fir2005, facts, size)?);
            view += 1;
        }
    }
    Ok(payloads)
}

fn read_2011<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<Payload<'a>>, PictureError> {
    cursor.take(4, "record length")?;
    let count = cursor.u16("number of representations")?;
    let certified = cursor.u8("certification flag")? != 0;
    cursor.take(1, "number of fingers")?;
    let mut payloads = Vec::new();
    for _ in 0..count {
        let offset = cursor.offset();
        let length = (cursor.u32("representation length")? as usize).checked_sub(4);
        let length =
            length.ok_or(PictureError::unexpected(offset, "representation length", "4 bytes at least"))?;
        let mut part = cursor.part(length, "representation")?;
        let (capture, quality) = template::read_capture(&mut part, certified)?;
        let position = FingerPosition::from_code(part.u8("finger position")?);
        part.take(1, "representation number")?;
        let unit = part.u8("scale units")?;
        part.take(4, "scan resolution")?;
        let resolution = resolution(unit, part.u16("resolution")?, part.u16("resolution")?);
        let depth_at = part.offset();
        let depth = part.u8("pixel depth")?;
        part.take(1, "compression")?;
        let impression = Some(Impression::from_code(part.u8("impression type")?));
        let (width, height) = (part.u16("picture width")?, part.u16("picture height")?);
        let length = part.u32("picture length")? as usize;
        let facts = Facts { resolution, position, impression, quality, capture };
        let size = raw_size((depth, depth_at), width, height)?;
        payloads.push(payload(&mut part, length, Container::Fir2011, facts, size)?);
    }
    Ok(payloads)
}

/// The size of raw pixels. Those of 8 bits are read; what is compressed says itself how deep it is.
fn raw_size(depth: (u8, usize), width: u16, height: u16) -> Result<Option<RawSize>, PictureError> {
    match depth {
        (8, _) => Ok(Some(RawSize { width: width.into(), height: height.into(), colours: Colours::Grey })),
        (1..=16, _) => Ok(None),
        (_, offset) => Err(PictureError::unexpected(offset, "pixel depth", "1 to 16 bits")),
    }
}

fn payload<'a>(
    cursor: &mut Cursor<'a>,
    length: usize,
    container: Container,
    facts: Facts,
    raw: Option<RawSize>,
) -> Result<Payload<'a>, PictureError> {
    let offset = cursor.offset();
    let bytes = cursor.take(length, "picture")?;
    Ok(Payload { shows: Some(Modality::Finger), container: Some(container), facts, raw, offset, bytes })
}
