//! Each format by itself: its pixels, its density, how it is turned, and what of it is refused.

use biomatch::picture::{Colours, FingerprintPicture, Format, MAX_BYTES, PictureError, Portrait, describe};
use biomatch::units::Resolution;
use image::{DynamicImage, ImageFormat};

use crate::files::*;

#[test]
fn every_format_gives_the_pixels_that_were_written() {
    for (image, format, expected) in [
        (grey(24, 20), ImageFormat::Png, Format::Png),
        (colours(6, 5), ImageFormat::Png, Format::Png),
        (grey(24, 20), ImageFormat::Bmp, Format::Bmp),
        (colours(6, 5), ImageFormat::Bmp, Format::Bmp),
        (grey(24, 20), ImageFormat::Tiff, Format::Tiff),
        (colours(6, 5), ImageFormat::Tiff, Format::Tiff),
        (grey(24, 20), ImageFormat::Pnm, Format::Pnm),
        (colours(6, 5), ImageFormat::Pnm, Format::Pnm),
    ] {
        let portrait = Portrait::read(&file(&image, format)).unwrap();
        assert_eq!(portrait.source().unwrap().format, expected);
        assert_eq!((portrait.width(), portrait.height()), (image.width(), image.height()));
        // A BMP of grey pixels has a palette, which the decoder resolves to colours.
        assert_eq!(*portrait.rgb(), *image.to_rgb8().as_raw(), "{format:?}");
    }
    let jpeg = FingerprintPicture::read(&file(&grey(24, 20), ImageFormat::Jpeg)).unwrap();
    let apart = jpeg.pixels().iter().zip(grey(24, 20).as_bytes()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(apart < Some(60) && jpeg.source().unwrap().format == Format::Jpeg, "{apart:?}");
}

#[test]
fn jpeg_2000_without_loss_gives_the_pixels_that_were_written() {
    for (jp2, image, colours) in
        [(grey_jp2(), grey(24, 20), Colours::Grey), (colours_jp2(), colours(6, 5), Colours::Rgb)]
    {
        for bytes in [&jp2[..], &jp2[codestream(&jp2)..]] {
            let portrait = Portrait::read(bytes).unwrap();
            assert_eq!((portrait.colours(), portrait.pixels()), (colours, image.as_bytes()));
            assert_eq!(portrait.source().unwrap().format, Format::Jpeg2000);
        }
    }
}

#[test]
fn deep_and_transparent_pixels_become_bytes() {
    let deep =
        DynamicImage::ImageLuma16(image::ImageBuffer::from_fn(3, 1, |x, _| image::Luma([x as u16 * 32_639])));
    assert_eq!(Portrait::read(&file(&deep, ImageFormat::Png)).unwrap().pixels(), [0, 127, 254]);
    let clear = DynamicImage::ImageRgba8(image::ImageBuffer::from_fn(3, 1, |x, _| {
        image::Rgba([10, 20, 30, [0, 255, 51][x as usize]])
    }));
    let portrait = Portrait::read(&file(&clear, ImageFormat::Png)).unwrap();
    assert_eq!(portrait.pixels(), [255, 255, 255, 10, 20, 30, 206, 208, 210], "laid on white");
    // Bits of a fax: 1 is black in PBM.
    let fax = Portrait::read(b"P4\n8 1\n\x0F").unwrap();
    assert_eq!(fax.pixels(), [255, 255, 255, 255, 0, 0, 0, 0]);
}

fn dpi(bytes: &[u8]) -> Option<u16> {
    let resolution = FingerprintPicture::read(bytes).unwrap().resolution();
    let all = [72, 96, 300, 500, 569, 1000];
    resolution
        .map(|found| *all.iter().find(|dpi| Resolution::from_dpi(**dpi) == Some(found)).expect("a known one"))
}

#[test]
fn files_state_their_density() {
    let image = grey(24, 20);
    assert_eq!(dpi(&png_at(&image, 19_685, 19_685)), Some(500));
    assert_eq!(dpi(&png_at(&image, 22_402, 22_402)), Some(569));
    assert_eq!(dpi(&png_with(&image, b"pHYs", &[0, 0, 77, 0, 0, 0, 77, 0, 0])), None, "a ratio, no density");
    let jfif = |unit: u8, value: u16| {
        let mut jpeg = file(&image, ImageFormat::Jpeg);
        let at = jpeg.windows(5).position(|window| window == b"JFIF\0").unwrap() + 7;
        jpeg[at] = unit;
        jpeg[at + 1..at + 3].copy_from_slice(&value.to_be_bytes());
        jpeg[at + 3..at + 5].copy_from_slice(&value.to_be_bytes());
        dpi(&jpeg)
    };
    assert_eq!([jfif(1, 500), jfif(2, 197), jfif(0, 500), jfif(1, 0)], [Some(500), Some(500), None, None]);
    let mut bmp = file(&image, ImageFormat::Bmp);
    for (per_metre, expected) in [(39_370_i32, Some(1000)), (0, None), (-5, None)] {
        bmp[38..42].copy_from_slice(&per_metre.to_le_bytes());
        bmp[42..46].copy_from_slice(&per_metre.to_le_bytes());
        assert_eq!(dpi(&bmp), expected);
    }
    assert_eq!(dpi(&file(&image, ImageFormat::Pnm)), None);
    assert_eq!(dpi(&grey_jp2()), None);
    assert_eq!(dpi(&jp2_at(grey_jp2(), b"resc", 19_685, 1, 0)), Some(500));
    assert_eq!(dpi(&jp2_at(grey_jp2(), b"resd", 3_937, 10, 2)), Some(1000));
}

/// A TIFF of one row of eight pixels, with entries beside those that it needs: tag, type, value.
fn tiff(entries: &[(u16, u16, u32)], is_little: bool) -> Vec<u8> {
    let short = |value: u16| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
    let long = |value: u32| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
    let mut all =
        vec![(256, 4, 8), (257, 4, 1), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 24), (279, 4, 8)];
    all.extend(entries);
    all.sort_unstable();
    let mut bytes = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    bytes.extend(long(32));
    // A fraction of 500, then one of 19685 over 100, then the pixels.
    [500, 1, 19_685, 100].iter().for_each(|&number| bytes.extend(long(number)));
    bytes.extend([0, 10, 20, 30, 40, 50, 60, 70]);
    bytes.extend(short(all.len() as u16));
    for (tag, kind, value) in all {
        bytes.extend([short(tag), short(kind)].concat());
        bytes.extend(long(1));
        bytes.extend(if kind == 3 { [short(value as u16), short(0)].concat() } else { long(value).to_vec() });
    }
    bytes.extend(long(0));
    bytes
}

