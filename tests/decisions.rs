//! What an authentication answers: every outcome is its own, and none of the failures is "no match".

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests are not marked as tests

mod database_support;

use std::num::NonZeroU8;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use biomatch::database::{
    Audit, AuditEntry, AuditFile, Calibrations, CitizenDatabase, DatabaseError, Decision, Enrolment,
    Evidence, LockReason, Modality, Options, Policy, Probe, ReferReason, Verdict,
};
use biomatch::template::{Finger, FingerPosition, FingerprintTemplate};
use biomatch::units::{Fmr, Score, Timestamp};
use database_support::*;

fn accepted(decision: Decision) -> Evidence {
    match decision {
        Decision::Accept(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

fn rejected(decision: Decision) -> Evidence {
    match decision {
        Decision::Reject(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

fn lacks(decision: &Decision) -> &'static str {
    match decision {
        Decision::Refer(ReferReason::ProbeLacks { modality: Modality::Face }) => "probe face",
        Decision::Refer(ReferReason::ProbeLacks { modality: Modality::Finger }) => "probe finger",
        Decision::Refer(ReferReason::RecordLacks { modality: Modality::Face }) => "record face",
        Decision::Refer(ReferReason::RecordLacks { modality: Modality::Finger }) => "record finger",
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_right_person_is_accepted_and_another_rejected_with_every_comparison() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 3);
    let policy = Policy::default();

    let evidence = accepted(database.authenticate(people.id(1), &people.probe(1), &policy).unwrap());
    assert_eq!(evidence.comparisons.len(), 2);
    assert_eq!(evidence.comparisons[0].modality, Modality::Face);
    assert_eq!(evidence.comparisons[1].finger, Some(Finger::RightIndex));
    for (modality, comparison) in evidence.modalities.iter().zip(&evidence.comparisons) {
        assert_eq!(modality.modality, comparison.modality);
        assert_eq!((modality.required, modality.shared_by), (Fmr::one_in(10_000), 1));
        assert_eq!((modality.reached, modality.verdict), (comparison.fmr, Verdict::Met));
        assert!(modality.reached <= Fmr::one_in(10_000));
        assert!(comparison.score >= comparison.threshold.unwrap());
    }

    let evidence = rejected(database.authenticate(people.id(1), &people.probe(2), &policy).unwrap());
    assert!(evidence.modalities.iter().all(|modality| modality.verdict == Verdict::NotMet));

    // The right face with another's finger, and the reverse: one modality never carries the other.
    let finger = Finger::RightIndex;
    let mixed = Probe::new().face(people.face(1, 9)).finger(finger, people.finger(2, finger, 9));
    let evidence = rejected(database.authenticate(people.id(1), &mixed, &policy).unwrap());
    assert_eq!(evidence.modalities[0].verdict, Verdict::Met);
    assert_eq!(evidence.modalities[1].verdict, Verdict::NotMet);
    let mixed = Probe::new().face(people.face(2, 9)).finger(finger, people.finger(1, finger, 9));
    rejected(database.authenticate(people.id(1), &mixed, &policy).unwrap());
}

#[test]
fn a_missing_modality_is_referred_and_never_accepted() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 1);
    let finger = Finger::RightIndex;
    let writer = database.writer().unwrap();
    let face_only = people.id(1);
    let finger_only = people.id(2);
    writer.enrol(face_only, Enrolment::new().face(people.face(1, 0))).unwrap();
    writer.enrol(finger_only, Enrolment::new().finger(finger, people.finger(2, finger, 0))).unwrap();
    writer.commit().unwrap();

    let policy = Policy::default();
    let ask = |citizen, probe: Probe| database.authenticate(citizen, &probe, &policy).unwrap();
    let face = |index| people.face(index, 9);
    let print = |index| people.finger(index, finger, 9);
    assert_eq!(lacks(&ask(people.id(0), Probe::new().face(face(0)))), "probe finger");
    assert_eq!(lacks(&ask(people.id(0), Probe::new().finger(finger, print(0)))), "probe face");
    assert_eq!(lacks(&ask(people.id(0), Probe::new())), "probe face");
    let empty = FingerprintTemplate::new(finger.into(), Vec::new());
    assert_eq!(lacks(&ask(people.id(0), Probe::new().face(face(0)).finger(finger, empty))), "probe finger");
    assert_eq!(lacks(&ask(face_only, people.probe(1))), "record finger");
    assert_eq!(lacks(&ask(finger_only, people.probe(2))), "record face");
    // Enrolled, but not this finger.
    let little = Finger::RightLittle;
    let probe = Probe::new().face(face(0)).finger(little, people.finger(0, little, 9));
    assert_eq!(lacks(&ask(people.id(0), probe)), "record finger");

    // Policies of one modality, and of a choice.
    let at = Fmr::one_in(10_000);
    let with =
        |citizen, probe: Probe, policy: Policy| database.authenticate(citizen, &probe, &policy).unwrap();
    accepted(with(face_only, people.probe(1), Policy::face_only(at)));
    accepted(with(finger_only, people.probe(2), Policy::fingers_only(at)));
    assert_eq!(lacks(&with(face_only, people.probe(1), Policy::fingers_only(at))), "record finger");
    let evidence = accepted(with(people.id(0), Probe::new().face(face(0)), Policy::either(at)));
    assert_eq!(evidence.modalities.len(), 1);
    let evidence = accepted(with(people.id(0), people.probe(0), Policy::either(at)));
    assert!(evidence.modalities.iter().all(|modality| modality.shared_by == 2));
    assert_eq!(
        lacks(&with(face_only, Probe::new().finger(finger, print(1)), Policy::either(at))),
        "record finger"
    );
}

#[test]
fn unknown_and_locked_citizens_are_referred_before_any_score() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 2);
    let probe = people.probe(1);
    let policy = Policy::default();
    let ask = || database.authenticate(people.id(1), &probe, &policy).unwrap();
    assert_eq!(
        database.authenticate(people.id(5), &probe, &policy).unwrap(),
        Decision::Refer(ReferReason::UnknownCitizen)
    );
    let writer = database.writer().unwrap();
    writer.lock(people.id(1), LockReason::CardRevoked).unwrap();
    writer.commit().unwrap();
    let locked = Decision::Refer(ReferReason::Locked { why: LockReason::CardRevoked });
    assert_eq!(ask(), locked);
    // A lock is known to every handle, and comes before what the probe lacks.
    let other = CitizenDatabase::open(directory.path(), options(&people)).unwrap();
    assert_eq!(other.authenticate(people.id(1), &Probe::new(), &policy).unwrap(), locked);
    // Without a calibration nothing could be scored: still locked, still unknown.
    let bare = CitizenDatabase::open(directory.path(), Options::new()).unwrap();
    assert_eq!(bare.authenticate(people.id(1), &probe, &policy).unwrap(), locked);
    assert!(matches!(
        bare.authenticate(people.id(0), &people.probe(0), &policy),
        Err(DatabaseError::Uncalibrated { .. })
    ));
    writer.unlock(people.id(1)).unwrap();
    writer.commit().unwrap();
    accepted(ask());
    writer.delete(people.id(1)).unwrap();
    writer.commit().unwrap();
    assert_eq!(ask(), Decision::Refer(ReferReason::UnknownCitizen));
}

#[test]
fn a_face_of_another_model_is_neither_compared_nor_a_mismatch() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 1);
    let other = "another-model".parse().unwrap();
    let finger = Finger::RightIndex;
    let probe = Probe::new().face(people.face_of(&other, 0, 9)).finger(finger, people.finger(0, finger, 9));
    let decision = database.authenticate(people.id(0), &probe, &Policy::default()).unwrap();
    assert_eq!(
        decision,
        Decision::Refer(ReferReason::ModelMismatch { probe: other.clone(), enrolled: model() })
    );
    // Enrolled under that model too, but nobody registered its calibration.
    let writer = database.writer().unwrap();
    writer.enrol(people.id(0), Enrolment::new().face(people.face_of(&other, 0, 0))).unwrap();
    writer.commit().unwrap();
    match database.authenticate(people.id(0), &probe, &Policy::default()) {
        Err(DatabaseError::Uncalibrated { model }) => assert_eq!(model, other),
        result => panic!("{result:?}"),
    }
    // Registered by name, it is compared with the faces of that model only.
    let calibrations = Calibrations::new().face(other, face_table(&people));
    let database =
        CitizenDatabase::open(directory.path(), Options::new().calibrations(calibrations)).unwrap();
    let evidence = accepted(database.authenticate(people.id(0), &probe, &Policy::default()).unwrap());
    assert_eq!(evidence.modalities[0].shared_by, 1);
}

