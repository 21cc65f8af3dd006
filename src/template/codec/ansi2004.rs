//! ANSI INCITS 378-2004: like ISO/IEC 19794-2:2005, but with a length of two bytes or six, a
//! product identifier, and angles in steps of 2 degrees.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::edition2005;
use crate::template::codec::first_edition::{self, Layout};
use crate::template::codec::minutiae::{ANSI_TURN, Form, QualityForm};
use crate::template::codec::notes::Notes;
use crate::template::{Dialect, FingerprintRecord, Flaw, Product, RecordError, RecordWriteError};

const FORM: Form = Form { dialect: Dialect::Ansi2004, turn: ANSI_TURN, quality: QualityForm::Zero };

pub(super) fn read(bytes: &[u8], notes: &mut Notes) -> Result<FingerprintRecord, RecordError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(8, "format and version")?;
    let offset = cursor.offset();
    let mut declared = cursor.u16("record length")?.into();
    if first_edition::layout(bytes)? == Layout::AnsiLong {
        declared = cursor.u32("record length")?;
        notes.check(declared > u16::MAX.into(), offset, || Flaw::LengthForm { declared })?;
    }
    let (declared, found) = (u64::from(declared), bytes.len() as u64);
    notes.check(declared == found, offset, || Flaw::Length { declared, found })?;
    let product = Product { owner: cursor.u16("product owner")?, kind: cursor.u16("product type")? };
    edition2005::read(&mut cursor, notes, FORM, product)
}

pub(in crate::template) fn write(record: &FingerprintRecord) -> Result<Vec<u8>, RecordWriteError> {
    let mut body = Vec::new();
    body.extend_from_slice(&record.product.owner.to_be_bytes());
    body.extend_from_slice(&record.product.kind.to_be_bytes());
    edition2005::write(&mut body, record, FORM)?;
    let mut out = Vec::with_capacity(body.len() + 14);
    out.extend_from_slice(b"FMR\0 20\0");
    match u16::try_from(body.len() + 10) {
        Ok(short) => out.extend_from_slice(&short.to_be_bytes()),
        Err(_) => {
            let found = body.len() + 14;
            let long = u32::try_from(found)
                .map_err(|_| RecordWriteError::TooLong { found, limit: u32::MAX as usize })?;
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(&long.to_be_bytes());
        }
    }
    out.extend_from_slice(&body);
    Ok(out)
}
