//! PNG, JPEG, BMP, TIFF and PNM. The only file that uses the crate `image`.

use std::io::Cursor;

use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::picture::bitmap::{self, Bitmap, Colours};
use crate::picture::{Format, PictureError, jpeg};

/// Bytes of a pixel in the largest form that is decoded: four channels of two bytes.
const MOST_PIXEL_BYTES: u64 = 8;

/// Reads a picture of at most `limit` pixels, turned as its metadata say. What is transparent is white.
pub(super) fn read(bytes: &[u8], format: Format, limit: u64) -> Result<Bitmap, PictureError> {
    let undecodable = |error: image::ImageError| PictureError::Undecodable {
        format,
        offset: 0,
        problem: error.to_string(),
    };
    let unsupported = |what| PictureError::Unsupported { format, offset: 0, what };
    let image_format = match format {
        Format::Png => ImageFormat::Png,
        Format::Jpeg => {
            jpeg::check(bytes)?;
            ImageFormat::Jpeg
        }
        Format::Bmp => ImageFormat::Bmp,
        Format::Tiff => ImageFormat::Tiff,
        Format::Pnm => ImageFormat::Pnm,
        Format::Jpeg2000 | Format::Wsq | Format::Raw => {
            return Err(unsupported("a format of another decoder"));
        }
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(limit * MOST_PIXEL_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image_format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    bitmap::check_size(width, height, limit)?;
    decoder.set_limits(limits).map_err(undecodable)?;
    let orientation = decoder.orientation().map_err(undecodable)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    image.apply_orientation(orientation);
    let size = (image.width(), image.height());
    let (colours, pixels) = match image {
        DynamicImage::ImageLuma8(pixels) => (Colours::Grey, pixels.into_raw()),
        DynamicImage::ImageRgb8(pixels) => (Colours::Rgb, pixels.into_raw()),
        DynamicImage::ImageLuma16(_) => (Colours::Grey, image.into_luma8().into_raw()),
        DynamicImage::ImageRgb16(_) => (Colours::Rgb, image.into_rgb8().into_raw()),
        DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_) => {
            (Colours::Grey, on_white::<2>(image.into_luma_alpha8().into_raw()))
        }
        DynamicImage::ImageRgba8(_) | DynamicImage::ImageRgba16(_) => {
            (Colours::Rgb, on_white::<4>(image.into_rgba8().into_raw()))
        }
        _ => return Err(unsupported("a picture of floating-point numbers")),
    };
    Bitmap::new(size, colours, pixels, limit)
}

/// Grey pixels as a PNG file; empty for a number of pixels that is not the size's.
pub(super) fn grey_png(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    // Writing to memory cannot fail otherwise.
    let written = image::write_buffer_with_format(
        &mut file,
        pixels,
        width,
        height,
        ExtendedColorType::L8,
        ImageFormat::Png,
    );
    written.map_or_else(|_| Vec::new(), |()| file.into_inner())
}

/// Pixels whose last channel is their opacity, laid on white.
fn on_white<const CHANNELS: usize>(pixels: Vec<u8>) -> Vec<u8> {
    let pixels = pixels.as_chunks::<CHANNELS>().0.iter();
    let blended = pixels.flat_map(|pixel| {
        let (colours, opacity) = pixel.split_at(CHANNELS - 1);
        let opacity = u32::from(opacity[0]);
        // Both weights add up to 255: the result is at most 255.
        colours.iter().map(move |&c| ((u32::from(c) * opacity + 255 * (255 - opacity) + 127) / 255) as u8)
    });
    blended.collect()
}
