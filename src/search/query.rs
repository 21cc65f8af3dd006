//! What a search is asked: how many candidates, how similar, among whom, with what effort.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use rayon::ThreadPool;

use super::effort::Effort;
use crate::fingerprint::FingerProbe;
use crate::subject::SubjectId;
use crate::template::FingerPosition;
use crate::units::Score;

/// What to search for: how many, how similar, among whom, on which threads.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub(super) top: NonZeroUsize,
    pub(super) at_least: Score,
    pub(super) within: Option<&'a SubGallery>,
    pub(super) effort: Effort,
    pub(super) pool: Option<&'a ThreadPool>,
}

impl<'a> Search<'a> {
    /// The best `top` citizens of the whole gallery, on rayon's current pool.
    pub const fn top(top: NonZeroUsize) -> Self {
        Self { top, at_least: Score::LOWEST, within: None, effort: Effort::Standard, pool: None }
    }

    /// Only candidates of this score or more.
    #[must_use]
    pub const fn at_least(mut self, score: Score) -> Self {
        self.at_least = score;
        self
    }

    /// Only these citizens. Costs a binary search per citizen and segment, and nothing for the rest.
    #[must_use]
    pub const fn within(mut self, citizens: &'a SubGallery) -> Self {
        self.within = Some(citizens);
        self
    }

    /// With this effort; [`Effort::Standard`] if none is given. It applies to fingers only: a search of faces
    /// is exact.
    #[must_use]
    pub const fn effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// On this pool.
    #[must_use]
    pub const fn on(mut self, pool: &'a ThreadPool) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Runs work on the pool of the search.
    pub(super) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

/// A set of citizens to search among.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubGallery {
    pub(super) citizens: BTreeSet<SubjectId>,
}

impl SubGallery {
    /// How many citizens.
    pub fn len(&self) -> usize {
        self.citizens.len()
    }

    /// Whether it has no citizen: a search finds nobody then.
    pub fn is_empty(&self) -> bool {
        self.citizens.is_empty()
    }
}

impl<S: Into<SubjectId>> FromIterator<S> for SubGallery {
    fn from_iter<I: IntoIterator<Item = S>>(citizens: I) -> Self {
        Self { citizens: citizens.into_iter().map(Into::into).collect() }
    }
}

/// A finger to search for.
#[derive(Clone, Copy, Debug)]
pub struct FingerQuery<'a> {
    /// The finger.
    pub probe: &'a FingerProbe,
    /// Which finger it is. A known finger is compared with references of the same finger and of unknown
    /// position; an unknown one with all references.
    pub position: FingerPosition,
}

/// Whether a probe of one position may be of the same finger as a reference of another.
pub(super) fn may_be_same_finger(probe: FingerPosition, reference: FingerPosition) -> bool {
    match (probe.finger(), reference.finger()) {
        (Some(probe), Some(reference)) => probe == reference,
        _ => true,
    }
}
