//! Fingers, all compared in full.

use super::error::SearchError;
use super::partial::Partial;
use super::pieces::{Piece, compare_pieces, pieces};
use super::query::{FingerQuery, Search, may_be_same_finger};
use super::result::{Found, Hit};
use crate::fingerprint::Scratch;
use crate::gallery::{FingerBlock, Snapshot};
use crate::units::Score;

/// Fingers of a piece: some milliseconds of work.
const ROWS: usize = 128;

/// Compares every query with every reference that may be of the same finger.
pub(super) fn identify_exhaustively(
    snapshot: &Snapshot,
    queries: &[FingerQuery<'_>],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    let pieces = pieces(snapshot.finger_blocks().iter(), search, ROWS)?;
    let compare = |piece: &Piece<'_, FingerBlock>, scratch: &mut Scratch, found: &mut [Partial]| {
        // Read once per piece, since it may sort. Its value at the start of the piece remains a bound.
        let least: Vec<Score> = found
            .iter_mut()
            .map(|found| search.at_least.max(found.least().unwrap_or(Score::LOWEST)))
            .collect();
        for row in piece.rows.clone().filter(|&row| piece.block.is_live(row)) {
            let position = piece.block.meta(row).position();
            for ((query, least), found) in queries.iter().zip(&least).zip(&mut *found) {
                if may_be_same_finger(query.position, position) {
                    compare_row(piece.block, row, query, *least, search, scratch, found);
                }
            }
        }
    };
    let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
    Ok(compare_pieces(&pieces, queries.len(), search, compare, is_sound))
}

/// Compares a row with a query; a score below `least` need not be reported.
pub(super) fn compare_row(
    block: &FingerBlock,
    row: usize,
    query: &FingerQuery<'_>,
    least: Score,
    search: &Search<'_>,
    scratch: &mut Scratch,
    found: &mut Partial,
) {
    let meta = block.meta(row);
    match (block.finger(row), meta.subject()) {
        (Ok(view), Some(citizen)) => {
            let Some(score) = query.probe.compare_at_least(view, least, scratch) else {
                return found.passed(1);
            };
            let location = block.location(row);
            found.compared(Hit { citizen, reference: meta.reference(), score, location }, search);
        }
        _ => found.damaged(meta),
    }
}
