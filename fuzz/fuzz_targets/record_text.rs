//! Hexadecimal and base64 text: any, behind a right beginning, and of any record.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::exercise;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let hexadecimal: Vec<u8> = input.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    for text in [input, &[b"0x464D5200 ", input].concat(), &[b"Rk1SACAy", input].concat(), &hexadecimal] {
        exercise(|reading| FingerprintRecord::read(text, reading));
    }
    // A record is the same in text and bare; what is itself text may not be text of text.
    let bare = FingerprintRecord::read(input, biomatch::template::Reading::Lenient);
    let text = FingerprintRecord::read(&hexadecimal, biomatch::template::Reading::Lenient);
    if let Ok(text) = text {
        assert_eq!(bare.expect("text of a record is a record").views, text.views);
    }
});
