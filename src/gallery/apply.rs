//! Changes applied to a snapshot: one function for the writer, for recovery and for followers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::block::{Block, FaceBlock, FingerBlock};
use super::change::{Added, AddedColumns, Change};
use super::columns::Columns;
use super::erasure::PendingErasure;
use super::error::GalleryError;
use super::manifest::SegmentEntry;
use super::memory::CodedFinger;
use super::memory_blocks::{Rows, push_faces, push_fingers};
use super::reference::{Generation, ReferenceId, ReferenceMeta, RowKey, Status, SubjectKey};
use super::snapshot::Snapshot;
use crate::subject::SubjectId;
use crate::template::ModelId;

/// Rows that the batch itself adds, by key.
pub(super) type Fresh = BTreeMap<RowKey, Added>;

/// A segment that a change attaches, opened.
pub(super) enum Attached {
    Fingers(FingerBlock),
    Faces(FaceBlock),
}

/// How the segments that a change attaches are opened.
pub(super) type Open<'a> = &'a dyn Fn(&SegmentEntry) -> Result<Attached, GalleryError>;

/// A batch being applied to a snapshot.
#[derive(Clone)]
pub(super) struct Application {
    next: Snapshot,
    fresh: Fresh,
    /// Dimensions of the models of faces that it adds.
    models: BTreeMap<ModelId, usize>,
}

/// The result of a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// For each capture to be added, the reference that holds it: a new one, or an existing one with the same
    /// content.
    pub(super) references: Vec<ReferenceId>,
    /// The removed references that existed before the batch.
    pub(super) removed: Vec<ReferenceId>,
}

impl Application {
    /// Begins the next state.
    pub(super) fn new(snapshot: Snapshot) -> Self {
        let generation = Generation::new(snapshot.generation.value() + 1);
        Self { next: Snapshot { generation, ..snapshot }, fresh: Fresh::new(), models: BTreeMap::new() }
    }

    /// Applies a change as it is.
    ///
    /// # Errors
    /// A reference that is not there, damage where one is looked up, a segment that cannot be opened.
    pub(super) fn change(&mut self, change: &Change, open: Open<'_>) -> Result<Applied, GalleryError> {
        let mut applied = Applied::default();
        match change {
            Change::References { subject, removed, added } => {
                for &reference in removed {
                    if !self.remove(*subject, reference)? {
                        applied.removed.push(reference);
                    }
                }
                applied.references = added.iter().map(|added| added.meta.reference()).collect();
                self.fresh.extend(added.iter().map(|added| (added.meta.key(), added.clone())));
            }
            Change::Delete { subject } => self.delete(*subject)?,
            Change::Erase { subject } => {
                self.delete(*subject)?;
                let pending = PendingErasure { generation: self.next.generation.value(), subject: *subject };
                let others = self.next.erasures.iter().filter(|known| known.subject != *subject).copied();
                self.next.erasures = others.chain([pending]).collect();
            }
            Change::Status { subject, status } => self.set_status(*subject, *status),
            Change::Request(_) => {}
            Change::Attach { segments, .. } => {
                for entry in segments {
                    match open(entry)? {
                        Attached::Fingers(block) => self.next.fingers.push(block),
                        Attached::Faces(block) => {
                            self.next.check_dimension(block.model(), block.dimension())?;
                            let end = self.next.faces.partition_point(|b| b.model() <= block.model());
                            self.next.faces.insert(end, block);
                        }
                    }
                }
            }
        }
        Ok(applied)
    }

    /// As [`Application::change`], but does not add a capture again that the subject already has from the
    /// same moment. `is_new`: the snapshot before has nothing of the subject.
    ///
    /// # Errors
    /// As [`Application::change`].
    pub(super) fn change_once(
        &mut self,
        change: &mut Change,
        is_new: bool,
        open: Open<'_>,
    ) -> Result<Applied, GalleryError> {
        let Change::References { subject, removed, added } = change else { return self.change(change, open) };
        let mut references = Vec::with_capacity(added.len());
        let mut kept: Vec<Added> = Vec::with_capacity(added.len());
        for new in std::mem::take(added) {
            self.check_dimension(&new)?;
            let same = match kept.iter().find(|other| other.is_same(&new)) {
                Some(other) => Some(other.meta.reference()),
                None => self.find_same(*subject, &new, removed, is_new),
            };
            references.push(same.unwrap_or(new.meta.reference()));
            if same.is_none() {
                kept.push(new);
            }
        }
        *added = kept;
        let applied = self.change(change, open)?;
        Ok(Applied { references, ..applied })
    }

