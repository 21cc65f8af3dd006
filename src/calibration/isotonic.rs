//! Isotonic regression by pooling adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman, 1955).

/// Neighbouring bins that share one fitted value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pool {
    /// How many bins.
    pub(super) bins: usize,
    /// Sums of the bins' weights.
    pub(super) mated: f64,
    pub(super) non_mated: f64,
}

impl Pool {
    /// Whether the mated share is less than that of another pool, exactly as the products order.
    fn is_below(&self, other: &Self) -> bool {
        self.mated * other.non_mated < other.mated * self.non_mated
    }
}

/// Pools bins of (mated, non-mated) weight, in the order of their scores, until the mated share rises strictly.
/// The shares are those that maximise the likelihood among all that never fall. Empty bins join the pool before
/// them. Cost: linear.
pub(super) fn pool(bins: impl IntoIterator<Item = (f64, f64)>) -> Vec<Pool> {
    let mut pools: Vec<Pool> = Vec::new();
    for (mated, non_mated) in bins {
        let mut last = Pool { bins: 1, mated, non_mated };
        while let Some(before) = pools.pop_if(|before| !before.is_below(&last)) {
            last = Pool {
                bins: before.bins + last.bins,
                mated: before.mated + last.mated,
                non_mated: before.non_mated + last.non_mated,
            };
        }
        pools.push(last);
    }
    pools
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The value of each bin by the max-min formula: the greatest, over all beginnings, of the least mean over all
    /// ends (Robertson, Wright and Dykstra, 1988, theorem 1.4.4).
    fn max_min(bins: &[(u32, u32)]) -> Vec<f64> {
        let mean = |from: usize, to: usize| {
            let (m, n) = bins[from..=to].iter().fold((0_u32, 0_u32), |(m, n), bin| (m + bin.0, n + bin.1));
            f64::from(m) / f64::from(m + n)
        };
        let value = |i: usize| {
            let least = |from: usize| (i..bins.len()).map(|to| mean(from, to)).fold(f64::INFINITY, f64::min);
            (0..=i).map(least).fold(f64::NEG_INFINITY, f64::max)
        };
        (0..bins.len()).map(value).collect()
    }

    proptest! {
        #[test]
        fn pools_are_those_of_the_max_min_formula(
            bins in proptest::collection::vec((0_u32..6, 0_u32..6).prop_filter("not empty", |b| b.0 + b.1 > 0), 1..40),
        ) {
            let pools = pool(bins.iter().map(|&(m, n)| (f64::from(m), f64::from(n))));
            let fitted: Vec<f64> = pools
                .iter()
                .flat_map(|p| std::iter::repeat_n(p.mated / (p.mated + p.non_mated), p.bins))
                .collect();
            prop_assert_eq!(fitted.len(), bins.len());
            for (found, naive) in fitted.iter().zip(max_min(&bins)) {
                prop_assert!((found - naive).abs() < 1e-12, "{found} against {naive}");
            }
            prop_assert!(pools.windows(2).all(|two| two[0].is_below(&two[1])));
        }
    }

    #[test]
    fn empty_bins_join_a_pool() {
        let pools = pool([(0.0, 3.0), (0.0, 0.0), (2.0, 1.0), (0.0, 0.0)]);
        assert_eq!(pools.iter().map(|pool| pool.bins).sum::<usize>(), 4);
        assert_eq!(pools.len(), 2);
    }
}
