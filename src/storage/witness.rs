//! The witness: the newest acknowledged state of a gallery, in a file apart from the log.
//!
//! Two slots in separate blocks of the file, written in turn, so that a crash can damage one of them only. A
//! slot is written after the batch that it names is durable, synchronised, and only then marked as
//! synchronised: readers in other processes rely on a marked slot, and synchronise an unmarked one themselves
//! before they do.

use super::codec::{COUNTERS, Fields, are_zeros};
use super::error::{Damage, StorageError};
use super::files::{Files, Output};

const MAGIC: [u8; 16] = *b"biomatch-w\0\x1a\n\xa9\r\n";
const VERSION: u32 = 3;
/// Bytes from one slot to the next: no device writes both at once.
const SLOT: u64 = 4096;
/// Bytes of a slot that its checksum covers, with the checksum.
const COVERED: usize = 124;
/// Where in a slot it says whether it was synchronised, and how; zeros until then.
const MARK_AT: usize = 124;
const MARK: [u8; 4] = *b"sync";
const SLOT_BYTES: usize = 128;
/// The length of the file.
const FILE: usize = SLOT as usize + SLOT_BYTES;

/// What was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Witness {
    pub(crate) gallery: [u8; 16],
    /// Counts the slots written: the greater one is the newer one.
    pub(crate) sequence: u64,
    /// The newest manifest.
    pub(crate) manifest: u64,
    pub(crate) generation: u64,
    /// The log that ended there, and its length.
    pub(crate) log: u64,
    pub(crate) length: u64,
    /// The digest of the batch that made the generation, and through it of all before.
    pub(crate) head: [u8; 32],
}

/// The witness as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Testimony {
    pub(crate) witness: Witness,
    /// Whether its writer marked it as durable.
    pub(crate) synced: bool,
    /// What is wrong with the other slot: a crash while it was written, or damage of the newer one.
    pub(crate) damaged_slot: Option<Damage>,
}

impl Witness {
    fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut out = Vec::with_capacity(SLOT_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.gallery);
        for field in [self.sequence, self.manifest, self.generation, self.log, self.length] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&self.head);
        out.resize(COVERED - 4, 0);
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        let mut slot = [0; SLOT_BYTES];
        for (place, byte) in slot.iter_mut().zip(out) {
            *place = byte;
        }
        slot
    }

    /// A slot: the witness and whether it was synchronised; what was expected instead if it is none.
    fn decode(bytes: &[u8]) -> Result<(Self, bool), &'static str> {
        let (covered, rest) = bytes.split_at_checked(COVERED).ok_or("a slot of 128 bytes")?;
        let (body, crc) = covered.split_at_checked(COVERED - 4).ok_or("a slot of 128 bytes")?;
        if crc != crc32fast::hash(body).to_le_bytes() {
            return Err("a slot that fits its checksum");
        }
        let mut fields = Fields::new(body);
        if fields.array() != Some(MAGIC) || fields.u32() != Some(VERSION) || fields.u32() != Some(0) {
            return Err("a witness of version 3");
        }
        let mut read = || {
            Some(Self {
                gallery: fields.array()?,
                sequence: fields.u64()?,
                manifest: fields.u64()?,
                generation: fields.u64()?,
                log: fields.u64()?,
                length: fields.u64()?,
                head: fields.array()?,
            })
        };
        let witness = read().ok_or("a slot of 128 bytes")?;
        let Self { sequence, manifest, generation, log, length, .. } = witness;
        if [sequence, manifest, generation, log, length].iter().any(|&counter| counter > COUNTERS) {
            return Err("counters in their range");
        }
        let Some(mark) = rest.first_chunk::<4>() else { return Err("a slot of 128 bytes") };
        if *mark != MARK && *mark != [0; 4] {
            return Err("a mark of synchronisation, or none");
        }
        Ok((witness, *mark == MARK))
    }
}

/// Reads both slots.
pub(crate) fn read_witness(files: &Files, name: &str) -> Result<Testimony, StorageError> {
    let reader = files.open(name)?;
    read_slots(files, name, &*reader)
}

