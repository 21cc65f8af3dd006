//! Files in memory, with somebody who acts between two operations, and with file systems that lack something.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use biomatch::storage::{Append, Backend, DirectoryState, FileId, Locking, Map, Memory, ReadAt, Watch};

/// What is asked of the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    List,
    Create,
    Append,
    Update,
    Open,
    Map,
    Rename,
    Remove,
    SyncDirectory,
    Identity,
    Directory,
    Write,
    WriteAt,
    Sync,
    Protect,
    Lock,
}

type Hook = Box<dyn FnMut(u64, Operation) -> io::Result<()> + Send>;

/// A backend that calls a hook before every operation on names, and every operation that writes.
#[derive(Clone)]
pub(crate) struct Hooked {
    pub(crate) memory: Memory,
    hook: Arc<Mutex<Hook>>,
    count: Arc<AtomicU64>,
    /// Bytes that were read.
    pub(crate) read: Arc<AtomicU64>,
}

impl Hooked {
    pub(crate) fn new(memory: Memory) -> Self {
        let hook: Hook = Box::new(|_, _| Ok(()));
        Self { memory, hook: Arc::new(Mutex::new(hook)), count: Arc::default(), read: Arc::default() }
    }

    pub(crate) fn hook(&self, hook: impl FnMut(u64, Operation) -> io::Result<()> + Send + 'static) {
        *self.hook.lock().unwrap() = Box::new(hook);
        self.count.store(0, Ordering::SeqCst);
    }

    /// Operations since the hook was set.
    pub(crate) fn operations(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    fn call(&self, operation: Operation) -> io::Result<()> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        (self.hook.lock().unwrap())(number, operation)
    }

    fn file(&self, file: Box<dyn Append>) -> Box<dyn Append> {
        Box::new(HookedFile { file, hooked: self.clone() })
    }
}

impl fmt::Debug for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hooked({:?})", self.memory)
    }
}

impl Backend for Hooked {
    fn path(&self, name: &str) -> PathBuf {
        self.memory.path(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.call(Operation::List)?;
        self.memory.list()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.call(Operation::Create)?;
        Ok(self.file(self.memory.create(name)?))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.call(Operation::Append)?;
        Ok(self.file(self.memory.append(name)?))
    }

    fn update(&self, name: &str) -> io::Result<Box<dyn Append>> {
        self.call(Operation::Update)?;
        Ok(self.file(self.memory.update(name)?))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadAt>> {
        self.call(Operation::Open)?;
        let reader = self.memory.open(name)?;
        Ok(Box::new(CountingReader { reader, read: self.read.clone() }))
    }

    fn map(&self, name: &str) -> io::Result<Map> {
        self.call(Operation::Map)?;
        self.memory.map(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.call(Operation::Rename)?;
        self.memory.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.call(Operation::Remove)?;
        self.memory.remove(name)
    }

    fn sync(&self) -> io::Result<()> {
        self.call(Operation::SyncDirectory)?;
        self.memory.sync()
    }

    fn identity(&self, name: &str) -> io::Result<FileId> {
        self.call(Operation::Identity)?;
        self.memory.identity(name)
    }

    fn directory(&self) -> io::Result<DirectoryState> {
        self.call(Operation::Directory)?;
        let state = self.memory.directory()?;
        // Another folder than the memory itself, so that who opens that is as in another process.
        Ok(DirectoryState { id: FileId { device: state.id.device ^ 1, ..state.id }, ..state })
    }

    fn lock(&self, name: &str) -> io::Result<Locking> {
        self.call(Operation::Lock)?;
        self.memory.lock(name)
    }

    fn watch(&self, name: &str) -> io::Result<Box<dyn Watch>> {
        self.memory.watch(name)
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        self.memory.free_bytes()
    }
}

struct HookedFile {
    file: Box<dyn Append>,
    hooked: Hooked,
}

impl Append for HookedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hooked.call(Operation::Write)?;
        self.file.write(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.hooked.call(Operation::WriteAt)?;
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.hooked.call(Operation::Sync)?;
        self.file.sync()
    }

    fn protect(&mut self) -> io::Result<()> {
        self.hooked.call(Operation::Protect)?;
        self.file.protect()
    }

    fn identity(&self) -> io::Result<FileId> {
        self.file.identity()
    }
}

#[derive(Debug)]
struct CountingReader {
    reader: Box<dyn ReadAt>,
    read: Arc<AtomicU64>,
}

impl ReadAt for CountingReader {
    fn length(&self) -> io::Result<u64> {
        self.reader.length()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read.fetch_add(buffer.len() as u64, Ordering::SeqCst);
        self.reader.read_at(offset, buffer)
    }

    fn sync(&self) -> io::Result<()> {
        self.reader.sync()
    }

    fn identity(&self) -> io::Result<FileId> {
        self.reader.identity()
    }
}
