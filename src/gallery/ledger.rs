//! What the one writer holds, and how it commits.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::apply::{Application, Attached, Fresh};
use super::change::{AddedColumns, Change, Staged, encode};
use super::checkpoint::{Created, write_fresh};
use super::error::GalleryError;
use super::load::open_attached;
use super::manifest::{Manifest, SegmentEntry};
use super::names;
use super::options::Options;
use super::pins::Pins;
use super::reference::{NewReference, ReferenceId};
use super::requests::{RequestEntry, RequestId, Requests};
use super::snapshot::Snapshot;
use super::submission::{Commit, Submission};
use crate::storage::{Batch, Files, Lock, Log, Record, Witness, WitnessFile};
use crate::subject::SubjectId;

/// The numbers that the next reference and the next file get.
#[derive(Debug)]
pub(super) struct Numbers {
    reference: AtomicU64,
    file: AtomicU64,
}

impl Numbers {
    pub(super) fn new(reference: u64, file: u64) -> Self {
        Self { reference: AtomicU64::new(reference), file: AtomicU64::new(file) }
    }

    /// The first of so many new reference numbers.
    pub(super) fn references(&self, count: usize) -> u64 {
        self.reference.fetch_add(count as u64, Ordering::Relaxed)
    }

    /// A new file number.
    pub(super) fn file(&self) -> u64 {
        self.file.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn next_file(&self) -> u64 {
        self.file.load(Ordering::Relaxed)
    }
}

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
    /// Held as long as the rest.
    pub(super) _lock: Box<dyn Lock>,
}

/// A batch that is judged, and what becomes of each submission.
struct Judged {
    application: Application,
    changes: Vec<(Change, Vec<NewReference>)>,
    /// For each change of references those removed that were there before the batch.
    removed: Vec<Vec<ReferenceId>>,
    requests: Vec<RequestEntry>,
    payload: Vec<u8>,
    outcomes: Vec<Result<Commit, GalleryError>>,
}

