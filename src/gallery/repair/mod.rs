//! Repair: copies what is provably sound of a damaged gallery to a new folder. The damaged one is only read.

mod choose;
mod report;
mod salvage;

use std::path::Path;
use std::sync::Arc;

use super::checkpoint::{Context, Draft, Start, write_draft};
use super::copy::{Immutable, Progress};
use super::error::GalleryError;
use super::folder::make_folder;
use super::limiter;
use super::manifest::Manifest;
use super::names;
use super::notice::Notice;
use super::numbers::Numbers;
use super::options::GalleryOptions;
use super::pace::Pace;
use super::reference::Generation;
use super::requests::Requests;
use super::restore::{claim, refuse_occupied, release};
use super::snapshot::Snapshot;
use crate::storage::{Backend, Disk, Files, Head, LOG_HEADER, Witness, WitnessFile, whole_name};
use choose::Chosen;
pub use report::{LostReference, LostRows, RepairReport};
use salvage::Salvage;

/// How many reference numbers are skipped where numbers may have been given that no file names.
const NUMBERS_LEFT_OUT: u64 = 1 << 32;

/// Writes what is provably sound of a damaged gallery as a new gallery of the same identity into an empty or
/// missing folder, in one generation above every one that was seen. Subjects, reference numbers and capture
/// data stay. The damaged gallery is only read; stop its writers first.
///
/// If it cannot be proved that no deletion and no lock is missing, nothing is written unless
/// `accept_doubts` is set: the report then lists which references are in doubt.
///
/// # Errors
/// [`GalleryError::Unrepairable`] if no manifest can be read; [`GalleryError::NotEmpty`],
/// [`GalleryError::AlreadyExists`], [`GalleryError::SameFolder`], [`GalleryError::EarlierVersion`],
/// [`GalleryError::CodeModel`]; an I/O error of the destination. What is wrong with the source is in the report.
pub fn repair(
    gallery: impl AsRef<Path>,
    destination: impl AsRef<Path>,
    options: &GalleryOptions,
    accept_doubts: bool,
) -> Result<RepairReport, GalleryError> {
    repair_with(gallery, destination, options, accept_doubts, &mut |_| {})
}

/// As [`repair`]; calls `progress` with the bytes of each file that was written.
///
/// # Errors
/// As [`repair`].
pub fn repair_with(
    gallery: impl AsRef<Path>,
    destination: impl AsRef<Path>,
    options: &GalleryOptions,
    accept_doubts: bool,
    progress: &mut dyn FnMut(u64),
) -> Result<RepairReport, GalleryError> {
    let source = Files::new(Arc::new(Disk::new(gallery.as_ref())), false);
    source.directory()?;
    let destination = make_folder(destination.as_ref())?;
    repair_files(&source, &destination, (options, accept_doubts), progress)
}

/// As [`repair`], between backends.
///
/// # Errors
/// As [`repair`].
pub fn repair_in(
    gallery: Arc<dyn Backend>,
    destination: Arc<dyn Backend>,
    options: &GalleryOptions,
    accept_doubts: bool,
) -> Result<RepairReport, GalleryError> {
    let (source, destination) = (Files::new(gallery, false), Files::new(destination, false));
    repair_files(&source, &destination, (options, accept_doubts), &mut |_| {})
}

fn repair_files(
    source: &Files,
    destination: &Files,
    (options, accept_doubts): (&GalleryOptions, bool),
    progress: Progress<'_>,
) -> Result<RepairReport, GalleryError> {
    refuse_occupied(source, destination)?;
    let mut report = RepairReport::default();
    let chosen = choose::choose_manifest(source, &mut report)?;
    let (gallery, given) = (chosen.manifest.code_model, options.code_model.id());
    if gallery != given {
        return Err(GalleryError::CodeModel { directory: source.path(""), gallery, given });
    }
    report.identity = chosen.manifest.gallery;
    let mut salvage = Salvage::new(source, options, &chosen.manifest);
    salvage.segments(&mut report)?;
    salvage.log(&chosen.batches, &mut report)?;
    let last = last_file(source, &chosen)?;
    let saved = salvage.finish(&chosen, &mut report)?;
    if !report.doubts.is_empty() && !accept_doubts {
        return Ok(report);
    }
    let seen = saved.snapshot.generation().value().max(chosen.most_generation);
    let left_out = if report.doubts.is_empty() { 0 } else { NUMBERS_LEFT_OUT };
    let repaired = Repaired {
        generation: seen + 1,
        head: new_head(&chosen, seen + 1),
        next_reference: saved.next_reference.max(chosen.most_reference) + left_out,
        first_file: last + 1,
        manifest: chosen.manifest,
        snapshot: saved.snapshot,
        requests: saved.requests,
    };
    report.generation = Some(Generation::new(repaired.generation));
    repaired.write(source, destination, options, progress)?;
    Ok(report)
}

/// The greatest number of a file, by its name or by what names it.
fn last_file(files: &Files, chosen: &Chosen) -> Result<u64, GalleryError> {
    let found = files.list()?;
    let numbers = found.iter().filter_map(|name| names::number_of(whole_name(name).unwrap_or(name)));
    Ok(numbers.chain([chosen.manifest.next_file]).max().unwrap_or(0))
}

/// A digest that no history has: the repaired gallery continues none.
fn new_head(chosen: &Chosen, generation: u64) -> Head {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"biomatch repair");
    hasher.update(&chosen.manifest.gallery);
    hasher.update(&chosen.manifest.head);
    hasher.update(&generation.to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// What the new gallery is to be.
struct Repaired {
    generation: u64,
    head: Head,
    next_reference: u64,
    first_file: u64,
    manifest: Manifest,
    snapshot: Snapshot,
    requests: Requests,
}

impl Repaired {
    /// Writes everything, reads it back, and makes it a gallery.
    fn write(
        self,
        source: &Files,
        destination: &Files,
        options: &GalleryOptions,
        progress: Progress<'_>,
    ) -> Result<(), GalleryError> {
        let files = [names::WITNESS.to_owned()].into();
        let notice = Notice { gallery: self.manifest.gallery, files, from: Some(self.first_file) };
        let _lock = claim(source, destination, &notice)?;
        let mut snapshot = self.snapshot;
        snapshot.generation = Generation::new(self.generation);
        let fingers = snapshot.fingers.iter().filter_map(super::block::Block::entry);
        let faces = snapshot.faces.iter().filter_map(super::block::Block::entry);
        let chosen: Vec<u64> = fingers.chain(faces).map(|entry| entry.number).collect();
        let numbers = Numbers::new(self.next_reference, self.first_file);
        let pace = Pace::default();
        let context = Context { files: destination, options, numbers: &numbers, pace: &pace };
        let requests = self.requests.plan(&snapshot.erasures);
        let start = Start {
            snapshot: Arc::new(snapshot),
            head: self.head,
            next_reference: self.next_reference,
            manifest: self.manifest,
            named: Vec::new(),
            requests,
        };
        let Draft { mut created, manifest, current, .. } = write_draft(context, start, &chosen)?;
        for entry in &manifest.segments {
            Immutable::segment(entry).prove(destination, progress)?;
        }
        let witness = Witness {
            gallery: manifest.gallery,
            sequence: 1,
            manifest: manifest.number,
            generation: manifest.generation,
            log: manifest.log,
            length: LOG_HEADER,
            head: manifest.head,
        };
        WitnessFile::create(destination, names::WITNESS, witness)?;
        limiter::copy(source, destination)?;
        destination.sync()?;
        created.keep();
        current.finish()?;
        destination.sync()?;
        release(destination)
    }
}
