//! The manifest: which files a gallery is; and CURRENT, which names it.

use std::fmt::Write;
use std::path::Path;

use super::block::Modality;
use super::names;
use crate::storage::{Damage, Fields};

const MAGIC: [u8; 16] = *b"biomatch-m\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;

/// No counter of a gallery comes near this; a greater one is damage, and cannot overflow.
pub(super) const COUNTERS: u64 = 1 << 62;

/// A file that the manifest pins by length and BLAKE3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MarksEntry {
    pub(super) number: u64,
    pub(super) length: u64,
    pub(super) digest: [u8; 32],
}

/// A segment that the manifest pins; its digest is the one in the segment's footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentEntry {
    pub(super) number: u64,
    pub(super) modality: Modality,
    pub(super) rows: u64,
    pub(super) length: u64,
    pub(super) digest: [u8; 32],
}

/// A gallery's files at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) gallery: [u8; 16],
    pub(super) number: u64,
    /// The state that the segments hold; the log continues from it.
    pub(super) generation: u64,
    pub(super) next_reference: u64,
    pub(super) next_file: u64,
    pub(super) log: u64,
    pub(super) marks: Option<MarksEntry>,
    /// By number.
    pub(super) segments: Vec<SegmentEntry>,
}

impl Manifest {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(self.segments.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.gallery);
        let counters = [self.number, self.generation, self.next_reference, self.next_file, self.log];
        for counter in counters {
            out.extend_from_slice(&counter.to_le_bytes());
        }
        let nothing = MarksEntry { number: 0, length: 0, digest: [0; 32] };
        let marks = self.marks.as_ref().unwrap_or(&nothing);
        out.extend_from_slice(&marks.number.to_le_bytes());
        out.extend_from_slice(&marks.length.to_le_bytes());
        out.extend_from_slice(&marks.digest);
        for segment in &self.segments {
            let modality: u64 = match segment.modality {
                Modality::Finger => 1,
                Modality::Face => 2,
            };
            for field in [segment.number, modality, segment.rows, segment.length] {
                out.extend_from_slice(&field.to_le_bytes());
            }
            out.extend_from_slice(&segment.digest);
        }
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out
    }

    pub(super) fn decode(file: &Path, bytes: &[u8]) -> Result<Self, Damage> {
        let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
        let (body, crc) = bytes
            .len()
            .checked_sub(4)
            .and_then(|end| bytes.split_at_checked(end))
            .ok_or_else(|| damage("a manifest"))?;
        if crc != crc32fast::hash(body).to_le_bytes() {
            return Err(Damage::new(file, body.len() as u64, "the manifest's checksum", "another"));
        }
        let mut fields = Fields::new(body);
        if fields.array() != Some(MAGIC) || fields.u32() != Some(VERSION) {
            return Err(damage("a manifest of version 1"));
        }
        let manifest = Self::fields(&mut fields).ok_or_else(|| damage("a manifest's fields"))?;
        if !fields.rest().is_empty() {
            return Err(damage("nothing after the last segment"));
        }
        let limit = manifest.next_file.min(COUNTERS);
        let counters = [manifest.generation, manifest.next_reference, manifest.next_file];
        let numbers = [manifest.number, manifest.log].into_iter();
        let numbers = numbers.chain(manifest.marks.iter().map(|marks| marks.number));
        let mut numbers = numbers.chain(manifest.segments.iter().map(|segment| segment.number));
        if counters.iter().any(|&counter| counter > COUNTERS) || numbers.any(|number| number >= limit) {
            return Err(damage("counters in their range, files below the next number"));
        }
        if !manifest.segments.is_sorted_by(|a, b| a.number < b.number) {
            return Err(damage("segments by ascending number"));
        }
        Ok(manifest)
    }

    fn fields(fields: &mut Fields<'_>) -> Option<Self> {
        let count = fields.u32()?;
        let gallery = fields.array()?;
        let (number, generation, next_reference) = (fields.u64()?, fields.u64()?, fields.u64()?);
        let (next_file, log) = (fields.u64()?, fields.u64()?);
        let marks = MarksEntry { number: fields.u64()?, length: fields.u64()?, digest: fields.array()? };
        let marks = match marks {
            MarksEntry { number: 0, length: 0, digest } if digest == [0; 32] => None,
            MarksEntry { number: 0, .. } => return None,
            marks => Some(marks),
        };
        let mut segments = Vec::new();
        for _ in 0..count {
            let number = fields.u64()?;
            let modality = match fields.u64()? {
                1 => Modality::Finger,
                2 => Modality::Face,
                _ => return None,
            };
            let (rows, length, digest) = (fields.u64()?, fields.u64()?, fields.array()?);
            segments.push(SegmentEntry { number, modality, rows, length, digest });
        }
        Some(Self { gallery, number, generation, next_reference, next_file, log, marks, segments })
    }

    /// The name of every file that this manifest names, and its own.
    pub(super) fn files(&self) -> Vec<String> {
        let mut names = vec![names::manifest(self.number), names::log(self.log)];
        names.extend(self.marks.iter().map(|marks| names::marks(marks.number)));
        names.extend(self.segments.iter().map(|segment| names::segment(segment.number, segment.modality)));
        names
    }

    /// The contents of CURRENT that name this manifest.
    pub(super) fn current(&self) -> Current {
        Current { manifest: self.number, digest: *blake3::hash(&self.encode()).as_bytes() }
    }
}

