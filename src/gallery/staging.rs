//! What one writer has staged, and the commits of it that are under way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use super::error::GalleryError;
use super::snapshot::Snapshot;
use super::stage::Stage;
use super::submission::{Commit, Submission};

/// The staged changes of a writer, and its submissions.
pub(super) struct Staging {
    pub(super) stage: Stage,
    /// Submissions under way, with the number of changes that are staged when they are done.
    under_way: VecDeque<(u64, Arc<Submission>)>,
    /// Why the last submission was not committed, for another thread whose changes were in it than the one that
    /// was told.
    lost: Option<(ThreadId, GalleryError)>,
}

/// Submissions of other threads with changes of this writer.
pub(super) struct Others {
    /// The newest submission that is under way.
    pub(super) newest: Option<Arc<Submission>>,
    /// Why a submission with changes of this thread was not committed.
    pub(super) lost: Option<GalleryError>,
}

impl Staging {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        Self { stage: Stage::new(snapshot), under_way: VecDeque::new(), lost: None }
    }

    /// Takes what is staged as a submission, with the number of changes that were ever staged; `None` if there
    /// is nothing to commit.
    pub(super) fn begin_commit(&mut self, payload: &[u8]) -> Option<(u64, Arc<Submission>)> {
        let pending = std::mem::take(&mut self.stage.pending);
        let goal = self.stage.staged;
        if pending.is_empty() && payload.is_empty() {
            return None;
        }
        let submission = Arc::new(Submission::new(pending, payload.to_vec()));
        self.under_way.push_back((goal, submission.clone()));
        Some((goal, submission))
    }

    /// Takes note of the outcome of a submission.
    pub(super) fn end_commit(
        &mut self,
        (goal, submission): (u64, &Arc<Submission>),
        outcome: &Result<Commit, GalleryError>,
        newest: &Snapshot,
    ) {
        self.under_way.retain(|(_, other)| !Arc::ptr_eq(other, submission));
        match outcome {
            Ok(_) => self.stage.forget_published(goal),
            // The changes are gone, and so is what they made of the stage.
            Err(error) => {
                self.stage.forget_lost(goal, newest);
                self.lost = Some((thread::current().id(), error.clone()));
            }
        }
    }

    /// Submissions of other threads. An error that this thread did not get is returned once.
    pub(super) fn others(&mut self) -> Others {
        let newest = self.under_way.back().map(|(_, submission)| submission.clone());
        let told = thread::current().id();
        let lost = self.lost.take_if(|(thread, _)| *thread != told).map(|(_, error)| error);
        Others { newest, lost }
    }
}
