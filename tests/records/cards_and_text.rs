//! Inputs that do not say what they are, so that each has its own call: card formats, xyt, CSV.

use crate::records_common::*;
use biomatch::template::{
    Appearance, Dialect, FingerPosition, FingerprintRecord, Flaw, Frame, MinutiaKind, Reading, RecordError,
    TextForm, TextProblem, Warning, XytConvention,
};

/// The flaw is an exact reader's error and a lenient one's warning, who keeps so many minutiae.
fn check_flaw(
    text: &str,
    read: impl Fn(Reading) -> Result<FingerprintRecord, RecordError>,
    offset: usize,
    flaw: Flaw,
    minutiae: usize,
) {
    let malformed = RecordError::Malformed { offset, flaw: flaw.clone() };
    assert_eq!(read(Reading::Exact), Err(malformed), "{text:?}");
    let record = read(Reading::Lenient).unwrap();
    assert_eq!(record.warnings, [Warning { offset, flaw }]);
    assert_eq!(only_minutiae(&record).len(), minutiae);
}

#[test]
fn normal_size_card_minutiae_are_hundredths_of_a_millimetre() {
    let bytes = [0x40, 0x64, 0x00, 0xC8, 64, 0xA7, 0x10, 0x27, 0x10, 255];
    let record = FingerprintRecord::read_card_normal(&bytes, Reading::Strict).unwrap();
    assert_eq!(record.dialect, Dialect::IsoCardNormal);
    // 1 mm is 200 steps of 5 micrometres, 2 mm 400, 100 mm 20,000.
    let expected = [
        minutia(200, 400, 16384, MinutiaKind::Ending, 0),
        minutia(20000, 20000, 65280, MinutiaKind::Bifurcation, 0),
    ];
    assert_eq!(only_minutiae(&record), expected);
    assert_eq!((record.views[0].position, record.views[0].frame), (FingerPosition::Unknown, None));
}

#[test]
fn compact_size_card_minutiae_are_tenths_of_a_millimetre() {
    let bytes = [10, 20, 0x40 | 16, 255, 0, 0x80 | 63, 1, 1, 0];
    let record = FingerprintRecord::read_card_compact(&bytes, Reading::Strict).unwrap();
    assert_eq!(record.dialect, Dialect::IsoCardCompact);
    let expected = [
        minutia(200, 400, 16384, MinutiaKind::Ending, 0),
        minutia(5100, 0, 64512, MinutiaKind::Bifurcation, 0),
        minutia(20, 20, 0, MinutiaKind::Other, 0),
    ];
    assert_eq!(only_minutiae(&record), expected);
}

#[test]
fn card_formats_have_flaws_too() {
    type Reader = fn(&[u8], Reading) -> Result<FingerprintRecord, RecordError>;
    let cases: [(Reader, &[u8], usize, Flaw, usize); 7] = [
        (FingerprintRecord::read_card_compact, &[1, 1, 1, 9], 3, Flaw::TrailingBytes { count: 1 }, 1),
        (FingerprintRecord::read_card_normal, &[0, 1, 0, 1, 1, 9, 9], 5, Flaw::TrailingBytes { count: 2 }, 1),
        (
            FingerprintRecord::read_card_compact,
            &[1, 1, 1, 1, 1, 1],
            0,
            Flaw::NotOfACard { what: "a minutia twice" },
            2,
        ),
        (
            FingerprintRecord::read_card_normal,
            &[0x67, 0x11, 0, 1, 1],
            0,
            Flaw::NotOfACard { what: "a minutia beyond 100 mm" },
            1,
        ),
        (FingerprintRecord::read_card_compact, &[], 0, Flaw::NoMinutiae, 0),
        (
            FingerprintRecord::read_card_normal,
            &[0, 1, 0x40, 1, 1],
            2,
            Flaw::NotOfACard { what: "bits before minutia y" },
            1,
        ),
        (
            FingerprintRecord::read_card_compact,
            &[1, 1, 0xC0],
            2,
            Flaw::Code { dialect: Dialect::IsoCardCompact, field: "minutia type", found: 3 },
            1,
        ),
    ];
    for (read, bytes, offset, flaw, minutiae) in cases {
        let error = RecordError::Malformed { offset, flaw: flaw.clone() };
        assert_eq!(read(bytes, Reading::Exact), Err(error));
        let record = read(bytes, Reading::Lenient).unwrap();
        assert_eq!(record.warnings, [Warning { offset, flaw }]);
        assert_eq!(only_minutiae(&record).len(), minutiae);
    }
}

