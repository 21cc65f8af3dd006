//! The program on audit files: check-audit and rotate-audit.
#![cfg(feature = "cli")]

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::audit_support::append;
use crate::program_support::{biomatch_in_time, ok, run};
use biomatch::database::{Audit as _, AuditEntry, AuditFile, Change, ChangeEntry};
use biomatch::gallery::Generation;

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

/// The limit on file sizes stands for a full disk: the closing line cannot be written, in whole or in part.
#[test]
fn a_rotation_that_a_full_disk_stopped_is_told_and_finished() {
    use std::os::unix::fs::MetadataExt;
    for room in [0, 1, 40, 150] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let path = folder.join("audit.ndjson");
        append(&path, 0..2);
        let filler = |bytes: usize| {
            let failed = Change::CommitFailed { changes: 1, error: "x".repeat(bytes) };
            let entry = ChangeEntry::new(failed, Generation::default(), Duration::ZERO);
            AuditFile::append(&path).unwrap().record(&[AuditEntry::Change(entry)]).unwrap();
        };
        let length = || fs::metadata(&path).unwrap().len() as usize;
        let before = length();
        filler(1);
        filler(4096 - room - length() - (length() - before) + 1);
        assert_eq!(length(), 4096 - room);
        let limit = ["bash", "-c", "ulimit -f 4; exec \"$@\"", "bash"];
        let stopped = biomatch_in_time(folder, &limit, &["rotate-audit", "audit.ndjson"]);
        assert_eq!(stopped.code, 5, "{}", stopped.stderr);
        assert!(stopped.stderr.contains("audit.ndjson: cannot write to it"), "{}", stopped.stderr);
        let inode = |name| fs::metadata(folder.join(name)).unwrap().ino();
        assert_eq!(inode("audit.ndjson"), inode("audit.ndjson.0001"));
        let both = "check-audit audit.ndjson.0001 audit.ndjson";
        let told = run(folder, both);
        assert_eq!(told.code, i32::from(room > 0), "a closing line that was cut: {}", told.stdout);
        let one = "audit.ndjson and audit.ndjson.0001 are one file: a rotation was interrupted";
        assert!(told.stdout.contains(one) && told.stdout.contains(": 4 entries "), "{}", told.stdout);
        assert!(!told.stdout.contains("NOT SOUND"), "{}", told.stdout);
        // The next entry finishes it.
        append(&path, 2..3);
        let sound = ok(folder, both).stdout;
        assert!(sound.contains("sound: 5 entries in 2 files"), "{sound}");
        assert_ne!(inode("audit.ndjson"), inode("audit.ndjson.0001"));
        assert!(!folder.join("audit.ndjson.next").exists());
    }
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