    /// The first face of a model fixes its dimension.
    fn check_dimension(&mut self, new: &Added) -> Result<(), GalleryError> {
        let AddedColumns::Face { model, dimension: found, .. } = &new.columns else { return Ok(()) };
        self.next.check_dimension(model, *found)?;
        match self.models.get(model) {
            None => {
                self.models.insert(model.clone(), *found);
                Ok(())
            }
            Some(expected) if expected == found => Ok(()),
            Some(&expected) => {
                Err(GalleryError::ModelDimension { model: model.clone(), expected, found: *found })
            }
        }
    }

    fn find_same(
        &self,
        subject: SubjectId,
        new: &Added,
        removed: &[ReferenceId],
        is_new: bool,
    ) -> Option<ReferenceId> {
        let mut batch = self.fresh.range(rows_of(subject)).map(|(_, other)| other);
        let counts = |other: &&Added| !removed.contains(&other.meta.reference()) && other.is_same(new);
        match batch.find(counts) {
            Some(other) => Some(other.meta.reference()),
            None if is_new => None,
            None => find_same_sample(&self.next, new, removed),
        }
    }

    /// Whether the reference was one that the batch itself added.
    fn remove(&mut self, subject: SubjectId, reference: ReferenceId) -> Result<bool, GalleryError> {
        let key = RowKey { subject: subject.into(), reference: reference.value() };
        if self.fresh.remove(&key).is_some() {
            return Ok(true);
        }
        let next = &mut self.next;
        let found = delete_rows(&mut next.fingers, subject, Some(reference))? > 0
            || delete_rows(&mut next.faces, subject, Some(reference))? > 0;
        if found { Ok(false) } else { Err(GalleryError::UnknownReference { citizen: subject, reference }) }
    }

    fn delete(&mut self, subject: SubjectId) -> Result<(), GalleryError> {
        let keys: Vec<_> = self.fresh.range(rows_of(subject)).map(|(&key, _)| key).collect();
        for key in keys {
            self.fresh.remove(&key);
        }
        delete_rows(&mut self.next.fingers, subject, None)?;
        delete_rows(&mut self.next.faces, subject, None)?;
        self.set_status(subject, Status::Active);
        Ok(())
    }

    fn set_status(&mut self, subject: SubjectId, status: Status) {
        if self.next.status(subject) != status {
            self.next.statuses.set(subject, status);
        }
    }

    /// A subject's status by now.
    pub(super) fn status(&self, subject: SubjectId) -> Status {
        self.next.status(subject)
    }

    /// Whether a subject is enrolled or has a status.
    pub(super) fn knows(&self, subject: SubjectId) -> Result<bool, GalleryError> {
        Ok(self.fresh.range(rows_of(subject)).next().is_some() || self.next.citizen(subject)?.is_some())
    }

    /// Takes out the rows that the batch adds.
    pub(super) fn take_fresh(&mut self) -> Fresh {
        std::mem::take(&mut self.fresh)
    }

    /// The next state.
    pub(super) fn finish(self, payload: &[u8]) -> Result<Snapshot, GalleryError> {
        let Self { mut next, fresh, .. } = self;
        if !payload.is_empty() {
            next.payload = payload.into();
        }
        append_rows(&mut next, fresh)?;
        next.number_blocks();
        Ok(next)
    }
}

impl Snapshot {
    /// The same state as if a subject was not enrolled, for searches that leave the subject out. Costs a binary search
    /// in every block, and a copy of the marks of deleted rows where the subject has rows.
    ///
    /// # Errors
    /// Damage: a segment whose metas do not fit their checksum could hide any subject.
    pub fn without(&self, subject: impl Into<SubjectId>) -> Result<Self, GalleryError> {
        let (subject, mut rest) = (subject.into(), self.clone());
        delete_rows(&mut rest.fingers, subject, None)?;
        delete_rows(&mut rest.faces, subject, None)?;
        Ok(rest)
    }
}

