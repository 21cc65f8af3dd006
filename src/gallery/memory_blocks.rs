//! Blocks in memory, made of rows that are committed and not yet in a segment.
//!
//! Small blocks are joined, so that a row is copied a logarithmic number of times and the number of blocks is
//! logarithmic.

use std::sync::Arc;

use super::block::{Block, FaceBlock, FingerBlock};
use super::codes::OwnedCodes;
use super::columns::{Columns, FaceColumns, Faces, FingerColumns, Fingers};
use super::error::GalleryError;
use super::memory::{CodedFinger, FaceMemory, FingerMemory};
use super::reference::ReferenceMeta;
use crate::fingerprint::codes::CodeModelId;
use crate::template::ModelId;

/// Rows of a block to be made.
pub(super) type Rows<T> = Vec<(ReferenceMeta, T)>;

/// Adds rows of fingers as a block.
pub(super) fn push_fingers(blocks: &mut Vec<FingerBlock>, model: CodeModelId, rows: Rows<Arc<CodedFinger>>) {
    blocks.push(make_finger_block(model, rows));
    join_last(blocks, 0, |rows| make_finger_block(model, rows), finger_row);
}

/// Adds rows of faces as a block behind those of their model.
pub(super) fn push_faces(
    blocks: &mut Vec<FaceBlock>,
    (model, dimension): (ModelId, usize),
    rows: Rows<Arc<[f32]>>,
) -> Result<(), GalleryError> {
    let start = blocks.partition_point(|block| *block.model() < model);
    let end = blocks.partition_point(|block| *block.model() <= model);
    if let Some(block) = blocks.get(start..end).and_then(<[_]>::first)
        && block.dimension() != dimension
    {
        let (expected, found) = (block.dimension(), dimension);
        return Err(GalleryError::ModelDimension { model, expected, found });
    }
    let after = blocks.split_off(end);
    blocks.push(make_face_block(&model, dimension, rows));
    join_last(blocks, start, |rows| make_face_block(&model, dimension, rows), face_row);
    blocks.extend(after);
    Ok(())
}

pub(super) fn make_finger_block(model: CodeModelId, rows: Rows<Arc<CodedFinger>>) -> FingerBlock {
    let (metas, rows): (_, Vec<Arc<CodedFinger>>) = rows.into_iter().unzip();
    let mut codes = OwnedCodes::default();
    rows.iter().for_each(|finger| codes.push((&finger.codes).into()));
    Block::new(FingerColumns(Fingers::Memory(Arc::new(FingerMemory { metas, rows, model, codes }))))
}

pub(super) fn make_face_block(model: &ModelId, dimension: usize, rows: Rows<Arc<[f32]>>) -> FaceBlock {
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

/// Joins the last two blocks from `start` on while the one before is at most twice as long. Deleted
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
