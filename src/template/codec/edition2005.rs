//! What ISO/IEC 19794-2:2005 and ANSI INCITS 378-2004 share: twelve bytes of header from the
//! device on, and the finger views. Angle unit and length fields are their own.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::minutiae::{self, Form, Grid};
use crate::template::codec::notes::Notes;
use crate::template::codec::{extended, frame, views};
use crate::template::{
    Capture, FingerprintRecord, FingerprintTemplate, Frame, Product, RecordError, RecordWriteError,
};

/// Most views: 16 of each of eleven positions.
const MOST_VIEWS: u16 = 176;

/// Reads from the capture device to the end of the input.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    form: Form,
    product: Product,
) -> Result<FingerprintRecord, RecordError> {
    let equipment = cursor.u16("capture equipment")?;
    // The certification's four bits are kept where the later editions have them in a byte.
    let capture = Capture {
        certification: (equipment >> 8) as u8 & 0xF0,
        device: equipment & 0x0FFF,
        ..Capture::default()
    };
    let offset = cursor.offset();
    let size = frame::read_size(cursor, notes)?;
    let resolution = frame::read_resolution(cursor, notes)?;
    let frame = frame::frame(size, resolution, offset, notes)?;
    let count = views::read_count(cursor, notes, MOST_VIEWS)?;

    let views = views::read(cursor, notes, form.dialect, count, |cursor, notes| {
        read_view(cursor, notes, form, &frame, &capture)
    })?;
    Ok(FingerprintRecord {
        dialect: form.dialect,
        product,
        views,
        warnings: Vec::new(),
        wrappers: Vec::new(),
    })
}

fn read_view(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    form: Form,
    frame: &Frame,
    capture: &Capture,
) -> Result<FingerprintTemplate, RecordError> {
    let offset = cursor.offset();
    let position = views::position(cursor.u8("finger position")?, form.dialect, offset, notes)?;
    let number = cursor.u8("view number and impression type")?;
    let impression = views::impression(number & 0x0F, form.dialect, offset + 1, notes)?;
    let quality = cursor.u8("finger quality")?;
    let quality = form.quality.decode(quality, "finger quality", offset + 2, notes)?;
    let count = cursor.u8("number of minutiae")?.into();
    let minutiae = minutiae::read(cursor, notes, count, &Grid::from(frame), form)?;
    let extended = extended::read(cursor, notes, form.dialect)?;
    Ok(FingerprintTemplate {
        position,
        view: number >> 4,
        impression,
        quality,
        frame: Some(*frame),
        minutiae,
        capture: capture.clone(),
        extended,
    })
}

/// Writes from the capture device to the end.
pub(super) fn write(
    out: &mut Vec<u8>,
    record: &FingerprintRecord,
    form: Form,
) -> Result<(), RecordWriteError> {
    views::check_writable(&record.views, form.dialect, MOST_VIEWS.into(), 0)?;
    let frame = common_frame(&record.views)?;
    out.extend_from_slice(&equipment(&record.views).to_be_bytes());
    for field in [
        frame.width,
        frame.height,
        frame.resolution_x.pixels_per_centimetre(),
        frame.resolution_y.pixels_per_centimetre(),
    ] {
        out.extend_from_slice(&field.to_be_bytes());
    }
    // `check_writable` bounds the views by 176, and each one's minutiae by 255.
    out.extend_from_slice(&[record.views.len() as u8, 0]);
    for (view, template) in record.views.iter().enumerate() {
        out.extend_from_slice(&[
            template.position.code(),
            template.view << 4 | template.impression.code(),
            form.quality.encode(template.quality),
            template.minutiae.len() as u8,
        ]);
        minutiae::write(out, view, template, &frame, form)?;
        extended::write(out, view, template, form.dialect)?;
    }
    Ok(())
}

/// The picture that holds the pictures of all views, if they have one resolution.
fn common_frame(all: &[FingerprintTemplate]) -> Result<Frame, RecordWriteError> {
    let mut common: Option<Frame> = None;
    for (view, template) in all.iter().enumerate() {
        let frame = views::frame(view, template)?;
        common = Some(match common {
            None => *frame,
            Some(c) if !c.same_resolution(frame) => return Err(RecordWriteError::MixedResolutions { view }),
            Some(c) => Frame { width: c.width.max(frame.width), height: c.height.max(frame.height), ..c },
        });
    }
    common.ok_or(RecordWriteError::NoViews)
}

/// The header's capture equipment: what the views agree on, as far as it fits.
fn equipment(views: &[FingerprintTemplate]) -> u16 {
    let agreed = |fact: fn(&Capture) -> u16| {
        let mut facts = views.iter().map(|v| fact(&v.capture));
        facts.next().filter(|first| facts.all(|fact| fact == *first)).unwrap_or(0)
    };
    let device = agreed(|c| c.device);
    let device = if device <= 0x0FFF { device } else { 0 };
    agreed(|c| u16::from(c.certification & 0xF0) << 8) | device
}
