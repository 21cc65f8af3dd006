//! Open files on a disk.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::thread::{self, JoinHandle};

use rustix::fs::Mode;

use crate::storage::backend::{Append, FileId, ReadAt};

/// The identity of a file, independent of its name.
pub(super) fn file_id(stat: &rustix::fs::Stat) -> FileId {
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // the types differ between systems
    FileId { device: stat.st_dev as u64, inode: stat.st_ino as u64 }
}

/// Bytes after which a file's sync begins while more is written, so that the disk does not wait for
/// the processor and then the processor for the disk.
pub(super) const SYNC_EARLY: usize = 16 << 20;

/// A file that is open to be written.
pub(super) struct DiskFile {
    file: File,
    /// Bytes since the last early sync.
    unsynced: usize,
    early: Option<JoinHandle<io::Result<()>>>,
}

impl DiskFile {
    pub(super) fn new(file: File) -> Self {
        Self { file, unsynced: 0, early: None }
    }

    /// Waits for the early sync. The operating system reports a failed write to one sync only, so an error
    /// here is an error of the file.
    fn finish_early(&mut self) -> io::Result<()> {
        match self.early.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(io::Error::other("the thread of an early sync panicked")),
        }
    }
}

/// Returns an error where a limit on the size of files would end the process by a signal.
fn check_size_limit(end: u64) -> io::Result<()> {
    match rustix::process::getrlimit(rustix::process::Resource::Fsize).current {
        Some(limit) if end > limit => {
            let message = format!("the limit on file sizes is {limit} bytes, {end} are needed");
            Err(io::Error::new(io::ErrorKind::FileTooLarge, message))
        }
        _ => Ok(()),
    }
}

impl Append for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        check_size_limit(self.file.metadata()?.len().saturating_add(bytes.len() as u64))?;
        self.file.write_all(bytes)?;
        self.unsynced += bytes.len();
        if self.unsynced >= SYNC_EARLY && self.early.as_ref().is_none_or(JoinHandle::is_finished) {
            self.finish_early()?;
            self.unsynced = 0;
            // If no handle or thread can be created, there is only the sync at the end.
            let sync = |file: File| thread::Builder::new().spawn(move || file.sync_data());
            self.early = self.file.try_clone().and_then(sync).ok();
        }
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.finish_early()?;
        self.file.sync_data()
    }

    fn protect(&mut self) -> io::Result<()> {
        Ok(rustix::fs::fchmod(&self.file, Mode::RUSR)?)
    }

    fn identity(&self) -> io::Result<FileId> {
        Ok(file_id(&rustix::fs::fstat(&self.file)?))
    }
}

/// A file that is open to be read.
#[derive(Debug)]
pub(super) struct DiskReader {
    pub(super) file: File,
}

impl ReadAt for DiskReader {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn identity(&self) -> io::Result<FileId> {
        Ok(file_id(&rustix::fs::fstat(&self.file)?))
    }
}
