//! Card objects and CBEFF structures, as they are and with right heads.
#![no_main]

use biomatch::template::FingerprintRecord;
use biomatch_fuzz::records::exercise;

fn object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u32).to_be_bytes();
    [tag, &[0x84], &length, value].concat()
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut structure =
        [&[3, 0x0D][..], &(input.len() as u32).to_be_bytes(), &[0, 0, 0, 0x1B, 2, 1]].concat();
    structure.resize(88, 0);
    structure.extend_from_slice(input);
    let piv = object(&[0x53], &object(&[0xBC], &structure));
    let group = object(&[0x7F, 0x61], &object(&[0x7F, 0x60], input));
    let card =
        [&object(&[0xA1], &[0x87, 2, 1, 1, 0x88, 2, 0, 5])[..], &object(&[0x7F, 0x2E], input)].concat();
    for bytes in [input, &structure, &piv, &group, &object(&[0x7F, 0x60], &card)] {
        exercise(|reading| FingerprintRecord::read(bytes, reading));
    }
});
