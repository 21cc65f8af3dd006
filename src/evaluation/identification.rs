//! Error rates of 1:N searches (ISO/IEC 19795-1): FPIR, FNIR and the CMC.

use crate::units::Score;

/// What one search gave, as far as error rates need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchResult {
    /// The searched subject is enrolled.
    Mated {
        /// The subject's best candidate; `None` if the list does not have one.
        mate: Option<Candidate>,
    },
    /// The searched subject is not enrolled.
    NonMated {
        /// The score of the first candidate; `None` if the list is empty.
        top: Option<Score>,
    },
}

/// A place in a candidate list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// From 1.
    pub rank: u32,
    /// Its score.
    pub score: Score,
}

/// The results of many searches.
#[derive(Clone, Debug, Default)]
pub struct Searches {
    /// Of the mates found.
    mates: Vec<Candidate>,
    mated: usize,
    /// Of the non-mated searches with a candidate, descending.
    tops: Vec<Score>,
    non_mated: usize,
}

impl Searches {
    /// Gathers results.
    pub fn new(results: impl IntoIterator<Item = SearchResult>) -> Self {
        let mut searches = Self::default();
        for result in results {
            match result {
                SearchResult::Mated { mate } => {
                    searches.mated += 1;
                    searches.mates.extend(mate);
                }
                SearchResult::NonMated { top } => {
                    searches.non_mated += 1;
                    searches.tops.extend(top);
                }
            }
        }
        searches.tops.sort_by(|a, b| b.cmp(a));
        searches
    }

    /// How many searches were of enrolled subjects.
    pub fn mated(&self) -> usize {
        self.mated
    }

    /// How many searches were of subjects who are not enrolled.
    pub fn non_mated(&self) -> usize {
        self.non_mated
    }

    /// The false positive identification rate: the share of non-mated searches with a candidate of
    /// at least this score. `None` without non-mated searches.
    pub fn fpir(&self, threshold: Score) -> Option<f64> {
        let positives = self.tops.partition_point(|&top| top >= threshold);
        share(positives, self.non_mated)
    }

    /// The false negative identification rate: the share of mated searches whose mate is not among
    /// the first `rank` candidates with at least this score. `None` without mated searches.
    pub fn fnir(&self, rank: u32, threshold: Score) -> Option<f64> {
        let hit = |mate: &&Candidate| mate.rank <= rank && mate.score >= threshold;
        share(self.mated - self.mates.iter().filter(hit).count(), self.mated)
    }

    /// FNIR at the laxest threshold whose FPIR is at most `fpir`: FNIR(N, R, T) where T lies just above
    /// the first score that would exceed it. `None` without mated or without non-mated searches.
    pub fn fnir_at_fpir(&self, rank: u32, fpir: f64) -> Option<f64> {
        if self.non_mated == 0 {
            return None;
        }
        // `as` saturates; the small addition makes a rate of k / n allow k errors, not k - 1.
        let allowed = (fpir * self.non_mated as f64 + 1e-9) as usize;
        let must_exceed = self.tops.get(allowed);
        let hit = |mate: &&Candidate| mate.rank <= rank && must_exceed.is_none_or(|top| mate.score > *top);
        share(self.mated - self.mates.iter().filter(hit).count(), self.mated)
    }

    /// The cumulative match characteristic: the share of mated searches whose mate is among the
    /// first 1, 2, ... `ranks` candidates. Empty without mated searches.
    pub fn cmc(&self, ranks: u32) -> Vec<f64> {
        let found = |rank| self.mates.iter().filter(|mate| mate.rank <= rank).count();
        (1..=ranks).filter_map(|rank| share(found(rank), self.mated)).collect()
    }
}

fn share(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(value: f32) -> Score {
        Score::new(value).unwrap()
    }

    fn searches() -> Searches {
        let mate = |rank, value| SearchResult::Mated { mate: Some(Candidate { rank, score: score(value) }) };
        let top = |value| SearchResult::NonMated { top: Some(score(value)) };
        Searches::new([
            mate(1, 0.9),
            mate(1, 0.4),
            mate(2, 0.6),
            SearchResult::Mated { mate: None },
            top(0.5),
            top(0.3),
            top(0.5),
            top(0.7),
            SearchResult::NonMated { top: None },
        ])
    }

    #[test]
    fn rates_are_those_counted_by_hand() {
        let s = searches();
        assert_eq!((s.mated(), s.non_mated()), (4, 5));
        assert_eq!(s.fpir(score(0.5)), Some(0.6));
        assert_eq!(s.fpir(score(0.51)), Some(0.2));
        assert_eq!(s.fpir(score(0.0)), Some(0.8));
        assert_eq!(s.fnir(1, score(0.5)), Some(0.75));
        assert_eq!(s.fnir(2, score(0.5)), Some(0.5));
        assert_eq!(s.fnir(2, score(0.4)), Some(0.25));
        assert_eq!(s.cmc(3), [0.5, 0.75, 0.75]);
    }

    #[test]
    fn fnir_at_an_fpir_counts_ties_as_positives() {
        let s = searches();
        // No false positive: only 0.9 is above 0.7.
        assert_eq!(s.fnir_at_fpir(1, 0.0), Some(0.75));
        // One in five: above 0.5 are 0.9 and, at rank 2, 0.6.
        assert_eq!(s.fnir_at_fpir(1, 0.2), Some(0.75));
        assert_eq!(s.fnir_at_fpir(2, 0.2), Some(0.5));
        // Two in five cannot be had, since two scores are 0.5: the threshold stays above it.
        assert_eq!(s.fnir_at_fpir(2, 0.4), Some(0.5));
        assert_eq!(s.fnir_at_fpir(2, 0.6), Some(0.25));
        assert_eq!(s.fnir_at_fpir(1, 1.0), Some(0.5));
    }

    #[test]
    fn rates_without_searches_are_not_zero() {
        let none = Searches::default();
        assert_eq!(none.fpir(Score::LOWEST), None);
        assert_eq!(none.fnir(1, Score::LOWEST), None);
        assert_eq!(none.fnir_at_fpir(1, 1.0), None);
        assert!(none.cmc(5).is_empty());
    }
}
