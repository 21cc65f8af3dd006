//! The segments of a JPEG file before its pixels: what their decoder does not tell.

use crate::picture::{Format, PictureError};

/// A marker behind its FF, where its segment's contents begin, and these.
type Segment<'a> = (u8, usize, &'a [u8]);

const START_OF_SCAN: u8 = 0xDA;

/// The segments up to the first scan, its header included. Ends early where the bytes are no segment.
pub(super) fn segments(bytes: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut at = 2;
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        while let [0xFF, 0xFF, ..] = bytes.get(at..)? {
            at += 1;
        }
        let [0xFF, marker, high, low, ..] = bytes.get(at..)? else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let body = bytes.get(at + 4..(at + 2).checked_add(length)?)?;
        let segment = (*marker, at + 4, body);
        at += 2 + length;
        is_over = *marker == START_OF_SCAN;
        Some(segment)
    })
}

/// Refuses by name what is no picture of one byte a channel in one or three colours, or is cut off: the decoder
/// would fill up the rest.
pub(super) fn check(bytes: &[u8]) -> Result<(), PictureError> {
    let unsupported = |offset, what| PictureError::Unsupported { format: Format::Jpeg, offset, what };
    for (marker, offset, body) in segments(bytes) {
        let what = match marker {
            0xC3 | 0xC7 | 0xCB | 0xCF => "lossless coding",
            0xC5 | 0xC6 | 0xCD | 0xCE => "hierarchical coding",
            0xC9 | 0xCA => "arithmetic coding",
            0xF7 => "JPEG-LS coding",
            0xC0..=0xC2 if matches!(body, [8, _, _, _, _, 1 | 3, ..]) => continue,
            0xC0..=0xC2 if body.first() != Some(&8) => "a precision other than 8 bits",
            0xC0..=0xC2 => "a number of colour components other than 1 and 3",
            START_OF_SCAN => {
                // The last one is where the picture ends, whatever follows it.
                let rest = bytes.get(offset..).unwrap_or_default();
                if rest.windows(2).rev().any(|pair| pair == [0xFF, 0xD9]) {
                    return Ok(());
                }
                let (offset, expected) = (bytes.len(), "the end of the picture (FFD9)");
                return Err(PictureError::Damaged { format: Format::Jpeg, offset, expected });
            }
            _ => continue,
        };
        return Err(unsupported(offset, what));
    }
    // The decoder says what is wrong with a file without a scan.
    Ok(())
}
