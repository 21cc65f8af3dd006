//! Scores against a policy: the arithmetic of a decision, without input or output.

use std::collections::{BTreeMap, BTreeSet};

use crate::calibration::{Basis, Calibration};
use crate::fusion::Fused;
use crate::gallery::ReferenceId;
use crate::template::{Finger, Modality};
use crate::units::{Fmr, Score};

use super::DatabaseError;
use super::assignment::{apart, most_disjoint};
use super::decision::{
    Comparison, Decision, FingerPair, FingersFound, ModalityEvidence, ReferReason, Verdict,
};
use super::eligibility::Side;
use super::policy::{FingerCount, Rule};

/// What each comparison of a modality must meet, known before any is made.
#[derive(Clone, Copy)]
pub(super) struct Requirement<'a> {
    /// The table that rates come from.
    pub(super) table: &'a Calibration,
    /// The rate that all comparisons of the modality share.
    required: Fmr,
    shared_by: u32,
    /// The score at which a single comparison has its share of the rate.
    threshold: Score,
}

/// One modality's comparisons, scored.
pub(super) struct Scored<'a> {
    pub(super) requirement: Requirement<'a>,
    /// Thresholds and rates are filled in by [`decide`].
    pub(super) comparisons: Vec<Comparison>,
}

/// Compares samples with each other, to see whether they are of one finger.
pub(super) trait Alike {
    /// An impression of the probe, by its number, and a reference of the record.
    fn pair(&mut self, sample: usize, reference: ReferenceId) -> Result<Score, DatabaseError>;
    /// Two impressions of the probe, by their numbers.
    fn samples(&mut self, a: usize, b: usize) -> Result<Score, DatabaseError>;
    /// Two references of the record.
    fn references(&mut self, a: ReferenceId, b: ReferenceId) -> Result<Score, DatabaseError>;
}

/// A decision and what it rests on.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) decision: Decision,
    pub(super) modalities: Vec<ModalityEvidence>,
    /// What all comparisons say together, where that is known.
    pub(super) fused: Option<Fused>,
    pub(super) comparisons: Vec<Comparison>,
}

impl Decided {
    /// A claim of which nothing was compared.
    pub(super) fn referred(reason: ReferReason) -> Self {
        let decision = Decision::Refer(reason);
        Self { decision, modalities: Vec::new(), fused: None, comparisons: Vec::new() }
    }
}

/// Samples that score as high as one comparison of different fingers in a thousand, or as the policy itself
/// takes for a match, may be of one finger: then they do not count as two. A stricter rate would let more
/// impressions of one finger pass as two, a laxer one would refer more people whose two fingers are a little
/// alike.
const MAY_BE_ONE_FINGER: u32 = 1_000;

/// Most comparisons of a claim. Those of people take a few dozen.
const MOST_COMPARISONS: usize = 20_000;

