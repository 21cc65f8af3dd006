//! The audit of changes.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::gallery::{Commit, Gallery, GalleryError, Recovery};

use super::{Audit, AuditEntry, Change, ChangeEntry, DatabaseError};

/// Changes that are staged and not yet recorded.
///
/// They are recorded together before the commit that makes them, so that no change is acknowledged
/// without an entry. A commit of another thread may make a change before its entry is kept: it is
/// acknowledged by its own commit only.
pub(super) struct ChangeRecord {
    audit: Arc<dyn Audit>,
    pub(super) gallery: Gallery,
    staged: Mutex<Vec<(Change, Instant)>>,
}

impl ChangeRecord {
    pub(super) fn new(audit: Arc<dyn Audit>, gallery: Gallery) -> Self {
        Self { audit, gallery, staged: Mutex::default() }
    }

    /// Changes were staged, each with the time at which that began.
    pub(super) fn stage(&self, changes: impl Iterator<Item = (Change, Instant)>) {
        self.staged.lock().extend(changes);
    }

    /// Records what is staged, and then commits it.
    pub(super) fn commit<R>(
        &self,
        commit: impl FnOnce() -> Result<R, GalleryError>,
    ) -> Result<R, DatabaseError> {
        let started = Instant::now();
        let changes = {
            // Held while they are recorded: who commits meanwhile waits for the entries of its changes.
            let mut staged = self.staged.lock();
            self.record(&staged)?;
            std::mem::take(&mut *staged).len()
        };
        commit().map_err(|error| {
            if changes > 0 {
                let failed = Change::CommitFailed { changes, error: error.to_string() };
                // The caller is told of the disk's failure; that it could not be recorded adds nothing.
                let _ = self.record(&[(failed, started)]);
            }
            error.into()
        })
    }

    /// Records which of the changes that a commit made changed nothing. That is known only now: a commit of
    /// another process or thread may have come before.
    pub(super) fn unchanged(&self, commit: &Commit) -> Result<(), DatabaseError> {
        let now = Instant::now();
        let changes = commit.unchanged().iter().map(|&citizen| (Change::Unchanged { citizen }, now));
        self.record(&changes.collect::<Vec<_>>())
    }

    /// Records what the writer had to settle when it took the gallery.
    pub(super) fn recovered(&self, recovery: &Recovery) -> Result<(), DatabaseError> {
        let change = Change::Recover {
            kept_batches: recovery.kept_batches,
            cut_bytes: recovery.cut_bytes,
            set_aside: recovery.set_aside.clone(),
            removed_files: recovery.removed_files.clone(),
            migrated: recovery.migrated,
        };
        self.record(&[(change, Instant::now())])
    }

    fn record(&self, changes: &[(Change, Instant)]) -> Result<(), DatabaseError> {
        if changes.is_empty() {
            return Ok(());
        }
        let generation = self.gallery.snapshot()?.generation();
        let entries: Vec<AuditEntry> = changes
            .iter()
            .map(|(change, started)| {
                AuditEntry::Change(ChangeEntry::new(change.clone(), generation, started.elapsed()))
            })
            .collect();
        self.audit.record(&entries).map_err(DatabaseError::Audit)
    }
}
