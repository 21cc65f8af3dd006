//! Blocks: rows of references of one modality, with the rows among them that are deleted.

use std::ops::Range;

use super::columns::{Columns, FaceColumns, Faces, FingerColumns, Fingers};
use super::deleted_rows::DeletedRows;
use super::error::GalleryError;
use super::manifest::SegmentEntry;
use super::reference::{ReferenceMeta, SubjectKey};
use super::segment::{FaceSegment, FingerSegment};
use crate::face::FaceCodes;
use crate::fingerprint::FingerView;
use crate::fingerprint::codes::CodeModelId;
use crate::fingerprint::filter::CodeRows;
use crate::kernels::codes::{LANES, Line};
use crate::storage::Damage;
use crate::subject::SubjectId;
use crate::template::Modality;
use crate::template::ModelId;

/// A row of a snapshot, valid in that snapshot only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    pub(super) modality: Modality,
    pub(super) block: u32,
    pub(super) row: u32,
}

impl Location {
    /// A location for tests that do not look it up.
    #[cfg(test)]
    pub(crate) const NOWHERE: Self = Self { modality: Modality::Finger, block: u32::MAX, row: u32::MAX };

    /// What kind of reference is there.
    pub const fn modality(self) -> Modality {
        self.modality
    }
}

/// Rows of references, ascending by subject and then by reference.
#[derive(Clone)]
pub struct Block<C> {
    pub(super) columns: C,
    pub(super) deleted: DeletedRows,
    pub(super) index: u32,
}

/// Rows of fingers.
pub type FingerBlock = Block<FingerColumns>;

/// Rows of faces of one model.
pub type FaceBlock = Block<FaceColumns>;

#[allow(private_bounds)] // the two kinds of columns are all there are
impl<C: Columns> Block<C> {
    pub(super) fn new(columns: C) -> Self {
        Self { columns, deleted: DeletedRows::default(), index: 0 }
    }

    /// Rows, live and deleted.
    pub fn len(&self) -> usize {
        self.columns.metas().len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows that are not deleted.
    pub fn live(&self) -> usize {
        self.len().saturating_sub(self.deleted.len())
    }

    /// The metas of all rows.
    pub fn metas(&self) -> &[ReferenceMeta] {
        self.columns.metas()
    }

    /// The meta of a row.
    ///
    /// # Panics
    /// If `row` is not below [`Block::len`].
    pub fn meta(&self, row: usize) -> &ReferenceMeta {
        &self.columns.metas()[row]
    }

    /// Whether a row exists and is not deleted.
    pub fn is_live(&self, row: usize) -> bool {
        row < self.len() && !self.deleted.contains(row)
    }

    /// A bit for each of the rows `16 block .. 16 (block + 1)`, the first in the lowest bit: set if the row
    /// exists and is not deleted.
    pub fn live_mask(&self, block: usize) -> u16 {
        let rows = self.len().saturating_sub(block.saturating_mul(LANES)).min(LANES);
        // Sixteen bits at most, so nothing is cut off.
        let there = ((1_u32 << rows) - 1) as u16;
        there & !self.deleted.mask(block)
    }

    /// Where a row is.
    pub fn location(&self, row: usize) -> Location {
        Location { modality: C::MODALITY, block: self.index, row: row as u32 }
    }

    /// Checks the bytes of a row against their checksum: what was read is what was enrolled.
    ///
    /// # Errors
    /// Damage; [`GalleryError::UnknownLocation`] if there is no such row.
    pub fn check(&self, row: usize) -> Result<(), GalleryError> {
        let meta = self.metas().get(row).ok_or(GalleryError::UnknownLocation)?;
        if self.columns.fits(row, meta)? {
            return Ok(());
        }
        let (file, offset) = self.columns.place(row);
        Err(Damage::new(&file, offset, "a record that fits its checksum", "one that does not").into())
    }

    pub(super) fn is_memory(&self) -> bool {
        self.entry().is_none()
    }

    /// The file that the rows are in; `None` for rows in memory.
    pub(super) fn entry(&self) -> Option<&SegmentEntry> {
        self.columns.entry()
    }

    /// The rows of a subject, live and deleted: a binary search.
    ///
    /// # Errors
    /// Damage: the metas do not fit their checksum, which is checked once per segment.
    pub fn rows_of(&self, subject: SubjectId) -> Result<Range<usize>, GalleryError> {
        self.columns.prove_metas()?;
        let metas = self.metas();
        let key = SubjectKey::from(subject);
        // Most blocks are passed over at a glance where subjects are enrolled in their order.
        if metas.first().is_none_or(|first| key < first.subject_key())
            || metas.last().is_some_and(|last| key > last.subject_key())
        {
            return Ok(0..0);
        }
        let start = metas.partition_point(|meta| meta.subject_key() < key);
        let count = metas.get(start..).unwrap_or_default();
        let count = count.partition_point(|meta| meta.subject_key() == key);
        Ok(start..start + count)
    }

    /// Deletes a row; `false` if it was deleted already or does not exist.
    pub(super) fn delete(&mut self, row: usize) -> bool {
        let rows = self.len();
        self.deleted.insert(row, rows)
    }
}

impl FingerBlock {
    /// The segment, unless the rows are in memory.
    pub(super) fn segment(&self) -> Option<&FingerSegment> {
        match &self.columns.0 {
            Fingers::Segment(segment) => Some(segment),
            Fingers::Memory(_) => None,
        }
    }

