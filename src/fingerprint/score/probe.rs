//! The comparison of a probe with a candidate.

use std::cmp::Ordering;
use std::fmt;

use super::combination::combine_terms;
use super::growth::Growth;
use super::motion::Pulls;
use super::prepared::{Prepared, Side};
use super::relaxation::Relaxation;
use super::similarity::{Pair, Similarities};
use super::support::Support;
use crate::fingerprint::features::blocks::CylinderBlock;
use crate::fingerprint::features::finger::{FingerFeatures, FingerView};
use crate::kernels::Kernels;
use crate::kernels::lanes::{LaneWork, Lanes};
use crate::template::Minutia;
use crate::units::Score;

/// A finger prepared once, to be compared with many. `Debug` shows counts, never minutiae.
#[derive(Clone)]
pub struct FingerProbe {
    minutiae: Vec<Minutia>,
    cylinders: Vec<CylinderBlock>,
    prepared: Prepared,
    pulls: Pulls,
    kernels: Kernels,
}

/// Working memory of comparisons: one for each thread, reused. It carries nothing from one comparison
/// to the next.
#[derive(Default)]
pub struct Scratch {
    candidate: Prepared,
    steps: Steps,
}

/// Working memory of each step.
#[derive(Default)]
struct Steps {
    similarities: Similarities,
    pairs: Vec<Pair>,
    relaxation: Relaxation,
    growth: Growth,
    support: Support,
}

/// The terms of a comparison.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::fingerprint) struct Terms {
    pub(in crate::fingerprint) relaxed: f32,
    pub(in crate::fingerprint) share: f32,
    /// Whether the candidate was the first finger of the steps.
    pub(in crate::fingerprint) is_swapped: bool,
    is_comparable: bool,
}

impl Terms {
    /// Whether the fingers had enough in common: if not, scratch holds nothing of them.
    pub(in crate::fingerprint) fn is_comparable(self) -> bool {
        self.is_comparable
    }

    pub(in crate::fingerprint) fn score(self) -> Score {
        if self.is_comparable { combine_terms(self.relaxed, self.share) } else { Score::LOWEST }
    }
}

impl Scratch {
    /// The matching of the last comparison, which was comparable: indices in the first and second finger
    /// of its steps, and each pair's part of the support.
    pub(in crate::fingerprint) fn matched(&self) -> Vec<(usize, usize, f32)> {
        let pairs = self.steps.growth.best().pairs().zip(self.steps.support.parts());
        pairs.map(|((a, b), part)| (a, b, part)).collect()
    }

    /// The list of the last comparison, and its relaxation: what the plain steps start from.
    #[cfg(test)]
    pub(in crate::fingerprint) fn listed(&self) -> (&[Pair], &Relaxation) {
        (&self.steps.pairs, &self.steps.relaxation)
    }
}

/// No share is greater: a matched pair counts less than the geometric mean of its trusts, and the sum of
/// those is at most the geometric mean of the two sums of trusts, of which the overlap is. The score rises with the share, also as rounded, so it is a bound to the bit.
const GREATEST_SHARE: f32 = 1.0;

/// All steps of a comparison.
struct Comparison<'a> {
    probe: Side<'a>,
    pulls: &'a Pulls,
    view: FingerView<'a>,
    candidate: &'a mut Prepared,
    /// Lower scores need not be computed.
    least: Score,
    steps: &'a mut Steps,
    kernels: &'a Kernels,
}

