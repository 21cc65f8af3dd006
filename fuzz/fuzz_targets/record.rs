//! Any bytes as a record that says what it is.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::exercise;

libfuzzer_sys::fuzz_target!(|input: &[u8]| exercise(|reading| FingerprintRecord::read(input, reading)));
