//! A person's fingers, together, against all citizens.

use super::cascade::person;
use super::error::SearchError;
use super::query::{FingerQuery, Search};
use super::result::FoundPerson;
use crate::gallery::Snapshot;

/// Searches for a person by some fingers, of known or unknown position, together.
///
/// The first words of the two fingers with most minutiae are compared with those of all citizens. The
/// evidence of a score is its rarity in this gallery. For each citizen the best evidence of each finger is
/// summed, and citizens who fall behind are ruled out of all later stages. Each stage compares about as many
/// rows in total as it would for one finger ([`Effort`](super::Effort)). With
/// [`Effort::Exhaustive`](super::Effort), and in small galleries, all are compared in full.
///
/// Results do not depend on threads, segments or the kernels' level.
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
