//! The real file system.

mod file;
mod lock;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};

use self::file::{DiskFile, DiskReader, file_id};
use self::lock::{DiskLock, DiskWatch, try_lock};
use super::backend::{Append, Backend, DirectoryState, FileId, Locking, ReadAt, Watch};
use super::map::Map;

/// Time within which a second change of a directory may carry the time stamp of the first.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// A directory of the file system. Pinned when it is first used: names are then looked up in that directory,
/// even if its path later refers to another one.
#[derive(Clone, Debug)]
pub struct Disk {
    directory: PathBuf,
    pinned: Arc<OnceLock<OwnedFd>>,
}

impl Disk {
    /// A directory, which exists when its files are used.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), pinned: Arc::default() }
    }

    /// Creates the directory if it is missing, and all above it, for their owner only, and makes the
    /// entry of each durable.
    ///
    /// # Errors
    /// An I/O error.
    pub fn create_directory(&self) -> io::Result<()> {
        let mut missing = Vec::new();
        let mut level = self.directory.as_path();
        while !level.as_os_str().is_empty() && !level.is_dir() {
            missing.push(level);
            match level.parent() {
                Some(parent) => level = parent,
                None => break,
            }
        }
        for level in missing.into_iter().rev() {
            match fs::DirBuilder::new().mode(0o700).create(level) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && level.is_dir() => {}
                result => result?,
            }
            let parent = level.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }

    fn pin(&self) -> io::Result<&OwnedFd> {
        if let Some(pinned) = self.pinned.get() {
            return Ok(pinned);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(&self.directory, flags, Mode::empty())?;
        Ok(self.pinned.get_or_init(|| opened))
    }

    /// Opens a regular file, and waits for nothing that is none.
    fn open_file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let opened = rustix::fs::openat(self.pin()?, name, flags, Mode::RUSR | Mode::WUSR)?;
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode);
        if kind != FileType::RegularFile {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("not a regular file but {kind:?}"),
            ));
        }
        Ok(File::from(opened))
    }
}

impl Backend for Disk {
    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.directory.clone() } else { self.directory.join(name) }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(self.pin()?)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy();
            if name != "." && name != ".." {
                names.push(name.into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Append>> {
        let file = self.open_file(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        Ok(Box::new(DiskFile::new(file)))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Append>> {
        Ok(Box::new(DiskFile::new(self.open_file(name, OFlags::RDWR | OFlags::APPEND)?)))
    }

    fn update(&self, name: &str) -> io::Result<Box<dyn Append>> {
        Ok(Box::new(DiskFile::new(self.open_file(name, OFlags::RDWR)?)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>> {
        Ok(Box::new(DiskReader { file: self.open_file(name, OFlags::RDONLY)? }))
    }

    fn map(&self, name: &str) -> io::Result<Map> {
        let file = self.open_file(name, OFlags::RDONLY)?;
        Map::file(file)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let directory = self.pin()?;
        Ok(rustix::fs::renameat(directory, from, directory, to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(self.pin()?, name, AtFlags::empty())?)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(self.pin()?)?)
    }

    fn identity(&self, name: &str) -> io::Result<FileId> {
        Ok(file_id(&rustix::fs::statat(self.pin()?, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    fn directory(&self) -> io::Result<DirectoryState> {
        let stat = rustix::fs::stat(&self.directory)?;
        #[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // the types differ between systems
        let (seconds, nanos) = (stat.st_ctime as i64, stat.st_ctime_nsec as u64);
        let changed = UNIX_EPOCH + Duration::new(u64::try_from(seconds).unwrap_or(0), nanos as u32);
        let settled = SystemTime::now().duration_since(changed).is_ok_and(|since| since > CLOCK_TICK);
        Ok(DirectoryState { id: file_id(&stat), version: settled.then_some((seconds, nanos)) })
    }

    fn lock(&self, name: &str) -> io::Result<Locking> {
        // The directory's own lock cannot be removed or replaced under its holder. The file's lock is what
        // older engines ask for, and what says whose both are.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(self.pin()?, ".", flags, Mode::empty())?;
        if !try_lock(&directory)? {
            return Ok(Locking::Held { process: self.owner(name) });
        }
        let mut lock = DiskLock { directory, file: None };
        let file = self.open_file(name, OFlags::RDWR | OFlags::CREATE)?;
        if !try_lock(&file)? {
            return Ok(Locking::Held { process: self.owner(name) });
        }
        let owner = format!("process {}\n", std::process::id());
        let file = lock.file.insert(file);
        file.set_len(0)?;
        file.write_all_at(owner.as_bytes(), 0)?;
        Ok(Locking::Taken(Box::new(lock)))
    }

    fn watch(&self, name: &str) -> io::Result<Box<dyn Watch>> {
        Ok(Box::new(DiskWatch { file: self.open_file(name, OFlags::RDONLY)? }))
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        let system = rustix::fs::fstatvfs(self.pin()?)?;
        Ok(Some(system.f_bavail.saturating_mul(system.f_frsize)))
    }
}

impl Disk {
    /// The process that a lock file names.
    fn owner(&self, name: &str) -> Option<u32> {
        let file = self.open_file(name, OFlags::RDONLY).ok()?;
        let mut bytes = [0; 32];
        let count = file.read_at(&mut bytes, 0).ok()?;
        let text = std::str::from_utf8(bytes.get(..count)?).ok()?;
        text.strip_prefix("process ")?.trim_end().parse().ok()
    }
}
