//! Error rates against answers counted by hand, a naive oracle, and the independent scorer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use biomatch::evaluation::{
    Bootstrap, Comparison, Comparisons, Databases, EvaluationError, Grouping, Kind, Missing, Plan, Report,
    ScoreFile, Truth,
};
use proptest::prelude::*;

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn no_bootstrap() -> Plan {
    Plan { bootstrap: Bootstrap { replicates: 0, seed: 1 }, ..Plan::default() }
}

fn comparison(subjects: [u32; 2], score: Option<f64>) -> Comparison {
    Comparison { kind: Kind::of(subjects), subjects, score }
}

fn one(genuine: &[f64], impostor: &[f64]) -> Databases {
    let genuine = genuine.iter().map(|&score| comparison([0, 0], Some(score)));
    let impostor = impostor.iter().map(|&score| comparison([0, 1], Some(score)));
    let comparisons = Comparisons::new(genuine.chain(impostor), Missing::Lowest);
    Databases { each: vec![("db".into(), comparisons)], pooled: None, between: 0, with_itself: 0 }
}

fn report(databases: &Databases) -> Report {
    no_bootstrap().report(databases, &|| ()).unwrap()
}

/// EER, then FNMR at FMR 1e-2, 1e-3, 1e-4 and zero.
fn rates(report: &Report) -> Vec<f64> {
    let rates = &report.databases[0].rates;
    std::iter::once(rates.eer.rate).chain(rates.fnmr_at.iter().map(|point| point.fnmr.rate)).collect()
}

