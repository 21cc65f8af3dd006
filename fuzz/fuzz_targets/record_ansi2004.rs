//! ANSI INCITS 378-2004 behind a right beginning, with either form of length.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::{exercise, with_preamble};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (short, long) = (with_preamble(input, b" 20\0", 8, 2), with_preamble(input, b"020\0", 8, 6));
    for bytes in [short, long] {
        exercise(|reading| FingerprintRecord::read(&bytes, reading));
    }
});
