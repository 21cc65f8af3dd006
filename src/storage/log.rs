//! The write-ahead log: framed records in batches, each batch durable as a whole and chained by digest
//! to the one before.
//!
//! A batch is its records and a commit record. What a log may be believed about is the witness's to
//! say (`witness.rs`): a batch that it covers is durable, and anything wrong up to there is damage;
//! what follows is what a crash left of a batch that nobody was told of.

use std::path::Path;

use super::codec::{COUNTERS, Fields, zeros};
use super::error::{Damage, StorageError};
use super::files::{Files, Output};

const MAGIC: [u8; 16] = *b"biomatch-l\0\x1a\n\xa9\r\n";
const VERSION: u32 = 3;

/// Bytes before the first record.
pub(crate) const HEADER: u64 = 128;
const FRAME: usize = 32;
const COMMIT: u32 = 0xffff_fffe;
/// Most bytes of the caller's that a batch carries.
pub(crate) const MOST_PAYLOAD: usize = 64;

/// What ties a log to its gallery; part of every checksum in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogId {
    pub(crate) gallery: [u8; 16],
    pub(crate) number: u64,
}

/// A digest of a batch and, through the one before, of all that led to it.
pub(crate) type Head = [u8; 32];

/// What a log continues: the state that its first batch follows on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogStart {
    pub(crate) generation: u64,
    pub(crate) head: Head,
}

/// One record: a kind that the layer above knows, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: u32,
    pub(crate) body: Vec<u8>,
}

/// The records of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) generation: u64,
    pub(crate) records: Vec<Record>,
    /// The caller's bytes.
    pub(crate) payload: Vec<u8>,
}

impl Batch {
    /// The digest of this batch after another.
    pub(crate) fn head(&self, before: &Head) -> Head {
        let mut hasher = blake3::Hasher::new();
        hasher.update(before);
        hasher.update(&self.generation.to_le_bytes());
        hasher.update(&(self.records.len() as u64).to_le_bytes());
        for record in &self.records {
            hasher.update(&record.kind.to_le_bytes());
            hasher.update(&(record.body.len() as u64).to_le_bytes());
            hasher.update(&record.body);
        }
        hasher.update(&self.payload);
        *hasher.finalize().as_bytes()
    }
}

/// The end of a log that is being written.
pub(crate) struct Log {
    file: Output,
    id: LogId,
    end: u64,
    head: Head,
    /// The frame of the last commit record, by which the writer knows its own log again.
    last: Vec<u8>,
}

impl Log {
    /// A new log whose first batch follows on `start`; durable, its name after the next directory sync.
    pub(crate) fn create(
        files: &Files,
        name: &str,
        id: LogId,
        start: LogStart,
    ) -> Result<Self, StorageError> {
        let mut file = files.create(name)?;
        let header = encode_header(id, start);
        file.write(&header)?;
        file.sync()?;
        let last = header;
        Ok(Self { file: files.append(name)?, id, end: HEADER, head: start.head, last })
    }

    /// Continues a log that ends with its last good batch.
    pub(crate) fn resume(
        files: &Files,
        name: &str,
        id: LogId,
        (end, head): (u64, Head),
    ) -> Result<Self, StorageError> {
        let reader = files.open(name)?;
        let mut last = vec![0; (end.min(HEADER)) as usize];
        files.read_at(name, &*reader, end.saturating_sub(HEADER), &mut last)?;
        Ok(Self { file: files.append(name)?, id, end, head, last })
    }

    /// Bytes so far.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The digest of the last batch.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// The file that is held.
    pub(crate) fn identity(&self) -> Result<super::FileId, StorageError> {
        self.file.identity()
    }

    /// The bytes before the end, as this writer left them.
    pub(crate) fn last(&self) -> &[u8] {
        &self.last
    }

    /// Writes a batch and synchronises it. After an error the log must not be used again.
    pub(crate) fn append(&mut self, batch: &Batch) -> Result<(), StorageError> {
        self.write(batch)?;
        self.sync()
    }

    /// Writes a batch, which is durable after [`Log::sync`].
    pub(crate) fn write(&mut self, batch: &Batch) -> Result<(), StorageError> {
        let mut bytes = Vec::new();
        for record in &batch.records {
            self.frame(&mut bytes, record.kind, batch.generation, &record.body);
        }
        let head = batch.head(&self.head);
        let mut commit = (batch.records.len() as u64).to_le_bytes().to_vec();
        commit.extend_from_slice(&head);
        commit.extend_from_slice(&batch.payload);
        let start = bytes.len();
        self.frame(&mut bytes, COMMIT, batch.generation, &commit);
        self.file.write(&bytes)?;
        self.end += bytes.len() as u64;
        self.head = head;
        self.last = bytes.split_off(start);
        Ok(())
    }

