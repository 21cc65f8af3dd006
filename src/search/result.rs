//! The result of a search: citizens with their scores, and what was compared to find them.

use std::cmp::{Ordering, Reverse};

use crate::gallery::{Location, ReferenceId};
use crate::subject::SubjectId;
use crate::units::Score;

/// A citizen who was found, by the best of the references that were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub citizen: SubjectId,
    /// The reference that scored best.
    pub reference: ReferenceId,
    /// How similar it is.
    pub score: Score,
    /// Where it is in the snapshot that was searched.
    pub location: Location,
}

/// What a search found for one query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The best citizens: score descending, then reference ascending; one hit per citizen. The bytes of each
    /// were checked against their checksum.
    pub hits: Vec<Hit>,
    /// How many references took part.
    pub compared: u64,
    /// By which stages they were compared. Faces all count as compared in full.
    pub seen: Seen,
    /// References that could not be compared because their bytes are damaged, ascending. If there are any, an
    /// empty result does not mean that the person is not enrolled. A cascade reports only those that it
    /// compares in full.
    pub damaged: Vec<ReferenceId>,
}

impl Found {
    /// Whether every reference that took part was compared in full.
    pub fn is_exhaustive(&self) -> bool {
        self.seen.full == self.compared
    }
}

/// How many references each stage of a search compared. References without codes of the gallery's model get
/// the full score without the stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Compared by the first words of their codes.
    pub coarse: u64,
    /// Compared by both words.
    pub fine: u64,
    /// Relaxed on their codes.
    pub relaxed: u64,
    /// Compared in full.
    pub full: u64,
}

impl Seen {
    /// So many compared in full, and nothing else.
    pub(super) const fn in_full(full: u64) -> Self {
        Self { coarse: 0, fine: 0, relaxed: 0, full }
    }
}

/// A citizen found by the fingers of a person.
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

    /// The sum of the scores of all fingers that score above zero: it ranks citizens only. A calibration
    /// turns single scores into false match rates.
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

    /// Removes hits that are not sound, and returns their references.
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
    /// The best citizens, by [`PersonHit::total`]. The bytes of each hit were checked against their checksum.
    pub people: Vec<PersonHit>,
    /// How many references took part, for each finger.
    pub compared: Vec<u64>,
    /// How many rows each stage compared, over all fingers.
    pub seen: Seen,
    /// References that could not be compared because their bytes are damaged, ascending. Of a cascade,
    /// only those of citizens who were compared in full.
    pub damaged: Vec<ReferenceId>,
}

impl FoundPerson {
    /// The result of each finger, in their order, as a search for it alone among these citizens would return
    /// it. The counts of the stages and the damaged references are in the result of the first finger only.
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
