//! Rotation of the audit file: one chain over several files, whoever writes and wherever a crash comes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

mod audit_support;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use audit_support::*;
use biomatch::database::{Audit, AuditError, AuditFile, AuditFileError, check_audit, check_audit_files};

const FILE: &str = "BIOMATCH_TEST_AUDIT";

/// The other process: writes, and rotates between.
#[test]
fn child() {
    let Ok(path) = std::env::var(FILE) else { return };
    let file = AuditFile::append(path).unwrap();
    for number in 0..30 {
        file.record(&[entry(number)]).unwrap();
        if number % 7 == 3 {
            file.rotate().unwrap();
        }
    }
}

/// The files of the chain, the oldest first.
fn chain(path: &Path) -> Vec<PathBuf> {
    let kept = (1..).map(|number| numbered(path, number)).take_while(|path| path.exists());
    kept.chain([path.to_owned()]).collect()
}

/// Entries of the whole chain, which must be sound; nothing else may be in the folder.
fn entries(path: &Path) -> u64 {
    let files = chain(path);
    let reports = check_audit_files(&files, None).unwrap();
    let (newest, older) = reports.split_last().unwrap();
    assert!(older.iter().all(|report| report.closed) && !newest.closed, "one file is open");
    assert!(reports.iter().all(|report| report.is_whole()));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), files.len());
    reports.iter().map(|report| report.entries).sum()
}

#[test]
fn a_rotation_continues_the_chain_in_a_new_file() {
    let (folder, path) = three_entries();
    let head = check_audit(&path, None).unwrap().head;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let file = AuditFile::append(&path).unwrap();
    assert_eq!(file.rotate().unwrap(), numbered(&path, 1));
    record(&file, 3..5);
    assert_eq!(operations(&numbered(&path, 1)), ["delete", "delete", "delete", "audit_closed"]);
    assert_eq!(operations(&path), ["audit_continued", "delete", "delete"]);
    assert_eq!(json_lines(&path)[0]["continues"], "audit.ndjson.0001");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640, "rights are kept");
    assert_eq!(fs::metadata(numbered(&path, 1)).unwrap().nlink(), 1);
    // Rotated by a privileged process, it stays the file of its owner.
    let owner =
        std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).is_ok().then_some((65_534, 65_534));
    assert_eq!(file.rotate().unwrap(), numbered(&path, 2));
    record(&file, 5..6);
    let metadata = fs::metadata(&path).unwrap();
    assert!(owner.is_none_or(|owner| owner == (metadata.uid(), metadata.gid())));
    assert_eq!((entries(&path), metadata.mode() & 0o777), (6, 0o640));

    let [first, second, third] = <[PathBuf; 3]>::try_from(chain(&path)).unwrap();
    // A file alone tells what it continues; a head of an older file is looked for in that one.
    let report = check_audit(&path, None).unwrap();
    assert_eq!((report.entries, report.continues.as_deref()), (1, Some("audit.ndjson.0002")));
    assert_eq!(check_audit(&first, Some(head)).unwrap().continues, None);
    assert!(matches!(check_audit(&path, Some(head)), Err(AuditError::NoHead { .. })));
    assert!(check_audit_files([&first, &second, &third], Some(head)).is_ok());
    let closed = check_audit(&second, None).unwrap();
    assert!(closed.closed && check_audit(&third, Some(closed.head)).is_ok());
    // In another order, one left out, one twice.
    for files in [vec![&second, &first, &third], vec![&first, &third], vec![&first, &first]] {
        let error = check_audit_files(&files, None).unwrap_err();
        assert!(matches!(error, AuditError::NotContinued { .. }), "{error}");
    }
    // The last entry of a closed file taken out, or a line put behind the last one.
    let text = fs::read_to_string(&first).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&first, format!("{}\n{}\n", lines[0], lines[1])).unwrap();
    assert!(check_audit_files([&first, &second], None).is_err());
    let previous = check_audit(&second, None).unwrap().head;
    let behind = format!("{}{{\"previous\":\"{previous}\"}}\n", fs::read_to_string(&second).unwrap());
    fs::write(folder.path().join("forged"), behind).unwrap();
    let error = check_audit(folder.path().join("forged"), None).unwrap_err();
    assert!(matches!(error, AuditError::NoEntry { .. }), "{error}");
}

