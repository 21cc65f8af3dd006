//! Pictures of ANSI/NIST-ITL transactions: fingers of types 4, 13 and 14, faces of type 10.

use crate::picture::PictureError;
use crate::picture::bitmap::Colours;
use crate::picture::payload::{Container, Facts, Payload, RawSize};
use crate::template::{Image, ImageContent, Modality, read_images};

/// Reads the pictures, and counts those that show something else.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Payload<'_>>, usize), PictureError> {
    let images = read_images(bytes)?;
    let found = images.len();
    let payloads: Vec<_> = images.into_iter().filter_map(payload).collect();
    let passed_over = found - payloads.len();
    Ok((payloads, passed_over))
}

fn payload(image: Image<'_>) -> Option<Payload<'_>> {
    let shows = match image.content {
        ImageContent::Finger => Modality::Finger,
        ImageContent::Face => Modality::Face,
        ImageContent::Other => return None,
    };
    let colours = if image.depth == Some(24) { Colours::Rgb } else { Colours::Grey };
    let size = image.size.map(|(width, height)| RawSize { width, height, colours });
    Some(Payload {
        shows: Some(shows),
        container: Some(Container::AnsiNist { record_type: image.record_type }),
        facts: Facts {
            resolution: image.resolution,
            position: image.position,
            impression: image.impression,
            quality: image.quality,
            ..Facts::default()
        },
        raw: size,
        offset: image.offset,
        bytes: image.bytes,
    })
}
