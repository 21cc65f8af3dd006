//! Claims on records whose finger positions are not known: mates are accepted, one finger never counts as
//! two, and copies change nothing.
#![allow(clippy::unwrap_used)] // helpers of tests are not marked as tests

mod database_support;

use biomatch::database::{
    CitizenDatabase, Claim, Decision, DecisionRecord, Enrolment, FingerCount, FingerRule, Policy, Probe,
    ReferReason,
};
use biomatch::template::{Finger, FingerPosition, Modality};
use biomatch::units::{Fmr, Timestamp};
use database_support::*;

const UNKNOWN: FingerPosition = FingerPosition::Unknown;

fn one() -> Policy {
    Policy::fingers(FingerRule::one(Fmr::one_in(10_000)))
}

fn several(count: u8) -> Policy {
    Policy::fingers(FingerRule::at_least(FingerCount::new(count).unwrap(), Fmr::one_in(1_000)))
}

/// A database in which person 0 has all ten fingers, without positions, in as many impressions.
fn ten_unknown(people: &People, path: &std::path::Path, impressions: u64) -> CitizenDatabase {
    let database = options(people).create(path).unwrap();
    let mut enrolment = Enrolment::new();
    for finger in Finger::ALL {
        for number in 0..impressions {
            enrolment = enrolment.finger(people.finger(0, finger, number).at(UNKNOWN));
        }
    }
    database.enrol(people.id(0), enrolment).unwrap();
    database
}

fn decide(database: &CitizenDatabase, people: &People, probe: Probe, policy: Policy) -> DecisionRecord {
    database.authenticate(&Claim::new(people.id(0), probe, policy)).unwrap()
}

#[test]
fn each_of_ten_fingers_of_unknown_position_is_accepted_alone() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = ten_unknown(&people, directory.path(), 1);
    for finger in Finger::ALL {
        for position in [UNKNOWN, finger.into()] {
            let probe = Probe::new().finger(people.finger(0, finger, 9).at(position));
            let record = decide(&database, &people, probe, one());
            assert_eq!(record.decision, Decision::Accept, "{finger:?}");
            assert_eq!(record.modalities[0].shared_by, 10, "every reference may be the one");
            let other = Probe::new().finger(people.finger(1, finger, 9).at(position));
            assert_eq!(decide(&database, &people, other, one()).decision, Decision::Reject, "{finger:?}");
        }
    }
}

#[test]
fn several_fingers_of_unknown_position_are_told_apart() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    for impressions in [1, 2] {
        let database = ten_unknown(&people, &directory.path().join(impressions.to_string()), impressions);
        for position in [|_| UNKNOWN, FingerPosition::Known] {
            let shown = |fingers: &[Finger]| {
                let add = |probe: Probe, &finger: &Finger| {
                    probe.finger(people.finger(0, finger, 9).at(position(finger)))
                };
                fingers.iter().fold(Probe::new(), add)
            };
            let (two, three) = (&Finger::ALL[1..3], &Finger::ALL[4..7]);
            for (fingers, asked, expected) in
                [(two, 2, true), (three, 2, true), (three, 3, true), (two, 3, false)]
            {
                let record = decide(&database, &people, shown(fingers), several(asked));
                let lacks = ReferReason::ProbeLacks { modality: Modality::Finger };
                let expected = if expected { Decision::Accept } else { Decision::Refer(lacks) };
                assert_eq!(record.decision, expected, "{fingers:?} {asked}");
            }
        }
    }
}

#[test]
fn one_finger_presented_twice_never_counts_as_two() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    for impressions in [1, 2, 3] {
        let database = ten_unknown(&people, &directory.path().join(impressions.to_string()), impressions);
        for finger in Finger::ALL {
            // Two impressions, one impression twice, and under the names of two fingers.
            let other = Finger::ALL[(finger.code() as usize + 3) % 10];
            for (first, second) in
                [(UNKNOWN, UNKNOWN), (finger.into(), UNKNOWN), (finger.into(), other.into())]
            {
                for number in [8, 9] {
                    let probe = Probe::new()
                        .finger(people.finger(0, finger, 9).at(first))
                        .finger(people.finger(0, finger, number).at(second));
                    let record = decide(&database, &people, probe, several(2));
                    assert!(
                        matches!(record.decision, Decision::Refer(_)),
                        "{finger:?} {:?}",
                        record.decision
                    );
                }
            }
        }
    }
}

