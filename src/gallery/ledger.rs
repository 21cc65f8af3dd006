//! The ledger: what the one writer holds, and how it commits.

use std::sync::Arc;

use rayon::prelude::*;

use super::apply::{Application, Attached, Fresh};
use super::change::{AddedColumns, Change, encode};
use super::checkpoint::{Created, Draft, FreshRows, Start, write_fresh};
use super::error::GalleryError;
use super::judgement::{Judge, Judged};
use super::load::{all_file_names, open_attached};
use super::manifest::{Manifest, SegmentEntry};
use super::names;
use super::numbers::Numbers;
use super::options::GalleryOptions;
use super::pins::Pins;
use super::requests::{RequestEntry, Requests};
use super::snapshot::Snapshot;
use super::submission::{Commit, Submission};
use crate::storage::{Batch, Files, Lock, Log, Record, Witness, WitnessFile};

/// A batch that was committed while a checkpoint was being written.
pub(super) struct Recorded {
    pub(super) batch: Batch,
    pub(super) changes: Vec<Change>,
}

/// The state, the log and the witness of the one writer.
pub(super) struct Ledger {
    pub(super) files: Files,
    pub(super) manifest: Manifest,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) log: Log,
    pub(super) witness: WitnessFile,
    pub(super) pins: Pins,
    pub(super) requests: Requests,
    /// Changes and references in the log.
    pub(super) changes: usize,
    /// Above every reference that was committed.
    pub(super) next_reference: u64,
    /// What was committed since the checkpoint that is being written began.
    pub(super) recorded: Option<Vec<Recorded>>,
    /// Held as long as the ledger.
    pub(super) _lock: Box<dyn Lock>,
}

impl Ledger {
    /// Makes all submissions that can be applied durable, in their order, and then visible. Each submission
    /// gets its own outcome.
    ///
    /// # Errors
    /// An error that leaves the log unknown: the writer must stop.
    pub(super) fn commit(
        &mut self,
        submissions: &[Arc<Submission>],
        numbers: &Numbers,
        options: &GalleryOptions,
        publish: impl FnOnce(&Arc<Snapshot>),
    ) -> Result<(), GalleryError> {
        let span = tracing::debug_span!(
            target: "biomatch",
            "commit",
            submissions = submissions.len(),
            changes = tracing::field::Empty,
            generation = tracing::field::Empty,
        );
        let _commit = span.enter();
        let log_name = names::log(self.manifest.log);
        self.pins.check(&self.files, (&log_name, &self.log), &self.witness)?;
        let open = |entry: &SegmentEntry| self.open(entry);
        let judge = Judge { snapshot: &self.snapshot, requests: &self.requests, open: &open };
        let mut judged = judge.judge(submissions);
        let generation = self.snapshot.generation().value() + 1;
        if judged.changes.is_empty() && judged.requests.is_empty() && judged.payload.is_empty() {
            settle(submissions, judged.outcomes);
            return Ok(());
        }
        span.record("changes", judged.changes.len());
        span.record("generation", generation);
        let added = judged.changes.iter().map(|(_, samples)| samples.len()).sum::<usize>();
        if added >= options.flush_at.max(1)
            && let Err(error) = self.attach(&mut judged, numbers, options)
        {
            // Nothing is in the log: the next commit may succeed.
            let outcomes = judged.outcomes.into_iter().map(|outcome| outcome.and(Err(error.clone())));
            settle(submissions, outcomes.collect());
            return Ok(());
        }
        let Judged { application, changes, requests, payload, outcomes, .. } = judged;
        // Applied first, so that the log never has a batch that cannot be.
        let next = application.finish(&payload)?;
        let requests: Vec<_> =
            requests.into_iter().map(|entry| RequestEntry { generation, ..entry }).collect();
        let notes = requests.iter().cloned().map(|entry| (Change::Request(entry), Vec::new()));
        let changes: Vec<_> = changes.into_iter().chain(notes).collect();
        let records: Vec<Record> = changes
            .par_iter()
            .with_min_len(16)
            .map(|(change, samples)| encode(change, &samples.iter().collect::<Vec<_>>()))
            .collect();
        let batch = Batch { generation, records, payload };
        self.log.append(&batch)?;
        self.pins.check(&self.files, (&log_name, &self.log), &self.witness)?;
        self.witness.write(Witness {
            manifest: self.manifest.number,
            generation,
            log: self.manifest.log,
            length: self.log.end(),
            head: self.log.head(),
            ..self.witness.newest()
        })?;
        self.pins.check_names(&self.files)?;
        self.snapshot = Arc::new(next);
        // Durable by now. Published first: readers of this process take the state from here, not from the
        // files.
        publish(&self.snapshot);
        self.witness.mark()?;
        // A batch without changes takes room in the log as well.
        self.changes += changes.len().max(1);
        for (change, _) in &changes {
            match change {
                Change::References { added, .. } => {
                    self.changes += added.len();
                    let last = added.iter().map(|added| added.meta.reference().value() + 1).max();
                    self.next_reference = self.next_reference.max(last.unwrap_or(0));
                }
                Change::Attach { next_reference, .. } => {
                    self.next_reference = self.next_reference.max(*next_reference);
                }
                _ => {}
            }
        }
        requests.into_iter().for_each(|entry| self.requests.push(entry));
        if let Some(recorded) = &mut self.recorded {
            let changes = changes.into_iter().map(|(change, _)| change).collect();
            recorded.push(Recorded { batch, changes });
        }
        settle(submissions, outcomes);
        Ok(())
    }

