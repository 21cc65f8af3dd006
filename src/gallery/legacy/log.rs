//! The log of versions 1 and 2.

use std::path::Path;

use crate::citizen::CitizenId;
use crate::fingerprint::codes::CodeModel;
use crate::gallery::change::{Change, decode_references};
use crate::gallery::error::GalleryError;
use crate::gallery::reference::Status;
use crate::storage::{COUNTERS, Damage, Fields, LogId, Parsed, Record, parse_frame};
use crate::subject::SubjectId;

const MAGIC: [u8; 16] = *b"biomatch-l\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;

/// Bytes before the first record.
pub(in crate::gallery) const HEADER: u64 = 64;
const COMMIT: u32 = 0xffff_fffe;
const SEAL: u32 = 0xffff_ffff;
const REFERENCES: u32 = 1;
const DELETE: u32 = 2;
const STATUS: u32 = 3;

/// The good batches of a log.
pub(in crate::gallery) struct LogScan {
    /// For each batch its generation and its records.
    pub(in crate::gallery) batches: Vec<(u64, Vec<Record>)>,
    /// Whether the last batch has no seal.
    pub(in crate::gallery) unsealed: bool,
    /// What is wrong with the bytes after the last batch; `None` if there are none.
    pub(in crate::gallery) tail: Option<Damage>,
    /// The offset behind the last batch, and its seal if it has one.
    pub(in crate::gallery) end: u64,
    /// The offset behind the last seal.
    pub(in crate::gallery) sealed: u64,
}

/// Checks a log's header; gives the generation that it starts after.
pub(in crate::gallery) fn check_header(file: &Path, id: LogId, bytes: &[u8]) -> Result<u64, Damage> {
    let short = || Damage::new(file, bytes.len() as u64, "a log header of 64 bytes", bytes.len());
    let mut fields = Fields::new(bytes);
    let body = fields.bytes(60).ok_or_else(short)?;
    let crc = fields.u32().ok_or_else(short)?;
    if crc != crc32fast::hash(body) {
        return Err(Damage::new(file, 60, "a header that fits its checksum", "one that does not"));
    }
    let mut fields = Fields::new(body);
    let mut read = || {
        let fixed = (fields.array::<16>()?, fields.u32()?, fields.u32()?);
        Some((fixed, LogId { gallery: fields.array()?, number: fields.u64()? }, fields.u64()?))
    };
    let (fixed, found, generation) = read().ok_or_else(short)?;
    if fixed != (MAGIC, VERSION, HEADER as u32) {
        return Err(Damage::new(file, 0, "a log of version 1", "something else"));
    }
    if found != id {
        return Err(Damage::new(file, 24, "the log that the manifest names", "another log"));
    }
    if generation > COUNTERS {
        return Err(Damage::new(file, 48, "a generation in its range", generation));
    }
    Ok(generation)
}

/// Reads the bytes after the header of a log whose first batch makes the generation `next`.
///
/// # Errors
/// Damage: bytes that a seal proves to have been durable are wrong.
pub(in crate::gallery) fn scan(file: &Path, id: LogId, bytes: &[u8], next: u64) -> Result<LogScan, Damage> {
    let mut scan = LogScan { batches: Vec::new(), unsealed: false, tail: None, end: HEADER, sealed: HEADER };
    let (mut records, mut next, mut at) = (Vec::new(), next, 0);
    loop {
        let offset = HEADER + at as u64;
        let rest = bytes.get(at..).unwrap_or_default();
        let partial = || Some(Damage::new(file, offset, "a whole batch", "the beginning of one"));
        if rest.is_empty() {
            if !records.is_empty() {
                scan.tail = partial();
            }
            return Ok(scan);
        }
        let (kind, generation, body, size) = match parse_frame(id, rest, offset) {
            Parsed::Frame { kind, generation, body, size } => (kind, generation, body, size),
            Parsed::Short => {
                scan.tail = partial();
                return Ok(scan);
            }
            Parsed::Bad(found) => {
                let damage = Damage::new(file, offset, "a log record", found);
                let current = if scan.unsealed { next - 1 } else { next };
                if proves_durability(id, rest, offset, current) {
                    return Err(damage);
                }
                scan.tail = Some(damage);
                return Ok(scan);
            }
        };
        let expected = if kind == SEAL { next.checked_sub(1).filter(|_| scan.unsealed) } else { Some(next) };
        if Some(generation) != expected || (kind != SEAL && scan.unsealed) {
            return Err(Damage::new(file, offset, "the next record of the log", "one out of order"));
        }
        at += size;
        match kind {
            SEAL => {
                scan.unsealed = false;
                scan.end = HEADER + at as u64;
                scan.sealed = scan.end;
            }
            COMMIT => {
                if body != (records.len() as u64).to_le_bytes() {
                    return Err(Damage::new(file, offset, "a marker that counts its batch", "another count"));
                }
                scan.batches.push((next, std::mem::take(&mut records)));
                scan.unsealed = true;
                scan.end = HEADER + at as u64;
                next += 1;
            }
            _ => records.push(Record { kind, body: body.to_vec() }),
        }
    }
}

/// Whether something after a bad place shows that the batch there had been synchronised: its seal, or a
/// record of a later batch. Frames start at multiples of eight and carry their own offset.
fn proves_durability(id: LogId, bytes: &[u8], offset: u64, current: u64) -> bool {
    (8..bytes.len()).step_by(8).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        match parse_frame(id, rest, offset + at as u64) {
            Parsed::Frame { kind, generation, .. } => kind == SEAL || generation > current,
            Parsed::Short | Parsed::Bad(_) => false,
        }
    })
}

/// A change out of its record; makes the features and codes anew.
pub(in crate::gallery) fn decode(
    file: &Path,
    record: &Record,
    model: &CodeModel,
) -> Result<Change, GalleryError> {
    let mut fields = Fields::new(&record.body);
    let change = subject(&mut fields).and_then(|subject| match record.kind {
        REFERENCES => decode_references(subject, &mut fields, model),
        DELETE => Some(Change::Delete { subject }),
        STATUS => Some(Change::Status { subject, status: Status::from_code(fields.u8()?) }),
        _ => None,
    });
    match change {
        Some(change) if fields.rest().is_empty() => Ok(change),
        _ => Err(Damage::new(file, 0, "a record of a change", "a record of another kind").into()),
    }
}

fn subject(fields: &mut Fields<'_>) -> Option<SubjectId> {
    Some(CitizenId::from_value(fields.u64()?)?.into())
}
