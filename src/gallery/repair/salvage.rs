//! The rows of a damaged gallery that are provably what was enrolled.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::choose::Chosen;
use super::report::{LostReference, LostRows, RepairReport};
use crate::fingerprint::FingerFeatures;
use crate::gallery::apply::{Application, Attached};
use crate::gallery::block::{Block, FaceBlock, FingerBlock};
use crate::gallery::change::{self, Change, finger_seal};
use crate::gallery::columns::Columns;
use crate::gallery::error::GalleryError;
use crate::gallery::load::{self, open_face, open_finger};
use crate::gallery::manifest::{COUNTERS, Manifest, SegmentEntry, Version};
use crate::gallery::memory::CodedFinger;
use crate::gallery::memory_blocks::{make_face_block, make_finger_block};
use crate::gallery::names;
use crate::gallery::options::GalleryOptions;
use crate::gallery::reference::{Generation, ReferenceMeta};
use crate::gallery::requests::{Requests, decode_file};
use crate::gallery::role::Role;
use crate::gallery::snapshot::Snapshot;
use crate::gallery::statuses::Statuses;
use crate::storage::{Files, ReadBatch};
use crate::subject::SubjectId;
use crate::template::Modality;

/// What is saved so far.
pub(super) struct Salvage<'a> {
    files: &'a Files,
    options: &'a GalleryOptions,
    manifest: &'a Manifest,
    snapshot: Snapshot,
    next_reference: u64,
    requests: Requests,
    lost: BTreeSet<LostReference>,
    /// Deletions of rows of the manifest's segments may be missing.
    without_tombstones: bool,
    named: BTreeSet<String>,
    /// References that the log adds, of which it is not in doubt that they were there.
    added: BTreeSet<u64>,
}

/// What is saved.
pub(super) struct Saved {
    pub(super) snapshot: Snapshot,
    pub(super) next_reference: u64,
    pub(super) requests: Requests,
}

impl<'a> Salvage<'a> {
    pub(super) fn new(files: &'a Files, options: &'a GalleryOptions, manifest: &'a Manifest) -> Self {
        let snapshot = Snapshot {
            generation: Generation::new(manifest.generation),
            fingers: Vec::new(),
            faces: Vec::new(),
            code_model: options.code_model.clone(),
            statuses: Statuses::default(),
            payload: manifest.payload.as_slice().into(),
            erasures: manifest.erasures.as_slice().into(),
        };
        Self {
            files,
            options,
            manifest,
            snapshot,
            next_reference: manifest.next_reference,
            requests: Requests::default(),
            lost: BTreeSet::new(),
            without_tombstones: false,
            named: BTreeSet::new(),
            added: BTreeSet::new(),
        }
    }

    /// Takes in the segments, tombstones and requests of the manifest.
    pub(super) fn segments(&mut self, report: &mut RepairReport) -> Result<(), GalleryError> {
        let tombstones = report.note(load::read_tombstones(self.files, self.manifest, Version::Third));
        let mut tombstones = tombstones.unwrap_or_else(|| {
            self.without_tombstones = true;
            Default::default()
        });
        self.snapshot.statuses = Statuses::new(std::mem::take(&mut tombstones.statuses));
        let mut misplaced = false;
        for entry in &self.manifest.segments {
            let deleted = tombstones.rows.remove(&entry.number).unwrap_or_default();
            misplaced |= deleted.last().is_some_and(|&row| u64::from(row) >= entry.rows);
            match self.open(entry, &deleted, report)? {
                Some(Attached::Fingers(block)) => self.snapshot.fingers.push(block),
                Some(Attached::Faces(block)) if self.fits(&block) => self.snapshot.faces.push(block),
                Some(Attached::Faces(_)) => lose_all(entry, report),
                None => {}
            }
        }
        self.snapshot.faces.sort_by(|a, b| a.model().cmp(b.model()));
        self.snapshot.number_blocks();
        if self.without_tombstones || misplaced || !tombstones.rows.is_empty() {
            self.without_tombstones = true;
            report.doubts.push(
                "the tombstones cannot be read: which references of the segments were deleted and who is locked is unknown".into(),
            );
        }
        for entry in &self.manifest.requests {
            let name = names::requests(entry.number);
            let path = self.files.path(&name);
            let entries = load::read_pinned(self.files, &name, entry)
                .and_then(|bytes| Ok(decode_file(&path, self.manifest.gallery, entry.number, &bytes)?));
            report.note(entries).into_iter().flatten().for_each(|entry| self.requests.push(entry));
        }
        Ok(())
    }

    fn fits(&self, block: &FaceBlock) -> bool {
        let same = self.snapshot.faces.iter().find(|other| other.model() == block.model());
        same.is_none_or(|other| other.dimension() == block.dimension())
    }

