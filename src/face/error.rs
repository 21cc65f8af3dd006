//! Errors of comparing faces.

use crate::template::{FaceTemplateError, ModelId};

/// Why two faces do not compare. It is never "no match": nothing was compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    /// The embeddings come from two networks, which cannot be compared.
    #[error("faces of model {probe} and of model {reference} cannot be compared")]
    Model {
        /// Model of the probe.
        probe: ModelId,
        /// Model of the reference.
        reference: ModelId,
    },
    /// The embeddings have one model name and two dimensions.
    #[error("model {model} has embeddings of {probe} and of {reference} dimensions")]
    Dimension {
        /// The model that both name.
        model: ModelId,
        /// Dimensions of the probe.
        probe: usize,
        /// Dimensions of the reference.
        reference: usize,
    },
}

/// Which row of a matrix is not a face template, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("row {row}: {source}")]
pub struct FaceMatrixError {
    /// Number of the first such row, from 0.
    pub row: usize,
    /// What is wrong with it.
    pub source: FaceTemplateError,
}

/// Whether a probe and a reference, by model and dimension, compare.
pub(super) fn comparable(probe: (&ModelId, usize), reference: (&ModelId, usize)) -> Result<(), FaceError> {
    if probe.0 != reference.0 {
        return Err(FaceError::Model { probe: probe.0.clone(), reference: reference.0.clone() });
    }
    if probe.1 != reference.1 {
        let model = probe.0.clone();
        return Err(FaceError::Dimension { model, probe: probe.1, reference: reference.1 });
    }
    Ok(())
}
