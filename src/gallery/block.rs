//! Blocks: rows of references of one modality, in a mapped segment or in memory.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::deleted_rows::DeletedRows;
use super::error::GalleryError;
use super::manifest::SegmentEntry;
use super::memory::{FaceMemory, FingerMemory};
use super::reference::{ReferenceMeta, SubjectKey};
use super::segment::{FaceSegment, FingerSegment, is_unit};
use crate::face::FaceCodes;
use crate::fingerprint::FingerView;
use crate::fingerprint::codes::CodeModelId;
use crate::fingerprint::filter::CodeRows;
use crate::kernels::codes::{LANES, Line};
use crate::storage::Damage;
use crate::subject::SubjectId;
use crate::template::ModelId;

/// Finger or face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modality {
    /// Fingerprints.
    Finger,
    /// Faces.
    Face,
}

/// A row of a snapshot, valid in that snapshot only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    pub(super) modality: Modality,
    pub(super) block: u32,
    pub(super) row: u32,
}

impl Location {
    /// A place for tests of what does not look it up.
    #[cfg(test)]
    pub(crate) const NOWHERE: Self = Self { modality: Modality::Finger, block: u32::MAX, row: u32::MAX };

    /// What kind of reference is there.
    pub const fn modality(self) -> Modality {
        self.modality
    }
}

/// What rows have in common, whatever their columns.
pub(super) trait Columns: Clone {
    const MODALITY: Modality;

    /// The metas, ascending by subject and reference unless the file is damaged.
    fn metas(&self) -> &[ReferenceMeta];

    /// Proves the metas against their checksum, once a segment.
    fn prove_metas(&self) -> Result<(), Damage>;

    /// The columns' bytes of a row.
    fn row_bytes(&self, row: usize) -> Result<[&[u8]; 2], Damage>;

    /// Whether a row's meta fits its columns' bytes, and these can be what they are to be.
    fn fits(&self, row: usize, meta: &ReferenceMeta) -> Result<bool, Damage>;

    /// How messages name the file, and where in it the row's meta is.
    fn place(&self, row: usize) -> (PathBuf, u64);

    /// The file that the rows are in; `None` for rows in memory.
    fn entry(&self) -> Option<&SegmentEntry>;
}

/// Finger columns.
#[derive(Clone)]
pub struct FingerColumns(pub(super) Fingers);

#[derive(Clone)]
pub(super) enum Fingers {
    Segment(Arc<FingerSegment>),
    Memory(Arc<FingerMemory>),
}

/// Face columns.
#[derive(Clone)]
pub struct FaceColumns(pub(super) Faces);

#[derive(Clone)]
pub(super) enum Faces {
    Segment(Arc<FaceSegment>),
    Memory(Arc<FaceMemory>),
}

fn memory_place() -> (PathBuf, u64) {
    (PathBuf::from("memory"), 0)
}

impl Columns for FingerColumns {
    const MODALITY: Modality = Modality::Finger;

    fn metas(&self) -> &[ReferenceMeta] {
        match &self.0 {
            Fingers::Segment(segment) => segment.metas(),
            Fingers::Memory(memory) => &memory.metas,
        }
    }

    fn prove_metas(&self) -> Result<(), Damage> {
        match &self.0 {
            Fingers::Segment(segment) => segment.prove_metas(),
            Fingers::Memory(_) => Ok(()),
        }
    }

    fn row_bytes(&self, row: usize) -> Result<[&[u8]; 2], Damage> {
        let view = self.view(row)?;
        Ok([bytemuck::cast_slice(view.minutiae), bytemuck::cast_slice(view.cylinders)])
    }

    fn fits(&self, row: usize, meta: &ReferenceMeta) -> Result<bool, Damage> {
        let bytes = self.row_bytes(row)?;
        Ok(match &self.0 {
            Fingers::Segment(segment) => segment.fits(meta, &bytes),
            Fingers::Memory(_) => meta.fits(&bytes),
        })
    }

    fn place(&self, row: usize) -> (PathBuf, u64) {
        match &self.0 {
            Fingers::Segment(segment) => segment.place(row),
            Fingers::Memory(_) => memory_place(),
        }
    }

