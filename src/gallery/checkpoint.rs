//! Checkpoints: rows are written to segments, with a manifest and the files around it that make them the
//! gallery.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::block::{Block, FaceBlock, FingerBlock};
use super::codes::CodeRow;
use super::columns::Columns;
use super::erasure::PendingErasure;
use super::error::GalleryError;
use super::gather::{FingerRows, gather_faces};
use super::load::{open_face, open_finger};
use super::manifest::{FileEntry, Manifest, SegmentEntry};
use super::memory::CodedFinger;
use super::memory_blocks::Rows;
use super::names;
use super::numbers::Numbers;
use super::options::GalleryOptions;
use super::pace::Pace;
use super::requests::{RequestPlan, encode_file};
use super::rewrites;
use super::role::Role;
use super::segment::{FingerRow, NewSegment, Place, Row, write_faces, write_fingers};
use super::snapshot::Snapshot;
use super::statuses::Statuses;
use super::tombstones::Tombstones;
use crate::fingerprint::FEATURE_VERSION;
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Damage, Files, Head, Log, LogId, LogStart, StorageError, Unfinished};
use crate::template::ModelId;

/// Files that were created and do not belong to the gallery yet: removed when dropped, unless they are kept.
pub(super) struct Created {
    files: Files,
    names: Vec<String>,
}

impl Created {
    pub(super) fn new(files: &Files) -> Self {
        Self { files: files.clone(), names: Vec::new() }
    }

    /// Notes a file that is about to be created.
    ///
    /// # Errors
    /// An I/O error; `AlreadyExists` if there is a file of that name, which is not changed.
    pub(super) fn note(&mut self, name: String) -> Result<(), StorageError> {
        self.files.check_free(&name)?;
        self.names.push(name);
        Ok(())
    }

    /// Keeps the files: they may belong to the gallery now.
    pub(super) fn keep(&mut self) {
        self.names.clear();
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        for name in &self.names {
            // The next writer removes what cannot be removed here.
            let _ = self.files.remove_if_there(name);
        }
    }
}

/// The state that a checkpoint makes segments of.
pub(super) struct Start {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) head: Head,
    pub(super) next_reference: u64,
    pub(super) manifest: Manifest,
    /// Names of all files that the gallery is now.
    pub(super) named: Vec<String>,
    pub(super) requests: RequestPlan,
}

/// A checkpoint that is written and that CURRENT does not name yet.
pub(super) struct Draft {
    pub(super) created: Created,
    pub(super) manifest: Manifest,
    /// What CURRENT will be.
    pub(super) current: Unfinished,
    pub(super) line: Vec<u8>,
    /// The state of the start, in the new segments.
    pub(super) base: Snapshot,
    pub(super) log: Log,
    pub(super) requests: (RequestPlan, Option<FileEntry>),
    /// Files that are superseded once CURRENT names it.
    pub(super) superseded: Vec<String>,
}

/// What writing needs: where, by which options, under which numbers, how fast.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) files: &'a Files,
    pub(super) options: &'a GalleryOptions,
    pub(super) numbers: &'a Numbers,
    pub(super) pace: &'a Pace,
}

