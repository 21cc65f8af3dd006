//! A probe of what is enrolled: whether an enrolled person is enrolled under another number too.

use std::collections::BTreeMap;

use crate::gallery::{CitizenView, Reference};
use crate::subject::SubjectId;
use crate::template::{FaceTemplate, FingerprintTemplate, Modality};

use super::compare::damaged;
use super::{CitizenSnapshot, DatabaseError, Probe};

impl CitizenSnapshot {
    /// A probe of what is enrolled of a citizen: the newest reference of each finger, every one of unknown position,
    /// and the newest face of a calibrated model, or of any if none is calibrated. `None` if nothing is enrolled.
    /// Search with it [except](super::SearchRequest::except) the citizen.
    ///
    /// # Errors
    /// Damage of one of these references, or of a segment's catalogue.
    pub fn probe_of(&self, citizen: impl Into<SubjectId>) -> Result<Option<Probe>, DatabaseError> {
        let Some(view) = self.gallery.citizen(citizen)? else { return Ok(None) };
        let mut probe = Probe::new();
        for reference in newest_fingers(&view) {
            let finger = self.gallery.finger(reference.location);
            let finger = finger.map_err(|source| damaged(&view, Modality::Finger, reference, source))?;
            let minutiae = finger.minutiae.to_vec();
            probe = probe.finger(FingerprintTemplate::new(reference.meta.position(), minutiae));
        }
        let mut faces: Vec<&Reference> = view.faces.iter().collect();
        faces.sort_by_key(|reference| std::cmp::Reverse(reference.meta.newness()));
        let mut chosen: Option<FaceTemplate> = None;
        for reference in faces {
            let face = self.gallery.face(reference.location);
            let face = face.map_err(|source| damaged(&view, Modality::Face, reference, source))?;
            let is_calibrated = self.database.tables().face(face.model).is_ok();
            if is_calibrated || chosen.is_none() {
                let dimension = self.gallery.models().find(|(model, _)| *model == face.model);
                let numbers = dimension.and_then(|(_, dimension)| face.vector.get(..dimension));
                let numbers = numbers.unwrap_or(face.vector);
                chosen = Some(FaceTemplate::from_unit(face.model.clone(), numbers));
            }
            if is_calibrated {
                break;
            }
        }
        if let Some(face) = chosen {
            probe = probe.face(face);
        }
        Ok((!view.fingers.is_empty() || !view.faces.is_empty()).then_some(probe))
    }
}

fn newest_fingers(view: &CitizenView) -> Vec<&Reference> {
    let mut newest: BTreeMap<_, &Reference> = BTreeMap::new();
    let mut unknown = Vec::new();
    for reference in &view.fingers {
        match reference.meta.position().finger() {
            None => unknown.push(reference),
            Some(finger) => {
                let place = newest.entry(finger).or_insert(reference);
                if reference.meta.newness() > place.meta.newness() {
                    *place = reference;
                }
            }
        }
    }
    newest.into_values().chain(unknown).collect()
}
