//! Records as they occur in the wild: each departure from the standards is an error in an exact
//! reading and a warning in a lenient one, at the byte where it is. A strict reading goes by its grade.

use crate::records_common::*;
use biomatch::template::{
    Dialect, FingerPosition, FingerprintRecord, Flaw, Grade, MinutiaKind, Reading, RecordError, Warning,
};
use biomatch::units::Resolution;

/// Reads exactly for the error and leniently for the record and its warnings, which must name
/// the same first flaw.
#[track_caller]
fn flawed(bytes: &[u8], offset: usize, flaw: &Flaw) -> FingerprintRecord {
    let malformed = Err(RecordError::Malformed { offset, flaw: flaw.clone() });
    assert_eq!(FingerprintRecord::read(bytes, Reading::Exact), malformed);
    let strict = FingerprintRecord::read(bytes, Reading::Strict);
    if flaw.grade() > Grade::Harmless {
        assert_eq!(strict, malformed);
    } else if let Ok(strict) = strict {
        assert_eq!(strict.warnings.first(), Some(&Warning { offset, flaw: flaw.clone() }));
    }
    let record = FingerprintRecord::read(bytes, Reading::Lenient).unwrap();
    assert_eq!(record.warnings.first(), Some(&Warning { offset, flaw: flaw.clone() }));
    record
}

/// A record with bytes replaced from an offset on.
fn with(mut bytes: Vec<u8>, offset: usize, new: &[u8]) -> Vec<u8> {
    bytes[offset..offset + new.len()].copy_from_slice(new);
    bytes
}

fn minutiae_of(record: &FingerprintRecord) -> Vec<usize> {
    record.views.iter().map(|view| view.minutiae.len()).collect()
}

#[test]
fn version_020_of_the_printed_ansi_sample() {
    let record = flawed(&with(ansi2004(), 4, b"020\0"), 4, &Flaw::Version);
    assert_eq!((record.dialect, record.warnings.len()), (Dialect::Ansi2004, 1));
    assert_eq!(minutiae_of(&record), [2, 0]);
}

#[test]
fn a_declared_length_that_is_wrong() {
    for wrong in [66_u8, 69, 80] {
        let flaw = Flaw::Length { declared: wrong.into(), found: 68 };
        let record = flawed(&with(iso2005(), 11, &[wrong]), 8, &flaw);
        assert_eq!((minutiae_of(&record), record.warnings.len()), (vec![3, 1], 1));
    }
    let flaw = Flaw::Length { declared: 78, found: 79 };
    let record = flawed(&with(ansi2009(), 11, &[78]), 8, &flaw);
    assert_eq!((minutiae_of(&record), record.warnings.len()), (vec![2, 0], 1));
    // ISO/IEC 19794-2:2011 is told by the sum of its lengths; a wrong total does not make it ANSI.
    let flaw = Flaw::Length { declared: 122, found: 123 };
    let record = flawed(&with(iso2011(), 11, &[122]), 8, &flaw);
    assert_eq!((record.dialect, minutiae_of(&record)), (Dialect::Iso2011, vec![2, 1]));
}

#[test]
fn bytes_after_the_end() {
    // Counted in by the header, as in a sample that declares 1,238 bytes and ends at 1,236 ...
    let longer = [with(ansi2004(), 9, &[69]), vec![0xFF, 0xFF]].concat();
    let record = flawed(&longer, 67, &Flaw::TrailingBytes { count: 2 });
    assert_eq!((minutiae_of(&record), record.warnings.len()), (vec![2, 0], 1));
    // ... or not.
    let appended = [iso2005(), vec![0]].concat();
    let record = flawed(&appended, 8, &Flaw::Length { declared: 68, found: 69 });
    assert_eq!(record.warnings[1], Warning { offset: 68, flaw: Flaw::TrailingBytes { count: 1 } });
    assert_eq!(minutiae_of(&record), [3, 1]);
}

#[test]
fn extended_data_that_are_cut_keep_the_minutiae() {
    // 42 bytes declared and 41 there, header length right.
    let mut bytes = with(iso2005(), 0x3A, &[0, 42]);
    bytes.truncate(0x3C);
    bytes.extend([0, 2, 0, 42].iter().chain(&[7; 37]));
    bytes[11] = bytes.len() as u8;
    let record = flawed(&bytes, 0x3A, &Flaw::ExtendedDataCut { declared: 42, found: 41 });
    assert_eq!(minutiae_of(&record), [3, 1]);
    assert_eq!((&record.views[1].extended, record.warnings.len()), (&vec![], 1));
}

