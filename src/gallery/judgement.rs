//! Submissions judged against the newest state: which can be applied, and the outcome of each.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::apply::{Application, Open};
use super::change::{Change, Staged};
use super::error::GalleryError;
use super::reference::{NewReference, ReferenceId};
use super::request_id::RequestId;
use super::requests::{RequestEntry, Requests};
use super::snapshot::Snapshot;
use super::submission::{Commit, Submission};
use crate::subject::SubjectId;

/// A judged batch, with the outcome of each submission.
pub(super) struct Judged {
    pub(super) application: Application,
    pub(super) changes: Vec<(Change, Vec<NewReference>)>,
    /// For each change of references, the removed ones that existed before the batch.
    pub(super) removed: Vec<Vec<ReferenceId>>,
    pub(super) requests: Vec<RequestEntry>,
    pub(super) payload: Vec<u8>,
    pub(super) outcomes: Vec<Result<Commit, GalleryError>>,
}

/// What submissions are judged by.
pub(super) struct Judge<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) requests: &'a Requests,
    pub(super) open: Open<'a>,
}

impl Judge<'_> {
    /// Applies each submission as a whole or not at all.
    pub(super) fn judge(&self, submissions: &[Arc<Submission>]) -> Judged {
        let mut judged = Judged {
            application: Application::new(self.snapshot.clone()),
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
                self.judge_change(staged, &new, &mut judged, &mut commit)?;
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

    /// The subjects that the snapshot does not know, looked up in parallel if there are many.
    fn new_subjects(&self, staged: &[Staged]) -> HashSet<SubjectId> {
        const MANY: usize = 256;
        if staged.len() < MANY {
            return HashSet::new();
        }
        let mut subjects: Vec<_> = staged.iter().filter_map(Staged::subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let snapshot = self.snapshot;
        let is_new = |subject: &SubjectId| snapshot.citizen(*subject).is_ok_and(|view| view.is_none());
        subjects.into_par_iter().with_min_len(64).filter(is_new).collect()
    }

    fn judge_change(
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
            commit.unchanged.push(subject);
            return Ok(());
        }
        if !matches!(change, Change::References { .. }) && !judged.application.knows(subject)? {
            return Err(GalleryError::UnknownCitizen { citizen: subject });
        }
        let is_status_as_it_was =
            matches!(change, Change::Status { status, .. } if judged.application.status(subject) == status);
        let applied = judged.application.change_once(&mut change, new.contains(&subject), self.open)?;
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
        if is_nothing || is_status_as_it_was {
            commit.unchanged.push(subject);
        }
        if !is_nothing {
            judged.changes.push((change, samples));
            judged.removed.push(applied.removed);
        }
        Ok(())
    }

    fn known_request<'b>(&'b self, id: RequestId, batch: &'b [RequestEntry]) -> Option<&'b RequestEntry> {
        batch.iter().find(|entry| entry.id == id).or_else(|| self.requests.get(id))
    }
}
