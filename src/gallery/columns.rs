//! The columns of a block: in a mapped segment or in memory.

use std::path::PathBuf;
use std::sync::Arc;

use super::manifest::SegmentEntry;
use super::memory::{FaceMemory, FingerMemory};
use super::reference::ReferenceMeta;
use super::segment::{FaceSegment, FingerSegment, is_unit};
use crate::fingerprint::FingerView;
use crate::fingerprint::codes::CodeModelId;
use crate::fingerprint::filter::CodeRows;
use crate::storage::Damage;
use crate::template::Modality;

/// What both kinds of columns have in common.
pub(super) trait Columns: Clone {
    const MODALITY: Modality;

    /// The metas, ascending by subject and reference unless the file is damaged.
    fn metas(&self) -> &[ReferenceMeta];

    /// Checks the metas against their checksum, once per segment.
    fn prove_metas(&self) -> Result<(), Damage>;

    /// The columns' bytes of a row.
    fn row_bytes(&self, row: usize) -> Result<[&[u8]; 2], Damage>;

    /// Whether the checksum of a row fits its bytes, and a vector has length one.
    fn fits(&self, row: usize, meta: &ReferenceMeta) -> Result<bool, Damage>;

    /// The file as messages name it, and the offset of the row's meta in it.
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
        // A vector of another length gives cosines above one.
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
