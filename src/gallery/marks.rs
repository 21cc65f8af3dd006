//! Marks on what segments hold: which rows are deleted, which citizens are locked.

use std::collections::BTreeMap;
use std::path::Path;

use super::reference::Status;
use crate::citizen::CitizenId;
use crate::storage::{Damage, Fields};

const MAGIC: [u8; 16] = *b"biomatch-d\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;

/// The contents of a marks file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// For each segment with deleted rows those rows, ascending.
    pub(super) dead: BTreeMap<u64, Vec<u32>>,
    /// Citizens who are not active.
    pub(super) statuses: BTreeMap<CitizenId, Status>,
}

impl Marks {
    pub(super) fn is_empty(&self) -> bool {
        self.dead.is_empty() && self.statuses.is_empty()
    }

    pub(super) fn encode(&self, gallery: [u8; 16], number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(self.dead.len() as u32).to_le_bytes());
        out.extend_from_slice(&gallery);
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&(self.statuses.len() as u64).to_le_bytes());
        for (segment, rows) in &self.dead {
            out.extend_from_slice(&segment.to_le_bytes());
            out.extend_from_slice(&(rows.len() as u64).to_le_bytes());
            out.extend_from_slice(bytemuck::cast_slice(rows));
        }
        for (citizen, status) in &self.statuses {
            out.extend_from_slice(&citizen.value().to_le_bytes());
            out.push(status.code());
        }
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out
    }

    pub(super) fn decode(file: &Path, gallery: [u8; 16], number: u64, bytes: &[u8]) -> Result<Self, Damage> {
        let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
        let (body, crc) = bytes
            .len()
            .checked_sub(4)
            .and_then(|end| bytes.split_at_checked(end))
            .ok_or_else(|| damage("a marks file"))?;
        if crc != crc32fast::hash(body).to_le_bytes() {
            return Err(Damage::new(file, body.len() as u64, "the marks' checksum", "another"));
        }
        let mut fields = Fields::new(body);
        if fields.array() != Some(MAGIC) || fields.u32() != Some(VERSION) {
            return Err(damage("a marks file of version 1"));
        }
        let segments = fields.u32();
        if fields.array() != Some(gallery) || fields.u64() != Some(number) {
            return Err(damage("the marks file that the manifest names"));
        }
        let marks = Self::fields(segments, &mut fields).ok_or_else(|| damage("ascending marks"))?;
        if fields.rest().is_empty() { Ok(marks) } else { Err(damage("nothing after the last mark")) }
    }

    fn fields(segments: Option<u32>, fields: &mut Fields<'_>) -> Option<Self> {
        let statuses = fields.u64()?;
        let mut marks = Self::default();
        for _ in 0..segments? {
            let segment = fields.u64()?;
            let count = usize::try_from(fields.u64()?).ok()?;
            let rows: Vec<u32> =
                bytemuck::allocation::pod_collect_to_vec(fields.bytes(count.checked_mul(4)?)?);
            let above = marks.dead.last_key_value().is_none_or(|(&last, _)| last < segment);
            if !above || rows.is_empty() || !rows.is_sorted_by(|a, b| a < b) {
                return None;
            }
            marks.dead.insert(segment, rows);
        }
        for _ in 0..statuses {
            let citizen = CitizenId::from_value(fields.u64()?)?;
            let status = Some(Status::from_code(fields.u8()?)).filter(|&status| status != Status::Active)?;
            let above = marks.statuses.last_key_value().is_none_or(|(&last, _)| last < citizen);
            if !above {
                return None;
            }
            marks.statuses.insert(citizen, status);
        }
        Some(marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_and_damaged_ones_do_not() {
        let mut marks = Marks::default();
        assert!(marks.is_empty());
        marks.dead.insert(4, vec![0, 7, 8]);
        marks.dead.insert(9, vec![3]);
        let citizen = CitizenId::from_value(12).unwrap();
        marks.statuses.insert(citizen, Status::from_code(5));
        let (file, gallery) = (Path::new("marks"), [1; 16]);
        let bytes = marks.encode(gallery, 2);
        assert_eq!(Marks::decode(file, gallery, 2, &bytes), Ok(marks));
        assert!(Marks::decode(file, gallery, 3, &bytes).is_err());
        assert!(Marks::decode(file, [2; 16], 2, &bytes).is_err());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Marks::decode(file, gallery, 2, &flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn marks_ascend() {
        let mut marks = Marks::default();
        marks.dead.insert(4, vec![7, 7]);
        assert!(Marks::decode(Path::new("marks"), [1; 16], 2, &marks.encode([1; 16], 2)).is_err());
        marks.dead.insert(4, Vec::new());
        assert!(Marks::decode(Path::new("marks"), [1; 16], 2, &marks.encode([1; 16], 2)).is_err());
    }
}