    /// The sound rows of a segment, without those that are deleted.
    fn open(
        &mut self,
        entry: &SegmentEntry,
        deleted: &[u32],
        report: &mut RepairReport,
    ) -> Result<Option<Attached>, GalleryError> {
        self.named.insert(entry.name());
        let gallery = self.manifest.gallery;
        Ok(match entry.modality {
            Modality::Finger => {
                let block = report.note(open_finger(self.files, gallery, entry, Role::Writer));
                let Some(mut block) = block else {
                    lose_all(entry, report);
                    return Ok(None);
                };
                match self.examine(entry, &mut block, deleted, report) {
                    Some(rows) => Some(Attached::Fingers(self.fingers_of(&block, rows)?)),
                    None => Some(Attached::Fingers(block)),
                }
            }
            Modality::Face => {
                let block = report.note(open_face(self.files, gallery, entry));
                let Some(mut block) = block else {
                    lose_all(entry, report);
                    return Ok(None);
                };
                match self.examine(entry, &mut block, deleted, report) {
                    Some(rows) => Some(Attached::Faces(faces_of(&block, rows)?)),
                    None => Some(Attached::Faces(block)),
                }
            }
        })
    }

    /// Checks every row, and deletes those that are not sound. Returns the sound rows if the column of metas
    /// is damaged and cannot be searched.
    fn examine<C: Columns + Sync>(
        &mut self,
        entry: &SegmentEntry,
        block: &mut Block<C>,
        deleted: &[u32],
        report: &mut RepairReport,
    ) -> Option<Vec<usize>> {
        let metas = report.note(block.columns.prove_metas().map_err(GalleryError::from));
        for &row in deleted {
            block.delete(row as usize);
        }
        let checked = &*block;
        let wrong: Vec<(usize, GalleryError)> = (0..block.len())
            .into_par_iter()
            .filter(|&row| checked.is_live(row))
            .filter_map(|row| checked.check(row).err().map(|error| (row, error)))
            .collect();
        let mut nameless = 0;
        for (row, error) in wrong {
            report.note::<()>(Err(error));
            let meta = block.metas().get(row).copied();
            match meta.and_then(|meta| Some((meta.subject()?, meta.reference()))).filter(|_| metas.is_some())
            {
                Some((subject, reference)) => {
                    self.lost.insert(LostReference { subject, reference });
                }
                None => nameless += 1,
            }
            block.delete(row);
        }
        if nameless > 0 {
            report.lost_rows.push(LostRows { file: entry.name(), rows: nameless });
        }
        let sound = (0..block.len()).filter(|&row| block.is_live(row));
        let live: Vec<usize> = sound.collect();
        for &row in &live {
            self.see(block.metas().get(row));
        }
        metas.is_none().then_some(live)
    }

    /// Takes note of a reference number, which must not be given again.
    fn see(&mut self, meta: Option<&ReferenceMeta>) {
        let number = meta.map_or(0, |meta| meta.reference().value());
        if number < COUNTERS {
            self.next_reference = self.next_reference.max(number + 1);
        }
    }

    fn fingers_of(&self, block: &FingerBlock, rows: Vec<usize>) -> Result<FingerBlock, GalleryError> {
        let model = &*self.options.code_model;
        let made = rows.into_par_iter().map(|row| {
            let minutiae = block.finger(row)?.minutiae;
            let meta = finger_seal(*block.meta(row), &FingerFeatures::new(minutiae));
            Ok((meta, std::sync::Arc::new(CodedFinger::new(minutiae, model))))
        });
        let mut made = made.collect::<Result<Vec<_>, GalleryError>>()?;
        made.sort_by_key(|(meta, _)| meta.key());
        made.dedup_by_key(|(meta, _)| meta.key());
        Ok(make_finger_block(model.id(), made))
    }

    /// Applies the batches of the log. What they do to rows that are lost is done.
    pub(super) fn log(
        &mut self,
        batches: &[ReadBatch],
        report: &mut RepairReport,
    ) -> Result<(), GalleryError> {
        let path = self.files.path(&names::log(self.manifest.log));
        for ReadBatch { batch, .. } in batches {
            let of_batch = vec![(batch.records.clone(), batch.payload.clone())];
            let model = self.options.code_model.clone();
            let decoded = load::decode_batches(&path, of_batch, change::decode, &model)?;
            for (changes, payload) in decoded {
                let mut application = Application::new(self.snapshot.clone());
                for change in changes {
                    self.apply(&mut application, change, report)?;
                }
                self.snapshot = application.finish(&payload)?;
            }
        }
        Ok(())
    }

