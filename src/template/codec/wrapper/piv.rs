//! PIV card data objects (NIST SP 800-73): the answer to GET DATA, tag 53, or the field BC alone.
//! The fingers' container has one field BC with a CBEFF structure, and an empty error detection
//! code FE.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::codec::wrapper::{Part, Unwrapped, ber};
use crate::template::{Flaw, RecordError, Wrapper};

const CONTAINER: u32 = 0x53;
const BIOMETRIC: u32 = 0xBC;
const ERROR_DETECTION: u32 = 0xFE;

pub(super) fn looks_like(bytes: &[u8]) -> bool {
    match ber::head(bytes) {
        Some((CONTAINER, header)) => bytes.get(header) == Some(&(BIOMETRIC as u8)),
        Some((BIOMETRIC, header)) => {
            let value = bytes.get(header..).unwrap_or_default();
            super::cbeff::looks_like(value) || value.starts_with(b"FMR\0")
        }
        _ => false,
    }
}

pub(super) fn unwrap<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Unwrapped<'a>, RecordError> {
    let mut whole = Cursor::new(bytes);
    let mut parts = Vec::new();
    if bytes.first() == Some(&(CONTAINER as u8)) {
        let container = ber::object(&mut whole, notes)?;
        let mut fields = Cursor::at(container.value, container.offset);
        while !fields.rest().is_empty() {
            let field = ber::object(&mut fields, notes)?;
            match field.tag {
                BIOMETRIC => parts.push(Part::new(field.offset, field.value)),
                ERROR_DETECTION => {}
                _ => notes.flaw(field.start, Flaw::UnknownObject { tag: field.tag })?,
            }
        }
    } else {
        let field = ber::object(&mut whole, notes)?;
        parts.push(Part::new(field.offset, field.value));
        if let Some((ERROR_DETECTION, 2)) = ber::head(whole.rest()) {
            ber::object(&mut whole, notes)?;
        }
    }
    let count = whole.remaining();
    notes.check(count == 0, whole.offset(), || Flaw::TrailingBytes { count })?;
    Ok(Unwrapped { wrapper: Wrapper::PivObject, parts })
}
