//! One finger, or many, against all fingers.

use super::cascade;
use super::error::SearchError;
use super::exhaustive::identify_exhaustively;
use super::query::{FingerQuery, Search};
use super::result::Found;
use crate::gallery::Snapshot;

/// Searches for every query in one pass of the snapshot. Returns one [`Found`] per query, in their order.
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
