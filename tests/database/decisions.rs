//! What an authentication answers: every outcome is its own, and none of the failures is "no match".

#![allow(unused_must_use)] // `accepted` and `rejected` have asserted what matters

use std::num::NonZeroU8;

use crate::database_support::*;
use biomatch::database::{
    Calibrations, CitizenDatabase, Claim, DatabaseError, Decision, DecisionRecord, Enrolment, FingerCount,
    FingerRule, LockReason, Policy, Probe, Purpose, ReferReason, Verdict,
};
use biomatch::template::{Finger, FingerPosition, FingerprintTemplate, Modality, ModelId, ModelIdError};
use biomatch::units::{Fmr, Score, Timestamp};

fn lacks(record: &DecisionRecord) -> &'static str {
    match record.decision {
        Decision::Refer(ReferReason::ProbeLacks { modality: Modality::Face }) => "probe face",
        Decision::Refer(ReferReason::ProbeLacks { modality: Modality::Finger }) => "probe finger",
        Decision::Refer(ReferReason::RecordLacks { modality: Modality::Face }) => "record face",
        Decision::Refer(ReferReason::RecordLacks { modality: Modality::Finger }) => "record finger",
        _ => panic!("{record:?}"),
    }
}

#[test]
fn the_right_person_is_accepted_and_another_rejected_with_every_comparison() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 3);
    let policy = Policy::default();

    let evidence =
        accepted(database.authenticate(&Claim::new(people.id(1), people.probe(1), policy.clone())).unwrap());
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

    let evidence =
        rejected(database.authenticate(&Claim::new(people.id(1), people.probe(2), policy.clone())).unwrap());
    assert!(evidence.modalities.iter().all(|modality| modality.verdict == Verdict::NotMet));

    // The right face with another's finger, and the reverse: one modality never carries the other.
    let finger = Finger::RightIndex;
    let mixed = Probe::new().face(people.face(1, 9)).finger(people.finger(2, finger, 9).at(finger));
    let evidence =
        rejected(database.authenticate(&Claim::new(people.id(1), mixed.clone(), policy.clone())).unwrap());
    assert_eq!(evidence.modalities[0].verdict, Verdict::Met);
    assert_eq!(evidence.modalities[1].verdict, Verdict::NotMet);
    let mixed = Probe::new().face(people.face(2, 9)).finger(people.finger(1, finger, 9).at(finger));
    rejected(database.authenticate(&Claim::new(people.id(1), mixed.clone(), policy.clone())).unwrap());
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
    writer.enrol(finger_only, Enrolment::new().finger(people.finger(2, finger, 0).at(finger))).unwrap();
    writer.commit().unwrap();

    let policy = Policy::default();
    let ask = |citizen, probe: Probe| {
        database.authenticate(&Claim::new(citizen, probe.clone(), policy.clone())).unwrap()
    };
    let face = |index| people.face(index, 9);
    let print = |index| people.finger(index, finger, 9);
    assert_eq!(lacks(&ask(people.id(0), Probe::new().face(face(0)))), "probe finger");
    assert_eq!(lacks(&ask(people.id(0), Probe::new().finger(print(0).at(finger)))), "probe face");
    assert_eq!(lacks(&ask(people.id(0), Probe::new())), "probe face");
    let empty = FingerprintTemplate::new(finger.into(), Vec::new());
    assert_eq!(
        lacks(&ask(people.id(0), Probe::new().face(face(0)).finger(empty.at(finger)))),
        "probe finger"
    );
    assert_eq!(lacks(&ask(face_only, people.probe(1))), "record finger");
    assert_eq!(lacks(&ask(finger_only, people.probe(2))), "record face");
    // Enrolled, but not this finger.
    let little = Finger::RightLittle;
    let probe = Probe::new().face(face(0)).finger(people.finger(0, little, 9).at(little));
    assert_eq!(lacks(&ask(people.id(0), probe)), "record finger");

    // Policies of one modality, and of a choice.
    let at = Fmr::one_in(10_000);
    let with = |citizen, probe: Probe, policy: Policy| {
        database.authenticate(&Claim::new(citizen, probe.clone(), policy.clone())).unwrap()
    };
    accepted(with(face_only, people.probe(1), Policy::face(at)));
    accepted(with(finger_only, people.probe(2), Policy::fingers(FingerRule::one(at))));
    assert_eq!(
        lacks(&with(face_only, people.probe(1), Policy::fingers(FingerRule::one(at)))),
        "record finger"
    );
    let evidence = accepted(with(people.id(0), Probe::new().face(face(0)), Policy::face_or_finger(at)));
    assert_eq!(evidence.modalities.len(), 1);
    let evidence = accepted(with(people.id(0), people.probe(0), Policy::face_or_finger(at)));
    assert!(evidence.modalities.iter().all(|modality| modality.shared_by == 2));
    assert_eq!(
        lacks(&with(face_only, Probe::new().finger(print(1).at(finger)), Policy::face_or_finger(at))),
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
    let ask =
        || database.authenticate(&Claim::new(people.id(1), probe.clone(), policy.clone())).unwrap().decision;
    assert_eq!(
        database.authenticate(&Claim::new(people.id(5), probe.clone(), policy.clone())).unwrap().decision,
        Decision::Refer(ReferReason::UnknownCitizen)
    );
    let writer = database.writer().unwrap();
    writer.lock(people.id(1), LockReason::CardRevoked).unwrap();
    writer.commit().unwrap();
    let locked = Decision::Refer(ReferReason::Locked { why: LockReason::CardRevoked });
    assert_eq!(ask(), locked);
    // A lock is known to every handle, and comes before what the probe lacks.
    let other = options(&people).open(directory.path()).unwrap();
    assert_eq!(
        other.authenticate(&Claim::new(people.id(1), Probe::new(), policy.clone())).unwrap().decision,
        locked
    );
    // Without a calibration nothing could be scored: still locked, still unknown.
    let bare = CitizenDatabase::options().open(directory.path()).unwrap();
    assert_eq!(
        bare.authenticate(&Claim::new(people.id(1), probe.clone(), policy.clone())).unwrap().decision,
        locked
    );
    assert!(matches!(
        bare.authenticate(&Claim::new(people.id(0), people.probe(0), policy.clone())),
        Err(DatabaseError::Uncalibrated { .. })
    ));
    writer.unlock(people.id(1)).unwrap();
    writer.commit().unwrap();
    assert_eq!(ask(), Decision::Accept);
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
    let probe =
        Probe::new().face(people.face_of(&other, 0, 9)).finger(people.finger(0, finger, 9).at(finger));
    let decision =
        database.authenticate(&Claim::new(people.id(0), probe.clone(), Policy::default())).unwrap().decision;
    assert_eq!(
        decision,
        Decision::Refer(ReferReason::ModelMismatch { probe: other.clone(), enrolled: model() })
    );
    // Enrolled under that model too, but nobody registered its calibration.
    let writer = database.writer().unwrap();
    writer.enrol(people.id(0), Enrolment::new().face(people.face_of(&other, 0, 0))).unwrap();
    writer.commit().unwrap();
    match database.authenticate(&Claim::new(people.id(0), probe.clone(), Policy::default())) {
        Err(DatabaseError::Uncalibrated { model }) => assert_eq!(model, other),
        result => panic!("{result:?}"),
    }
    // Registered by name, it is compared with the faces of that model only.
    let calibrations = Calibrations::new().assume_for(other.clone(), face_table(&people));
    let database = CitizenDatabase::options().calibrations(calibrations).open(directory.path()).unwrap();
    let evidence =
        accepted(database.authenticate(&Claim::new(people.id(0), probe.clone(), Policy::default())).unwrap());
    assert_eq!(evidence.modalities[0].shared_by, 1);
    // Every record says that the table is of another model.
    let used = evidence.answered.face_calibration.unwrap();
    assert_eq!((used.matcher.as_str(), used.assumed_for), ("generated-64", Some(other)));
}