impl Ledger {
    /// Makes durable what of the submissions can be applied, in their order, and then visible. Each gets its own
    /// outcome.
    ///
    /// # Errors
    /// What leaves the log unknown: the writer is then of no more use.
    pub(super) fn commit(
        &mut self,
        submissions: &[Arc<Submission>],
        numbers: &Numbers,
        options: &Options,
        publish: impl FnOnce(&Arc<Snapshot>),
    ) -> Result<(), GalleryError> {
        let log_name = names::log(self.manifest.log);
        self.pins.check(&self.files, (&log_name, &self.log), &self.witness)?;
        let mut judged = self.judge(submissions);
        let generation = self.snapshot.generation().value() + 1;
        if judged.changes.is_empty() && judged.requests.is_empty() && judged.payload.is_empty() {
            settle(submissions, judged.outcomes);
            return Ok(());
        }
        let added = judged.changes.iter().map(|(_, samples)| samples.len()).sum::<usize>();
        if added >= options.flush_at.max(1)
            && let Err(error) = self.attach(&mut judged, numbers, options)
        {
            // Nothing is in the log: the next commit may do better.
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
        // Durable by now. Here first: whoever follows the files of this process's own writer comes here.
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

    /// Applies each submission as a whole or not at all.
    fn judge(&self, submissions: &[Arc<Submission>]) -> Judged {
        let mut judged = Judged {
            application: Application::new((*self.snapshot).clone()),
            changes: Vec::new(),
            removed: Vec::new(),
            requests: Vec::new(),
            payload: Vec::new(),
            outcomes: Vec::new(),
        };
        for submission in submissions {
            let staged = std::mem::take(&mut *submission.changes.lock());
            let new = self.new_subjects(&staged);
            let before = (judged.application.clone(), judged.changes.len(), judged.requests.len());
            let judging = staged.into_iter().try_fold(Commit::default(), |mut commit, staged| {
                self.judge_one(staged, &new, &mut judged, &mut commit)?;
                Ok(commit)
            });
            let generation = self.snapshot.generation().value();
            let outcome = judging.map(|commit| {
                let made = judged.changes.len() > before.1
                    || judged.requests.len() > before.2
                    || !submission.payload.is_empty();
                // A submission of repeated requests only was committed when they were first made.
                let generation = match (made, commit.generation) {
                    (true, _) => generation + 1,
                    (false, 0) => generation,
                    (false, first) => first,
                };
                Commit { generation, ..commit }
            });
            match &outcome {
                Ok(_) if !submission.payload.is_empty() => judged.payload.clone_from(&submission.payload),
                Ok(_) => {}
                Err(_) => {
                    judged.application = before.0;
                    judged.changes.truncate(before.1);
                    judged.removed.truncate(before.1);
                    judged.requests.truncate(before.2);
                }
            }
            judged.outcomes.push(outcome);
        }
        judged
    }

    /// The subjects of whom the snapshot has nothing, if there are many to look up.
    fn new_subjects(&self, staged: &[Staged]) -> HashSet<SubjectId> {
        const MANY: usize = 256;
        if staged.len() < MANY {
            return HashSet::new();
        }
        let mut subjects: Vec<_> = staged.iter().filter_map(Staged::subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let snapshot = &*self.snapshot;
        let is_new = |subject: &SubjectId| snapshot.citizen(*subject).is_ok_and(|view| view.is_none());
        subjects.into_par_iter().with_min_len(64).filter(is_new).collect()
    }

    fn judge_one(
        &self,
        staged: Staged,
        new: &HashSet<SubjectId>,
        judged: &mut Judged,
        commit: &mut Commit,
    ) -> Result<(), GalleryError> {
        let Some(subject) = staged.subject() else { return Ok(()) };
        let content = staged.request.map(|_| staged.content());
        let Staged { mut change, samples, request } = staged;
        let asked: Vec<_> = match &change {
            Change::References { added, .. } => added.iter().map(|added| added.meta.reference()).collect(),
            _ => Vec::new(),
        };
        if let (Some(id), Some(content)) = (request, content)
            && let Some(entry) = self.known_request(id, &judged.requests)
        {
            if entry.content != content {
                return Err(GalleryError::RequestConflict { request: id });
            }
            commit.replaced.extend(asked.into_iter().zip(entry.references.iter().copied()));
            commit.generation = commit.generation.max(entry.generation);
            commit.repeated += 1;
            return Ok(());
        }
        if !matches!(change, Change::References { .. }) && !judged.application.knows(subject)? {
            return Err(GalleryError::UnknownCitizen { citizen: subject });
        }
        let open = |entry: &SegmentEntry| self.open(entry);
        let applied = judged.application.change_once(&mut change, new.contains(&subject), &open)?;
        let pairs = asked.iter().copied().zip(applied.references.iter().copied());
        commit.replaced.extend(pairs.clone().filter(|(asked, held)| asked != held));
        let kept = pairs.zip(samples).filter(|((asked, held), _)| asked == held).map(|(_, sample)| sample);
        let samples: Vec<_> = kept.collect();
        if let (Some(id), Some(content)) = (request, content) {
            let references = applied.references;
            // The generation is known when the batch is.
            judged.requests.push(RequestEntry { id, content, subject, generation: 0, references });
        }
        let is_nothing = matches!(&change, Change::References { removed, added, .. } if removed.is_empty() && added.is_empty());
        if !is_nothing {
            judged.changes.push((change, samples));
            judged.removed.push(applied.removed);
        }
        Ok(())
    }

    fn known_request<'a>(&'a self, id: RequestId, batch: &'a [RequestEntry]) -> Option<&'a RequestEntry> {
        batch.iter().find(|entry| entry.id == id).or_else(|| self.requests.get(id))
    }

    pub(super) fn open(&self, entry: &SegmentEntry) -> Result<Attached, GalleryError> {
        open_attached(&self.files, self.manifest.gallery, entry)
    }

    /// Writes the rows that a batch adds as segments, so that the log only has to name them.
    fn attach(
        &mut self,
        judged: &mut Judged,
        numbers: &Numbers,
        options: &Options,
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
        // What is left of the other changes: what they do to rows that were there.
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
}

/// The rows of a batch by their kind.
fn bulk_rows(fresh: Fresh) -> super::checkpoint::FreshRows {
    let mut rows = super::checkpoint::FreshRows::default();
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