    fn apply(
        &mut self,
        application: &mut Application,
        change: Change,
        report: &mut RepairReport,
    ) -> Result<(), GalleryError> {
        let nothing = |_: &SegmentEntry| Err(GalleryError::UnknownLocation);
        match change {
            Change::References { subject, removed, added } => {
                for reference in removed {
                    self.lost.remove(&LostReference { subject, reference });
                    let removal = Change::References { subject, removed: vec![reference], added: Vec::new() };
                    match application.change(&removal, &nothing) {
                        // It is lost.
                        Err(GalleryError::UnknownReference { .. }) => {}
                        applied => drop(applied?),
                    }
                }
                for added in &added {
                    self.see(Some(&added.meta));
                    self.added.insert(added.meta.reference().value());
                }
                let addition = Change::References { subject, removed: Vec::new(), added };
                application.change(&addition, &nothing)?;
            }
            Change::Delete { subject } | Change::Erase { subject } => {
                self.lost.retain(|lost| lost.subject != subject);
                application.change(&change, &nothing)?;
            }
            Change::Status { .. } => drop(application.change(&change, &nothing)?),
            Change::Request(entry) => self.requests.push(entry),
            Change::Attach { segments, next_reference } => {
                self.next_reference = self.next_reference.max(next_reference);
                for entry in segments {
                    self.attach(application, entry, next_reference, report)?;
                }
            }
        }
        Ok(())
    }

    fn attach(
        &mut self,
        application: &mut Application,
        entry: SegmentEntry,
        next_reference: u64,
        report: &mut RepairReport,
    ) -> Result<(), GalleryError> {
        let Some(block) = self.open(&entry, &[], report)? else { return Ok(()) };
        let metas = match &block {
            Attached::Fingers(block) => block.metas(),
            Attached::Faces(block) => block.metas(),
        };
        self.added.extend(metas.iter().map(|meta| meta.reference().value()));
        let block = RefCell::new(Some(block));
        let open = |_: &SegmentEntry| block.borrow_mut().take().ok_or(GalleryError::UnknownLocation);
        let change = Change::Attach { segments: vec![entry.clone()], next_reference };
        match application.change(&change, &open) {
            Err(GalleryError::ModelDimension { .. }) => lose_all(&entry, report),
            applied => drop(applied?),
        }
        Ok(())
    }

    /// Everything that is saved; reports what is lost and what is in doubt.
    pub(super) fn finish(
        mut self,
        chosen: &Chosen,
        report: &mut RepairReport,
    ) -> Result<Saved, GalleryError> {
        self.snapshot.number_blocks();
        report.lost = self.lost.into_iter().collect();
        report.fingers = self.snapshot.finger_count();
        report.faces = self.snapshot.face_count();
        if chosen.may_miss || self.without_tombstones {
            let is_doubtful = |reference: u64| chosen.may_miss || !self.added.contains(&reference);
            let mut doubtful = Vec::new();
            let mut look = |subject: Option<SubjectId>, meta: &ReferenceMeta| {
                if let Some(subject) = subject.filter(|_| is_doubtful(meta.reference().value())) {
                    doubtful.push(LostReference { subject, reference: meta.reference() });
                }
            };
            self.snapshot.fingers.iter().for_each(|block| each_live(block, &mut look));
            self.snapshot.faces.iter().for_each(|block| each_live(block, &mut look));
            doubtful.sort_unstable();
            report.doubtful = doubtful;
        }
        // Superseded segments that a crash left are among them; so may be some of lost batches.
        let is_unnamed = |name: &String| {
            name.starts_with("seg-") && names::is_numbered(name) && !self.named.contains(name)
        };
        report.unnamed = self.files.list()?.into_iter().filter(is_unnamed).collect();
        Ok(Saved { snapshot: self.snapshot, next_reference: self.next_reference, requests: self.requests })
    }
}

fn each_live<C: Columns>(block: &Block<C>, look: &mut impl FnMut(Option<SubjectId>, &ReferenceMeta)) {
    for (row, meta) in block.metas().iter().enumerate() {
        if block.is_live(row) {
            look(meta.subject(), meta);
        }
    }
}

fn lose_all(entry: &SegmentEntry, report: &mut RepairReport) {
    report.lost_rows.push(LostRows { file: entry.name(), rows: entry.rows });
}

fn faces_of(block: &FaceBlock, rows: Vec<usize>) -> Result<FaceBlock, GalleryError> {
    let made = rows.into_iter().map(|row| {
        let vector = block.vector(row)?;
        let meta = block.meta(row).sealed(&[bytemuck::cast_slice(vector), &[]]);
        Ok((meta, vector.into()))
    });
    let mut made = made.collect::<Result<Vec<_>, GalleryError>>()?;
    made.sort_by_key(|(meta, _)| meta.key());
    made.dedup_by_key(|(meta, _)| meta.key());
    Ok(make_face_block(block.model(), block.dimension(), made))
}