/// Reads bytes by every call for a format without a header.
fn read_without_header(bytes: &[u8], reading: Reading) -> Vec<Result<FingerprintRecord, RecordError>> {
    let frame = frame(300, 400);
    vec![
        FingerprintRecord::read_card_compact(bytes, reading),
        FingerprintRecord::read_card_normal(bytes, reading),
        FingerprintRecord::read_xyt(bytes, XytConvention::Nist, frame, reading),
        FingerprintRecord::read_csv(bytes, frame, reading),
    ]
}

#[test]
fn formats_with_a_header_are_never_minutiae_without_one() {
    let mut others: Vec<(Vec<u8>, Appearance)> = [
        (&b"FIR\x00020\0"[..], Appearance::FingerImages),
        (b"FAC\x00030\0", Appearance::FaceImages),
        (b"\x89PNG\r\n\x1a\n", Appearance::Picture),
        (b"\x93NUMPY\x01\0", Appearance::EmbeddingFile),
        (b"PK\x03\x04", Appearance::Archive),
        (b"%PDF-1.7\n\0", Appearance::Document),
        (b"biomatch-s\0\x1a", Appearance::BiomatchFile),
    ]
    .map(|(start, appearance)| ([start, &[1, 2, 3, 4, 5, 6]].concat(), appearance))
    .to_vec();
    for record in [iso2005(), iso2011_plain(), ansi2004(), ansi2009()] {
        others.push((record, Appearance::MinutiaeRecord));
    }
    for (bytes, appearance) in &others {
        for reading in [Reading::Lenient, Reading::Strict] {
            for read in read_without_header(bytes, reading) {
                assert_eq!(read, Err(RecordError::NotARecord(*appearance)), "{}", bytes.escape_ascii());
            }
        }
    }
}

#[test]
fn bytes_as_text_are_named_by_every_reader() {
    for (text, form) in [
        (r"\x46\x4d\x52\x00\x20\x32\x30\x00", TextForm::Escapes),
        ("-----BEGIN RECORD-----\nRk1SACAyMAA=\n-----END RECORD-----\n", TextForm::Pem),
        ("46:4d:52:00:20:32:30:00", TextForm::SeparatedHexadecimal),
        ("0x46, 0x4d, 0x52, 0x00, 0x20", TextForm::ByteList),
        ("[70, 77, 82, 0, 32, 50, 48, 0]", TextForm::ByteList),
        ("data:application/octet-stream,FMR%00%2020%00", TextForm::DataUrl),
        ("%46%4D%52%00%20%32%30%00", TextForm::PercentEncoding),
    ] {
        let named = Err(RecordError::NotARecord(Appearance::Encoded(form)));
        assert_eq!(FingerprintRecord::read(text.as_bytes(), Reading::Lenient), named, "{text}");
        for read in read_without_header(text.as_bytes(), Reading::Lenient) {
            assert_eq!(read, named, "{text}");
        }
    }
    for (text, appearance) in [
        ("not a card but a sentence", Appearance::Text),
        ("100 300 270 98\n0 1 0 0\n", Appearance::NumbersInText),
        ("x,y,angle_degrees\n1,2,3\n", Appearance::NumbersInText),
    ] {
        for read in &read_without_header(text.as_bytes(), Reading::Lenient)[..2] {
            assert_eq!(*read, Err(RecordError::NotARecord(appearance)), "{text}");
        }
    }
}

fn xyt(text: &str, convention: XytConvention) -> FingerprintRecord {
    FingerprintRecord::read_xyt(text.as_bytes(), convention, frame(300, 400), Reading::Strict).unwrap()
}

