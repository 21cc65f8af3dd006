//! The write-ahead log: framed records in batches, each batch durable as a whole.
//!
//! A batch is its records, a commit marker, one sync, and then a seal. The seal is written only
//! after the sync, so it proves that all before it is durable: readers in other processes follow up
//! to the last seal, and a bad record with a seal after it is damage, not a torn write. What is
//! after the last seal may be torn by a crash in any way.

use std::path::Path;

use super::codec::{Fields, zeros};
use super::error::{Damage, StorageError};
use super::files::{Files, Output};

const MAGIC: [u8; 16] = *b"biomatch-l\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;

/// Bytes before the first record.
pub(crate) const HEADER: u64 = 64;
const FRAME: usize = 32;
const COMMIT: u32 = 0xffff_fffe;
const SEAL: u32 = 0xffff_ffff;

/// What ties a log to its gallery; part of every checksum in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogId {
    pub(crate) gallery: [u8; 16],
    pub(crate) number: u64,
}

/// One record: a kind that the layer above knows, and its bytes.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) kind: u32,
    pub(crate) body: Vec<u8>,
}

/// The end of a log that is being written.
pub(crate) struct Log {
    file: Output,
    id: LogId,
    end: u64,
}

impl Log {
    /// A new log whose first batch is `generation + 1`; durable, its name after the next directory
    /// sync.
    pub(crate) fn create(
        files: &Files,
        name: &str,
        id: LogId,
        generation: u64,
    ) -> Result<Self, StorageError> {
        let mut file = files.create(name)?;
        let mut header = Vec::with_capacity(HEADER as usize);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&(HEADER as u32).to_le_bytes());
        header.extend_from_slice(&id.gallery);
        header.extend_from_slice(&id.number.to_le_bytes());
        header.extend_from_slice(&generation.to_le_bytes());
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
        file.write(&header)?;
        file.sync()?;
        Ok(Self { file, id, end: HEADER })
    }

    /// Continues a log after its last good batch: cuts what is behind it, and seals that batch if
    /// the crash came before its seal.
    pub(crate) fn resume(files: &Files, name: &str, id: LogId, scan: &Scan) -> Result<Self, StorageError> {
        let file = files.append(name)?;
        let mut log = Self { file, id, end: scan.end };
        log.file.truncate(scan.end)?;
        log.file.sync()?;
        if let Some(generation) = scan.unsealed {
            log.seal(generation)?;
        }
        Ok(log)
    }

    /// Bytes so far, all of them durable or about to be.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Writes a batch, syncs it and seals it. After an error the log must not be used again.
    pub(crate) fn append(&mut self, generation: u64, records: &[Record]) -> Result<(), StorageError> {
        let mut batch = Vec::new();
        for record in records {
            self.frame(&mut batch, record.kind, generation, &record.body);
        }
        let count = (records.len() as u64).to_le_bytes();
        self.frame(&mut batch, COMMIT, generation, &count);
        self.file.write(&batch)?;
        self.end += batch.len() as u64;
        self.file.sync()?;
        self.seal(generation)
    }

    fn seal(&mut self, generation: u64) -> Result<(), StorageError> {
        let mut seal = Vec::new();
        self.frame(&mut seal, SEAL, generation, &[]);
        self.file.write(&seal)?;
        self.end += seal.len() as u64;
        Ok(())
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

/// The checksum of a frame's first 28 bytes.
fn frame_crc(id: LogId, frame: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&id.gallery);
    crc.update(&id.number.to_le_bytes());
    crc.update(frame);
    crc.finalize()
}

/// What is behind the last good batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    Clean,
    /// The beginning of a batch, all of it as it was written: a writer is at it, or died.
    Partial,
    /// Bytes that no writer writes, and no seal after them: a crash of the system.
    Torn(Damage),
}

/// The good batches of a piece of a log.
pub(crate) struct Scan {
    /// For each batch its generation and its records.
    pub(crate) batches: Vec<(u64, Vec<Record>)>,
    /// The offset behind the last of them, and behind its seal if it has one.
    pub(crate) end: u64,
    /// The offset behind the last seal.
    pub(crate) sealed: u64,
    /// The last batch's generation, if its commit marker is there and its seal is not.
    pub(crate) unsealed: Option<u64>,
    /// What follows.
    pub(crate) tail: Tail,
}

impl Scan {
    /// A scan that found nothing behind a seal that ends at `end`.
    pub(crate) fn nothing_after(end: u64) -> Self {
        Self { batches: Vec::new(), end, sealed: end, unsealed: None, tail: Tail::Clean }
    }
}

