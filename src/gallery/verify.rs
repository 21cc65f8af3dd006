//! Verification: every byte of every file of a gallery, and what the files say of each other.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::block::{Block, Columns, Faces, Fingers, Modality};
use super::error::GalleryError;
use super::manifest::Manifest;
use super::names;
use super::options::Options;
use super::reference::Generation;
use super::snapshot::Snapshot;
use super::state::{Role, State, load_manifest, load_marks, open_face, open_finger};
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Backend, Damage, Disk, Files, StorageError};

/// A file that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// What a verification found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The files that make the gallery.
    pub files: Vec<FileReport>,
    /// The state that they hold, if it can be told.
    pub generation: Option<Generation>,
    /// Live finger references.
    pub fingers: usize,
    /// Live face references.
    pub faces: usize,
    /// Everything that is wrong. The gallery is sound if this is empty.
    pub problems: Vec<Damage>,
    /// Bytes behind the last sealed batch of the log: a writer is at work, or died. They hold
    /// nothing that was acknowledged, and the next writer settles them.
    pub unsealed_bytes: u64,
    /// Files that a crash left; the next writer removes them.
    pub orphans: Vec<String>,
    /// Files that are no part of a gallery.
    pub foreign: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Takes damage as a finding; any other error stops the verification.
    fn note<T>(&mut self, result: Result<T, GalleryError>) -> Result<Option<T>, GalleryError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(GalleryError::Storage(StorageError::Damaged(damage)) | GalleryError::TornLog(damage)) => {
                self.problems.push(damage);
                Ok(None)
            }
            Err(GalleryError::Storage(StorageError::Io { file, source, .. }))
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                self.problems.push(Damage::new(&file, 0, "a file", "none"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Verifies a gallery: reads every byte of every file, beside a writer if there is one.
///
/// # Errors
/// [`GalleryError::NotAGallery`], or what the system reports when a file cannot be read. Damage is not
/// an error here but a finding.
pub fn verify(directory: impl AsRef<Path>) -> Result<Report, GalleryError> {
    verify_with(directory, &Options::default())
}

/// Verifies a gallery that is kept with other options: codes of [`Options::code_model`] are made
/// again and compared, those of another model are proved by their checksums only.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(directory: impl AsRef<Path>, options: &Options) -> Result<Report, GalleryError> {
    verify_files(&Files::new(Arc::new(Disk::new(directory.as_ref()))), options)
}

/// Verifies a gallery in a backend.
///
/// # Errors
/// As [`verify`].
pub fn verify_in(backend: Arc<dyn Backend>) -> Result<Report, GalleryError> {
    verify_files(&Files::new(backend), &Options::default())
}

fn verify_files(files: &Files, options: &Options) -> Result<Report, GalleryError> {
    const TRIES: usize = 5;
    let read = || match files.read(names::CURRENT) {
        Err(error) if error.is_not_found() => Err(GalleryError::NotAGallery { directory: files.path("") }),
        result => Ok(result?),
    };
    let mut current = read()?;
    let mut tries = 0;
    loop {
        let report = verify_once(files, &current, &options.code_model)?;
        let now = read()?;
        tries += 1;
        // Files of a state that was replaced meanwhile may have been removed meanwhile.
        if report.is_sound() || now == current || tries == TRIES {
            return Ok(report);
        }
        current = now;
    }
}

fn verify_once(files: &Files, current: &[u8], model: &Arc<CodeModel>) -> Result<Report, GalleryError> {
    let mut report = Report::default();
    let manifest = report.note(load_manifest(files, current))?;
    let mut named = vec![names::LOCK.to_owned(), names::CURRENT.to_owned()];
    if let Some(manifest) = &manifest {
        named.extend(manifest.files());
        verify_manifest(files, manifest, model, &mut report)?;
    }
    for name in files.list()? {
        if named.contains(&name) {
            let opened = files.open(&name).map_err(GalleryError::from);
            if let Some(reader) = report.note(opened)? {
                let bytes = files.length(&name, &*reader)?;
                if name == names::LOCK && bytes != 0 {
                    report.problems.push(Damage::new(&files.path(&name), 0, "nothing", bytes));
                }
                report.files.push(FileReport { name, bytes });
            }
        } else if manifest.is_some() && (names::is_numbered(&name) || name == names::CURRENT_TEMPORARY) {
            report.orphans.push(name);
        } else if !names::is_numbered(&name) {
            report.foreign.push(name);
        }
    }
    Ok(report)
}

fn verify_manifest(
    files: &Files,
    manifest: &Manifest,
    model: &Arc<CodeModel>,
    report: &mut Report,
) -> Result<(), GalleryError> {
    report.note(load_marks(files, manifest))?;
    for entry in &manifest.segments {
        match entry.modality {
            Modality::Finger => {
                let opened = open_finger(files, manifest.gallery, entry, Role::Writer);
                if let Some(block) = report.note(opened)?
                    && let Fingers::Segment(segment) = &block.columns.0
                {
                    segment.check_all(model, &mut report.problems);
                }
            }
            Modality::Face => {
                let opened = open_face(files, manifest.gallery, entry);
                if let Some(block) = report.note(opened)?
                    && let Faces::Segment(segment) = &block.columns.0
                {
                    segment.check_all(&mut report.problems);
                }
            }
        }
    }
    let loaded = State::load_manifest(files, manifest.clone(), model, None, Role::Verifier);
    let Some((state, _)) = report.note(loaded)? else { return Ok(()) };
    let log = names::log(manifest.log);
    report.unsealed_bytes = files.length(&log, &*state.log)?.saturating_sub(state.end);
    report.generation = Some(state.snapshot.generation());
    report.fingers = state.snapshot.finger_count();
    report.faces = state.snapshot.face_count();
    verify_references(files, manifest, &state.snapshot, state.next_reference, report);
    Ok(())
}

/// Each live reference is there once, and below the next number to be given.
fn verify_references(
    files: &Files,
    manifest: &Manifest,
    snapshot: &Snapshot,
    next: u64,
    report: &mut Report,
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
