//! Maintenance beside commits: checkpoints are written without holding up anybody, and made the gallery
//! in a moment between two commits.

use std::sync::Arc;

use super::apply::Application;
use super::checkpoint::{Context, Draft, Start, draft};
use super::core::Core;
use super::error::GalleryError;
use super::ledger::{Ledger, Recorded};
use super::load::open_attached;
use super::names;
use super::pins::Pins;
use super::plan;
use super::snapshot::Snapshot;
use crate::storage::{StorageError, Witness};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// What is due, if anything is.
    Due,
    /// Rows from memory to segments, joining small segments on the way.
    Flush,
    /// No deleted row in any file, and as few segments as may be.
    Compact,
}

/// Batches of a checkpoint's time above which they are written before commits are held up.
const MANY_BATCHES: usize = 16;

impl Core {
    /// Does a task; whether anything was done.
    ///
    /// # Errors
    /// What stopped it. Unless the writer is poisoned, the gallery is as before.
    pub(super) fn maintain(&self, task: Task) -> Result<bool, GalleryError> {
        let _one = self.maintenance.lock();
        self.remove_superseded()?;
        let Some((start, chosen)) = self.begin(task)? else { return Ok(false) };
        let mut done = self.checkpoint(start, &chosen);
        if task != Task::Compact
            && !chosen.is_empty()
            && matches!(done, Err(GalleryError::Storage(StorageError::NoSpace { .. })))
        {
            // Without room to join segments the log can still be emptied.
            let start = self.held(&mut self.ledger.lock())?.begin_checkpoint();
            done = self.checkpoint(start, &[]);
        }
        if let Some(ledger) = self.ledger.lock().as_mut() {
            ledger.recorded = None;
        }
        done.map(|()| true)
    }

    /// Decides what to do, and begins to record what is committed meanwhile.
    fn begin(&self, task: Task) -> Result<Option<(Start, Vec<u64>)>, GalleryError> {
        let mut guard = self.ledger.lock();
        let ledger = self.held(&mut guard)?;
        let snapshot = &*ledger.snapshot;
        let most = self.options.segment_bytes;
        let is_full = ledger.changes >= self.options.flush_at.max(1);
        let log_is_empty = ledger.changes == 0;
        let mut chosen = match task {
            Task::Due => due(snapshot, is_full, most),
            Task::Flush => (!log_is_empty).then(|| plan::flush(snapshot, most)),
            Task::Compact => {
                let chosen = plan::compaction(snapshot, most);
                (!chosen.is_empty() || !log_is_empty || !snapshot.erasures.is_empty()).then_some(chosen)
            }
        };
        if let Some(chosen) = &mut chosen {
            chosen.sort_unstable();
            chosen.dedup();
            // A segment whose rows cannot be told stays as it is, and stops nobody else's erasure.
            chosen.retain(|number| is_readable(snapshot, *number));
        }
        let Some(chosen) = chosen else { return Ok(None) };
        Ok(Some((ledger.begin_checkpoint(), chosen)))
    }

    fn checkpoint(&self, start: Start, chosen: &[u64]) -> Result<(), GalleryError> {
        let context =
            Context { files: &self.files, options: &self.options, numbers: &self.numbers, pace: &self.pace };
        let mut draft = self.on_own_threads(|| draft(context, start, chosen))?;
        let mut copied = 0;
        // What was committed meanwhile is copied to the new log; the last of it while commits wait.
        loop {
            let more = self.recorded_from(copied)?;
            if more.len() < MANY_BATCHES {
                break;
            }
            copied += more.len();
            for batch in &more {
                draft.log.write(batch)?;
            }
            draft.log.sync()?;
        }
        let mut guard = self.ledger.lock();
        let ledger = self.held(&mut guard)?;
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
                *self.newest.write() = ledger.snapshot.clone();
                self.supersede(superseded);
                // Large files take their time to go, and commits need not wait for it.
                drop(guard);
                self.remove_superseded()
            }
            Err(error) => {
                self.poison(&mut guard, &error);
                Err(error)
            }
        }
    }

    fn recorded_from(&self, copied: usize) -> Result<Vec<crate::storage::Batch>, GalleryError> {
        let mut guard = self.ledger.lock();
        let ledger = self.held(&mut guard)?;
        let recorded = ledger.recorded.as_deref().and_then(|recorded| recorded.get(copied..));
        Ok(recorded.unwrap_or_default().iter().map(|recorded| recorded.batch.clone()).collect())
    }
}

