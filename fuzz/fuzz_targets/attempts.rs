//! Any bytes as a file of attempts, with checksums that fit or not: what is no such file is an error that names it,
//! and one that opens goes on counting. The offsets are written from `docs/attempts.md`.
#![no_main]

use std::sync::Arc;

use biomatch::attempts::{AttemptOutcome, Attempts, AttemptsFile, Presentation, Reservation};
use biomatch::storage::{Loss, Memory};
use biomatch::subject::SubjectId;

const NAME: &str = "ATTEMPTS";
const FIRST_FRAME: usize = 512;
const FRAME: usize = 64;

/// Gives the header, the slot and each frame the checksum that fits, unless the first byte says to leave them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let Some((start, frames)) = bytes.split_at_mut_checked(FIRST_FRAME) else { return bytes };
    let crc = crc32fast::hash(&start[..124]);
    start[124..128].copy_from_slice(&crc.to_le_bytes());
    let of_file = [&start[24..40], &start[88..96]].concat();
    let slot = crc32fast::hash(&[&of_file[..], &start[128..136]].concat());
    start[140..144].copy_from_slice(&slot.to_le_bytes());
    for frame in frames.chunks_exact_mut(FRAME) {
        let crc = crc32fast::hash(&[&of_file[..], &frame[..FRAME - 4]].concat());
        frame[FRAME - 4..].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((how, bytes)) = input.split_first() else { return };
    let bytes = if how % 2 == 0 { bytes.to_vec() } else { sealed(bytes.to_vec()) };
    let memory = Memory::with([(NAME.to_owned(), bytes.clone())]);
    let file = match AttemptsFile::open_in(Arc::new(memory.clone())) {
        Ok(file) => file,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("ATTEMPTS") && !text.chars().any(char::is_control), "{text}");
            assert_eq!(memory.files()[NAME], bytes, "it is left as it was");
            return;
        }
    };
    let subject = SubjectId::new(b"7").expect("a key");
    let before = file.summary().expect("it is open").with_failures;
    if let Ok(Reservation::Granted(attempt)) = file.reserve(subject, Presentation::Unchecked) {
        let granted = file.standing(subject).expect("it is open").failures;
        assert!(granted > 0, "it is counted");
        let again = AttemptsFile::open_in(Arc::new(memory.after_crash(Loss::Everything))).expect("it is whole");
        assert_eq!(again.standing(subject).expect("it is open").failures, granted, "it is durable");
        // Counters may be at their end.
        if file.settle(attempt, AttemptOutcome::Accepted).is_ok() {
            let after = file.summary().expect("it is open").with_failures;
            assert!(after <= before, "nobody else is concerned");
        }
    }
});
