//! Verification of a gallery: every byte of every file, and the consistency of the files.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::block::Block;
use super::columns::Columns;
use super::error::GalleryError;
use super::folder::check_is_gallery;
use super::limiter;
use super::load::{self, open_face, open_finger};
use super::manifest::{Current, Manifest, SegmentEntry, Version};
use super::names;
use super::options::GalleryOptions;
use super::reference::Generation;
use super::role::Role;
use super::snapshot::Snapshot;
use super::state::State;
use crate::storage::{Backend, Damage, Disk, Files, read_witness};
use crate::template::Modality;

/// A file that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// The report of a verification.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The files that make the gallery.
    pub files: Vec<FileReport>,
    /// The generation that they hold, if it is known.
    pub generation: Option<Generation>,
    /// Live finger references.
    pub fingers: usize,
    /// Live face references.
    pub faces: usize,
    /// Everything that is wrong.
    pub problems: Vec<Damage>,
    /// What cannot be proved, in words: in versions 1 and 2, whether bytes without a seal were acknowledged.
    pub doubts: Vec<String>,
    /// Bytes after the last acknowledged batch: a writer is at work, or died. The next writer settles them.
    pub unacknowledged_bytes: u64,
    /// Files that a crash left; the next writer removes those that it can account for, and sets the others
    /// aside.
    pub orphans: Vec<String>,
    /// Files that a recovery set aside.
    pub set_aside: Vec<String>,
    /// Files that are no part of a gallery.
    pub foreign: Vec<String>,
}

impl VerifyReport {
    /// Whether every byte was proved to be what was acknowledged.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.doubts.is_empty()
    }

    /// Adds an error as a finding, so that verification continues with the other files.
    fn note<T>(&mut self, result: Result<T, GalleryError>) -> Option<T> {
        result.map_err(|error| self.problems.push(error.into_finding())).ok()
    }
}

/// Verifies a gallery by reading every byte of every file. A writer may be at work.
///
/// # Errors
/// [`GalleryError::NotAGallery`], or an I/O error. Damage is a finding of the report, not an error.
pub fn verify(directory: impl AsRef<Path>) -> Result<VerifyReport, GalleryError> {
    verify_with(directory, &GalleryOptions::default())
}

/// Verifies a gallery that is kept with other options: codes of [`GalleryOptions::code_model`] are made
/// again and compared, those of another model are proved by their checksums only.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    directory: impl AsRef<Path>,
    options: &GalleryOptions,
) -> Result<VerifyReport, GalleryError> {
    verify_files(&Files::new(Arc::new(Disk::new(directory.as_ref())), false), options)
}

/// Verifies a gallery in a backend.
///
/// # Errors
/// As [`verify`].
pub fn verify_in(backend: Arc<dyn Backend>) -> Result<VerifyReport, GalleryError> {
    verify_files(&Files::new(backend, false), &GalleryOptions::default())
}

fn verify_files(files: &Files, options: &GalleryOptions) -> Result<VerifyReport, GalleryError> {
    const TRIES: usize = 5;
    match check_is_gallery(files) {
        // A CURRENT that cannot be read is a finding like any other.
        Ok(()) | Err(GalleryError::Storage(_)) => {}
        Err(error) => return Err(error),
    }
    let mut tries = 0;
    loop {
        let before = files.read(names::CURRENT, Current::MOST_BYTES);
        let report = verify_once(files, options)?;
        let after = files.read(names::CURRENT, Current::MOST_BYTES);
        tries += 1;
        // Files of a state that was replaced meanwhile may have been removed meanwhile.
        let moved = matches!((&before, &after), (Ok(before), Ok(after)) if before != after);
        if report.problems.is_empty() || !moved || tries == TRIES {
            return Ok(report);
        }
    }
}

fn verify_once(files: &Files, options: &GalleryOptions) -> Result<VerifyReport, GalleryError> {
    let mut report = VerifyReport::default();
    let current = files.read(names::CURRENT, Current::MOST_BYTES).map_err(GalleryError::from);
    let current = report.note(current);
    let manifest =
        current.as_ref().and_then(|current| report.note(load::read_manifest(files, current, options)));
    report.note(limiter::read(files));
    let mut own = [names::LOCK, names::CURRENT, names::WITNESS, names::BACKUP, names::ATTEMPTS]
        .map(str::to_owned)
        .to_vec();
    if let (Some((version, manifest)), Some(current)) = (manifest.as_ref(), current) {
        own.extend(load::manifest_file_names(manifest, *version));
        own.extend(verify_manifest(files, (current, *version, manifest.clone()), options, &mut report));
    }
    for name in files.list()? {
        if own.contains(&name) {
            let opened = files.open(&name).map_err(GalleryError::from);
            if let Some(reader) = report.note(opened)
                && let Some(bytes) = report.note(files.length(&name, &*reader).map_err(GalleryError::from))
            {
                report.files.push(FileReport { name, bytes });
            }
        } else if names::is_set_aside(&name) {
            report.set_aside.push(name);
        } else if names::is_numbered(&name)
            || names::is_unfinished(&name)
            || [names::CREATING, names::RESTORING].contains(&name.as_str())
        {
            report.orphans.push(name);
        } else {
            report.foreign.push(name);
        }
    }
    Ok(report)
}

