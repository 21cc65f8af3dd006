//! ISO/IEC 19794-2:2011, record format: a short general header, then representations that each
//! state their length, their capture and their picture.

use crate::template::capture::{CaptureTime, Certificate, QualityScore, QualitySource, RidgeEnding};
use crate::template::codec::cursor::Cursor;
use crate::template::codec::minutiae::{self, Form, Grid, ISO_TURN, QualityForm};
use crate::template::codec::notes::Notes;
use crate::template::codec::{extended, frame, views};
use crate::template::{
    Capture, Dialect, FingerprintRecord, FingerprintTemplate, Flaw, Product, RecordError, RecordWriteError,
};
use crate::units::Quality;

const MOST_VIEWS: u16 = 176;
/// Bytes of the general header.
const HEADER: usize = 15;
/// Bytes of a representation without quality blocks, certificates, minutiae and extended data.
const LEAST_REPRESENTATION: u32 = 34;

fn form(with_quality: bool) -> Form {
    let quality = if with_quality { QualityForm::Special } else { QualityForm::None };
    Form { dialect: Dialect::Iso2011, turn: ISO_TURN, quality }
}

/// How well the bytes look like representations that add up to the header's length.
pub(super) enum Likeness {
    /// They do, exactly: the rule that tells this edition from ANSI INCITS 378-2009.
    Exact,
    /// The first representation's length is possible, what follows is damaged.
    Damaged,
    /// They do not.
    None,
}

pub(super) fn likeness(bytes: &[u8]) -> Likeness {
    fn walk(bytes: &[u8], plausible: &mut bool) -> Result<bool, RecordError> {
        let mut cursor = Cursor::new(bytes);
        cursor.take(8, "format and version")?;
        let total = u64::from(cursor.u32("record length")?);
        let count = cursor.u16("number of representations")?;
        cursor.take(1, "certification flag")?;
        let mut sum = HEADER as u64;
        for _ in 0..count {
            let length = cursor.u32("representation length")?;
            sum += u64::from(length);
            if length < LEAST_REPRESENTATION || sum > total.max(bytes.len() as u64) {
                return Ok(false);
            }
            *plausible = true;
            cursor.take(length as usize - 4, "representation")?;
        }
        Ok(sum == total)
    }
    let mut plausible = false;
    match walk(bytes, &mut plausible) {
        Ok(true) => Likeness::Exact,
        _ if plausible => Likeness::Damaged,
        _ => Likeness::None,
    }
}

/// Whether representations fill the bytes from the general header to the last byte, whatever their lengths say.
pub(super) fn fills(bytes: &[u8]) -> bool {
    fn walk(bytes: &[u8]) -> Result<usize, RecordError> {
        let mut cursor = Cursor::new(bytes);
        cursor.take(12, "header")?;
        let count = cursor.u16("number of representations")?;
        let certified = cursor.u8("certification flag")? != 0;
        for _ in 0..count {
            cursor.take(18, "capture")?;
            let qualities = usize::from(cursor.u8("number of quality blocks")?);
            cursor.take(5 * qualities, "quality blocks")?;
            if certified {
                let certificates = usize::from(cursor.u8("number of certificates")?);
                cursor.take(3 * certificates, "certificates")?;
            }
            cursor.take(11, "picture")?;
            let each = usize::from(cursor.u8("minutia length")? >> 4);
            let minutiae = usize::from(cursor.u8("number of minutiae")?);
            cursor.take(each * minutiae, "minutiae")?;
            let extended = usize::from(cursor.u16("extended data length")?);
            cursor.take(extended, "extended data")?;
            if !matches!(each, 5 | 6) {
                return Ok(usize::MAX);
            }
        }
        Ok(if count > 0 { cursor.remaining() } else { usize::MAX })
    }
    walk(bytes) == Ok(0)
}

