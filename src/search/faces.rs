//! One face, or many, against all faces of their models.

use std::collections::BTreeMap;

use super::coded::{CodedPiece, CodedScan, Scratch, compare_row};
use super::one_bit::{Shortlist, by_signs};
use super::plan::{Partial, Piece, pieces, run};
use super::{Found, Hit, Search, SearchError};
use crate::face::{CODE_PIECE, FaceProbe};
use crate::gallery::{FaceBlock, GalleryError, Snapshot};
use crate::kernels::codes::LANES;
use crate::template::ModelId;

/// Faces of a piece that is scanned by its vectors: a megabyte at 512 dimensions, which the second
/// cache holds for all probes.
const ROWS: usize = 512;

/// A sub-gallery of less than a row in so many is read row by row: a block of codes takes the bytes of
/// four vectors, and one row of it may be all that is wanted.
const SPARSE: usize = 8;

/// Searches for every probe among the faces of its own model, in one pass a model; one [`Found`] a
/// probe, in their order. The score is the cosine.
///
/// Exact: ids, order and the bits of scores are those of [`identify_faces_by_vectors`]. The pass reads
/// the faces' codes, a quarter of their vectors' bytes, and rules out what provably scores too little;
/// the vectors of the rest are compared. So a damaged vector is reported only if its codes made it a
/// candidate; `verify` reads them all.
///
/// # Errors
/// The gallery has faces but none of a probe's model, or the model's with another dimension; damage
/// to a segment's catalogue, if the search is within a sub-gallery.
pub fn identify_faces(
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    identify(snapshot, probes, search, By::Codes)
}

/// As [`identify_faces`], by reading every vector: what that must find, and several times slower. For
/// tests and benches.
///
/// # Errors
/// As [`identify_faces`].
pub fn identify_faces_by_vectors(
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    identify(snapshot, probes, search, By::Vectors)
}

/// What a scan reads.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum By {
    Codes,
    Vectors,
    /// Signs, and the vectors of a shortlist: approximate.
    Signs(Shortlist),
}

pub(super) fn identify(
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    search: &Search<'_>,
    by: By,
) -> Result<Vec<Found>, SearchError> {
    let mut by_model: BTreeMap<&ModelId, Vec<usize>> = BTreeMap::new();
    for (index, probe) in probes.iter().enumerate() {
        by_model.entry(probe.model()).or_default().push(index);
    }
    let mut found = vec![Found::default(); probes.len()];
    for (model, indices) in by_model {
        let group: Vec<&FaceProbe> = indices.iter().filter_map(|&index| probes.get(index)).collect();
        let results = identify_model(snapshot, model, &group, search, by)?;
        for (index, result) in indices.into_iter().zip(results) {
            found[index] = result;
        }
    }
    Ok(found)
}

fn identify_model(
    snapshot: &Snapshot,
    model: &ModelId,
    probes: &[&FaceProbe],
    search: &Search<'_>,
    by: By,
) -> Result<Vec<Found>, SearchError> {
    let blocks = snapshot.face_blocks(model);
    let others: Vec<ModelId> = snapshot.models().map(|(model, _)| model.clone()).collect();
    if blocks.is_empty() && !others.is_empty() {
        return Err(SearchError::Model { probe: model.clone(), gallery: others });
    }
    for block in blocks {
        for probe in probes {
            probe.check(block.model(), block.dimension())?;
        }
    }
    let chosen = blocks.iter().map(|block| choose(block, search, by)).collect::<Result<Vec<_>, _>>()?;
    if let By::Signs(shortlist) = by {
        return Ok(by_signs(snapshot, blocks, &chosen, probes, search, shortlist));
    }
    let (mut all, mut plain) = (Vec::new(), Vec::new());
    for (block, chosen) in blocks.iter().zip(&chosen) {
        match chosen {
            Chosen::Vectors => plain.push(block),
            Chosen::All => all.extend(coded_pieces(block, None)),
            Chosen::Rows(rows) => all.extend(coded_pieces(block, Some(rows))),
        }
    }
    let dimension = blocks.first().map_or(0, FaceBlock::dimension);
    let scan = CodedScan::new(dimension, probes, search, all.first());
    let mut all: Vec<AnyPiece<'_>> = all.into_iter().map(AnyPiece::Coded).collect();
    all.extend(pieces(plain.into_iter(), search, ROWS)?.into_iter().map(AnyPiece::Plain));
    let compare = |piece: &AnyPiece<'_>, scratch: &mut Scratch, found: &mut [Partial]| match piece {
        AnyPiece::Coded(piece) => scan.scan(piece, scratch, found),
        AnyPiece::Plain(piece) => {
            for row in piece.rows.clone().filter(|&row| piece.block.is_live(row)) {
                for (probe, found) in probes.iter().zip(&mut *found) {
                    compare_row(piece.block, row, probe, search, found);
                }
            }
        }
    };
    let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
    Ok(run(&all, probes.len(), search, compare, is_sound))
}

enum AnyPiece<'a> {
    Coded(CodedPiece<'a>),
    Plain(Piece<'a, FaceBlock>),
}

/// How a block is scanned.
pub(super) enum Chosen {
    /// By the vectors of the rows that are searched.
    Vectors,
    /// By the codes of all rows.
    All,
    /// By codes; the rows of each code block that are searched.
    Rows(Vec<u16>),
}

fn choose(block: &FaceBlock, search: &Search<'_>, by: By) -> Result<Chosen, GalleryError> {
    if by == By::Vectors || by == By::Codes && block.codes().is_none() {
        return Ok(Chosen::Vectors);
    }
    let Some(within) = search.within else { return Ok(Chosen::All) };
    let mut masks = vec![0_u16; block.len().div_ceil(LANES)];
    let mut count = 0;
    for &citizen in &within.citizens {
        for row in block.rows_of(citizen)? {
            if let Some(mask) = masks.get_mut(row / LANES) {
                *mask |= 1 << (row % LANES);
            }
            count += 1;
        }
    }
    Ok(if by == By::Codes && count < block.len() / SPARSE { Chosen::Vectors } else { Chosen::Rows(masks) })
}

fn coded_pieces<'a>(
    block: &'a FaceBlock,
    chosen: Option<&'a Vec<u16>>,
) -> impl Iterator<Item = CodedPiece<'a>> {
    let blocks = block.len().div_ceil(LANES);
    (0..blocks).step_by(CODE_PIECE).map(move |first| CodedPiece {
        block,
        first,
        count: CODE_PIECE.min(blocks - first),
        chosen: chosen.map(Vec::as_slice),
    })
}
