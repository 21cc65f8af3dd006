//! BER-TLV data objects as cards have them (ISO/IEC 7816-4): tags of one to three bytes, definite
//! lengths.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::{Flaw, RecordError};

/// A data object.
pub(super) struct Object<'a> {
    /// The tag's bytes as a number.
    pub(super) tag: u32,
    /// Where the object begins.
    pub(super) start: usize,
    /// Where the value begins.
    pub(super) offset: usize,
    pub(super) value: &'a [u8],
}

/// The tag that bytes begin with, and how many bytes it and the length take.
pub(super) fn head(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut cursor = Cursor::new(bytes);
    let tag = tag(&mut cursor).ok()?;
    length(&mut cursor).ok()?;
    Some((tag, cursor.offset()))
}

/// Whether bytes are one object and nothing else.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let mut cursor = Cursor::new(bytes);
    tag(&mut cursor).is_ok() && length(&mut cursor).is_ok_and(|length| length == cursor.remaining() as u64)
}

/// The next object. A lenient reading takes an object that goes on beyond the input as far as the
/// bytes go.
pub(super) fn object<'a>(cursor: &mut Cursor<'a>, notes: &mut Notes) -> Result<Object<'a>, RecordError> {
    let start = cursor.offset();
    let tag = tag(cursor)?;
    let length = length(cursor)?;
    let (offset, left) = (cursor.offset(), cursor.remaining());
    let declared = usize::try_from(length).unwrap_or(usize::MAX);
    notes.check(declared <= left, start, || Flaw::Length { declared: length, found: left as u64 })?;
    let value = cursor.take(declared.min(left), "data object")?;
    Ok(Object { tag, start, offset, value })
}

/// Whether what is left is the filling between and behind objects that ISO/IEC 7816-4 allows.
pub(super) fn is_filling(rest: &[u8]) -> bool {
    rest.iter().all(|&byte| byte == 0) || rest.iter().all(|&byte| byte == 0xFF)
}

fn tag(cursor: &mut Cursor<'_>) -> Result<u32, RecordError> {
    let first = cursor.u8("tag")?;
    let mut tag = u32::from(first);
    if first & 0x1F == 0x1F {
        let offset = cursor.offset();
        loop {
            let next = cursor.u8("tag")?;
            tag = tag << 8 | u32::from(next);
            if next & 0x80 == 0 {
                break;
            }
            if tag > 0xFFFF {
                return Err(RecordError::Unexpected {
                    offset,
                    field: "tag",
                    expected: "three bytes at most",
                });
            }
        }
    }
    Ok(tag)
}

fn length(cursor: &mut Cursor<'_>) -> Result<u64, RecordError> {
    let offset = cursor.offset();
    Ok(match cursor.u8("length")? {
        short @ 0..=0x7F => short.into(),
        long @ 0x81..=0x84 => {
            let mut length = 0;
            for _ in 0x80..long {
                length = length << 8 | u64::from(cursor.u8("length")?);
            }
            length
        }
        _ => {
            let expected = "a definite length of four bytes at most";
            return Err(RecordError::Unexpected { offset, field: "length", expected });
        }
    })
}
