//! The real file system.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};

use super::backend::{Append, Backend, DirectoryState, FileId, Lock, Locking, ReadAt, Watch};
use super::map::Map;

/// Time within which a second change of a directory may carry the time stamp of the first.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// A directory of the file system. Pinned when it is first used: names are then looked up in the
/// directory that was there, whatever its path stands for later.
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

fn file_id(stat: &rustix::fs::Stat) -> FileId {
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // the types differ between systems
    FileId { device: stat.st_dev as u64, inode: stat.st_ino as u64 }
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

fn try_lock(file: impl std::os::fd::AsFd) -> io::Result<bool> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
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

/// An error instead of the signal that ends the process: some run with a limit on the size of files.
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
            // Without a handle or a thread to spare there is only the sync at the end.
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

#[derive(Debug)]
struct DiskReader {
    file: File,
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

#[derive(Debug)]
struct DiskWatch {
    file: File,
}

impl Watch for DiskWatch {
    /// Whoever maps a file holds a shared lock on it.
    fn is_mapped(&self) -> io::Result<bool> {
        let is_free = try_lock(&self.file)?;
        if is_free {
            rustix::fs::flock(&self.file, FlockOperation::Unlock)?;
        }
        Ok(!is_free)
    }
}

#[derive(Debug)]
struct DiskLock {
    /// The kernel drops the locks with the last handles, however the process ends.
    directory: OwnedFd,
    file: Option<File>,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(locking: Locking) -> Box<dyn Lock> {
        match locking {
            Locking::Taken(lock) => lock,
            Locking::Held { process } => panic!("held by {process:?}"),
        }
    }

    #[test]
    fn a_lock_ends_when_it_is_dropped_though_a_copy_of_its_handles_lives_on() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let directory = rustix::fs::open(folder.path(), flags, Mode::empty()).unwrap();
        let file = File::create(disk.path("LOCK")).unwrap();
        assert!(try_lock(&directory).unwrap() && try_lock(&file).unwrap());
        // As a forked process has them.
        let copies = (directory.try_clone().unwrap(), file.try_clone().unwrap());
        let lock = DiskLock { directory, file: Some(file) };
        assert!(matches!(disk.lock("LOCK").unwrap(), Locking::Held { .. }));
        drop(lock);
        drop(taken(disk.lock("LOCK").unwrap()));
        drop(copies);
    }

    #[test]
    fn a_lock_survives_the_removal_of_its_file_and_names_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path());
        let lock = taken(disk.lock("LOCK").unwrap());
        let own = Some(std::process::id());
        assert!(matches!(disk.lock("LOCK").unwrap(), Locking::Held { process } if process == own));
        assert_eq!(lock.identity().unwrap(), disk.identity("LOCK").unwrap());
        fs::remove_file(disk.path("LOCK")).unwrap();
        assert!(matches!(disk.lock("LOCK").unwrap(), Locking::Held { process: None }));
        drop(lock);
        drop(taken(disk.lock("LOCK").unwrap()));
    }

    #[test]
    fn only_regular_files_are_opened_and_nothing_waits() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path());
        fs::create_dir(disk.path("folder")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, disk.path("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
        File::create(disk.path("file")).unwrap();
        std::os::unix::fs::symlink("file", disk.path("link")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", disk.path("device")).unwrap();
        for name in ["folder", "fifo", "link", "device"] {
            assert!(disk.open(name).is_err(), "{name}");
            assert!(disk.map(name).is_err(), "{name}");
            assert!(disk.append(name).is_err(), "{name}");
        }
        assert!(disk.open("file").is_ok());
    }

    #[test]
    fn directories_and_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path().join("a/b/c"));
        disk.create_directory().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        for level in ["a", "a/b", "a/b/c"] {
            assert_eq!(mode(&folder.path().join(level)), 0o700, "{level}");
        }
        let mut file = disk.create("file").unwrap();
        assert_eq!(mode(&disk.path("file")), 0o600);
        file.protect().unwrap();
        assert_eq!(mode(&disk.path("file")), 0o400);
        drop(taken(disk.lock("LOCK").unwrap()));
        assert_eq!(mode(&disk.path("LOCK")), 0o600);
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
