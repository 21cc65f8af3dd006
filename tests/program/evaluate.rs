//! `biomatch evaluate`: what it prints. What it computes is tested in `evaluation.rs`.
#![cfg(feature = "cli")]

use crate::program_support::{ok, read, run, write};

const SCORES: &str =
    "a,b,score\nx/1_1,x/1_2,9\nx/1_1,x/2_1,1\nx/2_1,x/2_2,0.5\ny/1_1,y/1_2,8\ny/1_1,y/2_1,2\n";

#[test]
fn the_table_names_databases_mean_and_pooled() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.csv", SCORES);
    let run = ok(folder.path(), "evaluate s.csv --naming --group-by folder --replicates 0");
    assert_eq!(run.stderr, "");
    let line = |name: &str| run.stdout.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let words = |name: &str| line(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words("x"), ["x", "2", "2", "1", "25.000", "50.000", "50.000", "50.000", "50.000"]);
    assert_eq!(words("y")[4], "0.000");
    assert_eq!(words("mean"), ["mean", "12.500", "25.000", "25.000", "25.000", "25.000"]);
    assert_eq!(words("pooled")[..4], ["pooled", "4", "3", "2"]);
    assert!(run.stdout.lines().all(|line| !line.ends_with(' ')));
}

#[test]
fn json_has_counts_thresholds_and_intervals() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.csv", SCORES);
    let line = "evaluate s.csv --naming --group-by folder --json --replicates 50 --seed 3";
    let one = ok(folder.path(), &format!("{line} --threads 1"));
    assert_eq!(ok(folder.path(), &format!("{line} --threads 4")).stdout, one.stdout);
    let json: serde_json::Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(json["replicates"], 50);
    assert_eq!(json["databases"][0]["name"], "x");
    let zero = &json["databases"][0]["rates"]["fnmr_at"][3];
    assert_eq!((&zero["fmr_limit"], &zero["threshold"]), (&0.0.into(), &9.0.into()));
    assert_eq!((&zero["false_matches"], &zero["false_non_matches"]), (&0.into(), &1.into()));
    assert_eq!(zero["fnmr"]["rate"], 0.5);
    assert!(zero["fnmr"]["interval"]["low"].is_number());
    assert_eq!(json["mean"]["eer"]["rate"], 0.125);
    assert_eq!(json["pooled"]["counts"]["impostor"], 2);
}

#[test]
fn the_error_tradeoff_is_written_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.csv", "a,b,score\n1_1,1_2,9\n1_1,2_1,1\n2_1,2_2,0.5\n");
    ok(folder.path(), "evaluate s.csv --naming --replicates 0 --det det.csv");
    assert_eq!(
        read(folder.path(), "det.csv"),
        "database,threshold,fmr,fnmr\ns,inf,0,1\ns,9,0,0.5\ns,0.5,1,0\n"
    );
}

#[test]
fn what_flatters_the_rates_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.csv", "a,b,score\n1,1,9\n1,2,1\n");
    write(folder.path(), "t.csv", "a,b,mated\n1,1,1\n1,2,0\n2,3,0\n");
    let warned = ok(folder.path(), "evaluate s.csv --truth t.csv --replicates 0 --quiet");
    assert!(warned.stderr.contains("1 comparisons are of a sample with itself"), "{}", warned.stderr);
    assert!(warned.stderr.contains("1 pairs that no score file has"), "{}", warned.stderr);
    assert!(!warned.stdout.contains("warning"));
}

#[test]
fn without_one_kind_of_comparison_there_is_no_rate() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.csv", "a,b,score\n1_1,1_2,9\n");
    let run = run(folder.path(), "evaluate s.csv --naming");
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.contains("no impostor comparison"), "{}", run.stderr);
}
