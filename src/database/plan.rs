//! What of a probe is to be compared with what of a record: decided before any score.

use std::collections::{BTreeMap, BTreeSet};

use crate::face::FaceProbe;
use crate::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use crate::gallery::{CitizenView, Reference, Snapshot};
use crate::template::{Finger, FingerPosition, ModelId};
use crate::units::{Fmr, Score};

use super::decision::{Comparison, Modality, ReferReason};
use super::policy::Rule;
use super::{DatabaseError, Policy, Probe};

/// The comparisons to make, by modality.
pub(super) struct Plan<'a> {
    pub(super) faces: Vec<&'a Reference>,
    /// The probe's sample and a reference.
    pub(super) fingers: Vec<(usize, &'a Reference)>,
}

/// Which comparisons the policy asks for, or why they cannot be made.
pub(super) fn plan<'a>(
    view: &'a CitizenView,
    probe: &Probe,
    policy: &Policy,
) -> Result<Plan<'a>, ReferReason> {
    let least = match policy.rule {
        Rule::All { fingers, .. } => fingers.map(|(least, _)| usize::from(least.get())),
        Rule::Either(_) => Some(1),
    };
    let wants_face = !matches!(policy.rule, Rule::All { face: None, .. });
    let newest = usize::from(policy.newest.get());
    let probe_lacks = |modality| ReferReason::ProbeLacks { modality };
    // What the probe lacks comes before what the record lacks.
    let face = wants_face.then(|| probe.face.as_ref().ok_or(probe_lacks(Modality::Face)));
    let fingers = least.map(|least| {
        if different(usable(probe)) < least { Err(probe_lacks(Modality::Finger)) } else { Ok(least) }
    });
    match policy.rule {
        Rule::All { .. } => {
            let face = face.transpose()?;
            let least = fingers.transpose()?;
            Ok(Plan {
                faces: face.map(|face| faces(view, face.model(), newest)).transpose()?.unwrap_or_default(),
                fingers: match least {
                    Some(least) => self::fingers(view, probe, least, newest)?,
                    None => Vec::new(),
                },
            })
        }
        Rule::Either(_) => {
            let faces = face.unwrap_or(Err(probe_lacks(Modality::Face)));
            let faces = faces.and_then(|face| self::faces(view, face.model(), newest));
            let prints = fingers.unwrap_or(Err(probe_lacks(Modality::Finger)));
            let prints = prints.and_then(|least| self::fingers(view, probe, least, newest));
            match (faces, prints) {
                (Err(first), Err(second)) => Err(graver(first, second)),
                (faces, prints) => {
                    Ok(Plan { faces: faces.unwrap_or_default(), fingers: prints.unwrap_or_default() })
                }
            }
        }
    }
}

/// Of two reasons, the one that is not a sample left out by choice.
fn graver(first: ReferReason, second: ReferReason) -> ReferReason {
    if matches!(first, ReferReason::ProbeLacks { .. }) { second } else { first }
}

/// The probe's impressions that have minutiae, by their number.
pub(super) fn usable(probe: &Probe) -> impl Iterator<Item = (usize, FingerPosition)> {
    let numbered = probe.fingers.iter().enumerate();
    numbered
        .filter(|(_, (_, template))| !template.minutiae.is_empty())
        .map(|(index, (position, _))| (index, *position))
}

/// How many different fingers impressions can be of: each of unknown position may be another.
fn different(samples: impl Iterator<Item = (usize, FingerPosition)>) -> usize {
    let mut known = BTreeSet::new();
    let mut unknown = 0;
    for (_, position) in samples {
        match position.finger() {
            Some(finger) => drop(known.insert(finger)),
            None => unknown += 1,
        }
    }
    known.len() + unknown
}

/// Whether an impression is compared with a reference: same finger, or either is not known.
pub(super) fn meets(probe: FingerPosition, reference: FingerPosition) -> bool {
    match (probe.finger(), reference.finger()) {
        (Some(probe), Some(reference)) => probe == reference,
        _ => true,
    }
}

