//! The files as another process sees them: what this process knows of the folder's writer does not help.

use std::io;
use std::path::PathBuf;

use biomatch::storage::{Append, Backend, DirectoryState, FileId, Locking, Map, Memory, ReadAt, Watch};

/// Files in memory under another identity of the folder.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere(pub(crate) Memory);

impl Backend for Elsewhere {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.0.create(name)
    }
    fn append(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.0.append(name)
    }
    fn update(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.0.update(name)
    }
    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>> {
        self.0.open(name)
    }
    fn map(&self, name: &str) -> io::Result<Map> {
        self.0.map(name)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
    fn identity(&self, name: &str) -> io::Result<FileId> {
        self.0.identity(name)
    }
    fn directory(&self) -> io::Result<DirectoryState> {
        let state = self.0.directory()?;
        Ok(DirectoryState { id: FileId { device: state.id.device ^ 1, ..state.id }, ..state })
    }
    fn lock(&self, name: &str) -> io::Result<Locking> {
        self.0.lock(name)
    }
    fn watch(&self, name: &str) -> io::Result<Box<dyn Watch>> {
        self.0.watch(name)
    }
    fn free_bytes(&self) -> io::Result<Option<u64>> {
        self.0.free_bytes()
    }
}
