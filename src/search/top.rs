//! The best `k` of a stream of hits, one per citizen.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::num::NonZeroUsize;

use super::result::Hit;
use crate::units::Score;

/// The total order of results: score descending, then reference ascending. `Less` comes first.
fn before(a: &Hit, b: &Hit) -> Ordering {
    b.score.cmp(&a.score).then(a.reference.cmp(&b.reference))
}

/// Hits that a buffer has room for, at least.
const FEW: usize = 64;

/// Keeps the best `k` citizens, each by the best of its hits.
///
/// Hits are buffered and pruned when the buffer is full: a push costs a comparison with the
/// current k-th and, now and then, a share of a sort. Because the order is total, what is kept does
/// not depend on the order of pushes or on how a stream was split before [`Top::merge`].
#[derive(Debug)]
pub(super) struct Top {
    k: usize,
    hits: Vec<Hit>,
    /// The k-th of the last pruning: what does not come before it cannot be kept.
    floor: Option<Hit>,
    /// Hits that the last pruning left: more have come since if there are more.
    pruned: usize,
}

impl Top {
    pub(super) fn new(k: NonZeroUsize) -> Self {
        Self { k: k.get(), hits: Vec::new(), floor: None, pruned: 0 }
    }

    pub(super) fn push(&mut self, hit: Hit) {
        if self.floor.is_some_and(|floor| before(&hit, &floor).is_ge()) {
            return;
        }
        if self.hits.capacity() == 0 {
            self.hits.reserve(self.k.saturating_mul(2).clamp(8, FEW));
        }
        self.hits.push(hit);
        if self.hits.len() >= self.k.saturating_mul(2).max(FEW) {
            self.prune();
        }
    }

    /// The score of the k-th citizen: less cannot be kept. `None` while there are fewer.
    pub(super) fn least(&mut self) -> Option<Score> {
        if self.hits.len() > self.pruned {
            self.prune();
        }
        self.floor.map(|floor| floor.score)
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        for hit in other.hits {
            self.push(hit);
        }
        self
    }

    pub(super) fn into_sorted(mut self) -> Vec<Hit> {
        self.prune();
        self.hits
    }

    fn prune(&mut self) {
        self.hits.sort_unstable_by(before);
        if self.k <= FEW {
            // Comparing with each of few is cheaper than hashing.
            let mut kept = 0;
            for at in 0..self.hits.len() {
                let hit = self.hits[at];
                if kept < self.k && self.hits[..kept].iter().all(|other| other.citizen != hit.citizen) {
                    self.hits[kept] = hit;
                    kept += 1;
                }
            }
            self.hits.truncate(kept);
        } else {
            let mut seen = HashSet::with_capacity(self.hits.len());
            self.hits.retain(|hit| seen.insert(hit.citizen));
        }
        self.hits.truncate(self.k);
        self.pruned = self.hits.len();
        if self.hits.len() == self.k {
            self.floor = self.hits.last().copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gallery::{Location, ReferenceId};

    fn hit((citizen, reference, score): (u64, u64, i8)) -> Hit {
        Hit {
            citizen: crate::subject::SubjectId::new(&citizen.to_be_bytes()).unwrap(),
            reference: ReferenceId::from_value(reference),
            score: Score::new(f32::from(score)).unwrap(),
            location: Location::NOWHERE,
        }
    }

    /// Sort everything, keep the first of each citizen, cut.
    fn oracle(hits: &[Hit], k: usize) -> Vec<Hit> {
        let mut sorted = hits.to_vec();
        sorted.sort_by(|a, b| b.score.get().total_cmp(&a.score.get()).then(a.reference.cmp(&b.reference)));
        let mut kept: Vec<Hit> = Vec::new();
        for hit in sorted {
            if kept.iter().all(|other| other.citizen != hit.citizen) {
                kept.push(hit);
            }
        }
        kept.truncate(k);
        kept
    }

    proptest! {
        #[test]
        fn keeps_what_sorting_everything_keeps(
            citizens in prop::collection::vec((0_u64..60, -20_i8..20), 0..400),
            k in 1_usize..100,
            cut in 0_usize..400,
        ) {
            // Few citizens and few scores: many ties, many references a citizen.
            let hits: Vec<Hit> =
                citizens.iter().zip(0..).map(|(&(citizen, score), n)| hit((citizen, n, score))).collect();
            let k_nonzero = NonZeroUsize::new(k).unwrap();
            let top = |part: &[Hit]| {
                let mut top = Top::new(k_nonzero);
                part.iter().for_each(|&hit| top.push(hit));
                top
            };
            let (left, right) = hits.split_at(cut.min(hits.len()));
            let expected = oracle(&hits, k);
            prop_assert_eq!(&top(&hits).into_sorted(), &expected);
            prop_assert_eq!(&top(left).merge(top(right)).into_sorted(), &expected);
            prop_assert_eq!(&top(right).merge(top(left)).into_sorted(), &expected);
        }
    }
}
