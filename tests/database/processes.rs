//! An enrolment acknowledged in one process is seen by the next claim in another.

use std::process::Command;

use crate::database_support::*;
use biomatch::database::{Claim, DatabaseError, Decision, LockReason, Policy, ReferReason};
use biomatch::gallery::GalleryError;

const DIRECTORY: &str = "BIOMATCH_TEST_DATABASE";
const WORK: &str = "BIOMATCH_TEST_WORK";

/// The other process: does one change, and ends well only when it is acknowledged.
#[test]
fn child() {
    let (Ok(directory), Ok(work)) = (std::env::var(DIRECTORY), std::env::var(WORK)) else { return };
    let people = People::new();
    let database = options(&people).open(directory).unwrap();
    match work.as_str() {
        "enrol" => assert_eq!(database.enrol(people.id(1), people.enrolment(1)).unwrap().len(), 5),
        "lock" => database.lock(people.id(1), LockReason::Authority).unwrap(),
        "delete" => database.delete(people.id(1)).unwrap(),
        "compact" => database.writer().unwrap().compact().unwrap(),
        "locked out" => {
            let result = database.enrol(people.id(1), people.enrolment(1));
            assert!(matches!(result, Err(DatabaseError::Gallery(GalleryError::Locked { .. }))));
        }
        other => panic!("{other}"),
    }
}

fn other_process(directory: &std::path::Path, work: &str) {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child", "--test-threads", "1"])
        .env(DIRECTORY, directory)
        .env(WORK, work)
        .output()
        .unwrap();
    assert!(run.status.success(), "{work}: {}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn a_claim_sees_what_another_process_has_acknowledged() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 1);
    let claim = || {
        database.authenticate(&Claim::new(people.id(1), people.probe(1), Policy::default())).unwrap().decision
    };
    let unknown = Decision::Refer(ReferReason::UnknownCitizen);
    assert_eq!(claim(), unknown);
    other_process(directory.path(), "enrol");
    assert!(matches!(claim(), Decision::Accept));
    other_process(directory.path(), "compact");
    assert!(matches!(claim(), Decision::Accept));
    other_process(directory.path(), "lock");
    assert_eq!(claim(), Decision::Refer(ReferReason::Locked { why: LockReason::Authority }));
    other_process(directory.path(), "delete");
    assert_eq!(claim(), unknown);
    let writer = database.writer().unwrap();
    other_process(directory.path(), "locked out");
    drop(writer);
    other_process(directory.path(), "enrol");
    assert!(matches!(claim(), Decision::Accept));
}
