//! What all samples of a claim say together, and policies that ask for it.

use crate::database_support::*;
use biomatch::calibration::{Calibration, ComparisonSet, FINGER_MATCHER, Fit};
use biomatch::database::{
    Calibrations, CitizenDatabase, Claim, DatabaseError, Decision, DecisionRecord, FingerRule, Policy, Probe,
    Verdict,
};
use biomatch::face;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::fusion::{Discount, FusionError};
use biomatch::template::Finger;
use biomatch::units::Fmr;

/// As [`face_table`], with mated comparisons.
fn face_table_with_ratios(people: &People) -> Calibration {
    let faces: Vec<_> = (100_000..100_180)
        .flat_map(|index| [(index, people.face(index, 0)), (index, people.face(index, 1))])
        .collect();
    let pairs = faces.iter().enumerate().flat_map(|(i, a)| faces[..i].iter().map(move |b| (a, b)));
    let comparisons = pairs.map(|(a, b)| ([a.0 as u32, b.0 as u32], face::compare(&a.1, &b.1).unwrap()));
    Fit::new("generated-64", "test")
        .set(ComparisonSet::of_subjects("generated", comparisons))
        .finish()
        .unwrap()
}

/// Of generated fingers, as those of the people in these tests are.
fn finger_table(people: &People) -> Calibration {
    let features =
        |index, number| FingerFeatures::new(&people.finger(index, Finger::RightIndex, number).minutiae);
    let prints: Vec<(u64, FingerFeatures)> =
        (100_000..100_110).flat_map(|index| [0, 1].map(|number| (index, features(index, number)))).collect();
    let mut scratch = Scratch::default();
    let mut comparisons = Vec::new();
    for (i, a) in prints.iter().enumerate() {
        let probe = FingerProbe::new(a.1.view());
        let score = |b: &FingerFeatures, scratch: &mut Scratch| probe.compare(b.view(), scratch);
        comparisons.extend(prints[..i].iter().map(|b| ([a.0 as u32, b.0 as u32], score(&b.1, &mut scratch))));
    }
    let set = ComparisonSet::of_subjects("generated", comparisons);
    Fit::new(FINGER_MATCHER, "test").set(set).finish().unwrap()
}

/// A person with four fingers and a face, and the database of this table.
fn database_with(people: &People, folder: &std::path::Path, faces: Calibration) -> CitizenDatabase {
    let tables = Calibrations::new().fingers(finger_table(people)).face(faces);
    let database = CitizenDatabase::options().calibrations(tables).create(folder).unwrap();
    let writer = database.writer().unwrap();
    writer.enrol(people.id(0), people.enrolment(0)).unwrap();
    writer.commit().unwrap();
    drop(writer);
    database
}

fn probe(people: &People, of: u64, fingers: &[Finger]) -> Probe {
    let face = Probe::new().face(people.face(of, 9));
    fingers.iter().fold(face, |probe, finger| probe.finger(people.finger(of, *finger, 9).at(*finger)))
}

fn ask(database: &CitizenDatabase, people: &People, probe: Probe, policy: Policy) -> DecisionRecord {
    database.authenticate(&Claim::new(people.id(0), probe, policy)).unwrap()
}

#[test]
fn the_record_states_what_all_samples_say_together() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let database = database_with(&people, folder.path(), face_table_with_ratios(&people));
    let policy = Policy::face_and_finger(Fmr::one_in(1_000));
    let one = ask(&database, &people, probe(&people, 0, &FINGERS[..1]), policy.clone());
    let four = ask(&database, &people, probe(&people, 0, &FINGERS), policy.clone());
    let (fused_one, fused_four) = (one.fused.unwrap(), four.fused.unwrap());
    assert_eq!((fused_one.samples, fused_four.samples), (2, 5));
    assert_eq!(fused_four.discount, Discount::Assumed);
    assert!(fused_four.fmr < fused_one.fmr && fused_four.ratio.log10 > fused_one.ratio.log10);
    assert!(one.modalities.iter().all(|modality| fused_one.fmr < modality.reached), "{one:?}");
    // The record survives its text.
    let text = serde_json::to_string(&four).unwrap();
    assert_eq!(serde_json::from_str::<DecisionRecord>(&text).unwrap(), four);
    // Another person speaks against.
    let other = ask(&database, &people, probe(&people, 1, &FINGERS), policy);
    assert_eq!(other.decision, Decision::Reject);
    let fused = other.fused.unwrap();
    assert!(fused.ratio.log10.log10() < 0.0 && fused.fmr.rate() > 1e-3, "{fused:?}");
}

