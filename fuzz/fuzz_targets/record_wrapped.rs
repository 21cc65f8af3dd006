//! Card objects and CBEFF structures, as they are and with right heads.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::exercise;

fn object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u32).to_be_bytes();
    [tag, &[0x84], &length, value].concat()
}

fn structure(record: &[u8]) -> Vec<u8> {
    let mut bytes = [&[3, 0x0D][..], &(record.len() as u32).to_be_bytes(), &[0, 0, 0, 0x1B, 2, 1]].concat();
    bytes.resize(88, 0);
    [&bytes, record].concat()
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // What begins like a wrapper is taken as it is; the first byte of anything else chooses.
    let bytes = match input {
        [0x03 | 0x53 | 0x5F | 0x63 | 0x7F | 0xBC, ..] | [] => input.to_vec(),
        [first, rest @ ..] => match first % 4 {
            0 => structure(rest),
            1 => object(&[0x53], &object(&[0xBC], &structure(rest))),
            2 => object(&[0x7F, 0x61], &object(&[0x7F, 0x60], rest)),
            _ => {
                let header = object(&[0xA1], &[0x87, 2, 1, 1, 0x88, 2, 0, 5]);
                object(&[0x7F, 0x60], &[header, object(&[0x7F, 0x2E], rest)].concat())
            }
        },
    };
    exercise(|reading| FingerprintRecord::read(&bytes, reading));
});
