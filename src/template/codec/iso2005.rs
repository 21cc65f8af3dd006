//! ISO/IEC 19794-2:2005, record format: a header of 24 bytes with a length of four.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::edition2005;
use crate::template::codec::minutiae::{Form, ISO_TURN, QualityForm};
use crate::template::codec::notes::Notes;
use crate::template::{Dialect, FingerprintRecord, Flaw, Product, RecordError, RecordWriteError};

const FORM: Form = Form { dialect: Dialect::Iso2005, turn: ISO_TURN, quality: QualityForm::Zero };

pub(super) fn read(bytes: &[u8], notes: &mut Notes) -> Result<FingerprintRecord, RecordError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(8, "format and version")?;
    let offset = cursor.offset();
    let (declared, found) = (u64::from(cursor.u32("record length")?), bytes.len() as u64);
    notes.check(declared == found, offset, || Flaw::Length { declared, found })?;
    edition2005::read(&mut cursor, notes, FORM, Product::default())
}

pub(in crate::template) fn write(record: &FingerprintRecord) -> Result<Vec<u8>, RecordWriteError> {
    let mut body = Vec::new();
    edition2005::write(&mut body, record, FORM)?;
    let found = body.len() + 12;
    let length =
        u32::try_from(found).map_err(|_| RecordWriteError::TooLong { found, limit: u32::MAX as usize })?;
    let mut out = Vec::with_capacity(found);
    out.extend_from_slice(b"FMR\0 20\0");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&body);
    Ok(out)
}
