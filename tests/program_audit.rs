//! The program on audit files: check-audit and rotate-audit.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are not marked as tests

mod audit_support;
mod program_support;

use std::fs;
use std::process::Command;

use audit_support::append;
use program_support::{ok, run};

#[test]
fn a_file_is_rotated_and_its_chain_checked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = folder.join("audit.ndjson");
    append(&path, 0..3);
    assert_eq!(ok(folder, "rotate-audit audit.ndjson").stdout, "closed: audit.ndjson.0001\n");
    append(&path, 3..5);
    let rotated = ok(folder, "rotate-audit --json audit.ndjson").stdout;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&rotated).unwrap()["closed"], "audit.ndjson.0002");
    append(&path, 5..6);
    let all = "check-audit audit.ndjson.0001 audit.ndjson.0002 audit.ndjson";
    let sound = ok(folder, all).stdout;
    assert!(sound.starts_with("sound: 6 entries in 3 files, head "), "{sound}");
    let alone = ok(folder, "check-audit audit.ndjson").stdout;
    assert!(alone.starts_with("audit.ndjson continues audit.ndjson.0002, which was not given\n"), "{alone}");
    assert!(alone.contains("\nsound: 1 entries, head "), "{alone}");
    let older = ok(folder, "check-audit audit.ndjson.0001").stdout;
    assert!(older.contains("closed by a rotation"), "{older}");
    let gap = run(folder, "check-audit audit.ndjson.0001 audit.ndjson");
    assert_eq!(gap.code, 1);
    assert!(gap.stdout.starts_with("NOT SOUND: audit.ndjson: "), "{}", gap.stdout);
    assert_eq!(run(folder, "rotate-audit none.ndjson").code, 3);
    assert!(!folder.join("none.ndjson").exists());
    fs::remove_file(&path).unwrap();
    append(&folder.join("other"), 0..1);
    fs::copy(folder.join("other"), &path).unwrap();
    let refused = run(folder, "rotate-audit audit.ndjson");
    assert_eq!(refused.code, 5);
    assert!(refused.stderr.contains("does not continue"), "{}", refused.stderr);
}

#[test]
fn a_newest_line_that_is_cut_is_not_called_sound() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = folder.join("audit.ndjson");
    append(&path, 0..3);
    let whole = fs::read(&path).unwrap();
    for (length, entries) in [(whole.len() - 30, 2), (whole.len() - 1, 3)] {
        fs::write(&path, &whole[..length]).unwrap();
        let unknown = run(folder, "check-audit audit.ndjson");
        assert_eq!(unknown.code, 1);
        assert!(!unknown.stdout.contains("sound"), "{}", unknown.stdout);
        assert!(
            unknown.stdout.starts_with("line 3, the newest, is not whole: it is unknown "),
            "{}",
            unknown.stdout
        );
        assert!(
            unknown.stdout.contains(&format!("END UNKNOWN: {entries} entries, head ")),
            "{}",
            unknown.stdout
        );
        let json = run(folder, "check-audit --json audit.ndjson");
        let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((&json["sound"], &json["files"][0]["unfinished_line"]), (&false.into(), &3.into()));
    }
    fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    append(&path, 3..4);
    let healed = ok(folder, "check-audit audit.ndjson").stdout;
    assert!(healed.starts_with("line 3 was cut by a crash before the next line was written\n"), "{healed}");
    assert!(healed.contains("\nsound: 3 entries, head "), "{healed}");
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(Command::new("mkfifo").arg(folder.join("fifo")).status().unwrap().success());
    let checked = run(folder, "check-audit fifo");
    assert_eq!(
        (checked.code, checked.stderr.as_str()),
        (3, "biomatch: fifo: a FIFO; an audit is a regular file\n")
    );
    let rotated = run(folder, "rotate-audit fifo");
    assert_eq!(rotated.code, 5);
    assert!(rotated.stderr.contains("a FIFO; an audit is a regular file"), "{}", rotated.stderr);
}
