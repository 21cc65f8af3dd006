//! Locks on a disk.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::FlockOperation;

use super::file::file_id;
use crate::storage::backend::{FileId, Lock, Watch};

/// Takes a lock without waiting; `false` if another handle has it.
pub(super) fn try_lock(file: impl std::os::fd::AsFd) -> io::Result<bool> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A file whose maps are counted by the locks on it.
#[derive(Debug)]
pub(super) struct DiskWatch {
    pub(super) file: File,
}

impl Watch for DiskWatch {
    /// A process that maps a file holds a shared lock on it.
    fn is_mapped(&self) -> io::Result<bool> {
        let is_free = try_lock(&self.file)?;
        if is_free {
            rustix::fs::flock(&self.file, FlockOperation::Unlock)?;
        }
        Ok(!is_free)
    }
}

/// The lock on a directory, and on the file in it that names the process.
#[derive(Debug)]
pub(super) struct DiskLock {
    /// The kernel drops the locks with the last handles, however the process ends.
    pub(super) directory: OwnedFd,
    pub(super) file: Option<File>,
}

impl Lock for DiskLock {
    fn identity(&self) -> io::Result<FileId> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        Ok(file_id(&rustix::fs::fstat(file)?))
    }
}

impl Drop for DiskLock {
    /// A process that another thread has just forked holds copies of the handles until it runs its own
    /// program: closing ours alone would leave the locks taken until then.
    fn drop(&mut self) {
        // If it fails, the handles' end releases them.
        if let Some(file) = &self.file {
            let _ = rustix::fs::flock(file, FlockOperation::Unlock);
        }
        let _ = rustix::fs::flock(&self.directory, FlockOperation::Unlock);
    }
}
