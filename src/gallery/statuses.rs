//! Subjects that are not active.

use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

use super::reference::Status;
use crate::subject::SubjectId;

/// The subjects that are not active. Those of the tombstone file lie in order; changes since are in a
/// persistent map, so that a change costs the logarithm of their number and snapshots share the rest.
#[derive(Clone)]
pub(super) struct Statuses {
    base: Arc<[(SubjectId, Status)]>,
    changed: RedBlackTreeMapSync<SubjectId, Status>,
}

impl Default for Statuses {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Statuses {
    /// From subjects that ascend.
    pub(super) fn new(base: Vec<(SubjectId, Status)>) -> Self {
        Self { base: base.into(), changed: RedBlackTreeMapSync::new_sync() }
    }

    fn in_base(&self, subject: SubjectId) -> Option<Status> {
        let at = self.base.binary_search_by_key(&subject, |entry| entry.0).ok()?;
        self.base.get(at).map(|entry| entry.1)
    }

    /// A subject's status, if it is not active.
    pub(super) fn get(&self, subject: SubjectId) -> Option<Status> {
        let status = self.changed.get(&subject).copied().or_else(|| self.in_base(subject));
        status.filter(|status| *status != Status::Active)
    }

    pub(super) fn set(&mut self, subject: SubjectId, status: Status) {
        if self.in_base(subject).unwrap_or_default() == status {
            self.changed.remove_mut(&subject);
        } else {
            self.changed.insert_mut(subject, status);
        }
    }

    /// All subjects that are not active, ascending.
    pub(super) fn to_vec(&self) -> Vec<(SubjectId, Status)> {
        let kept = self.base.iter().filter(|(subject, _)| !self.changed.contains_key(subject)).copied();
        let changed = self.changed.iter().map(|(subject, status)| (*subject, *status));
        let mut all: Vec<_> = kept.chain(changed.filter(|entry| entry.1 != Status::Active)).collect();
        all.sort_unstable_by_key(|entry| entry.0);
        all
    }
}
