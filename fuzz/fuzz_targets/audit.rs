//! Any bytes as an audit file: it is checked without a panic, an entry appended to a sound one leaves it sound, and
//! what is no audit file is refused untouched.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use biomatch::citizen::CitizenId;
use biomatch::database::{
    Audit, AuditEntry, AuditFile, AuditFileError, Change, ChangeEntry, check_audit, check_audit_files,
};
use biomatch::gallery::Generation;
use biomatch_fuzz::own_file;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let path = own_file("audit");
    // A line that is an entry is the same entry when it is written and read again.
    for line in input.split(|byte| *byte == b'\n') {
        if let Ok(entry) = serde_json::from_slice::<AuditEntry>(line) {
            let text = serde_json::to_vec(&entry).expect("an entry is JSON");
            assert_eq!(serde_json::from_slice::<AuditEntry>(&text).expect("and is read back"), entry);
        }
    }
    fs::write(&path, input).expect("writes");
    let before = check_audit(&path, None);
    let citizen = CitizenId::from_value(1_090_000_101).expect("twelve digits").into();
    let change = ChangeEntry::new(Change::Unlock { citizen }, Generation::default(), Duration::ZERO);
    let entry = AuditEntry::Change(change);
    match AuditFile::append(&path) {
        Ok(file) => file.record(&[entry]).expect("a short file is appended to"),
        Err(AuditFileError::NoAudit { .. }) => {
            assert_eq!(fs::read(&path).expect("is there"), input, "it is refused untouched");
            return;
        }
        Err(error) => panic!("{error}"),
    }
    // A file that a rotation closed is kept under a number and continued.
    let mut kept = path.clone().into_os_string();
    kept.push(".0001");
    let (kept, mut files) = (PathBuf::from(kept), vec![path.clone()]);
    if kept.exists() {
        files.insert(0, kept.clone());
    }
    let reports = check_audit_files(&files, None);
    let after = reports.map(|reports| {
        let torn: Vec<u64> = reports.iter().flat_map(|report| report.torn.clone()).collect();
        assert!(reports.iter().all(|report| report.is_whole()), "the newest line is whole");
        (reports.iter().map(|report| report.entries).sum::<u64>(), torn)
    });
    match (before, after) {
        (Ok(before), Ok(after)) => {
            let (entries, torn) = after;
            assert_eq!(entries, before.entries + 1);
            assert!(torn.starts_with(&before.torn));
            assert!(torn.len() <= before.torn.len() + usize::from(before.unfinished.is_some()));
            let known = check_audit_files(&files, Some(before.head));
            assert!(known.is_ok(), "the head that was known is still there");
        }
        (Err(_), Err(error)) => assert!(!error.to_string().is_empty()),
        (before, after) => panic!("{before:?} became {after:?}"),
    }
    // The next input begins without it.
    let _ = fs::remove_file(kept);
});
