//! ISO/IEC 19794-2:2005 behind a right beginning.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::{exercise, with_preamble};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let bytes = with_preamble(input, b" 20\0", 8, 4);
    exercise(|reading| FingerprintRecord::read(&bytes, reading));
});
