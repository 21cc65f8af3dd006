//! Counters and spans: what was done, and nothing of whom.
#![allow(clippy::unwrap_used)] // helpers of tests are not marked as tests

mod database_support;

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use biomatch::database::{Claim, Policy, Probe, SearchRequest};
use database_support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the names and fields of all spans as text.
#[derive(Clone, Default)]
struct Spans(Arc<(AtomicU64, Mutex<Vec<String>>)>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "biomatch"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        let mut spans = self.0.1.lock().unwrap();
        spans.push(fields.0);
        Id::from_u64(self.0.0.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.0.1.lock().unwrap()[span.into_u64() as usize - 1] += &fields.0;
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn counters_and_spans_tell_what_was_done_and_nothing_of_whom() {
    let spans = Spans::default();
    tracing::subscriber::set_global_default(spans.clone()).unwrap();
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    drop(database(&people, directory.path(), 3));
    let database = options(&people).open(directory.path()).unwrap();
    let claim = |index, probe| Claim::new(people.id(index), probe, Policy::default());
    for (index, probe) in [(0, people.probe(0)), (0, people.probe(1)), (9, people.probe(0))] {
        let _ = database.clone().authenticate(&claim(index, probe)).unwrap();
    }
    let other = Probe::new().face(people.face_of(&"another".parse().unwrap(), 0, 9));
    assert!(database.identify(&SearchRequest::new(other)).is_err());
    let _ =
        database.identify_batch(&[SearchRequest::new(people.probe(0)), SearchRequest::new(people.probe(1))]);
    database.enrol(people.id(4), people.enrolment(4)).unwrap();
    assert!(database.delete(people.id(8)).is_err());
    database.writer().unwrap().compact().unwrap();

    let counters = serde_json::to_value(database.counters()).unwrap();
    let expected = serde_json::json!({
        "claims_accepted": 1, "claims_rejected": 1, "claims_referred": 1, "claims_failed": 0,
        "searches": 2, "searches_with_candidates": 2, "searches_failed": 1,
        "comparisons": 2 * 2 + 2 * 6, "commits": 2, "commits_failed": 0,
    });
    assert_eq!(counters, expected);

    let spans = spans.0.1.lock().unwrap().clone();
    for expected in [
        "open generation=",
        "commit submissions=1 changes=3 generation=1",
        "authenticate generation=1 decision=\"accept\" comparisons=2",
        "authenticate generation=1 decision=\"reject\" comparisons=2",
        "authenticate generation=1 decision=\"refer\" comparisons=0",
        "identify generation=1 requests=2 comparisons=12 candidates=6",
        "checkpoint segments=",
        "merge segments=",
    ] {
        assert!(spans.iter().any(|span| span.starts_with(expected)), "{expected}: {spans:#?}");
    }
    for index in 0..10 {
        let number = people.id(index).to_string();
        assert!(spans.iter().all(|span| !span.contains(&number[..6])), "{spans:#?}");
    }
}
