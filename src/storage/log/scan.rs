//! Reading a log: the whole batches of a piece of it.

use std::path::Path;

use super::batch::{Batch, Head, LogId, LogStart, MOST_PAYLOAD, Record};
use super::frame::{COMMIT, Parsed, parse_frame};
use crate::storage::codec::Fields;
use crate::storage::error::Damage;

/// A batch that was read, and where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadBatch {
    pub(crate) batch: Batch,
    pub(crate) head: Head,
    pub(crate) end: u64,
}

/// The whole batches of a piece of a log.
pub(crate) struct Scan {
    pub(crate) batches: Vec<ReadBatch>,
    /// The offset at which the last of them ends.
    pub(crate) end: u64,
    /// What is wrong with the bytes that follow; `None` if none follow.
    pub(crate) tail: Option<Damage>,
}

/// Reads a piece of a log that begins at `offset` with the batch after `start`. Stops at the first bytes that
/// are not a whole batch, and reads nothing after them.
pub(crate) fn scan(file: &Path, id: LogId, bytes: &[u8], offset: u64, start: LogStart) -> Scan {
    let mut scan = Scan { batches: Vec::new(), end: offset, tail: None };
    let (mut at, mut next, mut before) = (0, start.generation + 1, start.head);
    let mut records = Vec::new();
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let here = offset + at as u64;
        let wrong = |found: &str| Some(Damage::new(file, here, "the next record of the log", found));
        if rest.is_empty() {
            if !records.is_empty() {
                scan.tail = wrong("the end of the file, inside a batch");
            }
            return scan;
        }
        let (kind, generation, body, size) = match parse_frame(id, rest, here) {
            Parsed::Frame { kind, generation, body, size } => (kind, generation, body, size),
            Parsed::Short => {
                scan.tail = wrong("the end of the file, inside a record");
                return scan;
            }
            Parsed::Bad(found) => {
                scan.tail = wrong(found);
                return scan;
            }
        };
        if generation != next {
            scan.tail = wrong("one of another generation");
            return scan;
        }
        at += size;
        if kind != COMMIT {
            records.push(Record { kind, body: body.to_vec() });
            continue;
        }
        let mut fields = Fields::new(body);
        let (count, stated) = (fields.u64(), fields.array::<32>());
        let payload = fields.rest().to_vec();
        let batch = Batch { generation, records: std::mem::take(&mut records), payload };
        let head = batch.head(&before);
        let fits = count == Some(batch.records.len() as u64) && batch.payload.len() <= MOST_PAYLOAD;
        if !fits || stated != Some(head) {
            scan.tail = wrong("a commit record that does not fit its batch and the one before");
            return scan;
        }
        scan.end = offset + at as u64;
        scan.batches.push(ReadBatch { batch, head, end: scan.end });
        (next, before) = (next + 1, head);
    }
}
