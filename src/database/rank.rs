//! Ranks the citizens whom a search found, by all samples of the probe.

use std::collections::BTreeSet;

use crate::fingerprint::Scratch;
use crate::gallery::ReferenceId;
use crate::search::{Found, Hit};
use crate::subject::SubjectId;
use crate::units::{Fmr, Score};

use super::authenticate::lock;
use super::compare::{compare_face, compare_finger};
use super::decision::Comparison;
use super::eligibility::may_be_same_finger;
use super::sample::{Kind, Sample};
use super::{Candidate, CitizenSnapshot, DatabaseError, SearchRequest};

/// What a search came to.
pub(super) struct Ranked {
    pub(super) candidates: Vec<Candidate>,
    pub(super) compared: u64,
    pub(super) compared_in_full: u64,
    pub(super) damaged: Vec<ReferenceId>,
    pub(super) faces_of_other_models: u64,
}

impl CitizenSnapshot {
    /// The citizens whom any sample of the request found, compared by all samples, best first.
    pub(super) fn rank(
        &self,
        found: &[(&Sample<'_>, &Found)],
        request: &SearchRequest,
    ) -> Result<Ranked, DatabaseError> {
        let thresholds = thresholds(found, request)?;
        let citizens: BTreeSet<SubjectId> =
            found.iter().flat_map(|(_, found)| found.hits.iter().map(|hit| hit.citizen)).collect();
        let mut damaged: BTreeSet<_> =
            found.iter().flat_map(|(_, found)| found.damaged.iter().copied()).collect();
        let mut ranked = Vec::new();
        for citizen in citizens {
            let mut comparisons = Vec::new();
            let mut log_product = 0.0;
            let mut expected_false = f64::INFINITY;
            for ((sample, found), threshold) in found.iter().zip(&thresholds) {
                let best = match self.best(sample, citizen, found) {
                    Ok(best) => best,
                    Err(DatabaseError::DamagedRecord { reference, .. }) => {
                        damaged.insert(reference);
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                let Some(mut best) = best else { continue };
                best.fmr = sample.table.fmr(best.score);
                best.basis = sample.table.basis(best.score);
                best.threshold = *threshold;
                log_product += best.fmr.rate().log10();
                expected_false = (best.fmr.rate() * found.compared as f64).min(expected_false);
                comparisons.push(best);
            }
            let Some(first) = comparisons.first() else { continue };
            let expected_false = expected_false * found.len() as f64;
            if request.fpir.is_some_and(|fpir| expected_false > fpir.rate()) {
                continue;
            }
            let key = (log_product, first.score, first.reference);
            let locked = lock(self.gallery.status(citizen));
            ranked.push((key, Candidate { rank: 0, citizen, locked, expected_false, comparisons }));
        }
        ranked.sort_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        ranked.truncate(request.at_most as usize);
        let candidates = ranked.into_iter().zip(1..);
        Ok(Ranked {
            candidates: candidates.map(|((_, candidate), rank)| Candidate { rank, ..candidate }).collect(),
            compared: found.iter().map(|(_, found)| found.compared).sum(),
            compared_in_full: found.iter().map(|(_, found)| found.seen.full).sum(),
            damaged: damaged.into_iter().collect(),
            faces_of_other_models: self.faces_of_other_models(request),
        })
    }

    /// How many faces other models made than the probe's.
    fn faces_of_other_models(&self, request: &SearchRequest) -> u64 {
        let Some(face) = &request.probe.face else { return 0 };
        let of_model = self.gallery.face_blocks(face.model()).iter().map(|block| block.live());
        (self.gallery.face_count() - of_model.sum::<usize>()) as u64
    }

    /// A sample's best comparison with a citizen: the search's, or made now.
    fn best(
        &self,
        sample: &Sample<'_>,
        citizen: SubjectId,
        found: &Found,
    ) -> Result<Option<Comparison>, DatabaseError> {
        let Some(view) = self.gallery.citizen(citizen)? else { return Ok(None) };
        let hit: Option<&Hit> = found.hits.iter().find(|hit| hit.citizen == citizen);
        let wanted = |reference: ReferenceId| hit.is_none_or(|hit| hit.reference == reference);
        let mut best: Option<Comparison> = None;
        let mut keep = |comparison: Comparison| {
            if best.as_ref().is_none_or(|best| comparison.score > best.score) {
                best = Some(comparison);
            }
        };
        match &sample.kind {
            Kind::Face(face) => {
                let of_model = view.faces.iter().filter(|r| r.model.as_ref() == Some(face.model()));
                for reference in of_model.filter(|r| wanted(r.meta.reference())) {
                    keep(compare_face(&self.gallery, &view, face, reference)?);
                }
            }
            Kind::Finger(probe, position) => {
                let mut scratch = Scratch::default();
                let same = view
                    .fingers
                    .iter()
                    .filter(|r| may_be_same_finger(position.finger(), r.meta.position().finger()));
                for reference in same.filter(|r| wanted(r.meta.reference())) {
                    let number = sample.number;
                    keep(compare_finger(&self.gallery, &view, number, probe, reference, &mut scratch)?);
                }
            }
        }
        Ok(best)
    }
}

/// The score that each sample alone would need for the rate asked; an error if none can state it.
fn thresholds(
    found: &[(&Sample<'_>, &Found)],
    request: &SearchRequest,
) -> Result<Vec<Option<Score>>, DatabaseError> {
    let Some(fpir) = request.fpir else { return Ok(vec![None; found.len()]) };
    let samples = found.len() as f64;
    let mut beyond = None;
    let mut thresholds = Vec::with_capacity(found.len());
    for (sample, found) in found {
        let needed = Fmr::new((fpir.rate() / (found.compared as f64 * samples)).min(1.0));
        let threshold = needed.and_then(|needed| sample.table.threshold(needed));
        if let (None, Some(needed)) = (threshold, needed) {
            beyond = Some(DatabaseError::BeyondCalibration {
                matcher: sample.table.matcher().to_owned(),
                floor: sample.table.floor(),
                needed,
                comparisons: found.compared,
            });
        }
        thresholds.push(threshold);
    }
    match beyond {
        Some(error) if thresholds.iter().all(Option::is_none) => Err(error),
        _ => Ok(thresholds),
    }
}
