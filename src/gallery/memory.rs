//! References that are committed and not yet in a segment.

use std::sync::Arc;

use super::reference::ReferenceMeta;
use crate::fingerprint::FingerFeatures;
use crate::template::ModelId;

/// Finger rows in memory, in row order.
pub(super) struct FingerMemory {
    pub(super) metas: Vec<ReferenceMeta>,
    pub(super) rows: Vec<Arc<FingerFeatures>>,
}

/// Face rows of one model in memory, in row order.
pub(super) struct FaceMemory {
    pub(super) model: ModelId,
    pub(super) dimension: usize,
    pub(super) metas: Vec<ReferenceMeta>,
    pub(super) rows: Vec<Arc<[f32]>>,
}