#[test]
fn a_policy_that_asks_for_a_fused_rate_gets_it_or_rejects() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let database = database_with(&people, folder.path(), face_table_with_ratios(&people));
    let policy = Policy::face_and_finger(Fmr::one_in(1_000));
    let reached = ask(&database, &people, probe(&people, 0, &FINGERS), policy.clone()).fused.unwrap().fmr;
    let met = ask(&database, &people, probe(&people, 0, &FINGERS), policy.clone().fused(reached));
    assert_eq!(met.decision, Decision::Accept);
    // With fewer fingers the same rate is not reached, although each modality meets its own.
    let fewer = ask(&database, &people, probe(&people, 0, &FINGERS[..3]), policy.clone());
    assert_eq!(fewer.decision, Decision::Accept);
    let stricter = Fmr::new(fewer.fused.unwrap().fmr.rate() * 0.99).unwrap();
    let missed = ask(&database, &people, probe(&people, 0, &FINGERS[..3]), policy.clone().fused(stricter));
    assert_eq!(missed.decision, Decision::Reject);
    assert!(missed.modalities.iter().all(|modality| modality.verdict == Verdict::Met));
    // A fused rate takes nothing away from the others: another's finger is rejected by its own rate.
    let mixed = Probe::new().face(people.face(0, 9)).finger(people.finger(1, FINGERS[0], 9).at(FINGERS[0]));
    let lax = policy.clone().fused(Fmr::new(0.5).unwrap());
    assert_eq!(ask(&database, &people, mixed, lax).decision, Decision::Reject);
    // What not even perfect scores have is an error, before anything is compared.
    let claim =
        Claim::new(people.id(0), probe(&people, 0, &FINGERS[..1]), policy.fused(Fmr::new(1e-40).unwrap()));
    let error = database.authenticate(&claim).unwrap_err();
    assert!(matches!(error, DatabaseError::BeyondFusion { samples: 2, .. }), "{error}");
    assert!(error.is_configuration());
}

#[test]
fn a_fused_rate_of_a_table_without_ratios_is_an_error_that_names_the_table() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let database = database_with(&people, folder.path(), face_table(&people));
    let policy = Policy::face_and_finger(Fmr::one_in(1_000));
    let record = ask(&database, &people, probe(&people, 0, &FINGERS), policy.clone());
    assert_eq!((record.decision, record.fused), (Decision::Accept, None));
    let fused = policy.fused(Fmr::one_in(1_000_000));
    let error =
        database.authenticate(&Claim::new(people.id(0), probe(&people, 0, &FINGERS), fused)).unwrap_err();
    match &error {
        DatabaseError::Fusion(FusionError::NoRatios { matcher }) => assert_eq!(matcher, "generated-64"),
        other => panic!("{other}"),
    }
    assert!(error.to_string().contains("generated-64") && error.is_configuration(), "{error}");
    // A policy of fingers needs no ratios of faces.
    let fingers = Policy::fingers(FingerRule::one(Fmr::one_in(1_000))).fused(Fmr::one_in(1_000_000));
    let record = ask(&database, &people, probe(&people, 0, &FINGERS), fingers);
    assert_eq!((record.decision, record.fused.unwrap().samples), (Decision::Accept, 4));
}

/// Impressions of unknown position may all be of one finger, and then are no several samples.
#[test]
fn fingers_of_unknown_position_are_one_sample() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let database = database_with(&people, folder.path(), face_table_with_ratios(&people));
    let unknown = |finger| {
        let mut template = people.finger(0, finger, 9);
        template.position = biomatch::template::FingerPosition::from_code(0);
        template
    };
    let probe = FINGERS.into_iter().fold(Probe::new(), |probe, finger| probe.finger(unknown(finger)));
    let record = ask(&database, &people, probe, Policy::fingers(FingerRule::one(Fmr::one_in(100))));
    let fused = record.fused.unwrap();
    assert_eq!(record.comparisons.len(), 16);
    assert_eq!((fused.samples, fused.discount), (1, Discount::None));
    assert!((fused.fmr.rate() / record.modalities[0].reached.rate() - 1.0).abs() < 1e-6, "{record:?}");
}
