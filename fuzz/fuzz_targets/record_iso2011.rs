//! ISO/IEC 19794-2:2011 behind a right beginning; the first representation's length is made to
//! fill the input if it is to have only one.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::{exercise, with_preamble};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut bytes = with_preamble(input, b"030\0", 8, 4);
    let rest = bytes.len().saturating_sub(15) as u32;
    if bytes.get(12..14) == Some(&[0, 1])
        && let Some(length) = bytes.get_mut(15..19)
    {
        length.copy_from_slice(&rest.to_be_bytes());
    }
    exercise(|reading| FingerprintRecord::read(&bytes, reading));
});
