//! Hexadecimal and base64 text: any, behind a right beginning, and of any record.
#![no_main]

use biomatch::template::{FingerprintRecord, Reading};
use biomatch_fuzz::records::exercise;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let hexadecimal: Vec<u8> = input.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    // What begins like text is taken as it is; the first byte of anything else chooses.
    let text = match input {
        [0..=2, rest @ ..] => [b"0x464D5200 ", rest].concat(),
        [3..=5, rest @ ..] => [b"Rk1SACAy", rest].concat(),
        [6..=31, ..] => hexadecimal.clone(),
        _ => input.to_vec(),
    };
    exercise(|reading| FingerprintRecord::read(&text, reading));
    if let Ok(text) = FingerprintRecord::read(&hexadecimal, Reading::Lenient) {
        let bare = FingerprintRecord::read(input, Reading::Lenient).expect("text of a record is a record");
        assert_eq!(bare.views, text.views);
    }
});
