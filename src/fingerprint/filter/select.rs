//! Scores of the filter, and the best share of them.

/// A score of the filter, less the candidate's mean: greater is more similar. Only scores of one probe and
/// one stage can be compared.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilterScore(u16);

impl FilterScore {
    /// Of a row that is not searched: below all others, and it never survives.
    pub const EXCLUDED: Self = Self(0);

    /// The least score of a row that is searched.
    pub const LOWEST: Self = Self(1);

    /// The greatest.
    pub const HIGHEST: Self = Self(BINS as u16 - 1);

    /// Its value.
    pub const fn value(self) -> u16 {
        self.0
    }

    /// The value of a score that equals the candidate's mean; a score has 64 parts.
    pub const ZERO: u16 = 1 << 12;

    /// From the root of a score and the candidate's mean, both in 64ths.
    #[inline(always)]
    pub(super) fn of(root: i32, mean: u16) -> Self {
        let score = (i32::from(Self::ZERO) + root - i32::from(mean)).clamp(1, BINS as i32 - 1);
        Self(score as u16)
    }
}

/// Different scores.
const BINS: usize = 1 << 14;

/// How many rows have each score: 64 KiB. Those of threads and segments add up.
#[derive(Clone)]
pub struct Histogram {
    bins: Box<[u32]>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { bins: vec![0; BINS].into_boxed_slice() }
    }
}

impl Histogram {
    /// Counts scores in.
    pub fn add(&mut self, scores: &[FilterScore]) {
        for score in scores {
            // Below the number of bins by construction; the mask lets the compiler see it.
            self.bins[usize::from(score.0) % BINS] += 1;
        }
    }

    /// Counts in what another counted.
    pub fn merge(&mut self, other: &Self) {
        for (bin, other) in self.bins.iter_mut().zip(&other.bins) {
            *bin += other;
        }
    }

    /// The evidence of each score, by how many rows score as high.
    pub fn evidence(&self) -> ScoreEvidence {
        let total: u64 = self.bins.iter().skip(1).map(|&count| u64::from(count)).sum();
        let mut above = 0;
        let mut bits = vec![0; BINS];
        for (bits, &count) in bits.iter_mut().zip(&self.bins).skip(1).rev() {
            above += u64::from(count);
            *bits = log2(total).saturating_sub(log2(above));
        }
        ScoreEvidence(bits.into())
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.bins.fill(0);
    }

    /// The greatest score that at least `keep` rows have or exceed: from it on, rows survive. The lowest
    /// score if there are no more rows than that.
    pub fn cut(&self, keep: u64) -> FilterScore {
        let mut above = 0;
        for (score, &count) in self.bins.iter().enumerate().skip(1).rev() {
            above += u64::from(count);
            if above >= keep {
                return FilterScore(score as u16);
            }
        }
        FilterScore::LOWEST
    }
}

/// The evidence of the scores of one probe: minus the logarithm of the share of rows that score as high.
/// Unlike scores, evidence of several probes adds up.
#[derive(Clone)]
pub struct ScoreEvidence(Box<[u16]>);

impl ScoreEvidence {
    /// Parts of a bit.
    pub const ONE: u16 = 256;

    /// Of a score, in parts of a bit; zero of a row that is not searched.
    pub fn of(&self, score: FilterScore) -> u16 {
        self.0.get(usize::from(score.0)).copied().unwrap_or_default()
    }
}

/// The logarithm to base two in 256ths, linear between powers of two so that it is the same on every
/// machine; of zero, that of one.
fn log2(n: u64) -> u16 {
    let whole = n.max(1).ilog2();
    let fraction = (n.max(1) << (63 - whole) >> 55) & 0xff;
    whole as u16 * ScoreEvidence::ONE + fraction as u16
}

/// Appends the rows whose score is `cut` or more; the first score is of row `first`.
///
/// # Panics
/// If a row does not fit in 32 bits.
pub fn survivors(scores: &[FilterScore], cut: FilterScore, first: u32, out: &mut Vec<u32>) {
    let cut = cut.max(FilterScore::LOWEST);
    assert!(u32::try_from(scores.len()).is_ok_and(|n| first.checked_add(n).is_some()), "rows of 32 bits");
    for (scores, first) in scores.chunks(64).zip((first..).step_by(64)) {
        let mut mask = 0_u64;
        for (lane, score) in scores.iter().enumerate() {
            mask |= u64::from(*score >= cut) << lane;
        }
        while mask != 0 {
            out.push(first + mask.trailing_zeros());
            mask &= mask - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scores() -> impl Strategy<Value = Vec<FilterScore>> {
        let score = prop_oneof![Just(0_u16), Just(1), 5_u16..9, 0..BINS as u16, Just(BINS as u16 - 1)];
        prop::collection::vec(score.prop_map(FilterScore), 0..300)
    }

    proptest! {
        #[test]
        fn the_best_survive_with_all_ties_however_they_are_split(
            scores in scores(),
            split in 0_usize..300,
            keep in 0_u64..400,
        ) {
            let split = split.min(scores.len());
            let (mut all, mut half) = (Histogram::default(), Histogram::default());
            all.add(&scores[..split]);
            half.add(&scores[split..]);
            all.merge(&half);
            let cut = all.cut(keep);
            let mut found = Vec::new();
            survivors(&scores[..split], cut, 7, &mut found);
            survivors(&scores[split..], cut, 7 + split as u32, &mut found);

            let mut sorted: Vec<FilterScore> =
                scores.iter().copied().filter(|s| *s > FilterScore::EXCLUDED).collect();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            let place = usize::try_from(keep.max(1)).unwrap() - 1;
            let least = sorted.get(place).copied().unwrap_or(FilterScore::LOWEST);
            let expected: Vec<u32> =
                (7..).zip(&scores).filter(|(_, s)| **s >= least).map(|(row, _)| row).collect();
            if keep > 0 {
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn evidence_is_the_rarity_of_a_score() {
        let mut histogram = Histogram::default();
        let scores: Vec<FilterScore> = (1..=1024).map(FilterScore).collect();
        histogram.add(&scores);
        let evidence = histogram.evidence();
        let bits = |score| f64::from(evidence.of(FilterScore(score))) / 256.0;
        assert_eq!([1, 513, 1023, 1024].map(bits), [0.0, 1.0, 9.0, 10.0]);
        assert!((bits(1025 - 3) - (1024.0_f64 / 3.0).log2()).abs() < 0.09);
        assert_eq!(evidence.of(FilterScore::EXCLUDED), 0);
        assert_eq!(evidence.of(FilterScore(1025)), evidence.of(FilterScore(1024)), "as rare as the best");
    }

    #[test]
    fn scores_beyond_the_scale_stop_at_its_ends() {
        assert_eq!(FilterScore::of(0, u16::MAX), FilterScore::LOWEST);
        assert_eq!(FilterScore::of(i32::from(u16::MAX), 0), FilterScore::HIGHEST);
        assert!(FilterScore::of(1, 0) > FilterScore::of(0, 0));
    }
}