#[test]
fn tiff_files_state_their_density_in_either_byte_order() {
    for is_little in [true, false] {
        let with = |entries: &[(u16, u16, u32)]| dpi(&tiff(entries, is_little));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[(282, 5, 8), (283, 5, 8), (296, 3, 2)]), Some(500));
        assert_eq!(with(&[(282, 5, 8), (283, 5, 8)]), Some(500), "the inch if the unit is not stated");
        assert_eq!(with(&[(282, 5, 16), (283, 5, 16), (296, 3, 3)]), Some(500));
        assert_eq!(with(&[(282, 5, 8), (283, 5, 8), (296, 3, 1)]), None);
        assert_eq!(with(&[(282, 5, 60_000), (283, 5, u32::MAX)]), None);
    }
}

#[test]
fn the_density_of_old_displays_is_none() {
    for per_metre in [2_834, 2_835, 3_779, 3_780] {
        let png = png_at(&grey(24, 20), per_metre, per_metre);
        assert_eq!(FingerprintPicture::read(&png).unwrap().resolution(), None);
        assert!(describe(&png).unwrap()[0].file_resolution.is_some(), "what the file says can be seen");
    }
    let resolution = Resolution::from_dpi(500).unwrap();
    let picture =
        FingerprintPicture::read(&png_at(&grey(24, 20), 2_835, 2_835)).unwrap().with_resolution(resolution);
    assert_eq!(picture.resolution(), Some(resolution));
}

#[test]
fn fingers_with_pixels_that_are_not_square_are_refused_and_faces_are_not() {
    let png = png_at(&grey(24, 20), 19_685, 39_370);
    let error = FingerprintPicture::read(&png).unwrap_err();
    assert_eq!(error.to_string(), "byte 0: PNG: a pixel that is not square is not read");
    assert!(Portrait::read(&png).is_ok());
}

#[test]
fn pictures_are_turned_as_their_metadata_say() {
    let turned = |bytes: Vec<u8>| {
        let portrait = Portrait::read(&bytes).unwrap();
        (portrait.width(), portrait.height(), portrait.pixels()[0])
    };
    let image = grey(24, 20);
    let bottom_left = image.as_bytes()[19 * 24];
    for (orientation, expected) in [
        (1, (24, 20, 0)),
        (3, (24, 20, image.as_bytes()[24 * 20 - 1])),
        (6, (20, 24, bottom_left)),
        (8, (20, 24, image.as_bytes()[23])),
        (9, (24, 20, 0)),
    ] {
        assert_eq!(turned(png_with(&image, b"eXIf", &exif(orientation))), expected, "{orientation}");
    }
    let app1 = [&b"Exif\0\0"[..], &exif(6)].concat();
    let (width, height, _) = turned(jpeg_with(&image, 0xE1, &app1));
    assert_eq!((width, height), (20, 24));
    assert_eq!(turned(tiff(&[(274, 3, 3)], true)), (8, 1, 70));
    assert_eq!(turned(tiff(&[(274, 3, 6)], true)), (1, 8, 0));
}

