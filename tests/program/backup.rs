//! The program on copies of a gallery: backup, restore, repair; and remove and erase.
#![cfg(feature = "cli")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::program_support::{impression, ok, read, record, run, write};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A gallery `g` of four citizens with two fingers each.
fn prepare(folder: &Path) {
    let mut manifest = String::new();
    for person in 1..=4 {
        for number in 1..=2 {
            write(folder, &format!("{person}_{number}.iso"), record(impression(10 * person + number, 1)));
        }
        writeln!(
            manifest,
            r#"{{"citizen":"00109000010{person}","fingers":[{{"position":"right_index","file":"{person}_1.iso"}},{{"position":"left_index","file":"{person}_2.iso"}}]}}"#
        )
        .unwrap();
    }
    write(folder, "manifest.ndjson", manifest);
    ok(folder, "enrol --gallery g manifest.ndjson");
    ok(folder, "compact --gallery g");
}

fn fingers(folder: &Path, gallery: &str) -> u64 {
    let found = json(&ok(folder, &format!("verify --gallery {gallery} --json")).stdout);
    assert_eq!(found["sound"], true);
    found["fingers"].as_u64().unwrap()
}

#[test]
fn a_gallery_is_backed_up_restored_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let first = json(&ok(folder, "backup --gallery g --to b --json").stdout);
    assert_eq!(first["kept_files"], 0);
    assert_eq!(fingers(folder, "b"), 8);
    ok(folder, "lock --gallery g --citizen 001090000101 --reason death");
    let second = ok(folder, "backup --gallery g --to b");
    let kept = first["copied_files"].as_u64().unwrap() - 3;
    assert!(second.stdout.contains("3 files copied"), "{}", second.stdout);
    assert!(second.stdout.contains(&format!(" {kept} kept (")), "{}", second.stdout);
    for (code, line, message) in [
        (2, "backup --gallery g --to g", "same folder"),
        (4, "backup --gallery nowhere --to c", "no gallery"),
        (4, "restore --from b --to g", "already"),
        (4, "lock --gallery b --citizen 001090000101 --reason death", "backup"),
    ] {
        let run = run(folder, line);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{line}");
        assert!(run.stderr.contains(message), "{line}: {}", run.stderr);
    }
    let restored = json(&ok(folder, "restore --from b --to r --json").stdout);
    assert_eq!(restored["identity"], first["identity"]);
    assert_eq!(fingers(folder, "r"), 8);

    // Without CURRENT it is whole; without a segment it is not; without a witness it is in doubt.
    fs::remove_file(folder.join("r/CURRENT")).unwrap();
    let whole = json(&ok(folder, "repair --gallery r --into whole --json").stdout);
    assert_eq!((&whole["whole"], &whole["named_by_current"]), (&true.into(), &false.into()));
    assert_eq!(fingers(folder, "whole"), 8);
    fs::remove_file(folder.join("r/WITNESS")).unwrap();
    let refused = run(folder, "repair --gallery r --into doubtful");
    assert_eq!(refused.code, 1);
    assert!(
        refused.stdout.contains("IN DOUBT: ") && refused.stdout.contains("NOT WRITTEN"),
        "{}",
        refused.stdout
    );
    assert!(refused.stderr.contains("--accept-doubts"), "{}", refused.stderr);
    let accepted = run(folder, "repair --gallery r --into doubtful --accept-doubts");
    assert_eq!(accepted.code, 1);
    assert!(accepted.stdout.contains("in doubt: reference 1 of subject 001090000101"), "{}", accepted.stdout);
    assert_eq!(fingers(folder, "doubtful"), 8);
    let segment = fs::read_dir(folder.join("whole")).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.filter(|path| path.to_string_lossy().contains("seg-")).max().unwrap();
    fs::remove_file(segment).unwrap();
    let lossy = run(folder, "repair --gallery whole --into lossy");
    assert_eq!(lossy.code, 1);
    assert!(lossy.stdout.contains("lost: 8 rows of seg-"), "{}", lossy.stdout);
    assert_eq!(run(folder, "repair --gallery nowhere --into n").code, 4);
}

#[test]
fn a_reference_is_removed_and_a_citizen_erased() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    ok(folder, "remove --gallery g --citizen 001090000102 --reference 3 --audit a.ndjson");
    assert_eq!(fingers(folder, "g"), 7);
    assert_eq!(run(folder, "remove --gallery g --citizen 001090000102 --reference 3").code, 7);
    let done = ok(folder, "erase --gallery g --citizen 001090000103 --audit a.ndjson");
    assert!(done.stdout.starts_with("done: "), "{}", done.stdout);
    assert_eq!(fingers(folder, "g"), 5);
    let audit = read(folder, "a.ndjson");
    let operations: Vec<_> = audit.lines().map(|line| json(line)["operation"].clone()).collect();
    assert_eq!(operations, ["remove", "erase"]);
    // Nobody is there any more, and no entry says that there was.
    assert_eq!(run(folder, "erase --gallery g --citizen 001090000103 --audit a.ndjson").code, 7);
    assert_eq!(read(folder, "a.ndjson"), audit);
    assert_eq!(run(folder, "erase --gallery g --citizen 12").code, 2);
    assert_eq!(run(folder, "erase --gallery g --citizen 0x6a6f").code, 7);
}