/// What is due: an erasure, a full log, a segment of an earlier version.
fn due(snapshot: &Snapshot, is_full: bool, most: u64) -> Option<Vec<u64>> {
    if !snapshot.erasures.is_empty() {
        let holders = snapshot.erasures.iter().flat_map(|pending| plan::erasure(snapshot, pending.subject).0);
        let holders: Vec<_> = holders.filter(|number| is_readable(snapshot, *number)).collect();
        let stuck = snapshot.erasures.iter().all(|pending| !plan::erasure(snapshot, pending.subject).1);
        if !(holders.is_empty() && stuck) || is_full {
            return Some(holders);
        }
    }
    if is_full {
        return Some(plan::flush(snapshot, most));
    }
    // One at a time: each is a step that need not be made again.
    let outdated = plan::outdated(snapshot).into_iter().find(|number| is_readable(snapshot, *number));
    outdated.map(|number| vec![number])
}

fn is_readable(snapshot: &Snapshot, number: u64) -> bool {
    let of =
        |entry: Option<&super::manifest::SegmentEntry>| entry.is_some_and(|entry| entry.number == number);
    let finger = snapshot.fingers.iter().find(|block| of(block.entry()));
    let face = snapshot.faces.iter().find(|block| of(block.entry()));
    use super::block::Columns;
    finger.is_none_or(|block| block.columns.prove_metas().is_ok())
        && face.is_none_or(|block| block.columns.prove_metas().is_ok())
}

impl Ledger {
    /// What a checkpoint starts from; from now on what is committed is recorded for it.
    fn begin_checkpoint(&mut self) -> Start {
        self.recorded = Some(Vec::new());
        Start {
            snapshot: self.snapshot.clone(),
            head: self.log.head(),
            next_reference: self.next_reference,
            manifest: self.manifest.clone(),
            named: self.named(),
            requests: self.requests.plan(&self.snapshot.erasures),
        }
    }

    /// Names of all files that the gallery is.
    pub(super) fn named(&self) -> Vec<String> {
        named(&self.manifest, &self.snapshot)
    }

    /// Makes a draft the gallery; gives the files that are superfluous then.
    ///
    /// # Errors
    /// What leaves it unknown which files the gallery is.
    fn install(&mut self, draft: Draft, rest: &[Recorded]) -> Result<Vec<String>, GalleryError> {
        let Draft { mut created, manifest, current, line, base, log, requests, superseded } = draft;
        let mut snapshot = base;
        let changes = rest.iter().map(|recorded| recorded.changes.len().max(1)).sum();
        for Recorded { batch, changes } in rest {
            let mut application = Application::new(snapshot);
            let open = |entry: &super::manifest::SegmentEntry| {
                open_attached(&self.files, self.manifest.gallery, entry)
            };
            for change in changes {
                application.change(change, &open)?;
            }
            snapshot = application.finish(&batch.payload)?;
        }
        created.keep();
        current.finish()?;
        self.files.sync()?;
        let generation = snapshot.generation().value();
        self.witness.write(Witness {
            manifest: manifest.number,
            generation,
            log: manifest.log,
            length: log.end(),
            head: log.head(),
            ..self.witness.newest()
        })?;
        self.witness.mark()?;
        // What is attached since is named by the log, and the manifest does not know it.
        let superseded: Vec<_> = {
            let now = named(&manifest, &snapshot);
            superseded.into_iter().filter(|name| !now.contains(name)).collect()
        };
        (self.manifest, self.snapshot, self.log) = (manifest, Arc::new(snapshot), log);
        self.changes = changes;
        let (plan, file) = requests;
        self.requests.planned(plan, file);
        let names = self.named().into_iter().chain([names::CURRENT.to_owned(), names::WITNESS.to_owned()]);
        self.pins = Pins::new(&self.files, self.pins.place(), line, names)?;
        Ok(superseded)
    }
}

/// Names of the files of a manifest, and of segments that the log attaches to it.
pub(super) fn named(manifest: &super::manifest::Manifest, snapshot: &Snapshot) -> Vec<String> {
    let mut names = manifest.files();
    let attached = snapshot.fingers.iter().filter_map(super::block::Block::entry);
    let attached = attached.chain(snapshot.faces.iter().filter_map(super::block::Block::entry));
    for name in attached.map(super::manifest::SegmentEntry::name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
