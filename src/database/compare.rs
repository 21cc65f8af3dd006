//! Compares a probe with the references of a citizen, the bytes of each proved first.

use std::collections::HashMap;

use crate::calibration::Basis;
use crate::face::FaceProbe;
use crate::fingerprint::{FingerFeatures, FingerProbe, FingerView, Scratch};
use crate::gallery::{CitizenView, GalleryError, Reference, ReferenceId, Snapshot};
use crate::template::{Finger, Minutia, Modality, ModelId};
use crate::units::{Fmr, Score};

use super::decide::Alike;
use super::decision::Comparison;
use super::eligibility::{Distinct, Impression, Record};
use super::{DatabaseError, Probe};

/// A probe's face, prepared once.
pub(super) fn prepare_face(probe: &Probe) -> Option<FaceProbe> {
    probe.face.as_ref().map(FaceProbe::new)
}

/// A probe's impressions by number, prepared once; none for an impression without minutiae.
pub(super) fn prepare_fingers(probe: &Probe) -> Vec<Option<FingerProbe>> {
    let fingers = probe.fingers.iter();
    fingers.map(|template| (!template.minutiae.is_empty()).then(|| prepare(&template.minutiae))).collect()
}

fn prepare(minutiae: &[Minutia]) -> FingerProbe {
    FingerProbe::new(FingerFeatures::new(minutiae).view())
}

/// What a citizen's record offers a probe: copies are found by their bytes. Damaged references are no copies;
/// they are an error once they are to be compared.
pub(super) fn record<'a>(
    snapshot: &'a Snapshot,
    view: &'a CitizenView,
    impressions: &[Impression],
    face: Option<&ModelId>,
) -> Record<'a> {
    let fingers_matter = view.fingers.len() > 1 && !impressions.is_empty();
    let fingers = view.fingers.iter().map(|reference| {
        let content = fingers_matter.then(|| snapshot.stored_minutiae(reference.location)).flatten();
        (reference, content.map(bytemuck::cast_slice::<_, u8>))
    });
    let faces_matter = view.faces.len() > 1;
    let faces = view.faces.iter().map(|reference| {
        let matters = faces_matter && reference.model.as_ref() == face;
        let content = matters.then(|| snapshot.face(reference.location).ok()).flatten();
        (reference, content.map(|face| bytemuck::cast_slice::<_, u8>(face.vector)))
    });
    Record::new(fingers, faces)
}

/// Compares the impressions of a claim, and, where that is asked, samples with each other. Each two are
/// compared once.
pub(super) struct FingerComparer<'a> {
    snapshot: &'a Snapshot,
    view: &'a CitizenView,
    probe: &'a Probe,
    prepared: HashMap<usize, FingerProbe>,
    scratch: Scratch,
    scores: HashMap<Compared, Score>,
}

/// Which two samples were compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Compared {
    Pair(usize, ReferenceId),
    Samples(usize, usize),
    References(ReferenceId, ReferenceId),
}

