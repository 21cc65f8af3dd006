//! A gallery's files read into a snapshot: manifest, tombstones, segments.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::apply::Attached;
use super::block::{Block, FaceBlock, FingerBlock};
use super::change::Change;
use super::columns::{FaceColumns, Faces, FingerColumns, Fingers};
use super::error::GalleryError;
use super::legacy;
use super::manifest::{self, Current, FileEntry, Manifest, SegmentEntry, Version};
use super::names;
use super::options::GalleryOptions;
use super::reference::Generation;
use super::role::Role;
use super::segment::{FaceSegment, FingerSegment, Segment};
use super::snapshot::Snapshot;
use super::statuses::Statuses;
use super::tombstones::Tombstones;
use crate::fingerprint::FEATURE_VERSION;
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Damage, Files, Record};
use crate::template::Modality;

/// How a record of the log is read.
pub(super) type Decode = fn(&Path, &Record, &CodeModel) -> Result<Change, GalleryError>;

/// Changes and payload of a batch.
type Changes = (Vec<Change>, Vec<u8>);

/// Decodes batches, with the features and codes of all their records made in parallel.
pub(super) fn decode_batches(
    path: &Path,
    batches: Vec<(Vec<Record>, Vec<u8>)>,
    decode: Decode,
    model: &CodeModel,
) -> Result<Vec<Changes>, GalleryError> {
    batches
        .into_par_iter()
        .with_min_len(64)
        .map(|(records, payload)| {
            let changes = records.par_iter().map(|record| decode(path, record, model));
            Ok((changes.collect::<Result<_, GalleryError>>()?, payload))
        })
        .collect()
}

/// The manifest that CURRENT names.
pub(super) fn read_manifest(
    files: &Files,
    current: &[u8],
    options: &GalleryOptions,
) -> Result<(Version, Manifest), GalleryError> {
    let named = Current::decode(&files.path(names::CURRENT), current)?;
    let name = names::manifest(named.manifest);
    let path = files.path(&name);
    let bytes = files.read(&name, manifest::MOST_BYTES)?;
    let manifest = match named.version {
        Version::First => legacy::decode_manifest(&path, options.code_model.id(), &bytes)?,
        Version::Third => Manifest::decode(&path, &bytes)?,
    };
    if manifest.number != named.manifest || *blake3::hash(&bytes).as_bytes() != named.digest {
        return Err(Damage::new(&path, 0, "the manifest that CURRENT names", "another manifest").into());
    }
    Ok((named.version, manifest))
}

/// A file that an entry pins.
pub(super) fn read_pinned(files: &Files, name: &str, entry: &FileEntry) -> Result<Vec<u8>, GalleryError> {
    let bytes = files.read(name, entry.length)?;
    if bytes.len() as u64 != entry.length || *blake3::hash(&bytes).as_bytes() != entry.digest {
        return Err(
            Damage::new(&files.path(name), 0, "the file that the manifest names", "another file").into()
        );
    }
    Ok(bytes)
}

fn tombstones_name(manifest: &Manifest, version: Version) -> String {
    let number = manifest.tombstones.as_ref().map_or(0, |entry| entry.number);
    match version {
        Version::First => names::old_tombstones(number),
        Version::Third => names::tombstones(number),
    }
}

pub(super) fn read_tombstones(
    files: &Files,
    manifest: &Manifest,
    version: Version,
) -> Result<Tombstones, GalleryError> {
    let Some(entry) = &manifest.tombstones else { return Ok(Tombstones::default()) };
    let name = tombstones_name(manifest, version);
    let bytes = read_pinned(files, &name, entry)?;
    let path = files.path(&name);
    Ok(match version {
        Version::First => legacy::decode_tombstones(&path, manifest.gallery, entry.number, &bytes)?,
        Version::Third => Tombstones::decode(&path, manifest.gallery, entry.number, &bytes)?,
    })
}