/// What so many comparisons of faces and of fingers must meet, each with its table.
///
/// # Errors
/// More comparisons than a claim may take; a rate that a table does not state.
pub(super) fn requirements<'a>(
    rule: Rule,
    face: Option<(&'a Calibration, usize)>,
    fingers: Option<(&'a Calibration, usize)>,
) -> Result<[Option<Requirement<'a>>; 2], DatabaseError> {
    let count = |of: Option<(&Calibration, usize)>| of.map_or(0, |(_, count)| count);
    let found = count(face).saturating_add(count(fingers));
    let all = u32::try_from(found).ok().filter(|_| found <= MOST_COMPARISONS);
    let all = all.ok_or(DatabaseError::TooManyComparisons { found, most: MOST_COMPARISONS })?;
    let (face_rate, finger_rate, is_shared) = match rule {
        Rule::All { face, fingers } => (face, fingers.map(|rule| rule.fmr()), false),
        Rule::Either(rate) => (Some(rate), Some(rate), true),
    };
    type Held<'a> = Result<Option<Requirement<'a>>, DatabaseError>;
    let requirement = |of: Option<(&'a Calibration, usize)>, rate: Option<Fmr>| -> Held<'a> {
        let (Some((table, count)), Some(required)) = (of, rate) else { return Ok(None) };
        // No more than all of them.
        let shared_by = if is_shared { all } else { count as u32 };
        let needed = required.shared_by(shared_by);
        let threshold = table.threshold(needed).ok_or_else(|| DatabaseError::BeyondCalibration {
            matcher: table.matcher().to_owned(),
            floor: table.floor(),
            needed,
            comparisons: shared_by.into(),
        })?;
        Ok(Some(Requirement { table, required, shared_by, threshold }))
    };
    Ok([requirement(face, face_rate)?, requirement(fingers, finger_rate)?])
}

/// What the policy makes of the scores. `face` and `fingers` hold what could be compared of what the rule
/// names; the caller has referred a claim where that is too little. `presented` are the positions of the
/// probe's impressions, by number.
pub(super) fn decide(
    rule: Rule,
    face: Option<Scored<'_>>,
    fingers: Option<Scored<'_>>,
    presented: &[Option<Finger>],
    alike: &mut dyn Alike,
) -> Result<Decided, DatabaseError> {
    let mut decided =
        Decided { decision: Decision::Reject, modalities: Vec::new(), fused: None, comparisons: Vec::new() };
    let mut unclear = None;
    if let Some(mut scored) = face {
        decided.modalities.push(judge_face(&mut scored));
        decided.comparisons.append(&mut scored.comparisons);
    }
    if let Some(mut scored) = fingers {
        let least = match rule {
            Rule::All { fingers: Some(rule), .. } => rule.count(),
            _ => FingerCount::ONE,
        };
        let (evidence, reason) = judge_fingers(&mut scored, least, presented, alike)?;
        unclear = reason;
        decided.modalities.push(evidence);
        decided.comparisons.append(&mut scored.comparisons);
    }
    let asked = match rule {
        Rule::All { face, fingers } => usize::from(face.is_some()) + usize::from(fingers.is_some()),
        Rule::Either(_) => 1,
    };
    let having = |verdict| decided.modalities.iter().filter(|m| m.verdict == verdict).count();
    // Counting what is met, not what failed: a modality that is absent can then never pass.
    decided.decision = if asked > 0 && having(Verdict::Met) >= asked {
        Decision::Accept
    } else if let (Some(reason), 0) = (unclear, having(Verdict::NotMet)) {
        Decision::Refer(reason)
    } else {
        Decision::Reject
    };
    Ok(decided)
}

impl Scored<'_> {
    /// Fills in what each comparison means.
    fn calibrate(&mut self) {
        let Requirement { table, threshold, .. } = self.requirement;
        for comparison in &mut self.comparisons {
            comparison.fmr = table.fmr(comparison.score);
            comparison.basis = table.basis(comparison.score);
            comparison.threshold = Some(threshold);
        }
    }
}

fn judge_face(scored: &mut Scored<'_>) -> ModalityEvidence {
    scored.calibrate();
    let best = scored.comparisons.iter().map(|comparison| comparison.score).max();
    let is_met = best.is_some_and(|score| score >= scored.requirement.threshold);
    let verdict = if is_met { Verdict::Met } else { Verdict::NotMet };
    evidence(Modality::Face, &scored.requirement, best, verdict, None)
}

fn evidence(
    modality: Modality,
    requirement: &Requirement<'_>,
    deciding: Option<Score>,
    verdict: Verdict,
    fingers: Option<FingersFound>,
) -> ModalityEvidence {
    let Requirement { table, required, shared_by, .. } = *requirement;
    ModalityEvidence {
        modality,
        required,
        shared_by,
        reached: deciding.map_or(Fmr::ONE, |score| table.fmr(score).of_any(shared_by)),
        basis: deciding.map_or(Basis::Measured, |score| table.basis(score)),
        verdict,
        fingers,
    }
}

fn judge_fingers(
    scored: &mut Scored<'_>,
    least: FingerCount,
    presented: &[Option<Finger>],
    alike: &mut dyn Alike,
) -> Result<(ModalityEvidence, Option<ReferReason>), DatabaseError> {
    scored.calibrate();
    let threshold = scored.requirement.threshold;
    let required = usize::from(least.get());
    let fingers = Fingers::new(scored, presented);
    let possible = fingers.most_at(threshold, required);
    let matched = fingers.told_apart(threshold, required, alike)?;
    let told_apart = matched.len();
    // Of fingers that were told apart the last one decides; else the best that there can be.
    let deciding = match told_apart >= required {
        true => matched.iter().map(|comparison| comparison.score).min(),
        false => fingers.deciding(required),
    };
    let (verdict, reason) = if told_apart >= required {
        (Verdict::Met, None)
    } else if possible >= required {
        let reason = ReferReason::FingersNotToldApart { required: least, told_apart: told_apart as u8 };
        (Verdict::Unclear, Some(reason))
    } else if !fingers.are_presented(required, alike)? {
        // Even perfect scores could not have met the policy.
        (Verdict::Unclear, Some(ReferReason::ProbeLacks { modality: Modality::Finger }))
    } else if !fingers.are_enrolled(required, alike)? {
        (Verdict::Unclear, Some(ReferReason::RecordLacks { modality: Modality::Finger }))
    } else {
        (Verdict::NotMet, None)
    };
    let pairs = matched.iter().map(|one| FingerPair { sample: one.sample, reference: one.reference });
    let found = FingersFound {
        required: least,
        possible: possible as u8,
        told_apart: told_apart as u8,
        pairs: pairs.collect(),
    };
    let evidence = evidence(Modality::Finger, &scored.requirement, deciding, verdict, Some(found));
    Ok((evidence, reason))
}

/// The comparisons of fingers, best first, and what they say of each other.
struct Fingers<'a> {
    ordered: Vec<&'a Comparison>,
    presented: &'a [Option<Finger>],
    /// The score from which samples may be of one finger.
    one_finger: Score,
}

