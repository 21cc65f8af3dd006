//! Departures from the standards by grade, and which of them each reading refuses.

use crate::records_common::*;
use biomatch::template::{Dialect, FingerprintRecord, Flaw, Grade, Reading, RecordError};

fn code(field: &'static str) -> Flaw {
    Flaw::Code { dialect: Dialect::Iso2005, field, found: 9 }
}

fn outside(found: u32) -> Flaw {
    Flaw::OutsidePicture { field: "x", minutia: 0, found, limit: 300 }
}

fn resolution_flaw(found: u16, used: u16) -> Flaw {
    Flaw::Resolution { field: "horizontal resolution", found, used }
}

/// One of each kind, and of those whose grade depends on the field one of each grade.
fn all_flaws() -> Vec<(Flaw, Grade)> {
    use Grade::{Doubtful, Harmless, Wrong};
    vec![
        (Flaw::Version, Harmless),
        (Flaw::Length { declared: 1, found: 2 }, Doubtful),
        (Flaw::LengthForm { declared: 1 }, Harmless),
        (Flaw::DraftHeader, Doubtful),
        (Flaw::TrailingBytes { count: 1 }, Doubtful),
        (Flaw::Reserved { field: "a", found: 1 }, Harmless),
        (code("impression type"), Harmless),
        (code("finger position"), Doubtful),
        (code("minutia length"), Wrong),
        (Flaw::Quality { field: "quality", found: 101 }, Harmless),
        (Flaw::Angle { limit: 180, found: 181 }, Doubtful),
        (resolution_flaw(98, 98), Doubtful),
        (resolution_flaw(0, 197), Doubtful),
        (Flaw::UnstatedResolution { used: 197 }, Doubtful),
        (Flaw::PictureLeftOut { number: 1, reason: String::new() }, Wrong),
        (Flaw::TinyPicture { width: 203, height: 254 }, Wrong),
        (Flaw::EmptyPicture { field: "picture width" }, Doubtful),
        (outside(300), Harmless),
        (outside(301), Doubtful),
        (Flaw::Unplaceable { field: "x", minutia: 0 }, Wrong),
        (Flaw::NotOfACard { what: "a minutia twice" }, Doubtful),
        (Flaw::NoViews, Wrong),
        (Flaw::TooManyViews { limit: 176, found: 177 }, Doubtful),
        (Flaw::NoMinutiae, Harmless),
        (Flaw::DuplicateView { position: 1, view: 0 }, Harmless),
        (Flaw::ViewNumber { position: 1, expected: 0, found: 1 }, Harmless),
        (Flaw::CaptureTime, Harmless),
        (Flaw::ExtendedDataCut { declared: 2, found: 1 }, Doubtful),
        (Flaw::ExtendedDataBlocks { length: 1 }, Harmless),
        (Flaw::ExtendedDataLengths, Harmless),
        (Flaw::BlankLine, Harmless),
        (Flaw::UnknownColumn { column: 4 }, Harmless),
    ]
}

#[test]
fn each_flaw_has_a_grade_and_each_reading_refuses_by_grade() {
    for (flaw, grade) in all_flaws() {
        assert_eq!(flaw.grade(), grade, "{flaw}");
    }
    for (reading, refused) in [
        (Reading::Lenient, [false, false, false]),
        (Reading::Strict, [false, true, true]),
        (Reading::Exact, [true, true, true]),
    ] {
        assert_eq!(
            [Grade::Harmless, Grade::Doubtful, Grade::Wrong].map(|grade| reading.refuses(grade)),
            refused
        );
    }
    assert!(Grade::Harmless < Grade::Doubtful && Grade::Doubtful < Grade::Wrong);
}

#[test]
fn a_single_view_with_the_number_1_reads_strictly() {
    let mut bytes = iso2005();
    bytes.truncate(0x30);
    bytes[0x0B] = 0x30;
    bytes[0x16] = 1;
    bytes[0x19] = 0x11;
    let flaw = Flaw::ViewNumber { position: 2, expected: 0, found: 1 };
    for reading in [Reading::Lenient, Reading::Strict] {
        let record = FingerprintRecord::read(&bytes, reading).unwrap();
        assert_eq!((record.warnings.len(), &record.warnings[0].flaw), (1, &flaw), "{reading:?}");
        assert_eq!(record.views[0].minutiae.len(), 3);
    }
    let exact = FingerprintRecord::read(&bytes, Reading::Exact);
    assert_eq!(exact, Err(RecordError::Malformed { offset: 0x18, flaw }));
}

#[test]
fn the_document_lists_every_grade() {
    let text = include_str!("../../docs/formats.md");
    let table: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    for grade in [Grade::Harmless, Grade::Doubtful, Grade::Wrong] {
        let listed = table.iter().filter(|row| row.contains(&format!("| {grade} |"))).count();
        let kinds = all_flaws().iter().filter(|(_, of)| *of == grade).count();
        assert!(listed >= kinds / 2, "{listed} rows for {kinds} {grade} flaws");
    }
}
