//! One face, or many, against all faces of their models: exact.

use super::coded::{CodedPiece, CodedScan, Scratch};
use super::error::SearchError;
use super::face_rows::{SubGalleryRows, compare_row, identify_by_model};
use super::partial::Partial;
use super::pieces::{Piece, compare_pieces, pieces};
use super::query::Search;
use super::result::{Found, Hit};
use crate::face::{CODE_PIECE, FaceProbe};
use crate::gallery::{FaceBlock, GalleryError, Snapshot};
use crate::kernels::codes::LANES;

/// Faces of a piece that is scanned by its vectors: a megabyte at 512 dimensions, which the L2 cache holds
/// for all probes.
const ROWS: usize = 512;

/// A sub-gallery with fewer than one row in so many is read row by row: a block of codes has the bytes of
/// four vectors, and may hold one row of the sub-gallery.
const SPARSE: usize = 8;

/// Searches for every probe among the faces of its own model, in one pass per model. Returns one [`Found`]
/// per probe, in their order. The score is the cosine.
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
    identify(snapshot, probes, search, Reads::Codes)
}

/// As [`identify_faces`], by reading every vector: the definition of its result, and several times slower.
/// For tests and benches.
///
/// # Errors
/// As [`identify_faces`].
pub fn identify_faces_by_vectors(
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    identify(snapshot, probes, search, Reads::Vectors)
}

/// What a scan reads of a row.
#[derive(Clone, Copy, PartialEq)]
enum Reads {
    /// Its code, and the vector if the code cannot rule the row out.
    Codes,
    /// Its vector.
    Vectors,
}

fn identify(
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    search: &Search<'_>,
    reads: Reads,
) -> Result<Vec<Found>, SearchError> {
    let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
    identify_by_model(snapshot, probes, |blocks, probes| {
        let scans = blocks.iter().map(|block| choose_scan(block, search, reads));
        let scans = scans.collect::<Result<Vec<_>, _>>()?;
        let (mut coded, mut by_vectors) = (Vec::new(), Vec::new());
        for (block, scan) in blocks.iter().zip(&scans) {
            match scan {
                Scan::Vectors => by_vectors.push(block),
                Scan::Codes(rows) => coded.extend(coded_pieces(block, rows.as_deref())),
            }
        }
        let dimension = blocks.first().map_or(0, FaceBlock::dimension);
        let scan = CodedScan::new(dimension, probes, search, coded.first());
        let mut all: Vec<AnyPiece<'_>> = coded.into_iter().map(AnyPiece::Coded).collect();
        all.extend(pieces(by_vectors.into_iter(), search, ROWS)?.into_iter().map(AnyPiece::Plain));
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
        Ok(compare_pieces(&all, probes.len(), search, compare, is_sound))
    })
}

enum AnyPiece<'a> {
    Coded(CodedPiece<'a>),
    Plain(Piece<'a, FaceBlock>),
}

/// How a block is scanned.
enum Scan {
    /// By the vectors of the rows that are searched.
    Vectors,
    /// By codes: the rows of each code block that are searched, or all rows.
    Codes(Option<Vec<u16>>),
}

fn choose_scan(block: &FaceBlock, search: &Search<'_>, reads: Reads) -> Result<Scan, GalleryError> {
    if reads == Reads::Vectors || block.codes().is_none() {
        return Ok(Scan::Vectors);
    }
    Ok(match SubGalleryRows::find(block, search)? {
        None => Scan::Codes(None),
        Some(rows) if rows.count < block.len() / SPARSE => Scan::Vectors,
        Some(rows) => Scan::Codes(Some(rows.masks)),
    })
}

fn coded_pieces<'a>(block: &'a FaceBlock, chosen: Option<&'a [u16]>) -> impl Iterator<Item = CodedPiece<'a>> {
    let blocks = block.len().div_ceil(LANES);
    (0..blocks).step_by(CODE_PIECE).map(move |first| CodedPiece {
        block,
        first,
        count: CODE_PIECE.min(blocks - first),
        chosen,
    })
}