#[test]
fn a_record_that_cannot_meet_the_policy_is_referred_before_any_score() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = options(&people).create(directory.path()).unwrap();
    let reference = people.finger(0, Finger::RightThumb, 0);
    database.enrol(people.id(0), Enrolment::new().finger(reference.clone().at(UNKNOWN))).unwrap();
    let probe = Finger::ALL[..2]
        .iter()
        .fold(Probe::new(), |probe, &finger| probe.finger(people.finger(0, finger, 9).at(UNKNOWN)));
    let lacks = Decision::Refer(ReferReason::RecordLacks { modality: Modality::Finger });
    let record = decide(&database, &people, probe.clone(), several(2));
    assert_eq!((record.decision, record.comparisons.len()), (lacks.clone(), 0));
    // A copy of the one reference, under another moment or another name, vouches for no second finger.
    let later = Enrolment::new().finger(reference.clone().at(UNKNOWN));
    database.enrol(people.id(0), later.captured(Timestamp::from_unix_seconds(1_700_000_000))).unwrap();
    assert_eq!(decide(&database, &people, probe.clone(), several(2)).decision, lacks);
    database.enrol(people.id(0), Enrolment::new().finger(reference.at(Finger::RightThumb))).unwrap();
    assert_eq!(decide(&database, &people, probe, several(2)).decision, lacks);
}

#[test]
fn copies_of_a_record_change_no_decision() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = options(&people).create(directory.path()).unwrap();
    let at = |seconds| Timestamp::from_unix_seconds(1_600_000_000 + seconds);
    // Four impressions of the index finger, so that one is older than the newest three; others unknown.
    for number in 0..4 {
        let index = people.finger(0, Finger::RightIndex, number).at(Finger::RightIndex);
        let enrolment = Enrolment::new().finger(index).captured(at(number as i64));
        database.enrol(people.id(0), enrolment).unwrap();
    }
    let rest = Finger::ALL[2..6].iter().fold(Enrolment::new().face(people.face(0, 0)), |rest, &finger| {
        rest.finger(people.finger(0, finger, 0).at(UNKNOWN))
    });
    database.enrol(people.id(0), rest.clone().captured(at(9))).unwrap();
    let claims = || {
        let mut probes = vec![people.probe(0), people.probe(1)];
        for finger in Finger::ALL {
            let impression = people.finger(0, finger, 9);
            probes.push(Probe::new().finger(impression.clone().at(UNKNOWN)));
            let second = people.finger(0, Finger::RightIndex, 8).at(Finger::RightIndex);
            probes.push(Probe::new().finger(impression.at(UNKNOWN)).finger(second));
        }
        let either = Policy::face_or_finger(Fmr::one_in(10_000));
        let policies = [Policy::default(), one(), several(2), either];
        let pairs = probes.iter().flat_map(|probe| policies.iter().map(move |policy| (probe, policy)));
        let decided = pairs.map(|(probe, policy)| {
            let record = decide(&database, &people, probe.clone(), policy.clone());
            (record.decision, record.modalities, record.comparisons)
        });
        decided.collect::<Vec<_>>()
    };
    let before = claims();
    let decisions: Vec<&Decision> = before.iter().map(|(decision, ..)| decision).collect();
    for expected in [Decision::Accept, Decision::Reject] {
        assert!(decisions.contains(&&expected), "{decisions:?}");
    }
    for copy in 0..3 {
        let moment = at(100 + copy);
        database.enrol(people.id(0), rest.clone().captured(moment)).unwrap();
        for number in 0..4 {
            for position in [UNKNOWN, Finger::RightIndex.into()] {
                let copied =
                    Enrolment::new().finger(people.finger(0, Finger::RightIndex, number).at(position));
                database.enrol(people.id(0), copied.captured(moment)).unwrap();
            }
        }
    }
    let view = database.snapshot().unwrap().citizen(people.id(0)).unwrap().unwrap();
    assert!(view.fingers.len() > 30, "copies of other moments are stored: {}", view.fingers.len());
    assert_eq!(claims(), before);
}
