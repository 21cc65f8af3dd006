//! A gallery that this process holds as its writer: what commits and maintenance both work on.

use std::sync::{Arc, OnceLock};
use std::thread;

use parking_lot::{Mutex, MutexGuard, RwLock};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::erasure::{self, ErasureState, ErasureTicket};
use super::error::GalleryError;
use super::ledger::Ledger;
use super::names;
use super::numbers::Numbers;
use super::options::GalleryOptions;
use super::pace::Pace;
use super::snapshot::Snapshot;
use crate::storage::{Files, Watch};

/// A gallery whose lock is held.
pub(super) struct HeldGallery {
    pub(super) files: Files,
    pub(super) options: GalleryOptions,
    pub(super) identity: [u8; 16],
    pub(super) numbers: Numbers,
    pub(super) pace: Pace,
    /// Locked while files are written; `None` after an error, or when the writer is closed.
    pub(super) ledger: Mutex<Option<Ledger>>,
    /// The newest acknowledged state.
    newest: RwLock<Arc<Snapshot>>,
    /// Threads for maintenance: half of the processors, so that commits find one free. Created when first
    /// needed.
    threads: OnceLock<Option<ThreadPool>>,
    /// Held while a checkpoint is made: there is one at a time.
    pub(super) checkpoint: Mutex<()>,
    /// The error that stopped the writer, if one did.
    failed: Mutex<Option<String>>,
    /// Removed segments that a process may still map.
    watched: Mutex<Vec<Box<dyn Watch>>>,
    /// Superseded files that are not durably removed yet.
    superseded: Mutex<Vec<String>>,
}

impl HeldGallery {
    pub(super) fn new((files, options): (Files, GalleryOptions), numbers: Numbers, ledger: Ledger) -> Self {
        Self {
            identity: ledger.manifest.gallery,
            pace: Pace::new(options.maintenance_rate),
            files,
            options,
            numbers,
            newest: RwLock::new(ledger.snapshot.clone()),
            ledger: Mutex::new(Some(ledger)),
            threads: OnceLock::new(),
            checkpoint: Mutex::new(()),
            failed: Mutex::new(None),
            watched: Mutex::default(),
            superseded: Mutex::default(),
        }
    }

    /// The newest acknowledged state.
    pub(super) fn newest(&self) -> Arc<Snapshot> {
        self.newest.read().clone()
    }

    /// Makes a state the newest.
    pub(super) fn publish(&self, snapshot: &Arc<Snapshot>) {
        *self.newest.write() = snapshot.clone();
    }

    /// The error that stopped the writer, if one did.
    pub(super) fn failure(&self) -> Option<GalleryError> {
        self.failed.lock().as_ref().map(|cause| GalleryError::Poisoned { cause: cause.clone() })
    }

    pub(super) fn held<'a>(
        &self,
        guard: &'a mut MutexGuard<'_, Option<Ledger>>,
    ) -> Result<&'a mut Ledger, GalleryError> {
        guard.as_mut().ok_or_else(|| self.failure().unwrap_or(GalleryError::Stopped))
    }

    /// Stops the writer after an error that leaves unknown what was written. The lock is released, and the
    /// next writer recovers.
    pub(super) fn poison(&self, guard: &mut MutexGuard<'_, Option<Ledger>>, error: &GalleryError) {
        self.failed.lock().get_or_insert_with(|| error.to_string());
        **guard = None;
    }

    /// As [`HeldGallery::poison`], when the ledger is not held.
    pub(super) fn poison_unheld(&self, cause: &str) {
        self.failed.lock().get_or_insert_with(|| cause.to_owned());
        *self.ledger.lock() = None;
    }

    /// Runs work on the maintenance threads, or on the caller's if no thread can be created.
    pub(super) fn on_own_threads<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let make = || {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            ThreadPoolBuilder::new().num_threads((processors / 2).max(1)).build().ok()
        };
        match self.threads.get_or_init(make) {
            Some(threads) => threads.install(work),
            None => work(),
        }
    }

    /// Whether superseded files are still to be removed.
    pub(super) fn has_superseded(&self) -> bool {
        !self.superseded.lock().is_empty()
    }

    /// Releases the lock.
    pub(super) fn close(&self) {
        *self.ledger.lock() = None;
    }

    /// Watches segments that are about to be removed, until no process maps them.
    fn watch(&self, removed: &[String]) {
        let segments = removed.iter().filter(|name| name.starts_with("seg-"));
        self.watched.lock().extend(segments.filter_map(|name| self.files.watch(name).ok()));
    }

    /// Takes note of files that are about to be removed.
    pub(super) fn supersede(&self, names: Vec<String>) {
        self.watch(&names);
        self.superseded.lock().extend(names);
    }

    /// Removes superseded files, durably. What cannot be removed is tried again by the next maintenance.
    pub(super) fn remove_superseded(&self) -> Result<(), GalleryError> {
        let mut superseded = self.superseded.lock();
        if superseded.is_empty() {
            return Ok(());
        }
        superseded.iter().try_for_each(|name| self.files.remove_if_there(name))?;
        self.files.sync()?;
        superseded.clear();
        Ok(())
    }

    /// The state of an erasure.
    pub(super) fn erasure(&self, ticket: &ErasureTicket) -> Result<ErasureState, GalleryError> {
        let pending = self.newest.read().erasures.clone();
        if pending.iter().any(|pending| pending.subject == ticket.subject) {
            return Ok(ErasureState::Pending);
        }
        let named = self.held(&mut self.ledger.lock())?.file_names();
        if let Some(state) = erasure::state_by_names(self.files.list()?, &named) {
            return Ok(state);
        }
        let mut watched = self.watched.lock();
        watched.retain(|file| file.is_mapped().unwrap_or(true));
        Ok(match watched.len() {
            0 => ErasureState::Done,
            files => ErasureState::Mapped { files },
        })
    }

    /// Removes the files that recoveries set aside; returns their names.
    pub(super) fn discard_set_aside(&self) -> Result<Vec<String>, GalleryError> {
        let guard = self.ledger.lock();
        if guard.is_none() {
            return Err(self.failure().unwrap_or(GalleryError::Stopped));
        }
        let mut names = self.files.list()?;
        names.retain(|name| names::is_set_aside(name));
        for name in &names {
            self.files.remove(name)?;
        }
        self.files.sync()?;
        Ok(names)
    }
}
