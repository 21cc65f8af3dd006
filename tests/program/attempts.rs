//! The program on attempts: limits that hold over runs, and an officer who unlocks.

use std::fs;
use std::path::Path;

use crate::program_support::{Run, impression, ok, read, record, run, write};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A gallery of one citizen, and probes of two people.
fn prepare(folder: &Path) {
    let line = |person: u64, number: u64| {
        write(folder, &format!("{person}_{number}.iso"), record(impression(person, number)));
        format!(
            r#"{{"citizen":"001090000101","fingers":[{{"position":"right_index","file":"{person}_{number}.iso"}}]}}"#
        )
    };
    write(folder, "manifest.ndjson", line(1, 1) + "\n");
    for (name, person) in [("own", 1), ("other", 2)] {
        write(folder, &format!("{name}.ndjson"), line(person, 2).replacen('{', r#"{"probe":"p","#, 1) + "\n");
    }
    ok(folder, "enrol --gallery g manifest.ndjson");
}

fn claim(folder: &Path, options: &str, probe: &str) -> Run {
    let citizen = "--citizen 001090000101 --require finger --audit audit.ndjson";
    run(folder, &format!("authenticate --gallery g {citizen} {options} {probe}.ndjson"))
}

#[test]
fn failures_are_limited_over_runs_and_an_officer_unlocks() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    // Nothing limits attempts until they are.
    for _ in 0..6 {
        assert_eq!(claim(folder, "", "other").code, 1);
    }
    assert_eq!(run(folder, "attempts show --gallery g").code, 4);
    ok(folder, "attempts create --gallery g --audit audit.ndjson");
    ok(folder, "attempts create --gallery g --audit audit.ndjson");
    assert!(folder.join("g.attempts/ATTEMPTS").is_file() && folder.join("g/ATTEMPTS").is_file());
    for _ in 0..5 {
        assert_eq!(claim(folder, "", "other").code, 1);
    }
    let throttled = claim(folder, "", "own");
    assert_eq!(throttled.code, 6, "{}", throttled.stderr);
    let decided = json(&throttled.stdout);
    assert_eq!((&decided["reason"], &decided["comparisons"]), (&"throttled".into(), &serde_json::json!([])));
    let shown = json(&ok(folder, "attempts show --gallery g/ --citizen 001090000101 --json").stdout);
    assert_eq!((&shown["failures"], &shown["next"]), (&5.into(), &"throttled".into()));
    assert_eq!(shown["until"], decided["until"]);
    let text = ok(folder, "attempts show --gallery g").stdout;
    assert!(text.starts_with("citizens with failed attempts: 1\nwho must wait: 1\n"), "{text}");
    let checked = claim(folder, "--bona-fide", "other");
    assert_eq!((checked.code, &json(&checked.stdout)["presentation"]), (1, &"bona_fide".into()));
    ok(folder, "attempts unlock --gallery g --citizen 001090000101 --audit audit.ndjson");
    assert_eq!(claim(folder, "", "own").code, 0);
    // Stricter limits, and none that are weaker.
    write(folder, "strict.json", r#"{"before_waiting": 1, "stop_at": 1}"#);
    assert_eq!(claim(folder, "--attempt-limits strict.json", "other").code, 1);
    let stopped = claim(folder, "--attempt-limits strict.json", "own");
    assert_eq!((stopped.code, &json(&stopped.stdout)["reason"]), (6, &"officer_must_unlock".into()));
    write(folder, "weak.json", r#"{"before_waiting": 6}"#);
    let weak = claim(folder, "--attempt-limits weak.json", "own");
    assert_eq!(weak.code, 3);
    assert!(weak.stderr.contains("weak.json") && weak.stderr.contains("before_waiting"), "{}", weak.stderr);
    let operations: Vec<String> = read(folder, "audit.ndjson")
        .lines()
        .map(|line| json(line)["operation"].as_str().unwrap().to_owned())
        .filter(|operation| operation != "authenticate")
        .collect();
    assert_eq!(operations, ["limit_attempts", "unlock_attempts", "authenticate_not_made"]);
    assert_eq!(ok(folder, "check-audit audit.ndjson").code, 0);
}

#[test]
fn a_lost_or_damaged_file_of_attempts_gives_no_decision() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    ok(folder, "attempts create --gallery g");
    let path = folder.join("g.attempts/ATTEMPTS");
    let bytes = fs::read(&path).unwrap();
    let mut damaged = bytes.clone();
    damaged[130] ^= 1;
    fs::write(&path, damaged).unwrap();
    let told = claim(folder, "", "own");
    assert_eq!((told.code, told.stdout.as_str()), (4, ""));
    assert!(told.stderr.contains("ATTEMPTS: damaged at byte 128"), "{}", told.stderr);
    fs::rename(folder.join("g.attempts"), folder.join("away")).unwrap();
    let told = claim(folder, "", "own");
    assert_eq!((told.code, told.stdout.as_str()), (2, ""));
    assert!(told.stderr.contains("none was named"), "{}", told.stderr);
    assert_eq!(claim(folder, "--attempts nowhere", "own").code, 4);
    let refused = run(folder, "attempts create --gallery g");
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(!folder.join("g.attempts").exists());
    ok(folder, "attempts create --gallery g --replace --audit audit.ndjson");
    assert_eq!(claim(folder, "", "own").code, 0);
    // The old one is none any more.
    fs::write(folder.join("away/ATTEMPTS"), bytes).unwrap();
    assert_eq!(claim(folder, "--attempts away", "own").code, 2);
}

/// Whoever looks at the exit code alone must not take a lost answer for an acceptance.
#[test]
fn an_answer_that_nobody_reads_is_no_acceptance() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    for probe in ["own.ndjson", "other.ndjson"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_biomatch"))
            .args([
                "authenticate",
                "--gallery",
                "g",
                "--citizen",
                "001090000101",
                "--require",
                "finger",
                probe,
            ])
            .current_dir(folder.path())
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(5), "{probe}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}
