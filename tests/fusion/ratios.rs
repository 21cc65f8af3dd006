//! Tables of likelihood ratios.

use biomatch::calibration::{Basis, Calibration, CalibrationError, ComparisonSet, Fit};
use biomatch::fusion::{FusionError, FusionTable};
use biomatch::units::{Fmr, Score};
use proptest::prelude::*;

use crate::simulated::{MATED, above, score, table};

/// Of two normal distributions of one variance the logarithm of the ratio is linear in the score.
#[test]
fn the_ratio_of_two_normal_distributions_is_recovered() {
    let table = table(1, 300, 0.0);
    for s in [1.0, 1.5, 2.0, 2.5, 3.0] {
        let truth = (MATED * s - MATED * MATED / 2.0) / std::f64::consts::LN_10;
        let found = table.ratio(score(s)).unwrap();
        assert!((found.log10.log10() - truth).abs() < 0.25, "{s}: {found:?}, in truth {truth:.3}");
        assert!(found.lower.log10() < truth + 0.05, "{s}: {found:?}, in truth {truth:.3}");
        assert!(found.lower.log10() > truth - 0.7, "{s}: {found:?}, in truth {truth:.3}");
        assert_eq!(found.basis, Basis::Measured, "{s}");
    }
    // Beyond what non-mates reach: extrapolated, from few comparisons and a tail that is a bound.
    for s in [4.0, 4.5, 5.0, 6.0] {
        let truth = (MATED * s - MATED * MATED / 2.0) / std::f64::consts::LN_10;
        let found = table.ratio(score(s)).unwrap();
        assert_eq!(found.basis, Basis::Extrapolated, "{s}");
        assert!(
            found.log10.log10() <= truth + 0.5 && found.log10.log10() > truth - 3.0,
            "{s}: {found:?}, {truth}"
        );
    }
}

/// Subjects differ, and comparisons of one are no independent ones: that is what the bootstrap is for. The bound is
/// of 95 %, so that a few of many tables may be below the truth.
#[test]
fn stated_rates_are_at_least_the_true_ones() {
    let mut too_low = 0;
    for seed in 0..40 {
        let table = table(100 + seed, 150, 0.4);
        for (one_in, most_seen) in [(30, true), (100, true), (1_000, false), (10_000, false)] {
            let threshold = table.threshold(Fmr::one_in(one_in)).unwrap();
            let truth = above(f64::from(threshold.get()));
            assert!(truth < 4.0 / f64::from(one_in), "{seed}, {one_in}: {truth:e}");
            assert!(!most_seen || truth > 0.15 / f64::from(one_in), "{seed}, {one_in}: {truth:e}");
            too_low += u32::from(truth > 1.0 / f64::from(one_in));
        }
    }
    println!("{too_low} of 160 stated rates were below the true ones");
    assert!(too_low <= 16, "{too_low} of 160");
}

/// Without the subjects the same comparisons look like independent ones, and the bounds do not hold.
#[test]
fn rates_without_subjects_are_too_low_too_often() {
    let mut too_low = 0;
    for seed in 0..40 {
        let all = crate::simulated::comparisons(100 + seed, 150, 0.4);
        let scores = all.into_iter().filter(|(two, _)| two[0] != two[1]).map(|(_, score)| score);
        let table = Fit::new("m", "test").set(ComparisonSet::non_mated("all", scores)).finish().unwrap();
        for one_in in [30, 100] {
            let threshold = table.threshold(Fmr::one_in(one_in)).unwrap();
            too_low += u32::from(above(f64::from(threshold.get())) > 1.0 / f64::from(one_in));
        }
    }
    println!("{too_low} of 80 stated rates were below the true ones");
    assert!(too_low > 12, "{too_low} of 80");
}

#[test]
fn a_table_without_mates_has_no_ratios_and_fusion_names_it() {
    let scores = (0..20_000).map(|i| score(-((f64::from(i) + 0.5) / 20_000.0).ln()));
    let table = Fit::new("vendor-3", "test").set(ComparisonSet::non_mated("all", scores)).finish().unwrap();
    assert_eq!(table.ratio(score(1.0)), None);
    let error = FusionTable::new(table).unwrap_err();
    assert!(matches!(&error, FusionError::NoRatios { matcher } if matcher == "vendor-3"), "{error}");
    assert!(error.to_string().contains("fit it again on mated comparisons"), "{error}");
}