#[test]
fn comparisons_share_the_rate() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 2);
    let finger = Finger::RightIndex;
    let at = Fmr::one_in(10_000);
    let policy = Policy::fingers_only(at);
    let print = |number| people.finger(0, finger, number);
    let ask = |probe: &Probe, policy: &Policy| database.authenticate(people.id(0), probe, policy).unwrap();

    // Unknown position: against all that are enrolled.
    for position in [FingerPosition::Unknown, FingerPosition::Other(13)] {
        let evidence = accepted(ask(&Probe::new().finger(position, print(9)), &policy));
        assert_eq!(evidence.comparisons.len(), FINGERS.len());
        assert_eq!(evidence.modalities[0].shared_by, FINGERS.len() as u32);
        assert!(evidence.comparisons[0].threshold.unwrap() > alone(&database, &people, &policy));
        let best = evidence.comparisons.iter().max_by_key(|comparison| comparison.score).unwrap();
        assert_eq!(best.finger, Some(finger));
        assert_eq!(evidence.modalities[0].reached, best.fmr.of_any(4));
    }
    // Several references: the newest three, the undated one first to go.
    let writer = database.writer().unwrap();
    let mut dated = Vec::new();
    for (number, at) in [(1, 300), (2, 100), (3, 200), (4, 400)] {
        let enrolment = Enrolment::new().finger(finger, print(number));
        let captured = enrolment.captured(Timestamp::from_unix_seconds(at));
        dated.push((at, writer.enrol(people.id(0), captured).unwrap()[0]));
    }
    writer.commit().unwrap();
    let probe = Probe::new().finger(finger, print(9));
    let compared = |policy: &Policy| -> Vec<_> {
        accepted(ask(&probe, policy)).comparisons.iter().map(|comparison| comparison.reference).collect()
    };
    assert_eq!(compared(&policy), [dated[0].1, dated[2].1, dated[3].1]);
    assert_eq!(compared(&policy.clone().newest(NonZeroU8::MIN)), [dated[3].1]);
    assert_eq!(compared(&policy.clone().newest(NonZeroU8::MAX)).len(), 5);
    // A rate that the calibration cannot state is an error, not a rejection.
    let result = database.authenticate(people.id(0), &probe, &Policy::fingers_only(Fmr::new(1e-15).unwrap()));
    assert!(matches!(result, Err(DatabaseError::BeyondCalibration { .. })));
}

