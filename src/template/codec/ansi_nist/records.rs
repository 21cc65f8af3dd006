//! The logical records of a transaction. Tagged records are fields `type.number:value` that a GS
//! separates and an FS ends, with their length in the first; a field's value is subfields (RS) of
//! items (US). Records of types 3 to 8 begin with a length of four bytes instead.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::{Flaw, RecordError};

pub(super) const FS: u8 = 0x1C;
pub(super) const GS: u8 = 0x1D;
pub(super) const RS: u8 = 0x1E;
pub(super) const US: u8 = 0x1F;

/// Most records in a transaction, and most fields of one record that are looked at.
const MOST_RECORDS: usize = 1000;
const MOST_FIELDS: usize = 1000;
/// The number of the field that holds an image.
const DATA: u16 = 999;

/// A transaction begins with its Type-1 record; a Type-9 record may stand alone.
pub(in crate::template::codec) fn looks_like(bytes: &[u8]) -> bool {
    matches!(tag(bytes), Some((1 | 9, 1, _)))
}

pub(super) enum LogicalRecord<'a> {
    Tagged(Record<'a>),
    Binary(BinaryRecord<'a>),
}

/// A record of types 3 to 8.
pub(super) struct BinaryRecord<'a> {
    /// Its type, if the transaction's table of contents says so.
    pub(super) kind: Option<u32>,
    /// Where it begins.
    #[cfg_attr(not(feature = "pictures"), allow(dead_code, reason = "only pictures need it"))]
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
}

/// A record of tagged fields.
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    /// Where it begins.
    pub(super) offset: usize,
    fields: Vec<Field<'a>>,
    /// Field 999, all bytes to the end of the record, whatever they are. It is the last one; of several, the last.
    #[cfg_attr(not(feature = "pictures"), allow(dead_code, reason = "only pictures need it"))]
    pub(super) data: Option<Text<'a>>,
}

/// A field: its number after the dot, its value, and where the value begins.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) number: u16,
    pub(super) value: Text<'a>,
}

/// Bytes of a field, and where they begin.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) offset: usize,
}

impl<'a> Text<'a> {
    /// The parts between separators.
    pub(super) fn split(self, separator: u8) -> impl Iterator<Item = Text<'a>> {
        let mut offset = self.offset;
        self.bytes.split(move |&byte| byte == separator).map(move |bytes| {
            let part = Text { bytes, offset };
            offset += bytes.len() + 1;
            part
        })
    }

    /// A number of decimal digits.
    pub(super) fn number(self, field: &'static str) -> Result<u32, RecordError> {
        let text = std::str::from_utf8(self.bytes.trim_ascii()).ok();
        let number = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        number.and_then(|text| text.parse().ok()).ok_or(self.unexpected(field, "a whole number"))
    }

    pub(super) fn unexpected(self, field: &'static str, expected: &'static str) -> RecordError {
        RecordError::Unexpected { offset: self.offset, field, expected }
    }
}

impl<'a> Record<'a> {
    /// The value of a field.
    pub(super) fn field(&self, number: u16) -> Option<Text<'a>> {
        self.fields.iter().find(|field| field.number == number).map(|field| field.value)
    }

    /// The first number of a field, and where it is.
    pub(super) fn number(
        &self,
        number: u16,
        field: &'static str,
    ) -> Result<Option<(u32, usize)>, RecordError> {
        let first = self.field(number).and_then(|value| value.split(RS).next()?.split(US).next());
        first.map(|item| Ok((item.number(field)?, item.offset))).transpose()
    }

    /// The subfields of a field, without empty ones.
    pub(super) fn subfields(&self, number: u16) -> impl Iterator<Item = Text<'a>> {
        self.field(number).into_iter().flat_map(|value| value.split(RS)).filter(|s| !s.bytes.is_empty())
    }
}

/// A tag such as `9.012:`: the type, the field's number, and how many bytes the tag takes.
fn tag(bytes: &[u8]) -> Option<(u16, u16, usize)> {
    const LONGEST: usize = 12;
    let colon = bytes.iter().take(LONGEST).position(|&byte| byte == b':')?;
    let text = std::str::from_utf8(bytes.get(..colon)?).ok()?;
    let (kind, number) = text.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(kind) || !digits(number) {
        return None;
    }
    Some((kind.parse().ok()?, number.parse().ok()?, colon + 1))
}