#[test]
fn xyt_of_nist_counts_y_from_the_bottom_and_points_out_of_the_ridge() {
    let record = xyt("100 300 270 98\n0 1 0 0\n", XytConvention::Nist);
    let expected = [
        minutia(1015, 1015, 16384, MinutiaKind::Other, 98), // 270 degrees turned by half is 90
        minutia(0, 4051, 32768, MinutiaKind::Other, 0),     // the bottom row, 399
    ];
    assert_eq!(only_minutiae(&record), expected);
    assert_eq!(record.dialect, Dialect::Xyt);
}

#[test]
fn xyt_with_m1_is_like_the_standards() {
    let record = xyt("  100 100\t45\n\r0 399 179", XytConvention::M1);
    let expected =
        [minutia(1015, 1015, 16384, MinutiaKind::Other, 0), minutia(0, 4051, 65172, MinutiaKind::Other, 0)];
    assert_eq!(only_minutiae(&record), expected);
    assert_eq!(only_minutiae(&xyt("", XytConvention::M1)), []);
}

#[test]
fn xyt_scales_with_the_resolution_that_the_caller_states() {
    let fine = Frame { resolution_x: resolution(394), resolution_y: resolution(200), ..frame(300, 400) };
    let record =
        FingerprintRecord::read_xyt(b"100 300 0", XytConvention::Nist, fine, Reading::Strict).unwrap();
    assert_eq!(only_minutiae(&record), [minutia(508, 1000, 32768, MinutiaKind::Other, 0)]);
}

#[test]
fn xyt_that_cannot_be_understood() {
    let columns =
        |found| TextProblem::Columns { expected: "3 or 4 whole numbers, as many on every line", found };
    let value = |field| TextProblem::Value { field, expected: "a whole number" };
    let cases: [(&[u8], u64, TextProblem); 8] = [
        (b"1 2", 1, columns(2)),
        (b"1 2 3 4 5", 1, columns(5)),
        (b"1 2 3\n1 2 3 4", 2, columns(4)),
        (b"1 2 3 4\n1 2 3", 2, columns(3)),
        (b"1 2.5 3", 1, value("y")),
        (b"1 2 3\nx 2 3", 2, value("x")),
        (b"1 2 99999999999", 1, value("theta")),
        (b"1 2 3\n1 2 \xFF", 2, TextProblem::Unreadable),
    ];
    for (bytes, line, problem) in cases {
        for reading in [Reading::Strict, Reading::Lenient] {
            let read = FingerprintRecord::read_xyt(bytes, XytConvention::Nist, frame(300, 400), reading);
            assert_eq!(read, Err(RecordError::Text { line, problem: problem.clone() }));
        }
    }
    let many = "1 1 1\n".repeat(1001);
    let read = FingerprintRecord::read_xyt(many.as_bytes(), XytConvention::M1, frame(9, 9), Reading::Lenient);
    let problem = TextProblem::TooManyMinutiae { limit: 1000 };
    assert_eq!(read, Err(RecordError::Text { line: 1001, problem }));
    assert!(
        FingerprintRecord::read_xyt(&many.as_bytes()[6..], XytConvention::M1, frame(9, 9), Reading::Strict)
            .is_ok()
    );
}

#[test]
fn xyt_flaws() {
    let outside = |field, minutia, found, limit| Flaw::OutsidePicture { field, minutia, found, limit };
    let cases = [
        ("1 2 3\n\n1 2 3\n", 6, Flaw::BlankLine, 2),
        ("1 2 360\n", 0, Flaw::Angle { limit: 360, found: 360 }, 1),
        ("1 2 -90\n", 0, Flaw::Angle { limit: 360, found: -90 }, 1),
        ("1 2 3\n300 2 3\n", 6, outside("x", 1, 300, 300), 2),
        ("1 0 3\n", 0, outside("y", 0, 400, 400), 1),
        ("1 2 3\n-1 2 3\n", 6, Flaw::Unplaceable { field: "x", minutia: 1 }, 1),
        ("1 401 3\n", 0, Flaw::Unplaceable { field: "y", minutia: 0 }, 0),
        ("1 2 3 101\n", 0, Flaw::Quality { field: "quality", found: 101 }, 1),
    ];
    for (text, offset, flaw, minutiae) in cases {
        let read = |reading| {
            FingerprintRecord::read_xyt(text.as_bytes(), XytConvention::Nist, frame(300, 400), reading)
        };
        check_flaw(text, read, offset, flaw, minutiae);
    }
    // -90 degrees are 270, turned by half 90.
    let text = b"1 2 -90";
    let record = FingerprintRecord::read_xyt(text, XytConvention::Nist, frame(300, 400), Reading::Lenient);
    assert_eq!(only_minutiae(&record.unwrap())[0].angle.to_binary(), 16384);
}