#[test]
fn comparisons_share_the_rate() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 2);
    let finger = Finger::RightIndex;
    let at = Fmr::one_in(10_000);
    let policy = Policy::fingers(FingerRule::one(at));
    let print = |number| people.finger(0, finger, number);
    let ask = |probe: &Probe, policy: &Policy| {
        database.authenticate(&Claim::new(people.id(0), probe.clone(), policy.clone())).unwrap()
    };

    // Unknown position: against all that are enrolled.
    for position in [FingerPosition::Unknown, FingerPosition::Other(13)] {
        let evidence = accepted(ask(&Probe::new().finger(print(9).at(position)), &policy));
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
        let enrolment = Enrolment::new().finger(print(number).at(finger));
        let captured = enrolment.captured(Timestamp::from_unix_seconds(at));
        dated.push((at, writer.enrol(people.id(0), captured).unwrap()[0]));
    }
    writer.commit().unwrap();
    let probe = Probe::new().finger(print(9).at(finger));
    let compared = |policy: &Policy| -> Vec<_> {
        accepted(ask(&probe, policy)).comparisons.iter().map(|comparison| comparison.reference).collect()
    };
    assert_eq!(compared(&policy), [dated[0].1, dated[2].1, dated[3].1]);
    assert_eq!(compared(&policy.clone().newest(NonZeroU8::MIN)), [dated[3].1]);
    assert_eq!(compared(&policy.clone().newest(NonZeroU8::MAX)).len(), 5);
    // A rate that the calibration cannot state is an error, not a rejection.
    let result = database.authenticate(&Claim::new(
        people.id(0),
        probe.clone(),
        Policy::fingers(FingerRule::one(Fmr::new(1e-15).unwrap())),
    ));
    assert!(matches!(result, Err(DatabaseError::BeyondCalibration { .. })));
}