/// Reads all logical records.
pub(super) fn read<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Vec<LogicalRecord<'a>>, RecordError> {
    let mut cursor = Cursor::new(bytes);
    let mut records = Vec::new();
    let mut contents: Vec<u32> = Vec::new();
    while !cursor.rest().is_empty() {
        if records.len() == MOST_RECORDS {
            let (field, expected) = ("transaction", "at most 1000 records");
            return Err(RecordError::Unexpected { offset: cursor.offset(), field, expected });
        }
        if tag(cursor.rest()).is_some() {
            let record = read_tagged(&mut cursor, notes)?;
            if records.is_empty() {
                contents = read_contents(&record)?;
            }
            records.push(LogicalRecord::Tagged(record));
        } else if records.len() < contents.len() {
            let kind = contents.get(records.len()).copied();
            records.push(LogicalRecord::Binary(read_binary(&mut cursor, kind)?));
        } else {
            break;
        }
    }
    let count = cursor.remaining();
    notes.check(count == 0, cursor.offset(), || Flaw::TrailingBytes { count })?;
    let (declared, found) = (contents.len() as u64, records.len() as u64);
    let what = "records of the transaction";
    notes.check(contents.is_empty() || declared == found, 0, || Flaw::Count { what, declared, found })?;
    Ok(records)
}

/// The types of the records, of field 1.003: first the transaction's own, whose second item is the
/// number of the others. Empty for a record that stands alone.
fn read_contents(record: &Record<'_>) -> Result<Vec<u32>, RecordError> {
    const CONTENTS: u16 = 3;
    if record.kind != 1 {
        return Ok(Vec::new());
    }
    record
        .subfields(CONTENTS)
        .map(|subfield| match subfield.split(US).next() {
            Some(item) => item.number("table of contents"),
            None => Err(subfield.unexpected("table of contents", "a record type")),
        })
        .collect()
}

fn read_binary<'a>(cursor: &mut Cursor<'a>, kind: Option<u32>) -> Result<BinaryRecord<'a>, RecordError> {
    let start = cursor.clone();
    let length = usize::try_from(cursor.u32("length of a binary record")?).unwrap_or(usize::MAX);
    if length < 5 {
        let (field, expected) = ("length of a binary record", "5 bytes at least");
        return Err(RecordError::Unexpected { offset: start.offset(), field, expected });
    }
    let offset = start.offset();
    *cursor = start;
    Ok(BinaryRecord { kind, offset, bytes: cursor.take(length, "binary record")? })
}

/// Reads a tagged record by its length, and if that is not where it ends, by the next FS, which only
/// a record of text can be.
fn read_tagged<'a>(cursor: &mut Cursor<'a>, notes: &mut Notes) -> Result<Record<'a>, RecordError> {
    let (offset, rest) = (cursor.offset(), cursor.rest());
    let unexpected = |field, expected| RecordError::Unexpected { offset, field, expected };
    let (kind, 1, header) = tag(rest).ok_or(unexpected("record", "a field's tag"))? else {
        return Err(unexpected("record", "field 1, its length, first"));
    };
    let value = rest.get(header..).unwrap_or_default();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = Text { bytes: value.get(..digits).unwrap_or_default(), offset: offset + header };
    let declared = u64::from(length.number("record length")?);
    let by_length = usize::try_from(declared).ok().filter(|&end| end > 0 && rest.get(end - 1) == Some(&FS));
    let length = match by_length {
        Some(length) => length,
        None => {
            let end = rest.iter().position(|&byte| byte == FS).map(|at| at + 1);
            // A record that is cut off has no end.
            let Some(end) = end.filter(|_| matches!(kind, 1 | 2 | 9)) else {
                let expected = usize::try_from(declared).unwrap_or(usize::MAX);
                let (field, found) = ("tagged record", rest.len());
                return Err(RecordError::Truncated { offset, field, expected, found });
            };
            notes.flaw(offset, Flaw::Length { declared, found: end as u64 })?;
            end
        }
    };
    let bytes = cursor.take(length, "tagged record")?;
    let bytes = bytes.strip_suffix(&[FS]).unwrap_or(bytes);
    let mut fields = Vec::new();
    let mut data = None;
    for part in (Text { bytes, offset }).split(GS).take(MOST_FIELDS) {
        // What has no tag is nothing.
        let Some((of, number, header)) = tag(part.bytes) else { continue };
        if (of, number) == (kind, DATA) {
            let start = part.offset + header;
            data = Some(Text { bytes: &bytes[start - offset..], offset: start });
        }
        if of == kind {
            let value = Text { bytes: &part.bytes[header..], offset: part.offset + header };
            fields.push(Field { number, value });
        }
    }
    Ok(Record { kind, offset, fields, data })
}
