//! What writes files: batches to the log, rows to segments, manifests.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::block::{FaceBlock, Faces, FingerBlock, Fingers};
use super::change::Staged;
use super::error::GalleryError;
use super::gather::{FingerRows, gather_faces};
use super::handle::install;
use super::manifest::{Manifest, MarksEntry, SegmentEntry};
use super::marks::Marks;
use super::names;
use super::reference::Generation;
use super::segment::{write_faces, write_fingers};
use super::snapshot::Snapshot;
use super::state::{Role, State, open_face, open_finger};
use crate::fingerprint::FEATURE_VERSION;
use crate::storage::{Files, LOG_HEADER, Log, LogId};

/// Segments of about one size that are joined into one of the next size.
const FAN: usize = 8;
/// Rows of the smallest size of segments.
const SMALLEST: usize = 1024;

/// The state and the log of the one writer.
pub(super) struct Core {
    files: Files,
    state: State,
    log: Log,
    /// Whether the last checkpoint failed before it changed any file.
    untouched: bool,
}

/// A group of blocks that share segments: all fingers, or the faces of a model.
fn groups(snapshot: &Snapshot) -> impl Iterator<Item = Vec<Source<'_>>> {
    let fingers = std::iter::once(snapshot.fingers.iter().map(Source::finger).collect());
    let faces = snapshot.faces.chunk_by(|a, b| a.model() == b.model());
    fingers.chain(faces.map(|blocks| blocks.iter().map(Source::face).collect()))
}

/// What planning needs to know of a block: its segment, if it is not in memory, and its rows.
struct Source<'a> {
    segment: Option<&'a SegmentEntry>,
    rows: usize,
    live: usize,
}

impl<'a> Source<'a> {
    fn finger(block: &'a FingerBlock) -> Self {
        Self { segment: finger_entry(block), rows: block.len(), live: block.live() }
    }

    fn face(block: &'a FaceBlock) -> Self {
        Self { segment: face_entry(block), rows: block.len(), live: block.live() }
    }
}

fn finger_entry(block: &FingerBlock) -> Option<&SegmentEntry> {
    match &block.columns.0 {
        Fingers::Segment(segment) => Some(segment.entry()),
        Fingers::Memory(_) => None,
    }
}

fn face_entry(block: &FaceBlock) -> Option<&SegmentEntry> {
    match &block.columns.0 {
        Faces::Segment(segment) => Some(segment.entry()),
        Faces::Memory(_) => None,
    }
}

/// The size class of a segment.
fn class(rows: usize) -> u32 {
    (rows / SMALLEST).max(1).ilog(FAN)
}

/// The segments that a flush joins: those with a quarter of their rows deleted, and all of a size
/// class when there are [`FAN`] of it, the flush's own rows counted in.
fn plan_flush(snapshot: &Snapshot) -> Vec<u64> {
    let mut chosen = Vec::new();
    for group in groups(snapshot) {
        let fresh: usize = group.iter().filter(|source| source.segment.is_none()).map(|s| s.live).sum();
        let mut rows = fresh;
        let mut left: Vec<_> = Vec::new();
        for source in &group {
            match source.segment {
                Some(entry) if source.live * 4 < source.rows * 3 => {
                    chosen.push(entry.number);
                    rows += source.live;
                }
                Some(entry) => left.push((class(source.rows), entry.number, source.live)),
                None => {}
            }
        }
        if rows == 0 {
            continue;
        }
        loop {
            let of_class = class(rows);
            let peers: Vec<_> = left.iter().filter(|(c, ..)| *c <= of_class).copied().collect();
            if peers.len() + 1 < FAN {
                break;
            }
            left.retain(|(c, ..)| *c > of_class);
            chosen.extend(peers.iter().map(|(_, number, _)| number));
            rows += peers.iter().map(|(.., live)| live).sum::<usize>();
        }
    }
    chosen
}

/// The segments that a compaction rewrites: all of a group, unless the group is one segment without
/// deleted rows.
fn plan_compaction(snapshot: &Snapshot) -> Vec<u64> {
    let untidy =
        |group: &Vec<Source<'_>>| group.len() > 1 || group.iter().any(|source| source.live < source.rows);
    let entries = groups(snapshot).filter(untidy).flatten().filter_map(|source| source.segment);
    entries.map(|entry| entry.number).collect()
}

