//! The images of a transaction, for the module of pictures: their bytes, and the fields beside them.

use crate::template::codec::ansi_nist::picture::native_resolution;
use crate::template::codec::ansi_nist::records::{self, BinaryRecord, LogicalRecord, RS, Record, US};
use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::{FingerPosition, Impression, Reading, RecordError};
use crate::units::{Quality, Resolution};

/// What an image shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageContent {
    /// A finger, or several: types 4, 13 and 14.
    Finger,
    /// A face: type 10 that says so.
    Face,
    /// Signatures, scars, palms, irises and the like.
    Other,
}

/// An image of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Image<'a> {
    pub(crate) record_type: u16,
    pub(crate) content: ImageContent,
    /// Width and height in pixels.
    pub(crate) size: Option<(u32, u32)>,
    /// Across and down.
    pub(crate) resolution: Option<(Resolution, Resolution)>,
    /// Bits of a pixel.
    pub(crate) depth: Option<u32>,
    pub(crate) position: FingerPosition,
    pub(crate) impression: Option<Impression>,
    pub(crate) quality: Option<Quality>,
    /// Where its bytes begin.
    pub(crate) offset: usize,
    pub(crate) bytes: &'a [u8],
}

/// Fields of types 10 to 19; 14.022 and 14.024 are qualities.
mod field {
    pub(super) const IMPRESSION: u16 = 3;
    pub(super) const WIDTH: u16 = 6;
    pub(super) const HEIGHT: u16 = 7;
    pub(super) const UNITS: u16 = 8;
    pub(super) const ACROSS: u16 = 9;
    pub(super) const DOWN: u16 = 10;
    pub(super) const DEPTH: u16 = 12;
    pub(super) const POSITION: u16 = 13;
    pub(super) const QUALITIES: [u16; 2] = [24, 22];
}

/// Reads the images of a transaction, in its order. Fields that are not what they should be count as missing: the
/// image says itself what it is.
pub(crate) fn read_images(bytes: &[u8]) -> Result<Vec<Image<'_>>, RecordError> {
    let records = records::read(bytes, &mut Notes::new(Reading::Lenient))?;
    let native = records.iter().find_map(|record| match record {
        LogicalRecord::Tagged(record) if record.kind == 1 => native_resolution(record),
        _ => None,
    });
    let images = records.iter().filter_map(|record| match record {
        LogicalRecord::Tagged(record) => tagged(record).map(Ok),
        LogicalRecord::Binary(record) => match record.kind {
            Some(3..=8) => Some(binary(record, native)),
            _ => None,
        },
    });
    images.collect()
}

/// The header of types 3 to 6: length 4, IDC 1, impression 1, fingers 6, scanning resolution 1, width 2, height 2,
/// compression 1. Of type 4 the pixels follow; the others are no grey pictures of fingers.
fn binary<'a>(record: &BinaryRecord<'a>, native: Option<Resolution>) -> Result<Image<'a>, RecordError> {
    let mut cursor = Cursor::at(record.bytes, record.offset);
    cursor.take(5, "record length")?;
    let impression = cursor.u8("impression type")?;
    let [first, ..] = cursor.array::<6>("finger positions")?;
    let is_native = cursor.u8("image scanning resolution")? != 0;
    let (width, height) = (cursor.u16("horizontal line length")?, cursor.u16("vertical line length")?);
    cursor.take(1, "compression")?;
    let resolution = native.filter(|_| is_native).unwrap_or(Resolution::DPI_500);
    let (offset, bytes) = (cursor.offset(), cursor.rest());
    let kind = record.kind.unwrap_or_default();
    Ok(Image {
        // The types with a binary header are 3 to 8.
        record_type: kind as u16,
        content: if kind == 4 { ImageContent::Finger } else { ImageContent::Other },
        size: Some((width.into(), height.into())),
        resolution: Some((resolution, resolution)),
        depth: Some(8),
        position: position(first),
        impression: Some(Impression::from_code(impression)),
        quality: None,
        offset,
        bytes,
    })
}

/// 255 stands for no finger, and the codes of fingers are those of the records of ISO/IEC 19794.
fn position(code: u8) -> FingerPosition {
    FingerPosition::from_code(if code == u8::MAX { 0 } else { code })
}

fn tagged<'a>(record: &Record<'a>) -> Option<Image<'a>> {
    let data = record.data?;
    let number = |field| record.number(field, "field of an image").ok().flatten().map(|(number, _)| number);
    let byte = |field| u8::try_from(number(field)?).ok();
    let content = match record.kind {
        13 | 14 => ImageContent::Finger,
        10 if record.field(field::IMPRESSION).is_some_and(|kind| kind.bytes.trim_ascii() == b"FACE") => {
            ImageContent::Face
        }
        _ => ImageContent::Other,
    };
    let is_finger = content == ImageContent::Finger;
    let side = |field| {
        let value = u16::try_from(number(field)?).ok()?;
        match number(field::UNITS)? {
            1 => Resolution::from_dpi(value),
            2 => Resolution::from_pixels_per_centimetre(value),
            _ => None,
        }
    };
    let code = byte(field::POSITION).filter(|_| is_finger).unwrap_or(0);
    let quality = field::QUALITIES.iter().find_map(|&of| quality(record, of));
    Some(Image {
        record_type: record.kind,
        content,
        size: number(field::WIDTH).zip(number(field::HEIGHT)),
        resolution: side(field::ACROSS).zip(side(field::DOWN)),
        depth: number(field::DEPTH),
        position: position(code),
        impression: byte(field::IMPRESSION).filter(|_| is_finger).map(Impression::from_code),
        quality: quality.filter(|_| record.kind == 14),
        offset: data.offset,
        bytes: data.bytes,
    })
}

/// The first score of `finger, score, vendor, algorithm`.
fn quality(record: &Record<'_>, field: u16) -> Option<Quality> {
    let score = record.field(field)?.split(RS).next()?.split(US).nth(1)?.number("quality").ok()?;
    Quality::new(u8::try_from(score).ok()?)
}
