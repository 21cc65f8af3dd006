//! FNMR at an FMR that is measured, and intervals by resampling what people are made of.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use rayon::prelude::*;

const REPLICATES: u64 = 200;

/// Comparisons of people. `units` are the fingers and faces that they are made of.
pub(crate) struct Comparisons {
    pub(crate) units: usize,
    pub(crate) mated: Vec<Comparison>,
    pub(crate) non_mated: Vec<Comparison>,
}

/// One comparison: the units in it, each once, and its values by each system, greater for mates.
pub(crate) struct Comparison {
    pub(crate) units: Vec<u32>,
    pub(crate) values: Vec<f64>,
}

/// A share of comparisons, with its interval.
pub(crate) struct Share {
    pub(crate) rate: f64,
    pub(crate) count: usize,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Comparisons {
    pub(crate) fn new(units: usize) -> Self {
        Self { units, mated: Vec::new(), non_mated: Vec::new() }
    }

    /// FNMR of one system at the least threshold whose FMR is at most `fmr`.
    pub(crate) fn fnmr(&self, system: usize, fmr: f64) -> Share {
        let sorted = |of: &[Comparison]| {
            let mut order: Vec<(f64, usize)> =
                of.iter().enumerate().map(|(at, one)| (one.values[system], at)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0));
            order
        };
        let (mated, non_mated) = (sorted(&self.mated), sorted(&self.non_mated));
        self.share(self.mated.len(), |times| {
            let total: f64 = self.non_mated.iter().map(|one| one.weight(times)).sum();
            let mut passed = 0.0;
            let first_above = non_mated.iter().find(|(_, at)| {
                passed += self.non_mated[*at].weight(times);
                passed > fmr * total + 1e-9
            });
            let threshold = first_above.map_or(f64::NEG_INFINITY, |first| first.0);
            let all: f64 = self.mated.iter().map(|one| one.weight(times)).sum();
            let missed = mated.iter().rev().take_while(|(value, _)| *value <= threshold);
            missed.map(|(_, at)| self.mated[*at].weight(times)).sum::<f64>() / all
        })
    }

    /// The share of non-mates with at least this value.
    pub(crate) fn reached(&self, system: usize, value: f64) -> Share {
        self.share(self.non_mated.len(), |times| {
            let reach = self.non_mated.iter().filter(|one| one.values[system] >= value);
            let all: f64 = self.non_mated.iter().map(|one| one.weight(times)).sum();
            reach.map(|one| one.weight(times)).sum::<f64>() / all
        })
    }

    /// A share of so many comparisons, and the middle 95 % of what it is when the units are resampled.
    fn share(&self, of: usize, share: impl Fn(&[f64]) -> f64 + Sync) -> Share {
        // A sum of nothing is minus zero.
        let rate = share(&vec![1.0; self.units]) + 0.0;
        let resampled = (0..REPLICATES).into_par_iter().map(|seed| share(&draw(self.units, seed)) + 0.0);
        let mut rates: Vec<f64> = resampled.filter(|rate| rate.is_finite()).collect();
        rates.sort_by(f64::total_cmp);
        let at = |place: f64| rates[(place * (rates.len() - 1) as f64).round() as usize];
        Share { rate, count: (rate * of as f64).round() as usize, low: at(0.025), high: at(0.975) }
    }
}

impl Comparison {
    /// How often the comparison counts when its units were drawn so many times.
    fn weight(&self, times: &[f64]) -> f64 {
        self.units.iter().map(|unit| times[*unit as usize]).product()
    }
}

/// How often each unit is drawn when as many are drawn as there are.
fn draw(units: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let mut times = vec![0.0; units];
    for _ in 0..units {
        times[random.below(units)] += 1.0;
    }
    times
}

/// A stream of random numbers of its own for each seed.
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.0.next_u64()) * end as u128) >> 64) as usize
    }
}

/// Prints a row for each system: FNMR at each FMR, in percent.
pub(crate) fn print_table(comparisons: &Comparisons, systems: &[&str], rates: &[f64]) {
    let (mated, non_mated) = (comparisons.mated.len(), comparisons.non_mated.len());
    println!("{mated} mated and {non_mated} non-mated comparisons of people\n");
    let heads: Vec<String> = rates.iter().map(|rate| format!(" FNMR at FMR {rate:.0e}, percent |")).collect();
    println!("| system |{}\n|---|{}", heads.concat(), "---|".repeat(rates.len()));
    for (number, system) in systems.iter().enumerate() {
        let cells: Vec<String> = rates
            .iter()
            .map(|rate| {
                let found = comparisons.fnmr(number, *rate);
                let (fnmr, low, high) = (found.rate * 100.0, found.low * 100.0, found.high * 100.0);
                format!(" {fnmr:.3} ({low:.3} to {high:.3}), {} missed |", found.count)
            })
            .collect();
        println!("| {system} |{}", cells.concat());
    }
    println!();
}

/// Prints how often non-mates reach stated rates of a system whose values are `-log10` of rates.
pub(crate) fn print_stated(comparisons: &Comparisons, system: usize, rates: &[f64]) {
    for rate in rates {
        let found = comparisons.reached(system, -rate.log10());
        println!(
            "* stated fused FMR {rate:.0e}: {} of {} non-mates, {:.2e} ({:.2e} to {:.2e})",
            found.count,
            comparisons.non_mated.len(),
            found.rate,
            found.low,
            found.high
        );
    }
    println!();
}