impl Core {
    pub(super) fn new(files: Files, state: State, log: Log) -> Self {
        Self { files, state, log, untouched: true }
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.state.snapshot.clone()
    }

    pub(super) fn next_reference(&self) -> u64 {
        self.state.next_reference
    }

    pub(super) fn is_untouched(&self) -> bool {
        self.untouched
    }

    pub(super) fn into_state(mut self) -> State {
        self.state.end = self.log.end();
        self.state
    }

    /// Makes a batch durable and applies it. One of `bulk` references or more goes straight to
    /// segments and never to the log: the new manifest is its commit, and no byte is written twice.
    pub(super) fn commit(&mut self, batch: Vec<Staged>, bulk: usize) -> Result<(), GalleryError> {
        let before = self.state.snapshot.clone();
        let generation = Generation::new(before.generation().value() + 1);
        let next_reference =
            batch.iter().map(Staged::next_reference).fold(self.state.next_reference, u64::max);
        if batch.iter().map(Staged::added).sum::<usize>() >= bulk {
            let next = before.apply(generation, batch.into_iter().map(|staged| staged.change))?;
            return self.move_to_segments(&next, next_reference);
        }
        // Applied first, so that the log never has a batch that cannot be.
        let next = before.apply(generation, batch.iter().map(|staged| staged.change.clone()))?;
        let records: Vec<_> = batch.par_iter().map(Staged::record).collect();
        self.log.append(generation.value(), &records)?;
        self.state.snapshot = Arc::new(next);
        self.state.next_reference = next_reference;
        Ok(())
    }

    /// Moves rows from memory to segments.
    pub(super) fn flush(&mut self) -> Result<(), GalleryError> {
        if self.log.end() == LOG_HEADER {
            return Ok(());
        }
        self.move_to_segments(&self.state.snapshot.clone(), self.state.next_reference)
    }

    /// Makes a state the gallery's, with the rows that it has in memory in segments.
    fn move_to_segments(&mut self, state: &Snapshot, next_reference: u64) -> Result<(), GalleryError> {
        let chosen = plan_flush(state);
        match self.checkpoint(state, next_reference, &chosen) {
            // A damaged segment must not stop enrolment: it stays as it is.
            Err(error) if self.untouched && error.damage().is_some() => {
                self.checkpoint(state, next_reference, &[])
            }
            result => result,
        }
    }

    /// Leaves one segment a group, without deleted rows, and an empty log.
    pub(super) fn compact(&mut self) -> Result<(), GalleryError> {
        let chosen = plan_compaction(&self.state.snapshot);
        if chosen.is_empty() && self.log.end() == LOG_HEADER {
            return Ok(());
        }
        self.rewrite(&chosen)
    }

    /// Writes the rows in memory and those of the chosen segments to new segments.
    fn rewrite(&mut self, chosen: &[u64]) -> Result<(), GalleryError> {
        self.checkpoint(&self.state.snapshot.clone(), self.state.next_reference, chosen)
    }

    /// Rewrites segments whose features another version made, fingers that have no codes of the
    /// gallery's model, and faces that have no codes.
    pub(super) fn rebuild_features(&mut self) -> Result<(), GalleryError> {
        let old = self.state.snapshot.fingers.iter().filter_map(|block| match &block.columns.0 {
            Fingers::Segment(segment) if segment.features() != FEATURE_VERSION => {
                Some(segment.entry().number)
            }
            _ => None,
        });
        let old: Vec<_> = old.collect();
        if !old.is_empty() {
            self.rewrite(&old)?;
        }
        let snapshot = &self.state.snapshot;
        let model = snapshot.code_model.id();
        let fingers = snapshot.fingers.iter().filter(|block| block.codes(model).is_none());
        let fingers = fingers.filter_map(finger_entry);
        let faces = snapshot.faces.iter().filter_map(|block| match &block.columns.0 {
            Faces::Segment(segment) if segment.codes().is_none() => Some(segment.entry()),
            _ => None,
        });
        for number in fingers.chain(faces).map(|entry| entry.number).collect::<Vec<_>>() {
            match self.rewrite(&[number]) {
                // Codes only make a search faster: a damaged segment stays as it is.
                Err(error) if self.untouched && error.damage().is_some() => {}
                result => result?,
            }
        }
        Ok(())
    }