#[test]
fn no_file_is_replaced_and_no_number_used_again() {
    let (folder, path) = three_entries();
    let file = AuditFile::append(&path).unwrap();
    fs::write(numbered(&path, 1), "of somebody else").unwrap();
    fs::write(folder.path().join("audit.ndjson.bak.0007"), "of somebody else").unwrap();
    assert_eq!(file.rotate().unwrap(), numbered(&path, 2));
    assert_eq!(fs::read_to_string(numbered(&path, 1)).unwrap(), "of somebody else");
    // Moved to an archive: the next number is still the next.
    let archive = tempfile::tempdir().unwrap();
    fs::rename(numbered(&path, 2), archive.path().join("audit.ndjson.0002")).unwrap();
    fs::remove_file(numbered(&path, 1)).unwrap();
    drop(file);
    append(&path, 3..4);
    assert_eq!(AuditFile::append(&path).unwrap().rotate().unwrap(), numbered(&path, 3));
    let files = [archive.path().join("audit.ndjson.0002"), numbered(&path, 3), path.clone()];
    assert_eq!(check_audit_files(&files, None).unwrap().iter().map(|report| report.entries).sum::<u64>(), 4);
    // A file of somebody else where the new one is to be made.
    let next = folder.path().join("audit.ndjson.next");
    let file = AuditFile::append(&path).unwrap();
    for foreign in ["notes\n", "x", "{\"previous\":\"1\"}\n", &"{\"previous\":\"".repeat(900)] {
        fs::write(&next, foreign).unwrap();
        let error = file.rotate().unwrap_err();
        assert!(matches!(error, AuditFileError::NameTaken { .. }), "{error}");
        assert_eq!(fs::read_to_string(&next).unwrap(), foreign);
        record(&file, 4..5);
    }
    fs::remove_file(&next).unwrap();
    assert_eq!(file.rotate().unwrap(), numbered(&path, 4));
    record(&file, 5..6);
    assert_eq!(operations(&numbered(&path, 4)).len(), 1 + 4 + 1, "it went on in the old file");
}

#[test]
fn other_handles_follow() {
    let (folder, path) = three_entries();
    let [rotates, one, three, late] = [0; 4].map(|_| AuditFile::append(&path).unwrap());
    rotates.rotate().unwrap();
    record(&one, 3..4);
    record(&rotates, 4..6);
    rotates.rotate().unwrap();
    rotates.rotate().unwrap();
    record(&three, 6..7);
    record(&rotates, 7..8);
    assert_eq!(entries(&path), 8);
    // What is needed to find the way was moved away.
    let moved = folder.path().join("moved");
    fs::rename(numbered(&path, 2), &moved).unwrap();
    let error = late.record(&[entry(9)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("audit.ndjson.0002"), "{error}");
    fs::rename(&moved, numbered(&path, 2)).unwrap();
    record(&late, 8..9);
    assert_eq!(entries(&path), 9);
}

#[test]
fn a_forged_continuation_is_not_followed() {
    for forged_digest in [None, Some("0".repeat(64))] {
        let (_folder, path) = three_entries();
        let file = AuditFile::append(&path).unwrap();
        AuditFile::append(&path).unwrap().rotate().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let link = json_lines(&path)[0]["previous"].as_str().unwrap().to_owned();
        let forged = match forged_digest {
            Some(digest) => text.replace(&link, &digest),
            None => text.replace("audit_continued", "delete"),
        };
        fs::write(&path, forged).unwrap();
        let error = refusal(&file, &path);
        assert!(matches!(typed(&error), AuditFileError::Replaced { .. }), "{error}");
        assert!(matches!(AuditFile::append(&path), Err(AuditFileError::NotContinued { .. })));
    }
}

#[test]
fn a_file_that_does_not_continue_the_rotated_ones_is_not_opened() {
    let (folder, path) = three_entries();
    let (old, second) = (folder.path().join("old"), folder.path().join("second"));
    fs::copy(&path, &old).unwrap();
    let file = AuditFile::append(&path).unwrap();
    file.rotate().unwrap();
    fs::copy(&path, &second).unwrap();
    file.rotate().unwrap();
    drop(file);
    let refused = || {
        let error = AuditFile::append(&path).unwrap_err();
        assert!(matches!(error, AuditFileError::NotContinued { .. }), "{error}");
        assert!(error.to_string().contains("audit.ndjson.0002"), "{error}");
    };
    let newest = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    refused();
    assert!(!path.exists(), "none is made");
    for wrong in [&old, &second, &numbered(&path, 1), &numbered(&path, 2)] {
        fs::copy(wrong, &path).unwrap();
        refused();
    }
    fs::write(&path, "").unwrap();
    refused();
    fs::write(&path, newest).unwrap();
    append(&path, 3..4);
    fs::remove_file(old).unwrap();
    fs::remove_file(second).unwrap();
    assert_eq!(entries(&path), 4);
}

/// Makes in `path` what a crash leaves after each step of a rotation, and goes on from there.
#[test]
fn a_crash_at_any_step_leaves_one_chain() {
    let done = tempfile::tempdir().unwrap();
    let model = done.path().join("audit.ndjson");
    append(&model, 0..3);
    let before = fs::read(&model).unwrap();
    AuditFile::append(&model).unwrap().rotate().unwrap();
    let (closed, next) = (fs::read(numbered(&model, 1)).unwrap(), fs::read(&model).unwrap());
    let cut_last_line = &closed[..before.len() + 40];
    // What it is; the file; whether it has its second name; the next file.
    type State<'a> = (&'a str, &'a [u8], bool, Option<&'a [u8]>);
    let states: [State<'_>; 10] = [
        ("the second name", &before, true, None),
        ("the empty next file", &before, true, Some(b"")),
        ("a stale next file", &before, true, Some(&next)),
        ("half of the last line", cut_last_line, true, Some(b"")),
        ("the last line", &closed, true, Some(b"")),
        ("the last line, the names lost", &closed, false, None),
        ("the last line, the file moved away", &closed, false, Some(b"")),
        ("one byte of the next file", &closed, true, Some(&next[..1])),
        ("half of the next file", &closed, true, Some(&next[..50])),
        ("all but the rename", &closed, true, Some(&next)),
    ];
    type GoOn = fn(&Path, &AuditFile);
    let ways: [(&str, GoOn); 4] = [
        ("an opening", |path, _| append(path, 3..4)),
        ("an entry of a handle that was open", |_, open| record(open, 3..4)),
        ("a rotation of one", |_, open| {
            open.rotate().unwrap();
            record(open, 3..4);
        }),
        ("both", |path, open| {
            let opened = AuditFile::append(path).unwrap();
            record(open, 3..4);
            opened.rotate().unwrap();
        }),
    ];
    for (state, file, is_linked, next) in states {
        for (way, go_on) in ways {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.ndjson");
            fs::write(&path, &before).unwrap();
            let open = AuditFile::append(&path).unwrap();
            fs::write(&path, file).unwrap();
            if is_linked {
                fs::hard_link(&path, numbered(&path, 1)).unwrap();
            }
            if let Some(next) = next {
                fs::write(folder.path().join("audit.ndjson.next"), next).unwrap();
            }
            go_on(&path, &open);
            open.rotate().unwrap();
            record(&open, 4..5);
            append(&path, 5..6);
            assert_eq!(entries(&path), 6, "{state}, then {way}");
        }
    }
}