#[test]
fn extended_data_blocks_that_do_not_fit_keep_the_minutiae() {
    let record = flawed(&with(iso2005(), 0x3F, &[5]), 0x3A, &Flaw::ExtendedDataBlocks { length: 8 });
    assert_eq!((minutiae_of(&record), record.views[1].extended.len()), (vec![3, 1], 0));
    // Two blocks, the first right, the second too long: both are dropped, none is guessed.
    let record = flawed(&with(ansi2004(), 0x3D, &[10]), 0x30, &Flaw::ExtendedDataBlocks { length: 17 });
    assert_eq!(minutiae_of(&record), [2, 0]);
}

#[test]
fn block_lengths_with_and_without_their_header() {
    // Writers of ISO/IEC 19794-2:2005 do both, so both are right ...
    let without = FingerprintRecord::read(&iso2005(), Reading::Strict).unwrap();
    let with_header = FingerprintRecord::read(&with(iso2005(), 0x3F, &[8]), Reading::Strict).unwrap();
    assert_eq!(without, with_header);
    // ... elsewhere the header counts.
    let (own, block) = (ansi2009(), 79 - 8);
    let record = flawed(&with(own.clone(), block + 3, &[4]), block - 2, &Flaw::ExtendedDataLengths);
    assert_eq!(record.views, FingerprintRecord::read(&own, Reading::Strict).unwrap().views);
}

#[test]
fn the_six_byte_length_of_a_short_record() {
    let record = flawed(&ansi2004_six_byte_length(), 8, &Flaw::LengthForm { declared: 71 });
    assert_eq!((record.dialect, record.warnings.len()), (Dialect::Ansi2004, 1));
    assert_eq!(record.views, FingerprintRecord::read(&ansi2004(), Reading::Strict).unwrap().views);
}

#[test]
fn the_draft_with_a_header_of_twenty_bytes() {
    // Device and certification in two bytes instead of three.
    let standard = ansi2009();
    let draft = [&standard[..0x10], &[0x12, 0x34], &standard[0x13..]].concat();
    let draft = with(draft, 11, &[78]);
    let record = flawed(&draft, 0x10, &Flaw::DraftHeader);
    assert_eq!((record.dialect, record.warnings.len()), (Dialect::Ansi2007Draft, 1));
    assert_eq!(minutiae_of(&record), [2, 0]);
    assert_eq!(record.views[0].capture.device, 0x234);
}

#[test]
fn zero_views_and_too_many() {
    let none = [&iso2005()[..0x16], &[0, 0]].concat();
    let record = flawed(&with(none, 11, &[24]), 0x16, &Flaw::NoViews);
    assert_eq!(record.views, []);

    let mut many = with(iso2005_empty_view(), 0x16, &[177, 0]);
    for _ in 0..176 {
        many.extend([0; 6]);
    }
    let length = (many.len() as u32).to_be_bytes();
    let many = with(many, 8, &length);
    let record = flawed(&many, 0x16, &Flaw::TooManyViews { limit: 176, found: 177 });
    assert_eq!(record.views.len(), 177, "all are kept");
}

#[test]
fn view_numbers() {
    // The second view of finger 7 is again number 0.
    let record =
        flawed(&with(ansi2004(), 0x2D, &[0x02]), 0x2C, &Flaw::DuplicateView { position: 7, view: 0 });
    assert_eq!(minutiae_of(&record), [2, 0]);
    let flaw = Flaw::ViewNumber { position: 7, expected: 1, found: 2 };
    let record = flawed(&with(ansi2004(), 0x2D, &[0x22]), 0x2C, &flaw);
    assert_eq!(record.views[1].view, 2, "kept");
    let flaw = Flaw::ViewNumber { position: 7, expected: 0, found: 1 };
    flawed(&with(iso2005(), 0x31, &[0x10]), 0x30, &flaw);
    // The printed sample of ISO/IEC 19794-2:2011 counts through the record: allowed there.
    let through = with(iso2011(), 104, &[1]);
    assert_eq!(FingerprintRecord::read(&through, Reading::Strict).unwrap().views[1].view, 1);
}

