//! Handles of files in memory: to write, to read, to lock and to watch.

use std::fmt;
use std::io;

use super::state::{Shared, file_id};
use crate::storage::backend::{Append, FileId, Lock, ReadAt, Watch};

/// A file that is open.
pub(super) struct MemoryFile {
    pub(super) disk: Shared,
    pub(super) node: usize,
}

impl Append for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.disk.lock();
        let outcome = inner.change().and_then(|()| inner.take_space(bytes.len()));
        // A write that fails may have written a part.
        let written = if outcome.is_ok() { bytes.len() } else { bytes.len() / 2 };
        let node = inner.node(self.node)?;
        let start = node.bytes.len();
        node.bytes.extend_from_slice(bytes.get(..written).unwrap_or_default());
        node.touch(start, written);
        outcome
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.disk.lock();
        inner.change()?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let node = inner.node(self.node)?;
        let target = node.bytes.get_mut(start..start.saturating_add(bytes.len()));
        target.ok_or(io::ErrorKind::InvalidInput)?.copy_from_slice(bytes);
        node.touch(start, bytes.len());
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.disk.lock();
        let outcome = inner.change();
        let node = inner.node(self.node)?;
        match outcome {
            Ok(()) => node.durable = node.written_back(),
            Err(_) => node.lose(),
        }
        outcome
    }

    fn protect(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn identity(&self) -> io::Result<FileId> {
        Ok(file_id(&self.disk, self.node))
    }
}

impl ReadAt for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        let mut inner = self.disk.lock();
        inner.reads += 1;
        Ok(inner.node(self.node)?.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut inner = self.disk.lock();
        inner.reads += 1;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let source = inner.node(self.node)?.bytes.get(start..start.saturating_add(buffer.len()));
        buffer.copy_from_slice(source.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.disk.lock();
        let node = inner.node(self.node)?;
        node.durable = node.written_back();
        Ok(())
    }

    fn identity(&self) -> io::Result<FileId> {
        Ok(file_id(&self.disk, self.node))
    }
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryFile({})", self.node)
    }
}

/// Maps of files in memory are copies.
#[derive(Debug)]
pub(super) struct MemoryWatch;

impl Watch for MemoryWatch {
    fn is_mapped(&self) -> io::Result<bool> {
        Ok(false)
    }
}

/// A lock that is held.
pub(super) struct MemoryLock {
    pub(super) disk: Shared,
    pub(super) node: usize,
}

impl fmt::Debug for MemoryLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryLock({})", self.node)
    }
}

impl Lock for MemoryLock {
    fn identity(&self) -> io::Result<FileId> {
        Ok(file_id(&self.disk, self.node))
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.disk.lock().locked.retain(|&node| node != self.node);
    }
}
