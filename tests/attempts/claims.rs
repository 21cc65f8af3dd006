//! A limiter before claims: what is refused is not compared, is recorded, and cannot be switched off by losing a file.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::database_support::*;
use crate::support::Clock;
use biomatch::attempts::{
    Attempt, AttemptOutcome, Attempts, AttemptsError, AttemptsFile, Presentation, Reservation, Standing,
};
use biomatch::database::{
    AuditFile, CitizenDatabase, Claim, DatabaseError, Decision, LockReason, Policy, Probe, ReferReason,
    SearchRequest,
};
use biomatch::gallery::{Gallery, GalleryOptions, backup, repair, restore, verify};
use biomatch::subject::SubjectId;
use biomatch::units::{Fmr, Timestamp};

/// A database of two people with a limiter, and its audit.
struct Fixture {
    people: People,
    folder: tempfile::TempDir,
    clock: Clock,
    database: CitizenDatabase,
}

impl Fixture {
    fn new() -> Self {
        let (people, folder, clock) = (People::new(), tempfile::tempdir().unwrap(), Clock::at(1_000_000));
        let gallery = folder.path().join("gallery");
        let database = database(&people, &gallery, 2);
        let file = AttemptsFile::create(folder.path().join("attempts"), Some(database.gallery().identity()));
        database.limit_attempts(&file.unwrap()).unwrap();
        drop(database);
        let mut fixture = Self { database: options(&people).open(&gallery).unwrap(), people, folder, clock };
        fixture.database = fixture.open();
        fixture
    }

    fn gallery(&self) -> std::path::PathBuf {
        self.folder.path().join("gallery")
    }

    fn limiter(&self, folder: &Path) -> Arc<AttemptsFile> {
        Arc::new(self.clock.of(AttemptsFile::open(folder).unwrap()))
    }

    fn open(&self) -> CitizenDatabase {
        let audit = Arc::new(AuditFile::append(self.folder.path().join("audit.ndjson")).unwrap());
        let limiter = self.limiter(&self.folder.path().join("attempts"));
        options(&self.people).audit(audit).attempts(limiter).open(self.gallery()).unwrap()
    }

    /// Claims that the probe of `probe` is of the first person.
    fn claim(&self, probe: u64) -> Claim {
        Claim::new(self.people.id(0), self.people.probe(probe), Policy::default())
    }

    fn decide(&self, probe: u64) -> Decision {
        self.database.authenticate(&self.claim(probe)).unwrap().decision
    }

    fn failures(&self) -> u32 {
        self.database.attempts(self.people.id(0)).unwrap().failures
    }

    fn compared(&self) -> u64 {
        self.database.counters().comparisons
    }

