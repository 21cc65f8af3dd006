//! The end of a log, to which batches are appended.

use super::batch::{Batch, Head, LogId, LogStart};
use super::frame::{COMMIT, push_frame};
use super::header::{HEADER, encode_header};
use crate::storage::backend::FileId;
use crate::storage::error::StorageError;
use crate::storage::files::{Files, Output};

/// The end of a log that is being written.
pub(crate) struct Log {
    file: Output,
    id: LogId,
    end: u64,
    head: Head,
    /// The frame of the last commit record, by which the writer recognises its own log.
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

    /// The identity of the open file.
    pub(crate) fn identity(&self) -> Result<FileId, StorageError> {
        self.file.identity()
    }

    /// The bytes before the end, as this writer wrote them.
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
            let at = (self.id, self.end + bytes.len() as u64);
            push_frame(&mut bytes, at, (record.kind, batch.generation), &record.body);
        }
        let head = batch.head(&self.head);
        let mut commit = (batch.records.len() as u64).to_le_bytes().to_vec();
        commit.extend_from_slice(&head);
        commit.extend_from_slice(&batch.payload);
        let start = bytes.len();
        let at = (self.id, self.end + start as u64);
        push_frame(&mut bytes, at, (COMMIT, batch.generation), &commit);
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
}