/// Reads both slots of an open file.
pub(crate) fn read_slots(
    files: &Files,
    name: &str,
    reader: &dyn super::ReadAt,
) -> Result<Testimony, StorageError> {
    let path = files.path(name);
    let length = files.length(name, reader)?;
    if length != FILE as u64 {
        return Err(Damage::new(&path, length, format_args!("{FILE} bytes"), length).into());
    }
    let mut bytes = [0; FILE];
    files.read_at(name, reader, 0, &mut bytes)?;
    let between = bytes.get(SLOT_BYTES..SLOT as usize).unwrap_or_default();
    if !are_zeros(between) {
        return Err(Damage::new(&path, SLOT_BYTES as u64, "zeros between the slots", "something else").into());
    }
    let slot = |index: u64| {
        let offset = SLOT * index;
        let slot = bytes.get(offset as usize..).unwrap_or_default();
        Witness::decode(slot)
            .and_then(
                |read| {
                    if read.0.sequence % 2 == index { Ok(read) } else { Err("a slot of this place") }
                },
            )
            .map_err(|expected| Damage::new(&path, offset, expected, "something else"))
    };
    let (first, second) = (slot(0), slot(1));
    let testimony =
        |(witness, synced): (Witness, bool), damaged_slot| Testimony { witness, synced, damaged_slot };
    match (first, second) {
        (Ok(first), Ok(second)) => {
            let (newer, older_at) =
                if first.0.sequence > second.0.sequence { (first, SLOT) } else { (second, 0) };
            let is_misplaced = first.0.sequence % 2 != 0 || second.0.sequence % 2 != 1;
            if first.0.gallery != second.0.gallery || is_misplaced {
                return Err(
                    Damage::new(&path, 0, "two slots of one gallery in their places", "others").into()
                );
            }
            // A slot whose synchronisation failed may come back as it was before; the one written after it
            // is whole.
            let is_stale = first.0.sequence.abs_diff(second.0.sequence) != 1;
            let stale =
                || Damage::new(&path, older_at, "a slot written just before the other", "an older one");
            Ok(testimony(newer, is_stale.then(stale)))
        }
        (Ok(slot), Err(damage)) | (Err(damage), Ok(slot)) => Ok(testimony(slot, Some(damage))),
        (Err(damage), Err(_)) => Err(damage.into()),
    }
}

/// The witness as its one writer keeps it.
pub(crate) struct WitnessFile {
    file: Output,
    newest: Witness,
}

impl WitnessFile {
    /// A new one, durable; its name after the next directory sync.
    pub(crate) fn create(files: &Files, name: &str, first: Witness) -> Result<Self, StorageError> {
        let mut file = files.create(name)?;
        let before = Witness { sequence: first.sequence.saturating_sub(1), ..first };
        let mut bytes = vec![0; FILE];
        for witness in [before, first] {
            let start = (SLOT * (witness.sequence % 2)) as usize;
            if let Some(slot) = bytes.get_mut(start..start + SLOT_BYTES) {
                slot.copy_from_slice(&witness.encode());
                if let Some(mark) = slot.get_mut(MARK_AT..) {
                    mark.copy_from_slice(&MARK);
                }
            }
        }
        file.write(&bytes)?;
        file.sync()?;
        Ok(Self { file: files.update(name)?, newest: first })
    }

    /// Goes on with one that was read.
    pub(crate) fn resume(files: &Files, name: &str, newest: Witness) -> Result<Self, StorageError> {
        Ok(Self { file: files.update(name)?, newest })
    }

    /// The identity of the open file.
    pub(crate) fn identity(&self) -> Result<super::FileId, StorageError> {
        self.file.identity()
    }

    /// The newest witness.
    pub(crate) fn newest(&self) -> Witness {
        self.newest
    }

