//! CBEFF structures in XML (ISO/IEC 19785-3): each `BDB` has a record in base64. Types and subtypes beside it are not
//! needed: the records say themselves what they show. Namespaces and the order of elements do not matter.

use crate::template::{RecordError, decode_base64};

/// Most records of a structure: ten fingers, a face and two eyes, and room for more.
const MOST_BLOCKS: usize = 256;

/// Whether bytes are XML.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start().starts_with(b"<")
}

/// The records in a structure, decoded.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, RecordError> {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(tag) = next_tag(bytes, at) {
        at = tag.end;
        if !tag.opens_block(bytes) {
            continue;
        }
        if records.len() == MOST_BLOCKS {
            let (offset, field, expected) = (tag.start, "CBEFF structure", "256 records at most");
            return Err(RecordError::Unexpected { offset, field, expected });
        }
        let text = &bytes[at..];
        let text = &text[..text.iter().position(|&byte| byte == b'<').unwrap_or(text.len())];
        if !text.trim_ascii().is_empty() {
            records.push(decode_base64(text).map_err(|error| error.moved(at))?);
        }
    }
    Ok(records)
}

/// A tag, from its `<` to behind its `>`.
struct Tag {
    start: usize,
    end: usize,
}

impl Tag {
    /// Whether it is `<BDB>`, with a prefix or with attributes or not.
    fn opens_block(&self, bytes: &[u8]) -> bool {
        let inside = &bytes[self.start + 1..self.end - 1];
        let name = inside.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        !inside.ends_with(b"/") && name.rsplit(|&byte| byte == b':').next() == Some(b"BDB".as_slice())
    }
}

/// The next tag; comments are passed over.
fn next_tag(bytes: &[u8], mut at: usize) -> Option<Tag> {
    loop {
        let start = at + bytes.get(at..)?.iter().position(|&byte| byte == b'<')?;
        let rest = &bytes[start..];
        let close: &[u8] = if rest.starts_with(b"<!--") { b"-->" } else { b">" };
        let end = start + rest.windows(close.len()).position(|window| window == close)? + close.len();
        if close.len() == 1 {
            return Some(Tag { start, end });
        }
        at = end;
    }
}
