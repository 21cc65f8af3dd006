//! What comes out of a request is what the audit keeps and what is serialised.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::database_support::*;
use biomatch::database::{
    Audit as _, AuditEntry, AuditFile, CallerTag, Change, ChangeEntry, CitizenDatabase, Claim, DatabaseError,
    Decision, DecisionRecord, FingerCount, FingerRule, LockReason, Policy, Probe, RequestNotMade,
    SearchRecord, SearchRequest,
};
use biomatch::gallery::{Generation, RequestId};
use biomatch::search::{Effort, SubGallery};
use biomatch::template::FingerPosition;
use biomatch::units::{Fmr, Fpir};
use serde_json::Value;

struct Fixture {
    people: People,
    folder: tempfile::TempDir,
    database: CitizenDatabase,
}

impl Fixture {
    fn new() -> Self {
        let people = People::new();
        let folder = tempfile::tempdir().unwrap();
        let audit = AuditFile::append(folder.path().join("audit.ndjson")).unwrap();
        let options = options(&people).audit(Arc::new(audit));
        let database = options.create(folder.path().join("gallery")).unwrap();
        for index in 0..4 {
            database.enrol(people.id(index), people.enrolment(index)).unwrap();
        }
        database.lock(people.id(3), LockReason::CardRevoked).unwrap();
        Self { people, folder, database }
    }

