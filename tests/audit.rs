//! The audit: what is recorded, that the file's chain shows every change of a line, and crashes.
#![allow(clippy::unwrap_used)]

mod audit_support;
mod database_support;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use audit_support::*;
use biomatch::database::{
    Audit, AuditDigest, AuditEntry, AuditError, AuditFile, AuditFileError, Change, ChangeEntry, Claim,
    DatabaseError, LockReason, Policy, check_audit,
};
use biomatch::gallery::Generation;
use database_support::*;
use proptest::prelude::*;

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn decisions_and_changes_are_one_chain() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    let options = options(&people).audit(Arc::new(AuditFile::append(&path).unwrap()));
    let database = options.create(folder.path().join("gallery")).unwrap();
    let id = people.id(0);
    database.enrol(id, people.enrolment(0)).unwrap();
    database.lock(id, LockReason::Death).unwrap();
    let _ = database.authenticate(&Claim::new(id, people.probe(0), Policy::default())).unwrap();
    database.unlock(id).unwrap();
    let reference = database.snapshot().unwrap().citizen(id).unwrap().unwrap().faces[0].meta.reference();
    database.release_writer();
    let writer = database.writer().unwrap();
    writer.remove(id, reference).unwrap();
    writer.enrol_all(vec![(people.id(1), people.enrolment(1)), (people.id(2), people.enrolment(2))]).unwrap();
    writer.commit().unwrap();
    // Nothing new is nothing to record; and what is only staged is not done.
    writer.flush().unwrap();
    writer.compact().unwrap();
    writer.delete(people.id(1)).unwrap();
    drop(writer);
    database.delete(id).unwrap();
    assert!(database.delete(people.id(7)).is_err());

    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().map(json).collect();
    let operations: Vec<&str> = lines.iter().map(|line| line["operation"].as_str().unwrap()).collect();
    let expected = ["enrol", "lock", "authenticate", "unlock", "remove", "enrol", "enrol", "delete"];
    assert_eq!(operations, expected);
    assert_eq!((&lines[0]["references"], &lines[0]["citizen"]), (&5.into(), &id.to_string().into()));
    assert_eq!((&lines[1]["why"], &lines[1]["generation"]), (&"death".into(), &1.into()));
    assert_eq!(lines[4]["reference"], reference.value());
    assert_eq!(lines[0]["previous"], "0".repeat(64));
    for (line, next) in text.lines().zip(&lines[1..]) {
        assert_eq!(next["previous"], blake3::hash(line.as_bytes()).to_hex().as_str());
    }
    let report = check_audit(&path, None).unwrap();
    assert_eq!((report.entries, report.torn.len()), (8, 0));
    assert_eq!(
        report.head.to_string(),
        blake3::hash(text.lines().last().unwrap().as_bytes()).to_hex().as_str()
    );
}

#[test]
fn every_change_of_a_line_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    append(&path, 0..6);
    let head = check_audit(&path, None).unwrap().head;
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let check = |lines: &[String], known| {
        fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        check_audit(&path, known)
    };
    assert!(check(&lines, Some(head)).is_ok());
    for i in 0..lines.len() {
        let mut removed = lines.clone();
        removed.remove(i);
        let mut repeated = lines.clone();
        repeated.insert(i, lines[i].clone());
        let mut moved = lines.clone();
        moved.swap(i, (i + 1) % lines.len());
        let changed: Vec<Vec<String>> = [("\"generation\":", "\"generation\":1"), ("delete", "unlock")]
            .map(|(from, to)| {
                let mut changed = lines.clone();
                changed[i] = changed[i].replace(from, to);
                changed
            })
            .into();
        let mut garbled = lines.clone();
        garbled[i] = "{".into();
        for lines in changed.into_iter().chain([removed, garbled]) {
            // The last line has none after it: only who knows the head sees its change.
            assert_eq!(check(&lines, None).is_ok(), i == 5, "{i}");
            assert!(check(&lines, Some(head)).is_err(), "{i}");
        }
        for lines in [repeated, moved] {
            assert!(matches!(check(&lines, None), Err(AuditError::Broken { .. })), "{i}");
        }
    }
    assert!(matches!(check(&lines[..3], Some(head)), Err(AuditError::NoHead { .. })));
    // A head of an earlier day.
    let early = check(&lines[..3], None).unwrap().head;
    assert!(check(&lines, Some(early)).is_ok());
    let error = check(&[lines[0].clone(), "{\"operation\":\"delete\"}".into()], None).unwrap_err();
    assert!(error.to_string().contains(&format!("line 2 (offset {})", lines[0].len() + 1)), "{error}");
    assert!(matches!(error, AuditError::NoEntry { line: 2, .. }));
    assert_eq!(check(&[], None).unwrap().head, AuditDigest::START);
    assert!(matches!(check_audit(folder.path().join("none"), None), Err(AuditError::Unreadable { .. })));
    assert_eq!(head.to_string().parse(), Ok(head));
    assert!("12".parse::<AuditDigest>().is_err());
}

