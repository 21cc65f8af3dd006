//! The audit of changes.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::gallery::{Gallery, GalleryError, Recovery};

use super::{Audit, AuditEntry, AuditEvent, DatabaseError};

/// Changes that are staged and not yet recorded.
///
/// They are recorded together before the commit that makes them, so that no change is acknowledged
/// without an entry. A commit of another thread may make a change before its entry is kept: it is
/// acknowledged by its own commit only.
pub(super) struct ChangeRecord {
    pub(super) audit: Arc<dyn Audit>,
    pub(super) finger_calibration: String,
    pub(super) gallery: Gallery,
    pub(super) staged: Mutex<Vec<(AuditEvent<'static>, Instant)>>,
}

impl ChangeRecord {
    /// Changes were staged, each with the time at which that began.
    pub(super) fn stage(&self, events: impl Iterator<Item = (AuditEvent<'static>, Instant)>) {
        self.staged.lock().extend(events);
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
                let failed = AuditEvent::CommitFailed { changes, error: error.to_string() };
                // The caller is told of the disk's failure; that it could not be recorded adds nothing.
                let _ = self.record(&[(failed, started)]);
            }
            error.into()
        })
    }

    /// Records what the writer had to settle when it took the gallery.
    pub(super) fn recovered(&self, recovery: &Recovery) -> Result<(), DatabaseError> {
        let event = AuditEvent::Recover {
            kept_batches: recovery.kept_batches,
            cut_bytes: recovery.cut_bytes,
            set_aside: recovery.set_aside.clone(),
            removed_files: recovery.removed_files.clone(),
            migrated: recovery.migrated,
        };
        self.record(&[(event, Instant::now())])
    }

    fn record(&self, events: &[(AuditEvent<'static>, Instant)]) -> Result<(), DatabaseError> {
        if events.is_empty() {
            return Ok(());
        }
        let generation = self.gallery.snapshot()?.generation().value();
        let entries: Vec<AuditEntry<'_>> = events
            .iter()
            .map(|(event, started)| AuditEntry {
                event: event.clone(),
                generation,
                engine: env!("CARGO_PKG_VERSION"),
                finger_calibration: &self.finger_calibration,
                took: started.elapsed(),
            })
            .collect();
        self.audit.record_all(&entries).map_err(DatabaseError::Audit)
    }
}
