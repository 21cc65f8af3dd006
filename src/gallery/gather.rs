//! The live rows of blocks, checked and sorted, with rebuilt features and codes where needed: what a
//! checkpoint writes.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::block::{Block, FaceBlock, FingerBlock};
use super::change::finger_seal;
use super::codes::CodeRow;
use super::columns::{Columns, FingerColumns, Fingers};
use super::error::GalleryError;
use super::reference::ReferenceMeta;
use super::segment::{FingerRow, Row};
use crate::fingerprint::codes::{CodeModel, CodeModelId, FingerCodes};
use crate::fingerprint::{FEATURE_VERSION, FingerFeatures, FingerView};
use crate::template::ModelId;

/// Rows of blocks: meta, block, row.
type LiveRows<'a, C> = Vec<(ReferenceMeta, &'a Block<C>, usize)>;

/// The live rows of blocks, by key, each with the checksum of the present form. A row that does not fit its
/// checksum gets one that no bytes fit: it is copied as it is, and reading that row stays an error.
///
/// # Errors
/// Damage of the metas: the subjects of the rows are not known then.
fn live_rows<'a, C: Columns + Sync + Send>(blocks: &[&'a Block<C>]) -> Result<LiveRows<'a, C>, GalleryError> {
    let mut rows = Vec::new();
    for &block in blocks {
        block.columns.prove_metas()?;
        for (row, meta) in block.metas().iter().enumerate() {
            if block.is_live(row) {
                rows.push((*meta, block, row));
            }
        }
    }
    rows.par_iter_mut().for_each(|(meta, block, row)| {
        let bytes = block.columns.row_bytes(*row).unwrap_or_default();
        *meta = match block.check(*row) {
            Ok(()) => meta.sealed(&bytes),
            Err(_) => meta.unsealed(&bytes),
        };
    });
    rows.sort_unstable_by_key(|(meta, ..)| meta.key());
    Ok(rows)
}

/// Finger rows, with features made anew for those of another version, and codes for those of another
/// model.
pub(super) struct FingerRows<'a> {
    rows: LiveRows<'a, FingerColumns>,
    rebuilt: Vec<Rebuilt>,
    model: CodeModelId,
}

/// What is rebuilt of a row.
#[derive(Default)]
struct Rebuilt {
    features: Option<Box<FingerFeatures>>,
    codes: Option<Box<FingerCodes>>,
}

impl<'a> FingerRows<'a> {
    pub(super) fn gather(blocks: &[&'a FingerBlock], model: &CodeModel) -> Result<Self, GalleryError> {
        let mut rows = live_rows(blocks)?;
        let is_old = |block: &FingerBlock| match &block.columns.0 {
            Fingers::Segment(segment) => segment.features() != FEATURE_VERSION,
            Fingers::Memory(_) => false,
        };
        // Codes are no part of a record's checksum: of a segment whose codes are damaged they are made
        // again.
        let mut copied = vec![false; blocks.iter().map(|block| block.index as usize + 1).max().unwrap_or(0)];
        for block in blocks {
            if let Some(copied) = copied.get_mut(block.index as usize) {
                *copied = !is_old(block) && block.codes(model.id()).is_some() && block.columns.codes_fit();
            }
        }
        let rebuilt = rows.par_iter_mut().map(|(meta, block, row)| {
            let mut rebuilt = Rebuilt::default();
            let damaged = block.finger(*row).is_err();
            if is_old(block) && !damaged && meta.fits(&block.columns.row_bytes(*row)?) {
                let features = FingerFeatures::new(block.finger(*row)?.minutiae);
                *meta = finger_seal(*meta, &features);
                rebuilt.codes = Some(Box::new(model.encode(features.view())));
                rebuilt.features = Some(Box::new(features));
            } else if copied.get(block.index as usize) != Some(&true) {
                rebuilt.codes = Some(Box::new(model.encode(view_of(block, *row))));
            }
            Ok(rebuilt)
        });
        let rebuilt = rebuilt.collect::<Result<_, GalleryError>>()?;
        Ok(Self { rows, rebuilt, model: model.id() })
    }

    pub(super) fn rows(&self) -> Result<Vec<Row<FingerRow<'_>>>, GalleryError> {
        let rows = self.rows.iter().zip(&self.rebuilt);
        rows.map(|((meta, block, row), rebuilt)| {
            let view = match &rebuilt.features {
                Some(features) => features.view(),
                None => view_of(block, *row),
            };
            let codes = match &rebuilt.codes {
                Some(codes) => Some(CodeRow::from(&**codes)),
                None => block.codes(self.model).and_then(|rows| CodeRow::of(rows, *row)),
            };
            let codes = codes.ok_or(GalleryError::UnknownLocation)?;
            Ok(Row { meta: *meta, columns: FingerRow { view, codes } })
        })
        .collect()
    }
}

/// A finger's features; nothing where its offsets lead nowhere.
fn view_of(block: &FingerBlock, row: usize) -> FingerView<'_> {
    block.finger(row).unwrap_or(FingerView { minutiae: &[], cylinders: &[] })
}

pub(super) type FaceRows<'a> = BTreeMap<(ModelId, usize), Vec<Row<&'a [f32]>>>;

pub(super) fn gather_faces<'a>(blocks: &[&'a FaceBlock]) -> Result<FaceRows<'a>, GalleryError> {
    let mut gathered = FaceRows::new();
    for (meta, block, row) in live_rows(blocks)? {
        let columns = block.vector(row)?;
        let model = (block.model().clone(), block.dimension());
        gathered.entry(model).or_default().push(Row { meta, columns });
    }
    Ok(gathered)
}
