//! Package archives that may carry known models.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // As they are, and with the beginning of each kind of archive.
    for start in [&b""[..], b"\x1f\x8b\x08", b"PK\x03\x04"] {
        let _ = biomatch::extraction::models::models_in(&[start, input].concat());
    }
});
