//! The open file, and what its frames say. All of it is used with the lock of the folder only.

use std::collections::HashMap;
use std::path::Path;

use super::format::{Digest, FIRST_FRAME, FRAME, Frame, Header, SLOT_AT};
use crate::attempts::error::AttemptsError;
use crate::attempts::standing::Standing;
use crate::storage::{COUNTERS, Damage, FileId, Files, Output, ReadAt, StorageError};

/// The file's name in its folder.
pub(super) const NAME: &str = "ATTEMPTS";

/// Bytes that are read at a time: a whole number of frames.
const PIECE: usize = 1 << 20;

/// The fewest frames for which a file is rewritten: fewer take less time to read than to write anew.
const LEAST_REWRITTEN: u64 = 4096;

/// Most subjects with failures: a file of them takes 6.4 GB.
const MOST_SUBJECTS: usize = 100_000_000;

/// A subject with failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) standing: Standing,
    /// The number of the frame that counted the oldest of the failures.
    pub(super) since: u64,
}

/// Whether a frame must be durable before it is relied on. One that only lowers a count need not be: if it is
/// lost, more failures are counted than there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    Durable,
    WithTheNext,
}

pub(super) struct Ledger {
    pub(super) header: Header,
    reader: Box<dyn ReadAt>,
    identity: FileId,
    frames: Output,
    slot: Output,
    entries: HashMap<Digest, Entry>,
    /// The number of the next frame.
    next: u64,
    /// The number up to which the slot says that frames are durable.
    covered: u64,
    /// The last frame's bytes, by which an older copy is told.
    last: Vec<u8>,
    /// There are bytes behind the last whole frame, or their durability is in doubt: the file is rewritten before
    /// anything is added.
    is_torn: bool,
}

impl Ledger {
    /// Creates the file, durable with its name.
    pub(super) fn create(files: &Files, header: Header) -> Result<(), AttemptsError> {
        write_anew(files, &header, &HashMap::new())
    }

    /// Reads the whole file.
    pub(super) fn load(files: &Files) -> Result<Self, AttemptsError> {
        let missing = |error: StorageError| {
            if error.is_not_found() {
                AttemptsError::Missing { folder: files.path("") }
            } else {
                error.into()
            }
        };
        let reader = files.open(NAME).map_err(missing)?;
        // Nothing may rest on a name that a power failure takes back.
        files.sync()?;
        let start = files.between(NAME, &*reader, 0, FIRST_FRAME)?;
        let (header, covered) = Header::decode(&files.path(NAME), &start).map_err(StorageError::from)?;
        let identity =
            reader.identity().map_err(|source| StorageError::io(files.path(NAME), "look up", source))?;
        let mut ledger = Self {
            header,
            reader,
            identity,
            frames: files.append(NAME)?,
            slot: files.update(NAME)?,
            entries: HashMap::new(),
            next: header.first,
            covered,
            last: Vec::new(),
            is_torn: false,
        };
        ledger.read_on(files)?;
        Ok(ledger)
    }

    /// Takes in what other processes did since.
    pub(super) fn follow(&mut self, files: &Files) -> Result<(), AttemptsError> {
        let replaced = |reason| AttemptsError::Replaced { folder: files.path(""), reason };
        let there = match files.identity(NAME) {
            Err(error) if error.is_not_found() => return Err(replaced("the file was removed")),
            there => there?,
        };
        if there != self.identity {
            let newer = Self::load(files)?;
            let is_same = (newer.header.id, newer.header.gallery) == (self.header.id, self.header.gallery);
            if !is_same {
                return Err(replaced("it has another identity"));
            }
            if newer.header.rewrites <= self.header.rewrites || newer.next < self.next {
                return Err(replaced("it is an older copy"));
            }
            *self = newer;
            return Ok(());
        }
        let start = files.between(NAME, &*self.reader, 0, FIRST_FRAME)?;
        let (header, covered) = Header::decode(&files.path(NAME), &start).map_err(StorageError::from)?;
        if header != self.header || covered < self.covered {
            return Err(replaced("the file was overwritten"));
        }
        self.covered = covered;
        let before = (self.end() - self.last.len() as u64, self.end());
        if files.between(NAME, &*self.reader, before.0, before.1)? != self.last {
            return Err(replaced("the last frame that was known is not there"));
        }
        self.read_on(files)
    }

    /// Where the next frame will be.
    fn end(&self) -> u64 {
        FIRST_FRAME + FRAME as u64 * (self.next - self.header.first)
    }

