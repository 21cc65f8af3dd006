//! The tombstones of versions 1 and 2.

use std::path::Path;

use crate::citizen::CitizenId;
use crate::gallery::reference::Status;
use crate::gallery::tombstones::{Tombstones, ascending_rows};
use crate::storage::{Damage, Fields};

const MAGIC: [u8; 16] = *b"biomatch-d\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;

/// Reads a file of them.
pub(in crate::gallery) fn decode(
    file: &Path,
    gallery: [u8; 16],
    number: u64,
    bytes: &[u8],
) -> Result<Tombstones, Damage> {
    let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
    let (body, crc) = bytes
        .len()
        .checked_sub(4)
        .and_then(|end| bytes.split_at_checked(end))
        .ok_or_else(|| damage("a tombstone file"))?;
    if crc != crc32fast::hash(body).to_le_bytes() {
        return Err(Damage::new(file, body.len() as u64, "the tombstones' checksum", "another"));
    }
    let mut fields = Fields::new(body);
    if fields.array() != Some(MAGIC) || fields.u32() != Some(VERSION) {
        return Err(damage("a tombstone file of version 1"));
    }
    let segments = fields.u32();
    if fields.array() != Some(gallery) || fields.u64() != Some(number) {
        return Err(damage("the tombstone file that the manifest names"));
    }
    let found = read(segments, &mut fields).ok_or_else(|| damage("ascending tombstones"))?;
    if fields.rest().is_empty() { Ok(found) } else { Err(damage("nothing after the last tombstone")) }
}

fn read(segments: Option<u32>, fields: &mut Fields<'_>) -> Option<Tombstones> {
    let statuses = fields.u64()?;
    let mut found = Tombstones::default();
    for _ in 0..segments? {
        let segment = fields.u64()?;
        let rows = ascending_rows(fields)?;
        if found.rows.last_key_value().is_some_and(|(&last, _)| last >= segment) {
            return None;
        }
        found.rows.insert(segment, rows);
    }
    for _ in 0..statuses {
        let subject = CitizenId::from_value(fields.u64()?)?.into();
        let status = Some(Status::from_code(fields.u8()?)).filter(|&status| status != Status::Active)?;
        if found.statuses.last().is_some_and(|(last, _)| *last >= subject) {
            return None;
        }
        found.statuses.push((subject, status));
    }
    Some(found)
}
