//! Properties of fitted tables: monotone, inverse of each other, never below what was seen.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Basis, Calibration, CalibrationError, ComparisonSet, Fit};
use crate::units::{Fmr, Score};

/// Scores of an exponential tail of the given mean, at the quantiles: no randomness needed.
fn exponential(n: usize, mean: f64) -> Vec<Score> {
    (0..n).map(|i| Score::new((-mean * ((i as f64 + 0.5) / n as f64).ln()) as f32).unwrap()).collect()
}

fn fitted(n: usize, mean: f64) -> Calibration {
    Fit::new("m", "test").set(ComparisonSet::non_mated("all", exponential(n, mean))).finish().unwrap()
}

#[test]
fn an_exponential_is_recovered_from_above() {
    let table = fitted(100_000, 1.0);
    // P(score >= s) is e^-s. The bound may exceed it by its confidence and one step of the table.
    for (s, most) in [(2.0_f32, 1.2), (5.0, 1.3), (8.0, 2.0), (11.0, 4.0), (14.0, 8.0)] {
        let claim = table.fmr(Score::new(s).unwrap()).rate();
        let truth = f64::from(-s).exp();
        assert!(claim >= truth && claim <= truth * most, "{s}: {claim:e} against {truth:e}");
    }
    // Ten of 100,000 are measured; beyond is the tail, and the table ends four decades further.
    assert!(table.measured_to().rate() > 1e-4 && table.measured_to().rate() < 2.5e-4);
    assert!(table.floor().rate() < 5e-8 && table.floor().rate() > 5e-9);
    assert_eq!(table.basis(Score::new(8.0).unwrap()), Basis::Measured);
    assert_eq!(table.basis(Score::new(9.5).unwrap()), Basis::Extrapolated);
    assert_eq!(table.threshold(Fmr::new(1e-12).unwrap()), None);
    assert_eq!(table.fmr(Score::new(1e30).unwrap()), table.floor());
    assert_eq!(table.comparisons(), 100_000);
}

#[test]
fn one_threshold_serves_every_set() {
    let table = Fit::new("m", "test")
        .set(ComparisonSet::non_mated("easy", exponential(50_000, 0.5)))
        .set(ComparisonSet::non_mated("hard", exponential(50_000, 1.0)))
        .set(ComparisonSet::non_mated("small and harder", exponential(3_000, 1.5)))
        .finish()
        .unwrap();
    let hard = fitted(50_000, 1.0);
    for s in [0.5_f32, 1.0, 3.0, 6.0, 12.0] {
        let s = Score::new(s).unwrap();
        assert!(table.fmr(s) >= hard.fmr(s));
    }
    // The small set is heard where it has ten comparisons left: at 5.0 it has a hundred.
    assert!(table.fmr(Score::new(5.0).unwrap()).rate() >= 100.0 / 3000.0);
}

#[test]
fn a_score_that_many_share_is_a_step_and_not_a_slope() {
    let mut scores = exponential(20_000, 1.0);
    scores.extend(std::iter::repeat_n(Score::LOWEST, 20_000));
    scores.extend(std::iter::repeat_n(Score::new(3.0).unwrap(), 10_000));
    let table = Fit::new("m", "test").set(ComparisonSet::non_mated("all", scores)).finish().unwrap();
    assert_eq!(table.fmr(Score::LOWEST), Fmr::ONE);
    let at = |s: f32| table.fmr(Score::new(s).unwrap()).rate();
    assert!(at(3.0) >= 0.2, "{}", at(3.0));
    assert!(at(3.0_f32.next_up()) < 0.1);
    assert!(at(3.0) < at(2.0));
}

#[test]
fn too_little_is_refused() {
    let fit = Fit::new("m", "test").set(ComparisonSet::non_mated("few", exponential(9_999, 1.0)));
    assert!(matches!(fit.finish(), Err(CalibrationError::TooFew { comparisons: 9_999, .. })));
    assert!(matches!(Fit::new("m", "test").finish(), Err(CalibrationError::TooFew { .. })));
    let same = std::iter::repeat_n(Score::new(1.0).unwrap(), 20_000);
    let fit = Fit::new("m", "test").set(ComparisonSet::non_mated("same", same));
    assert!(matches!(fit.finish(), Err(CalibrationError::NoSpread { .. })));
}

