//! What is stored of a citizen.

use crate::gallery::{NewReference, RequestId};
use crate::ingest::Samples;
use crate::template::{FaceTemplate, FingerprintTemplate};
use crate::units::Timestamp;

use super::DatabaseError;

/// New references of one citizen: added beside those that are there, all or none.
#[derive(Clone, Debug, Default)]
pub struct Enrolment {
    /// With what was said of its date, if anything was.
    samples: Vec<(Sample, Option<Option<Timestamp>>)>,
    pub(super) request: Option<RequestId>,
}

#[derive(Clone, Debug)]
enum Sample {
    Finger(FingerprintTemplate),
    Face(FaceTemplate),
}

impl Enrolment {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an impression of a finger, at the position that the template states; see
    /// [`FingerprintTemplate::at`]. A finger may have several. A reference of unknown position is compared with
    /// every finger.
    #[must_use]
    pub fn finger(mut self, template: FingerprintTemplate) -> Self {
        self.samples.push((Sample::Finger(template), None));
        self
    }

    /// Adds impressions, such as all views of a record: see [`Probe::fingers`](super::Probe::fingers).
    #[must_use]
    pub fn fingers(mut self, templates: impl IntoIterator<Item = FingerprintTemplate>) -> Self {
        self.samples.extend(templates.into_iter().map(|template| (Sample::Finger(template), None)));
        self
    }

    /// Adds a face; a citizen may have several, of several models.
    #[must_use]
    pub fn face(mut self, face: FaceTemplate) -> Self {
        self.samples.push((Sample::Face(face), None));
        self
    }

    /// Says when the samples added so far were captured, or that it is not known, but for those of
    /// which it was said before. The newest references are those that count; one without a date is
    /// the oldest.
    #[must_use]
    pub fn captured(mut self, at: impl Into<Option<Timestamp>>) -> Self {
        let at = at.into();
        for (_, captured) in &mut self.samples {
            captured.get_or_insert(at);
        }
        self
    }

    /// Names the request, so that it may be repeated: repeated with the same content it changes nothing, and gives
    /// its first result; with other content it is a [`crate::gallery::GalleryError::RequestConflict`].
    #[must_use]
    pub fn request_id(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// What the gallery is to keep.
    pub(super) fn references(self) -> Result<Vec<NewReference>, DatabaseError> {
        if self.samples.is_empty() {
            return Err(DatabaseError::EmptyEnrolment);
        }
        self.samples.into_iter().map(|(sample, captured)| reference(sample, captured.flatten())).collect()
    }
}

/// The samples of a line of a manifest, each with the moment that was stated for it.
impl From<Samples> for Enrolment {
    fn from(samples: Samples) -> Self {
        let fingers = samples.fingers.into_iter();
        let fingers = fingers.map(|finger| (Sample::Finger(finger.template), Some(finger.captured)));
        let faces = samples.face.into_iter();
        let faces = faces.map(|face| (Sample::Face(face.template), Some(face.captured)));
        Self { samples: fingers.chain(faces).collect(), request: None }
    }
}

fn reference(sample: Sample, captured: Option<Timestamp>) -> Result<NewReference, DatabaseError> {
    let reference = match sample {
        Sample::Finger(template) if template.minutiae.is_empty() => {
            return Err(DatabaseError::EmptyFinger { position: template.position });
        }
        Sample::Finger(template) => NewReference::finger(template),
        Sample::Face(template) => NewReference::face(template),
    };
    Ok(match captured {
        Some(at) => reference.captured(at),
        None => reference,
    })
}
