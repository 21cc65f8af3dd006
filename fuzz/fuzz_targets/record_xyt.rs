//! NIST xyt text in both conventions.
#![no_main]

use biomatch::template::{FingerprintRecord, XytConvention};
use biomatch_fuzz::records::{exercise, frame};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    for convention in [XytConvention::Nist, XytConvention::M1] {
        exercise(|reading| FingerprintRecord::read_xyt(input, convention, frame(), reading));
    }
});
