//! 1:N: who of all citizens is this?
//!
//! The face and the fingers of a probe, if there are both, search the gallery by themselves; several
//! fingers search together. A citizen whom any sample finds is then compared by all samples, and citizens are ranked by the product of the rates of their best
//! comparisons. The product ranks only; what is stated of a candidate is a union bound, which
//! needs no independence of face and fingers.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Instant;

use rayon::prelude::*;

use crate::calibration::Calibration;
use crate::face::FaceProbe;
use crate::fingerprint::{FingerProbe, Scratch};
use crate::search::{
    FingerQuery, Found, FoundPerson, Hit, OneBit, Search, Shortlist, identify_faces, identify_fingers,
    identify_person,
};
use crate::subject::SubjectId;
use crate::template::FingerPosition;
use crate::units::Score;

use super::authenticate::lock;
use super::decision::Comparison;
use super::plan::{compare_face, compare_finger, meets, prepare_face, prepare_fingers};
use super::{
    AuditCandidate, AuditEvent, Candidate, CitizenSnapshot, DatabaseError, Identification, Identify, Probe,
};

/// With several samples, each looks deeper than the list is long, so that a citizen whom all find
/// likely is not lost because none finds them likeliest.
const DEEPER: usize = 4;
const LEAST_DEEP: usize = 64;

/// One sample of a probe in a search.
struct Sample<'a> {
    /// Which of the batch's probes it is of.
    probe: usize,
    /// Which of the probe's samples of its kind.
    number: usize,
    kind: Kind,
    table: &'a Calibration,
}

impl Sample<'_> {
    fn finger(&self) -> Option<FingerQuery<'_>> {
        match &self.kind {
            Kind::Finger(probe, position) => Some(FingerQuery { probe, position: *position }),
            Kind::Face(_) => None,
        }
    }
}

enum Kind {
    Face(FaceProbe),
    Finger(Box<FingerProbe>, FingerPosition),
}

