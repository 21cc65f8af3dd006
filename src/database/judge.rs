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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use proptest::prelude::*;

    use super::*;
    use crate::calibration;
    use crate::gallery::ReferenceId;
    use crate::template::Finger;

    /// Comparisons of (sample, finger, score).
    fn scored<'a>(
        table: &'a Calibration,
        modality: Modality,
        scores: &[(usize, usize, f32)],
    ) -> Option<Scored<'a>> {
        let comparisons = scores.iter().zip(1..).map(|(&(sample, finger, score), id)| Comparison {
            modality,
            sample,
            finger: Some(Finger::ALL[finger]),
            reference: ReferenceId::from_value(id),
            captured: None,
            score: Score::new(score).unwrap(),
            fmr: Fmr::ONE,
            basis: Basis::Measured,
            threshold: None,
        });
        (!scores.is_empty()).then(|| Scored { table, comparisons: comparisons.collect() })
    }

    proptest! {
        #[test]
        fn accept_implies_that_every_rate_is_met(
            faces in prop::collection::vec((Just(0_usize), Just(0_usize), 0.2_f32..0.8), 0..4),
            prints in prop::collection::vec((0_usize..3, 0_usize..10, 0.0_f32..12.0), 0..12),
            exponent in 1.0_f64..4.5,
            least in 1_u8..4,
            kind in 0..4,
        ) {
            let (faces_table, fingers_table) =
                (calibration::face_generic().unwrap(), calibration::fingerprint().unwrap());
            let rate = Fmr::new(10.0_f64.powf(-exponent)).unwrap();
            let fingers = Some((NonZeroU8::new(least).unwrap(), rate));
            let rule = match kind {
                0 => Rule::All { face: Some(rate), fingers },
                1 => Rule::All { face: Some(rate), fingers: None },
                2 => Rule::All { face: None, fingers },
                _ => Rule::Either(rate),
            };
            let face = scored(&faces_table, Modality::Face, &faces);
            let prints_scored = scored(&fingers_table, Modality::Finger, &prints);
            let (verdict, evidence) = judge(rule, face, prints_scored).unwrap();
            for m in &evidence.modalities {
                prop_assert_eq!(m.verdict == Verdict::Met, m.reached <= rate && m.reached < Fmr::ONE);
            }
            let met: Vec<Modality> =
                evidence.modalities.iter().filter(|m| m.verdict == Verdict::Met).map(|m| m.modality).collect();
            let expected = match kind {
                0 => met.len() == 2,
                1 => met == [Modality::Face],
                2 => met == [Modality::Finger],
                _ => !met.is_empty(),
            };
            prop_assert_eq!(verdict == Verdict::Met, expected);
            // So many different fingers, each by another impression, are at the threshold.
            if verdict == Verdict::Met && kind != 1 && kind != 3 {
                let good = evidence.comparisons.iter().filter(|c| {
                    c.modality == Modality::Finger && c.threshold.is_some_and(|t| c.score >= t)
                });
                let (samples, fingers): (std::collections::BTreeSet<_>, std::collections::BTreeSet<_>) =
                    good.map(|c| (c.sample, c.finger)).unzip();
                prop_assert!(samples.len() >= usize::from(least) && fingers.len() >= usize::from(least));
            }
        }
    }
}