impl Added {
    /// Whether another holds the same capture of the same finger and moment.
    fn is_same(&self, other: &Self) -> bool {
        self.meta.is_same_capture(&other.meta) && self.columns.is_same(&other.columns)
    }
}

impl AddedColumns {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Finger(a), Self::Finger(b)) => a.features.view().minutiae == b.features.view().minutiae,
            (Self::Face { model, vector, .. }, Self::Face { model: other, vector: numbers, .. }) => {
                model == other && vector == numbers
            }
            _ => false,
        }
    }
}

/// The live reference that holds the same capture, if there is one.
fn find_same_sample(snapshot: &Snapshot, new: &Added, removed: &[ReferenceId]) -> Option<ReferenceId> {
    let subject = new.meta.subject()?;
    match &new.columns {
        AddedColumns::Finger(finger) => {
            let minutiae = finger.features.view().minutiae;
            same_row(&snapshot.fingers, subject, &new.meta, removed, |block, row| {
                block.finger(row).is_ok_and(|view| view.minutiae == minutiae)
            })
        }
        AddedColumns::Face { model, vector, .. } => {
            same_row(snapshot.face_blocks(model), subject, &new.meta, removed, |block, row| {
                block.vector(row).is_ok_and(|known| *known == **vector)
            })
        }
    }
}

/// Adds the rows of a batch as blocks in memory.
fn append_rows(snapshot: &mut Snapshot, fresh: Fresh) -> Result<(), GalleryError> {
    let mut fingers: Rows<Arc<CodedFinger>> = Vec::new();
    let mut faces: BTreeMap<(ModelId, usize), Rows<Arc<[f32]>>> = BTreeMap::new();
    for Added { meta, columns } in fresh.into_values() {
        match columns {
            AddedColumns::Finger(finger) => fingers.push((meta, finger)),
            AddedColumns::Face { model, dimension, vector } => {
                faces.entry((model, dimension)).or_default().push((meta, vector));
            }
        }
    }
    if !fingers.is_empty() {
        push_fingers(&mut snapshot.fingers, snapshot.code_model.id(), fingers);
    }
    faces.into_iter().try_for_each(|(model, rows)| push_faces(&mut snapshot.faces, model, rows))
}

/// The keys of all rows that a subject can have.
fn rows_of(subject: SubjectId) -> std::ops::RangeInclusive<RowKey> {
    let subject = SubjectKey::from(subject);
    RowKey { subject, reference: 0 }..=RowKey { subject, reference: u64::MAX }
}

fn same_row<C: Columns>(
    blocks: &[Block<C>],
    subject: SubjectId,
    meta: &ReferenceMeta,
    removed: &[ReferenceId],
    is_same: impl Fn(&Block<C>, usize) -> bool,
) -> Option<ReferenceId> {
    for block in blocks {
        // A damaged block is passed over: at worst a capture is stored twice.
        for row in block.rows_of(subject).unwrap_or_default() {
            let Some(known) = block.metas().get(row) else { continue };
            let counts = block.is_live(row) && !removed.contains(&known.reference());
            if counts && known.is_same_capture(meta) && is_same(block, row) {
                return Some(known.reference());
            }
        }
    }
    None
}

/// Deletes the rows of a subject, or only the row of a reference; returns how many.
fn delete_rows<C: Columns>(
    blocks: &mut [Block<C>],
    subject: SubjectId,
    reference: Option<ReferenceId>,
) -> Result<usize, GalleryError> {
    let mut count = 0;
    for block in blocks {
        for row in block.rows_of(subject)? {
            let wanted = reference.is_none_or(|reference| {
                block.metas().get(row).is_some_and(|meta| meta.reference() == reference)
            });
            if wanted && block.delete(row) {
                count += 1;
            }
        }
    }
    Ok(count)
}