#[test]
fn csv_names_its_columns() {
    let text =
        b"x,y,angle_degrees,quality,type\n100,0.5,90,98,ending\n0,399,-45.0,,\n1,1,720,0,bifurcation\n";
    let record = FingerprintRecord::read_csv(text, frame(300, 400), Reading::Strict).unwrap();
    assert_eq!(record.dialect, Dialect::Csv);
    let expected = [
        minutia(1015, 5, 16384, MinutiaKind::Ending, 98),
        minutia(0, 4051, 57344, MinutiaKind::Other, 0),
        minutia(10, 10, 0, MinutiaKind::Bifurcation, 0),
    ];
    assert_eq!(only_minutiae(&record), expected);
    // Any order, spaces around, only what is needed.
    let text = b"angle_degrees , y, x\r\n 90 , 0.5 , 100 \r\n";
    let record = FingerprintRecord::read_csv(text, frame(300, 400), Reading::Strict).unwrap();
    assert_eq!(only_minutiae(&record), [minutia(1015, 5, 16384, MinutiaKind::Other, 0)]);
}

#[test]
fn csv_that_cannot_be_understood() {
    let header = |name| TextProblem::Header { name };
    let value = |field, expected| TextProblem::Value { field, expected };
    let cases: [(&[u8], u64, TextProblem); 9] = [
        (b"", 1, header("x")),
        (b"x,y\n1,2\n", 1, header("angle_degrees")),
        (b"x,y,y,angle_degrees\n", 1, header("y")),
        (
            b"x,y,angle_degrees\n1,2\n",
            2,
            TextProblem::Columns { expected: "as many columns as the header has", found: 2 },
        ),
        (b"x,y,angle_degrees\n1,2,3\n1,b,3\n", 3, value("y", "a number")),
        (b"x,y,angle_degrees\n1,2,inf\n", 2, value("angle_degrees", "a number")),
        (
            b"x,y,angle_degrees,quality\n1,2,3,-1\n",
            2,
            value("quality", "a whole number up to 100, or nothing"),
        ),
        (b"x,y,angle_degrees,type\n1,2,3,core\n", 2, value("type", "ending, bifurcation or other")),
        (b"x,y,angle_degrees\n1,2,\xFF\n", 2, TextProblem::Unreadable),
    ];
    for (bytes, line, problem) in cases {
        for reading in [Reading::Strict, Reading::Lenient] {
            let read = FingerprintRecord::read_csv(bytes, frame(300, 400), reading);
            assert_eq!(
                read,
                Err(RecordError::Text { line, problem: problem.clone() }),
                "{}",
                bytes.escape_ascii()
            );
        }
    }
}

#[test]
fn csv_flaws() {
    let outside = Flaw::OutsidePicture { field: "x", minutia: 0, found: 300, limit: 300 };
    let cases = [
        ("x,y,angle_degrees,finger\n1,1,1,7\n", 0, Flaw::UnknownColumn { column: 4 }, 1),
        ("x,y,angle_degrees\n300,1,1\n", 18, outside, 1),
        ("x,y,angle_degrees\n1,-1,1\n", 18, Flaw::Unplaceable { field: "y", minutia: 0 }, 0),
        ("x,y,angle_degrees\n1,1e30,1\n", 18, Flaw::Unplaceable { field: "y", minutia: 0 }, 0),
        ("x,y,angle_degrees,quality\n1,1,1,200\n", 26, Flaw::Quality { field: "quality", found: 200 }, 1),
    ];
    for (text, offset, flaw, minutiae) in cases {
        let read = |reading| FingerprintRecord::read_csv(text.as_bytes(), frame(300, 400), reading);
        check_flaw(text, read, offset, flaw, minutiae);
    }
}
