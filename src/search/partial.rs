//! What one thread has found so far for one query.

use super::query::Search;
use super::result::{Found, Hit, Seen};
use super::top::Top;
use crate::gallery::{ReferenceId, ReferenceMeta};
use crate::units::Score;

/// What has been found so far for one query.
pub(super) struct Partial {
    top: Top,
    compared: u64,
    damaged: Vec<ReferenceId>,
}

impl Partial {
    pub(super) fn new(search: &Search<'_>) -> Self {
        Self { top: Top::new(search.top), compared: 0, damaged: Vec::new() }
    }

    pub(super) fn compared(&mut self, hit: Hit, search: &Search<'_>) {
        self.compared += 1;
        if hit.score >= search.at_least {
            self.top.push(hit);
        }
    }

    /// References that were compared and cannot be among the hits.
    pub(super) fn passed(&mut self, count: u64) {
        self.compared += count;
    }

    /// The least score that can still be among the hits, if there are enough to tell.
    pub(super) fn least(&mut self) -> Option<Score> {
        self.top.least()
    }

    pub(super) fn damaged(&mut self, meta: &ReferenceMeta) {
        self.damaged.push(meta.reference());
    }

    pub(super) fn merge(mut self, mut other: Self) -> Self {
        self.damaged.append(&mut other.damaged);
        Self {
            top: self.top.merge(other.top),
            compared: self.compared + other.compared,
            damaged: self.damaged,
        }
    }

    pub(super) fn finish(mut self, is_sound: impl Fn(&Hit) -> bool) -> Found {
        let mut hits = self.top.into_sorted();
        hits.retain(|hit| {
            let sound = is_sound(hit);
            if !sound {
                self.damaged.push(hit.reference);
            }
            sound
        });
        self.damaged.sort_unstable();
        self.damaged.dedup();
        Found { hits, compared: self.compared, seen: Seen::in_full(self.compared), damaged: self.damaged }
    }
}
