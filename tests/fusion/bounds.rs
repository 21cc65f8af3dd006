//! The rate of a fused sum, against people whose fingers depend on each other as is known.

use biomatch::calibration::{ComparisonSet, Dependence, Fit, PersonComparison};
use biomatch::fusion::{Best, Discount, FusionError, FusionTable, Part, fuse};
use biomatch::units::{Fmr, Score};

use crate::simulated::{MATED, Normal, comparisons, score, table};

fn with(dependence: Dependence) -> FusionTable {
    let set = ComparisonSet::of_subjects("simulated", comparisons(1, 200, 0.0));
    FusionTable::new(Fit::new("simulated", "test").set(set).dependence(dependence).finish().unwrap()).unwrap()
}

/// Scores of two people's fingers, of which each two have this correlation.
fn correlated(normal: &mut Normal, fingers: usize, correlation: f64, mean: f64) -> Vec<Score> {
    let shared = normal.draw() * correlation.sqrt();
    (0..fingers).map(|_| score(mean + shared + (1.0 - correlation).sqrt() * normal.draw())).collect()
}

fn fused(table: &FusionTable, scores: &[Score]) -> biomatch::fusion::Fused {
    let best: Vec<Best> = scores.iter().map(|&score| Best { score, comparisons: 1 }).collect();
    fuse(&[Part { table, best: &best }]).unwrap()
}

fn people(seed: u64, count: u32, fingers: usize, correlation: f64) -> Vec<PersonComparison> {
    let mut normal = Normal::new(seed);
    let pairs = (0..count).flat_map(|a| (0..a).map(move |b| [a, b]));
    pairs
        .map(|people| PersonComparison { people, scores: correlated(&mut normal, fingers, correlation, 0.0) })
        .collect()
}

/// Of non-mates whose fingers have a correlation, how many reach each stated rate, over how many it allows.
fn excess<const N: usize>(
    table: &FusionTable,
    fingers: usize,
    correlation: f64,
    rates: [f64; N],
) -> [f64; N] {
    let mut normal = Normal::new(77);
    let all = 200_000;
    let stated: Vec<f64> = (0..all)
        .map(|_| fused(table, &correlated(&mut normal, fingers, correlation, 0.0)).fmr.rate())
        .collect();
    rates.map(|rate| stated.iter().filter(|stated| **stated <= rate).count() as f64 / (f64::from(all) * rate))
}

#[test]
fn the_stated_rate_of_dependent_fingers_holds_and_that_of_independence_does_not() {
    let independent = with(Dependence::of(0.0, 1_000, 1_000).unwrap());
    for (fingers, correlation) in [(2, 0.3), (4, 0.3), (10, 0.15)] {
        let measured = Dependence::measure(&people(5, 150, fingers, correlation)).unwrap();
        assert!(
            measured.correlation() >= correlation && measured.correlation() < correlation + 0.15,
            "{measured:?}"
        );
        let discounted = with(measured);
        let rates = [1e-2, 1e-3, 3e-4];
        let held = excess(&discounted, fingers, correlation, rates);
        let failed = excess(&independent, fingers, correlation, rates);
        println!("{fingers} fingers, correlation {correlation}: {held:.2?}, as if independent {failed:.2?}");
        assert!(held.iter().all(|excess| *excess <= 1.0), "{fingers} fingers: {held:?}");
        assert!(
            failed[1] > 1.5 && failed[2] > 1.5,
            "{fingers} fingers: the control does not fail: {failed:?}"
        );
    }
}

/// Of independent fingers nothing needs to be discounted; the bounds of the table are all that is lost.
#[test]
fn independent_fingers_are_stated_from_above_and_not_far() {
    let table = with(Dependence::of(0.0, 1_000, 1_000).unwrap());
    for fingers in [2, 4] {
        let excess = excess(&table, fingers, 0.0, [1e-2, 1e-3]);
        assert!(excess.iter().all(|excess| (0.1..=1.0).contains(excess)), "{fingers} fingers: {excess:?}");
    }
}

#[test]
fn independent_people_have_little_dependence() {
    let measured = Dependence::measure(&people(9, 150, 4, 0.0)).unwrap();
    assert!(measured.correlation() < 0.05, "{measured:?}");
    let error = Dependence::measure(&people(9, 19, 4, 0.0)).unwrap_err();
    assert!(error.to_string().contains("171 comparisons of 19 people by 4 fingers"), "{error}");
    assert!(Dependence::measure(&people(9, 150, 1, 0.0)).is_err());
}

