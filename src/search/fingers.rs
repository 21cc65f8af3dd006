//! One finger, or many, against all fingers.

use super::plan::{Partial, Piece, pieces, run};
use super::{Found, Hit, Search, SearchError};
use crate::fingerprint::{FingerProbe, Scratch};
use crate::gallery::{FingerBlock, Snapshot};
use crate::template::FingerPosition;

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

impl FingerQuery<'_> {
    fn meets(&self, reference: FingerPosition) -> bool {
        match (self.position.finger(), reference.finger()) {
            (Some(probe), Some(reference)) => probe == reference,
            _ => true,
        }
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
    let pieces = pieces(snapshot.finger_blocks().iter(), search, ROWS)?;
    let compare = |piece: &Piece<'_, FingerBlock>, scratch: &mut Scratch, found: &mut [Partial]| {
        for row in piece.rows.clone().filter(|&row| piece.block.is_live(row)) {
            compare_row(piece.block, row, queries, search, scratch, found);
        }
    };
    let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
    Ok(run(&pieces, queries.len(), search, compare, is_sound))
}

fn compare_row(
    block: &FingerBlock,
    row: usize,
    queries: &[FingerQuery<'_>],
    search: &Search<'_>,
    scratch: &mut Scratch,
    found: &mut [Partial],
) {
    let meta = block.meta(row);
    for (query, found) in queries.iter().zip(found) {
        if !query.meets(meta.position()) {
            continue;
        }
        match (block.finger(row), meta.citizen()) {
            (Ok(view), Some(citizen)) => {
                let score = query.probe.compare(view, scratch);
                let location = block.location(row);
                found.compared(Hit { citizen, reference: meta.reference(), score, location }, search);
            }
            _ => found.damaged(meta),
        }
    }
}
