//! Scores of all pairs of the real fingers, and tables fitted on a part of them.

use std::fs;
use std::path::Path;

use biomatch::calibration::{Calibration, ComparisonSet, FINGER_MATCHER, Fit};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::fusion::FusionTable;
use biomatch::template::{FingerprintRecord, Reading};
use biomatch::units::Score;
use rayon::prelude::*;

pub(crate) const DATABASES: [&str; 6] =
    ["fvc2002_DB1_B", "fvc2002_DB2_B", "fvc2002_DB3_B", "fvc2002_DB4_B", "fvc2004_DB1_B", "fvc2004_DB3_B"];
pub(crate) const FINGERS: usize = 10;
pub(crate) const IMPRESSIONS: usize = 8;
/// One finger that is in two of the databases.
const ALIAS: [usize; 2] = [5 * FINGERS + 1, 2 * FINGERS + 7];

/// All impressions of one extractor, by database, finger and impression.
pub(crate) struct Scores {
    pub(crate) name: &'static str,
    pub(crate) features: Vec<FingerFeatures>,
    scores: Vec<Score>,
}

/// The number of an impression's finger over all databases.
pub(crate) fn finger(impression: usize) -> usize {
    let finger = impression / IMPRESSIONS;
    if finger == ALIAS[0] { ALIAS[1] } else { finger }
}

pub(crate) fn database(impression: usize) -> usize {
    impression / (FINGERS * IMPRESSIONS)
}

impl Scores {
    pub(crate) fn read(folder: &Path, name: &'static str) -> Self {
        let names = DATABASES.iter().flat_map(|database| {
            let of_finger =
                move |finger| (1..=IMPRESSIONS).map(move |n| format!("{database}/{finger}_{n}.iso"));
            (101..101 + FINGERS).flat_map(of_finger)
        });
        let read = |name: String| {
            let record =
                FingerprintRecord::read(&fs::read(folder.join(name)).unwrap(), Reading::Lenient).unwrap();
            FingerFeatures::new(&record.views[0].minutiae)
        };
        let features: Vec<FingerFeatures> = names.map(read).collect();
        let rows = features.par_iter().map_init(Scratch::default, |scratch, a| {
            let probe = FingerProbe::new(a.view());
            features.iter().map(|b| probe.compare(b.view(), scratch)).collect::<Vec<_>>()
        });
        let scores = rows.flatten_iter().collect();
        Self { name, features, scores }
    }

    pub(crate) fn score(&self, a: usize, b: usize) -> Score {
        self.scores[a * self.features.len() + b]
    }

    /// Pairs of impressions, the earlier one first.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let count = self.features.len();
        (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
    }

    /// The sets that `biomatch calibrate fingers` makes of these databases.
    fn sets(&self, fit: Fit, databases: &[usize]) -> Fit {
        let is_in = |impression| databases.contains(&database(impression));
        let pairs: Vec<(usize, usize)> = self.pairs().filter(|(a, b)| is_in(*a) && is_in(*b)).collect();
        let set = |kind: &str, keep: &dyn Fn(usize, usize) -> bool| {
            let kept = pairs.iter().filter(|(a, b)| keep(*a, *b));
            let comparisons = kept.map(|&(a, b)| ([finger(a) as u32, finger(b) as u32], self.score(a, b)));
            ComparisonSet::of_subjects(format!("{}: {kind}", self.name), comparisons)
        };
        let fit = fit.set(set("all", &|a, b| finger(a) != finger(b)));
        let fit = fit.set(set("same database", &|a, b| database(a) == database(b)));
        databases.iter().fold(fit, |fit, one| {
            let is_within = |a, b| database(a) == *one && database(b) == *one && finger(a) != finger(b);
            fit.set(set(DATABASES[*one], &is_within))
        })
    }
}

/// A table of some extractors' comparisons in some databases.
pub(crate) fn table(of: &[&Scores], databases: &[usize]) -> Calibration {
    let fit = Fit::new(FINGER_MATCHER, "a part of the data");
    of.iter().fold(fit, |fit, scores| scores.sets(fit, databases)).finish().unwrap()
}

/// A table of all extractors on all databases but these, for fusion.
pub(crate) fn table_without(all: &[Scores], left_out: &[usize]) -> FusionTable {
    let databases: Vec<usize> =
        (0..DATABASES.len()).filter(|database| !left_out.contains(database)).collect();
    FusionTable::new(table(&all.iter().collect::<Vec<_>>(), &databases)).unwrap()
}
