//! Submissions: changes that a writer hands over to be committed, and their outcome.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::change::Staged;
use super::error::GalleryError;
use super::reference::{Generation, ReferenceId};
use crate::subject::SubjectId;

/// Changes that are committed together or not at all.
pub(super) struct Submission {
    pub(super) changes: Mutex<Vec<Staged>>,
    pub(super) payload: Vec<u8>,
    pub(super) outcome: Mutex<Option<Result<Commit, GalleryError>>>,
}

impl Submission {
    pub(super) fn new(changes: Vec<Staged>, payload: Vec<u8>) -> Self {
        Self { changes: Mutex::new(changes), payload, outcome: Mutex::new(None) }
    }

    /// Sets the outcome, unless it is set.
    pub(super) fn settle(&self, outcome: Result<Commit, GalleryError>) {
        self.outcome.lock().get_or_insert(outcome);
    }
}

/// A commit that is durable and visible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    pub(super) generation: u64,
    /// For references that were staged and not stored, those that hold the same.
    pub(super) replaced: HashMap<ReferenceId, ReferenceId>,
    pub(super) repeated: usize,
    pub(super) unchanged: Vec<SubjectId>,
}

impl Commit {
    /// The generation from which on the changes are visible; that of the first commit if every change was a
    /// repeated request.
    pub const fn generation(&self) -> Generation {
        Generation::new(self.generation)
    }

    /// The reference that holds a capture that was staged under `reference`: itself, or another one if the
    /// subject had the same capture already or the request was repeated.
    pub fn reference(&self, reference: ReferenceId) -> ReferenceId {
        self.replaced.get(&reference).copied().unwrap_or(reference)
    }

    /// References that were staged and not stored, because others hold the same captures.
    pub fn not_stored(&self) -> usize {
        self.replaced.len()
    }

    /// The subject of each change that changed nothing: a repeated request, captures that the subject had
    /// already, the status that the subject had.
    pub fn unchanged(&self) -> &[SubjectId] {
        &self.unchanged
    }

    /// Requests that were repeated and changed nothing.
    pub const fn repeated_requests(&self) -> usize {
        self.repeated
    }
}
