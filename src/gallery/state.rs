//! A gallery's state as its files say it, and how it is followed while another process writes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;

use super::block::{Block, FaceBlock, FaceColumns, Faces, FingerBlock, FingerColumns, Fingers, Modality};
use super::change::{self, Change};
use super::error::GalleryError;
use super::manifest::{Current, Manifest, SegmentEntry};
use super::marks::Marks;
use super::names;
use super::reference::Generation;
use super::segment::{FaceSegment, FingerSegment, Segment};
use super::snapshot::Snapshot;
use crate::fingerprint::FEATURE_VERSION;
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Damage, Files, LOG_HEADER, LogId, ReadAt, Scan, Tail, check_log_header, scan_log};

/// Who loads a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Sees what is sealed, and current features only.
    Reader,
    /// Holds the lock: adopts a whole batch without a seal, and may find old features to rebuild.
    Writer,
    /// Sees what a reader sees, whatever the version of the features.
    Verifier,
}

impl Role {
    fn is_writer(self) -> bool {
        self == Self::Writer
    }
}

/// A state, and where its log was read to.
pub(super) struct State {
    pub(super) current: Vec<u8>,
    pub(super) manifest: Manifest,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) next_reference: u64,
    pub(super) log: Arc<dyn ReadAt>,
    /// Behind the last batch that the snapshot has.
    pub(super) end: u64,
}

impl State {
    /// Reads a state from the files; the scan is of its log.
    pub(super) fn load(
        files: &Files,
        model: &Arc<CodeModel>,
        known: Option<&Snapshot>,
        role: Role,
    ) -> Result<(Self, Scan), GalleryError> {
        let current = files.read(names::CURRENT)?;
        let manifest = load_manifest(files, &current)?;
        Self::load_manifest(files, manifest, model, known, role)
    }

    /// As [`State::load`], from a manifest that was read.
    pub(super) fn load_manifest(
        files: &Files,
        manifest: Manifest,
        model: &Arc<CodeModel>,
        known: Option<&Snapshot>,
        role: Role,
    ) -> Result<(Self, Scan), GalleryError> {
        let current = manifest.current().encode().into_bytes();
        let base = Arc::new(load_segments(files, &manifest, model, known, role)?);
        let name = names::log(manifest.log);
        let log: Arc<dyn ReadAt> = Arc::from(files.open(&name)?);
        let next_reference = manifest.next_reference;
        let mut state = Self { current, manifest, snapshot: base, next_reference, log, end: LOG_HEADER };
        let header = files.tail(&name, &*state.log, 0)?;
        let path = files.path(&name);
        if check_log_header(&path, state.log_id(), &header)? != state.manifest.generation {
            return Err(Damage::new(&path, 48, "the manifest's generation", "another").into());
        }
        let scan = state.read_log(files, role)?;
        Ok((state, scan))
    }

    pub(super) fn log_id(&self) -> LogId {
        LogId { gallery: self.manifest.gallery, number: self.manifest.log }
    }

    /// Takes in what was sealed since; `false` if the gallery has another manifest now.
    pub(super) fn follow(&mut self, files: &Files) -> Result<bool, GalleryError> {
        if files.read(names::CURRENT)? != self.current {
            return Ok(false);
        }
        if files.length(&names::log(self.manifest.log), &*self.log)? != self.end {
            self.read_log(files, Role::Reader)?;
        }
        Ok(true)
    }

