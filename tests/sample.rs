//! The sample set that ships is the one that its command makes, and the library reads it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use biomatch::ingest::{Resolver, enrolments, probes};
use biomatch::template::Reading;

#[path = "../datasets/make_sample.rs"]
#[allow(dead_code, unreachable_pub)] // the example's `main`, and what is public for this test
mod make_sample;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample")
}

#[test]
fn the_set_is_up_to_date() {
    let expected = make_sample::files().unwrap();
    for (name, content) in &expected {
        let found = fs::read(folder().join(name)).unwrap_or_default();
        assert!(found == *content, "{name} differs: run `cargo run --example make_sample`");
    }
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "fingers" {
            for entry in fs::read_dir(folder().join("fingers")).unwrap() {
                found.insert(format!("fingers/{}", entry.unwrap().file_name().into_string().unwrap()));
            }
        } else if name != "README.md" {
            found.insert(name);
        }
    }
    assert!(found.iter().eq(expected.keys()), "stray files beside {found:?}");
    assert!(expected.values().map(Vec::len).sum::<usize>() < 300_000);
}

#[test]
fn every_line_resolves_without_a_warning() {
    let open = |name: &str| BufReader::new(File::open(folder().join(name)).unwrap());
    let resolver = Resolver::new(folder(), Reading::Strict);
    let mut lines = 0;
    for line in enrolments(open("enrol.ndjson")) {
        let samples = resolver.enrolment(&line.unwrap()).unwrap();
        assert_eq!(samples.fingers.len(), 3);
        assert!(samples.face.is_some());
        lines += 1;
    }
    for line in probes(open("probes.ndjson")) {
        let samples = resolver.probe(&line.unwrap()).unwrap();
        assert!(samples.fingers.len() == 3 || samples.face.is_some());
        lines += 1;
    }
    assert_eq!(lines, 14);
}
