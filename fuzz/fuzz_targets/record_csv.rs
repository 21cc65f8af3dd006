//! Comma-separated text, with a header of its own and with a right one.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::{exercise, frame};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let headed = [&b"x,y,angle_degrees,quality,type\n"[..], input].concat();
    for text in [input, &headed] {
        exercise(|reading| FingerprintRecord::read_csv(text, frame(), reading));
    }
});