    pub(super) fn open(&self, entry: &SegmentEntry) -> Result<Attached, GalleryError> {
        open_attached(&self.files, self.manifest.gallery, entry)
    }

    /// Writes the rows that a batch adds as segments, so that the log only has to name them.
    fn attach(
        &mut self,
        judged: &mut Judged,
        numbers: &Numbers,
        options: &GalleryOptions,
    ) -> Result<(), GalleryError> {
        let fresh = judged.application.take_fresh();
        let next_reference =
            fresh.values().map(|added| added.meta.reference().value() + 1).max().unwrap_or(0);
        let mut created = Created::new(&self.files);
        let place = (self.manifest.gallery, numbers, options);
        let written = write_fresh(&self.files, place, &self.snapshot.code_model, bulk_rows(fresh))?;
        let mut segments = Vec::new();
        for segment in written {
            created.note(segment.entry.name())?;
            segment.file.finish()?;
            segments.push(segment.entry);
        }
        self.files.sync()?;
        // The other changes keep only what they do to rows that existed before.
        for ((change, samples), existing) in judged.changes.iter_mut().zip(&judged.removed) {
            if let Change::References { removed, added, .. } = change {
                removed.clone_from(existing);
                added.clear();
                samples.clear();
            }
        }
        judged.changes.retain(|(change, _)| {
            !matches!(change, Change::References { removed, added, .. } if removed.is_empty() && added.is_empty())
        });
        let change = Change::Attach { segments, next_reference };
        let open = |entry: &SegmentEntry| self.open(entry);
        judged.application.change(&change, &open)?;
        if let Change::Attach { segments, .. } = &change {
            for segment in segments {
                self.pins.add(&self.files, segment.name())?;
            }
        }
        judged.changes.push((change, Vec::new()));
        created.keep();
        Ok(())
    }

    /// What a checkpoint starts from; from now on what is committed is recorded for it.
    pub(super) fn begin_checkpoint(&mut self) -> Start {
        self.recorded = Some(Vec::new());
        Start {
            snapshot: self.snapshot.clone(),
            head: self.log.head(),
            next_reference: self.next_reference,
            manifest: self.manifest.clone(),
            named: self.file_names(),
            requests: self.requests.plan(&self.snapshot.erasures),
        }
    }

    /// The names of all files of the gallery.
    pub(super) fn file_names(&self) -> Vec<String> {
        all_file_names(&self.manifest, &self.snapshot)
    }

    /// Makes a draft the gallery; returns the files that it supersedes.
    ///
    /// # Errors
    /// An error that leaves unknown which files are the gallery.
    pub(super) fn install(&mut self, draft: Draft, rest: &[Recorded]) -> Result<Vec<String>, GalleryError> {
        let Draft { mut created, manifest, current, line, base, log, requests, superseded } = draft;
        let mut snapshot = base;
        let changes = rest.iter().map(|recorded| recorded.changes.len().max(1)).sum();
        for Recorded { batch, changes } in rest {
            let mut application = Application::new(snapshot);
            let open = |entry: &SegmentEntry| self.open(entry);
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
            let now = all_file_names(&manifest, &snapshot);
            superseded.into_iter().filter(|name| !now.contains(name)).collect()
        };
        (self.manifest, self.snapshot, self.log) = (manifest, Arc::new(snapshot), log);
        self.changes = changes;
        let (plan, file) = requests;
        self.requests.apply_plan(plan, file);
        let names =
            self.file_names().into_iter().chain([names::CURRENT.to_owned(), names::WITNESS.to_owned()]);
        self.pins = Pins::new(&self.files, self.pins.place(), line, names)?;
        Ok(superseded)
    }
}

/// The rows of a batch by their kind.
fn bulk_rows(fresh: Fresh) -> FreshRows {
    let mut rows = FreshRows::default();
    for added in fresh.into_values() {
        match added.columns {
            AddedColumns::Finger(finger) => rows.fingers.push((added.meta, finger)),
            AddedColumns::Face { model, dimension, vector } => {
                rows.faces.entry((model, dimension)).or_default().push((added.meta, vector));
            }
        }
    }
    rows
}

fn settle(submissions: &[Arc<Submission>], outcomes: Vec<Result<Commit, GalleryError>>) {
    for (submission, outcome) in submissions.iter().zip(outcomes) {
        submission.settle(outcome);
    }
}
