//! The manifest of versions 1 and 2.

use std::path::Path;

use crate::fingerprint::FEATURE_VERSION;
use crate::fingerprint::codes::CodeModelId;
use crate::gallery::manifest::{FileEntry, Manifest, SegmentEntry};
use crate::gallery::partition::Partition;
use crate::storage::{Damage, Fields, FileKind};

const KIND: FileKind = FileKind {
    magic: *b"biomatch-m\0\x1a\n\xa9\r\n",
    version: 1,
    name: "a manifest",
    checksum: "the manifest's checksum",
};

/// Reads one. What it does not say is as version 3 has it for a whole registry: codes by `model`.
pub(in crate::gallery) fn decode(file: &Path, model: CodeModelId, bytes: &[u8]) -> Result<Manifest, Damage> {
    let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
    let mut fields = KIND.open(file, bytes)?;
    let manifest = read(&mut fields, model).ok_or_else(|| damage("a manifest's fields"))?;
    if !fields.rest().is_empty() {
        return Err(damage("nothing after the last segment"));
    }
    manifest.check().map_err(damage)?;
    Ok(manifest)
}

fn read(fields: &mut Fields<'_>, code_model: CodeModelId) -> Option<Manifest> {
    let count = fields.u32()?;
    let gallery = fields.array()?;
    let (number, generation, next_reference) = (fields.u64()?, fields.u64()?, fields.u64()?);
    let (next_file, log) = (fields.u64()?, fields.u64()?);
    let marks = FileEntry { number: fields.u64()?, length: fields.u64()?, digest: fields.array()? };
    let tombstones = match marks {
        FileEntry { number: 0, length: 0, digest } if digest == [0; 32] => None,
        FileEntry { number: 0, .. } => return None,
        marks => Some(marks),
    };
    let mut segments = Vec::new();
    for _ in 0..count {
        segments.push(SegmentEntry::decode(fields)?);
    }
    Some(Manifest {
        gallery,
        number,
        generation,
        head: [0; 32],
        next_reference,
        next_file,
        log,
        tombstones,
        code_model,
        features: FEATURE_VERSION,
        partition: Partition::WHOLE,
        payload: Vec::new(),
        segments,
        requests: Vec::new(),
        erasures: Vec::new(),
        superseded: Vec::new(),
    })
}
