//! The CBEFF structure of INCITS 398 as NIST SP 800-76 profiles it for PIV cards: a header of 88
//! bytes, the record, a signature block. The signature is not checked.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::codec::wrapper::{Part, Unwrapped};
use crate::template::{Flaw, RecordError, Wrapper};

/// Bytes of the header.
const HEADER: usize = 88;
/// Patron header version.
const VERSION: u8 = 3;
/// INCITS technical committee M1, the owner of INCITS 378, 381 and 385.
const OWNER: [u8; 2] = [0, 0x1B];
/// Bit of the security options: the record is encrypted.
const ENCRYPTED: u8 = 0x02;

pub(super) fn looks_like(bytes: &[u8]) -> bool {
    bytes.first() == Some(&VERSION)
        && bytes.get(1).is_some_and(|&options| options <= 0x0F)
        && bytes.get(8..10).is_some_and(|owner| owner == OWNER)
}

pub(super) fn unwrap<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Unwrapped<'a>, RecordError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(1, "patron header version")?;
    if cursor.u8("security options")? & ENCRYPTED != 0 {
        let (field, expected) = ("security options", "a record that is not encrypted");
        return Err(RecordError::Unexpected { offset: 1, field, expected });
    }
    let record = usize::try_from(cursor.u32("record length")?).unwrap_or(usize::MAX);
    let signature = cursor.u16("signature block length")?;
    cursor.take(HEADER - cursor.offset(), "CBEFF header")?;
    let offset = cursor.offset();
    let found = bytes.len() as u64;
    let declared = (HEADER as u64).saturating_add(record as u64).saturating_add(signature.into());
    notes.check(declared == found, 2, || Flaw::Length { declared, found })?;
    let record = cursor.take(record.min(cursor.remaining()), "record")?;
    let wrapper = Wrapper::CbeffStructure { signature };
    Ok(Unwrapped { wrapper, parts: vec![Part::new(offset, record)] })
}