/// A file of version 1 is read as it was, and what it has not is said.
#[test]
fn files_of_version_1_are_read_as_tables_without_ratios() {
    let first = r#"{"format":"biomatch-calibration","version":1,"matcher":"m","fitted":"f","sets":[{"name":"s","comparisons":20000}],"measured_to":0.5,"points":[[0,0],[1,-1]]}"#;
    let table = Calibration::from_json(first).unwrap();
    assert_eq!(table.ratio(Score::LOWEST), None);
    assert_eq!(table.sets()[0].mated, 0);
    let second = table.to_json().unwrap();
    assert!(second.contains("\"version\": 2"), "{second}");
    assert_eq!(Calibration::from_json(&second).unwrap(), table);
    let ratios = r#""ratios":{"measured_to":0.5,"points":[[0,0,-1],[1,1,0]]}"#;
    let both = first.replace("\"measured_to\"", &format!("{ratios},\"measured_to\""));
    let error = Calibration::from_json(&both).unwrap_err();
    assert!(error.to_string().contains("ratios: version 1 has no such field"), "{error}");
    let both = both.replace("\"version\":1", "\"version\":2");
    assert_eq!(Calibration::from_json(&both).unwrap().ratio(score(0.5)).unwrap().log10.log10(), 0.5);
    for (from, to, why) in [
        ("[1,1,0]", "[1,1]", "ratios.points[1]: an array of three numbers"),
        ("[1,1,0]", "[0,1,0]", "the score of a ratio does not rise at point 1"),
        ("[1,1,0]", "[1,-1,-1]", "a ratio falls with the score at point 1"),
        ("[1,1,0]", "[1,1,2]", "the lower bound of a ratio is above it at point 1"),
        ("[1,1,0]", "[1,1e9,0]", "not finite or beyond 300 at point 1"),
        ("[[0,0,-1],[1,1,0]]", "[]", "the ratios have no points"),
        ("\"sets\"", r#""dependence":{"correlation":1.5,"people":9,"comparisons":9},"sets""#, "from 0 to 1"),
        (
            "\"sets\"",
            r#""dependence":{"correlation":null,"people":9,"comparisons":9},"sets""#,
            "dependence.correlation",
        ),
    ] {
        let error = Calibration::from_json(&both.replace(from, to)).unwrap_err();
        assert!(matches!(error, CalibrationError::Field { .. } | CalibrationError::Table { .. }), "{error}");
        assert!(error.to_string().contains(why), "{to}: {error}");
    }
}

/// Mates and non-mates that have no score in common: below the gap as far against as so many mates show, above it as
/// far for as the rates allow.
#[test]
fn kinds_that_do_not_overlap_have_ratios() {
    let non_mated =
        (0..20_000_u32).map(|i| ([2 * i, 2 * i + 1], score(-((f64::from(i) + 0.5) / 20_000.0).ln())));
    let mated = (0..200_u32).map(|i| ([i, i], score(30.0 + f64::from(i) / 10.0)));
    let set = ComparisonSet::of_subjects("apart", non_mated.chain(mated));
    let table = Fit::new("m", "test").set(set).finish().unwrap();
    assert_eq!(
        table.ratio(score(0.0)).unwrap().log10.log10(),
        (-(200_f64.log10()) * 1024.0).floor() / 1024.0
    );
    let high = table.ratio(score(40.0)).unwrap();
    assert!((high.log10.log10() + table.floor().rate().log10()).abs() < 0.01, "{high:?}, {}", table.floor());
    assert_eq!(high.basis, Basis::Extrapolated);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn rates_and_ratios_are_monotone_and_survive_the_file(
        seed in any::<u64>(), subjects in 145_u32..160, effect in 0.0_f64..0.9,
    ) {
        let table = table(seed, subjects, effect);
        prop_assert_eq!(&Calibration::from_json(&table.to_json().unwrap()).unwrap(), &table);
        let mut before = table.ratio(Score::LOWEST).unwrap();
        let mut rate = Fmr::ONE;
        for step in -600..900 {
            let score = score(f64::from(step) / 100.0);
            let found = table.ratio(score).unwrap();
            prop_assert!(found.log10 >= before.log10 && found.lower >= before.lower, "{:?}", score);
            prop_assert!(found.lower <= found.log10);
            // Non-mates reach a ratio of t at a rate of at most 1 / t.
            prop_assert!(found.log10.log10() <= -table.fmr(score).rate().log10() + 1e-9, "{:?}", score);
            prop_assert!(table.fmr(score) <= rate);
            (before, rate) = (found, table.fmr(score));
        }
    }
}