    /// A finger's features.
    ///
    /// # Errors
    /// Damage: offsets that do not lead into the columns. What is between good offsets is not
    /// proved here, [`Block::check`] does that.
    pub fn finger(&self, row: usize) -> Result<FingerView<'_>, GalleryError> {
        Ok(self.columns.view(row)?)
    }

    /// The codes of all rows, if they are there and were made by this model: codes of two models do
    /// not compare. They are not proved here.
    pub fn codes(&self, model: CodeModelId) -> Option<CodeRows<'_>> {
        self.columns.codes().filter(|(id, _)| *id == model).map(|(_, rows)| rows)
    }
}

impl FaceBlock {
    /// The segment, unless the rows are in memory.
    pub(super) fn segment(&self) -> Option<&FaceSegment> {
        match &self.columns.0 {
            Faces::Segment(segment) => Some(segment),
            Faces::Memory(_) => None,
        }
    }

    /// The model of all rows.
    pub fn model(&self) -> &ModelId {
        match &self.columns.0 {
            Faces::Segment(segment) => segment.model(),
            Faces::Memory(memory) => &memory.model,
        }
    }

    /// The model's dimension, without padding.
    pub fn dimension(&self) -> usize {
        match &self.columns.0 {
            Faces::Segment(segment) => segment.dimension(),
            Faces::Memory(memory) => memory.dimension,
        }
    }

    /// A face's unit vector, padded with zeros to a multiple of `Kernels::DOT_LANES`.
    ///
    /// # Errors
    /// [`GalleryError::Storage`] if there is no such row. The numbers are not proved here,
    /// [`Block::check`] does that.
    pub fn vector(&self, row: usize) -> Result<&[f32], GalleryError> {
        Ok(self.columns.vector(row)?)
    }

    /// The codes of all rows; `None` for rows in memory and in segments of a version that had others or
    /// none. They are not proved here.
    pub fn codes(&self) -> Option<FaceCodes<'_>> {
        match &self.columns.0 {
            Faces::Segment(segment) => segment.codes(),
            Faces::Memory(_) => None,
        }
    }

    /// The signs of all rows, if there are codes. They are not proved here.
    pub fn signs(&self) -> Option<&[Line]> {
        match &self.columns.0 {
            Faces::Segment(segment) => segment.signs(),
            Faces::Memory(_) => None,
        }
    }

    /// All vectors one after the other, if they lie so: those of a segment do.
    pub fn contiguous(&self) -> Option<&[f32]> {
        match &self.columns.0 {
            Faces::Segment(segment) => Some(segment.vectors()),
            Faces::Memory(_) => None,
        }
    }
}