#[test]
fn rates_are_those_counted_by_hand() {
    // Separated: no error at any threshold from 5 to 6.
    assert_eq!(rates(&report(&one(&[6.0, 7.0], &[1.0, 5.0]))), [0.0; 5]);
    // One of four genuine below one of four impostors. At 4: FMR 1/4, FNMR 1/4.
    assert_eq!(
        rates(&report(&one(&[3.0, 6.0, 7.0, 8.0], &[0.0, 1.0, 2.0, 4.0]))),
        [0.25, 0.25, 0.25, 0.25, 0.25]
    );
    // FMR and FNMR never meet. At 2: FMR 1/2, FNMR 0. At 3: FMR 0, FNMR 2/3. The smaller sum is at 2.
    assert_eq!(rates(&report(&one(&[2.0, 2.0, 3.0], &[1.0, 2.0])))[0], 0.25);
    // All the same score: match all or none.
    let all_same = report(&one(&[1.0], &[1.0, 1.0]));
    assert_eq!(rates(&all_same), [0.5, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(all_same.databases[0].rates.fnmr_at[0].threshold, None);
}

#[test]
fn an_fmr_is_reached_at_its_exact_number_of_false_matches() {
    // 1,000 impostors at 0..1000 and genuine at 988.5, 990.5, 999.5.
    let impostor: Vec<f64> = (0..1000).map(f64::from).collect();
    let report = report(&one(&[988.5, 990.5, 999.5], &impostor));
    let at = &report.databases[0].rates.fnmr_at;
    // FMR 1e-2 allows ten: 990..=999 match at 990, and one genuine is below.
    assert_eq!(
        (at[0].false_matches, at[0].false_non_matches, at[0].threshold),
        (Some(10), Some(1), Some(990.0))
    );
    // FMR 1e-3 allows one: 999.
    assert_eq!(
        (at[1].false_matches, at[1].false_non_matches, at[1].threshold),
        (Some(1), Some(2), Some(999.0))
    );
    // FMR 1e-4 and 0 allow none.
    assert_eq!((at[2].false_matches, at[2].threshold), (Some(0), Some(999.5)));
    assert_eq!((at[3].false_matches, at[3].threshold), (Some(0), Some(999.5)));
}

/// The definitions, word for word, at every threshold.
fn naive(genuine: &[f64], impostor: &[f64]) -> Vec<f64> {
    let mut thresholds: Vec<f64> = genuine.iter().chain(impostor).copied().collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.push(f64::INFINITY);
    let share_below =
        |scores: &[f64], t: f64| scores.iter().filter(|&&s| s < t).count() as f64 / scores.len() as f64;
    let points: Vec<(f64, f64)> =
        thresholds.iter().map(|&t| (1.0 - share_below(impostor, t), share_below(genuine, t))).collect();
    let last = *points.iter().rfind(|(fmr, fnmr)| fnmr <= fmr).unwrap();
    let first = *points.iter().find(|(fmr, fnmr)| fnmr >= fmr).unwrap();
    let best = if last.0 + last.1 <= first.0 + first.1 { last } else { first };
    let at = |x: f64| points.iter().filter(|p| p.0 <= x + 1e-12).map(|p| p.1).fold(1.0, f64::min);
    vec![(best.0 + best.1) / 2.0, at(1e-2), at(1e-3), at(1e-4), at(0.0)]
}

proptest! {
    #[test]
    fn rates_equal_the_definition(
        genuine in prop::collection::vec(-20_i32..40, 1..40),
        impostor in prop::collection::vec(-40_i32..20, 1..300),
    ) {
        let [genuine, impostor] = [genuine, impostor].map(|s| s.into_iter().map(|x| f64::from(x) / 8.0).collect::<Vec<_>>());
        prop_assert_eq!(rates(&report(&one(&genuine, &impostor))), naive(&genuine, &impostor));
    }

    #[test]
    fn the_error_tradeoff_falls_and_ends_at_both_ends(
        genuine in prop::collection::vec(-9_i32..20, 1..40),
        impostor in prop::collection::vec(-20_i32..9, 1..40),
    ) {
        let [genuine, impostor] = [genuine, impostor].map(|s| s.into_iter().map(f64::from).collect::<Vec<_>>());
        let databases = one(&genuine, &impostor);
        let comparisons = &databases.each[0].1;
        let det: Vec<(f64, f64)> = comparisons.det().map(|p| (comparisons.fmr(p), comparisons.fnmr(p))).collect();
        prop_assert_eq!(det[0], (0.0, 1.0));
        prop_assert_eq!(det.last().unwrap().1, 0.0);
        prop_assert!(det.windows(2).all(|w| w[0].0 <= w[1].0 && w[0].1 > w[1].1));
        prop_assert!(det.len() <= genuine.len() + 1);
    }
}

#[test]
fn a_missing_score_never_matches_unless_excluded_and_is_counted_either_way() {
    let rows = |missing| {
        let rows = [([0, 0], Some(2.0)), ([1, 1], None), ([0, 1], Some(1.0)), ([0, 1], None), ([0, 1], None)];
        Comparisons::new(rows.map(|(subjects, score)| comparison(subjects, score)), missing)
    };
    for (missing, fnmr) in [(Missing::Lowest, 0.5), (Missing::Exclude, 0.0)] {
        let each = vec![("db".into(), rows(missing))];
        let report = report(&Databases { each, pooled: None, between: 0, with_itself: 0 });
        let counts = report.databases[0].counts;
        assert_eq!((counts.genuine, counts.genuine_without_score), (2, 1));
        assert_eq!((counts.impostor, counts.impostor_without_score), (3, 2));
        assert_eq!(rates(&report)[4], fnmr, "{missing:?}");
    }
}

/// Scores of ten fingers with eight impressions, as an FVC database has them. Some fingers are bad.
fn fvc(salt: u64) -> String {
    let mut state = salt;
    let mut random = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 40
    };
    let mut text = "a,b,score,fmr\n".to_owned();
    let names: Vec<String> = (101..=110).flat_map(|f| (1..=8).map(move |i| format!("{f}_{i}"))).collect();
    for (i, a) in names.iter().enumerate() {
        for b in &names[i + 1..] {
            let mated = a[..3] == b[..3];
            let good = if a.starts_with("104") { 6_000 } else { 18_000 };
            let score = random() % 20_000 + random() % 20_000 + if mated { good } else { 0 };
            text += &format!("{a},{b},{},\n", score as f64 / 1000.0);
        }
    }
    text
}

#[test]
fn intervals_hold_the_rate_follow_the_seed_and_not_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let files =
        [1, 2].map(|n| ScoreFile::read(&file(folder.path(), &format!("DB{n}.csv"), &fvc(n))).unwrap());
    let databases = Databases::new(&files, &Truth::Naming, Grouping::File, Missing::Lowest).unwrap();
    let run = |threads, seed| {
        let plan = Plan { bootstrap: Bootstrap { replicates: 200, seed }, ..Plan::default() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| plan.report(&databases, &|| ()).unwrap())
    };
    let report = run(1, 7);
    assert_eq!(report, run(4, 7));
    assert_ne!(report, run(4, 8));
    let lines = report
        .databases
        .iter()
        .map(|d| &d.rates)
        .chain(&report.mean)
        .chain(report.pooled.iter().map(|p| &p.rates));
    for rates in lines {
        let interval = rates.eer.interval.unwrap();
        assert!(interval.low < rates.eer.rate && rates.eer.rate < interval.high, "{:?}", rates.eer);
    }
    let width = |rates: &biomatch::evaluation::Rates| rates.eer.interval.map(|i| i.high - i.low).unwrap();
    assert!(width(&report.pooled.unwrap().rates) < width(&report.databases[0].rates));
}