/// A crash may leave any part of what was being written.
#[test]
fn a_line_cut_by_a_crash_stays_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    append(&path, 0..3);
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let acknowledged = {
        fs::write(&path, &whole[..last]).unwrap();
        check_audit(&path, None).unwrap().head
    };
    for length in last..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let is_torn = length > last && length < whole.len() - 1;
        let torn = if is_torn { vec![3] } else { vec![] };
        let report = check_audit(&path, Some(acknowledged)).unwrap();
        assert!(report.torn.is_empty(), "{length}: the newest line may have been whole");
        let is_whole = length == last || length == whole.len();
        assert_eq!(report.unfinished, (!is_whole).then_some(3), "{length}");
        append(&path, 3..5);
        let report = check_audit(&path, Some(acknowledged)).unwrap();
        assert_eq!((&report.torn, report.unfinished), (&torn, None), "{length}");
        let entries = 4 + u64::from(length >= whole.len() - 1);
        assert_eq!(report.entries, entries, "{length}");
        assert!(fs::read(&path).unwrap().starts_with(&whole[..length]), "nothing is taken out");
        // The torn line is held by the chain like any other.
        if is_torn {
            let mut bytes = fs::read(&path).unwrap();
            bytes[length - 1] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert!(check_audit(&path, None).is_err(), "{length}");
        }
    }
}

#[test]
fn long_lines_are_chained_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    for length in [1, 4_000, 4_096, 9_000, 70_000] {
        let error = "x".repeat(length);
        let failed = Change::CommitFailed { changes: 1, error };
        let long = AuditEntry::Change(ChangeEntry::new(failed, Generation::default(), Duration::ZERO));
        AuditFile::append(&path).unwrap().record(&[long, entry(2)]).unwrap();
        let long = fs::read(&path).unwrap().len() - 1;
        // Alone at the end, whole and cut.
        fs::write(&path, &fs::read(&path).unwrap()[..long - 20]).unwrap();
        append(&path, 3..4);
    }
    let report = check_audit(&path, None).unwrap();
    assert_eq!((report.entries, report.torn), (10, vec![2, 5, 8, 11, 14]));
}

#[test]
fn handles_and_threads_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = &folder.path().join("audit.ndjson");
    std::thread::scope(|scope| {
        for first in [0, 100, 200] {
            scope.spawn(move || append(path, first..first + 20));
        }
    });
    let report = check_audit(path, None).unwrap();
    assert_eq!((report.entries, report.torn.len()), (60, 0));
}

/// Records nothing.
struct Full;

impl Audit for Full {
    fn record(&self, _: &[AuditEntry]) -> std::io::Result<()> {
        Err(std::io::Error::other("disk full"))
    }
}

