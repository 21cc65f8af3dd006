//! What the tests of the audit file share.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // each test file uses its part

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use biomatch::citizen::CitizenId;
use biomatch::database::{Audit, AuditEntry, AuditFile, AuditFileError, Change, ChangeEntry};
use biomatch::gallery::Generation;

pub fn entry(number: u64) -> AuditEntry {
    let citizen = CitizenId::from_value(1_090_000_000 + number).unwrap().into();
    AuditEntry::Change(ChangeEntry::new(
        Change::Delete { citizen },
        Generation::default(),
        Duration::from_micros(number),
    ))
}

pub fn record(file: &AuditFile, numbers: std::ops::Range<u64>) {
    numbers.for_each(|number| file.record(&[entry(number)]).unwrap());
}

pub fn append(path: &Path, numbers: std::ops::Range<u64>) {
    record(&AuditFile::append(path).unwrap(), numbers);
}

/// A file of three entries in a folder of its own.
pub fn three_entries() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    append(&path, 0..3);
    (folder, path)
}

/// The typed error inside one that a sink gives.
pub fn typed(error: &io::Error) -> &AuditFileError {
    error.get_ref().and_then(|inner| inner.downcast_ref()).unwrap_or_else(|| panic!("untyped: {error}"))
}

/// The error of an entry that must not be kept; it names the file.
pub fn refusal(file: &AuditFile, path: &Path) -> io::Error {
    let error = file.record(&[entry(99)]).expect_err("the entry cannot be kept");
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(error.to_string().contains(name), "{error}");
    error
}

pub fn json_lines(path: &Path) -> Vec<serde_json::Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn operations(path: &Path) -> Vec<String> {
    json_lines(path).iter().map(|line| line["operation"].as_str().unwrap().to_owned()).collect()
}

/// `NAME.0001` and its like.
pub fn numbered(path: &Path, number: u64) -> PathBuf {
    PathBuf::from(format!("{}.{number:04}", path.display()))
}