fn fingers<'a>(
    view: &'a CitizenView,
    probe: &Probe,
    least: usize,
    newest: usize,
) -> Result<Vec<(usize, &'a Reference)>, ReferReason> {
    let mut by_finger: BTreeMap<Option<Finger>, Vec<&Reference>> = BTreeMap::new();
    for reference in &view.fingers {
        by_finger.entry(reference.meta.position().finger()).or_default().push(reference);
    }
    let references: Vec<&Reference> =
        by_finger.into_values().flat_map(|group| newest_of(group, newest)).collect();
    let mut pairs = Vec::new();
    for (sample, position) in usable(probe) {
        let met = references.iter().filter(|reference| meets(position, reference.meta.position()));
        pairs.extend(met.map(|&reference| (sample, reference)));
    }
    let compared: BTreeSet<usize> = pairs.iter().map(|(sample, _)| *sample).collect();
    if different(usable(probe).filter(|(sample, _)| compared.contains(sample))) < least.max(1) {
        return Err(ReferReason::RecordLacks { modality: Modality::Finger });
    }
    Ok(pairs)
}

fn faces<'a>(
    view: &'a CitizenView,
    model: &ModelId,
    newest: usize,
) -> Result<Vec<&'a Reference>, ReferReason> {
    let of_model: Vec<&Reference> =
        view.faces.iter().filter(|reference| reference.model.as_ref() == Some(model)).collect();
    if !of_model.is_empty() {
        return Ok(newest_of(of_model, newest));
    }
    match newest_of(view.faces.iter().collect(), 1).first().and_then(|reference| reference.model.clone()) {
        Some(enrolled) => Err(ReferReason::ModelMismatch { probe: model.clone(), enrolled }),
        None => Err(ReferReason::RecordLacks { modality: Modality::Face }),
    }
}

/// The newest by capture date, then by reference; in the order of references.
fn newest_of(mut references: Vec<&Reference>, newest: usize) -> Vec<&Reference> {
    references.sort_unstable_by_key(|reference| {
        std::cmp::Reverse((reference.meta.captured(), reference.meta.reference()))
    });
    references.truncate(newest);
    references.sort_unstable_by_key(|reference| reference.meta.reference());
    references
}

/// A probe's face, prepared once.
pub(super) fn prepare_face(probe: &Probe) -> Option<FaceProbe> {
    probe.face.as_ref().map(FaceProbe::new)
}

/// A probe's impressions by number, prepared once; none for an impression without minutiae.
pub(super) fn prepare_fingers(probe: &Probe) -> Vec<Option<FingerProbe>> {
    let prepare = |minutiae: &[_]| FingerProbe::new(FingerFeatures::new(minutiae).view());
    let templates = probe.fingers.iter().map(|(_, template)| template.minutiae.as_slice());
    templates.map(|minutiae| (!minutiae.is_empty()).then(|| prepare(minutiae))).collect()
}

/// Compares an impression with a citizen's reference, its bytes proved first.
pub(super) fn compare_finger(
    snapshot: &Snapshot,
    view: &CitizenView,
    sample: usize,
    probe: &FingerProbe,
    reference: &Reference,
    scratch: &mut Scratch,
) -> Result<Comparison, DatabaseError> {
    let features = snapshot
        .finger(reference.location)
        .map_err(|source| damaged(view, Modality::Finger, reference, source))?;
    let score = probe.compare(features, scratch);
    Ok(comparison(Modality::Finger, sample, reference, score))
}

/// Compares a face with a citizen's reference, its bytes proved first.
pub(super) fn compare_face(
    snapshot: &Snapshot,
    view: &CitizenView,
    probe: &FaceProbe,
    reference: &Reference,
) -> Result<Comparison, DatabaseError> {
    let face = snapshot
        .face(reference.location)
        .map_err(|source| damaged(view, Modality::Face, reference, source))?;
    Ok(comparison(Modality::Face, 0, reference, probe.compare(face.vector)))
}

fn damaged(
    view: &CitizenView,
    modality: Modality,
    reference: &Reference,
    source: crate::gallery::GalleryError,
) -> DatabaseError {
    let reference = reference.meta.reference();
    DatabaseError::DamagedRecord { citizen: view.citizen, reference, modality, source }
}

/// A comparison with its score; its rate is for the judge to say.
fn comparison(modality: Modality, sample: usize, reference: &Reference, score: Score) -> Comparison {
    Comparison {
        modality,
        sample,
        finger: reference.meta.position().finger(),
        reference: reference.meta.reference(),
        captured: reference.meta.captured(),
        score,
        fmr: Fmr::ONE,
        basis: crate::calibration::Basis::Measured,
        threshold: None,
    }
}
