//! Pictures in ANSI/NIST-ITL transactions.
#![no_main]

use biomatch_fuzz::pictures::{exercise, with_start};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(&with_start(input, &[b"1.001:", b"1.01:"]));
});
