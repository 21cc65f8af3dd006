//! Pins: a check that the writer's open files are still those that a reader of the folder would open.

use std::path::Path;

use super::error::GalleryError;
use super::names;
use crate::storage::{Damage, FileId, Files, Log, StorageError, WitnessFile, read_slots};

/// The files that the names of a gallery referred to when its writer wrote them.
pub(super) struct Pins {
    directory: FileId,
    lock: FileId,
    current: Vec<u8>,
    /// Every other file of the gallery.
    named: Vec<(String, FileId)>,
    /// The directory's version at which all names were right.
    verified: Option<(i64, u64)>,
}

impl Pins {
    /// Pins the files as they are now.
    pub(super) fn new(
        files: &Files,
        (directory, lock): (FileId, FileId),
        current: Vec<u8>,
        named: impl IntoIterator<Item = String>,
    ) -> Result<Self, StorageError> {
        let named = named.into_iter().map(|name| {
            let id = files.identity(&name)?;
            Ok((name, id))
        });
        let named = named.collect::<Result<_, StorageError>>()?;
        Ok(Self { directory, lock, current, named, verified: None })
    }

    /// The directory and the lock.
    pub(super) fn place(&self) -> (FileId, FileId) {
        (self.directory, self.lock)
    }

    /// Pins one more file of the gallery.
    pub(super) fn add(&mut self, files: &Files, name: String) -> Result<(), StorageError> {
        let id = files.identity(&name)?;
        self.named.push((name, id));
        Ok(())
    }

    /// Checks everything: names, CURRENT, the log's end, the witness.
    ///
    /// # Errors
    /// [`GalleryError::Displaced`], or an I/O error.
    pub(super) fn check(
        &mut self,
        files: &Files,
        (log_name, log): (&str, &Log),
        witness: &WitnessFile,
    ) -> Result<(), GalleryError> {
        self.check_names(files)?;
        let displaced = |name: &str, found: &str| displaced(&files.path(name), found);

        let current = named(files, names::CURRENT, files.read(names::CURRENT, 4096))?;
        if current != self.current {
            return Err(displaced(names::CURRENT, "other contents"));
        }
        let reader = named(files, log_name, files.open(log_name))?;
        let id =
            reader.identity().map_err(|source| StorageError::io(files.path(log_name), "look up", source))?;
        if id != log.identity()? {
            return Err(displaced(log_name, "another file"));
        }
        let length = files.length(log_name, &*reader)?;
        if length != log.end() {
            return Err(displaced(log_name, &format!("{length} bytes instead of {}", log.end())));
        }
        let mut last = vec![0; log.last().len()];
        files.read_at(log_name, &*reader, log.end().saturating_sub(last.len() as u64), &mut last)?;
        if last != log.last() {
            return Err(displaced(log_name, "other bytes than were written last"));
        }
        let reader = named(files, names::WITNESS, files.open(names::WITNESS))?;
        let id = reader
            .identity()
            .map_err(|source| StorageError::io(files.path(names::WITNESS), "look up", source))?;
        let says = read_slots(files, names::WITNESS, &*reader);
        if id != witness.identity()? || !says.is_ok_and(|says| says.witness == witness.newest()) {
            return Err(displaced(names::WITNESS, "another witness"));
        }
        Ok(())
    }

    /// Checks that the directory and all names stand for what they stood for.
    pub(super) fn check_names(&mut self, files: &Files) -> Result<(), GalleryError> {
        let directory = named(files, "", files.directory())?;
        if directory.id != self.directory {
            return Err(displaced(&files.path(""), "another folder"));
        }
        if directory.version.is_some() && directory.version == self.verified {
            return Ok(());
        }
        let lock = (names::LOCK.to_owned(), self.lock);
        for (name, id) in self.named.iter().chain([&lock]) {
            if named(files, name, files.identity(name))? != *id {
                return Err(displaced(&files.path(name), "another file"));
            }
        }
        self.verified = directory.version;
        Ok(())
    }
}

fn displaced(file: &Path, found: &str) -> GalleryError {
    GalleryError::Displaced { file: file.to_owned(), found: found.to_owned() }
}

/// A missing file was removed by another program.
fn named<T>(files: &Files, name: &str, result: Result<T, StorageError>) -> Result<T, GalleryError> {
    result.map_err(|error| match &error {
        error if error.is_not_found() => displaced(&files.path(name), "no file"),
        StorageError::Damaged(Damage { found, .. }) => displaced(&files.path(name), found),
        _ => error.into(),
    })
}