#[test]
fn a_change_that_cannot_be_recorded_is_not_made() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    drop(database(&people, folder.path(), 1));
    let elsewhere = tempfile::tempdir().unwrap();
    let removed = elsewhere.path().join("audit.ndjson");
    let file = AuditFile::append(&removed).unwrap();
    fs::remove_file(&removed).unwrap();
    let sinks: Vec<Arc<dyn Audit>> = vec![Arc::new(Full), Arc::new(file)];
    for sink in sinks {
        let database = options(&people).audit(sink).open(folder.path()).unwrap();
        let before = database.snapshot().unwrap().generation();
        let failed = |result| assert!(matches!(result, Err(DatabaseError::Audit(_))));
        failed(database.enrol(people.id(1), people.enrolment(1)).map(drop));
        failed(database.lock(people.id(0), LockReason::Authority));
        failed(database.delete(people.id(0)));
        failed(
            database.authenticate(&Claim::new(people.id(0), people.probe(0), Policy::default())).map(drop),
        );
        let writer = database.writer().unwrap();
        writer.delete(people.id(0)).unwrap();
        failed(writer.commit().map(drop));
        failed(writer.flush());
        failed(writer.compact());
        drop(writer);
        assert_eq!(database.snapshot().unwrap().generation(), before);
        drop(database);
        let database = options(&people).open(folder.path()).unwrap();
        let snapshot = database.snapshot().unwrap();
        assert!(snapshot.citizen(people.id(0)).unwrap().is_some_and(|view| view.fingers.len() == 4));
        assert!(snapshot.citizen(people.id(1)).unwrap().is_none());
    }
}

#[test]
fn a_file_that_failed_goes_on_when_there_is_room() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    let sink = Arc::new(AuditFile::append(&path).unwrap());
    let database = options(&people).audit(sink.clone()).create(folder.path().join("gallery")).unwrap();
    database.enrol(people.id(0), people.enrolment(0)).unwrap();
    // Another process's write ended in the middle.
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"{\"previous\":\"12");
    fs::write(&path, &bytes).unwrap();
    database.lock(people.id(0), LockReason::Death).unwrap();
    let report = check_audit(&path, None).unwrap();
    assert_eq!((report.entries, report.torn), (2, vec![2]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever an audit file holds is told of or held by the chain, and the next entry can be written; any
    /// other file is refused untouched.
    #[test]
    fn any_bytes_can_be_checked_and_appended_to(
        parts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                Just(b"\n".to_vec()),
                Just(b"{\"prev\n".to_vec()),
                Just(b"{\"previous\":1}\n".to_vec()),
                Just(format!("{{\"previous\":\"{}\"}}\n", "0".repeat(64)).into_bytes()),
            ],
            0..6,
        ),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        let bytes = parts.concat();
        fs::write(&path, &bytes).unwrap();
        let before = check_audit(&path, None);
        match AuditFile::append(&path) {
            Ok(file) => record(&file, 0..1),
            Err(error) => {
                prop_assert!(matches!(error, AuditFileError::NoAudit { .. }), "{}", error);
                prop_assert_eq!(fs::read(&path).unwrap(), bytes);
                return Ok(());
            }
        }
        match (before, check_audit(&path, None)) {
            (Ok(before), Ok(after)) => prop_assert_eq!(before.entries + 1, after.entries),
            (Err(before), Err(after)) => prop_assert_eq!(before.to_string(), after.to_string()),
            (before, after) => prop_assert!(false, "{:?} {:?}", before, after),
        }
    }
}

