//! A backend with errors that name the file and the operation.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::backend::{Append, Backend, Lock, ReadAt};
use super::error::{Damage, StorageError};
use super::map::Map;

type Result<T> = std::result::Result<T, StorageError>;

/// A shared backend.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<dyn Backend>);

impl Files {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        Self(backend)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn named<T>(&self, name: &str, operation: &'static str, result: io::Result<T>) -> Result<T> {
        result.map_err(|source| StorageError::Io { file: self.path(name), operation, source })
    }

    pub(crate) fn list(&self) -> Result<Vec<String>> {
        self.named("", "list the directory", self.0.list())
    }

    pub(crate) fn open(&self, name: &str) -> Result<Box<dyn ReadAt>> {
        self.named(name, "open", self.0.open(name))
    }

    pub(crate) fn map(&self, name: &str) -> Result<Map> {
        self.named(name, "map", self.0.map(name))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        self.named(name, "remove", self.0.remove(name))
    }

    pub(crate) fn sync(&self) -> Result<()> {
        self.named("", "sync the directory", self.0.sync())
    }

    pub(crate) fn lock(&self, name: &str) -> Result<Option<Box<dyn Lock>>> {
        self.named(name, "lock", self.0.lock(name))
    }

    pub(crate) fn create(&self, name: &str) -> Result<Output> {
        let file = self.named(name, "create", self.0.create(name))?;
        Ok(Output { file, path: self.path(name) })
    }

    pub(crate) fn append(&self, name: &str) -> Result<Output> {
        let file = self.named(name, "open for appending", self.0.append(name))?;
        Ok(Output { file, path: self.path(name) })
    }

    /// The bytes of a reader from an offset to its present end.
    pub(crate) fn tail(&self, name: &str, reader: &dyn ReadAt, from: u64) -> Result<Vec<u8>> {
        let length = self.named(name, "read the length", reader.length())?;
        let wanted = length.checked_sub(from).ok_or_else(|| {
            Damage::new(&self.path(name), length, format_args!("at least {from} bytes"), length)
        })?;
        let wanted = usize::try_from(wanted)
            .map_err(|_| Damage::new(&self.path(name), length, "a file that fits in memory", length))?;
        let mut bytes = vec![0; wanted];
        self.named(name, "read", reader.read_at(from, &mut bytes))?;
        Ok(bytes)
    }

    pub(crate) fn length(&self, name: &str, reader: &dyn ReadAt) -> Result<u64> {
        self.named(name, "read the length", reader.length())
    }

    /// All bytes of a small file.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let reader = self.open(name)?;
        self.tail(name, &*reader, 0)
    }

    /// Writes a new file, durable and read-only; its name is durable after the next [`Files::sync`].
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(name)?;
        file.write(bytes)?;
        file.finish()
    }

    /// Replaces a file by one that is durable before it has the name: after a crash the name has
    /// the old bytes or the new ones, never anything between.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let temporary = format!("{name}.tmp");
        match self.remove(&temporary) {
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
        self.write(&temporary, bytes)?;
        self.named(name, "replace", self.0.rename(&temporary, name))?;
        self.sync()
    }
}

/// A file being written.
pub(crate) struct Output {
    file: Box<dyn Append>,
    path: PathBuf,
}

impl Output {
    fn named<T>(&self, operation: &'static str, result: io::Result<T>) -> Result<T> {
        result.map_err(|source| StorageError::Io { file: self.path.clone(), operation, source })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let result = self.file.write(bytes);
        self.named("write", result)
    }

    pub(crate) fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let result = self.file.write_at(offset, bytes);
        self.named("write", result)
    }

    pub(crate) fn sync(&mut self) -> Result<()> {
        let result = self.file.sync();
        self.named("sync", result)
    }

    pub(crate) fn truncate(&mut self, length: u64) -> Result<()> {
        let result = self.file.truncate(length);
        self.named("truncate", result)
    }

    /// Durable and read-only.
    pub(crate) fn finish(mut self) -> Result<()> {
        let result = self.file.protect();
        self.named("make read-only", result)?;
        self.sync()
    }
}
