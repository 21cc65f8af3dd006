//! Files of a gallery, with checksums that fit whatever is in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| biomatch_fuzz::gallery::run(input));
