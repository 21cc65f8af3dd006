//! JPEG 2000, in JP2 files and as bare codestreams. The only file that uses the crate `hayro-jpeg2000`.
//!
//! Its decoder allocates by the word of the headers. What they may say is bounded here, before it reads them.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use crate::picture::bitmap::{self, Bitmap, Colours};
use crate::picture::jp2_boxes::codestream;
use crate::picture::{Format, PictureError};
use crate::template::{Cursor, RecordError};

/// Most samples, pixels times components: the decoder takes a dozen bytes for each.
const MOST_SAMPLES: u64 = 50_000_000;
/// Most samples of an empty file, and how many more with each byte: a second's work of the decoder, and no more for a
/// few bytes than for a picture. Real pictures have below a hundred samples in a byte.
const SAMPLES_OF_NOTHING: u64 = 4_000_000;
const SAMPLES_OF_A_BYTE: u64 = 1_000;
/// Most components: three colours and an opacity.
const MOST_COMPONENTS: u16 = 4;
/// Most tiles, as the standard numbers them.
const MOST_TILES: u64 = 65_535;
/// Fewest samples of a precinct, as a power of two: the decoder keeps a list of them.
const LEAST_PRECINCT: u8 = 6;

const SIZE: u16 = 0xFF51;
const CODING: u16 = 0xFF52;
const COMPONENT_CODING: u16 = 0xFF53;
const START_OF_TILE: u16 = 0xFF90;
const START_OF_DATA: u16 = 0xFF93;
const END: u16 = 0xFFD9;

/// Reads a picture of at most `limit` pixels.
pub(super) fn read(bytes: &[u8], limit: u64) -> Result<Bitmap, PictureError> {
    let (offset, stream) = codestream(bytes).ok_or(damaged(0, "a codestream"))?;
    let most = MOST_SAMPLES.min(SAMPLES_OF_NOTHING + SAMPLES_OF_A_BYTE * stream.len() as u64);
    let size = check(Cursor::at(stream, offset), limit, most)?;
    let undecodable = |error: hayro_jpeg2000::DecodeError| PictureError::Undecodable {
        format: Format::Jpeg2000,
        offset: 0,
        problem: error.to_string(),
    };
    let image = Image::new(bytes, &DecodeSettings::default()).map_err(undecodable)?;
    if (image.width(), image.height()) != size {
        return Err(damaged(0, "one size of the picture"));
    }
    let colours = match (image.color_space().num_channels(), image.has_alpha()) {
        (1, false) => Colours::Grey,
        (3, false) => Colours::Rgb,
        (_, true) => return Err(unsupported(0, "an opacity channel")),
        _ => return Err(unsupported(0, "a number of colours other than 1 and 3")),
    };
    let mut context = DecoderContext::default();
    let pixels = image.decode(&mut context).map_err(undecodable)?.data_u8();
    Bitmap::new(size, colours, pixels, limit)
}

fn damaged(offset: usize, expected: &'static str) -> PictureError {
    PictureError::Damaged { format: Format::Jpeg2000, offset, expected }
}

fn unsupported(offset: usize, what: &'static str) -> PictureError {
    PictureError::Unsupported { format: Format::Jpeg2000, offset, what }
}

fn cut(error: RecordError) -> PictureError {
    PictureError::of_format(error, Format::Jpeg2000)
}

