//! Comparisons whose truth is known.

use std::collections::HashMap;

use crate::random::Random;
use crate::units::Score;

/// Comparisons from one source: one extractor, one sensor, one generator. The non-mated ones give rates, the
/// mated ones likelihood ratios besides.
#[derive(Clone, Debug)]
pub struct ComparisonSet {
    pub(super) name: String,
    /// Scores fall.
    pub(super) non_mated: Vec<(f32, [u32; 2])>,
    /// Scores fall.
    pub(super) mated: Vec<(f32, u32)>,
    /// Subjects have numbers below this; zero if they are not known.
    pub(super) subjects: usize,
}

impl ComparisonSet {
    /// Non-mated comparisons whose subjects are not known: each counts as independent of the others, which makes
    /// bounds too narrow if they share subjects.
    pub fn non_mated(name: impl Into<String>, scores: impl IntoIterator<Item = Score>) -> Self {
        let non_mated = scores.into_iter().map(|score| (score.get(), [0, 0])).collect();
        Self { name: name.into(), non_mated, mated: Vec::new(), subjects: 0 }.sorted()
    }

    /// Comparisons by the numbers of the two subjects, mated if these are equal. For fingers, a subject is a
    /// finger.
    pub fn of_subjects(
        name: impl Into<String>,
        comparisons: impl IntoIterator<Item = ([u32; 2], Score)>,
    ) -> Self {
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let mut number = |subject: u32| {
            // There are at most as many numbers as values of u32.
            let next = numbers.len() as u32;
            *numbers.entry(subject).or_insert(next)
        };
        let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
        for (subjects, score) in comparisons {
            match subjects.map(&mut number) {
                [a, b] if a == b => mated.push((score.get(), a)),
                both => non_mated.push((score.get(), both)),
            }
        }
        Self { name: name.into(), non_mated, mated, subjects: numbers.len() }.sorted()
    }

    fn sorted(mut self) -> Self {
        self.non_mated.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.mated.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self
    }

    /// How many non-mated comparisons score at least this.
    pub(super) fn at_least(&self, score: f32) -> usize {
        self.non_mated.partition_point(|one| one.0 >= score)
    }

    /// Draws subjects with replacement, as many as there are; comparisons where they are not known.
    pub(super) fn draw(&self, replicate: u32) -> Draw {
        let mut random = Random::new(SEED, u64::from(replicate));
        let times = random.draw_all(self.subjects);
        Draw { times, random }
    }
}

/// How many times data are resampled: the 95th percentile then has ten replicates above it.
pub(super) const REPLICATES: u32 = 200;

/// The same comparisons give the same table.
const SEED: u64 = 1;

/// How often each subject was drawn. A comparison of two subjects counts as often as the product says (the vertex
/// bootstrap of Snijders and Borgatti, 1999): comparisons of one subject rise and fall together.
pub(super) struct Draw {
    times: Vec<u32>,
    random: Random,
}

impl Draw {
    pub(super) fn of_mated(&self, subject: u32) -> f64 {
        self.times.get(subject as usize).map_or(0.0, |&times| f64::from(times))
    }

    pub(super) fn of_non_mated(&mut self, [a, b]: [u32; 2]) -> f64 {
        if self.times.is_empty() { self.random.poisson() } else { self.of_mated(a) * self.of_mated(b) }
    }
}

/// The value that a share of the others does not exceed.
pub(super) fn percentile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    // Between the first and the last, since the share is below one.
    values.get((share * last as f64).round() as usize).copied()
}
