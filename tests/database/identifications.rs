//! Searches of all citizens through the database: order, rates, sub-galleries, batches.

use std::sync::Arc;
use std::time::Duration;

use crate::database_support::*;
use biomatch::database::{
    Calibrations, CitizenDatabase, DatabaseError, Enrolment, LockReason, Probe, SearchRecord, SearchRequest,
};
use biomatch::search::SubGallery;
use biomatch::template::{Finger, FingerPosition, FingerprintTemplate, Modality};
use biomatch::units::Fpir;

const CITIZENS: u64 = 12;

fn five(probe: &Probe) -> SearchRequest {
    SearchRequest::new(probe.clone()).at_most(5)
}

fn finger_probe(people: &People, index: u64, position: FingerPosition) -> Probe {
    Probe::new().finger(people.finger(index, Finger::LeftThumb, 9).at(position))
}

#[test]
fn the_right_citizen_comes_first_by_any_sample() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), CITIZENS);
    let face = Probe::new().face(people.face(3, 9));
    let known = finger_probe(&people, 3, Finger::LeftThumb.into());
    let unknown = finger_probe(&people, 3, FingerPosition::Unknown);
    // Each is compared with: all faces; one finger a citizen; four fingers a citizen; both.
    for (probe, compared) in
        [(face, CITIZENS), (known, CITIZENS), (unknown, 4 * CITIZENS), (people.probe(3), 2 * CITIZENS)]
    {
        let found = database.identify(&five(&probe)).unwrap();
        assert_eq!(found.compared, compared);
        assert_eq!(found.candidates.len(), 5);
        assert_eq!(found.candidates[0].citizen, people.id(3));
        assert!(found.not_compared.is_empty());
        for (candidate, rank) in found.candidates.iter().zip(1..) {
            assert_eq!(candidate.rank, rank);
            assert_eq!(candidate.locked, None);
        }
        // The bound: the best sample's rate, for all its comparisons, for all samples.
        let samples = found.candidates[0].comparisons.len() as u64;
        for candidate in &found.candidates {
            let best = candidate.comparisons.iter().map(|c| c.fmr.rate()).fold(f64::INFINITY, f64::min);
            let bound = best * (compared / samples) as f64 * samples as f64;
            assert!((candidate.expected_false - bound).abs() <= 1e-9 * bound);
        }
    }
}

#[test]
fn one_sample_ranks_as_the_scores_of_one_to_one_do() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), CITIZENS);
    let probe = people.face(5, 9);
    let mut expected: Vec<_> = (0..CITIZENS)
        .map(|index| (biomatch::face::compare(&probe, &people.face(index, 0)).unwrap(), people.id(index)))
        .collect();
    expected.sort_by(|a, b| b.cmp(a));
    let all = SearchRequest::new(Probe::new().face(probe)).at_most(100);
    let found = database.identify(&all).unwrap();
    let ranked: Vec<_> = found.candidates.iter().map(|c| (c.comparisons[0].score, c.citizen)).collect();
    assert_eq!(ranked, expected);
}

#[test]
fn a_rate_lists_only_candidates_within_it() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), CITIZENS);
    let at = |index| five(&people.probe(index)).fpir(Fpir::one_in(100));
    let found = database.identify(&at(3)).unwrap();
    assert_eq!(found.candidates.len(), 1);
    assert_eq!(found.candidates[0].citizen, people.id(3));
    assert!(found.candidates[0].expected_false <= 0.01);
    assert!(found.candidates[0].comparisons.iter().any(|c| c.score >= c.threshold.unwrap()));
    let non_mate = database.identify(&at(CITIZENS + 3)).unwrap();
    assert!(non_mate.candidates.is_empty());
    assert_eq!(non_mate.compared, 2 * CITIZENS);
    // No sample's table goes so low.
    let result = database.identify(&five(&people.probe(3)).fpir(Fpir::new(1e-15).unwrap()));
    assert!(matches!(result, Err(DatabaseError::BeyondCalibration { .. })));
}

