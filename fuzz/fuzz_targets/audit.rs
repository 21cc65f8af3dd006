//! Any bytes as an audit file: it is checked without a panic, and an entry appended to a sound one leaves it sound.
#![no_main]

use std::fs;
use std::time::Duration;

use biomatch::citizen::CitizenId;
use biomatch::database::{Audit, AuditEntry, AuditEvent, AuditFile, check_audit};
use biomatch_fuzz::own_file;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let path = own_file("audit");
    fs::write(&path, input).expect("writes");
    let before = check_audit(&path, None);
    let citizen = CitizenId::from_value(1_090_000_101).expect("twelve digits");
    let entry = AuditEntry {
        event: AuditEvent::Unlock { citizen },
        generation: 1,
        engine: "fuzz",
        finger_calibration: "none",
        took: Duration::ZERO,
    };
    AuditFile::append(&path).and_then(|file| file.record(&entry)).expect("a short file is appended to");
    match (before, check_audit(&path, None)) {
        (Ok(before), Ok(after)) => {
            assert_eq!((after.entries, &after.torn), (before.entries + 1, &before.torn));
            assert!(check_audit(&path, Some(before.head)).is_ok(), "the head that was known is still there");
        }
        (Err(_), Err(error)) => assert!(!error.to_string().is_empty()),
        (before, after) => panic!("{before:?} became {after:?}"),
    }
});
