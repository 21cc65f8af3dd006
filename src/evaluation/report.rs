//! The whole of an evaluation: each database, their mean, and all of them pooled.

use serde::Serialize;

use crate::units::Fmr;

use super::bootstrap::{Replicate, interval};
use super::rates::{Reading, limits, read_off};
use super::{Bootstrap, Comparisons, Counts, Databases, EvaluationError, Interval};

/// What to report.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The false match rates at which FNMR is reported. Zero always is.
    pub fmrs: Vec<Fmr>,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

impl Default for Plan {
    fn default() -> Self {
        Self { fmrs: [100, 1_000, 10_000].map(Fmr::one_in).to_vec(), bootstrap: Bootstrap::default() }
    }
}

/// A rate and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The rate, 0 to 1.
    pub rate: f64,
    /// `None` if no intervals were asked for or there is nothing to resample.
    pub interval: Option<Interval>,
}

/// FNMR at a limit on FMR.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// The FMR that may not be exceeded; 0 for "no false match".
    pub fmr_limit: f64,
    /// The lowest FNMR within the limit.
    pub fnmr: Estimate,
    /// The laxest threshold within the limit: match if the score is at least this. `None` if none
    /// of the scores will do, and for means.
    pub threshold: Option<f64>,
    /// Impostor comparisons that match there; `None` for means.
    pub false_matches: Option<u64>,
    /// Genuine comparisons that do not match there; `None` for means.
    pub false_non_matches: Option<u64>,
}

/// The error rates of one database, of their mean, or of all pooled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// The equal error rate.
    pub eer: Estimate,
    /// The score nearest to where FMR and FNMR are equal; `None` for means.
    pub eer_threshold: Option<f64>,
    /// FNMR at each FMR of the plan, then at zero.
    pub fnmr_at: Vec<OperatingPoint>,
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatabaseReport {
    /// The database.
    pub name: String,
    /// Its comparisons.
    pub counts: Counts,
    /// Its error rates.
    pub rates: Rates,
}

/// The error rates of some databases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Each database.
    pub databases: Vec<DatabaseReport>,
    /// The mean of the databases' rates, each database at thresholds of its own; `None` for one.
    pub mean: Option<Rates>,
    /// All comparisons under one threshold; `None` if that is the one database.
    pub pooled: Option<DatabaseReport>,
    /// How many bootstrap replicates made each interval.
    pub replicates: u32,
}

impl Plan {
    /// How many replicates [`Plan::report`] makes, for a progress bar.
    pub fn steps(&self, databases: &Databases) -> usize {
        databases.lines() * self.bootstrap.replicates as usize
    }

    /// Reports on each database and on all of them pooled. `tick` is called after each replicate.
    /// The bootstrap runs on the current rayon pool and passes over all comparisons once a
    /// replicate.
    ///
    /// # Errors
    /// A database without genuine or without impostor comparisons.
    pub fn report(&self, databases: &Databases, tick: &(dyn Fn() + Sync)) -> Result<Report, EvaluationError> {
        let Databases { each, pooled, .. } = databases;
        let mut reports = Vec::with_capacity(each.len());
        let mut replicates = Vec::with_capacity(each.len());
        for (stream, (name, comparisons)) in (1..).zip(each) {
            let (report, of_it) = self.database(name, comparisons, stream, tick)?;
            reports.push(report);
            replicates.push(of_it);
        }
        let pooled = pooled.as_ref().map(|all| self.database("pooled", all, 0, tick)).transpose()?;
        Ok(Report {
            mean: (each.len() > 1).then(|| self.mean(&reports, &replicates)),
            databases: reports,
            pooled: pooled.map(|(report, _)| report),
            replicates: self.bootstrap.replicates,
        })
    }

    fn database(
        &self,
        name: &str,
        comparisons: &Comparisons,
        stream: u64,
        tick: &(dyn Fn() + Sync),
    ) -> Result<(DatabaseReport, Vec<Replicate>), EvaluationError> {
        let totals = comparisons.totals();
        for (kind, total) in [("genuine", totals.genuine), ("impostor", totals.impostor)] {
            if total == 0 {
                return Err(EvaluationError::NoComparisons { group: name.to_owned(), kind });
            }
        }
        let limits = limits(&self.fmrs);
        let reading = read_off(comparisons.points(), totals, &limits);
        let replicates = self.bootstrap.replicates(comparisons, &limits, stream, tick);
        let rates = rates_of(&reading, comparisons, &limits, &replicates);
        Ok((DatabaseReport { name: name.to_owned(), counts: comparisons.counts(), rates }, replicates))
    }

    fn mean(&self, reports: &[DatabaseReport], replicates: &[Vec<Replicate>]) -> Rates {
        let of_each = |rate: &dyn Fn(&Rates) -> f64| {
            reports.iter().map(|report| rate(&report.rates)).sum::<f64>() / reports.len() as f64
        };
        let means: Vec<Replicate> = (0..self.bootstrap.replicates as usize)
            .map(|at| mean_replicate(replicates.iter().map(|of_database| of_database.get(at)?.as_deref())))
            .collect();
        let fnmr_at = limits(&self.fmrs).into_iter().enumerate().map(|(at, fmr_limit)| {
            let rate = of_each(&|rates| rates.fnmr_at.get(at).map_or(f64::NAN, |point| point.fnmr.rate));
            OperatingPoint {
                fmr_limit,
                fnmr: Estimate { rate, interval: interval(&means, at + 1) },
                threshold: None,
                false_matches: None,
                false_non_matches: None,
            }
        });
        let eer = Estimate { rate: of_each(&|rates| rates.eer.rate), interval: interval(&means, 0) };
        Rates { eer, eer_threshold: None, fnmr_at: fnmr_at.collect() }
    }
}

fn rates_of(reading: &Reading, comparisons: &Comparisons, limits: &[f64], replicates: &[Replicate]) -> Rates {
    let finite = |threshold: f64| threshold.is_finite().then_some(threshold);
    let fnmr_at =
        reading.at.iter().zip(limits).enumerate().map(|(at, (&point, &fmr_limit))| OperatingPoint {
            fmr_limit,
            fnmr: Estimate { rate: comparisons.fnmr(point), interval: interval(replicates, at + 1) },
            threshold: finite(point.threshold),
            false_matches: Some(point.false_matches),
            false_non_matches: Some(point.false_non_matches),
        });
    Rates {
        eer: Estimate { rate: reading.eer, interval: interval(replicates, 0) },
        eer_threshold: finite(reading.eer_point.threshold),
        fnmr_at: fnmr_at.collect(),
    }
}

/// The mean of one replicate of each database; `None` if one of them has none.
fn mean_replicate<'a>(each: impl ExactSizeIterator<Item = Option<&'a [f64]>>) -> Replicate {
    let databases = each.len() as f64;
    let mut sums: Vec<f64> = Vec::new();
    for values in each {
        let values = values?;
        sums.resize(values.len(), 0.0);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / databases);
    }
    Some(sums)
}