impl CitizenSnapshot<'_> {
    /// Who of all citizens the probe is: candidates, best first.
    ///
    /// Order: product of the samples' rates ascending, then the first sample's score descending,
    /// then reference ascending; for a single sample that is the order of scores. The same for any
    /// number of threads. One audit entry is kept.
    ///
    /// # Errors
    /// A probe without a sample; a face model that the gallery does not have, or without
    /// calibration; a rate beyond what every sample's calibration states; damage to a segment's
    /// catalogue; an audit entry that could not be kept.
    pub fn identify(&self, probe: &Probe, asked: &Identify<'_>) -> Result<Identification, DatabaseError> {
        let found = self.identify_batch(std::slice::from_ref(probe), asked)?;
        found.into_iter().next().ok_or(DatabaseError::EmptyProbe)
    }

    /// Many identifications in one pass of the gallery, in the order of the probes.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::identify`], for the first probe that has one.
    pub fn identify_batch(
        &self,
        probes: &[Probe],
        asked: &Identify<'_>,
    ) -> Result<Vec<Identification>, DatabaseError> {
        let started = Instant::now();
        let found = match &self.database.pool {
            Some(pool) => pool.install(|| self.find(probes, asked)),
            None => self.find(probes, asked),
        }?;
        for one in &found {
            let candidates = one.candidates.iter();
            let candidates =
                candidates.map(|c| AuditCandidate { citizen: c.citizen, expected_false: c.expected_false });
            let event = AuditEvent::Identify {
                compared: one.compared,
                candidates: candidates.collect(),
                damaged: one.damaged.len(),
            };
            self.record(event, started)?;
        }
        Ok(found)
    }

    /// A one-bit filter for the faces of such probes, measured on these: see [`OneBit::measured`]. For
    /// [`Identify::approximately`].
    ///
    /// # Errors
    /// A face model that the gallery does not have; damage to a segment's catalogue.
    pub fn measure_filter(&self, probes: &[Probe], shortlist: Shortlist) -> Result<OneBit, DatabaseError> {
        let faces: Vec<FaceProbe> = probes.iter().filter_map(prepare_face).collect();
        let mut search = Search::top(NonZeroUsize::MIN);
        if let Some(pool) = &self.database.pool {
            search = search.on(pool);
        }
        Ok(OneBit::measured(&self.gallery, &faces, &search, shortlist)?)
    }

    fn find(&self, probes: &[Probe], asked: &Identify<'_>) -> Result<Vec<Identification>, DatabaseError> {
        let prepared: Vec<Vec<Sample<'_>>> = probes
            .par_iter()
            .enumerate()
            .map(|(index, probe)| self.samples(index, probe))
            .collect::<Result<_, _>>()?;
        let several = prepared.iter().any(|samples| samples.len() > 1);
        let samples: Vec<Sample<'_>> = prepared.into_iter().flatten().collect();
        let deep =
            asked.top.saturating_mul(NonZeroUsize::MIN.saturating_add(DEEPER - 1)).get().max(LEAST_DEEP);
        let top = if several { NonZeroUsize::new(deep).unwrap_or(asked.top) } else { asked.top };
        let mut search = Search::top(top).effort(asked.effort);
        if let Some(within) = asked.within {
            search = search.within(within);
        }
        let found = self.search(&samples, &search, asked.filter)?;
        let mut by_probe: Vec<Vec<(&Sample<'_>, &Found)>> = probes.iter().map(|_| Vec::new()).collect();
        for pair in samples.iter().zip(&found) {
            if let Some(of_probe) = by_probe.get_mut(pair.0.probe) {
                of_probe.push(pair);
            }
        }
        by_probe.par_iter().map(|of_probe| self.rank(of_probe, asked)).collect()
    }

    fn samples(&self, index: usize, probe: &Probe) -> Result<Vec<Sample<'_>>, DatabaseError> {
        let mut samples = Vec::new();
        if let Some(face) = prepare_face(probe) {
            let table = self.database.tables.face(face.model())?;
            samples.push(Sample { probe: index, number: 0, kind: Kind::Face(face), table });
        }
        let fingers = prepare_fingers(probe).into_iter().zip(&probe.fingers).enumerate();
        for (number, (finger, (position, _))) in fingers {
            if let Some(finger) = finger {
                let kind = Kind::Finger(Box::new(finger), *position);
                samples.push(Sample { probe: index, number, kind, table: &self.database.tables.fingers });
            }
        }
        if samples.is_empty() { Err(DatabaseError::EmptyProbe) } else { Ok(samples) }
    }

    /// One result a sample, in their order, in one pass for each modality.
    fn search(
        &self,
        samples: &[Sample<'_>],
        search: &Search<'_>,
        filter: Option<OneBit>,
    ) -> Result<Vec<Found>, DatabaseError> {
        let mut faces = Vec::new();
        for sample in samples {
            if let Kind::Face(face) = &sample.kind {
                faces.push(face.clone());
            }
        }
        let faces = match filter {
            _ if faces.is_empty() => Vec::new(),
            None => identify_faces(&self.gallery, &faces, search)?,
            Some(filter) => {
                let found = filter.identify(&self.gallery, &faces, search)?;
                found.into_iter().map(|approximately| approximately.found).collect()
            }
        };
        let mut faces = faces.into_iter();
        let mut fingers = self.search_fingers(samples, search)?.into_iter();
        let next = samples.iter().map(|sample| match sample.kind {
            Kind::Face(_) => faces.next(),
            Kind::Finger(..) => fingers.next(),
        });
        Ok(next.map(Option::unwrap_or_default).collect())
    }

    /// One result a finger, in their order: single fingers in one pass, several of a probe together.
    fn search_fingers(
        &self,
        samples: &[Sample<'_>],
        search: &Search<'_>,
    ) -> Result<Vec<Found>, DatabaseError> {
        let mut single = Vec::new();
        let mut several = Vec::new();
        for of_probe in samples.chunk_by(|a, b| a.probe == b.probe) {
            let queries: Vec<FingerQuery<'_>> = of_probe.iter().filter_map(Sample::finger).collect();
            match queries.as_slice() {
                [] => {}
                [query] => single.push(*query),
                _ => several.push(queries),
            }
        }
        let mut single = match single.as_slice() {
            [] => Vec::new(),
            queries => identify_fingers(&self.gallery, queries, search)?,
        }
        .into_iter();
        let several = several.iter().map(|queries| identify_person(&self.gallery, queries, search));
        let mut several = several.collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut found = Vec::new();
        for of_probe in samples.chunk_by(|a, b| a.probe == b.probe) {
            match of_probe.iter().filter_map(Sample::finger).count() {
                0 => {}
                1 => found.extend(single.next()),
                _ => found.extend(several.next().into_iter().flat_map(FoundPerson::into_fingers)),
            }
        }
        Ok(found)
    }

    fn rank(
        &self,
        found: &[(&Sample<'_>, &Found)],
        asked: &Identify<'_>,
    ) -> Result<Identification, DatabaseError> {
        let thresholds = thresholds(found, asked)?;
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
            if asked.at.is_some_and(|fpir| expected_false > fpir.rate()) {
                continue;
            }
            let key = (log_product, first.score, first.reference);
            let locked = lock(self.gallery.status(citizen));
            ranked.push((key, Candidate { rank: 0, citizen, locked, expected_false, comparisons }));
        }
        ranked.sort_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        ranked.truncate(asked.top.get());
        let candidates = ranked.into_iter().zip(1..);
        let candidates = candidates.map(|((_, candidate), rank)| Candidate { rank, ..candidate }).collect();
        let compared = found.iter().map(|(_, found)| found.compared).sum();
        let compared_in_full = found.iter().map(|(_, found)| found.seen.full).sum();
        let faces = found.iter().any(|(sample, _)| matches!(sample.kind, Kind::Face(_)));
        let approximate = asked.filter.filter(|_| faces).map(Into::into);
        let damaged = damaged.into_iter().collect();
        Ok(Identification { candidates, compared, compared_in_full, approximate, damaged })
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
        let wanted =
            |reference: crate::gallery::ReferenceId| hit.is_none_or(|hit| hit.reference == reference);
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
                let met = view.fingers.iter().filter(|r| meets(*position, r.meta.position()));
                for reference in met.filter(|r| wanted(r.meta.reference())) {
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
    asked: &Identify<'_>,
) -> Result<Vec<Option<Score>>, DatabaseError> {
    let Some(fpir) = asked.at else { return Ok(vec![None; found.len()]) };
    let samples = found.len() as f64;
    let mut beyond = None;
    let mut thresholds = Vec::with_capacity(found.len());
    for (sample, found) in found {
        let needed = crate::units::Fmr::new((fpir.rate() / (found.compared as f64 * samples)).min(1.0));
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
