//! The tombstone file: which rows of the segments are deleted, which subjects are locked.

use std::collections::BTreeMap;
use std::path::Path;

use super::reference::Status;
use crate::storage::{Damage, Fields, FileKind};
use crate::subject::SubjectId;

const MAGIC: [u8; 16] = *b"biomatch-t\0\x1a\n\xa9\r\n";
const VERSION: u32 = 3;
const KIND: FileKind = FileKind {
    magic: MAGIC,
    version: VERSION,
    name: "a tombstone file",
    checksum: "the tombstones' checksum",
};

/// The contents of a tombstone file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tombstones {
    /// For each segment with deleted rows those rows, ascending.
    pub(super) rows: BTreeMap<u64, Vec<u32>>,
    /// Subjects that are not active, ascending.
    pub(super) statuses: Vec<(SubjectId, Status)>,
}

impl Tombstones {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.statuses.is_empty()
    }

    pub(super) fn encode(&self, gallery: [u8; 16], number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(self.rows.len() as u32).to_le_bytes());
        out.extend_from_slice(&gallery);
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&(self.statuses.len() as u64).to_le_bytes());
        for (segment, rows) in &self.rows {
            out.extend_from_slice(&segment.to_le_bytes());
            out.extend_from_slice(&(rows.len() as u64).to_le_bytes());
            out.extend_from_slice(bytemuck::cast_slice(rows));
        }
        for (subject, status) in &self.statuses {
            let (bytes, length) = subject.to_stored();
            out.extend_from_slice(&bytes);
            out.extend_from_slice(&[length, status.code()]);
        }
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out
    }

    pub(super) fn decode(file: &Path, gallery: [u8; 16], number: u64, bytes: &[u8]) -> Result<Self, Damage> {
        let subject = |fields: &mut Fields<'_>| SubjectId::from_stored(fields.array()?, fields.u8()?);
        Self::decode_as(&KIND, subject, file, gallery, number, bytes)
    }

    /// Reads a file of `kind`, whose versions differ in how `subject` reads a subject.
    pub(super) fn decode_as(
        kind: &FileKind,
        subject: impl Fn(&mut Fields<'_>) -> Option<SubjectId>,
        file: &Path,
        gallery: [u8; 16],
        number: u64,
        bytes: &[u8],
    ) -> Result<Self, Damage> {
        let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
        let mut fields = kind.open(file, bytes)?;
        let segments = fields.u32();
        if fields.array() != Some(gallery) || fields.u64() != Some(number) {
            return Err(damage("the tombstone file that the manifest names"));
        }
        let found =
            Self::fields(segments, subject, &mut fields).ok_or_else(|| damage("ascending tombstones"))?;
        if fields.rest().is_empty() { Ok(found) } else { Err(damage("nothing after the last tombstone")) }
    }

    fn fields(
        segments: Option<u32>,
        subject: impl Fn(&mut Fields<'_>) -> Option<SubjectId>,
        fields: &mut Fields<'_>,
    ) -> Option<Self> {
        let statuses = fields.u64()?;
        let mut found = Self::default();
        for _ in 0..segments? {
            let segment = fields.u64()?;
            let rows = ascending_rows(fields)?;
            if found.rows.last_key_value().is_some_and(|(&last, _)| last >= segment) {
                return None;
            }
            found.rows.insert(segment, rows);
        }
        for _ in 0..statuses {
            let subject = subject(fields)?;
            let status = Some(Status::from_code(fields.u8()?)).filter(|&status| status != Status::Active)?;
            if found.statuses.last().is_some_and(|(last, _)| *last >= subject) {
                return None;
            }
            found.statuses.push((subject, status));
        }
        Some(found)
    }
}

/// A count and so many rows, ascending, of which there is at least one.
fn ascending_rows(fields: &mut Fields<'_>) -> Option<Vec<u32>> {
    let count = usize::try_from(fields.u64()?).ok()?;
    let rows: Vec<u32> = bytemuck::allocation::pod_collect_to_vec(fields.bytes(count.checked_mul(4)?)?);
    (!rows.is_empty() && rows.is_sorted_by(|a, b| a < b)).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tombstones_come_back_and_damaged_ones_do_not() {
        let mut tombstones = Tombstones::default();
        assert!(tombstones.is_empty());
        tombstones.rows.insert(4, vec![0, 7, 8]);
        tombstones.rows.insert(9, vec![3]);
        tombstones.statuses.push((SubjectId::new(b"12").unwrap(), Status::from_code(5)));
        let (file, gallery) = (Path::new("tombstones"), [1; 16]);
        let bytes = tombstones.encode(gallery, 2);
        assert_eq!(Tombstones::decode(file, gallery, 2, &bytes), Ok(tombstones));
        assert!(Tombstones::decode(file, gallery, 3, &bytes).is_err());
        assert!(Tombstones::decode(file, [2; 16], 2, &bytes).is_err());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Tombstones::decode(file, gallery, 2, &flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn tombstones_ascend() {
        let mut tombstones = Tombstones::default();
        let read = |tombstones: &Tombstones| {
            Tombstones::decode(Path::new("tombstones"), [1; 16], 2, &tombstones.encode([1; 16], 2))
        };
        for rows in [vec![7, 7], vec![]] {
            tombstones.rows.insert(4, rows);
            assert!(read(&tombstones).is_err());
        }
        let subject = |key: &[u8]| (SubjectId::new(key).unwrap(), Status::from_code(1));
        let unordered = Tombstones { statuses: vec![subject(b"b"), subject(b"a")], ..Tombstones::default() };
        assert!(read(&unordered).is_err());
    }
}
