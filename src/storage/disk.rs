//! The real file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use super::backend::{Append, Backend, Lock, ReadAt};
use super::map::Map;

/// A directory of the file system.
#[derive(Clone, Debug)]
pub struct Disk {
    directory: PathBuf,
}

impl Disk {
    /// A directory, which exists when its files are used.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Creates the directory if it is missing, and makes its entry durable.
    ///
    /// # Errors
    /// What the system reports.
    pub fn create_directory(&self) -> io::Result<()> {
        if self.directory.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&self.directory)?;
        match self.directory.parent() {
            Some(parent) if parent.as_os_str().is_empty() => sync_directory(Path::new(".")),
            Some(parent) => sync_directory(parent),
            None => Ok(()),
        }
    }
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

impl Backend for Disk {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Append>> {
        let file = OpenOptions::new().write(true).create_new(true).open(self.path(name))?;
        Ok(Box::new(DiskFile::new(file)))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Append>> {
        let mut file = OpenOptions::new().write(true).open(self.path(name))?;
        file.seek(SeekFrom::End(0))?;
        Ok(Box::new(DiskFile::new(file)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>> {
        Ok(Box::new(DiskReader { file: File::open(self.path(name))? }))
    }

    fn map(&self, name: &str) -> io::Result<Map> {
        Map::file(&File::open(self.path(name))?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync(&self) -> io::Result<()> {
        sync_directory(&self.directory)
    }

    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn Lock>>> {
        let path = self.path(name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(DiskLock { file }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Bytes after which a file's sync begins while more is written, so that the disk does not wait for
/// the processor and then the processor for the disk.
const SYNC_EARLY: usize = 16 << 20;

struct DiskFile {
    file: File,
    /// Bytes since the last early sync.
    unsynced: usize,
    early: Option<JoinHandle<io::Result<()>>>,
}

impl DiskFile {
    fn new(file: File) -> Self {
        Self { file, unsynced: 0, early: None }
    }

    /// Waits for the early sync. The system reports a failed write to one sync only, so an error here
    /// is an error of the file.
    fn finish_early(&mut self) -> io::Result<()> {
        match self.early.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(io::Error::other("the thread of an early sync panicked")),
        }
    }
}

impl Append for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.unsynced += bytes.len();
        if self.unsynced >= SYNC_EARLY && self.early.as_ref().is_none_or(JoinHandle::is_finished) {
            self.finish_early()?;
            self.unsynced = 0;
            // Without a handle or a thread to spare there is only the sync at the end.
            let sync = |file: File| thread::Builder::new().spawn(move || file.sync_data());
            self.early = self.file.try_clone().and_then(sync).ok();
        }
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = self.file.stream_position()?;
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)?;
        self.file.seek(SeekFrom::Start(end)).map(drop)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.finish_early()?;
        self.file.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length)).map(drop)
    }

    fn protect(&mut self) -> io::Result<()> {
        let mut permissions = self.file.metadata()?.permissions();
        permissions.set_readonly(true);
        self.file.set_permissions(permissions)
    }
}

#[derive(Debug)]
struct DiskReader {
    file: File,
}

impl ReadAt for DiskReader {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(not(unix))]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(offset))?;
        io::Read::read_exact(&mut file, buffer)
    }
}

#[derive(Debug)]
struct DiskLock {
    /// The kernel drops the lock with the last handle, however the process ends.
    file: File,
}

impl Lock for DiskLock {}

impl Drop for DiskLock {
    /// A process that another thread has just forked holds a copy of the handle until it runs its own program:
    /// closing ours alone would leave the lock taken until then.
    fn drop(&mut self) {
        // If it fails, the handle's end releases it.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_when_it_is_dropped_though_a_copy_of_its_handle_lives_on() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::new(directory.path());
        let file = File::create(disk.path("LOCK")).unwrap();
        file.try_lock().unwrap();
        // As a forked process has it.
        let copy = file.try_clone().unwrap();
        let lock = DiskLock { file };
        assert!(disk.lock("LOCK").unwrap().is_none());
        drop(lock);
        assert!(disk.lock("LOCK").unwrap().is_some());
        drop(copy);
    }

    #[test]
    fn a_file_that_is_synced_while_it_grows_holds_what_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::new(directory.path());
        let mut file = disk.create("file").unwrap();
        let part: Vec<u8> = (0..SYNC_EARLY / 3).map(|i| i as u8).collect();
        for _ in 0..10 {
            file.write(&part).unwrap();
        }
        file.write_at(0, &[0xee; 5]).unwrap();
        file.sync().unwrap();
        let bytes = std::fs::read(disk.path("file")).unwrap();
        assert_eq!(bytes.len(), 10 * part.len());
        assert_eq!(bytes[..5], [0xee; 5]);
        assert!(bytes.chunks_exact(part.len()).skip(1).all(|chunk| chunk == part));
    }
}