/// Writes the rows that a state has in memory and those of the chosen segments to new segments, and all files
/// around them. CURRENT does not name them yet.
pub(super) fn write_draft(context: Context<'_>, start: Start, chosen: &[u64]) -> Result<Draft, GalleryError> {
    let Context { files, numbers, .. } = context;
    let before = &*start.snapshot;
    let gallery = start.manifest.gallery;
    let erased = erased_by(before, chosen);
    let written = write_sources(context, gallery, before, chosen)?;

    let mut created = Created::new(files);
    let mut base = Snapshot {
        generation: before.generation,
        fingers: keep_blocks(&before.fingers, chosen),
        faces: keep_blocks(&before.faces, chosen),
        code_model: before.code_model.clone(),
        statuses: Statuses::new(before.statuses.to_vec()),
        payload: before.payload.clone(),
        erasures: before.erasures.iter().filter(|pending| !erased.contains(pending)).copied().collect(),
    };
    for segment in written {
        created.note(segment.entry.name())?;
        segment.file.finish()?;
        match segment.entry.modality {
            crate::template::Modality::Finger => {
                base.fingers.push(open_finger(files, gallery, &segment.entry, Role::Writer)?);
            }
            crate::template::Modality::Face => base.faces.push(open_face(files, gallery, &segment.entry)?),
        }
    }
    base.faces.sort_by(|a, b| a.model().cmp(b.model()));
    base.number_blocks();

    let tombstones = write_tombstones(files, numbers, gallery, &base, &mut created)?;
    let mut requests = start.requests.kept.clone();
    let request_file = write_requests(files, numbers, gallery, &start.requests, &mut created)?;
    requests.extend(request_file.clone());
    let log_number = numbers.take_file();
    let log_start = LogStart { generation: base.generation.value(), head: start.head };
    created.note(names::log(log_number))?;
    let log = Log::create(files, &names::log(log_number), LogId { gallery, number: log_number }, log_start)?;
    let number = numbers.take_file();
    let mut segments: Vec<SegmentEntry> = base.fingers.iter().filter_map(Block::entry).cloned().collect();
    segments.extend(base.faces.iter().filter_map(Block::entry).cloned());
    segments.sort_by_key(|entry| entry.number);
    let mut manifest = Manifest {
        gallery,
        number,
        generation: base.generation.value(),
        head: start.head,
        next_reference: start.next_reference,
        next_file: numbers.next_file(),
        log: log_number,
        tombstones,
        code_model: base.code_model.id(),
        features: FEATURE_VERSION,
        partition: start.manifest.partition,
        payload: base.payload.to_vec(),
        segments,
        requests,
        erasures: base.erasures.to_vec(),
        superseded: Vec::new(),
    };
    let now = manifest.files();
    let superseded: Vec<_> = start.named.iter().filter(|name| !now.contains(name)).cloned().collect();
    manifest.superseded.clone_from(&superseded);
    let name = names::manifest(number);
    // A manifest that cannot be read again must not become the gallery.
    manifest.check().map_err(|expected| Damage::new(&files.path(&name), 0, expected, "others"))?;
    created.note(name.clone())?;
    files.write(&name, &manifest.encode())?;
    // Every name is durable before CURRENT leads to it.
    files.sync()?;
    let line = manifest.current().encode().into_bytes();
    let current = files.prepare(names::CURRENT, &line)?;
    let requests = (start.requests, request_file);
    Ok(Draft { created, manifest, current, line, base, log, requests, superseded })
}

/// The erasures that are done when these segments are rewritten and the log is new.
fn erased_by(snapshot: &Snapshot, chosen: &[u64]) -> Vec<PendingErasure> {
    let is_done = |pending: &&PendingErasure| {
        let (holders, whole) = rewrites::find_holders(snapshot, pending.subject);
        whole && holders.iter().all(|number| chosen.contains(number))
    };
    snapshot.erasures.iter().filter(is_done).copied().collect()
}

fn is_source<C: Columns>(block: &Block<C>, chosen: &[u64]) -> bool {
    block.entry().is_none_or(|entry| chosen.contains(&entry.number))
}

fn keep_blocks<C: Columns>(blocks: &[Block<C>], chosen: &[u64]) -> Vec<Block<C>> {
    blocks.iter().filter(|block| !is_source(block, chosen)).cloned().collect()
}

/// About how many bytes a row of a finger takes beside its minutiae and cylinders, or a row of a face beside
/// its vector.
const ROW_BYTES: u64 = 800;

fn write_sources(
    context: Context<'_>,
    gallery: [u8; 16],
    before: &Snapshot,
    chosen: &[u64],
) -> Result<Vec<NewSegment>, GalleryError> {
    let Context { files, options, numbers, pace } = context;
    let fingers: Vec<&FingerBlock> = before.fingers.iter().filter(|block| is_source(block, chosen)).collect();
    let faces: Vec<&FaceBlock> = before.faces.iter().filter(|block| is_source(block, chosen)).collect();
    let finger_rows = FingerRows::gather(&fingers, &before.code_model)?;
    let rows = finger_rows.rows()?;
    let face_rows = gather_faces(&faces)?;
    let mut needed = rows.iter().map(|row| finger_bytes(&row.columns)).sum::<u64>();
    needed += face_rows.values().flatten().map(|row| face_bytes(row.columns)).sum::<u64>();
    files.ask_space(needed)?;
    let place = |number| Place { files, gallery, number, pace };
    let mut written = Vec::new();
    for part in cut_parts(&rows, options.segment_bytes, |row| finger_bytes(&row.columns)) {
        let rows = rows.get(part).unwrap_or_default();
        written.push(write_fingers(place(numbers.take_file()), before.code_model.id(), rows)?);
    }
    for ((model, dimension), rows) in &face_rows {
        for part in cut_parts(rows, options.segment_bytes, |row| face_bytes(row.columns)) {
            let rows = rows.get(part).unwrap_or_default();
            written.push(write_faces(place(numbers.take_file()), (model, *dimension), rows)?);
        }
    }
    Ok(written)
}

fn finger_bytes(row: &FingerRow<'_>) -> u64 {
    ROW_BYTES + (size_of_val(row.view.minutiae) + size_of_val(row.view.cylinders)) as u64
}

