//! References that are committed and not yet in a segment.

use std::sync::Arc;

use super::codes::OwnedCodes;
use super::reference::ReferenceMeta;
use crate::fingerprint::FingerFeatures;
use crate::fingerprint::codes::{CodeModel, CodeModelId, FingerCodes};
use crate::template::{Minutia, ModelId};

/// A finger's features, and its codes by the gallery's model.
pub(super) struct CodedFinger {
    pub(super) features: FingerFeatures,
    pub(super) codes: FingerCodes,
}

impl CodedFinger {
    /// Makes features and codes: most of the cost of an enrolment.
    pub(super) fn new(minutiae: &[Minutia], model: &CodeModel) -> Self {
        let features = FingerFeatures::new(minutiae);
        let codes = model.encode(features.view());
        Self { features, codes }
    }
}

/// Finger rows in memory, in row order.
pub(super) struct FingerMemory {
    pub(super) metas: Vec<ReferenceMeta>,
    pub(super) rows: Vec<Arc<CodedFinger>>,
    /// The model that made the codes.
    pub(super) model: CodeModelId,
    /// The codes of the rows once more as columns, which a scan reads.
    pub(super) codes: OwnedCodes,
}

/// Face rows of one model in memory, in row order.
pub(super) struct FaceMemory {
    pub(super) model: ModelId,
    pub(super) dimension: usize,
    pub(super) metas: Vec<ReferenceMeta>,
    pub(super) rows: Vec<Arc<[f32]>>,
}