#[test]
fn a_file_rotates_by_itself_at_a_size() {
    let (_folder, path) = three_entries();
    let length = fs::metadata(&path).unwrap().len();
    let file = AuditFile::append(&path).unwrap().rotate_at(length + 1);
    record(&file, 3..4);
    assert!(!numbered(&path, 1).exists());
    record(&file, 4..5);
    assert_eq!(operations(&path), ["audit_continued", "delete"]);
    drop(file);
    // The least size: each batch in a file of its own, and none without an entry.
    let file = AuditFile::append(&path).unwrap().rotate_at(0);
    for number in [5, 8, 11] {
        file.record(&[entry(number), entry(number + 1), entry(number + 2)]).unwrap();
    }
    assert_eq!(entries(&path), 14);
    assert_eq!(chain(&path).len(), 5);
}

#[test]
fn writers_at_the_same_time_lose_nothing_in_rotations() {
    let (_folder, path) = three_entries();
    let path = &path;
    std::thread::scope(|scope| {
        for first in [0, 100, 200] {
            scope.spawn(move || {
                let file = AuditFile::append(path).unwrap().rotate_at(1500);
                let shared = &file;
                std::thread::scope(|scope| {
                    scope.spawn(move || record(shared, first..first + 20));
                    record(shared, first + 20..first + 40);
                });
            });
        }
        scope.spawn(move || {
            (0..10).for_each(|_| drop(AuditFile::append(path).unwrap().rotate().unwrap()));
        });
    });
    assert_eq!(entries(path), 3 + 120);
    assert!(chain(path).len() > 20);
    // Each entry states its number as its time.
    let mut numbers: Vec<u64> = chain(path)
        .iter()
        .flat_map(|file| json_lines(file))
        .filter_map(|line| line["microseconds"].as_u64())
        .collect();
    numbers.sort_unstable();
    let mut expected: Vec<u64> = (0..3).chain(0..40).chain(100..140).chain(200..240).collect();
    expected.sort_unstable();
    assert_eq!(numbers, expected);
}

#[test]
fn processes_follow_each_other() {
    let (_folder, path) = three_entries();
    let spawn = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--test-threads", "1"]).env(FILE, &path);
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let mut children = [spawn(), spawn()];
    let file = AuditFile::append(&path).unwrap();
    for number in 0..60 {
        record(&file, number..number + 1);
        if number % 25 == 24 {
            file.rotate().unwrap();
        }
    }
    children.iter_mut().for_each(|child| assert!(child.wait().unwrap().success()));
    record(&file, 60..61);
    assert_eq!(entries(&path), 3 + 61 + 60);
    assert_eq!(chain(&path).len(), 1 + 2 + 2 * 4);
}
