//! From options to a database.

use std::path::Path;

use crate::gallery::{Gallery, GalleryError};

use super::calibrations::Tables;
use super::limiter::check_limiter;
use super::{CitizenDatabase, DatabaseError, DatabaseOptions};

impl DatabaseOptions {
    /// Makes an empty gallery in a directory and opens it.
    ///
    /// # Errors
    /// A gallery is there already; a calibration of another matcher; an I/O error.
    pub fn create(self, directory: impl AsRef<Path>) -> Result<CitizenDatabase, DatabaseError> {
        // First, so that nothing is left behind of a database that cannot decide.
        let tables = self.calibrations.clone().resolved()?;
        let gallery = Gallery::create(directory, self.gallery.clone())?;
        self.over(gallery, tables)
    }

    /// Opens a gallery by mapping its files. Cost: O(segments and log), independent of the number of
    /// citizens.
    ///
    /// # Errors
    /// No gallery is there; damage; a calibration of another matcher; a limiter of another gallery, or another than
    /// the one that the gallery names; an I/O error.
    pub fn open(self, directory: impl AsRef<Path>) -> Result<CitizenDatabase, DatabaseError> {
        let gallery = Gallery::open(directory, self.gallery.clone())?;
        let tables = self.calibrations.clone().resolved()?;
        self.over(gallery, tables)
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
    /// Over a gallery that was opened, if its attempts are counted by the limiter.
    fn over(self, gallery: Gallery, tables: Tables) -> Result<CitizenDatabase, DatabaseError> {
        if let Some(limiter) = &self.attempts {
            check_limiter(&gallery, Some(&**limiter))?;
        }
        Ok(CitizenDatabase::new(gallery, tables, self))
    }
}