#[test]
fn tables_that_do_not_fall_are_refused() {
    let text = |points: &str| {
        format!(
            r#"{{"format":"biomatch-calibration","version":1,"matcher":"m","fitted":"f","sets":[{{"name":"s","comparisons":1}}],"measured_to":0.5,"points":{points}}}"#
        )
    };
    assert!(Calibration::from_json(&text("[[0,0],[1,-1]]")).is_ok());
    for (points, point) in [
        ("[]", 0),
        ("[[0,-1]]", 0),
        ("[[0,0],[0,-1]]", 1),
        ("[[0,0],[1,-2],[2,-1]]", 2),
        ("[[0,0],[1,-301]]", 1),
    ] {
        match Calibration::from_json(&text(points)) {
            Err(CalibrationError::Table { point: found, .. }) => assert_eq!(found, point, "{points}"),
            other => panic!("{points}: {other:?}"),
        }
    }
    let later = text("[[0,0],[1,-1]]").replace("\"version\":1", "\"version\":3,\"more\":true");
    assert!(matches!(Calibration::from_json(&later), Err(CalibrationError::Format { found_version: 3, .. })));
    assert!(matches!(Calibration::from_json("{"), Err(CalibrationError::Syntax(_))));
}

#[test]
fn a_field_that_is_not_as_it_should_be_is_named() {
    let good = r#"{"format":"biomatch-calibration","version":1,"matcher":"m","fitted":"f","sets":[{"name":"s","comparisons":1}],"measured_to":0.5,"points":[[0,0],[1,-1]]}"#;
    assert!(Calibration::from_json(good).is_ok());
    let nothing = "sets: a set with comparisons is needed";
    for (from, to, why) in [
        (r#"[{"name":"s","comparisons":1}]"#, "[]", nothing),
        (r#""comparisons":1"#, r#""comparisons":0"#, nothing),
        (r#""comparisons":1"#, r#""comparisons":-1"#, "sets[0].comparisons: a whole number from 0 to"),
        (r#""comparisons":1"#, r#""count":1"#, "sets[0]: unknown field `count`"),
        (r#""matcher":"m""#, r#""matcher":null"#, "matcher: a matcher's name, a text, is needed, found null"),
        (r#""fitted":"f","#, "", "not a calibration table: missing field `fitted`"),
        ("0.5", r#""0.5""#, "measured_to: a number is needed, found a text"),
        ("[1,-1]", "[1]", "points[1]: an array of two numbers"),
        (r#""version":1"#, r#""version":-1"#, "version: a whole number from 0"),
        (good, "[]", "an object is needed, found an array"),
    ] {
        let error = Calibration::from_json(&good.replace(from, to)).unwrap_err();
        assert!(matches!(error, CalibrationError::Field { .. }), "{error}");
        assert!(error.to_string().contains(why), "{to}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_claim_is_never_below_what_was_seen(
        seed in any::<u64>(), scale in 0.1_f64..5.0, shift in -20.0_f64..20.0, steps in 1_u32..2000,
    ) {
        let mut state = seed | 1;
        let scores: Vec<Score> = (0..12_000).map(|_| {
            state ^= state << 13; state ^= state >> 7; state ^= state << 17;
            let u = (state >> 11) as f64 / (1_u64 << 53) as f64;
            // Rounded, so that scores tie.
            let s = (-u.max(1e-12).ln() * scale * f64::from(steps)).round() / f64::from(steps) + shift;
            Score::new(s as f32).unwrap()
        }).collect();
        let n = scores.len() as f64;
        let mut sorted = scores.clone();
        sorted.sort_unstable();
        let Ok(table) = Fit::new("m", "test").set(ComparisonSet::non_mated("all", scores)).finish() else {
            return Ok(());
        };
        let mut before = Fmr::ONE;
        for (i, &s) in sorted.iter().enumerate() {
            let first = sorted.partition_point(|&x| x < s);
            prop_assert!(table.fmr(s).rate() >= (n - first as f64) / n, "{i}: {s}");
            prop_assert!(table.fmr(s) <= before);
            before = table.fmr(s);
        }
    }

    #[test]
    fn threshold_and_rate_undo_each_other(exponent in -8.5_f64..0.0, score in -1.0_f32..25.0) {
        static TABLE: LazyLock<Calibration> = LazyLock::new(|| fitted(20_000, 1.0));
        let table = &*TABLE;
        let asked = Fmr::new(10.0_f64.powf(exponent)).unwrap();
        if let Some(threshold) = table.threshold(asked) {
            prop_assert!(table.fmr(threshold) <= asked);
            if threshold > Score::LOWEST {
                let below = Score::new(threshold.get().next_down()).unwrap();
                prop_assert!(table.fmr(below) > asked);
            }
            let score = Score::new(score).unwrap();
            prop_assert_eq!(score >= threshold, table.fmr(score) <= asked);
        } else {
            prop_assert!(asked < table.floor());
        }
    }
}