    /// Takes in the frames from the known end on.
    fn read_on(&mut self, files: &Files) -> Result<(), AttemptsError> {
        let path = files.path(NAME);
        self.is_torn = false;
        loop {
            let at = self.end();
            let bytes = files.between(NAME, &*self.reader, at, at + PIECE as u64)?;
            for bytes in bytes.chunks(FRAME) {
                let at = self.end();
                match self.header.decode_frame(self.next, bytes) {
                    Ok(frame) => self.take(&frame, bytes),
                    // What was acknowledged is damaged.
                    Err(expected) if self.next <= self.covered => {
                        return Err(damage(&path, at, expected, "something else"));
                    }
                    // What a crash left of frames that nothing rests on.
                    Err(_) => {
                        self.is_torn = true;
                        return Ok(());
                    }
                }
            }
            if bytes.len() < PIECE {
                break;
            }
        }
        if self.next <= self.covered {
            let expected = format!("the frames up to number {}", self.covered);
            return Err(damage(&path, self.end(), &expected, "the end of the file"));
        }
        Ok(())
    }

    fn take(&mut self, frame: &Frame, bytes: &[u8]) {
        if frame.standing.failures == 0 {
            self.entries.remove(&frame.digest);
        } else {
            self.entries.insert(frame.digest, Entry { standing: frame.standing, since: frame.since });
        }
        self.next = frame.number + 1;
        self.last.clear();
        self.last.extend_from_slice(bytes);
    }

    /// A subject with failures.
    pub(super) fn entry(&self, digest: &Digest) -> Option<Entry> {
        self.entries.get(digest).copied()
    }

    /// All subjects with failures.
    pub(super) fn standings(&self) -> impl Iterator<Item = Standing> {
        self.entries.values().map(|entry| entry.standing)
    }

    /// The number of the frame that is added next.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Makes the file ready for one more frame: rewritten if its end is torn, or if most of its frames are of the
    /// past.
    pub(super) fn prepare(&mut self, files: &Files) -> Result<(), AttemptsError> {
        let frames = self.next - self.header.first;
        let is_long = frames >= LEAST_REWRITTEN && frames / 2 >= self.entries.len() as u64;
        if self.is_torn || is_long { self.rewrite(files) } else { Ok(()) }
    }

    /// Adds a frame: where a subject stands from now on. After an error the file must be loaded anew and
    /// rewritten, since what was not synchronised may or may not be on the disk.
    pub(super) fn add(
        &mut self,
        files: &Files,
        digest: Digest,
        entry: Entry,
        durability: Durability,
    ) -> Result<(), AttemptsError> {
        let is_new = !self.entries.contains_key(&digest);
        if self.next >= COUNTERS || is_new && self.entries.len() >= MOST_SUBJECTS {
            return Err(full(files));
        }
        let frame = Frame { digest, number: self.next, since: entry.since, standing: entry.standing };
        let bytes = self.header.encode_frame(&frame);
        self.frames.write(&bytes)?;
        if durability == Durability::Durable {
            self.frames.sync()?;
            self.slot.write_at(SLOT_AT, &self.header.encode_slot(frame.number))?;
            self.covered = frame.number;
        }
        self.take(&frame, &bytes);
        Ok(())
    }

    /// Replaces the file by one with the subjects alone that have failures. A crash leaves the old file or the new
    /// one.
    pub(super) fn rewrite(&mut self, files: &Files) -> Result<(), AttemptsError> {
        let last = self.next.saturating_add(self.entries.len() as u64);
        if self.header.rewrites + 1 >= COUNTERS || last >= COUNTERS {
            return Err(full(files));
        }
        let header = Header { rewrites: self.header.rewrites + 1, first: self.next, ..self.header };
        write_anew(files, &header, &self.entries)?;
        *self = Self::load(files)?;
        Ok(())
    }
}

fn full(files: &Files) -> AttemptsError {
    AttemptsError::Full { file: files.path(NAME), most: MOST_SUBJECTS as u64 }
}

fn damage(path: &Path, offset: u64, expected: &str, found: &str) -> AttemptsError {
    StorageError::from(Damage::new(path, offset, expected, found)).into()
}

/// Writes a file and gives it the name, durably.
fn write_anew(files: &Files, header: &Header, entries: &HashMap<Digest, Entry>) -> Result<(), AttemptsError> {
    let count = entries.len() as u64;
    files.ask_space(FIRST_FRAME + FRAME as u64 * count)?;
    let mut file = files.begin_anew(NAME)?;
    let mut piece = header.encode(header.first - 1 + count);
    for ((digest, entry), number) in entries.iter().zip(header.first..) {
        if piece.len() >= PIECE {
            file.output()?.write(&piece)?;
            piece.clear();
        }
        let frame = Frame { digest: *digest, number, since: entry.since, standing: entry.standing };
        piece.extend_from_slice(&header.encode_frame(&frame));
    }
    file.output()?.write(&piece)?;
    file.finish_writable()?;
    Ok(files.sync()?)
}
