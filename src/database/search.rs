//! 1:N: who of all citizens is this?
//!
//! The face and the fingers of a probe, if there are both, search the gallery by themselves; several
//! fingers search together. A citizen whom any sample finds is then compared by all samples, and citizens are
//! ranked by the product of the rates of their best comparisons. The product ranks only; what is stated of a
//! candidate is a union bound, which needs no independence of face and fingers.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;
use tracing::field;

use crate::face::FaceProbe;
use crate::gallery::Generation;
use crate::search::{
    FingerQuery, Found, FoundPerson, OneBit, Search, Shortlist, identify_faces, identify_fingers,
    identify_person,
};

use super::compare::{prepare_face, prepare_fingers};
use super::rank::Ranked;
use super::record::{FailedSearch, NotCompared, RecordVersion, SearchRecord, Searched};
use super::sample::{Kind, Sample};
use super::{AuditEntry, CitizenDatabase, CitizenSnapshot, DatabaseError, Probe, SearchRequest};

/// With several samples, each looks deeper than the list is long, so that a citizen whom all find
/// likely is not lost because none finds them likeliest.
const DEEPER: usize = 4;
const LEAST_DEEP: usize = 64;

impl CitizenSnapshot {
    /// Searches all citizens for the probe: candidates, best first.
    ///
    /// Order: product of the samples' rates ascending, then the first sample's score descending,
    /// then reference ascending; for a single sample that is the order of scores. The same for any
    /// number of threads. One audit entry is kept, also of an error.
    ///
    /// # Errors
    /// A probe without a sample; a face model that the gallery does not have, or without
    /// calibration; a rate beyond what every sample's calibration states; damage to a segment's
    /// catalogue; an audit entry that could not be kept.
    pub fn identify(&self, request: &SearchRequest) -> Result<SearchRecord, DatabaseError> {
        let found = self.identify_batch(std::slice::from_ref(request))?;
        found.into_iter().next().ok_or(DatabaseError::EmptyProbe)
    }

    /// Many searches, in the order of the requests. Neighbours that search alike (list length, effort,
    /// sub-gallery, excepted citizen and filter) share a pass over the gallery. The audit keeps their entries
    /// together, with one synchronisation.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::identify`], for the first request that has one; all of them then fail.
    pub fn identify_batch(&self, requests: &[SearchRequest]) -> Result<Vec<SearchRecord>, DatabaseError> {
        let span = tracing::debug_span!(
            target: "biomatch",
            "identify",
            generation = self.generation().value(),
            requests = requests.len(),
            comparisons = field::Empty,
            candidates = field::Empty,
        );
        let result = span.in_scope(|| self.search_and_record(requests));
        self.database.counting().searches(requests.len(), &result);
        if let Ok(records) = &result {
            span.record("comparisons", records.iter().map(|record| record.compared).sum::<u64>());
            span.record("candidates", records.iter().map(|record| record.candidates.len()).sum::<usize>());
        }
        result
    }

    fn search_and_record(&self, requests: &[SearchRequest]) -> Result<Vec<SearchRecord>, DatabaseError> {
        let started = Instant::now();
        let found: Result<Vec<_>, _> = self.database.run(|| {
            let alike = requests.chunk_by(SearchRequest::searches_like);
            alike.map(|requests| self.without_excepted(requests)?.find(requests)).collect()
        });
        let found = match found {
            Ok(found) => found.into_iter().flatten(),
            Err(error) => {
                let generation = Some(self.generation());
                return Err(self.database.failed_searches(requests, generation, error, started));
            }
        };
        let records =
            requests.iter().zip(found).map(|(request, ranked)| self.record(request, ranked, started));
        let records: Vec<SearchRecord> = records.collect();
        self.database.audit(|| records.iter().cloned().map(AuditEntry::Identify).collect())?;
        Ok(records)
    }

    /// The state that requests which search alike are about.
    fn without_excepted(&self, requests: &[SearchRequest]) -> Result<Self, DatabaseError> {
        match requests.first().and_then(|request| request.except) {
            Some(citizen) => {
                let gallery = Arc::new(self.gallery.without(citizen)?);
                Ok(Self { gallery, database: self.database.clone() })
            }
            None => Ok(self.clone()),
        }
    }

    fn record(&self, request: &SearchRequest, ranked: Ranked, started: Instant) -> SearchRecord {
        let probe = &request.probe;
        let face = probe.face.as_ref();
        let empty = probe.fingers.iter().filter(|template| template.minutiae.is_empty()).count();
        SearchRecord {
            version: RecordVersion,
            searched: Searched::from(request),
            candidates: ranked.candidates,
            compared: ranked.compared,
            compared_in_full: ranked.compared_in_full,
            approximate: request.filter.filter(|_| face.is_some()).map(Into::into),
            not_compared: NotCompared {
                empty_samples: u32::try_from(empty).unwrap_or(u32::MAX),
                faces_of_other_models: ranked.faces_of_other_models,
                damaged: ranked.damaged,
            },
            answered: self.database.answered(Some(self.generation()), face, started),
        }
    }

