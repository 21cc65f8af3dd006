//! The header of a log: which log it is, and the state that it continues.

use std::path::Path;

use super::batch::{LogId, LogStart};
use crate::storage::codec::{COUNTERS, Fields, are_zeros};
use crate::storage::error::Damage;

const MAGIC: [u8; 16] = *b"biomatch-l\0\x1a\n\xa9\r\n";
const VERSION: u32 = 3;

/// Bytes before the first record.
pub(crate) const HEADER: u64 = 128;

pub(super) fn encode_header(id: LogId, start: LogStart) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER as usize);
    header.extend_from_slice(&MAGIC);
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.extend_from_slice(&(HEADER as u32).to_le_bytes());
    header.extend_from_slice(&id.gallery);
    header.extend_from_slice(&id.number.to_le_bytes());
    header.extend_from_slice(&start.generation.to_le_bytes());
    header.extend_from_slice(&start.head);
    header.resize(HEADER as usize - 4, 0);
    header.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
    header
}

/// Checks a log's header; gives what the log continues.
pub(crate) fn check_header(file: &Path, id: LogId, bytes: &[u8]) -> Result<LogStart, Damage> {
    let short = || Damage::new(file, bytes.len() as u64, "a log header of 128 bytes", bytes.len());
    let header = bytes.get(..HEADER as usize).ok_or_else(short)?;
    let (body, crc) = header.split_at_checked(HEADER as usize - 4).ok_or_else(short)?;
    if crc != crc32fast::hash(body).to_le_bytes() {
        return Err(Damage::new(file, HEADER - 4, "a header that fits its checksum", "one that does not"));
    }
    let mut fields = Fields::new(body);
    let mut read = || {
        let fixed = (fields.array::<16>()?, fields.u32()?, fields.u32()?);
        let found = LogId { gallery: fields.array()?, number: fields.u64()? };
        let start = LogStart { generation: fields.u64()?, head: fields.array()? };
        Some((fixed, found, start, are_zeros(fields.rest())))
    };
    let (fixed, found, start, zero) = read().ok_or_else(short)?;
    if fixed != (MAGIC, VERSION, HEADER as u32) || !zero {
        return Err(Damage::new(file, 0, "a log of version 3", "something else"));
    }
    if found != id {
        return Err(Damage::new(file, 24, "the log that the manifest names", "another log"));
    }
    if start.generation > COUNTERS {
        return Err(Damage::new(file, 48, "a generation in its range", start.generation));
    }
    Ok(start)
}
