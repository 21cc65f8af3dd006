//! Single changes on the database itself: durable when they return, shared by threads, one writer.

use std::time::Duration;

use crate::database_support::*;
use biomatch::database::{Claim, Decision, Enrolment, LockReason, Policy, Probe, ReferReason, SearchRequest};
use biomatch::gallery::{ErasureState, RequestId};
use biomatch::template::FingerprintTemplate;

#[test]
fn changes_are_seen_by_another_handle_as_soon_as_they_return() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("citizens");
    let database = options(&people).create(&path).unwrap();
    let other = options(&people).open(&path).unwrap();
    let claim = |index| {
        other
            .authenticate(&Claim::new(people.id(index), people.probe(index), Policy::default()))
            .unwrap()
            .decision
    };

    assert_eq!(claim(1), Decision::Refer(ReferReason::UnknownCitizen));
    assert_eq!(database.enrol(people.id(1), people.enrolment(1)).unwrap().len(), 5);
    assert!(matches!(claim(1), Decision::Accept));
    let why = LockReason::HolderRequest;
    database.lock(people.id(1), why).unwrap();
    assert_eq!(claim(1), Decision::Refer(ReferReason::Locked { why }));
    database.unlock(people.id(1)).unwrap();
    assert!(matches!(claim(1), Decision::Accept));
    database.delete(people.id(1)).unwrap();
    assert_eq!(claim(1), Decision::Refer(ReferReason::UnknownCitizen));
    assert!(database.delete(people.id(1)).is_err(), "nobody to delete");
    database.enrol(people.id(2), people.enrolment(2)).unwrap();
    assert!(matches!(claim(2), Decision::Accept), "a refused change does not spoil the next");
}

#[test]
fn threads_share_the_writer_and_others_wait_for_its_release() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("citizens");
    let database = options(&people).create(&path).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (database, people) = (&database, &people);
            scope.spawn(move || {
                for n in 0..5 {
                    let index = thread * 100 + n;
                    database.enrol(people.id(index), people.enrolment(index)).unwrap();
                }
            });
        }
    });
    let other = options(&people).open(&path).unwrap();
    assert_eq!(other.snapshot().unwrap().gallery().face_count(), 20);
    // Whoever writes in this process shares the writer; another process waits for its release.
    let (writer, second) = (database.writer().unwrap(), other.writer().unwrap());
    other.enrol(people.id(900), people.enrolment(900)).unwrap();
    drop((writer, second));
    database.release_writer();
    other.release_writer();
    assert_eq!(database.snapshot().unwrap().gallery().face_count(), 21);
}

#[test]
fn an_erasure_is_waited_for_and_listed_until_it_is_done() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("citizens");
    let database = options(&people).create(&path).unwrap();
    database.enrol(people.id(1), people.enrolment(1)).unwrap();
    database.writer().unwrap().flush().unwrap();
    let held = database.snapshot().unwrap();
    let ticket = database.erase(people.id(1)).unwrap();
    // A snapshot of before maps what was removed: the wait ends by its time.
    let state = database.wait_erased(&ticket, Duration::from_millis(50)).unwrap();
    assert!(matches!(state, ErasureState::Pending | ErasureState::Mapped { .. }), "{state:?}");
    drop(held);
    assert_eq!(database.wait_erased(&ticket, Duration::from_secs(60)).unwrap(), ErasureState::Done);
    assert_eq!(database.snapshot().unwrap().erasures().count(), 0);
    assert!(database.maintenance_failure().is_none());
}

#[test]
fn what_a_caller_can_do_about_an_error_is_one_class() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    let database = options(&people).create(folder.path().join("citizens")).unwrap();
    let id = people.id(1);
    let reference = database.enrol(id, people.enrolment(1)).unwrap()[0];
    let empty = FingerprintTemplate::default();
    let request = RequestId::new([7; 16]);
    database.enrol(id, people.enrolment(2).request_id(request)).unwrap();
    let errors = [
        database.enrol(id, Enrolment::new()).unwrap_err(),
        database.enrol(id, Enrolment::new().finger(empty)).unwrap_err(),
        database.enrol(id, people.enrolment(3).request_id(request)).unwrap_err(),
        database.replace(id, reference, people.enrolment(1)).unwrap_err(),
        database.remove(people.id(2), reference).unwrap_err(),
        database.delete(people.id(2)).unwrap_err(),
        database.identify(&SearchRequest::new(Probe::new())).unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_request(), "{error:?}");
        assert!(!error.is_retryable() && !error.is_damage() && !error.is_configuration(), "{error:?}");
    }
}