#[test]
fn intervals_are_of_subjects_not_of_comparisons() {
    // One finger of four fails always: with comparisons resampled FNMR would be 25 % within 3 %; with
    // fingers resampled, none or three of four bad fingers are drawn often.
    let genuine = (0..4).flat_map(|s| vec![comparison([s, s], Some(if s == 0 { 0.0 } else { 9.0 })); 1000]);
    let impostor = (0..4).flat_map(|a| (0..a).map(move |b| comparison([a, b], Some(5.0))));
    let comparisons = Comparisons::new(genuine.chain(impostor), Missing::Lowest);
    let databases =
        Databases { each: vec![("db".into(), comparisons)], pooled: None, between: 0, with_itself: 0 };
    let report = Plan::default().report(&databases, &|| ()).unwrap();
    let zero = &report.databases[0].rates.fnmr_at[3].fnmr;
    let interval = zero.interval.unwrap();
    assert_eq!(zero.rate, 0.25);
    assert_eq!((interval.low, interval.high), (0.0, 0.75));
}

#[test]
fn truths_of_both_kinds_and_names_agree() {
    let folder = tempfile::tempdir().unwrap();
    let scores = "score,b,a\n9,x/1_2,x/1_1\n1,x/2_1,x/1_1\n2,x/2_1,x/1_2\n";
    let scores = [ScoreFile::read(&file(folder.path(), "s.csv", scores)).unwrap()];
    let by_pair = "a,b,mated\nx/1_1,x/1_2,TRUE\nx/1_1,x/2_1,0\nx/2_1,x/1_2,false\n";
    let by_subject = "file,subject,sex\nx/1_1,one,f\nx/1_2,one,f\nx/2_1,two,m\n";
    for truth in [by_pair, by_subject, &by_subject.replace("file", "id")] {
        let truth = Truth::read(&file(folder.path(), "t.csv", truth)).unwrap();
        for truth in [&truth, &Truth::Naming] {
            let databases = Databases::new(&scores, truth, Grouping::Folder, Missing::Lowest).unwrap();
            assert_eq!(databases.each[0].0, "x");
            let counts = databases.each[0].1.counts();
            assert_eq!((counts.subjects, counts.genuine, counts.impostor), (2, 1, 2));
            assert_eq!(truth.pairs_without_score(&scores), 0);
        }
    }
    let more = Truth::read(&file(folder.path(), "t.csv", &(by_pair.to_owned() + "x/1_1,x/9_9,0\n"))).unwrap();
    assert_eq!(more.pairs_without_score(&scores), 1);
}