#[test]
fn what_a_writer_had_to_settle_is_recorded_once() {
    use std::io::Write;
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let (gallery, path) = (folder.path().join("gallery"), folder.path().join("audit.ndjson"));
    let open = || {
        let options = options(&people).audit(Arc::new(AuditFile::append(&path).unwrap()));
        options.open(&gallery).unwrap()
    };
    drop(options(&people).create(&gallery).unwrap());
    fs::File::options().append(true).open(gallery.join("wal-000001")).unwrap().write_all(&[7; 50]).unwrap();
    let database = open();
    database.enrol(people.id(0), people.enrolment(0)).unwrap();
    database.enrol(people.id(1), people.enrolment(1)).unwrap();
    drop(database);
    let database = open();
    database.enrol(people.id(2), people.enrolment(2)).unwrap();

    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().map(json).collect();
    let operations: Vec<&str> = lines.iter().map(|line| line["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["recover", "enrol", "enrol", "enrol"]);
    assert_eq!((&lines[0]["cut_bytes"], &lines[0]["set_aside"][0]), (&50.into(), &"aside-wal-000001".into()));
}

#[test]
fn a_change_that_changes_nothing_is_recorded_as_such() {
    use biomatch::gallery::RequestId;
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    let options = options(&people).audit(Arc::new(AuditFile::append(&path).unwrap()));
    let database = options.create(folder.path().join("gallery")).unwrap();
    let id = people.id(0);
    let mut lines = 0;
    let mut recorded = |expected: &[&str]| {
        let all = json_lines(&path);
        let new: Vec<_> = all[lines..].iter().map(|line| line["operation"].as_str().unwrap()).collect();
        assert_eq!(new, expected);
        assert!(all.iter().all(|line| line["citizen"] == id.to_string()));
        lines = all.len();
    };
    let request = || people.enrolment(0).request_id(RequestId::new([9; 16]));
    database.enrol(id, request()).unwrap();
    recorded(&["enrol"]);
    database.enrol(id, request()).unwrap();
    recorded(&["enrol", "unchanged"]);
    // The same samples by another request.
    database.enrol(id, people.enrolment(0)).unwrap();
    recorded(&["enrol", "unchanged"]);
    database.unlock(id).unwrap();
    recorded(&["unlock", "unchanged"]);
    database.lock(id, LockReason::Death).unwrap();
    recorded(&["lock"]);
    database.lock(id, LockReason::Death).unwrap();
    recorded(&["lock", "unchanged"]);
    database.lock(id, LockReason::Authority).unwrap();
    database.unlock(id).unwrap();
    recorded(&["lock", "unlock"]);
    // Staged by a writer, and committed by what does more than commit.
    database.release_writer();
    let writer = database.writer().unwrap();
    writer.unlock(id).unwrap();
    writer.flush().unwrap();
    writer.unlock(id).unwrap();
    writer.compact().unwrap();
    recorded(&["unlock", "unchanged", "unlock", "unchanged"]);
    writer.lock(id, LockReason::Death).unwrap();
    writer.unlock(id).unwrap();
    writer.commit().unwrap();
    recorded(&["lock", "unlock"]);
}

#[test]
fn a_request_that_is_repeated_changes_nothing_and_one_that_differs_is_a_conflict() {
    use biomatch::gallery::{GalleryError, RequestId};
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let request = RequestId::new([9; 16]);
    let database = options(&people).create(&gallery).unwrap();
    let enrolment = || people.enrolment(0).request_id(request);
    let first = database.enrol(people.id(0), enrolment()).unwrap();
    let generation = database.snapshot().unwrap().generation();
    assert_eq!(database.enrol(people.id(0), enrolment()).unwrap(), first);
    drop(database);
    // Also after it was deleted meanwhile, and from another opening.
    let database = options(&people).open(&gallery).unwrap();
    assert_eq!(database.enrol(people.id(0), enrolment()).unwrap(), first);
    assert_eq!(database.snapshot().unwrap().generation(), generation);
    database.delete(people.id(0)).unwrap();
    assert_eq!(database.enrol(people.id(0), enrolment()).unwrap(), first);
    assert!(database.snapshot().unwrap().citizen(people.id(0)).unwrap().is_none(), "it stays deleted");
    for other in [people.enrolment(1).request_id(request), people.enrolment(2).request_id(request)] {
        let refused = database.enrol(people.id(0), other).unwrap_err();
        assert!(
            matches!(&refused, DatabaseError::Gallery(GalleryError::RequestConflict { request: named }) if *named == request),
            "{refused}"
        );
    }
    let refused = database.enrol(people.id(5), enrolment()).unwrap_err();
    assert!(refused.to_string().contains("made before with other content"), "{refused}");
    // What failed left nothing behind.
    database.enrol(people.id(6), people.enrolment(6)).unwrap();
    assert!(database.snapshot().unwrap().citizen(people.id(5)).unwrap().is_none());
}
