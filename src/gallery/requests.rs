//! Remembered requests, so that a repeated request changes nothing.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use super::erasure::PendingErasure;
use super::manifest::FileEntry;
use super::reference::ReferenceId;
use super::request_id::RequestId;
use crate::storage::{Damage, Fields, FileKind};
use crate::subject::SubjectId;

const MAGIC: [u8; 16] = *b"biomatch-q\0\x1a\n\xa9\r\n";
const VERSION: u32 = 3;
const KIND: FileKind = FileKind {
    magic: MAGIC,
    version: VERSION,
    name: "a file of requests",
    checksum: "the requests' checksum",
};

/// At least this many requests, the newest, are remembered.
pub const REMEMBERED_REQUESTS: usize = 65_536;
/// Requests of a file below which the next checkpoint writes it again with its own.
const FULL: usize = 8_192;

/// A request that was committed, and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestEntry {
    pub(super) id: RequestId,
    /// BLAKE3 of the content of the request.
    pub(super) content: [u8; 32],
    pub(super) subject: SubjectId,
    pub(super) generation: u64,
    /// The references that hold what it added.
    pub(super) references: Vec<ReferenceId>,
}

impl RequestEntry {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_bytes());
        out.extend_from_slice(&self.content);
        let (bytes, length) = self.subject.to_stored();
        out.extend_from_slice(&bytes);
        out.push(length);
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.extend_from_slice(&(self.references.len() as u32).to_le_bytes());
        out.extend_from_slice(bytemuck::cast_slice(&self.references));
    }

    pub(super) fn decode(fields: &mut Fields<'_>) -> Option<Self> {
        let (id, content) = (RequestId::new(fields.array()?), fields.array()?);
        let subject = SubjectId::from_stored(fields.array()?, fields.u8()?)?;
        let generation = fields.u64()?;
        let count = fields.u32()? as usize;
        let references = bytemuck::allocation::pod_collect_to_vec(fields.bytes(count.checked_mul(8)?)?);
        Some(Self { id, content, subject, generation, references })
    }
}

/// The bytes of a file of requests.
pub(super) fn encode_file<'a>(
    gallery: [u8; 16],
    number: u64,
    entries: impl ExactSizeIterator<Item = &'a RequestEntry>,
) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    out.extend_from_slice(&gallery);
    out.extend_from_slice(&number.to_le_bytes());
    entries.for_each(|entry| entry.encode(&mut out));
    out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
    out
}

/// The requests of a file.
pub(super) fn decode_file(
    file: &Path,
    gallery: [u8; 16],
    number: u64,
    bytes: &[u8],
) -> Result<Vec<RequestEntry>, Damage> {
    let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
    let mut fields = KIND.open(file, bytes)?;
    let count = fields.u32().unwrap_or_default();
    if fields.array() != Some(gallery) || fields.u64() != Some(number) {
        return Err(damage("the file of requests that the manifest names"));
    }
    let read = |fields: &mut Fields<'_>| {
        (0..count).map(|_| RequestEntry::decode(fields)).collect::<Option<Vec<_>>>()
    };
    match read(&mut fields) {
        Some(entries) if fields.rest().is_empty() => Ok(entries),
        _ => Err(damage("as many requests as it says")),
    }
}

/// The requests that the writer remembers.
#[derive(Default)]
pub(super) struct Requests {
    known: HashMap<RequestId, RequestEntry>,
    /// Those of each file, oldest first.
    files: VecDeque<(FileEntry, Vec<RequestId>)>,
    /// Those that are only in the log, oldest first.
    fresh: Vec<RequestId>,
}

/// What a checkpoint does with the files of requests.
pub(super) struct RequestPlan {
    /// Files that stay, oldest first.
    pub(super) kept: Vec<FileEntry>,
    /// What a new file is to hold; nothing if none is needed.
    pub(super) entries: Vec<RequestEntry>,
    /// How many of the fresh ones are among them.
    fresh: usize,
}

impl Requests {
    pub(super) fn get(&self, id: RequestId) -> Option<&RequestEntry> {
        self.known.get(&id)
    }

    /// Remembers the requests of a file, which is newer than those before.
    pub(super) fn push_file(&mut self, file: FileEntry, entries: Vec<RequestEntry>) {
        let ids = entries.iter().map(|entry| entry.id).collect();
        self.known.extend(entries.into_iter().map(|entry| (entry.id, entry)));
        self.files.push_back((file, ids));
    }

    /// Remembers a request of the log.
    pub(super) fn push(&mut self, entry: RequestEntry) {
        self.fresh.push(entry.id);
        self.known.insert(entry.id, entry);
    }

