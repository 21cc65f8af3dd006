//! A search that leaves a citizen out gives what a gallery without them gives, to the byte.

use std::path::Path;
use std::sync::Arc;

use crate::database_support::*;
use biomatch::database::{CitizenDatabase, Enrolment, SearchRecord, SearchRequest};
use biomatch::search::{Effort, SubGallery};
use biomatch::template::Finger;
use biomatch::units::Fpir;

const PEOPLE: u64 = 12;

/// The people, but for one; the second half of them in the log, some with a face of another model.
fn gallery(people: &People, folder: &Path, left_out: Option<u64>) -> CitizenDatabase {
    let database = options(people).create(folder).unwrap();
    let writer = database.writer().unwrap();
    for index in (0..PEOPLE).filter(|index| Some(*index) != left_out) {
        if index == PEOPLE / 2 {
            writer.flush().unwrap();
        }
        let mut enrolment = people.enrolment(index);
        if index % 3 == 0 {
            enrolment = enrolment.finger(people.finger(index, Finger::RightIndex, 4).at(Finger::RightIndex));
        }
        writer.enrol(people.id(index), enrolment).unwrap();
        if index % 4 == 0 {
            let other = people.face_of(&"other-64".parse().unwrap(), index, 0);
            writer.enrol(people.id(index), Enrolment::new().face(other)).unwrap();
        }
    }
    writer.commit().unwrap();
    drop(writer);
    database
}

/// The record without what differs between two galleries of the same people: numbers of references, generations,
/// times, and the name of who was left out.
fn comparable(record: &SearchRecord) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                for name in ["reference", "generation", "microseconds", "except"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            serde_json::Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(record).unwrap();
    strip(&mut value);
    value
}

#[test]
fn the_answer_is_that_of_a_gallery_without_the_citizen() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let whole = gallery(&people, &folder.path().join("whole"), None);
    for left_out in [0, 3, 7, PEOPLE - 1] {
        let naive = gallery(&people, &folder.path().join(format!("without {left_out}")), Some(left_out));
        let within: Arc<SubGallery> = Arc::new((0..8).map(|index| people.id(index)).collect());
        let snapshot = whole.snapshot().unwrap();
        let own = snapshot.probe_of(people.id(left_out)).unwrap().unwrap();
        for probe in [people.probe(left_out), people.probe(1), own] {
            let request = SearchRequest::new(probe).effort(Effort::Exhaustive).at_most(5);
            let requests = [
                request.clone(),
                request.clone().effort(Effort::Standard),
                request.clone().fpir(Fpir::one_in(10)),
                request.within(within.clone()),
            ];
            let excepted: Vec<_> =
                requests.iter().map(|request| request.clone().except(people.id(left_out))).collect();
            let (found, expected) =
                (whole.identify_batch(&excepted).unwrap(), naive.identify_batch(&requests).unwrap());
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(comparable(found), comparable(expected), "without {left_out}");
                assert_eq!(found.searched.asked.except, Some(people.id(left_out)));
            }
        }
    }
}

#[test]
fn only_the_named_citizen_is_left_out_and_only_of_that_search() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let database = gallery(&people, folder.path(), None);
    let best = |request: SearchRequest| database.identify(&request).unwrap().candidates[0].citizen;
    let request = SearchRequest::new(people.probe(2));
    assert_eq!(best(request.clone()), people.id(2));
    assert_ne!(best(request.clone().except(people.id(2))), people.id(2));
    assert_eq!(best(request.clone().except(people.id(3))), people.id(2));
    // Nobody is enrolled under the number: nothing is left out.
    assert_eq!(best(request.clone().except(people.id(99))), people.id(2));
    assert_eq!(best(request), people.id(2));
}

#[test]
fn an_enrolled_person_is_found_under_another_number_too() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let database = gallery(&people, folder.path(), None);
    let twice = people.id(77);
    let again = people.finger(5, Finger::RightIndex, 8).at(Finger::RightIndex);
    database.enrol(twice, Enrolment::new().finger(again).face(people.face(5, 8))).unwrap();
    let snapshot = database.snapshot().unwrap();
    for (one, other) in [(people.id(5), twice), (twice, people.id(5))] {
        let probe = snapshot.probe_of(one).unwrap().unwrap();
        let found = snapshot.identify(&SearchRequest::new(probe.clone()).except(one)).unwrap();
        assert_eq!(found.candidates[0].citizen, other);
        // The probe is what is enrolled, to the bit: it is its own best mate.
        let found = snapshot.identify(&SearchRequest::new(probe)).unwrap();
        assert_eq!(found.candidates[0].citizen, one);
    }
    assert!(snapshot.probe_of(people.id(99)).unwrap().is_none());
}
