//! Scores against a policy: the arithmetic of a decision, without input or output.

use std::collections::BTreeMap;

use crate::calibration::{Basis, Calibration};
use crate::units::{Fmr, Score};

use super::decision::{Comparison, Modality, ModalityEvidence, Verdict};
use super::policy::Rule;
use super::{DatabaseError, Evidence};

/// One modality's comparisons, scored, and the table that speaks for them.
pub(super) struct Scored<'a> {
    pub(super) table: &'a Calibration,
    /// Thresholds and rates are filled in by [`judge`].
    pub(super) comparisons: Vec<Comparison>,
}

/// The score that a single comparison must reach so that the policy's rate holds for all `shared_by`.
pub(super) fn threshold(table: &Calibration, required: Fmr, shared_by: u32) -> Result<Score, DatabaseError> {
    let needed = required.shared_by(shared_by);
    table.threshold(needed).ok_or_else(|| DatabaseError::BeyondCalibration {
        matcher: table.matcher().to_owned(),
        floor: table.floor(),
        needed,
        comparisons: shared_by.into(),
    })
}

/// Whether the policy is met, and what each modality came to. `face` and `fingers` hold what could
/// be compared of what the rule names; the caller has referred a claim where that is too little.
pub(super) fn judge(
    rule: Rule,
    face: Option<Scored<'_>>,
    fingers: Option<Scored<'_>>,
) -> Result<(Verdict, Evidence), DatabaseError> {
    let count = |scored: &Option<Scored<'_>>| {
        scored.as_ref().map_or(0, |scored| u32::try_from(scored.comparisons.len()).unwrap_or(u32::MAX))
    };
    let (faces, prints) = (count(&face), count(&fingers));
    let both = faces.saturating_add(prints);
    let face_rule = match rule {
        Rule::All { face, .. } => face.map(|rate| (rate, faces)),
        Rule::Either(rate) => Some((rate, both)),
    };
    let finger_rule = match rule {
        Rule::All { fingers, .. } => fingers.map(|(least, rate)| (rate, prints, usize::from(least.get()))),
        Rule::Either(rate) => Some((rate, both, 1)),
    };
    let mut evidence = Evidence { modalities: Vec::new(), comparisons: Vec::new() };
    if let (Some(scored), Some((required, shared_by))) = (face, face_rule) {
        one(Modality::Face, scored, required, shared_by, 1, &mut evidence)?;
    }
    if let (Some(scored), Some((required, shared_by, least))) = (fingers, finger_rule) {
        one(Modality::Finger, scored, required, shared_by, least, &mut evidence)?;
    }
    let met = |modality: &ModalityEvidence| modality.verdict == Verdict::Met;
    let asked = match rule {
        Rule::All { face, fingers } => usize::from(face.is_some()) + usize::from(fingers.is_some()),
        Rule::Either(_) => 1,
    };
    // Counting what is met, not what failed: a modality that is absent can then never pass.
    let verdict = if asked > 0 && evidence.modalities.iter().filter(|m| met(m)).count() >= asked {
        Verdict::Met
    } else {
        Verdict::NotMet
    };
    Ok((verdict, evidence))
}

fn one(
    modality: Modality,
    scored: Scored<'_>,
    required: Fmr,
    shared_by: u32,
    least: usize,
    evidence: &mut Evidence,
) -> Result<(), DatabaseError> {
    let Scored { table, mut comparisons } = scored;
    let threshold = threshold(table, required, shared_by)?;
    for comparison in &mut comparisons {
        comparison.fmr = table.fmr(comparison.score);
        comparison.basis = table.basis(comparison.score);
        comparison.threshold = Some(threshold);
    }
    let deciding = deciding(&comparisons, least);
    evidence.modalities.push(ModalityEvidence {
        modality,
        required,
        shared_by,
        reached: deciding.map_or(Fmr::ONE, |score| table.fmr(score).of_any(shared_by)),
        basis: deciding.map_or(Basis::Measured, |score| table.basis(score)),
        verdict: if deciding.is_some_and(|score| score >= threshold) {
            Verdict::Met
        } else {
            Verdict::NotMet
        },
    });
    evidence.comparisons.append(&mut comparisons);
    Ok(())
}

/// The `least`-th best score of different fingers, if there are so many. Each sample speaks for one finger only, the one
/// that it is most like, so that one impression cannot stand for two fingers.
fn deciding(comparisons: &[Comparison], least: usize) -> Option<Score> {
    let mut best_of_sample: BTreeMap<usize, &Comparison> = BTreeMap::new();
    for comparison in comparisons {
        let best = best_of_sample.entry(comparison.sample).or_insert(comparison);
        if comparison.score > best.score {
            *best = comparison;
        }
    }
    let mut best_of_finger = BTreeMap::new();
    for comparison in best_of_sample.values() {
        let best = best_of_finger.entry(comparison.finger).or_insert(comparison.score);
        *best = comparison.score.max(*best);
    }
    let mut scores: Vec<Score> = best_of_finger.into_values().collect();
    scores.sort_unstable_by(|a, b| b.cmp(a));
    scores.get(least.saturating_sub(1)).copied()
}
