//! Backups: a second folder that holds one acknowledged state of a gallery and can be opened as a gallery.
//!
//! The destination is the backup before or the new one at every moment: the new files get names that no file
//! had, CURRENT is replaced once they are durable and proved, and only then are files removed. A log and a
//! witness belong to one manifest, so the new witness has a temporary name until CURRENT names the new
//! manifest. A reader that opens the folder in between finds the witness under that name.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::copy::{CopyReport, Immutable, Pinned, Progress, Sealed};
use super::error::GalleryError;
use super::folder::take_lock;
use super::folder::{make_folder, refuse_same_folder};
use super::limiter;
use super::manifest::Manifest;
use super::names;
use super::notice::Notice;
use crate::storage::{Backend, Disk, Files, whole_name};

/// Makes or renews the backup of a gallery in a folder, while enrolments and maintenance go on in this or
/// another process. The backup holds one acknowledged generation. Existing files are checked against their
/// digests and not copied again; every file that is written is read back. An interrupted backup leaves the
/// one before.
///
/// A backup can be verified and opened to read. It holds what was deleted later, also the bytes of an erased
/// subject until the next backup.
///
/// # Errors
/// [`GalleryError::SameFolder`], [`GalleryError::NotABackup`], [`GalleryError::OtherGallery`],
/// [`GalleryError::NotEmpty`], [`GalleryError::NewerBackup`], [`GalleryError::OtherHistory`],
/// [`GalleryError::EarlierVersion`], [`GalleryError::Locked`] if another backup is at work there; damage of the
/// gallery or of the backup before; an I/O error.
pub fn backup(gallery: impl AsRef<Path>, destination: impl AsRef<Path>) -> Result<CopyReport, GalleryError> {
    backup_with(gallery, destination, &mut |_| {})
}

/// As [`backup`]; calls `progress` with the bytes of each step of reading and writing.
///
/// # Errors
/// As [`backup`].
pub fn backup_with(
    gallery: impl AsRef<Path>,
    destination: impl AsRef<Path>,
    progress: &mut dyn FnMut(u64),
) -> Result<CopyReport, GalleryError> {
    let source = Files::new(Arc::new(Disk::new(gallery.as_ref())), false);
    super::folder::check_is_gallery(&source)?;
    let pinned = Pinned::new(&source)?;
    let destination = make_folder(destination.as_ref())?;
    backup_files(&pinned, &destination, progress)
}

/// As [`backup`], between backends.
///
/// # Errors
/// As [`backup`].
pub fn backup_in(
    gallery: Arc<dyn Backend>,
    destination: Arc<dyn Backend>,
) -> Result<CopyReport, GalleryError> {
    let source = Files::new(gallery, false);
    super::folder::check_is_gallery(&source)?;
    backup_files(&Pinned::new(&source)?, &Files::new(destination, false), &mut |_| {})
}

/// What is in the destination.
struct Before {
    found: Vec<String>,
    notice: Option<Notice>,
    /// The backup that is there.
    sealed: Option<Sealed>,
}

fn backup_files(
    pinned: &Pinned,
    destination: &Files,
    progress: Progress<'_>,
) -> Result<CopyReport, GalleryError> {
    refuse_same_folder(&pinned.files, destination)?;
    // Checked before anything changes, and again under the lock.
    Before::read(destination, &pinned.sealed)?;
    let _lock = take_lock(destination)?;
    let before = Before::read(destination, &pinned.sealed)?;
    let sealed = &pinned.sealed;
    let manifest = before.next_manifest(sealed);
    let witness_name = match &before.sealed {
        Some(_) => names::pending_witness(manifest.number),
        None => names::WITNESS.to_owned(),
    };
    let mut now: BTreeSet<String> = sealed.files.iter().map(|file| file.name.clone()).collect();
    now.extend([names::manifest(manifest.number), names::log(manifest.log), witness_name.clone()]);
    let mut files = now.clone();
    files.extend(before.found.iter().filter(|name| names::is_numbered(name)).cloned());
    let notice = Notice { gallery: manifest.gallery, files, from: None };
    notice.write(destination, names::BACKUP)?;

    let mut report = sealed.report();
    for name in
        before.found.iter().filter(|name| whole_name(name).is_some() && *name != &names::BACKUP.to_owned())
    {
        destination.remove_if_there(name)?;
    }
    if before.sealed.is_none() {
        // What a first backup that was interrupted left.
        destination.remove_if_there(names::WITNESS)?;
    }
    copy_immutable(pinned, destination, &mut report, progress)?;
    let sequence = before.sealed.as_ref().map_or(1, |sealed| sealed.witness.sequence + 1);
    pinned.write_around(destination, &manifest, (&witness_name, sequence), &mut report)?;
    limiter::copy(&pinned.files, destination)?;
    // Every name is durable before CURRENT leads to it.
    destination.sync()?;
    destination.prepare(names::CURRENT, manifest.current().encode().as_bytes())?.finish()?;
    destination.sync()?;
    if before.sealed.is_some() {
        destination.rename(&witness_name, names::WITNESS)?;
        destination.sync()?;
        now.remove(&witness_name);
    }
    // The new backup is durable: only now is anything removed.
    for name in notice.files.iter().filter(|name| !now.contains(*name) && **name != witness_name) {
        if before.found.contains(name) {
            destination.remove_if_there(name)?;
            report.removed_files += 1;
        }
    }
    destination.sync()?;
    Notice { files: now, ..notice }.write(destination, names::BACKUP)?;
    Ok(report)
}

