//! The folder of a gallery: whether there is one in it, and who may write there.

use std::path::Path;
use std::sync::Arc;

use super::error::GalleryError;
use super::names;
use super::options::{GalleryOptions, Residence};
use crate::storage::{Backend, Disk, Files, Lock, Locking, StorageError};

/// The files of a folder, held as the options say.
pub(super) fn open_files(backend: Arc<dyn Backend>, options: &GalleryOptions) -> Files {
    Files::new(backend, options.residence == Residence::Copied)
}

/// Refuses a folder without a gallery.
pub(super) fn check_is_gallery(files: &Files) -> Result<(), GalleryError> {
    let nothing = || GalleryError::NotAGallery { directory: files.path("") };
    match files.open(names::CURRENT) {
        Err(error) if error.is_not_found() => {
            // What is left of one is not nothing.
            let found =
                files.list().map_err(|error| if error.is_not_found() { nothing() } else { error.into() })?;
            let creating = found.iter().any(|name| name == names::CREATING);
            match found.into_iter().find(|name| names::is_of_gallery(name)) {
                Some(example) if !creating => {
                    Err(GalleryError::Remains { directory: files.path(""), example })
                }
                _ => Err(nothing()),
            }
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Takes the lock of the one writer.
pub(super) fn take_lock(files: &Files) -> Result<Box<dyn Lock>, GalleryError> {
    match files.lock(names::LOCK)? {
        Locking::Taken(lock) => Ok(lock),
        Locking::Held { process } => Err(GalleryError::Locked { lock: files.path(names::LOCK), process }),
    }
}

/// The folder, made if it is missing.
pub(super) fn make_folder(directory: &Path) -> Result<Files, GalleryError> {
    let disk = Disk::new(directory);
    disk.create_directory()
        .map_err(|source| StorageError::io(directory.to_path_buf(), "create the directory", source))?;
    Ok(Files::new(Arc::new(disk), false))
}

/// Refuses a destination that is the source.
pub(super) fn refuse_same_folder(source: &Files, destination: &Files) -> Result<(), GalleryError> {
    if source.directory()?.id == destination.directory()?.id {
        return Err(GalleryError::SameFolder { directory: destination.path("") });
    }
    Ok(())
}
