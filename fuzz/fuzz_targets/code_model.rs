//! A model's file is refused, or is written again to the byte and encodes fingers without a panic.
#![no_main]

use biomatch::fingerprint::FingerFeatures;
use biomatch::fingerprint::codes::CodeModel;
use biomatch::template::{Minutia, MinutiaKind};
use biomatch::units::{Angle, Length};
use libfuzzer_sys::fuzz_target;

/// The shipped file with edits: three bytes of offset, one of length, the bytes. Offset 0xffffff cuts the file.
/// The checksum is made to fit.
fn edited(mut edits: &[u8]) -> Vec<u8> {
    let mut file = CodeModel::shipped().write();
    file.truncate(file.len() - 4);
    while let [a, b, c, length, rest @ ..] = edits {
        let offset = usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16;
        let (piece, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        edits = rest;
        if offset == 0xff_ffff {
            file.truncate(file.len().saturating_sub(usize::from(*length)));
        } else if !file.is_empty() {
            let offset = offset % file.len();
            let fits = piece.len().min(file.len() - offset);
            file[offset..offset + fits].copy_from_slice(&piece[..fits]);
        }
    }
    let crc = crc32fast::hash(&file);
    file.extend(crc.to_le_bytes());
    file
}

fn check(file: &[u8]) {
    let Ok(model) = CodeModel::read(file) else { return };
    assert_eq!(model.write(), file);
    let minutia = |n: u16| {
        let (x, y) = (Length::from_steps(n * 131 % 3000), Length::from_steps(n * 577 % 4000));
        Minutia::new(x, y, Angle::from_binary(n.wrapping_mul(7919)), MinutiaKind::Ending, None)
    };
    let minutiae: Vec<Minutia> = (0..20).map(minutia).collect();
    assert_eq!(model.encode(FingerFeatures::new(&minutiae).view()).count, 20);
}

fuzz_target!(|input: &[u8]| {
    check(input);
    check(&edited(input));
});
