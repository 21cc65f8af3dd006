//! ANSI INCITS 378-2009, its amendment 1, and the draft of 2007 that some tools write: picture
//! and quality algorithm belong to the view.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::minutiae::{self, ANSI_TURN, Form, Grid, QualityForm};
use crate::template::codec::notes::Notes;
use crate::template::codec::{extended, frame, views};
use crate::template::{
    Capture, Dialect, FingerprintRecord, FingerprintTemplate, Flaw, Product, QualitySource, RecordError,
};

const MOST_VIEWS: u16 = 255;
/// A view's bytes beside its minutiae and extended data, up to the number of minutiae.
const VIEW_HEADER: usize = 17;

pub(super) fn read(
    bytes: &[u8],
    dialect: Dialect,
    notes: &mut Notes,
) -> Result<FingerprintRecord, RecordError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(8, "format and version")?;
    let offset = cursor.offset();
    let (declared, found) = (u64::from(cursor.u32("record length")?), bytes.len() as u64);
    notes.check(declared == found, offset, || Flaw::Length { declared, found })?;
    let product = Product { owner: cursor.u16("product owner")?, kind: cursor.u16("product type")? };

    let dialect = if is_draft(cursor.rest()) { Dialect::Ansi2007Draft } else { dialect };
    let offset = cursor.offset();
    let (certification, device) = if dialect == Dialect::Ansi2007Draft {
        notes.flaw(offset, Flaw::DraftHeader)?;
        let equipment = cursor.u16("capture equipment")?;
        ((equipment >> 8) as u8 & 0xF0, equipment & 0x0FFF)
    } else {
        (cursor.u8("equipment certification")?, cursor.u16("capture device")?)
    };
    let capture = Capture { certification, device, ..Capture::default() };
    let count = views::read_count(&mut cursor, notes, MOST_VIEWS)?;

    let form = Form { dialect, turn: ANSI_TURN, quality: QualityForm::Special };
    let views = views::read(&mut cursor, notes, dialect, count, |cursor, notes| {
        read_view(cursor, notes, form, &capture)
    })?;
    Ok(FingerprintRecord { dialect, product, views, warnings: Vec::new(), wrappers: Vec::new() })
}

/// Whether the header after the product has the draft's layout: its number of views and zero byte
/// lie one byte earlier, where the standard has the device's low byte and a number of views, which
/// would then be none although views follow.
fn is_draft(rest: &[u8]) -> bool {
    matches!(rest, [_, _, views, 0, _, _, ..] if *views > 0)
}

fn read_view(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    form: Form,
    capture: &Capture,
) -> Result<FingerprintTemplate, RecordError> {
    let offset = cursor.offset();
    let position = views::position(cursor.u8("finger position")?, form.dialect, offset, notes)?;
    let view = cursor.u8("view number")?;
    let impression = cursor.u8("impression type")?;
    let impression = views::impression(impression, form.dialect, offset + 2, notes)?;
    let quality = cursor.u8("finger quality")?;
    let quality = form.quality.decode(quality, "finger quality", offset + 3, notes)?;
    let quality_source = QualitySource {
        vendor: cursor.u16("quality algorithm vendor")?,
        algorithm: cursor.u16("quality algorithm")?,
    };
    let offset = cursor.offset();
    let size = frame::read_size(cursor, notes)?;
    let resolution = frame::read_resolution(cursor, notes)?;
    let frame = frame::frame(size, resolution, offset, notes)?;
    let count = cursor.u8("number of minutiae")?.into();
    let minutiae = minutiae::read(cursor, notes, count, &Grid::from(&frame), form)?;
    let extended = extended::read(cursor, notes, form.dialect)?;
    Ok(FingerprintTemplate {
        position,
        view,
        impression,
        quality,
        frame: Some(frame),
        minutiae,
        capture: Capture { quality_source, ..capture.clone() },
        extended,
    })
}

/// Whether the bytes are a record of this layout from the first view to the last byte.
pub(super) fn fills(bytes: &[u8]) -> bool {
    fn walk(bytes: &[u8]) -> Result<usize, RecordError> {
        let mut cursor = Cursor::new(bytes);
        cursor.take(19, "header")?;
        let views = cursor.u8("number of views")?;
        cursor.take(1, "header")?;
        for _ in 0..views {
            cursor.take(VIEW_HEADER - 1, "view header")?;
            let minutiae = usize::from(cursor.u8("number of minutiae")?);
            cursor.take(6 * minutiae, "minutiae")?;
            let extended = usize::from(cursor.u16("extended data length")?);
            cursor.take(extended, "extended data")?;
        }
        Ok(cursor.remaining())
    }
    walk(bytes) == Ok(0)
}
