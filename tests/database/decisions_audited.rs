//! What the audit keeps of decisions: no decision is given without an entry, and no entry holds a sample.

#![allow(unused_must_use)] // `accepted` and `rejected` have asserted what matters

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::database_support::*;
use biomatch::database::{Audit, AuditEntry, AuditFile, Claim, DatabaseError, Decision, Policy, ReferReason};
use biomatch::units::Fmr;

/// Counts entries, and fails when told to.
struct Sink {
    entries: AtomicUsize,
    fails: bool,
}

impl Audit for Sink {
    fn record(&self, entries: &[AuditEntry]) -> std::io::Result<()> {
        self.entries.fetch_add(entries.len(), Ordering::Relaxed);
        if self.fails { Err(std::io::Error::other("disk full")) } else { Ok(()) }
    }
}

#[test]
fn a_decision_that_cannot_be_recorded_is_none() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    drop(database(&people, directory.path(), 1));
    let ask = |fails| {
        let sink = Arc::new(Sink { entries: AtomicUsize::new(0), fails });
        let options = options(&people).audit(sink.clone());
        let database = options.open(directory.path()).unwrap();
        let result = database.authenticate(&Claim::new(people.id(0), people.probe(0), Policy::default()));
        let unknown = database.authenticate(&Claim::new(people.id(7), people.probe(0), Policy::default()));
        assert_eq!(sink.entries.load(Ordering::Relaxed), 2, "one entry a decision");
        (result, unknown)
    };
    let (known, unknown) = ask(false);
    accepted(known.unwrap());
    assert_eq!(unknown.unwrap().decision, Decision::Refer(ReferReason::UnknownCitizen));
    assert!(matches!(ask(true), (Err(DatabaseError::Audit(_)), Err(DatabaseError::Audit(_)))));
}

#[test]
fn the_audit_file_tells_what_was_decided_and_holds_no_sample() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    drop(database(&people, &directory.path().join("gallery"), 2));
    let path = directory.path().join("audit.ndjson");
    let options = options(&people).audit(Arc::new(AuditFile::append(&path).unwrap()));
    let database = options.open(directory.path().join("gallery")).unwrap();
    let policy = Policy::default();
    accepted(database.authenticate(&Claim::new(people.id(0), people.probe(0), policy.clone())).unwrap());
    rejected(database.authenticate(&Claim::new(people.id(0), people.probe(1), policy.clone())).unwrap());
    let _ = database.authenticate(&Claim::new(people.id(9), people.probe(0), policy.clone())).unwrap();
    let _ = database.authenticate(&Claim::new(
        people.id(0),
        people.probe(0),
        Policy::face_and_finger(Fmr::new(1e-30).unwrap()),
    ));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let operations: Vec<&str> = lines.iter().map(|line| line["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["authenticate", "authenticate", "authenticate", "authenticate_failed"]);
    let decisions: Vec<_> = lines.iter().map(|line| line["decision"].as_str()).collect();
    assert_eq!(decisions, [Some("accept"), Some("reject"), Some("refer"), None]);
    for line in &lines {
        assert_eq!(line["generation"], 1);
        assert!(line["unix_seconds"].as_u64().unwrap() > 1_700_000_000);
        // What was asked, and by which tables it was answered.
        assert_eq!(line["policy"]["fingers"]["at_least"], 1);
        assert_eq!(line["presented"]["fingers"][0]["finger"], "right_index");
        assert_eq!(line["finger_calibration"]["matcher"], biomatch::calibration::FINGER_MATCHER);
        assert_eq!(line["face_calibration"]["digest"].as_str().unwrap().len(), 64);
        // No array of numbers anywhere: neither an embedding nor minutiae.
        assert!(no_number_arrays(line), "{line}");
    }
    assert_eq!(lines[0]["citizen"], people.id(0).to_string());
    assert_eq!(lines[2]["reason"], "unknown_citizen");
    assert!(lines[3]["error"].as_str().unwrap().contains("states rates down to"), "{}", lines[3]);
}

fn no_number_arrays(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Array(items) => {
            items.iter().all(|item| !item.is_number() && no_number_arrays(item))
        }
        serde_json::Value::Object(fields) => fields.values().all(no_number_arrays),
        _ => true,
    }
}
