//! Which comparisons an evaluation makes: the lists of genuine and impostor pairs.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::random::Random;

/// Which comparisons between different subjects to make. Comparisons of one subject with itself
/// (genuine) are always all made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impostors {
    /// Every pair.
    All,
    /// Only between the first samples of two subjects: the FVC protocol's choice.
    First,
    /// A sample of this many pairs, all if there are no more, each set of pairs equally likely.
    Sample {
        /// How many pairs.
        count: u64,
        /// The same seed gives the same sample.
        seed: u64,
    },
}

/// One comparison to make, by the places of its samples in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The earlier sample.
    pub a: usize,
    /// The later sample.
    pub b: usize,
}

/// Lists pairs of samples, each once, ordered by the first sample and then the second. `group`
/// says which samples may meet (a database, a sensor) and `subject` whose they are; subjects of
/// different groups are different. Takes time by the square of the samples.
pub fn pairs<G, S>(samples: &[(G, S)], impostors: Impostors) -> impl Iterator<Item = Pair>
where
    G: Eq + Hash,
    S: Eq + Hash,
{
    let firsts = first_samples(samples);
    let mut sampler = Sampler::new(samples, impostors);
    (0..samples.len()).flat_map(|a| (a + 1..samples.len()).map(move |b| Pair { a, b })).filter(
        move |&Pair { a, b }| {
            let (Some(of_a), Some(of_b)) = (samples.get(a), samples.get(b)) else { return false };
            of_a.0 == of_b.0
                && (of_a.1 == of_b.1
                    || match impostors {
                        Impostors::All => true,
                        Impostors::First => firsts.contains(&a) && firsts.contains(&b),
                        Impostors::Sample { .. } => sampler.takes_next(),
                    })
        },
    )
}

/// The number of pairs that [`pairs`] lists. Takes time linear in the number of samples.
pub fn count_pairs<G, S>(samples: &[(G, S)], impostors: Impostors) -> u64
where
    G: Eq + Hash,
    S: Eq + Hash,
{
    let mated = pairs_among(&sizes(samples.iter()));
    let others = pairs_among(&sizes(samples.iter().map(|(group, _)| group))) - mated;
    let impostors = match impostors {
        Impostors::All => others,
        Impostors::Sample { count, .. } => count.min(others),
        Impostors::First => {
            let firsts = first_samples(samples);
            let groups = firsts.iter().filter_map(|&first| samples.get(first)).map(|(group, _)| group);
            pairs_among(&sizes(groups))
        }
    };
    mated + impostors
}

/// The number of pairs with equal labels, given how often each label occurs.
fn pairs_among(sizes: &[u64]) -> u64 {
    sizes.iter().map(|n| n * (n - 1) / 2).sum()
}

fn first_samples<T: Eq + Hash>(samples: &[T]) -> HashSet<usize> {
    let mut seen = HashSet::new();
    samples.iter().enumerate().filter(|(_, sample)| seen.insert(*sample)).map(|(at, _)| at).collect()
}

/// Selection sampling (Knuth, The Art of Computer Programming 3.4.2, algorithm S): passes over
/// all candidates once and takes exactly as many as asked, in order.
struct Sampler {
    wanted: u64,
    left: u64,
    random: Random,
}

impl Sampler {
    fn new<G: Eq + Hash, S: Eq + Hash>(samples: &[(G, S)], impostors: Impostors) -> Self {
        let Impostors::Sample { count, seed } = impostors else {
            return Self { wanted: 0, left: 0, random: Random::new(0, 0) };
        };
        let all = pairs_among(&sizes(samples.iter().map(|(group, _)| group)));
        let left = all - pairs_among(&sizes(samples.iter()));
        Self { wanted: count, left, random: Random::new(seed, 0) }
    }

    fn takes_next(&mut self) -> bool {
        let takes = self.random.below(self.left) < self.wanted;
        self.left = self.left.saturating_sub(1);
        self.wanted -= u64::from(takes);
        takes
    }
}

/// How often each label occurs.
fn sizes<T: Eq + Hash>(labels: impl Iterator<Item = T>) -> Vec<u64> {
    let mut counts: HashMap<T, u64> = HashMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    counts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two databases of three fingers with two impressions each.
    fn samples() -> Vec<(u8, u8)> {
        (0..2).flat_map(|group| (0..3).flat_map(move |subject| [(group, subject); 2])).collect()
    }

    fn impostors(samples: &[(u8, u8)], list: &[Pair]) -> usize {
        list.iter().filter(|p| samples[p.a].1 != samples[p.b].1).count()
    }

    #[test]
    fn counts_are_those_of_the_protocols() {
        let samples = samples();
        let all: Vec<_> = pairs(&samples, Impostors::All).collect();
        assert_eq!((all.len(), impostors(&samples, &all)), (30, 24));
        assert!(all.iter().all(|p| p.a < p.b && samples[p.a].0 == samples[p.b].0));
        let first: Vec<_> = pairs(&samples, Impostors::First).collect();
        assert_eq!((first.len(), impostors(&samples, &first)), (12, 6));
    }

    #[test]
    fn a_sample_has_its_size_its_order_and_follows_its_seed() {
        let samples = samples();
        let take = |count, seed| pairs(&samples, Impostors::Sample { count, seed }).collect::<Vec<_>>();
        let seven = take(7, 1);
        assert_eq!(impostors(&samples, &seven), 7);
        assert!(seven.is_sorted_by_key(|p| (p.a, p.b)));
        assert_eq!(seven, take(7, 1));
        assert_ne!(seven, take(7, 2));
        assert_eq!(take(1000, 1), pairs(&samples, Impostors::All).collect::<Vec<_>>());
        assert_eq!(impostors(&samples, &take(0, 1)), 0);
    }

    #[test]
    fn every_impostor_pair_is_as_likely() {
        let samples = samples();
        let mut times = HashMap::new();
        for seed in 0..2400 {
            for pair in pairs(&samples, Impostors::Sample { count: 6, seed }) {
                *times.entry((pair.a, pair.b)).or_insert(0) += 1;
            }
        }
        times.retain(|&(a, b), _| samples[a].1 != samples[b].1);
        // Expected 600 of 2,400 each; five standard deviations are 106.
        assert_eq!(times.len(), 24);
        assert!(times.values().all(|n| (494..=706).contains(n)), "{times:?}");
    }

    #[test]
    fn the_count_is_that_of_the_list() {
        // Groups and subjects of several sizes, one sample alone, and the same subject in two groups.
        let uneven = [(0, 0), (0, 1), (0, 0), (0, 2), (1, 0), (1, 0), (1, 3), (0, 2), (0, 0), (2, 9)];
        for samples in [&samples()[..], &uneven, &uneven[..1], &[]] {
            let sample = |count| Impostors::Sample { count, seed: 5 };
            for which in [Impostors::All, Impostors::First, sample(0), sample(3), sample(1000)] {
                let listed = pairs(samples, which).count() as u64;
                assert_eq!(count_pairs(samples, which), listed, "{which:?} of {samples:?}");
            }
        }
        let many = vec![(0_u8, 0_u8); 3_000_000];
        assert_eq!(count_pairs(&many, Impostors::All), 4_499_998_500_000);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(pairs(&[] as &[(u8, u8)], Impostors::All).count(), 0);
    }
}
