//! What a database has done since it was opened.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::{Decision, DecisionRecord, SearchRecord};

/// What a database has done since it was opened, by all its handles in this process. Each number only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Claims that were accepted.
    pub claims_accepted: u64,
    /// Claims that were rejected.
    pub claims_rejected: u64,
    /// Claims that were referred.
    pub claims_referred: u64,
    /// Claims that failed: no decision was made, or it could not be recorded.
    pub claims_failed: u64,
    /// Searches that gave a record.
    pub searches: u64,
    /// Searches of them that gave at least one candidate.
    pub searches_with_candidates: u64,
    /// Searches that failed.
    pub searches_failed: u64,
    /// References that claims and searches compared, those that a filter spared included.
    pub comparisons: u64,
    /// Commits through writers of this database that were acknowledged.
    pub commits: u64,
    /// Commits that failed.
    pub commits_failed: u64,
}

/// [`Counters`] that threads count together.
#[derive(Debug, Default)]
pub(super) struct Counting {
    claims_accepted: AtomicU64,
    claims_rejected: AtomicU64,
    claims_referred: AtomicU64,
    claims_failed: AtomicU64,
    searches: AtomicU64,
    searches_with_candidates: AtomicU64,
    searches_failed: AtomicU64,
    comparisons: AtomicU64,
    commits: AtomicU64,
    commits_failed: AtomicU64,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

impl Counting {
    pub(super) fn claim<E>(&self, result: &Result<DecisionRecord, E>) {
        let Ok(record) = result else { return add(&self.claims_failed, 1) };
        let counter = match record.decision {
            Decision::Accept => &self.claims_accepted,
            Decision::Reject => &self.claims_rejected,
            Decision::Refer(_) => &self.claims_referred,
        };
        add(counter, 1);
        add(&self.comparisons, record.comparisons.len() as u64);
    }

    pub(super) fn searches<E>(&self, requests: usize, result: &Result<Vec<SearchRecord>, E>) {
        let Ok(records) = result else { return add(&self.searches_failed, requests as u64) };
        add(&self.searches, records.len() as u64);
        let found = records.iter().filter(|record| !record.candidates.is_empty()).count();
        add(&self.searches_with_candidates, found as u64);
        add(&self.comparisons, records.iter().map(|record| record.compared).sum());
    }

    pub(super) fn commit<R, E>(&self, result: &Result<R, E>) {
        add(if result.is_ok() { &self.commits } else { &self.commits_failed }, 1);
    }

    pub(super) fn read(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            claims_accepted: read(&self.claims_accepted),
            claims_rejected: read(&self.claims_rejected),
            claims_referred: read(&self.claims_referred),
            claims_failed: read(&self.claims_failed),
            searches: read(&self.searches),
            searches_with_candidates: read(&self.searches_with_candidates),
            searches_failed: read(&self.searches_failed),
            comparisons: read(&self.comparisons),
            commits: read(&self.commits),
            commits_failed: read(&self.commits_failed),
        }
    }
}