#[test]
fn a_pair_is_what_its_row_says_where_columns_number_the_rows_of_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let scores = "a,b,score\n0,1,9\n1,0,1\n1,2,8\n0,2,2\n";
    let scores = [ScoreFile::read(&file(folder.path(), "s.csv", scores)).unwrap()];
    // Row 0 of the first file is mated with row 1 of the second, and so on; the chain 0, 1, 2 means nothing.
    let truth = "a,b,genuine\n0,1,1\n1,0,0\n1,2,1\n0,2,0\n";
    let truth = Truth::read(&file(folder.path(), "t.csv", truth)).unwrap();
    let databases = Databases::new(&scores, &truth, Grouping::File, Missing::Lowest).unwrap();
    let counts = databases.each[0].1.counts();
    assert_eq!((counts.genuine, counts.impostor), (2, 2));
    assert_eq!(report(&databases).databases[0].rates.eer.rate, 0.0);
    assert_eq!(truth.pairs_without_score(&scores), 0);
}

#[test]
fn pairs_between_folders_count_in_pooled_only() {
    let folder = tempfile::tempdir().unwrap();
    let scores = "a,b,score\nx/1_1,x/1_2,9\nx/1_1,x/2_1,1\nx/1_1,y/1_1,3\ny/1_1,y/1_2,8\ny/1_1,y/2_1,2\n";
    let scores = [ScoreFile::read(&file(folder.path(), "s.csv", scores)).unwrap()];
    let databases = Databases::new(&scores, &Truth::Naming, Grouping::Folder, Missing::Lowest).unwrap();
    let names: Vec<&str> = databases.each.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names, databases.between), (vec!["x", "y"], 1));
    let pooled = databases.pooled.unwrap().counts();
    assert_eq!((pooled.subjects, pooled.genuine, pooled.impostor), (4, 2, 3));
}

#[test]
fn what_is_wrong_is_said_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let scores = |text: &str| ScoreFile::read(&file(folder.path(), "s.csv", text));
    let said = |error: EvaluationError| {
        let text = error.to_string();
        text.strip_prefix(&format!("{}/", folder.path().display())).unwrap_or(&text).to_owned()
    };
    let of = |text: &str| said(scores(text).unwrap_err());
    assert_eq!(of(""), "s.csv:1: the header has no columns a, b and score");
    assert_eq!(of("a,b\n"), "s.csv:1: the header has no columns a, b and score");
    assert_eq!(of("a,b,score\nx,y,1\nx,z,NaN\n"), "s.csv:3: score is a finite number or empty, not \"NaN\"");
    assert_eq!(of("a,b,score\nx,y,inf\n"), "s.csv:2: score is a finite number or empty, not \"inf\"");
    assert_eq!(of("a,b,score\nx,y\n"), "s.csv:2: the header has 3 columns and this line 2");
    assert!(matches!(ScoreFile::read(Path::new("/none")), Err(EvaluationError::Read { .. })));

    let truth = |text: &str| Truth::read(&file(folder.path(), "t.csv", text));
    let of = |text: &str| said(truth(text).unwrap_err());
    assert!(of("a,b,same\n").starts_with("t.csv:1: the header has no columns a, b and mated, or id"));
    assert_eq!(of("a,b,mated\nx,y,maybe\n"), "t.csv:2: mated is 1, 0, true or false, not \"maybe\"");
    assert_eq!(of("id,subject\nx,1\nx,2\n"), "t.csv:3: \"x\" contradicts an earlier line");
    assert_eq!(
        of("a,b,mated\nx,y,1\ny,x,1\nx,y,0\n"),
        "t.csv:4: the pair \"x\", \"y\" contradicts an earlier line"
    );

    let scored = [scores("a,b,score\nx,y,1\nx,z,2\n").unwrap()];
    let of =
        |truth: &Truth| said(Databases::new(&scored, truth, Grouping::File, Missing::Lowest).unwrap_err());
    assert_eq!(of(&truth("id,subject\nx,1\ny,1\n").unwrap()), "s.csv:3: the truth does not tell of \"z\"");
    assert_eq!(
        of(&truth("a,b,mated\nx,y,1\ny,z,0\n").unwrap()),
        "s.csv:3: the truth does not tell of the pair \"x\", \"z\""
    );
    assert_eq!(of(&Truth::Naming), "s.csv:2: the truth does not tell of \"x\"");

    let only_genuine = truth("id,subject\nx,1\ny,1\nz,1\n").unwrap();
    let databases = Databases::new(&scored, &only_genuine, Grouping::File, Missing::Lowest).unwrap();
    let error = no_bootstrap().report(&databases, &|| ()).unwrap_err();
    assert_eq!(error.to_string(), "s: no impostor comparison with a score");
}