fn alone(database: &CitizenDatabase, people: &People, policy: &Policy) -> Score {
    let probe = Probe::new().finger(Finger::RightIndex, people.finger(0, Finger::RightIndex, 9));
    accepted(database.authenticate(people.id(0), &probe, policy).unwrap()).comparisons[0].threshold.unwrap()
}

#[test]
fn several_fingers_are_several_fingers() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 2);
    let two = Policy::fingers_only(Fmr::one_in(1_000)).fingers(NonZeroU8::MIN.saturating_add(1));
    let ask = |probe: Probe| database.authenticate(people.id(0), &probe, &two).unwrap();
    let print = |index, finger, number| people.finger(index, finger, number);
    let (index, thumb) = (Finger::RightIndex, Finger::LeftThumb);
    let both = Probe::new().finger(index, print(0, index, 9)).finger(thumb, print(0, thumb, 9));
    accepted(ask(both));
    // One right and one wrong finger are one finger.
    let one = Probe::new().finger(index, print(0, index, 9)).finger(thumb, print(1, thumb, 9));
    rejected(ask(one));
    // The same finger twice, under its name or under none, is one finger.
    let twice = Probe::new().finger(index, print(0, index, 9)).finger(index, print(0, index, 8));
    assert_eq!(lacks(&ask(twice)), "probe finger");
    let unknown = FingerPosition::Unknown;
    let twice = Probe::new().finger(unknown, print(0, index, 9)).finger(unknown, print(0, index, 8));
    rejected(ask(twice));
}

