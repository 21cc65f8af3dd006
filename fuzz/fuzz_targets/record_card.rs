//! Both card formats.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::exercise;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(|reading| FingerprintRecord::read_card_compact(input, reading));
    exercise(|reading| FingerprintRecord::read_card_normal(input, reading));
});