/// Checks a log's header; gives the generation that it starts after.
pub(crate) fn check_header(file: &Path, id: LogId, bytes: &[u8]) -> Result<u64, Damage> {
    let short = || Damage::new(file, bytes.len() as u64, "a log header of 64 bytes", bytes.len());
    let mut fields = Fields::new(bytes);
    let body = fields.bytes(60).ok_or_else(short)?;
    let crc = fields.u32().ok_or_else(short)?;
    if crc != crc32fast::hash(body) {
        return Err(Damage::new(file, 60, "the header's checksum", format_args!("{crc:08x}")));
    }
    let mut fields = Fields::new(body);
    let mut read = || {
        let fixed = (fields.array::<16>()?, fields.u32()?, fields.u32()?);
        Some((fixed, fields.array::<16>()?, fields.u64()?, fields.u64()?))
    };
    let (fixed, gallery, number, generation) = read().ok_or_else(short)?;
    if fixed != (MAGIC, VERSION, HEADER as u32) {
        return Err(Damage::new(file, 0, "a log of version 1", "something else"));
    }
    if (LogId { gallery, number }) != id {
        return Err(Damage::new(file, 24, "the log that the manifest names", "another"));
    }
    Ok(generation)
}

enum Parsed<'a> {
    Frame { kind: u32, generation: u64, body: &'a [u8], size: usize },
    Short,
    Bad(&'static str),
}

fn parse(id: LogId, bytes: &[u8], offset: u64) -> Parsed<'_> {
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

/// Reads a piece of a log that starts at `start`, on a batch's first byte, and where the next
/// generation is `next`.
///
/// # Errors
/// Damage: bytes that were once durable and are now wrong.
pub(crate) fn scan(file: &Path, id: LogId, bytes: &[u8], start: u64, next: u64) -> Result<Scan, Damage> {
    let mut scan = Scan::nothing_after(start);
    let mut records = Vec::new();
    let mut next = next;
    let mut at = 0;
    loop {
        let offset = start + at as u64;
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            if !records.is_empty() {
                scan.tail = Tail::Partial;
            }
            return Ok(scan);
        }
        let (kind, generation, body, size) = match parse(id, rest, offset) {
            Parsed::Frame { kind, generation, body, size } => (kind, generation, body, size),
            Parsed::Short => {
                scan.tail = Tail::Partial;
                return Ok(scan);
            }
            Parsed::Bad(found) => {
                let damage = Damage::new(file, offset, "a log record", found);
                let current = scan.unsealed.unwrap_or(next);
                if proof_of_durability(id, rest, offset, current) {
                    return Err(damage);
                }
                scan.tail = Tail::Torn(damage);
                return Ok(scan);
            }
        };
        let sealing = kind == SEAL;
        let expected = if sealing { scan.unsealed } else { Some(next) };
        if Some(generation) != expected || (!sealing && scan.unsealed.is_some()) {
            return Err(Damage::new(file, offset, "the next record of the log", "one out of order"));
        }
        at += size;
        match kind {
            SEAL => {
                scan.unsealed = None;
                scan.end = start + at as u64;
                scan.sealed = scan.end;
            }
            COMMIT => {
                if body != (records.len() as u64).to_le_bytes() {
                    return Err(Damage::new(file, offset, "a marker that counts its batch", "another count"));
                }
                scan.batches.push((next, std::mem::take(&mut records)));
                scan.unsealed = Some(next);
                scan.end = start + at as u64;
                next += 1;
            }
            _ => records.push(Record { kind, body: body.to_vec() }),
        }
    }
}

