//! What a person at the counter presents.

use crate::template::{FaceTemplate, FingerPosition, FingerprintTemplate};

/// The samples of one person, to be compared with a claimed citizen or with all.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    pub(super) fingers: Vec<(FingerPosition, FingerprintTemplate)>,
    pub(super) face: Option<FaceTemplate>,
}

impl Probe {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an impression of a finger. A position that is unknown, or that is none of the ten, is
    /// tried against all ten. The position given here counts, not the template's own.
    #[must_use]
    pub fn finger(mut self, position: impl Into<FingerPosition>, template: FingerprintTemplate) -> Self {
        self.fingers.push((position.into(), template));
        self
    }

    /// Adds a face; one given before is replaced.
    #[must_use]
    pub fn face(mut self, face: FaceTemplate) -> Self {
        self.face = Some(face);
        self
    }
}
