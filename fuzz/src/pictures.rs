//! Pictures: what is read is within its limits, and read the same again.

use biomatch::picture::{FingerprintPicture, MAX_FINGER_PIXELS, MAX_PORTRAIT_PIXELS, Portrait, describe};

/// Larger pictures are decoded once only: instrumented code takes seconds for them.
const FEW_PIXELS: u64 = 50_000;

/// Reads in all ways and checks what holds for every picture.
pub fn exercise(bytes: &[u8]) {
    let portrait = match Portrait::read(bytes) {
        Ok(portrait) => {
            let pixels = u64::from(portrait.width()) * u64::from(portrait.height());
            assert!(pixels > 0 && pixels <= MAX_PORTRAIT_PIXELS);
            assert_eq!(pixels * portrait.colours().channels() as u64, portrait.pixels().len() as u64);
            if pixels > FEW_PIXELS {
                return;
            }
            Some(portrait)
        }
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control));
            None
        }
    };
    if let Ok(pictures) = FingerprintPicture::read_all(bytes) {
        assert!(!pictures.is_empty(), "no picture is an error");
        for picture in &pictures {
            let pixels = u64::from(picture.width()) * u64::from(picture.height());
            assert!(pixels > 0 && pixels <= MAX_FINGER_PIXELS);
            assert_eq!(pixels, picture.pixels().len() as u64);
        }
        let _ = format!("{pictures:?}");
    }
    // Where another picture is damaged, nothing is described.
    if let Some((portrait, described)) = portrait.zip(describe(bytes).ok()) {
        let size = (portrait.width(), portrait.height());
        assert!(described.iter().any(|one| (one.width, one.height) == size), "the portrait is there");
    }
}

/// The input behind the right start of a format, unless it has one of its own.
pub fn with_start(input: &[u8], starts: &[&[u8]]) -> Vec<u8> {
    if starts.iter().any(|start| input.starts_with(start)) {
        return input.to_vec();
    }
    let (first, rest) = input.split_first().unwrap_or((&0, &[]));
    [starts[usize::from(*first) % starts.len()], rest].concat()
}
