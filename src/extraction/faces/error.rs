//! Why a portrait gives no template.

use super::quantities::PixelLength;
use crate::extraction::ExtractionError;
use crate::template::FaceTemplateError;

/// Why a portrait gives no template. None of these says anything about whose face it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceExtractionError {
    /// No face was found.
    #[error("no face was found in the portrait")]
    NoFace,
    /// Several faces were found, and none is known to be the one.
    #[error("{count} faces were found in the portrait; cut it, or choose FaceChoice::Largest")]
    SeveralFaces {
        /// Faces found.
        count: usize,
    },
    /// The face has too few pixels to be told from others.
    #[error("the face is too small: its eyes are {between_eyes} apart, at least {least} needed")]
    FaceTooSmall {
        /// The distance between the eyes, as it would be from the front.
        between_eyes: PixelLength,
        /// The least.
        least: PixelLength,
    },
    /// The runtime failed.
    #[error(transparent)]
    Network(#[from] ExtractionError),
    /// The network's numbers are no embedding.
    #[error(transparent)]
    Template(#[from] FaceTemplateError),
}