    /// Makes what was written durable.
    pub(crate) fn sync(&mut self) -> Result<(), StorageError> {
        self.file.sync()
    }

    fn frame(&self, batch: &mut Vec<u8>, kind: u32, generation: u64, body: &[u8]) {
        let start = batch.len();
        let offset = self.end + start as u64;
        batch.extend_from_slice(&(body.len() as u32).to_le_bytes());
        batch.extend_from_slice(&kind.to_le_bytes());
        batch.extend_from_slice(&generation.to_le_bytes());
        batch.extend_from_slice(&offset.to_le_bytes());
        batch.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
        let crc = frame_crc(self.id, batch.get(start..).unwrap_or_default());
        batch.extend_from_slice(&crc.to_le_bytes());
        batch.extend_from_slice(body);
        batch.resize(batch.len().next_multiple_of(8), 0);
    }
}

fn encode_header(id: LogId, start: LogStart) -> Vec<u8> {
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

/// The checksum of a frame's first 28 bytes.
pub(crate) fn frame_crc(id: LogId, frame: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&id.gallery);
    crc.update(&id.number.to_le_bytes());
    crc.update(frame);
    crc.finalize()
}

/// A batch that was read, and where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadBatch {
    pub(crate) batch: Batch,
    pub(crate) head: Head,
    pub(crate) end: u64,
}

/// The good batches of a piece of a log.
pub(crate) struct Scan {
    pub(crate) batches: Vec<ReadBatch>,
    /// The offset behind the last of them.
    pub(crate) end: u64,
    /// What is wrong with the bytes that follow; `None` if none follow.
    pub(crate) tail: Option<Damage>,
}

/// Checks a log's header; gives what the log continues.
pub(crate) fn check_header(file: &Path, id: LogId, bytes: &[u8]) -> Result<LogStart, Damage> {
    let short = || Damage::new(file, bytes.len() as u64, "a log header of 128 bytes", bytes.len());
    let header = bytes.get(..HEADER as usize).ok_or_else(short)?;
    let (body, crc) = header.split_at_checked(HEADER as usize - 4).ok_or_else(short)?;
    if crc != crc32fast::hash(body).to_le_bytes() {
        return Err(Damage::new(file, HEADER - 4, "the header's checksum", "another"));
    }
    let mut fields = Fields::new(body);
    let mut read = || {
        let fixed = (fields.array::<16>()?, fields.u32()?, fields.u32()?);
        let found = LogId { gallery: fields.array()?, number: fields.u64()? };
        let start = LogStart { generation: fields.u64()?, head: fields.array()? };
        Some((fixed, found, start, zeros(fields.rest())))
    };
    let (fixed, found, start, zero) = read().ok_or_else(short)?;
    if fixed != (MAGIC, VERSION, HEADER as u32) || !zero {
        return Err(Damage::new(file, 0, "a log of version 3", "something else"));
    }
    if found != id {
        return Err(Damage::new(file, 24, "the log that the manifest names", "another"));
    }
    if start.generation > COUNTERS {
        return Err(Damage::new(file, 48, "a generation in its range", start.generation));
    }
    Ok(start)
}

pub(crate) enum Parsed<'a> {
    Frame { kind: u32, generation: u64, body: &'a [u8], size: usize },
    Short,
    Bad(&'static str),
}

/// The frame at an offset of a log, from the bytes there.
pub(crate) fn parse_frame(id: LogId, bytes: &[u8], offset: u64) -> Parsed<'_> {
    let mut fields = Fields::new(bytes);
    let Some(frame) = fields.bytes(FRAME) else { return Parsed::Short };
    let Some((checked, crc)) = frame.split_at_checked(FRAME - 4) else { return Parsed::Short };
    if crc != frame_crc(id, checked).to_le_bytes() {
        return Parsed::Bad("a frame with another checksum");
    }
    let mut frame = Fields::new(checked);
    let mut read = || Some((frame.u32()?, frame.u32()?, frame.u64()?, frame.u64()?, frame.u32()?));
    let Some((length, kind, generation, own_offset, body_crc)) = read() else { return Parsed::Short };
    if own_offset != offset {
        return Parsed::Bad("a frame of another place");
    }
    let Some(body) = fields.bytes(length as usize) else { return Parsed::Short };
    let Some(padding) = fields.bytes(body.len().next_multiple_of(8) - body.len()) else {
        return Parsed::Short;
    };
    if crc32fast::hash(body) != body_crc {
        return Parsed::Bad("a record with another checksum");
    }
    if !zeros(padding) {
        return Parsed::Bad("padding that is not zero");
    }
    Parsed::Frame { kind, generation, body, size: FRAME + body.len() + padding.len() }
}