    /// Writes the rows that a state has in memory and those of the chosen segments to new segments,
    /// starts a new log, makes that the gallery, and removes the files that are no part of it any
    /// more. The state follows on this one; nothing of it is known before all of it is durable.
    fn checkpoint(
        &mut self,
        before: &Snapshot,
        next_reference: u64,
        chosen: &[u64],
    ) -> Result<(), GalleryError> {
        let is_source =
            |entry: Option<&SegmentEntry>| entry.is_none_or(|entry| chosen.contains(&entry.number));
        let fingers: Vec<_> = before.fingers.iter().filter(|block| is_source(finger_entry(block))).collect();
        let faces: Vec<_> = before.faces.iter().filter(|block| is_source(face_entry(block))).collect();
        self.untouched = true;
        let finger_rows = FingerRows::gather(&fingers, &before.code_model)?;
        let face_rows = gather_faces(&faces)?;
        self.untouched = false;

        let gallery = self.state.manifest.gallery;
        let mut next_file = self.state.manifest.next_file;
        let mut number = || {
            next_file += 1;
            next_file - 1
        };
        let mut after = Snapshot {
            generation: before.generation,
            fingers: before.fingers.iter().filter(|b| !is_source(finger_entry(b))).cloned().collect(),
            faces: before.faces.iter().filter(|b| !is_source(face_entry(b))).cloned().collect(),
            code_model: before.code_model.clone(),
            statuses: before.statuses.clone(),
        };
        let rows = finger_rows.rows()?;
        if !rows.is_empty() {
            let entry = write_fingers(&self.files, gallery, number(), before.code_model.id(), &rows)?;
            after.fingers.push(open_finger(&self.files, gallery, &entry, Role::Writer)?);
        }
        for ((model, dimension), rows) in face_rows {
            let entry = write_faces(&self.files, gallery, number(), (&model, dimension), &rows)?;
            after.faces.push(open_face(&self.files, gallery, &entry)?);
        }
        after.faces.sort_by(|a, b| a.model().cmp(b.model()));
        after.number_blocks();

        let marks = self.write_marks(&after, &mut number)?;
        let log = number();
        let log_id = LogId { gallery, number: log };
        let new_log = Log::create(&self.files, &names::log(log), log_id, after.generation.value())?;
        let mut segments: Vec<_> = after.fingers.iter().filter_map(finger_entry).cloned().collect();
        segments.extend(after.faces.iter().filter_map(face_entry).cloned());
        segments.sort_by_key(|entry| entry.number);
        let manifest = Manifest {
            gallery,
            number: number(),
            generation: after.generation.value(),
            next_reference,
            log,
            marks,
            segments,
            next_file,
        };
        install(&self.files, &manifest)?;

        let reader = Arc::from(self.files.open(&names::log(log))?);
        let old = std::mem::replace(&mut self.state.manifest, manifest);
        self.state.current = self.state.manifest.current().encode().into_bytes();
        self.state.snapshot = Arc::new(after);
        self.state.next_reference = next_reference;
        self.state.log = reader;
        self.log = new_log;
        let kept = self.state.manifest.files();
        for name in old.files().iter().filter(|name| !kept.contains(name)) {
            self.files.remove(name)?;
        }
        Ok(self.files.sync()?)
    }

    fn write_marks(
        &self,
        after: &Snapshot,
        number: &mut impl FnMut() -> u64,
    ) -> Result<Option<MarksEntry>, GalleryError> {
        let mut marks = Marks { dead: BTreeMap::new(), statuses: (*after.statuses).clone() };
        let mut add = |entry: Option<&SegmentEntry>, rows: Vec<u32>| {
            if let (Some(entry), false) = (entry, rows.is_empty()) {
                marks.dead.insert(entry.number, rows);
            }
        };
        for block in &after.fingers {
            add(finger_entry(block), block.dead_rows().map(|row| row as u32).collect());
        }
        for block in &after.faces {
            add(face_entry(block), block.dead_rows().map(|row| row as u32).collect());
        }
        if marks.is_empty() {
            return Ok(None);
        }
        let number = number();
        let bytes = marks.encode(self.state.manifest.gallery, number);
        self.files.write(&names::marks(number), &bytes)?;
        let digest = *blake3::hash(&bytes).as_bytes();
        Ok(Some(MarksEntry { number, length: bytes.len() as u64, digest }))
    }
}
