//! Files of a gallery of versions 1 and 2, which a writer migrates.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| biomatch_fuzz::gallery::run_old(input));