    /// Reads the log from where it was read to, and applies its batches.
    fn read_log(&mut self, files: &Files, role: Role) -> Result<Scan, GalleryError> {
        const TRIES: u32 = 20;
        let name = names::log(self.manifest.log);
        let path = files.path(&name);
        let next = self.snapshot.generation().value() + 1;
        let mut tries = 0;
        let mut scan = loop {
            let bytes = files.tail(&name, &*self.log, self.end)?;
            let scan = scan_log(&path, self.log_id(), &bytes, self.end, next)?;
            tries += 1;
            match &scan.tail {
                // A reader may come between a writer that cuts a torn tail and one that fills it; if
                // it stays torn, something that was acknowledged may be behind it.
                Tail::Torn(damage) if !role.is_writer() => {
                    if tries == TRIES {
                        return Err(GalleryError::TornLog(damage.clone()));
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                _ => break scan,
            }
        };
        if !role.is_writer() && scan.unsealed.is_some() {
            scan.batches.pop();
            scan.end = scan.sealed;
        }
        for (generation, changes) in
            decode_batches(&path, std::mem::take(&mut scan.batches), &self.snapshot.code_model)?
        {
            for change in &changes {
                if let Change::References { added, .. } = change {
                    let last = added.iter().map(|added| added.meta.reference().value() + 1).max();
                    self.next_reference = self.next_reference.max(last.unwrap_or(0));
                }
            }
            let applied = self.snapshot.apply(Generation::new(generation), changes);
            let next = applied.map_err(|error| match error {
                GalleryError::UnknownReference { .. } | GalleryError::ModelDimension { .. } => {
                    Damage::new(&path, self.end, "a change that can be applied", "another").into()
                }
                error => error,
            });
            self.snapshot = Arc::new(next?);
        }
        self.end = scan.end;
        Ok(scan)
    }
}

/// Decodes batches, with the features and codes of all their records made in parallel.
fn decode_batches(
    path: &Path,
    batches: Vec<(u64, Vec<crate::storage::Record>)>,
    model: &CodeModel,
) -> Result<Vec<(u64, Vec<Change>)>, GalleryError> {
    batches
        .into_par_iter()
        .map(|(generation, records)| {
            let changes = records.par_iter().map(|record| change::decode(path, record, model));
            Ok((generation, changes.collect::<Result<_, GalleryError>>()?))
        })
        .collect()
}

pub(super) fn load_manifest(files: &Files, current: &[u8]) -> Result<Manifest, GalleryError> {
    let named = Current::decode(&files.path(names::CURRENT), current)?;
    let name = names::manifest(named.manifest);
    let path = files.path(&name);
    let bytes = files.read(&name)?;
    let manifest = Manifest::decode(&path, &bytes)?;
    if manifest.number != named.manifest || *blake3::hash(&bytes).as_bytes() != named.digest {
        return Err(Damage::new(&path, 0, "the manifest that CURRENT names", "another").into());
    }
    Ok(manifest)
}

pub(super) fn load_marks(files: &Files, manifest: &Manifest) -> Result<Marks, GalleryError> {
    let Some(entry) = &manifest.marks else { return Ok(Marks::default()) };
    let name = names::marks(entry.number);
    let path = files.path(&name);
    let bytes = files.read(&name)?;
    if bytes.len() as u64 != entry.length || *blake3::hash(&bytes).as_bytes() != entry.digest {
        return Err(Damage::new(&path, 0, "the marks that the manifest names", "others").into());
    }
    Ok(Marks::decode(&path, manifest.gallery, entry.number, &bytes)?)
}

/// Maps the segments of a manifest, taking those that `known` has already.
fn load_segments(
    files: &Files,
    manifest: &Manifest,
    model: &Arc<CodeModel>,
    known: Option<&Snapshot>,
    role: Role,
) -> Result<Snapshot, GalleryError> {
    let mut marks = load_marks(files, manifest)?;
    let mut snapshot = Snapshot {
        generation: Generation::new(manifest.generation),
        fingers: Vec::new(),
        faces: Vec::new(),
        code_model: model.clone(),
        statuses: Arc::new(std::mem::take(&mut marks.statuses)),
    };
    for entry in &manifest.segments {
        let dead = marks.dead.remove(&entry.number).unwrap_or_default();
        match entry.modality {
            Modality::Finger => {
                let mut block = match known.and_then(|known| known_finger(known, entry)) {
                    Some(block) => block,
                    None => open_finger(files, manifest.gallery, entry, role)?,
                };
                kill_all(files, manifest, &mut block, &dead)?;
                snapshot.fingers.push(block);
            }
            Modality::Face => {
                let mut block = match known.and_then(|known| known_face(known, entry)) {
                    Some(block) => block,
                    None => open_face(files, manifest.gallery, entry)?,
                };
                kill_all(files, manifest, &mut block, &dead)?;
                snapshot.faces.push(block);
            }
        }
    }
    if !marks.dead.is_empty() {
        let path = files.path(&names::marks(manifest.marks.as_ref().map_or(0, |entry| entry.number)));
        return Err(Damage::new(&path, 0, "marks of segments that are there", "others").into());
    }
    snapshot.faces.sort_by(|a, b| a.model().cmp(b.model()));
    let differ = |pair: &[FaceBlock]| matches!(pair, [a, b] if a.model() == b.model() && a.dimension() != b.dimension());
    if snapshot.faces.windows(2).any(differ) {
        let path = files.path(&names::manifest(manifest.number));
        return Err(Damage::new(&path, 0, "one dimension a model", "several").into());
    }
    snapshot.number_blocks();
    Ok(snapshot)
}

fn kill_all<C: super::block::Columns>(
    files: &Files,
    manifest: &Manifest,
    block: &mut Block<C>,
    rows: &[u32],
) -> Result<(), GalleryError> {
    for &row in rows {
        if !block.kill(row as usize) {
            let path = files.path(&names::marks(manifest.marks.as_ref().map_or(0, |entry| entry.number)));
            return Err(Damage::new(&path, 0, "marks of rows that are there", "others").into());
        }
    }
    Ok(())
}

fn known_finger(known: &Snapshot, entry: &SegmentEntry) -> Option<FingerBlock> {
    known.fingers.iter().find_map(|block| match &block.columns.0 {
        Fingers::Segment(segment) if segment.entry() == entry => Some(Block::new(block.columns.clone())),
        _ => None,
    })
}

fn known_face(known: &Snapshot, entry: &SegmentEntry) -> Option<FaceBlock> {
    known.faces.iter().find_map(|block| match &block.columns.0 {
        Faces::Segment(segment) if segment.entry() == entry => Some(Block::new(block.columns.clone())),
        _ => None,
    })
}

pub(super) fn open_finger(
    files: &Files,
    gallery: [u8; 16],
    entry: &SegmentEntry,
    role: Role,
) -> Result<FingerBlock, GalleryError> {
    let segment = FingerSegment(Segment::open(files, gallery, entry)?);
    let found = segment.features();
    if role == Role::Reader && found != FEATURE_VERSION {
        let file = segment.path().to_path_buf();
        return Err(GalleryError::FeatureVersion { file, expected: FEATURE_VERSION, found });
    }
    Ok(Block::new(FingerColumns(Fingers::Segment(Arc::new(segment)))))
}

pub(super) fn open_face(
    files: &Files,
    gallery: [u8; 16],
    entry: &SegmentEntry,
) -> Result<FaceBlock, GalleryError> {
    let segment = Segment::open(files, gallery, entry)?;
    let path = segment.path().to_path_buf();
    let segment = FaceSegment::new(segment)
        .ok_or_else(|| Damage::new(&path, 0, "a segment of faces", "one of fingers"))?;
    Ok(Block::new(FaceColumns(Faces::Segment(Arc::new(segment)))))
}