    fn audit(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.folder.path().join("audit.ndjson")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[test]
fn what_is_refused_is_not_compared_and_is_recorded() {
    let fixture = Fixture::new();
    for _ in 0..5 {
        assert_eq!(fixture.decide(1), Decision::Reject);
    }
    let compared = fixture.compared();
    assert!(compared > 0);
    // The right person is refused too: nothing is known of a probe that is not compared.
    let record = fixture.database.authenticate(&fixture.claim(0)).unwrap();
    let until = Timestamp::from_unix_seconds(1_000_030);
    assert_eq!(record.decision, Decision::Refer(ReferReason::Throttled { until }));
    assert!(record.comparisons.is_empty() && record.modalities.is_empty());
    assert_eq!(fixture.compared(), compared, "no score was computed");
    let entries = fixture.audit();
    let last = entries.last().unwrap();
    assert_eq!((&last["decision"], &last["reason"]), (&"refer".into(), &"throttled".into()));
    assert_eq!((&last["until"], &last["comparisons"]), (&1_000_030.into(), &serde_json::json!([])));
    let read: biomatch::database::AuditEntry = serde_json::from_value(last.clone()).unwrap();
    assert_eq!(read, biomatch::database::AuditEntry::Authenticate(record));
    // A detection of attacks has more attempts; another citizen is not concerned; nor is a search.
    let bona_fide = fixture.claim(1).presentation(Presentation::BonaFide);
    let record = fixture.database.authenticate(&bona_fide).unwrap();
    assert_eq!(record.claimed.presentation, Presentation::BonaFide);
    let _ = rejected(record);
    let other = Claim::new(fixture.people.id(1), fixture.people.probe(1), Policy::default());
    let _ = accepted(fixture.database.authenticate(&other).unwrap());
    let found = fixture.database.identify(&SearchRequest::new(fixture.people.probe(0)).at_most(1)).unwrap();
    assert_eq!(found.candidates[0].citizen, fixture.people.id(0));
    // After the wait a success ends the row.
    fixture.clock.advance(60);
    assert_eq!(fixture.decide(0), Decision::Accept);
    assert_eq!(fixture.failures(), 0);
}

#[test]
fn only_a_rejection_counts() {
    let fixture = Fixture::new();
    let (people, database) = (&fixture.people, &fixture.database);
    assert_eq!(fixture.decide(1), Decision::Reject);
    for _ in 0..6 {
        // Before a comparison: nothing is reserved.
        let lacking = Claim::new(people.id(0), Probe::new().face(people.face(0, 9)), Policy::default());
        let record = database.authenticate(&lacking).unwrap();
        assert!(matches!(record.decision, Decision::Refer(ReferReason::ProbeLacks { .. })));
        let unknown = Claim::new(people.id(7), people.probe(0), Policy::default());
        let record = database.authenticate(&unknown).unwrap();
        assert_eq!(record.decision, Decision::Refer(ReferReason::UnknownCitizen));
        let beyond = Claim::new(people.id(0), people.probe(0), Policy::face(Fmr::new(1e-300).unwrap()));
        assert!(database.authenticate(&beyond).is_err());
    }
    assert_eq!((fixture.failures(), database.attempts(people.id(7)).unwrap().failures), (1, 0));
    // A lock comes first.
    database.lock(people.id(0), LockReason::Authority).unwrap();
    assert!(matches!(fixture.decide(1), Decision::Refer(ReferReason::Locked { .. })));
    database.unlock(people.id(0)).unwrap();
    assert_eq!(fixture.failures(), 1);
    assert_eq!(fixture.decide(0), Decision::Accept);
    assert_eq!(fixture.failures(), 0);
}

#[test]
fn an_officer_ends_a_stop_and_the_audit_has_it() {
    let fixture = Fixture::new();
    for _ in 0..50 {
        assert_eq!(fixture.decide(1), Decision::Reject);
        fixture.clock.advance(3_600);
    }
    let compared = fixture.compared();
    assert_eq!(fixture.decide(0), Decision::Refer(ReferReason::OfficerMustUnlock));
    assert_eq!(fixture.compared(), compared);
    assert_eq!(fixture.audit().last().unwrap()["reason"], "officer_must_unlock");
    assert_eq!(fixture.database.unlock_attempts(fixture.people.id(0)).unwrap().failures, 50);
    assert_eq!(fixture.audit().last().unwrap()["operation"], "unlock_attempts");
    assert_eq!(fixture.decide(0), Decision::Accept);
    fixture.database.unlock_attempts(fixture.people.id(0)).unwrap();
    assert_eq!(fixture.audit().last().unwrap()["operation"], "unchanged");
}

fn refused<T>(result: Result<T, DatabaseError>) -> AttemptsError {
    match result {
        Err(DatabaseError::Attempts(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("decided"),
    }
}

#[test]
fn a_gallery_that_names_its_limiter_has_no_decision_without_it() {
    let fixture = Fixture::new();
    let without = options(&fixture.people).open(fixture.gallery()).unwrap();
    let error = refused(without.authenticate(&fixture.claim(0)));
    assert!(matches!(error, AttemptsError::OtherLimiter { found: None, .. }), "{error}");
    assert!(matches!(without.attempts(fixture.people.id(0)), Err(DatabaseError::Attempts(_))));
    assert!(
        without.identify(&SearchRequest::new(fixture.people.probe(0))).is_ok(),
        "searches are not limited"
    );
    // Another file, and one of another gallery.
    let identity = without.gallery().identity();
    let other = fixture.folder.path().join("other");
    drop(AttemptsFile::create(&other, Some(identity)).unwrap());
    let opened = options(&fixture.people).attempts(fixture.limiter(&other)).open(fixture.gallery());
    assert!(matches!(refused(opened), AttemptsError::OtherLimiter { found: Some(_), .. }));
    let foreign = fixture.folder.path().join("foreign");
    drop(AttemptsFile::create(&foreign, Some([9; 16])).unwrap());
    let opened = options(&fixture.people).attempts(fixture.limiter(&foreign)).open(fixture.gallery());
    assert!(matches!(refused(opened), AttemptsError::OtherGallery { .. }));
    // The file is lost: nothing is decided until an officer begins a new one.
    fs::remove_dir_all(fixture.folder.path().join("attempts")).unwrap();
    let error = refused(fixture.database.authenticate(&fixture.claim(0)));
    assert!(error.to_string().contains("attempts"), "{error}");
    assert_eq!(fixture.audit().last().unwrap()["operation"], "authenticate_failed");
    let file = AttemptsFile::open(&other).unwrap();
    assert!(matches!(refused(without.limit_attempts(&file)), AttemptsError::OtherLimiter { .. }));
    without.replace_limiter(&file).unwrap();
    let opened = options(&fixture.people).attempts(fixture.limiter(&other)).open(fixture.gallery()).unwrap();
    let _ = accepted(opened.authenticate(&fixture.claim(0)).unwrap());
    // A damaged mark is not "no limits".
    fs::remove_file(fixture.gallery().join("ATTEMPTS")).unwrap();
    fs::write(fixture.gallery().join("ATTEMPTS"), "attempts").unwrap();
    assert!(without.authenticate(&fixture.claim(0)).unwrap_err().is_damage());
    assert!(!verify(fixture.gallery()).unwrap().is_sound());
}

#[test]
fn copies_of_a_gallery_name_its_limiter() {
    let fixture = Fixture::new();
    let to = |name: &str| fixture.folder.path().join(name);
    let (gallery, expected) = (fixture.gallery(), fixture.database.gallery().limiter().unwrap());
    assert!(expected.is_some() && verify(&gallery).unwrap().foreign.is_empty());
    for _ in 0..2 {
        backup(&gallery, to("backup")).unwrap();
    }
    restore(to("backup"), to("restored")).unwrap();
    let doubtless = |report: biomatch::gallery::RepairReport| assert!(report.doubts.is_empty());
    doubtless(repair(&gallery, to("repaired"), &GalleryOptions::default(), false).unwrap());
    for name in ["backup", "restored", "repaired"] {
        let copy = Gallery::open(to(name), GalleryOptions::default()).unwrap();
        assert_eq!(copy.limiter().unwrap(), expected, "{name}");
        assert!(verify(to(name)).unwrap().is_sound(), "{name}");
    }
}

/// A limiter of a caller, which fails at one of its calls.
struct Failing {
    reserved: AtomicUsize,
    fails: &'static str,
}

impl Failing {
    fn answer(&self, call: &str) -> Result<(), AttemptsError> {
        match self.fails == call {
            true => Err(AttemptsError::Other("the database is away".into())),
            false => Ok(()),
        }
    }
}

impl Attempts for Failing {
    fn reserve(&self, subject: SubjectId, _: Presentation) -> Result<Reservation, AttemptsError> {
        self.answer("reserve")?;
        self.reserved.fetch_add(1, Ordering::SeqCst);
        Ok(Reservation::Granted(Attempt::new(subject, 1)))
    }

    fn settle(&self, attempt: Attempt, outcome: AttemptOutcome) -> Result<(), AttemptsError> {
        assert_eq!((attempt.number(), outcome), (1, AttemptOutcome::Accepted));
        self.answer("settle")
    }

    fn standing(&self, _: SubjectId) -> Result<Standing, AttemptsError> {
        Ok(Standing::default())
    }

    fn unlock(&self, _: SubjectId) -> Result<Standing, AttemptsError> {
        Ok(Standing::default())
    }
}

#[test]
fn a_limiter_that_fails_gives_no_decision() {
    let people = People::new();
    let folder = tempfile::tempdir().unwrap();
    drop(database(&people, folder.path(), 1));
    for (fails, reserved) in [("", 1), ("reserve", 0), ("settle", 1)] {
        let limiter = Arc::new(Failing { reserved: AtomicUsize::new(0), fails });
        let database = options(&people).attempts(limiter.clone()).open(folder.path()).unwrap();
        let decided = database.authenticate(&Claim::new(people.id(0), people.probe(0), Policy::default()));
        assert_eq!(limiter.reserved.load(Ordering::SeqCst), reserved, "{fails}");
        match fails {
            "" => drop(accepted(decided.unwrap())),
            _ => assert!(refused(decided).to_string().contains("the database is away")),
        }
    }
    // Without a limiter there is nobody to ask.
    let database = options(&people).open(folder.path()).unwrap();
    assert!(matches!(database.attempts(people.id(0)), Err(DatabaseError::NoLimiter)));
    assert!(matches!(database.unlock_attempts(people.id(0)), Err(DatabaseError::NoLimiter)));
}

#[test]
fn a_file_of_attempts_is_never_begun_in_the_folder_of_a_gallery() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(folder.path(), GalleryOptions::default()).unwrap();
    let before: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let error = AttemptsFile::create(folder.path(), Some(gallery.identity())).unwrap_err();
    assert!(matches!(error, AttemptsError::ForeignFolder { .. }) && error.is_configuration(), "{error}");
    let after: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(after.len(), before.len());
    drop(gallery);
    assert!(verify(folder.path()).unwrap().is_sound());
}
