//! How a database is opened.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rayon::ThreadPool;

use crate::calibration::Calibration;
use crate::gallery::{self, Gallery, GalleryError};

use super::{Audit, Calibrations, CitizenDatabase, DatabaseError};

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

    /// Opens the gallery with these options.
    #[must_use]
    pub fn gallery(mut self, options: gallery::GalleryOptions) -> Self {
        self.gallery = options;
        self
    }

    /// Makes an empty gallery in a directory and opens it.
    ///
    /// # Errors
    /// A gallery is there already; a calibration of another matcher; an I/O error.
    pub fn create(self, directory: impl AsRef<Path>) -> Result<CitizenDatabase, DatabaseError> {
        self.clone().calibrations.resolved()?;
        let gallery = Gallery::create(directory, self.gallery.clone())?;
        CitizenDatabase::new(gallery, self)
    }

    /// Opens a gallery by mapping its files. Cost: O(segments and log), independent of the number of
    /// citizens.
    ///
    /// # Errors
    /// No gallery is there; damage; a calibration of another matcher; an I/O error.
    pub fn open(self, directory: impl AsRef<Path>) -> Result<CitizenDatabase, DatabaseError> {
        let gallery = Gallery::open(directory, self.gallery.clone())?;
        CitizenDatabase::new(gallery, self)
    }

    /// Opens a gallery, or makes an empty one where nothing is.
    ///
    /// # Errors
    /// As [`DatabaseOptions::open`]; a directory that holds anything but a gallery.
    pub fn open_or_create(self, directory: impl AsRef<Path>) -> Result<CitizenDatabase, DatabaseError> {
        let directory = directory.as_ref();
        match self.clone().open(directory) {
            Err(DatabaseError::Gallery(GalleryError::NotAGallery { .. })) => {
                match self.clone().create(directory) {
                    // Another process made it meanwhile.
                    Err(DatabaseError::Gallery(GalleryError::AlreadyExists { .. })) => self.open(directory),
                    created => created,
                }
            }
            opened => opened,
        }
    }
}

impl fmt::Debug for DatabaseOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseOptions")
            .field("pool", &self.pool.as_ref().map(|pool| pool.current_num_threads()))
            .field("calibrations", &self.calibrations)
            .field("audit", &self.audit.is_some())
            .field("gallery", &self.gallery)
            .finish()
    }
}
