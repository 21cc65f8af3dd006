//! WSQ streams.
#![no_main]

use biomatch_fuzz::pictures::{exercise, with_start};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(&with_start(input, &[b"\xFF\xA0\xFF"]));
});