fn face_bytes(vector: &[f32]) -> u64 {
    // Codes and signs take three eighths more.
    size_of_val(vector) as u64 * 11 / 8 + 100
}

/// Cuts rows into parts of about `most` bytes each, at most.
fn cut_parts<T>(rows: &[T], most: u64, bytes: impl Fn(&T) -> u64) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut sum) = (Vec::new(), 0, 0);
    for (index, row) in rows.iter().enumerate() {
        let size = bytes(row);
        if sum > 0 && sum + size > most {
            parts.push(start..index);
            (start, sum) = (index, 0);
        }
        sum += size;
    }
    if start < rows.len() {
        parts.push(start..rows.len());
    }
    parts
}

/// Rows that were never in a segment, by key.
#[derive(Default)]
pub(super) struct FreshRows {
    pub(super) fingers: Rows<Arc<CodedFinger>>,
    pub(super) faces: BTreeMap<(ModelId, usize), Rows<Arc<[f32]>>>,
}

/// Writes rows that are only in memory as segments.
pub(super) fn write_fresh(
    files: &Files,
    (gallery, numbers, options): ([u8; 16], &Numbers, &GalleryOptions),
    model: &CodeModel,
    rows: FreshRows,
) -> Result<Vec<NewSegment>, GalleryError> {
    // A caller waits for a commit, so it is not slowed down.
    let pace = Pace::default();
    let place = |number| Place { files, gallery, number, pace: &pace };
    let fingers = rows.fingers.iter().map(|(meta, finger)| {
        let codes = CodeRow::from(&finger.codes);
        Row { meta: *meta, columns: FingerRow { view: finger.features.view(), codes } }
    });
    let fingers: Vec<_> = fingers.collect();
    let mut needed = fingers.iter().map(|row| finger_bytes(&row.columns)).sum::<u64>();
    needed += rows.faces.values().flatten().map(|(_, vector)| face_bytes(vector)).sum::<u64>();
    files.ask_space(needed)?;
    let mut written = Vec::new();
    for part in cut_parts(&fingers, options.segment_bytes, |row| finger_bytes(&row.columns)) {
        let rows = fingers.get(part).unwrap_or_default();
        written.push(write_fingers(place(numbers.take_file()), model.id(), rows)?);
    }
    for ((model, dimension), rows) in &rows.faces {
        let rows: Vec<Row<&[f32]>> =
            rows.iter().map(|(meta, vector)| Row { meta: *meta, columns: &**vector }).collect();
        for part in cut_parts(&rows, options.segment_bytes, |row| face_bytes(row.columns)) {
            let rows = rows.get(part).unwrap_or_default();
            written.push(write_faces(place(numbers.take_file()), (model, *dimension), rows)?);
        }
    }
    Ok(written)
}

fn write_tombstones(
    files: &Files,
    numbers: &Numbers,
    gallery: [u8; 16],
    base: &Snapshot,
    created: &mut Created,
) -> Result<Option<FileEntry>, StorageError> {
    let mut tombstones = Tombstones { rows: BTreeMap::new(), statuses: base.statuses.to_vec() };
    let mut add = |entry: Option<&SegmentEntry>, rows: Vec<u32>| {
        if let (Some(entry), false) = (entry, rows.is_empty()) {
            tombstones.rows.insert(entry.number, rows);
        }
    };
    for block in &base.fingers {
        add(block.entry(), block.deleted.rows().map(|row| row as u32).collect());
    }
    for block in &base.faces {
        add(block.entry(), block.deleted.rows().map(|row| row as u32).collect());
    }
    if tombstones.is_empty() {
        return Ok(None);
    }
    let number = numbers.take_file();
    let bytes = tombstones.encode(gallery, number);
    write_pinned(files, (names::tombstones(number), number), &bytes, created).map(Some)
}

fn write_requests(
    files: &Files,
    numbers: &Numbers,
    gallery: [u8; 16],
    plan: &RequestPlan,
    created: &mut Created,
) -> Result<Option<FileEntry>, StorageError> {
    if plan.entries.is_empty() {
        return Ok(None);
    }
    let number = numbers.take_file();
    let bytes = encode_file(gallery, number, plan.entries.iter());
    write_pinned(files, (names::requests(number), number), &bytes, created).map(Some)
}

fn write_pinned(
    files: &Files,
    (name, number): (String, u64),
    bytes: &[u8],
    created: &mut Created,
) -> Result<FileEntry, StorageError> {
    created.note(name.clone())?;
    files.write(&name, bytes)?;
    Ok(FileEntry { number, length: bytes.len() as u64, digest: *blake3::hash(bytes).as_bytes() })
}
