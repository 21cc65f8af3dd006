//! Face image records: ISO/IEC 19794-5:2005 and :2011, as passports have them. Feature points are passed over.

use crate::picture::PictureError;
use crate::picture::payload::{Container, Facts, Payload};
use crate::template::{self, Cursor, Modality};
use crate::units::Quality;

pub(super) const IDENTIFIER: &[u8; 4] = b"FAC\0";

/// Bytes of a feature point.
const POINT: usize = 8;

/// Reads the pictures of a record.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Payload<'_>>, PictureError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(4, "format identifier")?;
    match &cursor.array("version")? {
        b"010\0" => read_2005(&mut cursor),
        b"030\0" => read_2011(&mut cursor),
        _ => Err(PictureError::unexpected(4, "version", "\"010\" or \"030\" and a zero byte")),
    }
}

/// The next face, by the length before it, which counts itself in.
fn face<'a>(cursor: &mut Cursor<'a>) -> Result<Cursor<'a>, PictureError> {
    let offset = cursor.offset();
    let length = (cursor.u32("length of a face's data")? as usize).checked_sub(4);
    let length =
        length.ok_or(PictureError::unexpected(offset, "length of a face's data", "4 bytes at least"))?;
    Ok(cursor.part(length, "face")?)
}

fn read_2005<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<Payload<'a>>, PictureError> {
    cursor.take(4, "record length")?;
    let count = cursor.u16("number of faces")?;
    let mut payloads = Vec::new();
    for _ in 0..count {
        let mut part = face(cursor)?;
        let points = usize::from(part.u16("number of feature points")?);
        part.take(14, "facial information")?;
        part.take(POINT * points, "feature points")?;
        part.take(8, "picture type, size, colours and source")?;
        let mut facts = Facts::default();
        facts.capture.device = part.u16("device type")?;
        let quality = u8::try_from(part.u16("quality")?).ok();
        facts.quality = quality.and_then(Quality::new);
        let length = part.remaining();
        payloads.push(payload(&mut part, length, Container::Fac2005, facts)?);
    }
    Ok(payloads)
}

fn read_2011<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<Payload<'a>>, PictureError> {
    cursor.take(4, "record length")?;
    let count = cursor.u16("number of representations")?;
    let certified = cursor.u8("certification flag")? != 0;
    cursor.take(2, "temporal semantics")?;
    let mut payloads = Vec::new();
    for _ in 0..count {
        let mut part = face(cursor)?;
        let (capture, quality) = template::read_capture(&mut part, certified)?;
        let points = usize::from(part.u16("number of feature points")?);
        part.take(15, "facial information")?;
        part.take(POINT * points, "feature points")?;
        part.take(11, "picture type, size and colours")?;
        let length = part.u32("picture length")? as usize;
        let facts = Facts { quality, capture, ..Facts::default() };
        payloads.push(payload(&mut part, length, Container::Fac2011, facts)?);
    }
    Ok(payloads)
}

fn payload<'a>(
    cursor: &mut Cursor<'a>,
    length: usize,
    container: Container,
    facts: Facts,
) -> Result<Payload<'a>, PictureError> {
    let offset = cursor.offset();
    let bytes = cursor.take(length, "picture")?;
    Ok(Payload { shows: Some(Modality::Face), container: Some(container), facts, raw: None, offset, bytes })
}