/// What CURRENT says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Current {
    pub(super) manifest: u64,
    pub(super) digest: [u8; 32],
}

impl Current {
    /// One line of text, so that a person can read it.
    pub(super) fn encode(&self) -> String {
        let mut line = format!("biomatch gallery 1 manifest-{:06} ", self.manifest);
        for byte in self.digest {
            // Writing to a string cannot fail.
            let _ = write!(line, "{byte:02x}");
        }
        line.push('\n');
        line
    }

    /// Only what [`Current::encode`] writes is accepted.
    pub(super) fn decode(file: &Path, bytes: &[u8]) -> Result<Self, Damage> {
        let parse = || {
            let line = std::str::from_utf8(bytes).ok()?;
            let (number, digest) =
                line.strip_prefix("biomatch gallery 1 manifest-")?.strip_suffix('\n')?.split_once(' ')?;
            let mut current = Self { manifest: number.parse().ok()?, digest: [0; 32] };
            for (index, byte) in current.digest.iter_mut().enumerate() {
                *byte = u8::from_str_radix(digest.get(2 * index..2 * index + 2)?, 16).ok()?;
            }
            (current.encode().as_bytes() == bytes).then_some(current)
        };
        parse().ok_or_else(|| Damage::new(file, 0, "one line that names a manifest", "something else"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let segment = |number, modality| {
            let digest = [number as u8; 32];
            SegmentEntry { number, modality, rows: 10 * number, length: 100 * number, digest }
        };
        Manifest {
            gallery: [9; 16],
            number: 7,
            generation: 40,
            next_reference: 1000,
            next_file: 9,
            log: 8,
            marks: Some(MarksEntry { number: 6, length: 77, digest: [6; 32] }),
            segments: vec![segment(3, Modality::Finger), segment(5, Modality::Face)],
        }
    }

    #[test]
    fn manifests_come_back_and_damaged_ones_do_not() {
        let file = Path::new("manifest");
        for marks in [manifest().marks, None] {
            let manifest = Manifest { marks, ..manifest() };
            let bytes = manifest.encode();
            assert_eq!(Manifest::decode(file, &bytes), Ok(manifest));
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(Manifest::decode(file, &flipped).is_err(), "bit {bit}");
            }
            for length in 0..bytes.len() {
                assert!(Manifest::decode(file, &bytes[..length]).is_err(), "{length} bytes");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_damage_whatever_the_checksum() {
        let mut twice = manifest();
        twice.segments.swap(0, 1);
        let above = Manifest { next_file: 8, ..manifest() };
        let huge = Manifest { generation: u64::MAX, ..manifest() };
        for wrong in [twice, above, huge] {
            assert!(Manifest::decode(Path::new("manifest"), &wrong.encode()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn current_is_exactly_one_line() {
        let file = Path::new("CURRENT");
        let current = manifest().current();
        let line = current.encode();
        assert_eq!(Current::decode(file, line.as_bytes()), Ok(current));
        let upper = line.to_uppercase();
        let longer = format!("{line}\n");
        let padded = line.replace("manifest-000007", "manifest-0000007");
        let signed = line.replace("manifest-000007", "manifest-+00007");
        for wrong in ["", &upper, &longer, &padded, &signed, line.trim_end()] {
            assert!(Current::decode(file, wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