fn copy_immutable(
    pinned: &Pinned,
    destination: &Files,
    report: &mut CopyReport,
    progress: Progress<'_>,
) -> Result<(), GalleryError> {
    let mut missing = Vec::new();
    for (file, reader) in pinned.immutable() {
        if file.is_in(destination, progress)? {
            report.kept_files += 1;
            report.kept_bytes += file.length;
        } else {
            missing.push((file, reader));
        }
    }
    destination.ask_space(missing.iter().map(|(file, _)| file.length).sum())?;
    for file in missing {
        pinned.copy(file, destination, (report, progress))?;
    }
    Ok(())
}

impl Before {
    /// Reads what is there, and refuses what is not an earlier backup of the same gallery.
    fn read(files: &Files, source: &Sealed) -> Result<Self, GalleryError> {
        let directory = || files.path("");
        let found = files.list()?;
        let notice = Notice::read(files, names::BACKUP)?;
        let has_current = found.iter().any(|name| name == names::CURRENT);
        let Some(known) = &notice else {
            if has_current {
                return Err(GalleryError::NotABackup { directory: directory() });
            }
            let unfinished = format!("{}.tmp", names::BACKUP);
            let foreign = found.iter().find(|name| **name != names::LOCK && **name != unfinished);
            return match foreign {
                Some(example) => {
                    Err(GalleryError::NotEmpty { directory: directory(), example: example.clone() })
                }
                None => Ok(Self { found, notice, sealed: None }),
            };
        };
        if known.gallery != source.manifest.gallery {
            return Err(GalleryError::OtherGallery { directory: directory() });
        }
        let sealed = if has_current { Some(Sealed::read(files)?) } else { None };
        let named = sealed.as_ref().map(Sealed::names).unwrap_or_default();
        let own = [names::LOCK, names::CURRENT, names::WITNESS, names::BACKUP, names::ATTEMPTS];
        let is_own = |name: &&String| {
            let whole = whole_name(name).unwrap_or(name);
            own.contains(&whole) || known.lists(name) || named.contains(name)
        };
        if let Some(example) = found.iter().find(|name| !is_own(name)) {
            return Err(GalleryError::NotEmpty { directory: directory(), example: example.clone() });
        }
        if let Some(sealed) = &sealed {
            check_history(files, sealed, source)?;
        }
        Ok(Self { found, notice, sealed })
    }

    /// The manifest that the backup gets: the gallery's, with a log of its own.
    fn next_manifest(&self, source: &Sealed) -> Manifest {
        let numbers = |name: &String| names::number_of(whole_name(name).unwrap_or(name));
        let listed = self.notice.iter().flat_map(|notice| &notice.files);
        let used = self.found.iter().chain(listed).filter_map(numbers);
        let used = used.chain(source.names().iter().filter_map(numbers)).max().unwrap_or(0);
        let before = self.sealed.as_ref().map_or(0, |sealed| sealed.manifest.next_file);
        let log = (used + 1).max(before).max(source.manifest.next_file);
        let now = source.names();
        let named = self.sealed.as_ref().map(Sealed::names).unwrap_or_default();
        Manifest {
            number: log + 1,
            next_file: log + 2,
            log,
            superseded: named.into_iter().filter(|name| !now.contains(name)).collect(),
            ..source.manifest.clone()
        }
    }
}

/// The backup is of the past of the gallery.
fn check_history(files: &Files, backup: &Sealed, source: &Sealed) -> Result<(), GalleryError> {
    let directory = files.path("");
    if backup.manifest.gallery != source.manifest.gallery {
        return Err(GalleryError::OtherGallery { directory });
    }
    if backup.generation > source.generation {
        let (backup, gallery) = (backup.generation, source.generation);
        return Err(GalleryError::NewerBackup { directory, backup, gallery });
    }
    let differs = |a: &Immutable| source.files.iter().any(|b| a.name == b.name && a != b);
    let parted = source.head_of(backup.generation).is_some_and(|head| head != backup.head);
    if parted || backup.files.iter().any(differs) {
        return Err(GalleryError::OtherHistory { directory });
    }
    Ok(())
}
