//! The pictures of one kind among all of an input.

use crate::picture::bitmap::MAX_RECORD_PIXELS;
use crate::picture::payload::Payload;
use crate::picture::{PictureError, walk};
use crate::template::{Modality, Wrapper};

/// Decodes a picture of at most this many pixels.
type Decode<T> = fn(&Payload<'_>, &[Wrapper], u64) -> Result<T, PictureError>;

/// The one picture of a kind.
pub(super) fn read_one<T>(
    bytes: &[u8],
    wanted: Modality,
    limit: u64,
    decode: Decode<T>,
) -> Result<T, PictureError> {
    let mut first = None;
    let mut count = 0;
    let passed_over = each(bytes, wanted, &mut |payload, wrappers| {
        count += 1;
        if first.is_none() {
            first = Some(decode(payload, wrappers, limit)?);
        }
        Ok(())
    })?;
    match first {
        Some(picture) if count == 1 => Ok(picture),
        Some(_) => Err(PictureError::Several { wanted, count }),
        None => Err(PictureError::NoPicture { wanted, passed_over }),
    }
}

/// All pictures of a kind, one at least. Together they have no more pixels than a record may.
pub(super) fn read_all<T>(
    bytes: &[u8],
    wanted: Modality,
    limit: u64,
    decode: Decode<T>,
    pixels: fn(&T) -> u64,
) -> Result<Vec<T>, PictureError> {
    let mut pictures = Vec::new();
    let mut left = MAX_RECORD_PIXELS;
    let passed_over = each(bytes, wanted, &mut |payload, wrappers| {
        let picture = decode(payload, wrappers, left.min(limit))?;
        left -= pixels(&picture);
        pictures.push(picture);
        Ok(())
    })?;
    match pictures.is_empty() {
        true => Err(PictureError::NoPicture { wanted, passed_over }),
        false => Ok(pictures),
    }
}

/// Visits what may be of a kind, and counts the rest. A file without a record may show anything.
fn each(bytes: &[u8], wanted: Modality, visit: walk::Visit<'_>) -> Result<usize, PictureError> {
    let mut others = 0;
    let passed_over = walk::each_picture(bytes, &mut |payload, wrappers| {
        if payload.shows.is_some_and(|shows| shows != wanted) {
            others += 1;
            return Ok(());
        }
        visit(payload, wrappers)
    })?;
    Ok(passed_over + others)
}
