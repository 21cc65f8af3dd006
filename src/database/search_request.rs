//! What a search of all citizens is asked, and a citizen that it finds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::gallery::RequestId;
use crate::search::{Effort, OneBit, SubGallery};
use crate::subject::SubjectId;
use crate::units::Fpir;

use super::decision::Comparison;
use super::{CallerTag, LockReason, Probe};

/// One 1:N request: who of all citizens the probe is.
///
/// ```
/// use biomatch::database::{Probe, SearchRequest};
/// use biomatch::search::Effort;
/// use biomatch::units::Fpir;
///
/// let request = SearchRequest::new(Probe::new())
///     .at_most(20)
///     .fpir(Fpir::one_in(1_000))
///     .effort(Effort::Careful);
/// ```
#[derive(Clone, Debug)]
pub struct SearchRequest {
    pub(super) probe: Probe,
    pub(super) at_most: u32,
    pub(super) fpir: Option<Fpir>,
    pub(super) within: Option<Arc<SubGallery>>,
    pub(super) except: Option<SubjectId>,
    pub(super) filter: Option<OneBit>,
    pub(super) effort: Effort,
    pub(super) request: Option<RequestId>,
    pub(super) tag: Option<CallerTag>,
}

impl SearchRequest {
    /// The best ten citizens for this probe, however unlikely.
    pub fn new(probe: Probe) -> Self {
        Self {
            probe,
            at_most: 10,
            fpir: None,
            within: None,
            except: None,
            filter: None,
            effort: Effort::Standard,
            request: None,
            tag: None,
        }
    }

    /// At most so many candidates; zero counts as one. Ten unless set.
    #[must_use]
    pub fn at_most(mut self, candidates: u32) -> Self {
        self.at_most = candidates.max(1);
        self
    }

    /// Only candidates so good that a search for someone who is not enrolled gives any at most at
    /// this rate.
    #[must_use]
    pub fn fpir(mut self, fpir: Fpir) -> Self {
        self.fpir = Some(fpir);
        self
    }

    /// How many fingers are compared in full; [`Effort::Standard`] unless set. Any effort below
    /// [`Effort::Exhaustive`] can miss an enrolled citizen: before somebody is enrolled as new, search with
    /// [`Effort::Careful`] at least.
    #[must_use]
    pub fn effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// Only among these citizens.
    #[must_use]
    pub fn within(mut self, citizens: Arc<SubGallery>) -> Self {
        self.within = Some(citizens);
        self
    }

    /// As if this citizen was not enrolled: nobody else's place, rate or count is affected by them. For the question
    /// whether an enrolled person is enrolled under another number too ([`CitizenSnapshot::probe_of`]).
    ///
    /// [`CitizenSnapshot::probe_of`]: super::CitizenSnapshot::probe_of
    #[must_use]
    pub fn except(mut self, citizen: impl Into<SubjectId>) -> Self {
        self.except = Some(citizen.into());
        self
    }

    /// Faces approximately, through this filter: an enrolled citizen may be missed. Fingers are searched as
    /// without it.
    #[must_use]
    pub fn approximately(mut self, filter: OneBit) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Names the request; the record repeats it.
    #[must_use]
    pub fn request_id(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// Adds the caller's tag; the record repeats it.
    #[must_use]
    pub fn tag(mut self, tag: CallerTag) -> Self {
        self.tag = Some(tag);
        self
    }

    pub(super) fn asked(&self) -> Asked {
        Asked {
            at_most: self.at_most,
            fpir: self.fpir,
            effort: self.effort,
            within: self.within.as_ref().map(|citizens| citizens.len() as u64),
            except: self.except,
            approximate: self.filter.map(Into::into),
        }
    }

    /// Whether one pass over the gallery can serve both.
    pub(super) fn searches_like(&self, other: &Self) -> bool {
        self.at_most == other.at_most
            && self.effort == other.effort
            && self.filter == other.filter
            && self.within == other.within
            && self.except == other.except
    }
}

/// How a search was to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Asked {
    /// Most candidates.
    pub at_most: u32,
    /// The rate that candidates are held to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fpir: Option<Fpir>,
    /// How many fingers are compared in full.
    pub effort: Effort,
    /// Among how many named citizens; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<u64>,
    /// The citizen who was left out, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<SubjectId>,
    /// The filter for faces, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approximate: Option<FilterUsed>,
}

/// How faces were searched, if not exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FilterUsed {
    /// How many faces the filter left for comparison, at least.
    pub shortlist: u64,
    /// Probes of which an exact search found someone, when the filter was measured.
    pub searched: u64,
    /// Those of them whose first place the filter lost.
    pub missed: u64,
}

impl From<OneBit> for FilterUsed {
    fn from(filter: OneBit) -> Self {
        let misses = filter.misses();
        let shortlist = filter.shortlist().get() as u64;
        Self { shortlist, searched: misses.searched, missed: misses.missed }
    }
}

/// One citizen found by a search of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Candidate {
    /// Place in the list, from 1.
    pub rank: usize,
    /// Who.
    pub citizen: SubjectId,
    /// Why the citizen's record is locked, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<LockReason>,
    /// How many non-mated comparisons are expected to be as good, at most, in a search like
    /// this one: for the best sample, its rate times the comparisons made, times the number of
    /// samples. Bounds the rate at which a search for someone who is not enrolled gives such a
    /// candidate.
    pub expected_false: f64,
    /// The best comparison of each sample that could be compared, faces first.
    pub comparisons: Vec<Comparison>,
}
