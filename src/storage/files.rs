//! A backend with errors that name the file and the operation.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::backend::{Append, Backend, DirectoryState, FileId, Locking, ReadAt, Watch};
use super::error::{Damage, StorageError};
use super::map::Map;

type Result<T> = std::result::Result<T, StorageError>;

/// The name of a file until it is complete.
const TEMPORARY: &str = ".tmp";

/// A shared backend.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<dyn Backend>, bool);

impl Files {
    /// `copied`: files are copied to memory instead of mapped.
    pub(crate) fn new(backend: Arc<dyn Backend>, copied: bool) -> Self {
        Self(backend, copied)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn named<T>(&self, name: &str, operation: &'static str, result: io::Result<T>) -> Result<T> {
        result.map_err(|source| StorageError::io(self.path(name), operation, source))
    }

    pub(crate) fn list(&self) -> Result<Vec<String>> {
        self.named("", "list the directory", self.0.list())
    }

    pub(crate) fn open(&self, name: &str) -> Result<Box<dyn ReadAt>> {
        self.named(name, "open", self.0.open(name))
    }

    /// A file of at most `limit` bytes; how long it is, is the caller's to check.
    pub(crate) fn map(&self, name: &str, limit: u64) -> Result<Map> {
        if self.1 {
            return Ok(Map::copy(&self.read(name, limit)?));
        }
        self.named(name, "map", self.0.map(name))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        self.named(name, "remove", self.0.remove(name))
    }

    /// Removes a file that may be gone already.
    pub(crate) fn remove_if_there(&self, name: &str) -> Result<()> {
        match self.remove(name) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.named(from, "rename", self.0.rename(from, to))
    }

    pub(crate) fn sync(&self) -> Result<()> {
        self.named("", "synchronise the directory", self.0.sync())
    }

    pub(crate) fn lock(&self, name: &str) -> Result<Locking> {
        self.named(name, "lock", self.0.lock(name))
    }

    pub(crate) fn identity(&self, name: &str) -> Result<FileId> {
        self.named(name, "look up", self.0.identity(name))
    }

    /// Fails if there is a file of this name.
    pub(crate) fn check_free(&self, name: &str) -> Result<()> {
        match self.identity(name) {
            Ok(_) => self.named(name, "create", Err(io::ErrorKind::AlreadyExists.into())),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn directory(&self) -> Result<DirectoryState> {
        self.named("", "look up the directory", self.0.directory())
    }

    pub(crate) fn watch(&self, name: &str) -> Result<Box<dyn Watch>> {
        self.named(name, "open", self.0.watch(name))
    }

    pub(crate) fn create(&self, name: &str) -> Result<Output> {
        let file = self.named(name, "create", self.0.create(name))?;
        Ok(Output { file, path: self.path(name) })
    }

    pub(crate) fn append(&self, name: &str) -> Result<Output> {
        let file = self.named(name, "open for appending", self.0.append(name))?;
        Ok(Output { file, path: self.path(name) })
    }

    pub(crate) fn update(&self, name: &str) -> Result<Output> {
        let file = self.named(name, "open for writing", self.0.update(name))?;
        Ok(Output { file, path: self.path(name) })
    }

    /// Fails unless so many bytes can be written.
    pub(crate) fn ask_space(&self, needed: u64) -> Result<()> {
        match self.named("", "ask for free space", self.0.free_bytes())? {
            Some(free) if free < needed => {
                Err(StorageError::NoSpace { directory: self.path(""), needed, free })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn read_at(&self, name: &str, reader: &dyn ReadAt, from: u64, into: &mut [u8]) -> Result<()> {
        self.named(name, "read", reader.read_at(from, into))
    }

    /// The bytes of a reader between two offsets; less if the file ends before.
    pub(crate) fn between(&self, name: &str, reader: &dyn ReadAt, from: u64, to: u64) -> Result<Vec<u8>> {
        let length = self.length(name, reader)?;
        let wanted = to.min(length).saturating_sub(from);
        let wanted = usize::try_from(wanted)
            .map_err(|_| Damage::new(&self.path(name), length, "a file that fits in memory", length))?;
        let mut bytes = vec![0; wanted];
        if !bytes.is_empty() {
            self.read_at(name, reader, from, &mut bytes)?;
        }
        Ok(bytes)
    }

    pub(crate) fn length(&self, name: &str, reader: &dyn ReadAt) -> Result<u64> {
        self.named(name, "read the length", reader.length())
    }

    pub(crate) fn sync_reader(&self, name: &str, reader: &dyn ReadAt) -> Result<()> {
        self.named(name, "synchronise", reader.sync())
    }

    /// All bytes of a file of at most `limit` bytes.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let reader = self.open(name)?;
        let length = self.length(name, &*reader)?;
        if length > limit {
            return Err(
                Damage::new(&self.path(name), limit, format_args!("at most {limit} bytes"), length).into()
            );
        }
        self.between(name, &*reader, 0, length)
    }

    /// Writes a new file, durable and read-only; its name is durable after the next [`Files::sync`].
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(name)?;
        file.write(bytes)?;
        file.finish()
    }

    /// Prepares the replacement of a file: the new file is durable before it gets the name, so that after a
    /// crash the name refers to the old bytes or the new ones, never to a mixture.
    pub(crate) fn prepare(&self, name: &str, bytes: &[u8]) -> Result<Unfinished> {
        let mut file = self.begin_anew(name)?;
        file.output()?.write(bytes)?;
        file.output()?.sync()?;
        Ok(file)
    }

    /// Begins a file as [`Files::begin`] does; what a crash left of it before is removed.
    pub(crate) fn begin_anew(&self, name: &str) -> Result<Unfinished> {
        self.remove_if_there(&format!("{name}{TEMPORARY}"))?;
        self.begin(name)
    }

    /// Begins a file that gets its name when it is complete. What a crash leaves of it has a name for
    /// unfinished files.
    pub(crate) fn begin(&self, name: &str) -> Result<Unfinished> {
        let temporary = format!("{name}{TEMPORARY}");
        let output = self.create(&temporary)?;
        Ok(Unfinished { files: self.clone(), output: Some(output), temporary, name: name.to_owned() })
    }
}

/// The final name of an unfinished file; `None` for any other name.
pub(crate) fn whole_name(name: &str) -> Option<&str> {
    name.strip_suffix(TEMPORARY)
}

/// An unfinished file; removed when dropped, unless it was finished.
pub(crate) struct Unfinished {
    files: Files,
    output: Option<Output>,
    temporary: String,
    name: String,
}

impl Unfinished {
    pub(crate) fn output(&mut self) -> Result<&mut Output> {
        let path = self.files.path(&self.temporary);
        let closed = || StorageError::io(path, "write", io::ErrorKind::InvalidInput.into());
        self.output.as_mut().ok_or_else(closed)
    }

    /// Renames the synchronised file to its final name, which is durable after the next [`Files::sync`], and
    /// removes the permission to write.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.output()?.seal()?;
        self.name()
    }

    /// Synchronises the file and renames it as [`Unfinished::finish`] does; it can still be written to.
    pub(crate) fn finish_writable(mut self) -> Result<()> {
        self.output()?.sync()?;
        self.name()
    }

    fn name(&mut self) -> Result<()> {
        self.files.rename(&self.temporary, &self.name)?;
        self.output = None;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.output.take().is_some() {
            // If it cannot be removed, its name tells the next writer to.
            let _ = self.files.remove_if_there(&self.temporary);
        }
    }
}

/// A file being written.
pub(crate) struct Output {
    file: Box<dyn Append>,
    path: PathBuf,
}

impl Output {
    fn named<T>(&self, operation: &'static str, result: io::Result<T>) -> Result<T> {
        result.map_err(|source| StorageError::io(self.path.clone(), operation, source))
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
        self.named("synchronise", result)
    }

    pub(crate) fn identity(&self) -> Result<FileId> {
        self.named("look up", self.file.identity())
    }

    fn seal(&mut self) -> Result<()> {
        let result = self.file.protect();
        self.named("make read-only", result)?;
        self.sync()
    }

    /// Durable and read-only.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.seal()
    }
}