/// Gives the names of files that the log attaches.
fn verify_manifest(
    files: &Files,
    (current, version, manifest): (Vec<u8>, Version, Manifest),
    options: &GalleryOptions,
    report: &mut VerifyReport,
) -> Vec<String> {
    report.note(load::read_tombstones(files, &manifest, version));
    for entry in &manifest.requests {
        let name = names::requests(entry.number);
        let requests = load::read_pinned(files, &name, entry).and_then(|bytes| {
            let path = files.path(&name);
            Ok(super::requests::decode_file(&path, manifest.gallery, entry.number, &bytes)?)
        });
        report.note(requests);
    }
    if version == Version::Third {
        verify_witness(files, report);
    }
    for entry in &manifest.segments {
        verify_segment(files, manifest.gallery, entry, options, report);
    }
    let loaded =
        State::load_manifest(files, (current, version, manifest.clone()), options, None, Role::Verifier);
    let Some((state, findings)) = report.note(loaded) else { return Vec::new() };
    report.unacknowledged_bytes = findings.tail_bytes;
    if version == Version::First && findings.tail_bytes > 0 {
        report.doubts.push(format!(
            "the log ends in {} bytes without a seal: what a stopped writer left, or a copy that is not whole; version 3 can tell, and the next writer makes the gallery one of that",
            findings.tail_bytes
        ));
    }
    report.generation = Some(state.snapshot.generation());
    report.fingers = state.snapshot.finger_count();
    report.faces = state.snapshot.face_count();
    verify_references(files, &manifest, &state.snapshot, state.next_reference, report);
    let attached = super::load::all_file_names(&manifest, &state.snapshot);
    let attached: Vec<_> = attached.into_iter().filter(|name| !manifest.files().contains(name)).collect();
    let blocks = state.snapshot.fingers.iter().filter_map(Block::entry);
    for entry in blocks.chain(state.snapshot.faces.iter().filter_map(Block::entry)) {
        if attached.contains(&entry.name()) {
            verify_segment(files, manifest.gallery, entry, options, report);
        }
    }
    attached
}

/// Both slots are whole. A writer may be at one: then it is whole a moment later.
fn verify_witness(files: &Files, report: &mut VerifyReport) {
    let mut tries = 0;
    loop {
        let read = read_witness(files, names::WITNESS).map_err(GalleryError::from);
        let damaged = matches!(&read, Ok(testimony) if testimony.damaged_slot.is_some());
        tries += 1;
        if damaged && tries < 5 {
            std::thread::sleep(std::time::Duration::from_millis(2));
            continue;
        }
        if let Some(testimony) = report.note(read) {
            report.problems.extend(testimony.damaged_slot);
        }
        return;
    }
}

fn verify_segment(
    files: &Files,
    gallery: [u8; 16],
    entry: &SegmentEntry,
    options: &GalleryOptions,
    report: &mut VerifyReport,
) {
    match entry.modality {
        Modality::Finger => {
            if let Some(block) = report.note(open_finger(files, gallery, entry, Role::Writer))
                && let Some(segment) = block.segment()
            {
                segment.check_all(&options.code_model, &mut report.problems);
            }
        }
        Modality::Face => {
            if let Some(block) = report.note(open_face(files, gallery, entry))
                && let Some(segment) = block.segment()
            {
                segment.check_all(&mut report.problems);
            }
        }
    }
}

/// Each live reference is there once, and below the next number to be given.
fn verify_references(
    files: &Files,
    manifest: &Manifest,
    snapshot: &Snapshot,
    next: u64,
    report: &mut VerifyReport,
) {
    let mut seen = HashSet::new();
    let mut twice = 0_usize;
    let mut ahead = 0_usize;
    let mut look = |reference: u64| {
        twice += usize::from(!seen.insert(reference));
        ahead += usize::from(reference >= next);
    };
    snapshot.fingers.iter().for_each(|block| live_references(block, &mut look));
    snapshot.faces.iter().for_each(|block| live_references(block, &mut look));
    let path = files.path(&names::manifest(manifest.number));
    if twice > 0 {
        let found = format!("{twice} more than once");
        report.problems.push(Damage::new(&path, 0, "each reference once", found));
    }
    if ahead > 0 {
        let found = format!("{ahead} above");
        report.problems.push(Damage::new(&path, 0, "references below the next number", found));
    }
}

fn live_references<C: Columns>(block: &Block<C>, look: &mut impl FnMut(u64)) {
    for (row, meta) in block.metas().iter().enumerate() {
        if block.is_live(row) {
            look(meta.reference().value());
        }
    }
}
