//! Resolutions that no scanner has: other units are mended, and a finger is never shrunk without a word.

use crate::records_common::*;
use biomatch::template::{
    FingerprintRecord, Flaw, Frame, Grade, Minutia, Reading, RecordError, XytConvention,
};

/// Each dialect that states a resolution, as a record with this one in its first picture.
fn records(pixels: u16) -> Vec<(&'static str, Vec<u8>)> {
    let with = |mut bytes: Vec<u8>, offset: usize| {
        let [high, low] = pixels.to_be_bytes();
        bytes[offset..offset + 4].copy_from_slice(&[high, low, high, low]);
        bytes
    };
    vec![
        ("iso2005", with(iso2005(), 0x12)),
        ("iso2011", with(iso2011_plain(), 36)),
        ("ansi2004", with(ansi2004(), 0x14)),
        ("ansi2009", with(ansi2009(), 0x21)),
    ]
}

fn minutiae(bytes: &[u8], reading: Reading) -> Vec<Minutia> {
    FingerprintRecord::read(bytes, reading).unwrap().views.swap_remove(0).minutiae
}

#[test]
fn pixels_per_metre_and_per_millimetre_are_mended_leniently_only() {
    for (found, used) in [
        (19_685, 197),
        (19_291, 193),
        (20_000, 200),
        (20_079, 201),
        (39_370, 394),
        (20, 197),
        (19, 197),
        (39, 394),
        (0, 197),
    ] {
        for ((name, bytes), (_, right)) in records(found).into_iter().zip(records(used)) {
            let record = FingerprintRecord::read(&bytes, Reading::Lenient).unwrap();
            let flaw = &record.warnings[0].flaw;
            let horizontal = Flaw::Resolution { field: "horizontal resolution", found, used };
            assert_eq!(flaw, &horizontal, "{name}");
            assert_eq!(record.warnings.len(), 2, "{name}: both axes and nothing else");
            assert_eq!(record.views[0].minutiae, minutiae(&right, Reading::Strict), "{name} {found}");
            for reading in [Reading::Strict, Reading::Exact] {
                assert!(FingerprintRecord::read(&bytes, reading).is_err(), "{name} {found} {reading:?}");
            }
        }
    }
}

#[test]
fn a_picture_smaller_than_a_fingertip_is_wrong() {
    for found in [1_101, 12_000, 19_290, 20_080, u16::MAX] {
        for (name, bytes) in records(found) {
            let record = FingerprintRecord::read(&bytes, Reading::Lenient).unwrap();
            let graded = |grade| record.warnings.iter().filter(|w| w.flaw.grade() == grade).count();
            assert_eq!((graded(Grade::Doubtful), graded(Grade::Wrong)), (2, 1), "{name} {found}");
            let strict = FingerprintRecord::read(&bytes, Reading::Strict);
            assert!(matches!(strict, Err(RecordError::Malformed { .. })), "{name} {found}: {strict:?}");
        }
    }
}

#[test]
fn other_resolutions_out_of_range_are_told_and_kept() {
    // 60 pixels per centimetre are 152 dpi: 300 by 400 pixels are 50 by 67 mm.
    for (name, bytes) in records(60) {
        let record = FingerprintRecord::read(&bytes, Reading::Lenient).unwrap();
        assert_eq!(record.warnings.len(), 2, "{name}");
        assert_eq!(record.views[0].frame.unwrap().resolution_y, resolution(60));
        assert!(FingerprintRecord::read(&bytes, Reading::Strict).is_err(), "{name}");
    }
    // A picture that is large enough in spite of its resolution.
    let (_, mut large) = records(1_101).swap_remove(0);
    large[0x0E..0x12].copy_from_slice(&[0x10, 0, 0x10, 0]);
    assert_eq!(FingerprintRecord::read(&large, Reading::Lenient).unwrap().warnings.len(), 2);
    for found in [99, 197, 224, 394, 1_100] {
        for (name, bytes) in records(found) {
            assert!(FingerprintRecord::read(&bytes, Reading::Exact).is_ok(), "{name} {found}");
        }
    }
}

#[test]
fn the_picture_that_a_caller_states_is_checked_alike() {
    type Read = fn(Frame, Reading) -> Result<FingerprintRecord, RecordError>;
    let readers: [Read; 2] = [
        |frame, reading| FingerprintRecord::read_xyt(b"10 20 90\n", XytConvention::M1, frame, reading),
        |frame, reading| FingerprintRecord::read_csv(b"x,y,angle_degrees\n10,20,90\n", frame, reading),
    ];
    for read in readers {
        // 197 pixels per centimetre taken for dots per inch.
        for pixels in [20, 40, 78, 98] {
            let coarse = Frame::new(300, 400, resolution(pixels));
            assert_eq!(read(coarse, Reading::Lenient).unwrap().warnings.len(), 2, "{pixels}");
            assert!(read(coarse, Reading::Strict).is_err(), "{pixels}");
        }
        let fine = Frame::new(300, 400, resolution(19_685));
        assert_eq!(read(fine, Reading::Lenient).unwrap().warnings.len(), 3);
        assert!(read(fine, Reading::Strict).is_err());
        assert!(read(frame(300, 400), Reading::Exact).unwrap().warnings.is_empty());
    }
}