#[test]
fn what_cannot_be_a_reference_is_refused() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 1);
    let writer = database.writer().unwrap();
    let id = people.id(3);
    assert!(matches!(writer.enrol(id, Enrolment::new()), Err(DatabaseError::EmptyEnrolment)));
    let empty = FingerprintTemplate::new(Finger::LeftRing.into(), Vec::new());
    let enrolment = people.enrolment(3).finger(Finger::LeftRing, empty);
    assert!(matches!(writer.enrol(id, enrolment), Err(DatabaseError::EmptyFinger { .. })));
    writer.commit().unwrap();
    assert!(database.snapshot().unwrap().citizen(id).unwrap().is_none(), "all or none");
    // Replace and remove.
    let view = database.snapshot().unwrap().citizen(people.id(0)).unwrap().unwrap();
    let old = view.fingers[0].meta.reference();
    let finger = Finger::RightThumb;
    let new = Enrolment::new().finger(finger, people.finger(0, finger, 1));
    assert!(matches!(
        writer.replace(people.id(0), old, people.enrolment(0)),
        Err(DatabaseError::NotOneSample { found: 5 })
    ));
    let new = writer.replace(people.id(0), old, new).unwrap();
    writer.remove(people.id(0), view.fingers[1].meta.reference()).unwrap();
    writer.commit().unwrap();
    let view = database.snapshot().unwrap().citizen(people.id(0)).unwrap().unwrap();
    assert_eq!(view.fingers.len(), FINGERS.len() - 1);
    assert!(view.fingers.iter().any(|reference| reference.meta.reference() == new));
    assert!(view.fingers.iter().all(|reference| reference.meta.reference() != old));
}

/// Counts entries, and fails when told to.
struct Sink {
    entries: AtomicUsize,
    fails: bool,
}

impl Audit for Sink {
    fn record(&self, _: &AuditEntry<'_>) -> std::io::Result<()> {
        self.entries.fetch_add(1, Ordering::Relaxed);
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
        let database = CitizenDatabase::open(directory.path(), options).unwrap();
        let result = database.authenticate(people.id(0), &people.probe(0), &Policy::default());
        let unknown = database.authenticate(people.id(7), &people.probe(0), &Policy::default());
        assert_eq!(sink.entries.load(Ordering::Relaxed), 2, "one entry a decision");
        (result, unknown)
    };
    assert!(matches!(ask(false), (Ok(Decision::Accept(_)), Ok(Decision::Refer(_)))));
    assert!(matches!(ask(true), (Err(DatabaseError::Audit(_)), Err(DatabaseError::Audit(_)))));
}

#[test]
fn the_audit_file_tells_what_was_decided_and_holds_no_sample() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    drop(database(&people, &directory.path().join("gallery"), 2));
    let path = directory.path().join("audit.ndjson");
    let options = options(&people).audit(Arc::new(AuditFile::append(&path).unwrap()));
    let database = CitizenDatabase::open(directory.path().join("gallery"), options).unwrap();
    let policy = Policy::default();
    accepted(database.authenticate(people.id(0), &people.probe(0), &policy).unwrap());
    rejected(database.authenticate(people.id(0), &people.probe(1), &policy).unwrap());
    let _ = database.authenticate(people.id(9), &people.probe(0), &policy).unwrap();
    let _ = database.authenticate(people.id(0), &people.probe(0), &Policy::at(Fmr::new(1e-30).unwrap()));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let decisions: Vec<&str> =
        lines.iter().map(|line| line["outcome"]["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["accept", "reject", "refer", "error"]);
    for line in &lines {
        assert_eq!(line["operation"], "authenticate");
        assert_eq!(line["generation"], 1);
        assert!(line["unix_seconds"].as_u64().unwrap() > 1_700_000_000);
        // No array of numbers anywhere: neither an embedding nor minutiae.
        assert!(no_number_arrays(line), "{line}");
    }
    assert_eq!(lines[0]["citizen"], people.id(0).to_string());
    assert_eq!(lines[2]["outcome"]["reason"], "unknown_citizen");
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
