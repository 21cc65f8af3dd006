//! JPEG 2000, as files and as bare codestreams.
#![no_main]

use biomatch_fuzz::pictures::{exercise, with_start};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(&with_start(input, &[b"\0\0\0\x0CjP  \r\n\x87\n", b"\xFF\x4F\xFF\x51"]));
});
