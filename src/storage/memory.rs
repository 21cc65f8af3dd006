//! Files in memory, with faults: what a disk may do to a program, on demand and repeatably.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

use super::backend::{Append, Backend, DirectoryState, FileId, Lock, Locking, ReadAt, Watch};
use super::map::Map;

/// What a crash takes of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: the process died, the system lived on.
    Nothing,
    /// Everything: the power failed before the cache was written.
    Everything,
    /// Some of it, by seed: files cut anywhere, sectors left zero, any subset of the directory's
    /// changes.
    Some(u64),
}

/// Files in memory. Clones share them. Counts its operations; can be told to fail at one of them,
/// once or from then on; can crash.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    nodes: Vec<Node>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    changes: Vec<Change>,
    locked: Vec<usize>,
    /// Changes of names, ever.
    versions: u64,
    free: Option<u64>,
    writes: u64,
    reads: u64,
    fault: Option<Fault>,
}

#[derive(Clone, Default)]
struct Node {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors whose write-back failed: the cache takes them for written, the disk does not have them.
    lost: std::collections::BTreeSet<usize>,
}

/// Bytes that a device writes as a whole.
const SECTOR: usize = 512;

#[derive(Clone)]
enum Change {
    Create(String, usize),
    Rename(String, String),
    Remove(String),
}

#[derive(Clone, Copy)]
enum Fault {
    Once(u64),
    From(u64),
}

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

    /// Operations so far that change or sync something.
    pub fn writes(&self) -> u64 {
        self.0.lock().writes
    }

    /// Operations so far that read: opens, maps, lists and reads.
    pub fn reads(&self) -> u64 {
        self.0.lock().reads
    }

    /// Somebody else puts a file in the place of another, or makes one.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut inner = self.0.lock();
        let node = inner.nodes.len();
        inner.nodes.push(Node { durable: bytes.to_vec(), bytes: bytes.to_vec(), ..Node::default() });
        inner.rename_durably(Change::Create(name.into(), node));
    }

    /// Somebody else writes other bytes into a file.
    pub fn overwrite(&self, name: &str, bytes: &[u8]) {
        let mut inner = self.0.lock();
        if let Ok(node) = inner.find(name).and_then(|node| inner.node(node)) {
            *node = Node { durable: bytes.to_vec(), bytes: bytes.to_vec(), ..Node::default() };
        }
    }

    /// Somebody else removes a file.
    pub fn take_away(&self, name: &str) {
        self.0.lock().rename_durably(Change::Remove(name.into()));
    }

    /// Lets no more than so many bytes be written from now on.
    pub fn limit_space(&self, bytes: Option<u64>) {
        self.0.lock().free = bytes;
    }

    /// Lets the changing operation with this number, counted from zero, fail, and none after it.
    pub fn fail_once(&self, at: u64) {
        self.0.lock().fault = Some(Fault::Once(at));
    }

    /// Lets the changing operation with this number, counted from zero, and all after it fail.
    pub fn fail_from(&self, at: u64) {
        self.0.lock().fault = Some(Fault::From(at));
    }

    /// What the next start finds: a copy of the files after a crash now. Handles, locks and faults
    /// of this backend do not carry over.
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

/// The synced bytes; of those written since each sector by itself: there, or not, in any order.
fn torn(node: &Node, random: &mut SplitMix64) -> Vec<u8> {
    let least = node.durable.len().min(node.bytes.len());
    let most = node.durable.len().max(node.bytes.len());
    // The length is the old one, the new one, or one between.
    let length = match below(random, 3) {
        0 => node.durable.len(),
        1 => node.bytes.len(),
        _ => least + below(random, most - least + 1),
    };
    let mut bytes = Vec::with_capacity(length);
    for start in (0..length).step_by(SECTOR) {
        let end = (start + SECTOR).min(length);
        let is_new = !node.lost.contains(&(start / SECTOR)) && below(random, 2) == 0;
        let source = if is_new { &node.bytes } else { &node.durable };
        let there = source.get(start..end.min(source.len())).unwrap_or_default();
        bytes.extend_from_slice(there);
        // What was never written reads as zeros.
        bytes.resize(end, 0);
    }
    bytes
}

