//! Errors of the library escape names and text from outside, for whoever prints them.
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are not marked as tests

use std::error::Error;
use std::fs;
use std::path::Path;

use biomatch::calibration::Calibration;
use biomatch::evaluation::{PairList, ScoreFile, Truth};
use biomatch::gallery::{Gallery, GalleryOptions};
use biomatch::ingest::{Resolver, enrolments, probes};
use biomatch::storage::{Damage, StorageError};
use biomatch::template::Reading;
use biomatch::template::face_file::read_json;
use serde_json::json;

const TEXTS: [(&str, &str); 2] = [
    ("x\u{1b}[2J\nforged\u{202e}", r"x\u{1b}[2J\nforged\u{202e}"),
    ("y\r\u{9b}1A\u{2067}", r"y\r\u{9b}1A\u{2067}"),
];

/// The error and all its causes are plain, and the error has the text escaped.
fn assert_escaped(error: &dyn Error, escaped: &str) {
    assert!(error.to_string().contains(escaped), "no {escaped} in {error}");
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        assert!(!text.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{2069}').contains(&c)), "{text:?}");
        cause = error.source();
    }
}

#[test]
fn of_files() {
    for (text, escaped) in TEXTS {
        let path = Path::new(text);
        for error in [ScoreFile::read(path).err(), Truth::read(path).err(), PairList::read(path).err()] {
            assert_escaped(&error.unwrap(), escaped);
        }
        assert_escaped(&Gallery::open(path, GalleryOptions::default()).err().unwrap(), escaped);
        assert_escaped(&biomatch::input::read_text(path, 1).unwrap_err(), escaped);
        let damage =
            Damage { file: path.to_owned(), offset: 0, expected: text.to_owned(), found: text.to_owned() };
        assert_eq!(damage.to_string().matches(escaped).count(), 3);
        assert_escaped(&StorageError::from(damage), escaped);
        let source = std::sync::Arc::new(std::io::ErrorKind::NotFound.into());
        assert_escaped(&StorageError::Io { file: path.to_owned(), operation: "read", source }, escaped);
    }
}

#[test]
fn of_what_files_say() {
    let folder = tempfile::tempdir().unwrap();
    for (text, escaped) in TEXTS {
        let id = "001090000101";
        for line in [
            json!({ "citizen": id, "fingers": [{ "position": text, "file": "a" }] }),
            json!({ "citizen": id, "fingers": [{ "format": text, "file": "a" }] }),
            json!({ "citizen": id, text: 1 }),
        ] {
            let line = line.to_string();
            assert_escaped(&enrolments(line.as_bytes()).next().unwrap().unwrap_err(), escaped);
            assert_escaped(&probes(line.as_bytes()).next().unwrap().unwrap_err(), escaped);
        }
        let line = json!({ "citizen": id, "fingers": [{ "file": text }] }).to_string();
        let line = enrolments(line.as_bytes()).next().unwrap().unwrap();
        let resolver = Resolver::new(folder.path(), Reading::Lenient);
        assert_escaped(&resolver.enrolment(&line).unwrap_err(), escaped);

        let mut embedding = json!([{ text: 1 }, text]).to_string().into_bytes();
        let error = read_json(&mut embedding).unwrap_err();
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
        let rates = json!({ "format": "biomatch-calibration", "version": 1, text: 1 }).to_string();
        let error = Calibration::from_json(&rates).unwrap_err();
        assert!(error.to_string().contains(escaped), "{error}");

        let scores = folder.path().join("scores.csv");
        fs::write(&scores, format!("a,b,score\na,b,\"{text}\"\n")).unwrap();
        assert_escaped(&ScoreFile::read(&scores).unwrap_err(), escaped);
    }
}
