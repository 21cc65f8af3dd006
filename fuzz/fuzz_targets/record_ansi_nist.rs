//! ANSI/NIST-ITL transactions: any, and fields as a Type-9 record with a right length.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::exercise;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(|reading| FingerprintRecord::read(input, reading));
    // Printable separators, so that the fuzzer's texts hold them more often.
    let separator = |&byte: &u8| match byte {
        b'|' => 0x1F,
        b'^' => 0x1E,
        b'~' => 0x1D,
        byte => byte,
    };
    let fields: Vec<u8> = input.iter().map(separator).collect();
    let length = fields.len() + b"9.001:00000000~~".len();
    let record = [format!("9.001:{length:08}\x1D").as_bytes(), &fields, b"\x1C"].concat();
    exercise(|reading| FingerprintRecord::read(&record, reading));
});
