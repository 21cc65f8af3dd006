//! The only door to the disk.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::Map;

/// A flat directory of files, each known by its name.
///
/// Contract, as POSIX file systems keep it: what was written is durable after [`Append::sync`]; a
/// name that was created, renamed or removed is durable after [`Backend::sync`]; a rename is atomic;
/// a removed or replaced file stays readable through maps and readers that were opened before.
pub trait Backend: Send + Sync + fmt::Debug {
    /// How messages name a file.
    fn path(&self, name: &str) -> PathBuf;

    /// The names of all files.
    ///
    /// # Errors
    /// What the system reports; so for every method here.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Creates a file that must not exist.
    ///
    /// # Errors
    /// `AlreadyExists`, or what the system reports.
    fn create(&self, name: &str) -> io::Result<Box<dyn Append>>;

    /// Opens an existing file to append to it.
    ///
    /// # Errors
    /// `NotFound`, or what the system reports.
    fn append(&self, name: &str) -> io::Result<Box<dyn Append>>;

    /// Opens an existing file to read at offsets.
    ///
    /// # Errors
    /// `NotFound`, or what the system reports.
    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>>;

    /// Maps an existing, immutable file.
    ///
    /// # Errors
    /// `NotFound`, or what the system reports.
    fn map(&self, name: &str) -> io::Result<Map>;

    /// Renames a file, replacing the target.
    ///
    /// # Errors
    /// `NotFound`, or what the system reports.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound`, or what the system reports.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the directory's entries durable.
    ///
    /// # Errors
    /// What the system reports.
    fn sync(&self) -> io::Result<()>;

    /// Takes the exclusive lock on a file, which is created empty if it is missing; `None` if
    /// another handle, in this or another process, has it.
    ///
    /// # Errors
    /// What the system reports.
    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn Lock>>>;
}

/// A file being written.
pub trait Append: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// What the system reports; some of the bytes may be written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Overwrites bytes that were written before.
    ///
    /// # Errors
    /// What the system reports; some of the bytes may be written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes bytes and length durable.
    ///
    /// # Errors
    /// What the system reports. After an error nothing is known of what was written since the
    /// last success, and trying again proves nothing.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file.
    ///
    /// # Errors
    /// What the system reports.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Takes away the permission to write.
    ///
    /// # Errors
    /// What the system reports.
    fn protect(&mut self) -> io::Result<()>;
}

/// A file being read while another process may append to it.
pub trait ReadAt: Send + Sync + fmt::Debug {
    /// Its length now.
    ///
    /// # Errors
    /// What the system reports.
    fn length(&self) -> io::Result<u64>;

    /// Fills the buffer from an offset.
    ///
    /// # Errors
    /// `UnexpectedEof` past the end, or what the system reports.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// A held lock, released when dropped and when the process dies.
pub trait Lock: Send + Sync + fmt::Debug {}
