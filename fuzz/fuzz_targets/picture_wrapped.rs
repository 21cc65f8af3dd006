//! Records of pictures in templates, data groups, text and XML.
#![no_main]

use biomatch_fuzz::pictures::{exercise, with_start};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(&with_start(input, &[b"\x75", b"\x63", b"\x7F\x61", b"\x7F\x60", b"<", b"4649520030"]));
});