    /// Plans the files so that they hold all remembered requests, without those of erased subjects up to
    /// their erasure.
    pub(super) fn plan(&self, erased: &[PendingErasure]) -> RequestPlan {
        let is_gone = |entry: &RequestEntry| {
            erased
                .iter()
                .any(|erased| erased.subject == entry.subject && erased.generation >= entry.generation)
        };
        let is_erased = |id: &RequestId| self.known.get(id).is_some_and(is_gone);
        let mut kept = Vec::new();
        let mut rewritten = Vec::new();
        let mut counted = self.fresh.len();
        for (index, (file, ids)) in self.files.iter().enumerate().rev() {
            let has_erased = !erased.is_empty() && ids.iter().any(is_erased);
            let is_last = index + 1 == self.files.len();
            if counted >= REMEMBERED_REQUESTS {
                break;
            }
            counted += ids.len();
            if has_erased || (is_last && ids.len() < FULL && !self.fresh.is_empty()) {
                rewritten.splice(0..0, ids.iter().copied());
            } else {
                kept.insert(0, file.clone());
            }
        }
        let ids = rewritten.iter().chain(&self.fresh).filter(|id| !is_erased(id));
        let entries = ids.filter_map(|id| self.known.get(id).cloned()).collect();
        RequestPlan { kept, entries, fresh: self.fresh.len() }
    }

    /// Takes note that the files are as planned.
    pub(super) fn apply_plan(&mut self, plan: RequestPlan, file: Option<FileEntry>) {
        let ids: Vec<_> = plan.entries.iter().map(|entry| entry.id).collect();
        self.files.retain(|(known, _)| plan.kept.contains(known));
        if let Some(file) = file {
            self.files.push_back((file, ids));
        }
        self.fresh.drain(..plan.fresh.min(self.fresh.len()));
        let files = self.files.iter().flat_map(|(_, ids)| ids);
        let remembered: std::collections::HashSet<_> = files.chain(&self.fresh).copied().collect();
        self.known.retain(|id, _| remembered.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u32) -> RequestEntry {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_le_bytes());
        RequestEntry {
            id: RequestId::new(id),
            content: [n as u8; 32],
            subject: SubjectId::new(&(n % 7).to_le_bytes()).unwrap(),
            generation: u64::from(n),
            references: (0..u64::from(n % 3)).map(ReferenceId::from_value).collect(),
        }
    }

    #[test]
    fn files_come_back_and_damaged_ones_do_not() {
        let entries: Vec<_> = (0..5).map(entry).collect();
        let bytes = encode_file([1; 16], 9, entries.iter());
        let file = Path::new("requests");
        assert_eq!(decode_file(file, [1; 16], 9, &bytes), Ok(entries));
        assert!(decode_file(file, [1; 16], 8, &bytes).is_err());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode_file(file, [1; 16], 9, &flipped).is_err(), "{bit}");
        }
    }

    #[test]
    fn the_newest_are_remembered_and_the_number_is_bounded() {
        let mut requests = Requests::default();
        let (mut made, mut most) = (0, 0);
        for step in 0..400_u32 {
            let count = if step % 3 == 0 { 3 } else { 1_000 };
            (made..made + count).for_each(|n| requests.push(entry(n)));
            made += count;
            let plan = requests.plan(&[]);
            let number = u64::from(step);
            let file = (!plan.entries.is_empty()).then_some(FileEntry { number, length: 0, digest: [0; 32] });
            requests.apply_plan(plan, file);
            most = most.max(requests.known.len());
            for back in [1, 100, made.min(REMEMBERED_REQUESTS as u32)] {
                assert!(back > made || requests.get(entry(made - back).id).is_some(), "{step}, {back}");
            }
        }
        assert!(most <= REMEMBERED_REQUESTS + 2 * FULL, "{most}");
        assert!(requests.files.len() < 20, "{}", requests.files.len());
    }

    #[test]
    fn requests_of_an_erased_subject_leave_the_files() {
        let mut requests = Requests::default();
        requests.push_file(FileEntry { number: 1, length: 0, digest: [0; 32] }, (0..20).map(entry).collect());
        requests.push(entry(21));
        let erased = entry(3).subject;
        // One that comes later is kept.
        requests.push(entry(31));
        assert_eq!(entry(31).subject, erased);
        let plan = requests.plan(&[PendingErasure { subject: erased, generation: 25 }]);
        assert!(
            plan.kept.is_empty()
                && plan.entries.iter().all(|entry| entry.subject != erased || entry.generation == 31)
        );
        assert_eq!(plan.entries.len(), 19);
        requests.apply_plan(plan, Some(FileEntry { number: 2, length: 0, digest: [0; 32] }));
        assert!(requests.get(entry(3).id).is_none() && requests.get(entry(21).id).is_some());
    }
}
