//! Changes applied to a snapshot: one function for the writer, for recovery and for followers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::block::{Block, Columns, FaceBlock, FaceColumns, Faces, FingerBlock, FingerColumns, Fingers};
use super::change::{Added, AddedColumns, Change};
use super::codes::OwnedCodes;
use super::error::GalleryError;
use super::memory::{CodedFinger, FaceMemory, FingerMemory};
use super::reference::{Generation, ReferenceId, ReferenceMeta, Status};
use super::snapshot::Snapshot;
use crate::citizen::CitizenId;
use crate::fingerprint::codes::CodeModelId;
use crate::template::ModelId;

/// Rows that the batch itself adds, by key.
type Fresh = BTreeMap<(u64, u64), Added>;

/// Rows of a block to be made.
type Rows<T> = Vec<(ReferenceMeta, T)>;

impl Snapshot {
    /// The next state: this one with the changes of a batch, in order.
    ///
    /// # Errors
    /// A reference that is not there, a model with another dimension, damage where one is looked up.
    pub(super) fn apply(
        &self,
        generation: Generation,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Self, GalleryError> {
        let mut next = self.clone();
        next.generation = generation;
        let mut fresh = Fresh::new();
        for change in changes {
            match change {
                Change::References { citizen, removed, added } => {
                    for reference in removed {
                        next.remove(&mut fresh, citizen, reference)?;
                    }
                    fresh.extend(added.into_iter().map(|added| (added.meta.key(), added)));
                }
                Change::Delete { citizen } => next.delete(&mut fresh, citizen)?,
                Change::Status { citizen, status } => next.set_status(citizen, status),
            }
        }
        next.append(fresh)?;
        next.number_blocks();
        Ok(next)
    }

    fn remove(
        &mut self,
        fresh: &mut Fresh,
        citizen: CitizenId,
        reference: ReferenceId,
    ) -> Result<(), GalleryError> {
        let gone = fresh.remove(&(citizen.value(), reference.value())).is_some()
            || kill(&mut self.fingers, citizen, Some(reference))? > 0
            || kill(&mut self.faces, citizen, Some(reference))? > 0;
        if gone { Ok(()) } else { Err(GalleryError::UnknownReference { citizen, reference }) }
    }

    fn delete(&mut self, fresh: &mut Fresh, citizen: CitizenId) -> Result<(), GalleryError> {
        let of_citizen = (citizen.value(), 0)..=(citizen.value(), u64::MAX);
        let keys: Vec<_> = fresh.range(of_citizen).map(|(&key, _)| key).collect();
        for key in keys {
            fresh.remove(&key);
        }
        kill(&mut self.fingers, citizen, None)?;
        kill(&mut self.faces, citizen, None)?;
        self.set_status(citizen, Status::Active);
        Ok(())
    }

    fn set_status(&mut self, citizen: CitizenId, status: Status) {
        if self.status(citizen) == status {
            return;
        }
        let statuses = Arc::make_mut(&mut self.statuses);
        if status == Status::Active {
            statuses.remove(&citizen);
        } else {
            statuses.insert(citizen, status);
        }
    }

    /// Adds the batch's rows as blocks in memory, and joins small blocks so that a row is copied a
    /// logarithmic number of times and the number of blocks is logarithmic.
    fn append(&mut self, fresh: Fresh) -> Result<(), GalleryError> {
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
            let model = self.code_model.id();
            self.fingers.push(finger_memory(model, fingers));
            join_last(&mut self.fingers, 0, |rows| finger_memory(model, rows), finger_row);
        }
        for ((model, dimension), rows) in faces {
            let start = self.faces.partition_point(|block| *block.model() < model);
            let end = self.faces.partition_point(|block| *block.model() <= model);
            if let Some(block) = self.faces.get(start..end).and_then(<[_]>::first)
                && block.dimension() != dimension
            {
                let (expected, found) = (block.dimension(), dimension);
                return Err(GalleryError::ModelDimension { model, expected, found });
            }
            let after = self.faces.split_off(end);
            self.faces.push(face_memory(&model, dimension, rows));
            join_last(&mut self.faces, start, |rows| face_memory(&model, dimension, rows), face_row);
            self.faces.extend(after);
        }
        Ok(())
    }

    pub(super) fn number_blocks(&mut self) {
        for (index, block) in self.fingers.iter_mut().enumerate() {
            block.index = index as u32;
        }
        for (index, block) in self.faces.iter_mut().enumerate() {
            block.index = index as u32;
        }
    }
}

/// Marks a citizen's rows, or the one of a reference; gives how many it marked.
fn kill<C: Columns>(
    blocks: &mut [Block<C>],
    citizen: CitizenId,
    reference: Option<ReferenceId>,
) -> Result<usize, GalleryError> {
    let mut count = 0;
    for block in blocks {
        for row in block.rows_of(citizen)? {
            let wanted = reference.is_none_or(|reference| {
                block.metas().get(row).is_some_and(|meta| meta.reference() == reference)
            });
            if wanted && block.kill(row) {
                count += 1;
            }
        }
    }
    Ok(count)
}

fn finger_memory(model: CodeModelId, rows: Rows<Arc<CodedFinger>>) -> FingerBlock {
    let (metas, rows): (_, Vec<Arc<CodedFinger>>) = rows.into_iter().unzip();
    let mut codes = OwnedCodes::default();
    rows.iter().for_each(|finger| codes.push((&finger.codes).into()));
    Block::new(FingerColumns(Fingers::Memory(Arc::new(FingerMemory { metas, rows, model, codes }))))
}

fn face_memory(model: &ModelId, dimension: usize, rows: Rows<Arc<[f32]>>) -> FaceBlock {
    let (metas, rows) = rows.into_iter().unzip();
    let memory = FaceMemory { model: model.clone(), dimension, metas, rows };
    Block::new(FaceColumns(Faces::Memory(Arc::new(memory))))
}

fn finger_row(block: &FingerBlock, row: usize) -> Option<Arc<CodedFinger>> {
    match &block.columns.0 {
        Fingers::Memory(memory) => memory.rows.get(row).cloned(),
        Fingers::Segment(_) => None,
    }
}

fn face_row(block: &FaceBlock, row: usize) -> Option<Arc<[f32]>> {
    match &block.columns.0 {
        Faces::Memory(memory) => memory.rows.get(row).cloned(),
        Faces::Segment(_) => None,
    }
}

/// Joins the last two blocks from `start` on while the one before is at most twice as long. Dead
/// rows are left out.
fn join_last<C: Columns, T>(
    blocks: &mut Vec<Block<C>>,
    start: usize,
    make: impl Fn(Rows<T>) -> Block<C>,
    row_of: impl Fn(&Block<C>, usize) -> Option<T>,
) {
    while let Some([.., before, last]) = blocks.get(start..) {
        if !before.is_memory() || !last.is_memory() || before.len() > 2 * last.len() {
            return;
        }
        let mut rows = Vec::with_capacity(before.live() + last.live());
        for block in [before, last] {
            for (row, meta) in block.metas().iter().enumerate() {
                if let (true, Some(columns)) = (block.is_live(row), row_of(block, row)) {
                    rows.push((*meta, columns));
                }
            }
        }
        rows.sort_by_key(|(meta, _)| meta.key());
        blocks.truncate(blocks.len() - 2);
        blocks.push(make(rows));
    }
}
