//! What a person presents.

use crate::ingest::Samples;
use crate::template::{FaceTemplate, FingerprintTemplate};

/// The samples of one person, to be compared with a claimed citizen or with all.
///
/// ```
/// use biomatch::database::Probe;
/// use biomatch::template::{Finger, FingerprintTemplate};
///
/// let impression = FingerprintTemplate::default(); // of a record: FingerprintTemplate::read
/// let probe = Probe::new().finger(impression.at(Finger::RightIndex));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Probe {
    pub(super) fingers: Vec<FingerprintTemplate>,
    pub(super) face: Option<FaceTemplate>,
}

impl Probe {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an impression of a finger, at the position that the template states; see
    /// [`FingerprintTemplate::at`]. A position that is unknown, or that is none of the ten, is compared with all
    /// ten.
    #[must_use]
    pub fn finger(mut self, template: FingerprintTemplate) -> Self {
        self.fingers.push(template);
        self
    }

    /// Adds impressions, such as all views of a record: `probe.fingers(FingerprintRecord::read(bytes, reading)?.views)`.
    #[must_use]
    pub fn fingers(mut self, templates: impl IntoIterator<Item = FingerprintTemplate>) -> Self {
        self.fingers.extend(templates);
        self
    }

    /// Adds a face; one given before is replaced.
    #[must_use]
    pub fn face(mut self, face: FaceTemplate) -> Self {
        self.face = Some(face);
        self
    }
}

/// The samples of a line of a probe list.
impl From<Samples> for Probe {
    fn from(samples: Samples) -> Self {
        Self {
            fingers: samples.fingers.into_iter().map(|finger| finger.template).collect(),
            face: samples.face.map(|face| face.template),
        }
    }
}