pub(super) fn read(bytes: &[u8], notes: &mut Notes) -> Result<FingerprintRecord, RecordError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(8, "format and version")?;
    let offset = cursor.offset();
    let (declared, found) = (u64::from(cursor.u32("record length")?), bytes.len() as u64);
    notes.check(declared == found, offset, || Flaw::Length { declared, found })?;
    let offset = cursor.offset();
    let count = cursor.u16("number of representations")?;
    views::check_count(count, MOST_VIEWS, offset, notes)?;
    let offset = cursor.offset();
    let certified = cursor.u8("certification flag")?;
    notes.check(certified <= 1, offset, || Flaw::Code {
        dialect: Dialect::Iso2011,
        field: "certification flag",
        found: certified,
    })?;

    // Lengths that are damaged are passed over if the representations fill the bytes without them.
    let lengths_are_right = matches!(likeness(bytes), Likeness::Exact) || !fills(bytes);
    let views = views::read(&mut cursor, notes, Dialect::Iso2011, count, |cursor, notes| {
        let offset = cursor.offset();
        let length = cursor.u32("representation length")?;
        if !lengths_are_right {
            let view = read_representation(cursor, notes, certified != 0)?;
            let (declared, found) = (length.into(), (cursor.offset() - offset) as u64);
            notes.check(declared == found, offset, || Flaw::Length { declared, found })?;
            return Ok(view);
        }
        let body = usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(4);
        let left = cursor.remaining();
        notes.check(body <= left, offset, || Flaw::Length {
            declared: length.into(),
            found: left as u64 + 4,
        })?;
        let mut part = cursor.part(body.min(left), "representation")?;
        let view = read_representation(&mut part, notes, certified != 0)?;
        let count = part.remaining();
        notes.check(count == 0, part.offset(), || Flaw::TrailingBytes { count })?;
        Ok(view)
    })?;
    Ok(FingerprintRecord {
        dialect: Dialect::Iso2011,
        product: Product::default(),
        views,
        warnings: Vec::new(),
        wrappers: Vec::new(),
    })
}

fn read_representation(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    certified: bool,
) -> Result<FingerprintTemplate, RecordError> {
    let (mut capture, quality) = read_capture(cursor, notes, certified)?;
    let offset = cursor.offset();
    let position = views::position(cursor.u8("finger position")?, Dialect::Iso2011, offset, notes)?;
    let view = cursor.u8("view number")?;
    let resolution = frame::read_resolution(cursor, notes)?;
    let offset = cursor.offset();
    let impression = views::impression(cursor.u8("impression type")?, Dialect::Iso2011, offset, notes)?;
    let offset = cursor.offset();
    let frame = frame::frame(frame::read_size(cursor, notes)?, resolution, offset, notes)?;
    let offset = cursor.offset();
    let fields = cursor.u8("minutia length and ridge ending type")?;
    let code = |field, found| Flaw::Code { dialect: Dialect::Iso2011, field, found };
    capture.ridge_ending = match fields & 0x0F {
        0 => RidgeEnding::ValleyFork,
        1 => RidgeEnding::SkeletonEnd,
        found => {
            notes.flaw(offset, code("ridge ending type", found))?;
            RidgeEnding::ValleyFork
        }
    };
    let with_quality = match fields >> 4 {
        5 => false,
        6 => true,
        // No reading can go on without it.
        found => return Err(RecordError::Malformed { offset, flaw: code("minutia length", found) }),
    };
    let offset = cursor.offset();
    let count = cursor.u8("number of minutiae")?.into();
    notes.check(count > 0, offset, || Flaw::NoMinutiae)?;
    let minutiae = minutiae::read(cursor, notes, count, &Grid::from(&frame), form(with_quality))?;
    let extended = extended::read(cursor, notes, Dialect::Iso2011)?;
    Ok(FingerprintTemplate {
        position,
        view,
        impression,
        quality,
        frame: Some(frame),
        minutiae,
        capture,
        extended,
    })
}

/// The beginning of every representation of the 2011 editions: time, device, qualities, certificates.
pub(super) fn read_capture(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    certified: bool,
) -> Result<(Capture, Option<Quality>), RecordError> {
    let time = read_time(cursor, notes)?;
    let mut capture = Capture {
        time,
        technology: cursor.u8("sensor technology")?,
        vendor: cursor.u16("device vendor")?,
        device: cursor.u16("device type")?,
        ..Capture::default()
    };
    let quality = read_qualities(cursor, notes, &mut capture)?;
    if certified {
        for _ in 0..cursor.u8("number of certificates")? {
            capture.certificates.push(Certificate {
                authority: cursor.u16("certification authority")?,
                scheme: cursor.u8("certification scheme")?,
            });
        }
    }
    Ok((capture, quality))
}

fn read_time(cursor: &mut Cursor<'_>, notes: &mut Notes) -> Result<Option<CaptureTime>, RecordError> {
    let offset = cursor.offset();
    let time = CaptureTime {
        year: cursor.u16("capture year")?,
        month: cursor.u8("capture month")?,
        day: cursor.u8("capture day")?,
        hour: cursor.u8("capture hour")?,
        minute: cursor.u8("capture minute")?,
        second: cursor.u8("capture second")?,
        millisecond: cursor.u16("capture millisecond")?,
    };
    notes.check(time.is_plausible(), offset, || Flaw::CaptureTime)?;
    Ok((time != CaptureTime::ABSENT).then_some(time))
}

