//! Restoration: a gallery in an empty folder, from a backup or from another gallery.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::copy::{CopyReport, Pinned, Progress};
use super::error::GalleryError;
use super::folder::{check_is_gallery, make_folder, refuse_same_folder, take_lock};
use super::limiter;
use super::names;
use super::notice::Notice;
use crate::storage::{Backend, Disk, Files, Lock, whole_name};

/// Restores a backup into an empty or missing folder. All files are checked against their digests, and the
/// gallery appears completely or not at all. It keeps its identity: never write both to it and to the gallery
/// that was backed up. The remainder of an interrupted restoration cannot be opened, and the next restoration
/// removes it.
///
/// # Errors
/// [`GalleryError::NotEmpty`], [`GalleryError::AlreadyExists`], [`GalleryError::SameFolder`],
/// [`GalleryError::EarlierVersion`], [`GalleryError::Locked`]; damage of the backup; an I/O error.
pub fn restore(backup: impl AsRef<Path>, destination: impl AsRef<Path>) -> Result<CopyReport, GalleryError> {
    restore_with(backup, destination, &mut |_| {})
}

/// As [`restore`]; calls `progress` with the bytes of each step of reading and writing.
///
/// # Errors
/// As [`restore`].
pub fn restore_with(
    backup: impl AsRef<Path>,
    destination: impl AsRef<Path>,
    progress: &mut dyn FnMut(u64),
) -> Result<CopyReport, GalleryError> {
    let source = Files::new(Arc::new(Disk::new(backup.as_ref())), false);
    check_is_gallery(&source)?;
    let pinned = Pinned::new(&source)?;
    restore_files(&pinned, &make_folder(destination.as_ref())?, progress)
}

/// As [`restore`], between backends.
///
/// # Errors
/// As [`restore`].
pub fn restore_in(
    backup: Arc<dyn Backend>,
    destination: Arc<dyn Backend>,
) -> Result<CopyReport, GalleryError> {
    let source = Files::new(backup, false);
    check_is_gallery(&source)?;
    restore_files(&Pinned::new(&source)?, &Files::new(destination, false), &mut |_| {})
}

fn restore_files(
    pinned: &Pinned,
    destination: &Files,
    progress: Progress<'_>,
) -> Result<CopyReport, GalleryError> {
    let sealed = &pinned.sealed;
    let mut files: BTreeSet<String> = sealed.names().into_iter().collect();
    files.insert(names::WITNESS.to_owned());
    let notice = Notice { gallery: sealed.manifest.gallery, files, from: None };
    let _lock = claim(&pinned.files, destination, &notice)?;
    destination.ask_space(sealed.files.iter().map(|file| file.length).sum())?;
    let mut report = sealed.report();
    for file in pinned.immutable() {
        pinned.copy(file, destination, (&mut report, progress))?;
    }
    pinned.write_around(destination, &sealed.manifest, (names::WITNESS, 1), &mut report)?;
    limiter::copy(&pinned.files, destination)?;
    destination.sync()?;
    destination.prepare(names::CURRENT, sealed.manifest.current().encode().as_bytes())?.finish()?;
    destination.sync()?;
    release(destination)?;
    Ok(report)
}

/// Takes an empty folder, or one with the remainder of an earlier attempt, which is removed.
pub(super) fn claim(
    source: &Files,
    destination: &Files,
    notice: &Notice,
) -> Result<Box<dyn Lock>, GalleryError> {
    // Checked before anything changes, and again under the lock.
    refuse_occupied(source, destination)?;
    let lock = take_lock(destination)?;
    for name in leftovers(destination)? {
        destination.remove(&name)?;
    }
    destination.sync()?;
    notice.write(destination, names::RESTORING)?;
    Ok(lock)
}

/// Refuses a destination that is not empty, unless an earlier attempt left what is there.
pub(super) fn refuse_occupied(source: &Files, destination: &Files) -> Result<(), GalleryError> {
    refuse_same_folder(source, destination)?;
    leftovers(destination).map(drop)
}

/// Removes the notice: the gallery is complete.
pub(super) fn release(destination: &Files) -> Result<(), GalleryError> {
    destination.remove(names::RESTORING)?;
    Ok(destination.sync()?)
}

/// The files that an earlier attempt left; an error if there are others.
fn leftovers(files: &Files) -> Result<Vec<String>, GalleryError> {
    let directory = || files.path("");
    let mut found = files.list()?;
    if found.iter().any(|name| name == names::CURRENT) {
        return Err(GalleryError::AlreadyExists { directory: directory() });
    }
    let notice = Notice::read(files, names::RESTORING)?;
    let is_own = |name: &String| {
        let whole = whole_name(name).unwrap_or(name);
        let is_listed = notice
            .as_ref()
            .is_some_and(|notice| notice.lists(name) || [names::CURRENT, names::ATTEMPTS].contains(&whole));
        is_listed || [names::LOCK, names::RESTORING].contains(&whole)
    };
    if let Some(example) = found.iter().find(|name| !is_own(name)) {
        return Err(GalleryError::NotEmpty { directory: directory(), example: example.clone() });
    }
    // The notice stays until it is replaced: only it accounts for the other files.
    found.retain(|name| name != names::LOCK && name != names::RESTORING);
    Ok(found)
}