impl<'a> FingerComparer<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, view: &'a CitizenView, probe: &'a Probe) -> Self {
        let (prepared, scores) = (HashMap::new(), HashMap::new());
        Self { snapshot, view, probe, prepared, scratch: Scratch::default(), scores }
    }

    pub(super) fn compare(
        &mut self,
        impression: Impression,
        with: &Distinct<'_>,
    ) -> Result<Comparison, DatabaseError> {
        let features = finger(self.snapshot, self.view, with.reference)?;
        let score = self.compare_sample(impression.sample, features);
        self.scores.insert(Compared::Pair(impression.sample, with.reference.meta.reference()), score);
        Ok(comparison(Modality::Finger, impression.sample, with.finger, with.reference, score))
    }

    fn score(&mut self, of: Compared) -> Result<Score, DatabaseError> {
        if let Some(score) = self.scores.get(&of) {
            return Ok(*score);
        }
        let score = match of {
            Compared::Pair(sample, reference) => {
                let features = self.reference(reference)?;
                self.compare_sample(sample, features)
            }
            Compared::Samples(a, b) => {
                let second = FingerFeatures::new(minutiae(self.probe, b));
                self.compare_sample(a, second.view())
            }
            Compared::References(a, b) => {
                let (first, second) = (self.reference(a)?, self.reference(b)?);
                FingerProbe::new(first).compare(second, &mut self.scratch)
            }
        };
        self.scores.insert(of, score);
        Ok(score)
    }

    /// The score of an impression, which is prepared when it is first compared.
    fn compare_sample(&mut self, sample: usize, with: FingerView<'_>) -> Score {
        let prepared = self.prepared.entry(sample);
        prepared.or_insert_with(|| prepare(minutiae(self.probe, sample))).compare(with, &mut self.scratch)
    }

    fn reference(&self, id: ReferenceId) -> Result<FingerView<'a>, DatabaseError> {
        let reference = self.view.fingers.iter().find(|reference| reference.meta.reference() == id);
        let reference = reference.ok_or(GalleryError::UnknownLocation)?;
        finger(self.snapshot, self.view, reference)
    }
}

fn minutiae(probe: &Probe, sample: usize) -> &[Minutia] {
    probe.fingers.get(sample).map_or(&[], |template| &template.minutiae)
}

impl Alike for FingerComparer<'_> {
    fn pair(&mut self, sample: usize, reference: ReferenceId) -> Result<Score, DatabaseError> {
        self.score(Compared::Pair(sample, reference))
    }

    fn samples(&mut self, a: usize, b: usize) -> Result<Score, DatabaseError> {
        self.score(Compared::Samples(a.min(b), a.max(b)))
    }

    fn references(&mut self, a: ReferenceId, b: ReferenceId) -> Result<Score, DatabaseError> {
        self.score(Compared::References(a.min(b), a.max(b)))
    }
}

/// A reference's features, proved.
fn finger<'a>(
    snapshot: &'a Snapshot,
    view: &CitizenView,
    reference: &Reference,
) -> Result<FingerView<'a>, DatabaseError> {
    let features = snapshot.finger(reference.location);
    features.map_err(|source| damaged(view, Modality::Finger, reference, source))
}

/// Compares an impression with a citizen's reference.
pub(super) fn compare_finger(
    snapshot: &Snapshot,
    view: &CitizenView,
    sample: usize,
    probe: &FingerProbe,
    reference: &Reference,
    scratch: &mut Scratch,
) -> Result<Comparison, DatabaseError> {
    let score = probe.compare(finger(snapshot, view, reference)?, scratch);
    let position = reference.meta.position().finger();
    Ok(comparison(Modality::Finger, sample, position, reference, score))
}

/// Compares a face with a citizen's reference.
pub(super) fn compare_face(
    snapshot: &Snapshot,
    view: &CitizenView,
    probe: &FaceProbe,
    reference: &Reference,
) -> Result<Comparison, DatabaseError> {
    let face = snapshot
        .face(reference.location)
        .map_err(|source| damaged(view, Modality::Face, reference, source))?;
    Ok(comparison(Modality::Face, 0, None, reference, probe.compare(face.vector)))
}

pub(super) fn damaged(
    view: &CitizenView,
    modality: Modality,
    reference: &Reference,
    source: GalleryError,
) -> DatabaseError {
    let reference = reference.meta.reference();
    DatabaseError::DamagedRecord { citizen: view.citizen, reference, modality, source }
}

/// A comparison with its score; its rate is filled in when it is judged.
fn comparison(
    modality: Modality,
    sample: usize,
    finger: Option<Finger>,
    reference: &Reference,
    score: Score,
) -> Comparison {
    Comparison {
        modality,
        sample,
        finger,
        reference: reference.meta.reference(),
        captured: reference.meta.captured(),
        score,
        fmr: Fmr::ONE,
        basis: Basis::Measured,
        threshold: None,
    }
}