/// The first quality block is the template's quality, the others are kept beside it.
fn read_qualities(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    capture: &mut Capture,
) -> Result<Option<Quality>, RecordError> {
    let mut first = None;
    for block in 0..cursor.u8("number of quality blocks")? {
        let offset = cursor.offset();
        let value = cursor.u8("quality")?;
        let quality = QualityForm::Special.decode(value, "quality", offset, notes)?;
        let source = QualitySource {
            vendor: cursor.u16("quality algorithm vendor")?,
            algorithm: cursor.u16("quality algorithm")?,
        };
        if block == 0 {
            (first, capture.quality_source) = (quality, source);
        } else {
            let value = if value <= 100 || value == 255 { value } else { 254 };
            capture.further_qualities.push(QualityScore { value, source });
        }
    }
    Ok(first)
}

pub(in crate::template) fn write(record: &FingerprintRecord) -> Result<Vec<u8>, RecordWriteError> {
    views::check_writable(&record.views, Dialect::Iso2011, MOST_VIEWS.into(), 1)?;
    let certified = record.views.iter().any(|view| !view.capture.certificates.is_empty());
    let mut body = Vec::new();
    for (view, template) in record.views.iter().enumerate() {
        let mut representation = Vec::new();
        write_representation(&mut representation, view, template, certified)?;
        body.extend_from_slice(&length(representation.len() + 4)?);
        body.extend_from_slice(&representation);
    }
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.extend_from_slice(b"FMR\x00030\0");
    out.extend_from_slice(&length(HEADER + body.len())?);
    // `check_writable` bounds the views by 176.
    out.extend_from_slice(&(record.views.len() as u16).to_be_bytes());
    out.push(certified.into());
    out.extend_from_slice(&body);
    Ok(out)
}

fn length(found: usize) -> Result<[u8; 4], RecordWriteError> {
    u32::try_from(found)
        .map(u32::to_be_bytes)
        .map_err(|_| RecordWriteError::TooLong { found, limit: u32::MAX as usize })
}

fn write_representation(
    out: &mut Vec<u8>,
    view: usize,
    template: &FingerprintTemplate,
    certified: bool,
) -> Result<(), RecordWriteError> {
    let capture = &template.capture;
    let frame = views::frame(view, template)?;
    let count = |field, found: usize, limit: usize| match u8::try_from(found) {
        Ok(count) if found <= limit => Ok(count),
        _ => Err(RecordWriteError::TooMany { view, field, found, limit }),
    };

    let time = capture.time.unwrap_or(CaptureTime::ABSENT);
    if !time.is_plausible() {
        return Err(RecordWriteError::CaptureTime { view });
    }
    out.extend_from_slice(&time.year.to_be_bytes());
    out.extend_from_slice(&[time.month, time.day, time.hour, time.minute, time.second]);
    out.extend_from_slice(&time.millisecond.to_be_bytes());
    out.push(capture.technology);
    out.extend_from_slice(&capture.vendor.to_be_bytes());
    out.extend_from_slice(&capture.device.to_be_bytes());

    let qualities = qualities(template);
    out.push(count("quality scores", qualities.len(), 255)?);
    for quality in qualities {
        if !matches!(quality.value, 0..=100 | 254 | 255) {
            return Err(RecordWriteError::Code { view, field: "quality score", found: quality.value });
        }
        out.push(quality.value);
        out.extend_from_slice(&quality.source.vendor.to_be_bytes());
        out.extend_from_slice(&quality.source.algorithm.to_be_bytes());
    }
    if certified {
        out.push(count("certificates", capture.certificates.len(), 255)?);
        for certificate in &capture.certificates {
            out.extend_from_slice(&certificate.authority.to_be_bytes());
            out.push(certificate.scheme);
        }
    }

    out.extend_from_slice(&[template.position.code(), template.view]);
    out.extend_from_slice(&frame.resolution_x.pixels_per_centimetre().to_be_bytes());
    out.extend_from_slice(&frame.resolution_y.pixels_per_centimetre().to_be_bytes());
    out.push(template.impression.code());
    out.extend_from_slice(&frame.width.to_be_bytes());
    out.extend_from_slice(&frame.height.to_be_bytes());
    let with_quality = template.minutiae.iter().any(|m| m.quality().is_some());
    let bytes_each = if with_quality { 6 } else { 5 };
    out.push(bytes_each << 4 | capture.ridge_ending as u8);
    out.push(count("minutiae", template.minutiae.len(), 255)?);
    minutiae::write(out, view, template, frame, form(with_quality))?;
    extended::write(out, view, template, Dialect::Iso2011)
}

/// The quality blocks: the template's own first, so that it is first when read again.
fn qualities(template: &FingerprintTemplate) -> Vec<QualityScore> {
    let capture = &template.capture;
    let own = template.quality.map_or(254, Quality::get);
    let nothing_to_say = template.quality.is_none()
        && capture.quality_source == QualitySource::default()
        && capture.further_qualities.is_empty();
    if nothing_to_say {
        return Vec::new();
    }
    let own = QualityScore { value: own, source: capture.quality_source };
    std::iter::once(own).chain(capture.further_qualities.iter().copied()).collect()
}
