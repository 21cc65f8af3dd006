//! Claims on records whose finger positions are not known: mates are accepted, one finger never counts as
//! two, and copies change nothing.

use crate::database_support::*;
use biomatch::database::{
    CitizenDatabase, Claim, Decision, DecisionRecord, Enrolment, FingerCount, FingerRule, Policy, Probe,
    ReferReason,
};
use biomatch::template::{Finger, FingerPosition, Modality};
use biomatch::units::{Fmr, Timestamp};

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

/// One finger that was enrolled under two names, and is presented under both.
#[test]
fn names_do_not_make_two_fingers_of_one() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    for finger in Finger::ALL {
        let database = options(&people).create(directory.path().join(format!("{finger:?}"))).unwrap();
        let other = Finger::ALL[finger.code() as usize % 10];
        let impression = |number, at: Finger| people.finger(0, finger, number).at(at);
        let enrolment = Enrolment::new().finger(impression(0, finger)).finger(impression(1, other));
        database.enrol(people.id(0), enrolment).unwrap();
        let probe = Probe::new().finger(impression(8, finger)).finger(impression(9, other));
        let record = decide(&database, &people, probe, several(2));
        assert!(matches!(record.decision, Decision::Refer(_)), "{finger:?}: {:?}", record.decision);
    }
}

/// The record shows one finger only, so that nobody could meet a policy of two.
#[test]
fn a_record_of_one_finger_rejects_nobody_who_shows_two() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = options(&people).create(directory.path()).unwrap();
    let thumb = |number| people.finger(0, Finger::RightThumb, number).at(UNKNOWN);
    database.enrol(people.id(0), Enrolment::new().finger(thumb(0)).finger(thumb(1))).unwrap();
    let index = people.finger(0, Finger::RightIndex, 9).at(UNKNOWN);
    let record = decide(&database, &people, Probe::new().finger(thumb(9)).finger(index), several(2));
    let lacks = ReferReason::RecordLacks { modality: Modality::Finger };
    assert_eq!(record.decision, Decision::Refer(lacks));
}

#[test]
fn what_was_enrolled_first_counts_whatever_a_copy_states() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let at = |seconds| Some(Timestamp::from_unix_seconds(seconds));
    let (index, middle) = (Finger::RightIndex, Finger::LeftMiddle);
    let template = |number| people.finger(0, index, number);
    // What is enrolled of the finger that is shown, what a copy of it states, and where the finger is shown.
    type Stated = (FingerPosition, Option<Timestamp>);
    let cases: [(Stated, Stated, FingerPosition); 5] = [
        ((UNKNOWN, at(100)), (index.into(), at(100)), index.into()),
        ((UNKNOWN, at(100)), (index.into(), at(100)), middle.into()),
        ((index.into(), at(900)), (index.into(), at(0)), index.into()),
        ((index.into(), at(900)), (UNKNOWN, None), index.into()),
        ((index.into(), at(900)), (middle.into(), at(999)), index.into()),
    ];
    for (number, ((first, moment), (copied, copied_moment), shown)) in cases.into_iter().enumerate() {
        let database = options(&people).create(directory.path().join(number.to_string())).unwrap();
        let enrol = |template: biomatch::template::FingerprintTemplate, moment: Option<Timestamp>| {
            let enrolment = Enrolment::new().finger(template).captured(moment);
            database.enrol(people.id(0), enrolment).unwrap();
        };
        enrol(template(0).at(first), moment);
        // Three newer ones under the same name, of another finger: what falls behind them is not compared.
        for other in 0..3 {
            enrol(people.finger(1, Finger::LeftThumb, other).at(index), at(500 + other as i64));
        }
        let decided = || {
            let probe = Probe::new().finger(template(9).at(shown));
            let record = decide(&database, &people, probe, one());
            (record.decision, record.modalities, record.comparisons)
        };
        let before = decided();
        assert_eq!(before.0, Decision::Accept, "{number}");
        enrol(template(0).at(copied), copied_moment);
        assert_eq!(decided(), before, "{number}");
    }
}

#[test]
fn too_many_comparisons_are_refused_before_any_is_made() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = ten_unknown(&people, directory.path(), 1);
    let probe = (0..2_001).fold(Probe::new(), |probe, number| {
        let mut template = people.finger(0, Finger::RightThumb, 9);
        template.minutiae.truncate(3);
        template.minutiae[0].x = biomatch::units::Length::from_steps(number + 100);
        probe.finger(template.at(UNKNOWN))
    });
    let claim = Claim::new(people.id(0), probe, Policy::fingers(FingerRule::one(Fmr::one_in(2))));
    let error = database.authenticate(&claim).unwrap_err();
    assert!(error.to_string().contains("20010 comparisons; at most 20000"), "{error}");
}
