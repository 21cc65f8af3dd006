//! The error rates that this engine promises on real templates, measured with its own program.
//! Needs the development data: set `BIOMATCH_DATA`.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("BIOMATCH_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: BIOMATCH_DATA is not set");
    }
    folder
}

/// Runs the program and returns its standard output.
fn biomatch(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_biomatch")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Scores all pairs inside each database of an extractor; the mean EER in percent.
fn mean_eer(data: &Path, extractor: &str) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let root = data.join("fingers").join(extractor).to_str().unwrap().to_owned();
    let (pairs, truth, scores) = (path("pairs.csv"), path("truth.csv"), path("scores.csv"));
    biomatch(&["pairs", "--root", &root, "--out", &pairs, "--truth", &truth]);
    biomatch(&["score", "--root", &root, "--pairs", &pairs, "--out", &scores]);
    let report = biomatch(&[
        "evaluate",
        &scores,
        "--truth",
        &truth,
        "--group-by",
        "folder",
        "--replicates",
        "0",
        "--json",
    ]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let databases = report["databases"].as_array().unwrap();
    assert_eq!(databases.len(), 6, "six databases");
    let counts = |key: &str| databases.iter().map(|d| d["counts"][key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((counts("genuine"), counts("impostor")), (1_680, 17_280), "all pairs");
    let eers = databases.iter().map(|d| d["rates"]["eer"]["rate"].as_f64().unwrap());
    let mean = 100.0 * eers.sum::<f64>() / databases.len() as f64;
    println!("{extractor}: mean EER {mean:.2} %");
    mean
}

#[test]
fn fingerprints_of_a_commercial_extractor() {
    let Some(data) = data() else { return };
    let eer = mean_eer(&data, "secugen");
    assert!(eer <= 6.0, "mean EER {eer} %");
}

#[test]
fn fingerprints_of_an_extractor_with_many_spurious_minutiae() {
    let Some(data) = data() else { return };
    let eer = mean_eer(&data, "mindtct");
    assert!(eer <= 5.0, "mean EER {eer} %");
}
