//! ANSI INCITS 378-2009 and its amendment behind a right beginning.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::{exercise, with_preamble};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    for version in [b"030\0", b"035\0"] {
        let bytes = with_preamble(input, version, 8, 4);
        exercise(|reading| FingerprintRecord::read(&bytes, reading));
    }
});
