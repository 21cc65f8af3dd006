//! A network's file is refused, or finds minutiae in a picture without a panic. The input may be the whole file, or edits
//! of the one that ships.
#![no_main]

use biomatch::extraction::MinutiaeExtractor;
use biomatch::picture::FingerprintPicture;
use biomatch::units::Resolution;

const SHIPPED: &[u8] = include_bytes!("../../src/extraction/minutiae.bmnet");
/// Networks of more bytes are read and not run: the largest take minutes.
const MOST_RUN: usize = 100_000;

/// The shipped file with edits: three bytes of offset, one of length, the bytes.
fn edited(mut edits: &[u8]) -> Vec<u8> {
    let mut file = SHIPPED.to_vec();
    while let [a, b, c, length, rest @ ..] = edits {
        let offset = (usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16) % file.len();
        let (piece, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        edits = rest;
        let fits = piece.len().min(file.len() - offset);
        file[offset..offset + fits].copy_from_slice(&piece[..fits]);
    }
    file
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = MinutiaeExtractor::from_bytes(&edited(input));
    if let Ok(extractor) = MinutiaeExtractor::from_bytes(input)
        && input.len() <= MOST_RUN
    {
        let pixels = (0..64 * 64).map(|at| (at * 37 % 251) as u8).collect();
        if let Ok(picture) = FingerprintPicture::grey(64, 64, pixels, Resolution::DPI_500) {
            let _ = extractor.extract(&picture);
        }
    }
});
