//! What a search of all citizens is asked, and what it answers.

use std::num::NonZeroUsize;

use serde::Serialize;

use crate::gallery::ReferenceId;
use crate::search::{Effort, OneBit, SubGallery};
use crate::subject::SubjectId;
use crate::units::Fpir;

use super::LockReason;
use super::decision::{Comparison, as_text};

/// What to search for: how many, how rarely a stranger may turn up, among whom.
#[derive(Clone, Copy, Debug)]
pub struct Identify<'a> {
    pub(super) top: NonZeroUsize,
    pub(super) at: Option<Fpir>,
    pub(super) within: Option<&'a SubGallery>,
    pub(super) filter: Option<OneBit>,
    pub(super) effort: Effort,
}

impl<'a> Identify<'a> {
    /// The best `top` citizens, however unlikely.
    pub const fn top(top: NonZeroUsize) -> Self {
        Self { top, at: None, within: None, filter: None, effort: Effort::Standard }
    }

    /// Only candidates so good that a search for someone who is not enrolled gives any at most at
    /// this rate.
    #[must_use]
    pub const fn at(mut self, fpir: Fpir) -> Self {
        self.at = Some(fpir);
        self
    }

    /// How many fingers are compared in full; [`Effort::Standard`] if nothing is said. A citizen who is not
    /// found by less than all may be enrolled all the same: before somebody is enrolled as new, search with
    /// [`Effort::Careful`] at least.
    #[must_use]
    pub const fn effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// Only among these citizens.
    #[must_use]
    pub const fn within(mut self, citizens: &'a SubGallery) -> Self {
        self.within = Some(citizens);
        self
    }

    /// Faces approximately, through this filter: who is enrolled may be lost. Fingers are all compared.
    #[must_use]
    pub const fn approximately(mut self, filter: OneBit) -> Self {
        self.filter = Some(filter);
        self
    }
}

/// How faces were searched, if not exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Approximation {
    /// How many faces the filter left for comparison, at least.
    pub shortlist: u64,
    /// Probes of which an exact search found someone, when the filter was measured.
    pub searched: u64,
    /// Those of them whose first place the filter lost.
    pub missed: u64,
}

impl From<OneBit> for Approximation {
    fn from(filter: OneBit) -> Self {
        let misses = filter.misses();
        let shortlist = filter.shortlist().get() as u64;
        Self { shortlist, searched: misses.searched, missed: misses.missed }
    }
}

/// What a search of all citizens found. While `damaged` is not empty, someone who is not among the
/// candidates may be enrolled all the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use]
pub struct Identification {
    /// The candidates, best first. Locked citizens are among them: who they are is the finding.
    pub candidates: Vec<Candidate>,
    /// How many references took part, over all samples. Those that a filter spared are counted, because
    /// any of them might have turned up by chance.
    pub compared: u64,
    /// How many of them were compared in full. Fewer fingers are if [`Identify::effort`] is less than all:
    /// then a mate may have been missed, but candidates are no likelier to be strangers.
    pub compared_in_full: u64,
    /// Set if faces were searched approximately: then someone who is not among the candidates may be
    /// enrolled all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approximate: Option<Approximation>,
    /// References that could not be compared because their bytes are damaged, ascending.
    #[serde(serialize_with = "as_values")]
    pub damaged: Vec<ReferenceId>,
}

/// One citizen found by a search of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Place in the list, from 1.
    pub rank: usize,
    /// Who.
    #[serde(serialize_with = "as_text")]
    pub citizen: SubjectId,
    /// Why the citizen's record is locked, if it is.
    #[serde(serialize_with = "as_optional_text", skip_serializing_if = "Option::is_none")]
    pub locked: Option<LockReason>,
    /// How many comparisons with strangers are expected to be as good, at most, in a search like
    /// this one: for the best sample, its rate times the comparisons made, times the number of
    /// samples. Bounds the rate at which a search for someone who is not enrolled gives such a
    /// candidate.
    pub expected_false: f64,
    /// The best comparison of each sample that could be compared, faces first.
    pub comparisons: Vec<Comparison>,
}

fn as_values<S: serde::Serializer>(ids: &[ReferenceId], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(ids.iter().map(|id| id.value()))
}

fn as_optional_text<T: std::fmt::Display, S: serde::Serializer>(
    value: &Option<T>,
    s: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => s.collect_str(value),
        None => s.serialize_none(),
    }
}
