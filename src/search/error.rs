//! Errors of a search.

use crate::face::FaceError;
use crate::gallery::GalleryError;
use crate::template::ModelId;

/// An error of a search. None of them means "not found".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The gallery has faces, but none of the probe's model.
    #[error("the gallery has no face of model {probe}; it has those of {}", list(gallery))]
    Model {
        /// The probe's model.
        probe: ModelId,
        /// The gallery's models.
        gallery: Vec<ModelId>,
    },
    /// The probe's embedding does not compare with the gallery's.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The gallery could not be read.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

impl SearchError {
    /// Whether the request itself cannot be met as it is. The same call fails again.
    pub fn is_request(&self) -> bool {
        match self {
            Self::Model { .. } | Self::Face(_) => true,
            Self::Gallery(error) => error.is_request(),
        }
    }
}

fn list(models: &[ModelId]) -> String {
    models.iter().map(ModelId::as_str).collect::<Vec<_>>().join(", ")
}
