//! A damaged length field does not decide the dialect: the layout that fills the bytes does.

use crate::records_common::*;
use biomatch::template::{Dialect, FingerprintRecord, Flaw, Reading, RecordError};

/// Reads leniently: the views are those of the sound record, and the first warning is of the length.
#[track_caller]
fn assert_same_views(damaged: &[u8], sound: &[u8]) {
    let expected = FingerprintRecord::read(sound, Reading::Lenient).unwrap();
    let record = FingerprintRecord::read(damaged, Reading::Lenient).unwrap();
    assert_eq!(
        (record.dialect, &record.views),
        (expected.dialect, &expected.views),
        "{:02x?}",
        &damaged[8..20]
    );
    let told =
        record.warnings.iter().any(|w| matches!(w.flaw, Flaw::Length { .. } | Flaw::LengthForm { .. }));
    assert!(told, "{:?}", record.warnings);
    let strict = FingerprintRecord::read(damaged, Reading::Strict);
    assert!(matches!(strict, Err(RecordError::Malformed { .. })), "{strict:?}");
}

fn with(bytes: &[u8], offset: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[offset..offset + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn iso_2005_with_any_length() {
    let sound = iso2005();
    let lengths = (0..400).chain([0xFFFF, 0x1_0000, 0x10_0000, 26 << 16, 0xFFFF_FFFF]);
    for declared in lengths.filter(|&declared| declared != 68) {
        assert_same_views(&with(&sound, 8, &u32::to_be_bytes(declared)), &sound);
    }
    let record = FingerprintRecord::read(&with(&sound, 8, &[0, 0, 0, 2]), Reading::Lenient).unwrap();
    assert_eq!(record.warnings[0].to_string(), "byte 8: the header declares 2 bytes, the input has 68");
    // With bytes that follow the last view no layout fills the input, and one reads all views.
    let longer = [with(&sound, 8, &[0, 0, 0, 3]), vec![0; 5]].concat();
    assert_same_views(&longer, &sound);
}

#[test]
fn ansi_2004_with_any_length() {
    let sound = ansi2004();
    for declared in (0..=u16::MAX).filter(|&declared| declared != 67).step_by(7).chain([0, 1, 24, 25, 26]) {
        assert_same_views(&with(&sound, 8, &declared.to_be_bytes()), &sound);
    }
    let long = ansi2004_six_byte_length();
    for declared in [0_u32, 1, 24, 70, 72, 0xFFFF, 0x10_0000, u32::MAX] {
        let record =
            FingerprintRecord::read(&with(&long, 10, &declared.to_be_bytes()), Reading::Lenient).unwrap();
        assert_eq!(record.dialect, Dialect::Ansi2004);
        assert_eq!(record.views, FingerprintRecord::read(&sound, Reading::Lenient).unwrap().views);
    }
}

#[test]
fn iso_2011_with_any_length_of_the_record_and_of_a_representation() {
    let sound = iso2011();
    for declared in [0_u32, 1, 33, 100, 122, 124, 0xFFFF, u32::MAX] {
        let declared = declared.to_be_bytes();
        assert_same_views(&with(&sound, 8, &declared), &sound);
        assert_same_views(&with(&sound, 15, &declared), &sound);
        assert_same_views(&with(&with(&sound, 8, &declared), 15, &declared), &sound);
    }
}

#[test]
fn records_cut_short_stay_errors() {
    for sound in [iso2005(), ansi2004(), iso2011(), ansi2009()] {
        for length in 8..44 {
            for reading in [Reading::Strict, Reading::Lenient] {
                assert!(FingerprintRecord::read(&sound[..length], reading).is_err(), "{length}");
            }
        }
    }
}