/// Whatever the dependence, this one holds: here all fingers are one.
#[test]
fn the_proved_rate_holds_for_one_finger_presented_four_times() {
    let table = with(Dependence::of(0.0, 1_000, 1_000).unwrap());
    let mut normal = Normal::new(3);
    let all = 100_000;
    let (mut proved, mut stated) = (0, 0);
    for _ in 0..all {
        let fused = fused(&table, &[score(normal.draw()); 4]);
        proved += u32::from(fused.proved.rate() <= 1e-3);
        stated += u32::from(fused.fmr.rate() <= 1e-3);
    }
    assert!(f64::from(proved) <= 1e-3 * f64::from(all), "{proved}");
    assert!(f64::from(stated) > 5e-3 * f64::from(all), "{stated}: independence should not hold here");
}

#[test]
fn one_sample_is_stated_as_its_table_states_it() {
    let table = with(Dependence::of(0.3, 100, 5_000).unwrap());
    for s in [-2.0, 0.0, 1.0, 2.5, 4.0, 9.0] {
        let s = score(s);
        for comparisons in [1, 3] {
            let fused = fuse(&[Part { table: &table, best: &[Best { score: s, comparisons }] }]).unwrap();
            let alone = table.calibration().fmr(s).of_any(comparisons);
            assert!((fused.fmr.rate() / alone.rate() - 1.0).abs() < 1e-9, "{s}: {fused:?}, {alone}");
            assert!((fused.proved.rate() / alone.rate() - 1.0).abs() < 1e-9);
            assert_eq!((fused.samples, fused.discount), (1, Discount::None));
            let ratio = table.calibration().ratio(s).unwrap();
            assert!((fused.ratio.log10.log10() - ratio.log10.of_best_of(comparisons).log10()).abs() < 1e-9);
        }
    }
}

/// Several references are more chances; the best of `n` counts as an `n`th.
#[test]
fn the_best_of_several_references_holds_the_rate() {
    let table = with(Dependence::of(0.0, 1_000, 1_000).unwrap());
    let mut normal = Normal::new(11);
    let all = 200_000;
    let reached = (0..all).filter(|_| {
        let best = [0, 1].map(|_| {
            let score = (0..3).map(|_| score(normal.draw())).max().unwrap();
            Best { score, comparisons: 3 }
        });
        fuse(&[Part { table: &table, best: &best }]).unwrap().fmr.rate() <= 1e-3
    });
    let excess = reached.count() as f64 / (f64::from(all) * 1e-3);
    assert!(excess <= 1.0, "{excess}");
}

#[test]
fn more_samples_of_a_mate_say_more_and_missing_ones_nothing() {
    let fingers = with(Dependence::of(0.1, 100, 5_000).unwrap());
    let face = FusionTable::new(table(2, 200, 0.0)).unwrap();
    let mated = score(MATED + 0.5);
    let best = [Best { score: mated, comparisons: 1 }; 10];
    let of = |count: usize, faces: usize| {
        let parts = [
            Part { table: &fingers, best: best.get(..count).unwrap() },
            Part { table: &face, best: best.get(..faces).unwrap() },
        ];
        fuse(&parts)
    };
    let mut before = of(1, 0).unwrap();
    for count in 2..=10 {
        let more = of(count, 0).unwrap();
        assert!(more.fmr < before.fmr && more.ratio.log10 > before.ratio.log10, "{count}: {more:?}");
        assert_eq!(more.discount, Discount::Measured);
        before = more;
    }
    let both = of(2, 1).unwrap();
    assert!(both.fmr < of(2, 0).unwrap().fmr && both.fmr < of(0, 1).unwrap().fmr);
    assert_eq!((both.samples, both.discount), (3, Discount::Assumed));
    assert_eq!(of(0, 1).unwrap(), fuse(&[Part { table: &face, best: best.get(..1).unwrap() }]).unwrap());
    assert!(matches!(of(0, 0), Err(FusionError::Nothing)));
    let eleven = [Best { score: mated, comparisons: 1 }; 11];
    let error = fuse(&[Part { table: &fingers, best: &eleven }]).unwrap_err();
    assert!(matches!(error, FusionError::TooMany { found: 11, most: 10 }), "{error}");
}

/// Non-mates reach a fused ratio of `t` at a rate of at most `1 / t`, and the rate falls as the ratio rises.
#[test]
fn the_rate_bounds_the_ratio() {
    let table: FusionTable = with(Dependence::of(0.2, 100, 5_000).unwrap());
    let mut normal = Normal::new(21);
    let mut before: Vec<(f64, Fmr)> = Vec::new();
    for _ in 0..2_000 {
        let scores = correlated(&mut normal, 3, 0.2, MATED / 2.0);
        let fused = fused(&table, &scores);
        assert!(fused.ratio.log10.log10() <= -fused.fmr.rate().log10() + 1e-9, "{fused:?}");
        assert!(fused.ratio.lower <= fused.ratio.log10);
        before.push((fused.ratio.log10.log10(), fused.fmr));
    }
    before.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(before.windows(2).all(|two| two[0].0 == two[1].0 || two[0].1 >= two[1].1));
}
