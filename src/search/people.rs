//! A person's fingers, together, against all people.

use std::cmp::{Ordering, Reverse};

use super::cascade::person;
use super::{FingerQuery, Found, Hit, Search, SearchError, Seen};
use crate::gallery::{ReferenceId, Snapshot};
use crate::subject::SubjectId;
use crate::units::Score;

/// A citizen whom the fingers of a person found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonHit {
    /// Who.
    pub citizen: SubjectId,
    /// The best hit of each finger of the person, in their order; `None` of a finger that no reference
    /// of the citizen may match.
    pub hits: Vec<Option<Hit>>,
}

impl PersonHit {
    /// `None` if there is no hit.
    pub(super) fn new(hits: Vec<Option<Hit>>) -> Option<Self> {
        let citizen = hits.iter().flatten().next()?.citizen;
        Some(Self { citizen, hits })
    }

    /// The sum of the scores of all fingers that score above zero: it ranks citizens, and means nothing
    /// more. A calibration turns single scores into rates.
    pub fn total(&self) -> f64 {
        self.hits.iter().flatten().map(|hit| f64::from(hit.score.get().max(0.0))).sum()
    }

    /// The best score of a finger.
    pub(super) fn best(&self) -> Score {
        self.hits.iter().flatten().map(|hit| hit.score).max().unwrap_or(Score::LOWEST)
    }

    /// The order of results: total descending, then best score descending, then least reference.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let key = |person: &Self| {
            let reference = person.hits.iter().flatten().map(|hit| hit.reference).min();
            (Reverse(person.best()), reference)
        };
        other.total().total_cmp(&self.total()).then_with(|| key(self).cmp(&key(other)))
    }

    /// Takes out hits that are not sound, and gives their references.
    pub(super) fn drop_unsound(&mut self, is_sound: impl Fn(&Hit) -> bool) -> Vec<ReferenceId> {
        let mut dropped = Vec::new();
        for hit in &mut self.hits {
            if let Some(unsound) = hit.take_if(|hit| !is_sound(hit)) {
                dropped.push(unsound.reference);
            }
        }
        dropped
    }
}

/// What a search for a person found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPerson {
    /// The best citizens, by [`PersonHit::total`]. The bytes of each hit were proved against their
    /// checksum.
    pub people: Vec<PersonHit>,
    /// How many references took part, for each finger.
    pub compared: Vec<u64>,
    /// How many rows each stage looked at, over all fingers.
    pub seen: Seen,
    /// References that could not be compared because their bytes are damaged, ascending. Of a cascade,
    /// only those of citizens who were compared in full.
    pub damaged: Vec<ReferenceId>,
}

impl FoundPerson {
    /// What each finger found, in their order, as a search for it alone among these citizens would say it.
    /// What the stages saw is told once, with the first finger; so is what is damaged.
    pub fn into_fingers(self) -> Vec<Found> {
        let Self { people, compared, seen, damaged } = self;
        let of_finger = |(at, compared): (usize, u64)| {
            let mut hits: Vec<Hit> = people.iter().filter_map(|person| *person.hits.get(at)?).collect();
            hits.sort_by(|a, b| b.score.cmp(&a.score).then(a.reference.cmp(&b.reference)));
            Found { hits, compared, seen: Seen::default(), damaged: Vec::new() }
        };
        let mut fingers: Vec<Found> = compared.into_iter().enumerate().map(of_finger).collect();
        if let Some(first) = fingers.first_mut() {
            first.seen = seen;
            first.damaged = damaged;
        }
        fingers
    }

    /// Whether every reference that took part was compared in full.
    pub fn is_exhaustive(&self) -> bool {
        self.seen.full == self.compared.iter().sum::<u64>()
    }
}

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
