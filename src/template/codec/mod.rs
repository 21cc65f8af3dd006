//! The dialects, one file each, and what they share.

pub(super) mod ansi2004;
mod ansi2009;
mod ansi_nist;
pub(super) mod card;
pub(super) mod conform;
pub(super) mod csv;
mod cursor;
mod detect;
mod edition2005;
mod extended;
mod first_edition;
mod frame;
pub(super) mod iso2005;
pub(super) mod iso2011;
mod minutiae;
mod notes;
#[cfg(feature = "pictures")]
pub(super) mod pictures;
mod sourceafis;
mod vendor;
mod views;
mod wrapper;
pub(super) mod xyt;

use crate::template::{Dialect, FingerprintRecord, Reading, RecordError};

/// Reads a record that says what it is, bare or in wrappers.
pub(super) fn read(bytes: &[u8], reading: Reading) -> Result<FingerprintRecord, RecordError> {
    wrapper::read(bytes, reading)
}

/// Reads a record that says what it is and is in no wrapper.
fn read_bare(bytes: &[u8], reading: Reading) -> Result<FingerprintRecord, RecordError> {
    let mut notes = notes::Notes::new(reading);
    let mut record = match detect::dialect(bytes, &mut notes)? {
        Dialect::Iso2011 => iso2011::read(bytes, &mut notes)?,
        Dialect::Ansi2004 => ansi2004::read(bytes, &mut notes)?,
        Dialect::Ansi2009 => ansi2009::read(bytes, Dialect::Ansi2009, &mut notes)?,
        Dialect::Ansi2009Amendment1 => ansi2009::read(bytes, Dialect::Ansi2009Amendment1, &mut notes)?,
        Dialect::AnsiNist => ansi_nist::read(bytes, &mut notes)?,
        Dialect::SourceAfis => sourceafis::read(bytes, &mut notes)?,
        _ => iso2005::read(bytes, &mut notes)?,
    };
    record.warnings = notes.into_warnings();
    Ok(record)
}