impl Node {
    /// What is on the disk once the sectors that can be written are.
    fn written_back(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for sector in &self.lost {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(bytes.len());
            for at in start..end {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = self.durable.get(at).copied().unwrap_or(0);
                }
            }
        }
        bytes
    }

    /// A write-back failed: what it was to write is taken for written from now on.
    fn lose(&mut self) {
        let (old, new) = (&self.durable, &self.bytes);
        let differs = |sector: &usize| {
            let range = sector * SECTOR..((sector + 1) * SECTOR).min(new.len());
            new.get(range.clone()) != old.get(range)
        };
        let sectors: Vec<_> = (0..new.len().div_ceil(SECTOR)).filter(differs).collect();
        self.lost.extend(sectors);
    }

    fn touch(&mut self, start: usize, length: usize) {
        for sector in start / SECTOR..(start + length).div_ceil(SECTOR) {
            self.lost.remove(&sector);
        }
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create(name, node) => {
                names.insert(name.clone(), *node);
            }
            Self::Rename(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

/// A number below `end`, or zero.
fn below(random: &mut SplitMix64, end: usize) -> usize {
    (random.next_u64() % end.max(1) as u64) as usize
}

impl Inner {
    /// Counts a changing operation and fails it if so planned.
    fn change(&mut self) -> io::Result<()> {
        let number = self.writes;
        self.writes += 1;
        match self.fault {
            Some(Fault::Once(at)) if number == at => Err(io::Error::other("injected fault")),
            Some(Fault::From(at)) if number >= at => Err(io::Error::other("injected fault")),
            _ => Ok(()),
        }
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn node(&mut self, node: usize) -> io::Result<&mut Node> {
        self.nodes.get_mut(node).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Fails a write for which there is no room.
    fn take_space(&mut self, bytes: usize) -> io::Result<()> {
        match &mut self.free {
            Some(free) if *free < bytes as u64 => Err(io::ErrorKind::StorageFull.into()),
            Some(free) => {
                *free -= bytes as u64;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn rename_durably(&mut self, change: Change) {
        self.versions += 1;
        change.apply(&mut self.names);
        self.changes.push(change);
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
        Ok(Box::new(MemoryFile { memory: self.clone(), node }))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Append>> {
        let node = self.0.lock().find(name)?;
        Ok(Box::new(MemoryFile { memory: self.clone(), node }))
    }

    fn update(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.append(name)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>> {
        let mut inner = self.0.lock();
        inner.reads += 1;
        let node = inner.find(name)?;
        Ok(Box::new(MemoryFile { memory: self.clone(), node }))
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
        Ok(self.file_id(node))
    }

    fn directory(&self) -> io::Result<DirectoryState> {
        let version = self.0.lock().versions;
        Ok(DirectoryState { id: self.file_id(usize::MAX), version: Some((0, version)) })
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
        Ok(Locking::Taken(Box::new(MemoryLock { memory: self.clone(), node })))
    }

    fn watch(&self, name: &str) -> io::Result<Box<dyn Watch>> {
        self.0.lock().find(name)?;
        Ok(Box::new(MemoryWatch))
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        Ok(self.0.lock().free)
    }
}

impl Memory {
    fn file_id(&self, node: usize) -> FileId {
        FileId { device: Arc::as_ptr(&self.0).addr() as u64, inode: node as u64 }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} files)", self.0.lock().names.len())
    }
}

struct MemoryFile {
    memory: Memory,
    node: usize,
}

impl Append for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.memory.0.lock();
        let outcome = inner.change().and_then(|()| inner.take_space(bytes.len()));
        // A write that fails may have written a part.
        let written = if outcome.is_ok() { bytes.len() } else { bytes.len() / 2 };
        let node = inner.node(self.node)?;
        let start = node.bytes.len();
        node.bytes.extend_from_slice(bytes.get(..written).unwrap_or_default());
        node.touch(start, written);
        outcome
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.memory.0.lock();
        inner.change()?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let node = inner.node(self.node)?;
        let target = node.bytes.get_mut(start..start.saturating_add(bytes.len()));
        target.ok_or(io::ErrorKind::InvalidInput)?.copy_from_slice(bytes);
        node.touch(start, bytes.len());
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.memory.0.lock();
        let outcome = inner.change();
        let node = inner.node(self.node)?;
        match outcome {
            Ok(()) => node.durable = node.written_back(),
            Err(_) => node.lose(),
        }
        outcome
    }

    fn protect(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn identity(&self) -> io::Result<FileId> {
        Ok(self.memory.file_id(self.node))
    }
}

impl ReadAt for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        let mut inner = self.memory.0.lock();
        inner.reads += 1;
        Ok(inner.node(self.node)?.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut inner = self.memory.0.lock();
        inner.reads += 1;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let source = inner.node(self.node)?.bytes.get(start..start.saturating_add(buffer.len()));
        buffer.copy_from_slice(source.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.memory.0.lock();
        let node = inner.node(self.node)?;
        node.durable = node.written_back();
        Ok(())
    }

    fn identity(&self) -> io::Result<FileId> {
        Ok(self.memory.file_id(self.node))
    }
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryFile({})", self.node)
    }
}

/// Maps of files in memory are copies.
#[derive(Debug)]
struct MemoryWatch;

impl Watch for MemoryWatch {
    fn is_mapped(&self) -> io::Result<bool> {
        Ok(false)
    }
}

#[derive(Debug)]
struct MemoryLock {
    memory: Memory,
    node: usize,
}

impl Lock for MemoryLock {
    fn identity(&self) -> io::Result<FileId> {
        Ok(self.memory.file_id(self.node))
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.memory.0.lock().locked.retain(|&node| node != self.node);
    }
}
