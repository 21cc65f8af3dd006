//! Maintenance: checkpoints are written while commits go on, and replace the gallery's files between two
//! commits.

use super::checkpoint::{Context, Start, write_draft};
use super::error::GalleryError;
use super::held_gallery::HeldGallery;
use super::names;
use super::rewrites;
use super::snapshot::Snapshot;
use crate::storage::{Batch, StorageError};

/// A task of maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// What is due, if anything is.
    Due,
    /// Moves rows from memory to segments, and joins small segments.
    Flush,
    /// Removes deleted rows from all files, and joins segments where possible.
    Compact,
}

/// Batches of a checkpoint's time above which they are written before commits are held up.
const MANY_BATCHES: usize = 16;

/// Runs a task; returns whether there was anything to do.
///
/// # Errors
/// The error that stopped it. Unless the writer is poisoned, the gallery is unchanged.
pub(super) fn maintain(held: &HeldGallery, task: Task) -> Result<bool, GalleryError> {
    let _one = held.checkpoint.lock();
    held.remove_superseded()?;
    let Some((start, chosen)) = begin(held, task)? else { return Ok(false) };
    let mut done = checkpoint(held, start, &chosen);
    if task != Task::Compact
        && !chosen.is_empty()
        && matches!(done, Err(GalleryError::Storage(StorageError::NoSpace { .. })))
    {
        // Without room to join segments the log can still be emptied.
        let start = held.held(&mut held.ledger.lock())?.begin_checkpoint();
        done = checkpoint(held, start, &[]);
    }
    if let Some(ledger) = held.ledger.lock().as_mut() {
        ledger.recorded = None;
    }
    done.map(|()| true)
}

/// Decides what to do, and begins to record what is committed meanwhile.
fn begin(held: &HeldGallery, task: Task) -> Result<Option<(Start, Vec<u64>)>, GalleryError> {
    let mut guard = held.ledger.lock();
    let ledger = held.held(&mut guard)?;
    let snapshot = &*ledger.snapshot;
    let most = held.options.segment_bytes;
    let is_full = ledger.changes >= held.options.flush_at.max(1);
    let log_is_empty = ledger.changes == 0;
    let mut chosen = match task {
        Task::Due => due(snapshot, is_full, most),
        Task::Flush => (!log_is_empty).then(|| rewrites::choose_for_flush(snapshot, most)),
        Task::Compact => {
            let chosen = rewrites::choose_for_compaction(snapshot, most);
            (!chosen.is_empty() || !log_is_empty || !snapshot.erasures.is_empty()).then_some(chosen)
        }
    };
    if let Some(chosen) = &mut chosen {
        chosen.sort_unstable();
        chosen.dedup();
        // A segment whose metas are damaged stays as it is, and does not block the erasure of subjects
        // elsewhere.
        chosen.retain(|number| is_readable(snapshot, *number));
    }
    let Some(chosen) = chosen else { return Ok(None) };
    Ok(Some((ledger.begin_checkpoint(), chosen)))
}

fn checkpoint(held: &HeldGallery, start: Start, chosen: &[u64]) -> Result<(), GalleryError> {
    let segments = chosen.len();
    let _checkpoint = tracing::debug_span!(target: "biomatch", "checkpoint", segments).entered();
    let context =
        Context { files: &held.files, options: &held.options, numbers: &held.numbers, pace: &held.pace };
    let merge = tracing::debug_span!(target: "biomatch", "merge", segments);
    let mut draft = merge.in_scope(|| held.on_own_threads(|| write_draft(context, start, chosen)))?;
    let mut copied = 0;
    // Batches that were committed meanwhile are copied to the new log; the last of them while commits wait.
    loop {
        let more = recorded_from(held, copied)?;
        if more.len() < MANY_BATCHES {
            break;
        }
        copied += more.len();
        for batch in &more {
            draft.log.write(batch)?;
        }
        draft.log.sync()?;
    }
    let mut guard = held.ledger.lock();
    let ledger = held.held(&mut guard)?;
    let rest = ledger.recorded.take().unwrap_or_default();
    for recorded in rest.get(copied..).unwrap_or_default() {
        draft.log.write(&recorded.batch)?;
    }
    if rest.len() > copied {
        draft.log.sync()?;
    }
    let log_name = names::log(ledger.manifest.log);
    ledger.pins.check(&ledger.files, (&log_name, &ledger.log), &ledger.witness)?;
    let installed = ledger.install(draft, &rest);
    match installed {
        Ok(superseded) => {
            held.publish(&ledger.snapshot);
            held.supersede(superseded);
            // Large files take their time to go, and commits need not wait for it.
            drop(guard);
            held.remove_superseded()
        }
        Err(error) => {
            held.poison(&mut guard, &error);
            Err(error)
        }
    }
}

fn recorded_from(held: &HeldGallery, copied: usize) -> Result<Vec<Batch>, GalleryError> {
    let mut guard = held.ledger.lock();
    let ledger = held.held(&mut guard)?;
    let recorded = ledger.recorded.as_deref().and_then(|recorded| recorded.get(copied..));
    Ok(recorded.unwrap_or_default().iter().map(|recorded| recorded.batch.clone()).collect())
}

/// What is due: an erasure, a full log, a segment of an earlier version.
fn due(snapshot: &Snapshot, is_full: bool, most: u64) -> Option<Vec<u64>> {
    if !snapshot.erasures.is_empty() {
        let holders =
            snapshot.erasures.iter().flat_map(|pending| rewrites::find_holders(snapshot, pending.subject).0);
        let holders: Vec<_> = holders.filter(|number| is_readable(snapshot, *number)).collect();
        let stuck =
            snapshot.erasures.iter().all(|pending| !rewrites::find_holders(snapshot, pending.subject).1);
        if !(holders.is_empty() && stuck) || is_full {
            return Some(holders);
        }
    }
    if is_full {
        return Some(rewrites::choose_for_flush(snapshot, most));
    }
    // One per run: a segment that is rewritten need not be rewritten again.
    let outdated =
        rewrites::find_outdated(snapshot).into_iter().find(|number| is_readable(snapshot, *number));
    outdated.map(|number| vec![number])
}

fn is_readable(snapshot: &Snapshot, number: u64) -> bool {
    let of =
        |entry: Option<&super::manifest::SegmentEntry>| entry.is_some_and(|entry| entry.number == number);
    let finger = snapshot.fingers.iter().find(|block| of(block.entry()));
    let face = snapshot.faces.iter().find(|block| of(block.entry()));
    use super::columns::Columns;
    finger.is_none_or(|block| block.columns.prove_metas().is_ok())
        && face.is_none_or(|block| block.columns.prove_metas().is_ok())
}