fn alone(database: &CitizenDatabase, people: &People, policy: &Policy) -> Score {
    let probe = Probe::new().finger(people.finger(0, Finger::RightIndex, 9).at(Finger::RightIndex));
    accepted(database.authenticate(&Claim::new(people.id(0), probe.clone(), policy.clone())).unwrap())
        .comparisons[0]
        .threshold
        .unwrap()
}

#[test]
fn several_fingers_are_several_fingers() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 2);
    let two = Policy::fingers(FingerRule::at_least(FingerCount::TWO, Fmr::one_in(1_000)));
    let ask =
        |probe: Probe| database.authenticate(&Claim::new(people.id(0), probe.clone(), two.clone())).unwrap();
    let print = |index, finger, number| people.finger(index, finger, number);
    let (index, thumb) = (Finger::RightIndex, Finger::LeftThumb);
    let both = Probe::new().finger(print(0, index, 9).at(index)).finger(print(0, thumb, 9).at(thumb));
    accepted(ask(both));
    // One right and one wrong finger are one finger.
    let one = Probe::new().finger(print(0, index, 9).at(index)).finger(print(1, thumb, 9).at(thumb));
    rejected(ask(one));
    // The same finger twice, under its name or under none, is one finger.
    let twice = Probe::new().finger(print(0, index, 9).at(index)).finger(print(0, index, 8).at(index));
    assert_eq!(lacks(&ask(twice)), "probe finger");
    let unknown = FingerPosition::Unknown;
    let twice = Probe::new().finger(print(0, index, 9).at(unknown)).finger(print(0, index, 8).at(unknown));
    assert_eq!(lacks(&ask(twice)), "probe finger");
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
    let enrolment = people.enrolment(3).finger(empty.at(Finger::LeftRing));
    assert!(matches!(writer.enrol(id, enrolment), Err(DatabaseError::EmptyFinger { .. })));
    writer.commit().unwrap();
    assert!(database.snapshot().unwrap().citizen(id).unwrap().is_none(), "all or none");
    // Replace and remove.
    let view = database.snapshot().unwrap().citizen(people.id(0)).unwrap().unwrap();
    let old = view.fingers[0].meta.reference();
    let finger = Finger::RightThumb;
    let new = Enrolment::new().finger(people.finger(0, finger, 1).at(finger));
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

