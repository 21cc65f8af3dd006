//! Facts about pictures and records of them, without their pixels.

use biomatch::picture::{Description, PictureError, describe};
use biomatch::template::FingerPosition;
use biomatch::units::Resolution;

use crate::facts::Facts;

/// Of an input of pictures; `None` if there are none in it.
pub(super) fn facts(bytes: &[u8]) -> Result<Option<Facts>, PictureError> {
    let pictures = match describe(bytes) {
        Ok(pictures) => pictures,
        Err(error) if error.is_other_content() => return Ok(None),
        Err(error) => return Err(error),
    };
    let kind = match pictures.first() {
        None => return Ok(None),
        Some(picture) if picture.source.container.is_some() => "record of pictures",
        Some(_) => "picture",
    };
    let pictures: Vec<Facts> = pictures.iter().map(one).collect();
    Ok(Some(Facts::default().with("kind", kind).with("pictures", pictures)))
}

fn one(picture: &Description) -> Facts {
    let source = &picture.source;
    let wrappers: Vec<String> = source.wrappers.iter().map(ToString::to_string).collect();
    let stated = picture.record_resolution.or(picture.file_resolution);
    Facts::default()
        .with("format", source.format.to_string())
        .with("pixels", format!("{} x {}, {}", picture.width, picture.height, picture.colours))
        .with("resolution", stated.map_or("not stated".to_owned(), resolution))
        .with_some("container", source.container.map(|container| container.to_string()))
        .with_some("shows", picture.shows.map(|shows| shows.to_string()))
        .with_some("position", position(picture.position))
        .with_some("impression", picture.impression.map(|impression| u64::from(impression.code())))
        .with_some("quality", picture.quality.map(|quality| u64::from(quality.get())))
        .with_some("wrapped_in", (!wrappers.is_empty()).then_some(wrappers))
}

fn resolution(resolution: Resolution) -> String {
    let per_centimetre = u32::from(resolution.pixels_per_centimetre());
    format!("{per_centimetre} pixels a centimetre, {} dpi", (per_centimetre * 254 + 50) / 100)
}

fn position(position: FingerPosition) -> Option<String> {
    match position {
        FingerPosition::Unknown => None,
        FingerPosition::Known(finger) => Some(finger.name().replace('_', " ")),
        FingerPosition::Other(code) => Some(format!("code {code}")),
    }
}
