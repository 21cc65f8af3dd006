//! Why files give no face network.

use super::card_error::FaceCardError;
use crate::extraction::ModelError;

/// Why files give no face network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaceNetworkError {
    /// The detector's file.
    #[error("the detector of faces: {0}")]
    Detector(#[source] ModelError),
    /// The embedding network's file.
    #[error("the embedding network: {0}")]
    Embedding(#[source] ModelError),
    /// The embedding network's card.
    #[error(transparent)]
    Card(#[from] FaceCardError),
}