impl LaneWork for Comparison<'_> {
    type Output = Terms;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Terms {
        let Self { probe, pulls, view, candidate, least, steps, kernels } = self;
        candidate.fill(view);
        let is_swapped = probe.order(Side { view, prepared: candidate }) == Ordering::Greater;
        if is_swapped {
            candidate.fill_patterns(view);
        }
        let candidate = Side { view, prepared: candidate };
        let (a, b) = if is_swapped { (candidate, probe) } else { (probe, candidate) };
        let nothing = Terms { is_swapped, ..Terms::default() };
        let Steps { similarities, pairs, relaxation, growth, support } = steps;
        similarities.compute(lanes, a, b, kernels);
        similarities.select(lanes, a, b, pairs);
        if pairs.len() < 2 {
            return nothing;
        }
        let (ga, gb) = (&a.prepared.geometry, &b.prepared.geometry);
        let relaxed = relaxation.run(lanes, pairs, ga, gb, a.prepared.rows.len());
        if combine_terms(relaxed, GREATEST_SHARE) < least {
            return nothing;
        }
        growth.run(lanes, pairs, relaxation, ga, gb, (!is_swapped).then_some(pulls));
        Terms { relaxed, share: support.share(growth, ga, gb), is_swapped, is_comparable: true }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

impl FingerProbe {
    /// Prepares a finger, for the kernels of this process ([`Kernels::active`]).
    pub fn new(finger: FingerView<'_>) -> Self {
        Self::with_kernels(finger, *Kernels::active())
    }

    /// Prepares a finger, for given kernels: the scores are the same, only faster or slower.
    pub fn with_kernels(finger: FingerView<'_>, kernels: Kernels) -> Self {
        let finger = finger.bounded();
        let mut prepared = Prepared::default();
        prepared.fill(finger);
        prepared.fill_patterns(finger);
        let mut pulls = Pulls::default();
        pulls.make_all(&prepared.geometry);
        let (minutiae, cylinders) = (finger.minutiae.to_vec(), finger.cylinders.to_vec());
        Self { minutiae, cylinders, prepared, pulls, kernels }
    }

    /// The finger.
    pub fn view(&self) -> FingerView<'_> {
        FingerView { minutiae: &self.minutiae, cylinders: &self.cylinders }
    }

    /// Prefetches a candidate that will be compared next.
    pub fn prefetch(&self, candidate: FingerView<'_>) {
        let candidate = candidate.bounded();
        self.kernels.prefetch(candidate.minutiae);
        self.kernels.prefetch(candidate.cylinders);
    }

    /// Compares with a candidate. Greater is more similar; see [`Score`].
    ///
    /// The same whichever finger is the probe, to the bit, on every machine and kernel level. Fingers with
    /// too little in common to be compared get [`Score::LOWEST`]. No allocation once `scratch` has met
    /// fingers of this size. Damaged bytes in `candidate` give a meaningless score, never a panic.
    pub fn compare(&self, candidate: FingerView<'_>, scratch: &mut Scratch) -> Score {
        self.terms(candidate, Score::LOWEST, scratch).score()
    }

    /// The score of [`FingerProbe::compare`] if it is at least `least`, else `None`. Exact, and faster if
    /// `least` is high: a comparison ends as soon as no score of `least` is possible.
    pub fn compare_at_least(
        &self,
        candidate: FingerView<'_>,
        least: Score,
        scratch: &mut Scratch,
    ) -> Option<Score> {
        let score = self.terms(candidate, least, scratch).score();
        (score >= least).then_some(score)
    }

    /// The terms of the score, or those of fingers that are not comparable if the score is
    /// below `least`.
    pub(in crate::fingerprint) fn terms(
        &self,
        candidate: FingerView<'_>,
        least: Score,
        scratch: &mut Scratch,
    ) -> Terms {
        let view = candidate.bounded();
        let Scratch { candidate, steps } = scratch;
        let probe = Side { view: self.view(), prepared: &self.prepared };
        let kernels = &self.kernels;
        let pulls = &self.pulls;
        kernels.run_lanes(Comparison { probe, pulls, view, candidate, least, steps, kernels })
    }
}

impl fmt::Debug for FingerProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FingerProbe").field(&self.view()).finish()
    }
}

/// The score of two lists of minutiae. For many comparisons keep a [`FingerProbe`], features and a [`Scratch`].
///
/// ```
/// use biomatch::fingerprint::compare;
/// use biomatch::units::Score;
/// assert_eq!(compare(&[], &[]), Score::LOWEST);
/// ```
#[must_use]
pub fn compare(a: &[Minutia], b: &[Minutia]) -> Score {
    let (a, b) = (FingerFeatures::new(a), FingerFeatures::new(b));
    FingerProbe::new(a.view()).compare(b.view(), &mut Scratch::default())
}
