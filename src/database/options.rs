//! How a database is opened.

use std::fmt;
use std::sync::Arc;

use rayon::ThreadPool;

use crate::attempts::Attempts;
use crate::calibration::Calibration;
use crate::gallery;

use super::{Audit, Calibrations};

/// What a database decides by, where it records that, and on which threads it searches.
///
/// ```no_run
/// use biomatch::calibration::Calibration;
/// use biomatch::database::CitizenDatabase;
///
/// let table = Calibration::from_json(&std::fs::read_to_string("arcface-r50.json")?)?;
/// let database = CitizenDatabase::options().face_calibration(table).open_or_create("citizens")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct DatabaseOptions {
    pub(super) pool: Option<Arc<ThreadPool>>,
    pub(super) calibrations: Calibrations,
    pub(super) audit: Option<Arc<dyn Audit>>,
    pub(super) attempts: Option<Arc<dyn Attempts>>,
    pub(super) gallery: gallery::GalleryOptions,
}

impl DatabaseOptions {
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

    /// Decides by these tables; those set before are dropped.
    #[must_use]
    pub fn calibrations(mut self, calibrations: Calibrations) -> Self {
        self.calibrations = calibrations;
        self
    }

    /// Decides faces of the model that the table names by it.
    #[must_use]
    pub fn face_calibration(mut self, table: Calibration) -> Self {
        self.calibrations = self.calibrations.face(table);
        self
    }

    /// Decides fingers by this table instead of the shipped one.
    #[must_use]
    pub fn finger_calibration(mut self, table: Calibration) -> Self {
        self.calibrations = self.calibrations.fingers(table);
        self
    }

    /// Records every decision, search and change there. A decision that cannot be recorded fails, and a
    /// change that cannot is not made.
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn Audit>) -> Self {
        self.audit = Some(sink);
        self
    }

    /// Asks this limiter before a claim is compared: after too many failed attempts on a citizen, claims are
    /// referred. A gallery that names its limiter ([`CitizenDatabase::limit_attempts`](super::CitizenDatabase::limit_attempts))
    /// decides no claim with another one, or without.
    #[must_use]
    pub fn attempts(mut self, limiter: Arc<dyn Attempts>) -> Self {
        self.attempts = Some(limiter);
        self
    }

    /// Opens the gallery with these options.
    #[must_use]
    pub fn gallery(mut self, options: gallery::GalleryOptions) -> Self {
        self.gallery = options;
        self
    }
}

impl fmt::Debug for DatabaseOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseOptions")
            .field("pool", &self.pool.as_ref().map(|pool| pool.current_num_threads()))
            .field("calibrations", &self.calibrations)
            .field("audit", &self.audit.is_some())
            .field("attempts", &self.attempts.is_some())
            .field("gallery", &self.gallery)
            .finish()
    }
}