/// The names of all files that a manifest of any version names, and its own.
pub(super) fn manifest_file_names(manifest: &Manifest, version: Version) -> Vec<String> {
    let own = manifest.files();
    match version {
        Version::Third => own,
        Version::First => {
            let of_version = |name: String| match names::number_of(&name) {
                Some(number) if name == names::tombstones(number) => names::old_tombstones(number),
                _ => name,
            };
            own.into_iter().map(of_version).collect()
        }
    }
}

/// Names of the files of a manifest, and of segments that the log attaches to it.
pub(super) fn all_file_names(manifest: &Manifest, snapshot: &Snapshot) -> Vec<String> {
    let mut names = manifest.files();
    let attached = snapshot.fingers.iter().filter_map(Block::entry);
    let attached = attached.chain(snapshot.faces.iter().filter_map(Block::entry));
    for name in attached.map(SegmentEntry::name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Maps the segments of a manifest; those that `known` has are shared with it.
pub(super) fn load_segments(
    files: &Files,
    manifest: &Manifest,
    version: Version,
    (model, known, role): (&Arc<CodeModel>, Option<&Snapshot>, Role),
) -> Result<Snapshot, GalleryError> {
    let mut tombstones = read_tombstones(files, manifest, version)?;
    let path = files.path(&tombstones_name(manifest, version));
    let misplaced = |expected: &str, found: &str| GalleryError::from(Damage::new(&path, 0, expected, found));
    let mut snapshot = Snapshot {
        generation: Generation::new(manifest.generation),
        fingers: Vec::new(),
        faces: Vec::new(),
        code_model: model.clone(),
        statuses: Statuses::new(std::mem::take(&mut tombstones.statuses)),
        payload: manifest.payload.as_slice().into(),
        erasures: manifest.erasures.as_slice().into(),
    };
    for entry in &manifest.segments {
        let deleted = tombstones.rows.remove(&entry.number).unwrap_or_default();
        let whole = match entry.modality {
            Modality::Finger => {
                let known = known.and_then(|known| known_block(&known.fingers, entry));
                let opened = || open_finger(files, manifest.gallery, entry, role);
                let mut block = known.map_or_else(opened, Ok)?;
                let whole = deleted.iter().all(|&row| block.delete(row as usize));
                snapshot.fingers.push(block);
                whole
            }
            Modality::Face => {
                let known = known.and_then(|known| known_block(&known.faces, entry));
                let mut block = known.map_or_else(|| open_face(files, manifest.gallery, entry), Ok)?;
                let whole = deleted.iter().all(|&row| block.delete(row as usize));
                snapshot.faces.push(block);
                whole
            }
        };
        if !whole {
            return Err(misplaced("tombstones of rows that exist, each once", "a missing or repeated row"));
        }
    }
    if !tombstones.rows.is_empty() {
        return Err(misplaced(
            "tombstones of segments that the manifest names",
            "a segment that it does not name",
        ));
    }
    snapshot.faces.sort_by(|a, b| a.model().cmp(b.model()));
    let differ = |pair: &[FaceBlock]| matches!(pair, [a, b] if a.model() == b.model() && a.dimension() != b.dimension());
    if snapshot.faces.windows(2).any(differ) {
        let path = files.path(&names::manifest(manifest.number));
        return Err(Damage::new(&path, 0, "one dimension per model", "several").into());
    }
    snapshot.number_blocks();
    Ok(snapshot)
}

fn known_block<C: super::columns::Columns>(blocks: &[Block<C>], entry: &SegmentEntry) -> Option<Block<C>> {
    let known = blocks.iter().find(|block| block.entry() == Some(entry))?;
    Some(Block::new(known.columns.clone()))
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

/// Opens a segment that a change attaches.
pub(super) fn open_attached(
    files: &Files,
    gallery: [u8; 16],
    entry: &SegmentEntry,
) -> Result<Attached, GalleryError> {
    match entry.modality {
        Modality::Finger => open_finger(files, gallery, entry, Role::Writer).map(Attached::Fingers),
        Modality::Face => open_face(files, gallery, entry).map(Attached::Faces),
    }
}