#[test]
fn what_of_jpeg_is_not_read_is_named() {
    let jpeg = file(&grey(24, 20), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|window| window == [0xFF, 0xC0]).unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = jpeg.clone();
        bytes[frame + at] = byte;
        Portrait::read(&bytes).unwrap_err().to_string()
    };
    for (at, byte, expected) in [
        (1, 0xC3, "JPEG: lossless coding is not read"),
        (1, 0xC9, "JPEG: arithmetic coding is not read"),
        (1, 0xC5, "JPEG: hierarchical coding is not read"),
        (1, 0xF7, "JPEG: JPEG-LS coding is not read"),
        (4, 12, "JPEG: a precision other than 8 bits is not read"),
        (9, 4, "JPEG: a number of colour components other than 1 and 3 is not read"),
    ] {
        let error = with(at, byte);
        assert!(error.ends_with(expected) && error.starts_with(&format!("byte {}", frame + 4)), "{error}");
    }
    let cut = Portrait::read(&jpeg[..jpeg.len() - 30]).unwrap_err().to_string();
    assert!(cut.ends_with("JPEG: the end of the picture (FFD9) expected"), "{cut}");
}

#[test]
fn headers_of_jpeg_2000_are_bounded_before_they_are_believed() {
    let jp2 = grey_jp2();
    let start = codestream(&jp2);
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = jp2.clone();
        changed[start + at..start + at + bytes.len()].copy_from_slice(bytes);
        Portrait::read(&changed).unwrap_err().to_string()
    };
    // Behind the start and the marker of the size: length 2, capabilities 2, eight sizes, components.
    for (at, bytes, expected) in [
        (8, &u32::MAX.to_be_bytes()[..], "at most 50000000 pixels are read"),
        (
            8,
            &250_000_u32.to_be_bytes()[..],
            "the picture has 250000 x 20 pixels, at most 4296000 pixels are read",
        ),
        (8, &[0; 4], "the picture has 0 x 20 pixels"),
        (24, &[0; 4], "tiles that cover the picture expected"),
        (40, &[0, 200], "a number of components other than 1 to 4 is not read"),
        (42, &[0x87], "a signed sample, or one of more than 16 bits is not read"),
        (43, &[0], "a distance of samples of 1 at least expected"),
        (0, &[0xFF, 0x4F, 0xFF, 0x52], "JPEG 2000"),
    ] {
        let error = with(at, bytes);
        assert!(error.contains(expected), "{error}: {expected}");
    }
    let mut tiles = jp2.clone();
    for (at, size) in [(8, 1_000_u32), (12, 1_000), (24, 1), (28, 1)] {
        tiles[start + at..start + at + 4].copy_from_slice(&size.to_be_bytes());
    }
    let error = Portrait::read(&tiles).unwrap_err().to_string();
    assert!(error.ends_with("a number of tiles beyond 65535 is not read"), "{error}");
    for length in (start..jp2.len() - 2).step_by(7) {
        assert!(Portrait::read(&jp2[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn sizes_are_limited_by_what_is_asked_for() {
    // Five thousand times five thousand: too much for a finger, not for a face. Nothing of it is there.
    let large = b"P5\n5000 5000\n255\n";
    let error = FingerprintPicture::read(large).unwrap_err();
    assert_eq!(error, PictureError::TooManyPixels { width: 5000, height: 5000, limit: 16_000_000 });
    assert!(matches!(Portrait::read(large), Err(PictureError::Undecodable { format: Format::Pnm, .. })));
    let larger = Portrait::read(b"P5\n10000 5001\n255\n").unwrap_err();
    assert_eq!(larger, PictureError::TooManyPixels { width: 10_000, height: 5001, limit: 50_000_000 });
    let found = MAX_BYTES + 1;
    let error = Portrait::read(&vec![0; found]).unwrap_err();
    assert_eq!(error, PictureError::TooManyBytes { found, limit: MAX_BYTES });
}

#[test]
fn pixels_of_scanners_are_checked() {
    let grey =
        |width, height, pixels| FingerprintPicture::grey(width, height, vec![7; pixels], Resolution::DPI_500);
    let picture = grey(3, 2, 6).unwrap();
    assert_eq!((picture.pixels(), picture.source()), (&[7; 6][..], None));
    assert!(matches!(grey(3, 2, 5), Err(PictureError::Pixels { found: 5, .. })));
    assert!(matches!(grey(0, 2, 0), Err(PictureError::Empty { .. })));
    assert!(matches!(grey(u32::MAX, u32::MAX, 1), Err(PictureError::TooManyPixels { .. })));
    let shown = format!("{picture:?}");
    assert!(shown.contains("3 x 2 grey pixels") && !shown.contains("7, 7"), "{shown}");
    let portrait = Portrait::from_rgb(1, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(*portrait.rgb(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(*Portrait::from_grey(1, 2, vec![8, 9]).unwrap().rgb(), [8, 8, 8, 9, 9, 9]);
}