impl<'a> Fingers<'a> {
    fn new(scored: &'a Scored<'_>, presented: &'a [Option<Finger>]) -> Self {
        let Requirement { table, threshold, .. } = scored.requirement;
        let mut ordered: Vec<&Comparison> = scored.comparisons.iter().collect();
        ordered.sort_by_key(|comparison| std::cmp::Reverse(comparison.score));
        let rate = Fmr::one_in(MAY_BE_ONE_FINGER);
        let one_finger = table.threshold(rate).or_else(|| table.threshold(table.floor()));
        let one_finger = one_finger.unwrap_or(Score::LOWEST).min(threshold);
        Self { ordered, presented, one_finger }
    }

    fn finger_of(&self, sample: usize) -> Option<Finger> {
        self.presented.get(sample).copied().flatten()
    }

    fn at_least(&self, threshold: Score) -> &[&'a Comparison] {
        let end = self.ordered.partition_point(|comparison| comparison.score >= threshold);
        self.ordered.get(..end).unwrap_or_default()
    }

    /// How many different fingers there can be among the comparisons that reach a score, at most `enough`.
    fn most_at(&self, threshold: Score, enough: usize) -> usize {
        let sides = self.at_least(threshold).iter().map(|one| {
            let sample = Side::new(self.finger_of(one.sample), one.sample as u64);
            (sample, Side::new(one.finger, one.reference.value()))
        });
        most_disjoint(&sides.collect::<Vec<_>>(), enough)
    }

    /// The greatest score at which there can be so many fingers.
    fn deciding(&self, required: usize) -> Option<Score> {
        let scores: Vec<Score> = self.ordered.iter().map(|comparison| comparison.score).collect();
        let first = scores.partition_point(|score| self.most_at(*score, required) < required);
        scores.get(first).copied()
    }

    /// Comparisons that reach the threshold, of fingers that are surely different: at most `enough`.
    fn told_apart(
        &self,
        threshold: Score,
        enough: usize,
        alike: &mut dyn Alike,
    ) -> Result<Vec<&'a Comparison>, DatabaseError> {
        let met = self.at_least(threshold);
        let chosen = apart(met.len(), enough, |a, b| match (met.get(a), met.get(b)) {
            (Some(a), Some(b)) => self.are_apart(a, b, alike),
            _ => Ok(false),
        })?;
        Ok(chosen.into_iter().filter_map(|index| met.get(index).copied()).collect())
    }

    /// Whether two matched pairs are of different fingers: by the positions, and because no sample of one
    /// is like a sample of the other.
    fn are_apart(
        &self,
        a: &Comparison,
        b: &Comparison,
        alike: &mut dyn Alike,
    ) -> Result<bool, DatabaseError> {
        if a.sample == b.sample || a.reference == b.reference {
            return Ok(false);
        }
        let names = [self.finger_of(a.sample), a.finger, self.finger_of(b.sample), b.finger];
        let one_name = |x: usize, y: usize| names[x].is_some() && names[x] == names[y];
        if one_name(0, 2) || one_name(1, 3) || one_name(0, 3) || one_name(1, 2) {
            return Ok(false);
        }
        if alike.pair(a.sample, b.reference)? >= self.one_finger
            || alike.pair(b.sample, a.reference)? >= self.one_finger
        {
            return Ok(false);
        }
        Ok(alike.samples(a.sample, b.sample)? < self.one_finger
            && alike.references(a.reference, b.reference)? < self.one_finger)
    }

    /// Whether the probe shows so many different fingers, whosever they are.
    fn are_presented(&self, required: usize, alike: &mut dyn Alike) -> Result<bool, DatabaseError> {
        let samples: BTreeSet<usize> = self.ordered.iter().map(|comparison| comparison.sample).collect();
        let samples: Vec<usize> = samples.into_iter().collect();
        self.are_different(&samples, required, |sample| self.finger_of(sample), |a, b| alike.samples(a, b))
    }

    /// Whether the references that were compared are of so many different fingers.
    fn are_enrolled(&self, required: usize, alike: &mut dyn Alike) -> Result<bool, DatabaseError> {
        let fingers: BTreeMap<ReferenceId, Option<Finger>> =
            self.ordered.iter().map(|comparison| (comparison.reference, comparison.finger)).collect();
        let references: Vec<ReferenceId> = fingers.keys().copied().collect();
        let finger_of = |reference| fingers.get(&reference).copied().flatten();
        self.are_different(&references, required, finger_of, |a, b| alike.references(a, b))
    }

    fn are_different<T: Copy>(
        &self,
        samples: &[T],
        required: usize,
        finger_of: impl Fn(T) -> Option<Finger>,
        mut score: impl FnMut(T, T) -> Result<Score, DatabaseError>,
    ) -> Result<bool, DatabaseError> {
        let different = apart(samples.len(), required, |a, b| match (samples.get(a), samples.get(b)) {
            (Some(&a), Some(&b)) => {
                let one_name = finger_of(a).is_some() && finger_of(a) == finger_of(b);
                Ok::<_, DatabaseError>(!one_name && score(a, b)? < self.one_finger)
            }
            _ => Ok(false),
        })?;
        Ok(different.len() >= required)
    }
}

#[cfg(test)]
mod tests;
