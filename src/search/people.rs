//! A person's fingers, together, against all people.

use super::cascade::person;
use super::error::SearchError;
use super::query::{FingerQuery, Search};
use super::result::FoundPerson;
use crate::gallery::Snapshot;

/// Searches for a person by some fingers, of known or unknown position, together.
///
/// The first words of the two fingers with most minutiae are compared with everybody's. Evidence is how
/// rare such a score is in this gallery; it is summed over fingers, of a citizen's references the best
/// for each finger, and those who fall behind are not looked at again: not by the other fingers, not by
/// both words, not by the relaxation, and not in full. Each stage looks at about as many rows in all as
/// it would for one finger ([`Effort`](super::Effort)). With [`Effort::Exhaustive`](super::Effort) and in
/// small galleries all are compared in full.
///
/// Results do not depend on threads, on how the gallery is cut or on the kernels' level.
///
/// # Errors
/// Damage to a segment's catalogue, if the search is within a sub-gallery.
pub fn identify_person(
    snapshot: &Snapshot,
    fingers: &[FingerQuery<'_>],
    search: &Search<'_>,
) -> Result<FoundPerson, SearchError> {
    person::identify(snapshot, fingers, search, search.effort.cascade())
}
