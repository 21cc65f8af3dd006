//! Biometric information templates (ISO/IEC 7816-11, ISO/IEC 19785-3 TLV): a template 7F60 holds a
//! header A1 and biometric data 5F2E or 7F2E, a group 7F61 counts and holds templates, and the data
//! groups of a passport, 2 of the face (75) and 3 of fingers (63), hold a group.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::codec::wrapper::{Part, Unwrapped, ber};
use crate::template::{Dialect, Finger, FingerPosition, Flaw, RecordError, Wrapper};

const DATA_GROUP_2: u32 = 0x75;
const DATA_GROUP_3: u32 = 0x63;
const GROUP: u32 = 0x7F61;
const TEMPLATE: u32 = 0x7F60;
const COUNT: u32 = 0x02;
const HEADER: u32 = 0xA1;
/// Biometric data, plain and constructed.
const DATA: u32 = 0x5F2E;
const DATA_TEMPLATE: u32 = 0x7F2E;

/// Templates in one another, and templates in all, that a card or a passport can need.
const MOST_DEPTH: usize = 8;
const MOST_PARTS: usize = 256;

/// The owner of the formats of ISO/IEC 19794 in a header.
const ISO_SC37: u16 = 0x0101;

pub(super) fn looks_like(bytes: &[u8]) -> bool {
    match ber::head(bytes) {
        Some((GROUP | TEMPLATE, _)) => true,
        Some((DATA_GROUP_2 | DATA_GROUP_3, header)) => {
            bytes.get(header..).is_some_and(|v| v.starts_with(&[0x7F, 0x61]))
        }
        Some((DATA | DATA_TEMPLATE, header)) => bytes.get(header..).is_some_and(is_record),
        _ => false,
    }
}

pub(super) fn unwrap<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Unwrapped<'a>, RecordError> {
    let mut cursor = Cursor::new(bytes);
    let mut parts = Vec::new();
    let outermost = ber::object(&mut cursor, notes)?;
    collect(&outermost, notes, &mut parts, &Header::default(), 0)?;
    let rest = cursor.rest();
    let fine = rest.is_empty() || ber::is_filling(rest);
    notes.check(fine, cursor.offset(), || Flaw::TrailingBytes { count: rest.len() })?;
    if parts.is_empty() {
        let (field, expected) = ("biometric information template", "biometric data (5F2E or 7F2E)");
        return Err(RecordError::Unexpected { offset: 0, field, expected });
    }
    Ok(Unwrapped { wrapper: Wrapper::InformationTemplates { passed_over: 0 }, parts })
}

/// What a template's header says that its record may not say itself.
#[derive(Clone, Default)]
struct Header {
    position: FingerPosition,
    owner: u16,
    format: u16,
}

impl Header {
    /// Reads what is known of a header; other objects in it are of no use here.
    fn read(mut self, value: &[u8], offset: usize, notes: &mut Notes) -> Result<Self, RecordError> {
        let mut objects = Cursor::at(value, offset);
        while !objects.rest().is_empty() {
            let object = ber::object(&mut objects, notes)?;
            match (object.tag, object.value) {
                (0x82, [subtype]) => self.position = position(*subtype),
                (0x87, [high, low]) => self.owner = u16::from_be_bytes([*high, *low]),
                (0x88, [high, low]) => self.format = u16::from_be_bytes([*high, *low]),
                _ => {}
            }
        }
        Ok(self)
    }

    /// The card format that the header states: 3 and 4 of ISO/IEC JTC 1/SC 37 are the normal size,
    /// 5 and 6 the compact size.
    fn card(&self) -> Option<Dialect> {
        match (self.owner, self.format) {
            (ISO_SC37, 3 | 4) => Some(Dialect::IsoCardNormal),
            (ISO_SC37, 5 | 6) => Some(Dialect::IsoCardCompact),
            _ => None,
        }
    }
}

/// The finger of a biometric subtype: two bits of the hand (1 right, 2 left), then three of the
/// finger from the thumb.
fn position(subtype: u8) -> FingerPosition {
    let finger = usize::from(subtype >> 2);
    match (subtype & 3, finger) {
        (1, 1..=5) => FingerPosition::Known(Finger::ALL[finger - 1]),
        (2, 1..=5) => FingerPosition::Known(Finger::ALL[finger + 4]),
        _ => FingerPosition::Unknown,
    }
}

/// Whether bytes begin like a record of ISO/IEC 19794.
fn is_record(bytes: &[u8]) -> bool {
    [b"FMR\0", b"FIR\0", b"FAC\0", b"IIR\0"].iter().any(|identifier| bytes.starts_with(*identifier))
}

/// Collects the records in an object. `header` is that of the templates around it.
fn collect<'a>(
    object: &ber::Object<'a>,
    notes: &mut Notes,
    parts: &mut Vec<Part<'a>>,
    header: &Header,
    depth: usize,
) -> Result<(), RecordError> {
    if depth > MOST_DEPTH {
        let (field, expected) = ("templates in one another", "8 at most");
        return Err(RecordError::Unexpected { offset: object.start, field, expected });
    }
    let mut header = header.clone();
    let mut declared = None;
    let mut found = 0;
    let mut objects = Cursor::at(object.value, object.offset);
    match object.tag {
        DATA | DATA_TEMPLATE => return push_data(object, notes, parts, &header),
        GROUP | TEMPLATE | DATA_GROUP_2 | DATA_GROUP_3 => {}
        _ => return Ok(()),
    }
    while !objects.rest().is_empty() && !ber::is_filling(objects.rest()) {
        let inner = ber::object(&mut objects, notes)?;
        match (inner.tag, inner.value) {
            (COUNT, [count]) => declared = Some((inner.start, u64::from(*count))),
            (HEADER, [0x7F, ..]) => {
                let nested = ber::object(&mut Cursor::at(inner.value, inner.offset), notes)?;
                collect(&nested, notes, parts, &header, depth + 1)?;
            }
            (HEADER, value) => header = header.read(value, inner.offset, notes)?,
            _ => {
                found += u64::from(inner.tag == TEMPLATE);
                collect(&inner, notes, parts, &header, depth + 1)?;
            }
        }
    }
    if let Some((offset, declared)) = declared {
        let what = "biometric information templates";
        notes.check(declared == found, offset, || Flaw::Count { what, declared, found })?;
    }
    Ok(())
}

/// Adds the record in an object of biometric data: the value itself, or, in a constructed object of
/// a card, the object 81 or 90 in it.
fn push_data<'a>(
    data: &ber::Object<'a>,
    notes: &mut Notes,
    parts: &mut Vec<Part<'a>>,
    header: &Header,
) -> Result<(), RecordError> {
    if parts.len() >= MOST_PARTS {
        let (field, expected) = ("biometric information templates", "256 records at most");
        return Err(RecordError::Unexpected { offset: data.start, field, expected });
    }
    let mut part = Part { position: header.position, ..Part::new(data.offset, data.value) };
    if data.tag == DATA_TEMPLATE && !is_record(data.value) {
        let mut objects = Cursor::at(data.value, data.offset);
        while !objects.rest().is_empty() {
            let object = ber::object(&mut objects, notes)?;
            if matches!(object.tag, 0x81 | 0x90 | 0xA1 | DATA) {
                (part.offset, part.bytes) = (object.offset, object.value);
                break;
            }
        }
    }
    if !is_record(part.bytes) {
        part.card = header.card();
        part.is_card = true;
    }
    parts.push(part);
    Ok(())
}