    /// A one-bit filter for the faces of such probes, measured on these: see [`OneBit::measured`]. For
    /// [`SearchRequest::approximately`].
    ///
    /// # Errors
    /// A face model that the gallery does not have; damage to a segment's catalogue.
    pub fn measure_filter(&self, probes: &[Probe], shortlist: Shortlist) -> Result<OneBit, DatabaseError> {
        let faces: Vec<FaceProbe> = probes.iter().filter_map(prepare_face).collect();
        let mut search = Search::top(NonZeroUsize::MIN);
        if let Some(pool) = self.database.pool() {
            search = search.on(pool);
        }
        Ok(OneBit::measured(&self.gallery, &faces, &search, shortlist)?)
    }

    fn find(&self, requests: &[SearchRequest]) -> Result<Vec<Ranked>, DatabaseError> {
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        let prepared: Vec<Vec<Sample<'_>>> = requests
            .par_iter()
            .enumerate()
            .map(|(index, request)| self.samples(index, &request.probe))
            .collect::<Result<_, _>>()?;
        let several = prepared.iter().any(|samples| samples.len() > 1);
        let samples: Vec<Sample<'_>> = prepared.into_iter().flatten().collect();
        let asked = first.at_most as usize;
        let deep = if several { asked.saturating_mul(DEEPER).max(LEAST_DEEP) } else { asked };
        let mut search =
            Search::top(NonZeroUsize::new(deep).unwrap_or(NonZeroUsize::MIN)).effort(first.effort);
        if let Some(within) = &first.within {
            search = search.within(within);
        }
        let found = self.search(&samples, &search, first.filter)?;
        let mut by_request: Vec<Vec<(&Sample<'_>, &Found)>> = requests.iter().map(|_| Vec::new()).collect();
        for pair in samples.iter().zip(&found) {
            if let Some(of_request) = by_request.get_mut(pair.0.request) {
                of_request.push(pair);
            }
        }
        by_request.par_iter().zip(requests).map(|(found, request)| self.rank(found, request)).collect()
    }

    fn samples(&self, index: usize, probe: &Probe) -> Result<Vec<Sample<'_>>, DatabaseError> {
        let tables = self.database.tables();
        let mut samples = Vec::new();
        if let Some(face) = prepare_face(probe) {
            let table = &*tables.face(face.model())?.calibration;
            samples.push(Sample { request: index, number: 0, kind: Kind::Face(face), table });
        }
        let fingers = prepare_fingers(probe).into_iter().zip(&probe.fingers).enumerate();
        for (number, (finger, template)) in fingers {
            if let Some(finger) = finger {
                let kind = Kind::Finger(Box::new(finger), template.position);
                let table = &tables.fingers.calibration;
                samples.push(Sample { request: index, number, kind, table });
            }
        }
        if samples.is_empty() { Err(DatabaseError::EmptyProbe) } else { Ok(samples) }
    }

    /// One result per sample, in their order, in one pass for each modality.
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

    /// One result per finger, in their order: single fingers in one pass, several of a probe together.
    fn search_fingers(
        &self,
        samples: &[Sample<'_>],
        search: &Search<'_>,
    ) -> Result<Vec<Found>, DatabaseError> {
        let mut single = Vec::new();
        let mut several = Vec::new();
        for of_probe in samples.chunk_by(|a, b| a.request == b.request) {
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
        for of_probe in samples.chunk_by(|a, b| a.request == b.request) {
            match of_probe.iter().filter_map(Sample::finger).count() {
                0 => {}
                1 => found.extend(single.next()),
                _ => found.extend(several.next().into_iter().flat_map(FoundPerson::into_fingers)),
            }
        }
        Ok(found)
    }
}

impl CitizenDatabase {
    /// Records that searches failed; gives the error, or the one that kept it from being recorded. Without a
    /// generation there was no state to ask.
    pub(super) fn failed_searches(
        &self,
        requests: &[SearchRequest],
        generation: Option<Generation>,
        error: DatabaseError,
        started: Instant,
    ) -> DatabaseError {
        let failed = |request: &SearchRequest| {
            AuditEntry::IdentifyFailed(FailedSearch {
                version: RecordVersion,
                searched: Searched::from(request),
                error: error.to_string(),
                answered: self.answered(generation, request.probe.face.as_ref(), started),
            })
        };
        self.audit(|| requests.iter().map(failed).collect()).err().unwrap_or(error)
    }
}
