//! One finger, or many, against all fingers.

use super::plan::{Partial, Piece, pieces, run};
use super::{Found, Hit, Search, SearchError, cascade};
use crate::fingerprint::{FingerProbe, Scratch};
use crate::gallery::{FingerBlock, Snapshot};
use crate::template::FingerPosition;
use crate::units::Score;

/// Fingers of a piece: some milliseconds of work.
const ROWS: usize = 128;

/// A finger to search for.
#[derive(Clone, Copy, Debug)]
pub struct FingerQuery<'a> {
    /// The finger.
    pub probe: &'a FingerProbe,
    /// Which finger it is: a known one is compared with references of the same finger and with
    /// those whose position is not known; any other with all.
    pub position: FingerPosition,
}

/// Whether a probe of one position may match a reference of another.
pub(super) fn meets(probe: FingerPosition, reference: FingerPosition) -> bool {
    match (probe.finger(), reference.finger()) {
        (Some(probe), Some(reference)) => probe == reference,
        _ => true,
    }
}

/// Searches for every query in one pass of the snapshot; one [`Found`] a query, in their order.
///
/// # Errors
/// Damage to a segment's catalogue, if the search is within a sub-gallery.
pub fn identify_fingers(
    snapshot: &Snapshot,
    queries: &[FingerQuery<'_>],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    match search.effort.cascade() {
        Some(cascade) => cascade::identify(snapshot, queries, search, cascade),
        None => identify_exhaustively(snapshot, queries, search),
    }
}

fn identify_exhaustively(
    snapshot: &Snapshot,
    queries: &[FingerQuery<'_>],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    let pieces = pieces(snapshot.finger_blocks().iter(), search, ROWS)?;
    let compare = |piece: &Piece<'_, FingerBlock>, scratch: &mut Scratch, found: &mut [Partial]| {
        // Asked once a piece: it may sort. What it was at the start of the piece stays a bound.
        let least: Vec<Score> = found
            .iter_mut()
            .map(|found| search.at_least.max(found.least().unwrap_or(Score::LOWEST)))
            .collect();
        for row in piece.rows.clone().filter(|&row| piece.block.is_live(row)) {
            let position = piece.block.meta(row).position();
            for ((query, least), found) in queries.iter().zip(&least).zip(&mut *found) {
                if meets(query.position, position) {
                    compare_row(piece.block, row, query, *least, search, scratch, found);
                }
            }
        }
    };
    let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
    Ok(run(&pieces, queries.len(), search, compare, is_sound))
}

/// Compares a row with a query; a score below `least` need not be told.
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
