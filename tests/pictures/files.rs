//! Small files of each format, written here.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};

/// A picture whose pixels are all different from their neighbours'.
pub fn grey(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| image::Luma([((x * 9 + y * 5) % 256) as u8]);
    DynamicImage::ImageLuma8(image::ImageBuffer::from_fn(width, height, pixel))
}

pub fn colours(width: u32, height: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| image::Rgb([(x * 40) as u8, (y * 50) as u8, (x * y * 9) as u8]);
    DynamicImage::ImageRgb8(image::ImageBuffer::from_fn(width, height, pixel))
}

pub fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG with a chunk in front of the pixels.
pub fn png_with(image: &DynamicImage, kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut png = file(image, ImageFormat::Png);
    let named = [&kind[..], body].concat();
    let chunk =
        [&(body.len() as u32).to_be_bytes()[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat();
    // Behind the signature and the header's chunk of 13 bytes.
    png.splice(33..33, chunk);
    png
}

/// `pHYs`: pixels per metre.
pub fn png_at(image: &DynamicImage, across: u32, down: u32) -> Vec<u8> {
    png_with(image, b"pHYs", &[&across.to_be_bytes()[..], &down.to_be_bytes(), &[1]].concat())
}

/// A JPEG with a segment behind its start.
pub fn jpeg_with(image: &DynamicImage, marker: u8, body: &[u8]) -> Vec<u8> {
    let mut jpeg = file(image, ImageFormat::Jpeg);
    let segment = [&[0xFF, marker], &(body.len() as u16 + 2).to_be_bytes()[..], body].concat();
    jpeg.splice(2..2, segment);
    jpeg
}

/// EXIF data with nothing but an orientation.
pub fn exif(orientation: u8) -> Vec<u8> {
    [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0, 0, 0, 0, 0, 0, 0]]
        .concat()
}

/// `grey(24, 20)` and `colours(6, 5)`, written without loss by OpenJPEG.
const GREY_JP2: &str = "\
    0000000c6a5020200d0a870a00000014667479706a703220000000006a7032200000002d6a703268000000166968647200000014\
    000000180001070700000000000f636f6c7201000000000011000001306a703263ff4fff51002900000000001800000014000000\
    0000000000000000180000001400000000000000000001070101ff52000c00000001000404040001ff5c00104040484850484850\
    484850484850ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a000000\
    0000b20001ff93df803007b4f6a3a07fc0f90140f901403e104005ab0a4209cfc01e03e10e1f68281b3511562aa7a513b6b913ee\
    97593fcfc0363ed0d8fc03002f17506603b2d5bcdc7d1ef53f4bca6a2d11201eb698d168c47f2f11f8cbb969ed6540fe4af7cfc0\
    5e7e0331f8060082349d1fc8264876b5e77ec4cc655307e8b5adb3255d16b60f28c1d22831ede07181abb796f4d06a272f9c8099\
    b4dab782239692859e29b650546c19ffd9";
const COLOURS_JP2: &str = "\
    0000000c6a5020200d0a870a00000014667479706a703220000000006a7032200000002d6a703268000000166968647200000005\
    000000060003070700000000000f636f6c7201000000000010000000c66a703263ff4fff51002f00000000000600000005000000\
    0000000000000000060000000500000000000000000003070101070101070101ff52000c00000001000204040001ff5c000a4040\
    484850484850ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a000000\
    0000480001ff93df80280940b8d79fdf802006429eebdf803008fa41adf01fc07c218008ff7f80c07c214010800c3f0ac3ea0400\
    15929dbb80c3ea04001a511309ffd9";

pub fn grey_jp2() -> Vec<u8> {
    hex::decode(GREY_JP2).unwrap()
}

pub fn colours_jp2() -> Vec<u8> {
    hex::decode(COLOURS_JP2).unwrap()
}

/// Where the codestream of a JP2 file begins.
pub fn codestream(jp2: &[u8]) -> usize {
    jp2.windows(4).position(|window| window == b"jp2c").unwrap() + 4
}

/// The JP2 file with a resolution in its header: a fraction and a power of ten, per metre.
pub fn jp2_at(mut jp2: Vec<u8>, kind: &[u8; 4], over: u16, under: u16, power: i8) -> Vec<u8> {
    let fraction = [over.to_be_bytes(), under.to_be_bytes()].concat();
    let body = [&fraction[..], &fraction, &power.to_be_bytes(), &power.to_be_bytes()].concat();
    let inner = [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat();
    let outer = [&(inner.len() as u32 + 8).to_be_bytes()[..], b"res ", &inner].concat();
    let header = jp2.windows(4).position(|window| window == b"jp2h").unwrap() - 4;
    let length = u32::from_be_bytes(jp2[header..header + 4].try_into().unwrap());
    jp2[header..header + 4].copy_from_slice(&(length + outer.len() as u32).to_be_bytes());
    jp2.splice(header + length as usize..header + length as usize, outer);
    jp2
}