/// Whether something after a bad place shows that the batch there had been synced: its seal, or a
/// record of a later batch. Frames start at multiples of eight and carry their own offset.
fn proof_of_durability(id: LogId, bytes: &[u8], offset: u64, current: u64) -> bool {
    (8..bytes.len()).step_by(8).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        match parse(id, rest, offset + at as u64) {
            Parsed::Frame { kind, generation, .. } => kind == SEAL || generation > current,
            Parsed::Short | Parsed::Bad(_) => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::{Backend, Loss, Memory};

    const ID: LogId = LogId { gallery: [7; 16], number: 3 };

    /// A log of three batches: one, two and no records.
    fn log() -> Vec<u8> {
        let memory = Memory::new();
        let files = Files::new(Arc::new(memory.clone()));
        let mut log = Log::create(&files, "log", ID, 10).unwrap();
        let record = |n: u8| Record { kind: u32::from(n), body: vec![n; usize::from(n)] };
        log.append(11, &[record(1)]).unwrap();
        log.append(12, &[record(2), record(13)]).unwrap();
        log.append(13, &[]).unwrap();
        let bytes = memory.files()["log"].clone();
        assert_eq!(log.end(), bytes.len() as u64);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Scan, Damage> {
        scan(Path::new("log"), ID, &bytes[HEADER as usize..], HEADER, 11)
    }

    /// Where each batch's commit marker ends, and where its seal ends.
    fn ends(bytes: &[u8]) -> Vec<(usize, usize)> {
        let scan = read(bytes).unwrap();
        let mut at = HEADER as usize;
        let batch = |(_, records): &(u64, Vec<Record>)| {
            let records: usize = records.iter().map(|r| FRAME + r.body.len().next_multiple_of(8)).sum();
            let commit = at + records + FRAME + 8;
            at = commit + FRAME;
            (commit, at)
        };
        scan.batches.iter().map(batch).collect()
    }

    #[test]
    fn batches_come_back() {
        let bytes = log();
        assert_eq!(check_header(Path::new("log"), ID, &bytes), Ok(10));
        let other = LogId { number: 4, ..ID };
        assert!(check_header(Path::new("log"), other, &bytes).is_err());
        let scan = read(&bytes).unwrap();
        let shape: Vec<_> = scan.batches.iter().map(|(g, records)| (*g, records.len())).collect();
        assert_eq!(shape, [(11, 1), (12, 2), (13, 0)]);
        assert_eq!((scan.tail, scan.unsealed), (Tail::Clean, None));
        assert_eq!((scan.end, scan.sealed), (bytes.len() as u64, bytes.len() as u64));
        assert_eq!(scan.batches[1].1[1].body, [13; 13]);
    }

    #[test]
    fn every_cut_gives_the_batches_before_it() {
        let bytes = log();
        let ends = ends(&bytes);
        assert_eq!(ends.last().map(|end| end.1), Some(bytes.len()));
        for length in HEADER as usize..bytes.len() {
            let scan = read(&bytes[..length]).unwrap();
            let whole = ends.iter().filter(|end| end.0 <= length).count();
            let sealed = ends.iter().filter(|end| end.1 <= length).count();
            assert_eq!(scan.batches.len(), whole, "{length}");
            assert_eq!(scan.unsealed.is_some(), sealed < whole, "{length}");
            assert!(matches!(scan.tail, Tail::Clean | Tail::Partial), "{length}");
            assert_eq!(scan.tail == Tail::Clean, scan.end == length as u64, "{length}");
        }
    }

    #[test]
    fn a_flip_is_damage_before_the_last_seal_and_torn_in_it() {
        let bytes = log();
        let last_commit = ends(&bytes)[2].0;
        for byte in HEADER as usize..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 1 << (byte % 8);
            match read(&flipped) {
                Err(_) => assert!(byte < last_commit, "{byte}"),
                Ok(scan) => {
                    assert!(byte >= last_commit, "{byte}");
                    assert!(matches!(scan.tail, Tail::Torn(_)));
                    assert_eq!((scan.batches.len(), scan.unsealed), (3, Some(13)));
                }
            }
        }
    }

    #[test]
    fn records_of_an_unsealed_batch_may_be_torn_in_any_order() {
        let bytes = log();
        let ends = ends(&bytes);
        // The second batch without its first record, its other record and its marker good.
        let mut torn = bytes[..ends[1].0].to_vec();
        torn[ends[0].1..ends[0].1 + 16].fill(0);
        let scan = read(&torn).unwrap();
        assert_eq!((scan.batches.len(), scan.end as usize), (1, ends[0].1));
        assert!(matches!(scan.tail, Tail::Torn(_)));
    }

    #[test]
    fn a_log_is_resumed_after_its_last_good_batch() {
        let bytes = log();
        let commit = ends(&bytes)[2].0;
        for length in [commit, commit + 5, bytes.len()] {
            let memory = Memory::with([("log".to_owned(), bytes[..length].to_vec())]);
            let files = Files::new(Arc::new(memory.clone()));
            let scan = read(&memory.files()["log"]).unwrap();
            let mut log = Log::resume(&files, "log", ID, &scan).unwrap();
            log.append(14, &[Record { kind: 5, body: vec![1, 2, 3] }]).unwrap();
            let after = memory.files()["log"].clone();
            assert_eq!(after[..bytes.len()], bytes);
            assert_eq!(read(&after).unwrap().batches.len(), 4);
            // All but the seal is durable.
            let durable = memory.after_crash(Loss::Everything);
            assert_eq!(durable.files()["log"].len() + FRAME, after.len());
            assert!(durable.open("log").is_ok());
        }
    }
}
