//! The manifest: which files a gallery is; and CURRENT, which names it.

use std::path::Path;

use super::erasure::PendingErasure;
use super::names;
use super::partition::Partition;
use crate::fingerprint::codes::CodeModelId;
pub(super) use crate::storage::COUNTERS;
use crate::storage::{Damage, Fields, FileKind, Head, MOST_PAYLOAD, are_zeros};
use crate::subject::SubjectId;
use crate::template::Modality;

const MAGIC: [u8; 16] = *b"biomatch-m\0\x1a\n\xa9\r\n";
const VERSION: u32 = 3;
const KIND: FileKind =
    FileKind { magic: MAGIC, version: VERSION, name: "a manifest", checksum: "the manifest's checksum" };
/// Bytes before the lists.
const HEADER: usize = 320;

/// Most bytes of a manifest that are read.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// A file that the manifest pins by length and BLAKE3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileEntry {
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

impl SegmentEntry {
    pub(super) fn name(&self) -> String {
        names::segment(self.number, self.modality)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let modality: u64 = match self.modality {
            Modality::Finger => 1,
            Modality::Face => 2,
        };
        for field in [self.number, modality, self.rows, self.length] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&self.digest);
    }

    pub(super) fn decode(fields: &mut Fields<'_>) -> Option<Self> {
        let number = fields.u64()?;
        let modality = match fields.u64()? {
            1 => Modality::Finger,
            2 => Modality::Face,
            _ => return None,
        };
        let (rows, length, digest) = (fields.u64()?, fields.u64()?, fields.array()?);
        Some(Self { number, modality, rows, length, digest })
    }
}

/// The files of a gallery at one generation, and its fixed properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) gallery: [u8; 16],
    pub(super) number: u64,
    /// The state that the segments hold; the log continues from it.
    pub(super) generation: u64,
    /// The digest of the batch that made it.
    pub(super) head: Head,
    pub(super) next_reference: u64,
    pub(super) next_file: u64,
    pub(super) log: u64,
    pub(super) tombstones: Option<FileEntry>,
    /// The model that codes of fingers are made by.
    pub(super) code_model: CodeModelId,
    pub(super) features: u32,
    pub(super) partition: Partition,
    /// The payload of the last commit that had one.
    pub(super) payload: Vec<u8>,
    /// By number.
    pub(super) segments: Vec<SegmentEntry>,
    /// The requests that are remembered, oldest first.
    pub(super) requests: Vec<FileEntry>,
    /// The subjects that are being erased.
    pub(super) erasures: Vec<PendingErasure>,
    /// Names of files of the manifest before that this one supersedes.
    pub(super) superseded: Vec<String>,
}

impl FileEntry {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.digest);
    }

    fn decode(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { number: fields.u64()?, length: fields.u64()?, digest: fields.array()? })
    }
}