#[test]
fn minutiae_outside_the_picture_are_kept() {
    let flaw = Flaw::OutsidePicture { field: "x", minutia: 1, found: 300, limit: 300 };
    let record = flawed(&with(iso2005(), 0x22, &[0x81, 0x2C]), 0x22, &flaw);
    assert_eq!(record.views[0].minutiae[1].x.to_pixels(resolution(197)), 300);
    let flaw = Flaw::OutsidePicture { field: "y", minutia: 1, found: 400, limit: 400 };
    let record = flawed(&with(iso2005(), 0x24, &[0x01, 0x90]), 0x22, &flaw);
    assert_eq!((minutiae_of(&record), record.warnings.len()), (vec![3, 1], 1));
}

#[test]
fn minutiae_where_no_finger_can_be_are_dropped() {
    // 16,383 pixels at 99 a centimetre are 1.65 m.
    let bytes = with(with(iso2005(), 0x12, &[0, 99]), 0x22, &[0xBF, 0xFF]);
    let record = FingerprintRecord::read(&bytes, Reading::Lenient).unwrap();
    assert_eq!(record.warnings[1].flaw, Flaw::Unplaceable { field: "x", minutia: 1 });
    assert_eq!(minutiae_of(&record), [2, 1]);
    let inside = with(bytes, 0x0E, &[0xFF, 0xFF]);
    let error = FingerprintRecord::read(&inside, Reading::Strict).unwrap_err();
    assert_eq!(
        error,
        RecordError::Malformed { offset: 0x22, flaw: Flaw::Unplaceable { field: "x", minutia: 1 } }
    );
}

#[test]
fn resolutions_of_zero_or_in_dots_an_inch() {
    let flaw = Flaw::Resolution { field: "horizontal resolution", found: 0, used: 197 };
    let record = flawed(&with(iso2005(), 0x12, &[0, 0]), 0x12, &flaw);
    assert_eq!(record.views[0].frame.unwrap().resolution_x, Resolution::DPI_500);
    // Below 250 dpi, but not zero: what the record says.
    let flaw = Flaw::Resolution { field: "vertical resolution", found: 50, used: 50 };
    let record = flawed(&with(iso2005(), 0x14, &[0, 50]), 0x14, &flaw);
    assert_eq!(record.views[0].frame.unwrap().resolution_y, resolution(50));
    // 500 is legal, if absurd, so a strict reading takes it at its word.
    let dpi = with(iso2005(), 0x12, &[0x01, 0xF4, 0x02, 0x39]);
    let strict = FingerprintRecord::read(&dpi, Reading::Strict).unwrap();
    assert_eq!(strict.views[0].frame.unwrap().resolution_x, resolution(500));
    let lenient = FingerprintRecord::read(&dpi, Reading::Lenient).unwrap();
    let frame = lenient.views[0].frame.unwrap();
    assert_eq!(
        (frame.resolution_x, frame.resolution_y),
        (resolution(197), resolution(224)),
        "500 and 569 dpi"
    );
    assert_eq!(lenient.warnings.len(), 2);
    assert_eq!(lenient.views[0].minutiae[0].x.steps(), 1015);
}

#[test]
fn codes_that_the_dialect_does_not_have() {
    let code = |dialect, field, found| Flaw::Code { dialect, field, found };
    let iso = Dialect::Iso2005;
    let record = flawed(&with(iso2005(), 0x18, &[11]), 0x18, &code(iso, "finger position", 11));
    assert_eq!(record.views[0].position, FingerPosition::Other(11), "kept");
    let record = flawed(&with(iso2005(), 0x19, &[0x04]), 0x19, &code(iso, "impression type", 4));
    assert_eq!(record.views[0].impression.code(), 4, "kept");
    let record = flawed(&with(iso2005(), 0x1C, &[0xC0]), 0x1C, &code(iso, "minutia type", 3));
    assert_eq!(record.views[0].minutiae[0].kind(), MinutiaKind::Other);
    // 46 belongs to the amendment only, and to ISO/IEC 19794-2:2011.
    flawed(&with(ansi2009(), 0x15, &[46]), 0x15, &code(Dialect::Ansi2009, "finger position", 46));
    let record = flawed(&with(iso2011(), 14, &[2]), 14, &code(Dialect::Iso2011, "certification flag", 2));
    assert_eq!(record.views[0].capture.certificates.len(), 1, "read as present");
}

