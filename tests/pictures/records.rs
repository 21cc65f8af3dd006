//! Records of pictures: FIR, FAC and transactions. What they say of a picture is kept.

use biomatch::picture::{Container, FingerprintPicture, Format, PictureError, Portrait};
use biomatch::template::{CaptureTime, Finger as Name, FingerPosition, Impression, Modality};
use biomatch::units::{Quality, Resolution};
use image::ImageFormat;

use crate::files::{colours, file, grey, grey_jp2, png_at};
use crate::record_builders::*;
use crate::wsq_encoder::{Encoder, ridges};

fn wsq() -> Vec<u8> {
    Encoder::default().encode(40, 50, &ridges(40, 50))
}

fn finger(position: u8, width: u16, height: u16, payload: Vec<u8>) -> Finger {
    Finger { position, impression: 1, quality: 60 + position, width, height, payload }
}

/// Two fingers in different formats, one of them without compression.
fn fingers() -> Vec<Finger> {
    vec![
        finger(2, 40, 50, wsq()),
        finger(7, 24, 20, grey(24, 20).into_bytes()),
        finger(13, 24, 20, grey_jp2()),
    ]
}

fn check(pictures: &[FingerprintPicture], container: Container, resolution: Option<Resolution>) {
    assert_eq!(pictures.len(), 3);
    for (picture, finger) in pictures.iter().zip(fingers()) {
        assert_eq!(picture.position(), FingerPosition::from_code(finger.position));
        assert_eq!((picture.width(), picture.height()), (finger.width.into(), finger.height.into()));
        assert_eq!(picture.impression(), Some(Impression::LIVE_ROLLED));
        assert_eq!(picture.quality(), Quality::new(finger.quality));
        assert_eq!(picture.resolution(), resolution);
        assert_eq!(picture.source().unwrap().container, Some(container));
    }
    let formats: Vec<_> = pictures.iter().map(|picture| picture.source().unwrap().format).collect();
    assert_eq!(formats, [Format::Wsq, Format::Raw, Format::Jpeg2000]);
    assert_eq!(pictures[1].pixels(), grey(24, 20).as_bytes());
    assert_eq!(pictures[0].pixels(), FingerprintPicture::read(&wsq()).unwrap().pixels());
}

#[test]
fn finger_records_of_both_editions_are_read() {
    // The compression code is wrong for all of them: the payloads say what they are.
    let record = fir_2005(1000, 5, &fingers());
    check(&FingerprintPicture::read_all(&record).unwrap(), Container::Fir2005, Resolution::from_dpi(1000));
    let record = fir_2011(197, 0, &fingers());
    let pictures = FingerprintPicture::read_all(&record).unwrap();
    check(&pictures, Container::Fir2011, Some(Resolution::DPI_500));
    let capture = pictures[0].capture();
    assert_eq!((capture.vendor, capture.device, capture.technology), (0x1234, 0x5678, 2));
    let time = CaptureTime { year: 2026, month: 11, day: 27, hour: 9, minute: 8, second: 7, millisecond: 0 };
    assert_eq!(capture.time, Some(time));
}

#[test]
fn a_resolution_that_a_record_leaves_out_is_that_of_the_file() {
    let read = |dpi, payload| {
        let record = fir_2005(dpi, 0, &[finger(1, 24, 20, payload)]);
        FingerprintPicture::read(&record).unwrap().resolution()
    };
    let png = png_at(&grey(24, 20), 39_370, 39_370);
    assert_eq!(read(0, png.clone()), Resolution::from_dpi(1000));
    assert_eq!(read(500, png), Some(Resolution::DPI_500), "what a record states is a fact");
    assert_eq!(read(96, png_at(&grey(24, 20), 39_370, 39_370)), Resolution::from_dpi(96));
    assert_eq!(read(0, grey(24, 20).into_bytes()), None);
}

#[test]
fn face_records_of_both_editions_are_read() {
    let png = file(&colours(6, 5), ImageFormat::Png);
    let jpeg = file(&grey(24, 20), ImageFormat::Jpeg);
    for (record, container, quality) in [
        (fac_2005(&[&png, &jpeg]), Container::Fac2005, 64),
        (fac_2011(&[&png, &jpeg]), Container::Fac2011, 81),
    ] {
        let portraits = Portrait::read_all(&record).unwrap();
        assert_eq!(portraits.len(), 2);
        assert_eq!(portraits[0].pixels(), colours(6, 5).as_bytes());
        assert_eq!((portraits[1].width(), portraits[1].height()), (24, 20));
        assert_eq!(portraits[0].quality(), Quality::new(quality));
        assert_eq!(portraits[0].capture().device, 0x5678);
        assert_eq!(portraits[0].source().unwrap().container, Some(container));
        let error = Portrait::read(&record).unwrap_err();
        assert_eq!(error, PictureError::Several { wanted: Modality::Face, count: 2 });
        let error = FingerprintPicture::read(&record).unwrap_err();
        assert_eq!(error, PictureError::NoPicture { wanted: Modality::Finger, passed_over: 2 });
    }
}

