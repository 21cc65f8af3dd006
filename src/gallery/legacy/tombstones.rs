//! The tombstones of versions 1 and 2.

use std::path::Path;

use crate::citizen::CitizenId;
use crate::gallery::tombstones::Tombstones;
use crate::storage::{Damage, Fields, FileKind};

const KIND: FileKind = FileKind {
    magic: *b"biomatch-d\0\x1a\n\xa9\r\n",
    version: 1,
    name: "a tombstone file",
    checksum: "the tombstones' checksum",
};

/// Reads a file of them.
pub(in crate::gallery) fn decode(
    file: &Path,
    gallery: [u8; 16],
    number: u64,
    bytes: &[u8],
) -> Result<Tombstones, Damage> {
    let subject = |fields: &mut Fields<'_>| Some(CitizenId::from_value(fields.u64()?)?.into());
    Tombstones::decode_as(&KIND, subject, file, gallery, number, bytes)
}