#[test]
fn qualities_angles_and_reserved_bits() {
    let flaw = Flaw::Quality { field: "minutia quality", found: 101 };
    let record = flawed(&with(iso2005(), 0x21, &[101]), 0x21, &flaw);
    assert_eq!(record.views[0].minutiae[0].quality(), None);
    let flaw = Flaw::Quality { field: "finger quality", found: 255 };
    assert_eq!(flawed(&with(iso2005(), 0x1A, &[255]), 0x1A, &flaw).views[0].quality, None);
    // 254 and 255 mean something in the later editions, 253 does not.
    let flaw = Flaw::Quality { field: "finger quality", found: 253 };
    flawed(&with(ansi2009(), 0x18, &[253]), 0x18, &flaw);
    assert!(FingerprintRecord::read(&with(ansi2009(), 0x18, &[255]), Reading::Strict).is_ok());
    // 181 units of 2 degrees are 2 degrees.
    let record = flawed(&with(ansi2004(), 0x22, &[181]), 0x22, &Flaw::Angle { limit: 180, found: 181 });
    assert_eq!(record.views[0].minutiae[0].angle.to_binary(), 364);
    let flaw = Flaw::Reserved { field: "bits before minutia y", found: 2 };
    let record = flawed(&with(iso2005(), 0x1E, &[0x80]), 0x1E, &flaw);
    assert_eq!(record.views[0].minutiae[0].y.steps(), 140);
    let flaw = Flaw::Reserved { field: "the header's last byte", found: 1 };
    flawed(&with(iso2005(), 0x17, &[1]), 0x17, &flaw);
}

#[test]
fn pictures_without_a_side_and_dates_that_do_not_exist() {
    let empty = with(iso2005_empty_view(), 0x0E, &[0, 0]);
    flawed(&empty, 0x0E, &Flaw::EmptyPicture { field: "picture width" });
    let record = flawed(&with(iso2011_plain(), 19, &[0x07, 0xE7, 2, 29]), 19, &Flaw::CaptureTime);
    assert_eq!(record.views[0].capture.time.map(|t| t.timestamp()), Some(None));
}

#[test]
fn a_representation_of_2011_without_minutiae() {
    let mut bytes = iso2011_plain();
    bytes.drain(47..52);
    let bytes = with(with(with(bytes, 11, &[49]), 18, &[34]), 46, &[0]);
    assert_eq!(minutiae_of(&flawed(&bytes, 46, &Flaw::NoMinutiae)), [0]);
}

#[test]
fn minutiae_of_unknown_length_are_an_error_in_any_reading() {
    let bytes = with(iso2011_plain(), 45, &[0x70]);
    for reading in [Reading::Exact, Reading::Strict, Reading::Lenient] {
        let flaw = Flaw::Code { dialect: Dialect::Iso2011, field: "minutia length", found: 7 };
        let error = RecordError::Malformed { offset: 45, flaw };
        assert_eq!(FingerprintRecord::read(&bytes, reading), Err(error));
    }
}

#[test]
fn records_cut_where_the_sample_files_are_stay_errors() {
    for length in 27..30 {
        for reading in [Reading::Strict, Reading::Lenient] {
            assert!(FingerprintRecord::read(&iso2005_empty_view()[..length], reading).is_err());
        }
    }
}

#[test]
fn errors_say_where_what_and_how_much() {
    let error = FingerprintRecord::read(&iso2005()[..0x2D], Reading::Lenient).unwrap_err();
    let text = error.to_string();
    assert_eq!(text, "byte 28: the input ends inside minutiae: 18 bytes expected, 17 left");
    let record = FingerprintRecord::read(&with(iso2005(), 0x22, &[0x81, 0x2C]), Reading::Lenient).unwrap();
    assert_eq!(record.warnings[0].to_string(), "byte 34: x of minutia 1 is 300, the picture ends at 300");
    let error = FingerprintRecord::read(b"FMR\0\x99\n0\0", Reading::Lenient).unwrap_err();
    let text = r#"byte 4: version "\x99\n0\x00", expected " 20", "030" or "035" and a zero byte"#;
    assert_eq!(error.to_string(), text);
}
