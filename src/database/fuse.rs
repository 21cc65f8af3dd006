//! The comparisons of a claim as one: their likelihood ratio and rate together.

use std::collections::BTreeMap;

use crate::calibration::Calibration;
use crate::fusion::{Best, Fused, FusionError, FusionTable, Part, fuse};
use crate::template::{Finger, Modality};
use crate::units::{Fmr, Score};

use super::DatabaseError;
use super::calibrations::Table;
use super::decision::{Comparison, Decision};

/// The tables of a claim's comparisons, for fusion.
#[derive(Clone, Copy)]
pub(super) struct Fusing<'a> {
    pub(super) face: Option<&'a Table>,
    pub(super) fingers: Option<&'a Table>,
    /// The rate that the policy asks of all samples together.
    pub(super) required: Option<Fmr>,
}

/// How many comparisons there are, by sample: those of one finger, or of the face, are of one sample.
#[derive(Clone, Debug, Default)]
struct Samples {
    face: Vec<Best>,
    fingers: Vec<Best>,
}

impl Samples {
    /// Comparisons of a finger by its name. Where any impression or reference is of unknown position, all
    /// comparisons of fingers may be of one, and count as one sample.
    fn new(comparisons: impl Iterator<Item = (Modality, Option<Finger>, Score)>) -> Self {
        let mut fingers: BTreeMap<Option<Finger>, Best> = BTreeMap::new();
        let mut face = None;
        for (modality, finger, score) in comparisons {
            let first = Best { score, comparisons: 0 };
            let best = match modality {
                Modality::Face => face.get_or_insert(first),
                Modality::Finger => fingers.entry(finger).or_insert(first),
            };
            *best = Best { score: best.score.max(score), comparisons: best.comparisons.saturating_add(1) };
        }
        if fingers.contains_key(&None) {
            let score = fingers.values().map(|best| best.score).max().unwrap_or(Score::LOWEST);
            let comparisons = fingers.values().fold(0_u32, |sum, best| sum.saturating_add(best.comparisons));
            fingers = BTreeMap::from([(None, Best { score, comparisons })]);
        }
        Self { face: face.into_iter().collect(), fingers: fingers.into_values().collect() }
    }
}

impl<'a> Fusing<'a> {
    /// Refuses a rate that cannot be stated: by a table without ratios, or because not even perfect scores have it.
    /// `planned` are the comparisons to be made.
    pub(super) fn check(
        &self,
        planned: impl Iterator<Item = (Modality, Option<Finger>)>,
    ) -> Result<(), DatabaseError> {
        let Some(required) = self.required else { return Ok(()) };
        let perfect = Score::new(f32::MAX).unwrap_or(Score::LOWEST);
        let samples = Samples::new(planned.map(|(modality, finger)| (modality, finger, perfect)));
        let best = self.fused(&samples)?;
        if best.fmr > required {
            let (floor, samples) = (best.fmr, best.samples);
            return Err(DatabaseError::BeyondFusion { floor, needed: required, samples });
        }
        Ok(())
    }

    /// What the comparisons say together, and the decision with it: an acceptance whose fused rate is not what the
    /// policy asks for is a rejection. `presented` are the positions of the probe's impressions, by number. Without
    /// ratios, and without a policy that needs them, nothing.
    pub(super) fn judge(
        &self,
        decision: Decision,
        comparisons: &[Comparison],
        presented: &[Option<Finger>],
    ) -> Result<(Decision, Option<Fused>), DatabaseError> {
        let finger_of = |one: &Comparison| {
            let presented = presented.get(one.sample).copied().flatten();
            presented.filter(|_| presented == one.finger)
        };
        let samples = Samples::new(comparisons.iter().map(|one| (one.modality, finger_of(one), one.score)));
        let fused = match (self.fused(&samples), self.required) {
            (Ok(fused), _) => fused,
            (Err(_), None) => return Ok((decision, None)),
            (Err(error), Some(_)) => return Err(error),
        };
        let is_met = self.required.is_none_or(|required| fused.fmr <= required);
        let decision = if decision == Decision::Accept && !is_met { Decision::Reject } else { decision };
        Ok((decision, Some(fused)))
    }

    fn fused(&self, samples: &Samples) -> Result<Fused, DatabaseError> {
        let mut parts = Vec::new();
        for (table, best) in [(self.fingers, &samples.fingers), (self.face, &samples.face)] {
            if let (Some(table), false) = (table, best.is_empty()) {
                parts.push(Part { table: with_ratios(table)?, best });
            }
        }
        Ok(fuse(&parts)?)
    }
}

fn with_ratios(table: &Table) -> Result<&FusionTable, FusionError> {
    let without =
        |calibration: &Calibration| FusionError::NoRatios { matcher: calibration.matcher().to_owned() };
    table.fusion.as_deref().ok_or_else(|| without(&table.calibration))
}