#[test]
fn a_citizen_who_locked_the_record_can_claim_to_unlock_it_and_nobody_else() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 1);
    let claim = || Claim::new(people.id(0), people.probe(0), Policy::default());
    let unlocking = || claim().for_unlocking();
    let decide = |claim: Claim| database.authenticate(&claim).unwrap();
    for why in [LockReason::HolderRequest, LockReason::Authority, LockReason::Death, LockReason::CardRevoked]
    {
        database.lock(people.id(0), why).unwrap();
        let locked = Decision::Refer(ReferReason::Locked { why });
        assert_eq!(decide(claim()).decision, locked);
        let record = decide(unlocking());
        assert_eq!(record.claimed.purpose, Purpose::Unlock);
        assert_eq!(record.decision, if why == LockReason::HolderRequest { Decision::Accept } else { locked });
    }
    database.lock(people.id(0), LockReason::HolderRequest).unwrap();
    let another = Claim::new(people.id(0), people.probe(1), Policy::default()).for_unlocking();
    rejected(decide(another));
    // Nothing was unlocked, and without a lock it is a claim like any other.
    assert_ne!(decide(claim()).decision, Decision::Accept);
    database.unlock(people.id(0)).unwrap();
    accepted(decide(unlocking()));
}

#[test]
fn face_and_fingers_are_held_to_rates_of_their_own() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 1);
    let (face, finger) = (Fmr::one_in(500), Fmr::one_in(20_000));
    let policy = Policy::face_and_fingers(face, FingerRule::one(finger));
    let record = accepted(database.authenticate(&Claim::new(people.id(0), people.probe(0), policy)).unwrap());
    let required: Vec<Fmr> = record.modalities.iter().map(|modality| modality.required).collect();
    assert_eq!(required, [face, finger]);
}

#[test]
fn a_table_of_another_matcher_is_refused_with_both_names() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    drop(database(&people, directory.path(), 1));
    let named = |name: &str| {
        let text = face_table(&people).to_json().unwrap().replace("generated-64", name);
        biomatch::calibration::Calibration::from_json(&text).unwrap()
    };
    let options = CitizenDatabase::options;
    let outdated = "biomatch-fingerprint-1";
    let reserved = biomatch::calibration::FINGER_MATCHER.parse::<ModelId>();
    assert_eq!(reserved, Err(ModelIdError::FingerMatcher), "no face model is named like the finger matcher");
    for (options, names) in [
        (options().finger_calibration(named("net-1")), ["net-1", biomatch::calibration::FINGER_MATCHER]),
        (options().finger_calibration(named(outdated)), [outdated, biomatch::calibration::FINGER_MATCHER]),
        (options().face_calibration(named(outdated)), [outdated, "faces"]),
        (options().calibrations(Calibrations::new().any(named(outdated))), [outdated, "fingers"]),
        (
            options().calibrations(Calibrations::new().assume_for(model(), named(outdated))),
            [outdated, "generated-64"],
        ),
    ] {
        let error = options.clone().open(directory.path()).unwrap_err();
        assert!(matches!(error, DatabaseError::WrongCalibration { .. }) && error.is_configuration());
        assert!(names.iter().all(|name| error.to_string().contains(name)), "{error}");
        // Nothing is left behind of a database that could not be created.
        let new = directory.path().join("new");
        assert!(options.create(&new).is_err() && !new.exists());
    }
    let twice = options().face_calibration(named("net-1")).face_calibration(named("net-1"));
    assert!(matches!(twice.open(directory.path()), Err(DatabaseError::TwoCalibrations { .. })));
}
