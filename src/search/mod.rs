//! 1:N search over a snapshot.
//!
//! Every live reference that a query may match takes part, in parallel, in one pass for any number of
//! queries. Faces are found as if each were compared; fingers as the [`Effort`] says. Results do not depend on the number of threads, on how the gallery
//! is split into segments, or on the kernels' level: kernels return the same bits and results have
//! a total order. No lock is held while comparing, and the work runs on the caller's thread pool if
//! one is given.

mod cascade;
mod coded;
mod duplicates;
mod effort;
mod error;
mod faces;
mod fingers;
mod floors;
mod one_bit;
mod people;
mod plan;
mod top;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use rayon::ThreadPool;

use crate::gallery::{Location, ReferenceId};
use crate::subject::SubjectId;
use crate::units::Score;

pub use duplicates::{Duplicate, DuplicateSearch, Enrolled, StepFound};
pub use effort::{Cascade, Effort, Keep, Seen, Share};
pub use error::SearchError;
pub use faces::{identify_faces, identify_faces_by_vectors};
pub use fingers::{FingerQuery, identify_fingers};
pub use one_bit::{ApproximatelyFound, Misses, OneBit, Shortlist};
pub use people::{FoundPerson, PersonHit, identify_person};

/// What to search for: how many, how similar, among whom, on which threads.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    top: NonZeroUsize,
    at_least: Score,
    within: Option<&'a SubGallery>,
    effort: Effort,
    pool: Option<&'a ThreadPool>,
}

impl<'a> Search<'a> {
    /// The best `top` citizens of the whole gallery, on rayon's current pool.
    pub const fn top(top: NonZeroUsize) -> Self {
        Self { top, at_least: Score::LOWEST, within: None, effort: Effort::Standard, pool: None }
    }

    /// Only hits of this score or more.
    #[must_use]
    pub const fn at_least(mut self, score: Score) -> Self {
        self.at_least = score;
        self
    }

    /// Only these citizens. Costs a binary search a citizen and segment, and nothing for the rest.
    #[must_use]
    pub const fn within(mut self, citizens: &'a SubGallery) -> Self {
        self.within = Some(citizens);
        self
    }

    /// With this effort; [`Effort::Standard`] if none is given. Only for fingers: a search of faces
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

    fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

/// A set of citizens to search among.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubGallery {
    citizens: BTreeSet<SubjectId>,
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

/// A citizen who was found, by the best of the references that were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub citizen: SubjectId,
    /// The reference that scored best.
    pub reference: ReferenceId,
    /// How similar it is.
    pub score: Score,
    /// Where it is in the snapshot that was searched.
    pub location: Location,
}

/// What a search found for one query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The best citizens: score descending, then reference ascending; one hit a citizen. The bytes
    /// of each were proved against their checksum.
    pub hits: Vec<Hit>,
    /// How many references took part.
    pub compared: u64,
    /// By which stages they were compared. Of faces all count as compared in full.
    pub seen: Seen,
    /// References that could not be compared because their bytes are damaged, ascending. While
    /// there are any, "not found" is not known. A cascade meets only those that it compares in full.
    pub damaged: Vec<ReferenceId>,
}

impl Found {
    /// Whether every reference that took part was compared in full.
    pub fn is_exhaustive(&self) -> bool {
        self.seen.full == self.compared
    }
}