/// What an independent scorer in Python and numpy (f64; thresholds at every score; EER as FVC defines it) said of
/// `fvc(1)` to `fvc(6)` and of all six together: EER, FNMR at FMR 1e-2, 1e-3 and zero, then the thresholds of
/// the last two.
const INDEPENDENT: [[f64; 6]; 7] = [
    [0.18960813492063494, 0.5285714285714286, 0.5714285714285714, 0.5785714285714286, 39.046, 39.252],
    [0.17852182539682543, 0.5071428571428571, 0.5964285714285714, 0.6142857142857143, 39.344, 40.116],
    [0.17113095238095236, 0.49642857142857144, 0.5857142857142857, 0.625, 38.836, 39.607],
    [0.16778273809523808, 0.4607142857142857, 0.5892857142857143, 0.6, 39.68, 39.782],
    [0.1927827380952381, 0.5, 0.5714285714285714, 0.6178571428571429, 39.102, 39.879],
    [0.186780753968254, 0.49642857142857144, 0.6, 0.6071428571428571, 38.82, 39.098],
    [0.18271742724867723, 0.5035714285714286, 0.5833333333333334, 0.6226190476190476, 39.046, 39.849],
];

/// What it said of the mean of the six: EER, FNMR at FMR 1e-2, 1e-3 and zero.
const INDEPENDENT_MEAN: [f64; 4] =
    [0.18110119047619047, 0.4982142857142857, 0.5857142857142857, 0.6071428571428572];

#[test]
fn the_independent_scorer_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<ScoreFile> = (1..=6)
        .map(|n| ScoreFile::read(&file(folder.path(), &format!("DB{n}.csv"), &fvc(n))).unwrap())
        .collect();
    let databases = Databases::new(&files, &Truth::Naming, Grouping::File, Missing::Lowest).unwrap();
    let report = report(&databases);
    let mut ours: Vec<Vec<f64>> = Vec::new();
    for database in report.databases.iter().chain(&report.pooled) {
        let at = &database.rates.fnmr_at;
        let mut line = vec![database.rates.eer.rate];
        line.extend([&at[0], &at[1], &at[3]].map(|point| point.fnmr.rate));
        line.extend([&at[1], &at[3]].map(|point| point.threshold.unwrap()));
        ours.push(line);
    }
    assert_eq!(ours, INDEPENDENT);
    let mean = report.mean.unwrap();
    let means =
        [&mean.eer, &mean.fnmr_at[0].fnmr, &mean.fnmr_at[1].fnmr, &mean.fnmr_at[3].fnmr].map(|e| e.rate);
    for (ours, theirs) in means.iter().zip(INDEPENDENT_MEAN) {
        assert!((ours - theirs).abs() < 1e-12, "{ours} and {theirs}");
    }
}
