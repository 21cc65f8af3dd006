//! How a database is opened.

use std::fmt;
use std::sync::Arc;

use rayon::ThreadPool;

use crate::gallery;

use super::{Audit, Calibrations};

/// What a database decides by, where it records that, and on which threads it searches. Nothing
/// here changes what is stored.
#[derive(Clone, Default)]
pub struct Options {
    pub(super) pool: Option<Arc<ThreadPool>>,
    pub(super) calibrations: Calibrations,
    pub(super) audit: Option<Arc<dyn Audit>>,
    pub(super) gallery: gallery::GalleryOptions,
}

impl Options {
    /// Rayon's global pool, the shipped calibration for fingers and none for faces, no audit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Searches and makes features on this pool.
    #[must_use]
    pub fn pool(mut self, pool: Arc<ThreadPool>) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Decides by these tables.
    #[must_use]
    pub fn calibrations(mut self, calibrations: Calibrations) -> Self {
        self.calibrations = calibrations;
        self
    }

    /// Records every decision and every change there. A decision that cannot be recorded fails, and a
    /// change that cannot is not made.
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn Audit>) -> Self {
        self.audit = Some(sink);
        self
    }

    /// Keeps the gallery so.
    #[must_use]
    pub fn gallery(mut self, options: gallery::GalleryOptions) -> Self {
        self.gallery = options;
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("pool", &self.pool.as_ref().map(|pool| pool.current_num_threads()))
            .field("calibrations", &self.calibrations)
            .field("audit", &self.audit.is_some())
            .field("gallery", &self.gallery)
            .finish()
    }
}
