//! Files in memory with injected faults: failures and losses of a disk, on demand and repeatable.

mod content;
mod handles;
mod state;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::SeedableRng as _;

use self::content::{Change, Node, below, torn};
use self::handles::{MemoryFile, MemoryLock, MemoryWatch};
use self::state::{Fault, Inner, Shared, file_id};
use super::backend::{Append, Backend, DirectoryState, FileId, Locking, ReadAt, Watch};
use super::map::Map;

/// What a crash loses of unsynchronised data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: the process ended, and the operating system went on.
    Nothing,
    /// Everything: the power failed before the cache was written.
    Everything,
    /// Some of it, by seed: files cut anywhere, sectors left zero, any subset of the directory's
    /// changes.
    Some(u64),
}

/// Files in memory. Clones share them. It counts its operations, can fail at one of them or from one on, and
/// can crash.
#[derive(Clone, Default)]
pub struct Memory(Shared);

impl Memory {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Files with these contents, durable.
    pub fn with(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let memory = Self::new();
        {
            let mut inner = memory.0.lock();
            for (name, bytes) in files {
                let node = inner.nodes.len();
                inner.nodes.push(Node { durable: bytes.clone(), bytes, ..Node::default() });
                inner.names.insert(name, node);
            }
            inner.durable_names = inner.names.clone();
        }
        memory
    }

    /// The contents of all files.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let inner = self.0.lock();
        let contents = |&node: &usize| inner.nodes.get(node).map(|n| n.bytes.clone()).unwrap_or_default();
        inner.names.iter().map(|(name, node)| (name.clone(), contents(node))).collect()
    }

    /// The number of operations so far that change or synchronise something.
    pub fn writes(&self) -> u64 {
        self.0.lock().writes
    }

    /// The number of operations so far that read: opens, maps, lists and reads.
    pub fn reads(&self) -> u64 {
        self.0.lock().reads
    }

    /// Creates or replaces a file, as another program would.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut inner = self.0.lock();
        let node = inner.nodes.len();
        inner.nodes.push(Node { durable: bytes.to_vec(), bytes: bytes.to_vec(), ..Node::default() });
        inner.rename_durably(Change::Create(name.into(), node));
    }

    /// Overwrites the bytes of a file, as another program would.
    pub fn overwrite(&self, name: &str, bytes: &[u8]) {
        let mut inner = self.0.lock();
        if let Ok(node) = inner.find(name).and_then(|node| inner.node(node)) {
            *node = Node { durable: bytes.to_vec(), bytes: bytes.to_vec(), ..Node::default() };
        }
    }

    /// Removes a file, as another program would.
    pub fn take_away(&self, name: &str) {
        self.0.lock().rename_durably(Change::Remove(name.into()));
    }

    /// Limits the bytes that can be written from now on; no limit if `None`.
    pub fn limit_space(&self, bytes: Option<u64>) {
        self.0.lock().free = bytes;
    }

    /// Makes the changing operation with this number, counted from zero, fail, and no later one.
    pub fn fail_once(&self, at: u64) {
        self.0.lock().fault = Some(Fault::Once(at));
    }

    /// Makes the changing operation with this number, counted from zero, and all later ones fail.
    pub fn fail_from(&self, at: u64) {
        self.0.lock().fault = Some(Fault::From(at));
    }

    /// The files after a crash at this moment, as the next start finds them. Handles, locks and faults of
    /// this backend are not copied.
    pub fn after_crash(&self, loss: Loss) -> Self {
        let inner = self.0.lock();
        let mut random = match loss {
            Loss::Some(seed) => SplitMix64::seed_from_u64(seed),
            _ => SplitMix64::seed_from_u64(0),
        };
        let nodes = inner.nodes.iter().map(|node| {
            let bytes = match loss {
                Loss::Nothing => node.bytes.clone(),
                Loss::Everything => node.durable.clone(),
                Loss::Some(_) => torn(node, &mut random),
            };
            Node { durable: bytes.clone(), bytes, ..Node::default() }
        });
        let nodes = nodes.collect();
        let names = match loss {
            Loss::Nothing => inner.names.clone(),
            Loss::Everything => inner.durable_names.clone(),
            Loss::Some(_) => {
                let mut names = inner.durable_names.clone();
                for change in &inner.changes {
                    if below(&mut random, 2) == 0 {
                        change.apply(&mut names);
                    }
                }
                names
            }
        };
        let survived = Inner { nodes, durable_names: names.clone(), names, ..Inner::default() };
        Self(Arc::new(Mutex::new(survived)))
    }
}

impl Backend for Memory {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("memory").join(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut inner = self.0.lock();
        inner.reads += 1;
        Ok(inner.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Append>> {
        let mut inner = self.0.lock();
        inner.change()?;
        if inner.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = inner.nodes.len();
        inner.nodes.push(Node::default());
        inner.rename_durably(Change::Create(name.into(), node));
        Ok(Box::new(MemoryFile { disk: self.0.clone(), node }))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Append>> {
        let node = self.0.lock().find(name)?;
        Ok(Box::new(MemoryFile { disk: self.0.clone(), node }))
    }

    fn update(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.append(name)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>> {
        let mut inner = self.0.lock();
        inner.reads += 1;
        let node = inner.find(name)?;
        Ok(Box::new(MemoryFile { disk: self.0.clone(), node }))
    }

    fn map(&self, name: &str) -> io::Result<Map> {
        let mut inner = self.0.lock();
        inner.reads += 1;
        let node = inner.find(name)?;
        Ok(Map::copy(&inner.node(node)?.bytes))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.0.lock();
        inner.change()?;
        inner.find(from)?;
        inner.rename_durably(Change::Rename(from.into(), to.into()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = self.0.lock();
        inner.find(name)?;
        inner.change()?;
        inner.rename_durably(Change::Remove(name.into()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.0.lock();
        inner.change()?;
        inner.durable_names = inner.names.clone();
        inner.changes.clear();
        Ok(())
    }

    fn identity(&self, name: &str) -> io::Result<FileId> {
        let node = self.0.lock().find(name)?;
        Ok(file_id(&self.0, node))
    }

    fn directory(&self) -> io::Result<DirectoryState> {
        let version = self.0.lock().versions;
        Ok(DirectoryState { id: file_id(&self.0, usize::MAX), version: Some((0, version)) })
    }

    fn lock(&self, name: &str) -> io::Result<Locking> {
        let mut inner = self.0.lock();
        let node = match inner.find(name) {
            Ok(node) => node,
            Err(_) => {
                let node = inner.nodes.len();
                inner.nodes.push(Node::default());
                inner.rename_durably(Change::Create(name.into(), node));
                node
            }
        };
        // One lock for the whole directory, as on a disk.
        if !inner.locked.is_empty() {
            return Ok(Locking::Held { process: Some(std::process::id()) });
        }
        inner.locked.push(node);
        Ok(Locking::Taken(Box::new(MemoryLock { disk: self.0.clone(), node })))
    }

    fn watch(&self, name: &str) -> io::Result<Box<dyn Watch>> {
        self.0.lock().find(name)?;
        Ok(Box::new(MemoryWatch))
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        Ok(self.0.lock().free)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} files)", self.0.lock().names.len())
    }
}
