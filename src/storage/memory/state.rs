//! The state of a simulated disk: its files and their names, and the faults that are planned.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::content::{Change, Node};
use crate::storage::backend::FileId;

/// The state, as all handles share it.
pub(super) type Shared = Arc<Mutex<Inner>>;

/// The identity of a file of this disk.
pub(super) fn file_id(shared: &Shared, node: usize) -> FileId {
    FileId { device: Arc::as_ptr(shared).addr() as u64, inode: node as u64 }
}

/// All files, and what is to go wrong.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) nodes: Vec<Node>,
    pub(super) names: BTreeMap<String, usize>,
    pub(super) durable_names: BTreeMap<String, usize>,
    pub(super) changes: Vec<Change>,
    pub(super) locked: Vec<usize>,
    /// Changes of names, ever.
    pub(super) versions: u64,
    pub(super) free: Option<u64>,
    pub(super) writes: u64,
    pub(super) reads: u64,
    pub(super) fault: Option<Fault>,
}

/// Which changing operations fail.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    Once(u64),
    From(u64),
}

impl Inner {
    /// Counts a changing operation and fails it if so planned.
    pub(super) fn change(&mut self) -> io::Result<()> {
        let number = self.writes;
        self.writes += 1;
        match self.fault {
            Some(Fault::Once(at)) if number == at => Err(io::Error::other("injected fault")),
            Some(Fault::From(at)) if number >= at => Err(io::Error::other("injected fault")),
            _ => Ok(()),
        }
    }

    pub(super) fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn node(&mut self, node: usize) -> io::Result<&mut Node> {
        self.nodes.get_mut(node).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Fails a write for which there is no room.
    pub(super) fn take_space(&mut self, bytes: usize) -> io::Result<()> {
        match &mut self.free {
            Some(free) if *free < bytes as u64 => Err(io::ErrorKind::StorageFull.into()),
            Some(free) => {
                *free -= bytes as u64;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn rename_durably(&mut self, change: Change) {
        self.versions += 1;
        change.apply(&mut self.names);
        self.changes.push(change);
    }
}