impl Manifest {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.features.to_le_bytes());
        out.extend_from_slice(&self.gallery);
        let counters = [self.number, self.generation, self.next_reference, self.next_file, self.log];
        for counter in counters {
            out.extend_from_slice(&counter.to_le_bytes());
        }
        out.extend_from_slice(&self.head);
        let nothing = FileEntry { number: 0, length: 0, digest: [0; 32] };
        self.tombstones.as_ref().unwrap_or(&nothing).encode(&mut out);
        out.extend_from_slice(&self.code_model.to_bytes());
        out.extend_from_slice(&self.partition.index().to_le_bytes());
        out.extend_from_slice(&self.partition.count().to_le_bytes());
        // Room for the identity of a key: nothing is encrypted yet.
        out.extend_from_slice(&[0; 16]);
        let counts = [self.segments.len(), self.requests.len(), self.erasures.len(), self.superseded.len()];
        for count in counts {
            out.extend_from_slice(&(count as u32).to_le_bytes());
        }
        out.push(self.payload.len() as u8);
        out.extend_from_slice(&self.payload);
        out.resize(HEADER, 0);
        self.segments.iter().for_each(|segment| segment.encode(&mut out));
        self.requests.iter().for_each(|file| file.encode(&mut out));
        for erasure in &self.erasures {
            let (bytes, length) = erasure.subject.to_stored();
            out.extend_from_slice(&erasure.generation.to_le_bytes());
            out.extend_from_slice(&bytes);
            out.extend_from_slice(&[length, 0, 0, 0, 0, 0, 0, 0]);
        }
        for name in &self.superseded {
            out.push(name.len() as u8);
            out.extend_from_slice(name.as_bytes());
        }
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out
    }

    pub(super) fn decode(file: &Path, bytes: &[u8]) -> Result<Self, Damage> {
        let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
        let mut fields = KIND.open(file, bytes)?;
        let manifest = Self::fields(&mut fields).ok_or_else(|| damage("a manifest's fields"))?;
        if !fields.rest().is_empty() {
            return Err(damage("nothing after the last list"));
        }
        manifest.check().map_err(damage)?;
        Ok(manifest)
    }

    /// What must hold of the numbers.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let limit = self.next_file.min(COUNTERS);
        let counters = [self.generation, self.next_reference, self.next_file];
        let files = self.tombstones.iter().chain(&self.requests).map(|file| file.number);
        let segments = self.segments.iter().map(|segment| segment.number);
        let mut numbers = [self.number, self.log].into_iter().chain(files).chain(segments);
        if counters.iter().any(|&counter| counter > COUNTERS) || numbers.any(|number| number >= limit) {
            return Err("counters in their range, files below the next number");
        }
        if !self.segments.is_sorted_by(|a, b| a.number < b.number) {
            return Err("segments by ascending number");
        }
        if self.superseded.iter().any(|name| !names::is_numbered(name)) {
            return Err("superseded files with names of a gallery");
        }
        Ok(())
    }

    fn fields(fields: &mut Fields<'_>) -> Option<Self> {
        let mut header = Fields::new(fields.bytes(HEADER - 20)?);
        let features = header.u32()?;
        let gallery = header.array()?;
        let (number, generation, next_reference) = (header.u64()?, header.u64()?, header.u64()?);
        let (next_file, log) = (header.u64()?, header.u64()?);
        let head = header.array()?;
        let tombstones = match FileEntry::decode(&mut header)? {
            FileEntry { number: 0, length: 0, digest } if digest == [0; 32] => None,
            FileEntry { number: 0, .. } => return None,
            tombstones => Some(tombstones),
        };
        let code_model = CodeModelId::from_bytes(header.array()?);
        let partition = Partition::new(header.u32()?, header.u32()?)?;
        if !are_zeros(header.bytes(16)?) {
            return None;
        }
        let counts = [header.u32()?, header.u32()?, header.u32()?, header.u32()?];
        let payload = usize::from(header.u8()?);
        let payload = header.bytes(payload).filter(|payload| payload.len() <= MOST_PAYLOAD)?.to_vec();
        if !are_zeros(header.rest()) {
            return None;
        }
        let [segments, requests, erasures, superseded] = counts;
        // Collected one by one: a false count ends with the bytes, and allocates nothing.
        let mut manifest = Self {
            gallery,
            number,
            generation,
            head,
            next_reference,
            next_file,
            log,
            tombstones,
            code_model,
            features,
            partition,
            payload,
            segments: Vec::new(),
            requests: Vec::new(),
            erasures: Vec::new(),
            superseded: Vec::new(),
        };
        for _ in 0..segments {
            manifest.segments.push(SegmentEntry::decode(fields)?);
        }
        for _ in 0..requests {
            manifest.requests.push(FileEntry::decode(fields)?);
        }
        for _ in 0..erasures {
            let (generation, bytes) = (fields.u64()?, fields.array()?);
            let subject = SubjectId::from_stored(bytes, fields.u8()?)?;
            if !are_zeros(fields.bytes(7)?) {
                return None;
            }
            manifest.erasures.push(PendingErasure { generation, subject });
        }
        for _ in 0..superseded {
            let length = usize::from(fields.u8()?);
            manifest.superseded.push(std::str::from_utf8(fields.bytes(length)?).ok()?.to_owned());
        }
        Some(manifest)
    }

    /// The name of every file that this manifest names, and its own.
    pub(super) fn files(&self) -> Vec<String> {
        let mut names = vec![names::manifest(self.number), names::log(self.log)];
        names.extend(self.tombstones.iter().map(|file| names::tombstones(file.number)));
        names.extend(self.requests.iter().map(|file| names::requests(file.number)));
        names.extend(self.segments.iter().map(SegmentEntry::name));
        names
    }

    /// The contents of CURRENT that name this manifest.
    pub(super) fn current(&self) -> Current {
        Current {
            manifest: self.number,
            digest: *blake3::hash(&self.encode()).as_bytes(),
            version: Version::Third,
        }
    }
}