    /// Writes a newer witness and synchronises it. Readers do not rely on it before [`WitnessFile::mark`].
    pub(crate) fn write(&mut self, next: Witness) -> Result<(), StorageError> {
        let next = Witness { sequence: self.newest.sequence + 1, ..next };
        self.file.write_at(SLOT * (next.sequence % 2), &next.encode())?;
        self.file.sync()?;
        self.newest = next;
        Ok(())
    }

    /// Marks the newest slot as durable.
    pub(crate) fn mark(&mut self) -> Result<(), StorageError> {
        self.file.write_at(SLOT * (self.newest.sequence % 2) + MARK_AT as u64, &MARK)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::{Loss, Memory};

    fn first() -> Witness {
        let head = [7; 32];
        Witness { gallery: [1; 16], sequence: 1, manifest: 2, generation: 0, log: 1, length: 128, head }
    }

    #[test]
    fn the_newer_whole_slot_counts_and_damage_of_the_other_is_told() {
        let memory = Memory::new();
        let files = Files::new(Arc::new(memory.clone()), false);
        let mut file = WitnessFile::create(&files, "WITNESS", first()).unwrap();
        assert_eq!(read_witness(&files, "WITNESS").unwrap().witness, first());
        for generation in 1..5 {
            file.write(Witness { generation, ..first() }).unwrap();
            let read = read_witness(&files, "WITNESS").unwrap();
            assert_eq!((read.witness.generation, read.synced), (generation, false));
            file.mark().unwrap();
            let read = read_witness(&files, "WITNESS").unwrap();
            assert!(read.synced && read.damaged_slot.is_none() && read.witness == file.newest());
        }
        let bytes = memory.files()["WITNESS"].clone();
        for byte in (0..SLOT_BYTES).chain(4096..4096 + SLOT_BYTES) {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 4;
            let files = Files::new(Arc::new(Memory::with([("WITNESS".into(), flipped)])), false);
            let read = read_witness(&files, "WITNESS").unwrap();
            assert!(read.damaged_slot.is_some());
            assert!(read.witness.generation >= 3, "{byte}");
        }
        for length in 0..bytes.len() {
            let cut = Memory::with([("WITNESS".into(), bytes[..length].to_vec())]);
            assert!(read_witness(&Files::new(Arc::new(cut), false), "WITNESS").is_err());
        }
    }

    #[test]
    fn a_slot_that_was_lost_leaves_the_one_after_it() {
        let memory = Memory::new();
        let files = Files::new(Arc::new(memory.clone()), false);
        let mut file = WitnessFile::create(&files, "WITNESS", first()).unwrap();
        files.sync().unwrap();
        // The synchronisation fails, the cache goes on with the slot, and the next writer with the other one.
        memory.fail_once(memory.writes() + 1);
        assert!(file.write(Witness { generation: 1, ..first() }).is_err());
        let read = read_witness(&files, "WITNESS").unwrap().witness;
        assert_eq!(read.generation, 1);
        let mut next = WitnessFile::resume(&files, "WITNESS", read).unwrap();
        next.write(read).unwrap();
        let after = Files::new(Arc::new(memory.after_crash(Loss::Everything)), false);
        let read = read_witness(&after, "WITNESS").unwrap();
        assert_eq!(read.witness, next.newest());
        assert!(read.damaged_slot.is_some());
    }

    #[test]
    fn a_crash_leaves_the_statement_before_or_the_new_one() {
        for seed in 0..200 {
            let memory = Memory::new();
            let files = Files::new(Arc::new(memory.clone()), false);
            let mut file = WitnessFile::create(&files, "WITNESS", first()).unwrap();
            files.sync().unwrap();
            file.write(Witness { generation: 1, ..first() }).unwrap();
            memory.fail_from(memory.writes() + 1);
            let _ = file.write(Witness { generation: 2, ..first() });
            let after = Files::new(Arc::new(memory.after_crash(Loss::Some(seed))), false);
            let read = read_witness(&after, "WITNESS").unwrap();
            assert!((1..=2).contains(&read.witness.generation), "{seed}");
        }
    }
}
