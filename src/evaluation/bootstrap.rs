//! Confidence intervals by resampling subjects.
//!
//! Comparisons of one finger are not independent: a bad finger fails in all of them. So fingers are
//! resampled, not comparisons. A replicate draws as many subjects as there are, with replacement. A
//! subject drawn `w` times gives each of its genuine comparisons weight `w`, and two subjects drawn
//! `v` and `w` times give their impostor comparisons weight `v * w` (the vertex bootstrap of Snijders
//! and Borgatti, 1999). The interval holds the middle 95 % of the replicates' values.

use rayon::prelude::*;
use serde::Serialize;

use super::Comparisons;
use super::rates::{Points, Totals, read_off};
use crate::random::Random;

/// The middle 95 % of the replicates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// How many times. Zero makes no intervals.
    pub replicates: u32,
    /// The same seed gives the same intervals, whatever the number of threads.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 1000, seed: 1 }
    }
}

/// What one replicate gives: EER, then FNMR at each limit. `None` if it drew no comparison of one
/// kind.
pub(super) type Replicate = Option<Vec<f64>>;

impl Bootstrap {
    /// All replicates of one database. Each passes over all impostor comparisons once.
    /// `stream` keeps the draws of different databases apart; `tick` is called after each.
    pub(super) fn replicates(
        self,
        comparisons: &Comparisons,
        limits: &[f64],
        stream: u64,
        tick: &(dyn Fn() + Sync),
    ) -> Vec<Replicate> {
        (0..self.replicates)
            .into_par_iter()
            .map(|replicate| {
                let mut random = Random::new(self.seed, (stream << 32) | u64::from(replicate));
                let rates = replicate_rates(comparisons, &random.draw_all(comparisons.subjects), limits);
                tick();
                rates
            })
            .collect()
    }
}

fn replicate_rates(comparisons: &Comparisons, times: &[u32], limits: &[f64]) -> Replicate {
    let times = |subject: u32| times.get(subject as usize).copied().map_or(0, u64::from);
    let Comparisons { genuine, impostor, .. } = comparisons;
    let of_pair = |&[a, b]: &[u32; 2]| times(a) * times(b);
    let totals = Totals {
        genuine: genuine.subjects.iter().map(|&subject| times(subject)).sum(),
        impostor: impostor.subjects.iter().map(of_pair).sum(),
    };
    if totals.genuine == 0 || totals.impostor == 0 {
        return None;
    }
    let weighted_genuine = genuine.scores.iter().zip(&genuine.subjects).map(|(&score, &s)| (score, times(s)));
    let weighted_impostor =
        impostor.scores.iter().zip(&impostor.subjects).map(|(&score, s)| (score, of_pair(s)));
    let reading = read_off(Points::new(weighted_genuine, weighted_impostor, totals), totals, limits);
    let fnmrs = reading.at.iter().map(|&point| totals.fnmr(point));
    Some(std::iter::once(reading.eer).chain(fnmrs).collect())
}

/// The interval of the value at `place` in each replicate; `None` without replicates.
pub(super) fn interval(replicates: &[Replicate], place: usize) -> Option<Interval> {
    let mut values: Vec<f64> =
        replicates.iter().flatten().filter_map(|values| values.get(place).copied()).collect();
    values.sort_by(f64::total_cmp);
    let outside = values.len() / 40;
    let (low, high) = (values.get(outside)?, values.iter().rev().nth(outside)?);
    Some(Interval { low: *low, high: *high })
}