/// Walks through the headers of the codestream and of its tiles. Returns the picture's width and height.
fn check(mut stream: Cursor<'_>, limit: u64, most_samples: u64) -> Result<(u32, u32), PictureError> {
    stream.take(2, "start of the codestream").map_err(cut)?;
    let mut size = None;
    // Where the tile-part ends that the headers are of.
    let mut tile_part = None;
    // The end marker may lack behind the data of a tile.
    let mut is_whole = false;
    while !(is_whole && stream.rest().is_empty()) {
        let offset = stream.offset();
        match stream.u16("marker").map_err(cut)? {
            END => break,
            START_OF_DATA => {
                let rest = stream.remaining();
                let length = match tile_part.take().ok_or(damaged(offset, "a tile before its data"))? {
                    // The last tile-part may leave its length out.
                    None => rest.checked_sub(2).ok_or(damaged(offset, "the end of the codestream"))?,
                    Some(end) => {
                        usize::checked_sub(end, stream.offset()).ok_or(damaged(offset, "data in the tile"))?
                    }
                };
                stream.take(length, "data of a tile").map_err(cut)?;
                is_whole = true;
            }
            marker => {
                let length = usize::from(stream.u16("segment length").map_err(cut)?);
                let length =
                    length.checked_sub(2).ok_or(damaged(offset + 2, "a segment length of 2 at least"))?;
                let mut body = stream.part(length, "segment").map_err(cut)?;
                match marker {
                    SIZE if size.is_none() => size = Some(check_size(&mut body, limit, most_samples)?),
                    CODING | COMPONENT_CODING => {
                        check_precincts(&body, marker, size.map_or(0, |(_, many)| many))?
                    }
                    START_OF_TILE => {
                        body.take(2, "tile number").map_err(cut)?;
                        let length = body.u32("length of a tile-part").map_err(cut)? as usize;
                        tile_part = Some((length > 0).then(|| offset.saturating_add(length)));
                    }
                    _ => {}
                }
            }
        }
    }
    let (size, _) = size.ok_or(damaged(stream.offset(), "the size of the picture before its end"))?;
    Ok(size)
}

/// Width, height, and the number of components.
fn check_size(
    body: &mut Cursor<'_>,
    limit: u64,
    most_samples: u64,
) -> Result<((u32, u32), u16), PictureError> {
    let offset = body.offset();
    body.take(2, "capabilities").map_err(cut)?;
    let mut number = || body.u32("size of the picture").map_err(cut);
    let [right, bottom, left, top] = [number()?, number()?, number()?, number()?];
    let [tile_width, tile_height, tiles_left, tiles_top] = [number()?, number()?, number()?, number()?];
    let components = body.u16("number of components").map_err(cut)?;
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    bitmap::check_size(width, height, limit)?;
    if components == 0 || components > MOST_COMPONENTS {
        return Err(unsupported(offset, "a number of components other than 1 to 4"));
    }
    bitmap::check_size(width, height, most_samples / u64::from(components))?;
    if tile_width == 0 || tile_height == 0 || tiles_left > left || tiles_top > top {
        return Err(damaged(offset, "tiles that cover the picture"));
    }
    let tiles = |end: u32, start: u32, tile: u32| u64::from((end - start).div_ceil(tile));
    if tiles(right, tiles_left, tile_width) * tiles(bottom, tiles_top, tile_height) > MOST_TILES {
        return Err(unsupported(offset, "a number of tiles beyond 65535"));
    }
    let mut size = (width, height);
    for component in 0..components {
        let at = body.offset();
        let [depth, across, down] = body.array("component").map_err(cut)?;
        if depth > 15 {
            return Err(unsupported(at, "a signed sample, or one of more than 16 bits"));
        }
        if across == 0 || down == 0 {
            return Err(damaged(at, "a distance of samples of 1 at least"));
        }
        // A picture whose every sample stands for more than a pixel is as large as it has samples.
        if component == 0 && components == 1 {
            let side =
                |end: u32, start: u32, step: u8| end.div_ceil(step.into()) - start.div_ceil(step.into());
            size = (side(right, left, across), side(bottom, top, down));
        }
    }
    bitmap::check_size(size.0, size.1, limit)?;
    Ok((size, components))
}

/// Precincts are of a size that is stated for each resolution, behind the style of coding.
fn check_precincts(body: &Cursor<'_>, marker: u16, components: u16) -> Result<(), PictureError> {
    let mut body = body.clone();
    if marker == COMPONENT_CODING {
        body.take(if components < 257 { 1 } else { 2 }, "component").map_err(cut)?;
    }
    let with_precincts = body.u8("coding style").map_err(cut)? & 1 != 0;
    body.take(if marker == CODING { 4 } else { 0 }, "progression").map_err(cut)?;
    body.take(5, "coding parameters").map_err(cut)?;
    let offset = body.offset();
    if with_precincts && body.rest().iter().any(|size| (size & 15) + (size >> 4) < LEAST_PRECINCT) {
        return Err(unsupported(offset, "a precinct of fewer than 64 samples"));
    }
    Ok(())
}
