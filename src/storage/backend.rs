//! The interface through which all file operations pass.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::Map;

/// The identity of a file or directory among all that exist at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// The device.
    pub device: u64,
    /// The inode on it.
    pub inode: u64,
}

/// The directory that a path names now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryState {
    /// The directory.
    pub id: FileId,
    /// Changes whenever a name in it is created, renamed or removed; `None` if that is not known, or if the
    /// last change is so recent that another one could have the same time stamp.
    pub version: Option<(i64, u64)>,
}

/// A flat directory of files, each known by its name.
///
/// Contract, as POSIX file systems keep it: what was written is durable after [`Append::sync`]; a
/// name that was created, renamed or removed is durable after [`Backend::sync`]; a rename is atomic;
/// a removed or replaced file stays readable through maps and readers that were opened before. Only
/// regular files are opened: anything else is an error at once.
pub trait Backend: Send + Sync + fmt::Debug {
    /// The path by which messages name a file.
    fn path(&self, name: &str) -> PathBuf;

    /// The names of all files.
    ///
    /// # Errors
    /// An I/O error.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Creates a file that must not exist, for its owner only.
    ///
    /// # Errors
    /// `AlreadyExists`, or an I/O error.
    fn create(&self, name: &str) -> io::Result<Box<dyn Append>>;

    /// Opens an existing file to append to it: every write goes to the end of the file at that moment.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn append(&self, name: &str) -> io::Result<Box<dyn Append>>;

    /// Opens an existing file to overwrite parts of it.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn update(&self, name: &str) -> io::Result<Box<dyn Append>>;

    /// Opens an existing file to read at offsets.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>>;

    /// Maps an existing, immutable file.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn map(&self, name: &str) -> io::Result<Map>;

    /// Renames a file, replacing the target.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the directory's entries durable.
    ///
    /// # Errors
    /// An I/O error.
    fn sync(&self) -> io::Result<()>;

    /// The file that a name refers to now.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn identity(&self, name: &str) -> io::Result<FileId>;

    /// The directory that the path refers to now.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn directory(&self) -> io::Result<DirectoryState>;

    /// Takes the exclusive lock on the directory and on a file in it. The file is created if it is missing,
    /// and names the process that has the lock.
    ///
    /// # Errors
    /// An I/O error.
    fn lock(&self, name: &str) -> io::Result<Locking>;

    /// Watches whether a file is mapped, also after its removal.
    ///
    /// # Errors
    /// `NotFound`, or an I/O error.
    fn watch(&self, name: &str) -> io::Result<Box<dyn Watch>>;

    /// Bytes that can still be written; `None` if that is not known.
    ///
    /// # Errors
    /// An I/O error.
    fn free_bytes(&self) -> io::Result<Option<u64>>;
}

/// The outcome of a request for a lock.
#[derive(Debug)]
pub enum Locking {
    /// The lock was taken, and is held until it is dropped.
    Taken(Box<dyn Lock>),
    /// Another handle has it.
    Held {
        /// The other process, if it is known.
        process: Option<u32>,
    },
}

/// A file being written.
pub trait Append: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// An I/O error; some of the bytes may be written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Overwrites bytes that were written before.
    ///
    /// # Errors
    /// An I/O error; some of the bytes may be written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes bytes and length durable.
    ///
    /// # Errors
    /// An I/O error. After it, what was written since the last success may or may not be durable, and a
    /// second call proves nothing.
    fn sync(&mut self) -> io::Result<()>;

    /// Takes away the permission to write.
    ///
    /// # Errors
    /// An I/O error.
    fn protect(&mut self) -> io::Result<()>;

    /// The identity of the open file, which its name may no longer refer to.
    ///
    /// # Errors
    /// An I/O error.
    fn identity(&self) -> io::Result<FileId>;
}

/// A file being read while another process may append to it.
pub trait ReadAt: Send + Sync + fmt::Debug {
    /// Its length now.
    ///
    /// # Errors
    /// An I/O error.
    fn length(&self) -> io::Result<u64>;

    /// Fills the buffer from an offset.
    ///
    /// # Errors
    /// `UnexpectedEof` past the end, or an I/O error.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Makes the contents durable. A reader does so before it relies on bytes that their writer may not have
    /// synchronised yet.
    ///
    /// # Errors
    /// An I/O error.
    fn sync(&self) -> io::Result<()>;

    /// The file that is open.
    ///
    /// # Errors
    /// An I/O error.
    fn identity(&self) -> io::Result<FileId>;
}

/// A file whose mappings are watched.
pub trait Watch: Send + Sync + fmt::Debug {
    /// Whether this process or another one maps it ([`Backend::map`]).
    ///
    /// # Errors
    /// An I/O error.
    fn is_mapped(&self) -> io::Result<bool>;
}

/// A held lock, released when dropped and when the process dies.
pub trait Lock: Send + Sync + fmt::Debug {
    /// The lock file that is held.
    ///
    /// # Errors
    /// An I/O error.
    fn identity(&self) -> io::Result<FileId>;
}