#[test]
fn a_sub_gallery_holds_the_search_and_a_lock_does_not_hide() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), CITIZENS);
    let some: SubGallery = [1, 2, 4].into_iter().map(|index| people.id(index)).collect();
    let found = database.identify(&five(&people.probe(3)).within(Arc::new(some))).unwrap();
    assert_eq!(found.compared, 6);
    assert_eq!(found.candidates.len(), 3);
    assert!(found.candidates.iter().all(|candidate| candidate.citizen != people.id(3)));
    database.lock(people.id(3), LockReason::Authority).unwrap();
    let found = database.identify(&five(&people.probe(3))).unwrap();
    assert_eq!(
        (found.candidates[0].citizen, found.candidates[0].locked),
        (people.id(3), Some(LockReason::Authority))
    );
    // Deleted is gone.
    database.delete(people.id(3)).unwrap();
    let found = database.identify(&five(&people.probe(3))).unwrap();
    assert!(found.candidates.iter().all(|candidate| candidate.citizen != people.id(3)));
}

#[test]
fn a_batch_and_any_number_of_threads_find_the_same() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), CITIZENS);
    let probes: Vec<Probe> = vec![
        people.probe(1),
        Probe::new().face(people.face(2, 9)),
        finger_probe(&people, 3, FingerPosition::Unknown),
        people.probe(CITIZENS + 1),
    ];
    let requests: Vec<SearchRequest> = probes.iter().map(five).collect();
    // All of a record but the time that it took.
    let timeless = |records: Vec<SearchRecord>| -> Vec<SearchRecord> {
        let timeless = records.into_iter().map(|mut record| {
            record.answered.took = Duration::ZERO;
            record
        });
        timeless.collect()
    };
    let batch = timeless(database.identify_batch(&requests).unwrap());
    // A batch looks deeper for single samples when others have several: the same five nevertheless.
    let single = requests.iter().map(|request| database.identify(request).unwrap()).collect();
    assert_eq!(batch, timeless(single));
    // Requests that search otherwise have a pass of their own, and the order stays.
    let mixed: Vec<SearchRequest> =
        requests.iter().zip(1..).map(|(request, most)| request.clone().at_most(most)).collect();
    let found = timeless(database.identify_batch(&mixed).unwrap());
    for ((found, batch), most) in found.iter().zip(&batch).zip(1..) {
        assert_eq!(found.candidates, batch.candidates[..most], "{most}");
    }
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let options = options(&people).pool(Arc::new(pool));
        let database = options.open(directory.path()).unwrap();
        assert_eq!(timeless(database.identify_batch(&requests).unwrap()), batch, "{threads} threads");
    }
}

#[test]
fn what_cannot_be_searched_is_an_error_and_not_an_empty_list() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 2);
    let empty = FingerprintTemplate::new(Finger::LeftThumb.into(), Vec::new());
    for probe in [Probe::new(), Probe::new().finger(empty.at(Finger::LeftThumb))] {
        assert!(matches!(database.identify(&five(&probe)), Err(DatabaseError::EmptyProbe)));
    }
    let other: biomatch::template::ModelId = "another-model".parse().unwrap();
    let probe = Probe::new().face(people.face_of(&other, 0, 9));
    assert!(matches!(database.identify(&five(&probe)), Err(DatabaseError::Uncalibrated { .. })));
    let calibrations = Calibrations::new().assume_for(other, face_table(&people));
    let database = CitizenDatabase::options().calibrations(calibrations).open(directory.path()).unwrap();
    assert!(matches!(database.identify(&five(&probe)), Err(DatabaseError::Search(_))));
    // An empty gallery has nobody, and says so with a list.
    let empty = directory.path().join("empty");
    let database = options(&people).create(empty).unwrap();
    let found = database.identify(&five(&people.probe(0))).unwrap();
    assert_eq!((found.candidates.len(), found.compared), (0, 0));
    let writer = database.writer().unwrap();
    writer.enrol(people.id(0), Enrolment::new().face(people.face(0, 0))).unwrap();
    writer.commit().unwrap();
    let found = database.identify(&five(&people.probe(0))).unwrap();
    assert_eq!(found.candidates[0].comparisons[0].modality, Modality::Face);
}