/// Reads a piece of a log that begins at `offset` with the batch after `start`. Stops at the first thing
/// that is not a good batch, and looks at nothing behind it.
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::{Loss, Memory};

    const ID: LogId = LogId { gallery: [7; 16], number: 3 };
    const START: LogStart = LogStart { generation: 10, head: [5; 32] };

    fn batch(generation: u64, records: &[u8]) -> Batch {
        let record = |&n: &u8| Record { kind: u32::from(n), body: vec![n; usize::from(n)] };
        Batch {
            generation,
            records: records.iter().map(record).collect(),
            payload: vec![9; generation as usize],
        }
    }

    /// A log of three batches: one, two and no records.
    fn log() -> (Memory, Vec<u8>) {
        let memory = Memory::new();
        let files = Files::new(Arc::new(memory.clone()), false);
        let mut log = Log::create(&files, "log", ID, START).unwrap();
        for batch in [batch(11, &[1]), batch(12, &[2, 13]), batch(13, &[])] {
            log.append(&batch).unwrap();
        }
        let bytes = memory.files()["log"].clone();
        assert_eq!(log.end(), bytes.len() as u64);
        assert!(bytes.ends_with(log.last()));
        (memory, bytes)
    }

    fn read(bytes: &[u8]) -> Scan {
        scan(Path::new("log"), ID, &bytes[HEADER as usize..], HEADER, START)
    }

    #[test]
    fn batches_come_back_and_are_chained() {
        let (_, bytes) = log();
        assert_eq!(check_header(Path::new("log"), ID, &bytes), Ok(START));
        assert!(check_header(Path::new("log"), LogId { number: 4, ..ID }, &bytes).is_err());
        let scan = read(&bytes);
        let batches: Vec<_> = scan.batches.iter().map(|read| read.batch.clone()).collect();
        assert_eq!(batches, [batch(11, &[1]), batch(12, &[2, 13]), batch(13, &[])]);
        assert_eq!((scan.end, scan.tail), (bytes.len() as u64, None));
        let mut head = START.head;
        for read in &scan.batches {
            head = read.batch.head(&head);
            assert_eq!(read.head, head);
        }
        // After another state the first batch is none.
        let other = LogStart { head: [6; 32], ..START };
        let scan = super::scan(Path::new("log"), ID, &bytes[HEADER as usize..], HEADER, other);
        assert!(scan.batches.is_empty() && scan.tail.is_some());
    }

    #[test]
    fn every_cut_and_every_flip_gives_the_batches_before_it() {
        let (_, bytes) = log();
        let ends: Vec<usize> = read(&bytes).batches.iter().map(|batch| batch.end as usize).collect();
        for at in HEADER as usize..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            for (changed, what) in [(&bytes[..at], "cut"), (&flipped[..], "flip")] {
                let scan = read(changed);
                let whole = ends.iter().filter(|&&end| end <= at).count();
                assert_eq!(scan.batches.len(), whole, "{what} at {at}");
                let is_end = at == HEADER as usize || ends.contains(&at);
                assert_eq!(scan.tail.is_none(), what == "cut" && is_end);
            }
        }
        for at in 0..HEADER as usize {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(check_header(Path::new("log"), ID, &flipped).is_err(), "{at}");
        }
    }

    #[test]
    fn garbage_behind_the_end_is_looked_at_once() {
        let (_, mut bytes) = log();
        let end = bytes.len() as u64;
        bytes.resize(bytes.len() + (16 << 20), 0xa5);
        let scan = read(&bytes);
        assert_eq!((scan.batches.len(), scan.end), (3, end));
        assert_eq!(scan.tail.map(|damage| damage.offset), Some(end));
    }

    #[test]
    fn a_log_is_resumed_at_its_end() {
        let (memory, bytes) = log();
        let files = Files::new(Arc::new(memory.clone()), false);
        let scan = read(&bytes);
        let head = scan.batches.last().unwrap().head;
        let mut log = Log::resume(&files, "log", ID, (scan.end, head)).unwrap();
        assert!(bytes.ends_with(log.last()));
        log.append(&batch(14, &[5])).unwrap();
        let after = memory.files()["log"].clone();
        assert_eq!(after[..bytes.len()], bytes);
        assert_eq!(read(&after).batches.len(), 4);
        files.sync().unwrap();
        assert_eq!(memory.after_crash(Loss::Everything).files()["log"], after);
    }
}