/// The version of a gallery's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Versions 1 and 2, which have one form of CURRENT.
    First,
    Third,
}

/// What CURRENT says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Current {
    pub(super) version: Version,
    pub(super) manifest: u64,
    pub(super) digest: [u8; 32],
}

impl Current {
    /// Most bytes that are read of the file.
    pub(super) const MOST_BYTES: u64 = 4096;

    /// One line of text, so that a person can read it.
    pub(super) fn encode(&self) -> String {
        let version = match self.version {
            Version::First => 1,
            Version::Third => 3,
        };
        format!("biomatch gallery {version} manifest-{:06} {}\n", self.manifest, hex::encode(self.digest))
    }

    /// Only what [`Current::encode`] writes is accepted.
    pub(super) fn decode(file: &Path, bytes: &[u8]) -> Result<Self, Damage> {
        let parse = || {
            let line = std::str::from_utf8(bytes).ok()?;
            let rest = line.strip_prefix("biomatch gallery ")?.strip_suffix('\n')?;
            let (version, rest) = rest.split_once(" manifest-")?;
            let version = match version {
                "1" => Version::First,
                "3" => Version::Third,
                _ => return None,
            };
            let (number, digest) = rest.split_once(' ')?;
            let mut current = Self { version, manifest: number.parse().ok()?, digest: [0; 32] };
            hex::decode_to_slice(digest, &mut current.digest).ok()?;
            (current.encode().as_bytes() == bytes).then_some(current)
        };
        parse().ok_or_else(|| Damage::new(file, 0, "one line that names a manifest", "other text"))
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
        let file = |number| FileEntry { number, length: 77, digest: [6; 32] };
        Manifest {
            gallery: [9; 16],
            number: 7,
            generation: 40,
            head: [3; 32],
            next_reference: 1000,
            next_file: 9,
            log: 8,
            tombstones: Some(file(6)),
            code_model: CodeModelId::from_bytes([5; 16]),
            features: 4,
            partition: Partition::new(2, 16).unwrap(),
            payload: vec![1; 64],
            segments: vec![segment(3, Modality::Finger), segment(5, Modality::Face)],
            requests: vec![file(1), file(2)],
            erasures: vec![PendingErasure { generation: 39, subject: SubjectId::new(b"x").unwrap() }],
            superseded: vec![names::log(4)],
        }
    }

    #[test]
    fn manifests_come_back_and_damaged_ones_do_not() {
        let file = Path::new("manifest");
        for tombstones in [manifest().tombstones, None] {
            let manifest = Manifest { tombstones, ..manifest() };
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
        let foreign = Manifest { superseded: vec!["../notes".into()], ..manifest() };
        for wrong in [twice, above, huge, foreign] {
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
        let other = line.replace("gallery 3", "gallery 2");
        for wrong in ["", &upper, &longer, &padded, &signed, &other, line.trim_end()] {
            assert!(Current::decode(file, wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
