//! SourceAFIS templates: any, and behind a right first key.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::exercise;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let begun = [b"\xBF\x65width\x19\x01\x2C\x66height\x19\x01\x90", input].concat();
    for bytes in [input, &begun] {
        exercise(|reading| FingerprintRecord::read(bytes, reading));
    }
});