#[test]
fn transactions_give_their_fingers_and_their_faces() {
    let png = file(&colours(6, 5), ImageFormat::Png);
    // Raw pixels with the separators of fields in them, and what looks like another field.
    let mut raw = grey(24, 20).into_bytes();
    raw[5..15].copy_from_slice(b"\x1D14.999:\x1D\x1C");
    raw[40..48].copy_from_slice(b"\x1D14.013:");
    let sizes = |kind: &[u8]| kind.to_vec();
    let fourteen = tagged(
        14,
        &[
            (2, b"02"),
            (3, b"1"),
            (6, b"24"),
            (7, b"20"),
            (8, b"1"),
            (9, b"500"),
            (10, b"500"),
            (11, b"NONE"),
            (12, b"8"),
            (13, b"8"),
            (24, b"8\x1F77\x1F1\x1F2"),
            (999, &file(&grey(24, 20), ImageFormat::Png)),
        ],
    );
    let thirteen =
        tagged(13, &[(3, b"4"), (6, b"24"), (7, b"20"), (8, b"2"), (9, b"394"), (10, b"394"), (999, &raw)]);
    let ten = tagged(10, &[(3, b"FACE"), (6, b"6"), (7, b"5"), (999, &png)]);
    let scar = tagged(10, &[(3, b"SCAR"), (999, &png)]);
    let bytes = transaction(&[
        (4, type_4(7, 1, 40, 50, &wsq())),
        (4, type_4(255, 0, 24, 20, grey(24, 20).as_bytes())),
        (14, fourteen),
        (13, sizes(&thirteen)),
        (10, ten),
        (10, scar),
    ]);
    let pictures = FingerprintPicture::read_all(&bytes).unwrap();
    let found: Vec<_> = pictures
        .iter()
        .map(|picture| {
            let source = picture.source().unwrap();
            let Some(Container::AnsiNist { record_type }) = source.container else { panic!("{source:?}") };
            (record_type, source.format, picture.position(), picture.resolution())
        })
        .collect();
    let thousand = Resolution::from_dpi(1000);
    let unknown = FingerPosition::Unknown;
    assert_eq!(found[0], (4, Format::Wsq, Name::LeftIndex.into(), thousand));
    assert_eq!(found[1], (4, Format::Raw, unknown, Some(Resolution::DPI_500)));
    assert_eq!(found[2], (14, Format::Png, Name::LeftMiddle.into(), Some(Resolution::DPI_500)));
    assert_eq!((found[3].0, found[3].2, found[3].3), (13, unknown, thousand));
    assert_eq!(pictures[2].quality(), Quality::new(77));
    assert_eq!(
        pictures.iter().map(|picture| picture.impression().unwrap().code()).collect::<Vec<_>>(),
        [1, 1, 1, 4]
    );
    let portrait = Portrait::read(&bytes).unwrap();
    assert_eq!(portrait.pixels(), colours(6, 5).as_bytes());
    let error = FingerprintPicture::read(&bytes).unwrap_err();
    assert_eq!(error, PictureError::Several { wanted: Modality::Finger, count: 4 });
}

#[test]
fn pictures_of_a_record_have_a_limit_together() {
    let white = image::DynamicImage::new_luma8(4000, 4000);
    let large = finger(1, 4000, 4000, file(&white, ImageFormat::Png));
    let six = fir_2011(197, 5, &vec![large.clone(); 6]);
    assert_eq!(FingerprintPicture::read_all(&six).unwrap().len(), 6);
    let error = FingerprintPicture::read_all(&fir_2011(197, 5, &vec![large; 7])).unwrap_err();
    assert_eq!(error, PictureError::TooManyPixels { width: 4000, height: 4000, limit: 4_000_000 });
}

#[test]
fn faults_are_named_where_they_are() {
    let record = fir_2005(500, 2, &[finger(1, 40, 50, wsq())]);
    let error = |bytes: &[u8]| FingerprintPicture::read(bytes).unwrap_err().to_string();
    let mut version = record.clone();
    version[4] = b'9';
    assert_eq!(error(&version), "byte 4: version: \"010\" or \"020\" and a zero byte expected");
    let mut length = record.clone();
    length[32..36].copy_from_slice(&13_u32.to_be_bytes());
    assert_eq!(error(&length), "byte 32: length of a finger's data: 14 bytes at least expected");
    assert!(error(&record[..100]).starts_with("byte 46: the input ends inside picture"));
    // Inside the picture, at the offset of the whole.
    let mut inside = record.clone();
    inside[46 + 2] = 0;
    assert_eq!(
        error(&inside),
        "byte 46: raw pixels: a picture of a known format, or as many bytes as the record's \
         width and height say expected"
    );
    let mut inside = record.clone();
    inside[46 + 3] = 0xB0;
    assert_eq!(error(&inside), "byte 48: WSQ: a marker FFA1 to FFA8 expected");
    let no_finger = fir_2005(500, 2, &[]);
    assert_eq!(
        FingerprintPicture::read(&no_finger),
        Err(PictureError::NoPicture { wanted: Modality::Finger, passed_over: 0 })
    );
    for length in 0..record.len() - 3 {
        assert!(FingerprintPicture::read_all(&record[..length]).is_err(), "{length}");
    }
    let record = fir_2011(197, 2, &[finger(1, 40, 50, wsq())]);
    for length in 0..record.len() - 3 {
        assert!(FingerprintPicture::read_all(&record[..length]).is_err(), "{length}");
    }
    let record = fac_2011(&[&file(&colours(6, 5), ImageFormat::Png)]);
    for length in 0..record.len() - 3 {
        assert!(Portrait::read_all(&record[..length]).is_err(), "{length}");
    }
}