    fn entry(&self) -> Option<&SegmentEntry> {
        match &self.0 {
            Fingers::Segment(segment) => Some(segment.entry()),
            Fingers::Memory(_) => None,
        }
    }
}

impl FingerColumns {
    pub(super) fn codes(&self) -> Option<(CodeModelId, CodeRows<'_>)> {
        match &self.0 {
            Fingers::Segment(segment) => segment.codes(),
            Fingers::Memory(memory) => Some((memory.model, memory.codes.rows())),
        }
    }

    /// Whether codes may be copied: they are in memory, or fit their checksums.
    pub(super) fn codes_fit(&self) -> bool {
        match &self.0 {
            Fingers::Segment(segment) => segment.codes_fit(),
            Fingers::Memory(_) => true,
        }
    }

    pub(super) fn view(&self, row: usize) -> Result<FingerView<'_>, Damage> {
        match &self.0 {
            Fingers::Segment(segment) => segment.view(row),
            Fingers::Memory(memory) => match memory.rows.get(row) {
                Some(finger) => Ok(finger.features.view()),
                None => Err(Damage::new(&memory_place().0, 0, "a row", row)),
            },
        }
    }
}

impl Columns for FaceColumns {
    const MODALITY: Modality = Modality::Face;

    fn metas(&self) -> &[ReferenceMeta] {
        match &self.0 {
            Faces::Segment(segment) => segment.metas(),
            Faces::Memory(memory) => &memory.metas,
        }
    }

    fn prove_metas(&self) -> Result<(), Damage> {
        match &self.0 {
            Faces::Segment(segment) => segment.prove_metas(),
            Faces::Memory(_) => Ok(()),
        }
    }

    fn row_bytes(&self, row: usize) -> Result<[&[u8]; 2], Damage> {
        Ok([bytemuck::cast_slice(self.vector(row)?), &[]])
    }

    fn fits(&self, row: usize, meta: &ReferenceMeta) -> Result<bool, Damage> {
        let bytes = self.row_bytes(row)?;
        // A vector of another length has cosines that cannot be.
        Ok(is_unit(self.vector(row)?)
            && match &self.0 {
                Faces::Segment(segment) => segment.fits(meta, &bytes),
                Faces::Memory(_) => meta.fits(&bytes),
            })
    }

    fn place(&self, row: usize) -> (PathBuf, u64) {
        match &self.0 {
            Faces::Segment(segment) => segment.place(row),
            Faces::Memory(_) => memory_place(),
        }
    }

    fn entry(&self) -> Option<&SegmentEntry> {
        match &self.0 {
            Faces::Segment(segment) => Some(segment.entry()),
            Faces::Memory(_) => None,
        }
    }
}

impl FaceColumns {
    pub(super) fn vector(&self, row: usize) -> Result<&[f32], Damage> {
        match &self.0 {
            Faces::Segment(segment) => segment.vector(row),
            Faces::Memory(memory) => match memory.rows.get(row) {
                Some(vector) => Ok(vector),
                None => Err(Damage::new(&memory_place().0, 0, "a row", row)),
            },
        }
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

    /// Whether a row is there and not deleted.
    pub fn is_live(&self, row: usize) -> bool {
        row < self.len() && !self.deleted.contains(row)
    }

    /// Which of the rows `16 block .. 16 (block + 1)` are there and not deleted, the first in the
    /// lowest bit.
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

    /// Proves a row's bytes against their checksum: what was read is what was enrolled.
    ///
    /// # Errors
    /// Damage; [`GalleryError::UnknownLocation`] if there is no such row.
    pub fn check(&self, row: usize) -> Result<(), GalleryError> {
        let meta = self.metas().get(row).ok_or(GalleryError::UnknownLocation)?;
        if self.columns.fits(row, meta)? {
            return Ok(());
        }
        let (file, offset) = self.columns.place(row);
        Err(Damage::new(&file, offset, "a record that fits its checksum", "another").into())
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
    /// Damage: the metas do not fit their checksum, which is proved once a segment.
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

    /// Deletes a row; `false` if it was deleted or is not there.
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