    fn entries(&self) -> Vec<AuditEntry> {
        let text = std::fs::read_to_string(self.folder.path().join("audit.ndjson")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Claims that come to every decision.
    fn decisions(&self) -> Vec<DecisionRecord> {
        let (people, unknown) = (&self.people, FingerPosition::Unknown);
        let thumb = people.finger(0, FINGERS[0], 9);
        let twice = Probe::new()
            .finger(thumb.clone().at(unknown))
            .finger(people.finger(0, FINGERS[0], 8).at(unknown));
        let other = Probe::new().face(people.face_of(&"another".parse().unwrap(), 0, 9));
        let two = Policy::fingers(FingerRule::at_least(FingerCount::TWO, Fmr::one_in(777)));
        let face = Policy::face(Fmr::one_in(3));
        let either = Policy::face_or_finger(Fmr::one_in(10_000));
        let claims = [
            Claim::new(people.id(0), people.probe(0), Policy::default())
                .request_id(RequestId::new([7; 16]))
                .tag(CallerTag::new(b"desk 4").unwrap()),
            Claim::new(people.id(0), people.probe(1), either).for_unlocking(),
            Claim::new(people.id(9), people.probe(0), Policy::default()),
            Claim::new(people.id(3), people.probe(3), Policy::default()),
            Claim::new(people.id(0), Probe::new(), face.clone()),
            Claim::new(people.id(0), other, face),
            Claim::new(people.id(0), twice, two),
            Claim::new(people.id(0), Probe::new().finger(thumb.at(unknown)), Policy::default()),
        ];
        claims.iter().map(|claim| self.database.authenticate(claim).unwrap()).collect()
    }

    fn searches(&self) -> Vec<SearchRecord> {
        let people = &self.people;
        let within: SubGallery = (0..2).map(|index| people.id(index)).collect();
        let shortlist = std::num::NonZeroUsize::new(2).unwrap();
        let snapshot = self.database.snapshot().unwrap();
        let filter = snapshot.measure_filter(&[people.probe(0)], shortlist).unwrap();
        let requests = [
            SearchRequest::new(people.probe(0)).at_most(3).tag(CallerTag::new(&[0xff; 64]).unwrap()),
            SearchRequest::new(people.probe(3)).fpir(Fpir::one_in(7)).effort(Effort::Careful),
            SearchRequest::new(people.probe(1)).within(Arc::new(within)).approximately(filter),
        ];
        self.database.identify_batch(&requests).unwrap()
    }
}

#[test]
fn records_are_returned_audited_and_read_back_as_one_value() {
    let fixture = Fixture::new();
    let before = fixture.entries().len();
    let (decisions, searches) = (fixture.decisions(), fixture.searches());
    assert!(decisions.iter().any(|record| record.decision == Decision::Accept));
    assert!(decisions.iter().any(|record| record.decision == Decision::Reject));
    for record in &decisions {
        let text = serde_json::to_string(record).unwrap();
        assert_eq!(&serde_json::from_str::<DecisionRecord>(&text).unwrap(), record, "{text}");
    }
    for record in &searches {
        let text = serde_json::to_string(record).unwrap();
        assert_eq!(&serde_json::from_str::<SearchRecord>(&text).unwrap(), record, "{text}");
    }
    let returned = decisions.into_iter().map(AuditEntry::Authenticate);
    let returned: Vec<_> = returned.chain(searches.into_iter().map(AuditEntry::Identify)).collect();
    assert_eq!(fixture.entries()[before..], returned);
}

#[test]
fn what_fails_is_recorded_with_what_was_asked() {
    let fixture = Fixture::new();
    let before = fixture.entries().len();
    let people = &fixture.people;
    let beyond = Policy::face(Fmr::new(1e-200).unwrap());
    let tag = CallerTag::new(b"7").unwrap();
    let claim = Claim::new(people.id(0), people.probe(0), beyond.clone()).tag(tag.clone());
    let failed = fixture.database.authenticate(&claim).unwrap_err();
    assert!(matches!(failed, DatabaseError::BeyondCalibration { .. }) && failed.is_configuration());
    let requests = [SearchRequest::new(people.probe(0)), SearchRequest::new(Probe::new()).tag(tag.clone())];
    assert!(matches!(fixture.database.identify_batch(&requests), Err(DatabaseError::EmptyProbe)));
    match &fixture.entries()[before..] {
        [
            AuditEntry::AuthenticateFailed(claim),
            AuditEntry::IdentifyFailed(a),
            AuditEntry::IdentifyFailed(b),
        ] => {
            assert_eq!((&claim.claimed.policy, &claim.claimed.tag), (&beyond, &Some(tag.clone())));
            assert_eq!(claim.error, failed.to_string());
            assert_eq!((a.searched.presented.fingers.len(), &b.searched.tag), (1, &Some(tag)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_record_is_as_the_schema_says() {
    let fixture = Fixture::new();
    let (decisions, searches) = (fixture.decisions(), fixture.searches());
    let reference = {
        let view = fixture.database.snapshot().unwrap().citizen(fixture.people.id(0)).unwrap().unwrap();
        view.faces[0].meta.reference()
    };
    fixture.database.remove(fixture.people.id(0), reference).unwrap();
    fixture.database.erase(fixture.people.id(2)).unwrap();
    let beyond =
        Claim::new(fixture.people.id(1), fixture.people.probe(1), Policy::face(Fmr::new(1e-200).unwrap()));
    assert!(fixture.database.authenticate(&beyond).is_err());
    assert!(fixture.database.identify(&SearchRequest::new(Probe::new())).is_err());

    // What only happens around a crash, and the entries of other writers; then the lines of a rotation.
    let audit = AuditFile::append(fixture.folder.path().join("audit.ndjson")).unwrap();
    let (citizen, names) = (fixture.people.id(0), || vec!["wal-000001".to_owned()]);
    let failed = RequestNotMade::new("no probe", Duration::ZERO).tag(CallerTag::new(b"7").unwrap());
    let changes = [
        Change::Replace { citizen, reference },
        Change::Delete { citizen },
        Change::Unlock { citizen },
        Change::UnlockAttempts { citizen },
        Change::LimitAttempts { limiter: "a1".repeat(16) },
        Change::Unchanged { citizen },
        Change::Recover {
            kept_batches: 1,
            cut_bytes: 50,
            set_aside: names(),
            removed_files: names(),
            migrated: false,
        },
        Change::CommitFailed { changes: 2, error: "no room".into() },
    ];
    let entry = |change| AuditEntry::Change(ChangeEntry::new(change, Generation::default(), Duration::ZERO));
    let mut entries: Vec<AuditEntry> = changes.map(entry).into();
    entries.push(AuditEntry::AuthenticateNotMade(failed.clone().citizen(citizen)));
    entries.push(AuditEntry::IdentifyNotMade(failed.request_id(RequestId::new([7; 16]))));
    audit.record(&entries).unwrap();
    audit.rotate().unwrap();
    audit.record(&entries[..1]).unwrap();

    let schema: Value = serde_json::from_str(include_str!("../../docs/records.schema.json")).unwrap();
    let of_kind = |kind: &str| {
        let mut schema = schema.clone();
        schema.as_object_mut().unwrap().remove("anyOf");
        schema["$ref"] = Value::from(format!("#/$defs/{kind}"));
        jsonschema::validator_for(&schema).unwrap()
    };
    let check = |kind: &str, value: &Value| {
        if let Err(error) = of_kind(kind).validate(value) {
            panic!("{kind}: {error} at {}: {value}", error.instance_path());
        }
    };
    decisions.iter().for_each(|record| check("decision_record", &serde_json::to_value(record).unwrap()));
    searches.iter().for_each(|record| check("search_record", &serde_json::to_value(record).unwrap()));
    let read = |name| std::fs::read_to_string(fixture.folder.path().join(name)).unwrap();
    let text = read("audit.ndjson.0001") + &read("audit.ndjson");
    let any = jsonschema::validator_for(&schema).unwrap();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        assert!(any.is_valid(&value), "{line}");
        found.insert(value["operation"].as_str().unwrap().to_owned());
        let kind = match value["operation"].as_str().unwrap() {
            "authenticate" => "decision_record",
            "authenticate_failed" => "failed_claim",
            "identify" => "search_record",
            "identify_failed" => "failed_search",
            "authenticate_not_made" | "identify_not_made" => "request_not_made",
            "audit_closed" | "audit_continued" => "rotation",
            _ => "change",
        };
        check(kind, &value);
    }
    assert_eq!(found, operations(&schema), "every kind of line was checked");
    // The schema can refuse: each of these breaks one rule.
    let good = serde_json::to_value(&decisions[0]).unwrap();
    for (pointer, wrong) in [
        ("/version", Value::from(2)),
        ("/decision", Value::from("maybe")),
        ("/decision", Value::from("refer")),
        ("/policy/face/fmr", Value::from(0)),
        ("/policy/liveness", Value::from(true)),
        ("/citizen", Value::from("12")),
        ("/comparisons/0/score", Value::from("high")),
        ("/finger_calibration/digest", Value::from("00")),
    ] {
        let mut bad = good.clone();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[field] = wrong;
        assert!(!of_kind("decision_record").is_valid(&bad), "{pointer}");
    }
}

/// Every operation that the schema has.
fn operations(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "operation" {
                    let words = value["enum"].as_array().cloned().unwrap_or_default();
                    let words = words.iter().chain([&value["const"]]).filter_map(Value::as_str);
                    names.extend(words.map(str::to_owned));
                } else {
                    names.extend(operations(value));
                }
            }
        }
        Value::Array(values) => names.extend(values.iter().flat_map(operations)),
        _ => {}
    }
    names
}

#[test]
fn records_of_other_versions_are_refused_and_unknown_fields_are_passed_over() {
    let record = Fixture::new().decisions().remove(0);
    let mut value = serde_json::to_value(&record).unwrap();
    value["added_later"] = Value::from(1);
    assert_eq!(serde_json::from_value::<DecisionRecord>(value.clone()).unwrap(), record);
    value["version"] = Value::from(2);
    let error = serde_json::from_value::<DecisionRecord>(value).unwrap_err().to_string();
    assert!(error.contains("version 2") && error.contains("version 1"), "{error}");
}

#[test]
fn handles_and_snapshots_are_shared_freely() {
    fn is_shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let fixture = Fixture::new();
    is_shared(&fixture.database);
    let snapshot = fixture.database.snapshot().unwrap();
    is_shared(&snapshot);
    let claim = Claim::new(fixture.people.id(0), fixture.people.probe(0), Policy::default());
    let (database, moved) = (fixture.database.clone(), claim.clone());
    fixture.database.delete(fixture.people.id(0)).unwrap();
    let elsewhere = std::thread::spawn(move || database.authenticate(&moved).unwrap().decision);
    assert!(matches!(elsewhere.join().unwrap(), Decision::Refer(_)), "one database");
    drop(fixture.database);
    assert_eq!(snapshot.authenticate(&claim).unwrap().decision, Decision::Accept, "the state stays");
}
