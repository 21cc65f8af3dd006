//! Face image records of both editions.
#![no_main]

use biomatch_fuzz::pictures::{exercise, with_start};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(&with_start(input, &[b"FAC\x00010\0", b"FAC\x00030\0"]));
});
