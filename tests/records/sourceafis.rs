//! SourceAFIS templates: known answers by hand.

use crate::records_common::text_records::*;
use crate::records_common::wrapped::hexadecimal;
use crate::records_common::*;
use biomatch::template::{
    Dialect, FingerPosition, FingerprintRecord, Flaw, Minutia, MinutiaKind, Reading, RecordError,
};

fn strict(bytes: &[u8]) -> FingerprintRecord {
    FingerprintRecord::read(bytes, Reading::Strict).unwrap()
}

fn lenient(bytes: &[u8]) -> FingerprintRecord {
    FingerprintRecord::read(bytes, Reading::Lenient).unwrap()
}

/// The template with some of its bytes replaced by others.
fn replaced(old: &[u8], new: &[u8]) -> Vec<u8> {
    let bytes = sourceafis();
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

fn error(bytes: &[u8]) -> String {
    FingerprintRecord::read(bytes, Reading::Lenient).unwrap_err().to_string()
}

/// The directions' key and the head of the array.
const DIRECTIONS: &[u8] = b"\x6Adirections\x82\xFA\x3F\xC9\x0F\xDB";

#[test]
fn both_forms_are_the_same_template() {
    for bytes in [sourceafis(), sourceafis_counted()] {
        let record = strict(&bytes);
        assert_eq!(record.dialect, Dialect::SourceAfis);
        assert_eq!(record.views[0].frame, Some(frame(300, 400)));
        assert_eq!(record.views[0].position, FingerPosition::Unknown);
        let found: Vec<_> = only_minutiae(&record)
            .iter()
            .map(|m: &Minutia| {
                (
                    m.x.to_pixels(resolution(197)),
                    m.y.to_pixels(resolution(197)),
                    m.angle.to_binary(),
                    m.kind(),
                )
            })
            .collect();
        // Clockwise by a quarter is south.
        let expected = [(100, 14, 3 << 14, MinutiaKind::Ending), (299, 399, 0, MinutiaKind::Bifurcation)];
        assert_eq!(found, expected);
        let text = strict(hexadecimal(&bytes).as_bytes());
        assert_eq!(text.views, record.views);
    }
    // What SourceAFIS writes as ISO/IEC 19794-2:2005 for these minutiae: 192 is 270 degrees.
    let iso = [
        &b"FMR\0 20\0\0\0\0\x2A\0\0\x01\x2C\x01\x90\0\xC5\0\xC5\x01\0"[..],
        &[0, 0, 0, 2, 0x40, 100, 0x00, 14, 192, 0, 0x81, 0x2B, 0x01, 0x8F, 0, 0, 0, 0],
    ]
    .concat();
    assert_eq!(only_minutiae(&strict(&iso)), only_minutiae(&strict(&sourceafis())));
}

#[test]
fn what_the_map_lacks_is_named() {
    let no_types = replaced(b"\x65types\x62EB", b"");
    assert_eq!(error(&no_types), "byte 0: types: a value in the map expected");
    assert!(
        error(&replaced(b"\x62EB", b"\x61E")).ends_with("directions and types: the same length expected")
    );
    assert!(error(&replaced(b"\x62EB", b"\x82\x01\x02")).ends_with("types: text expected"));
    assert!(error(&replaced(b"\x82\x18\x64", b"\x82\x61x")).ends_with("positionsX: a number expected"));
    assert!(error(&replaced(b"\x82\x18\x64", b"\x18\x64")).ends_with("positionsX: an array expected"));
    assert!(
        error(&replaced(DIRECTIONS, b"\x6Adirections\x82\xFA\x7F\xC0\0\0"))
            .ends_with("directions: a number expected")
    );
    assert!(error(&replaced(b"\x19\x01\x2C", b"\x20")).ends_with("width: a number of pixels expected"));
    assert!(error(&replaced(b"\x66height", b"\x65width")).ends_with("width: each key once expected"));
    let cut = &sourceafis()[..55];
    assert!(matches!(
        FingerprintRecord::read(cut, Reading::Lenient),
        Err(RecordError::Truncated { field: "positionsX", .. })
    ));
}

#[test]
fn flaws_keep_what_can_be_kept() {
    let first = |bytes: &[u8]| {
        assert!(FingerprintRecord::read(bytes, Reading::Exact).is_err());
        let record = lenient(bytes);
        (only_minutiae(&record).len(), record.warnings[0].flaw.clone())
    };
    let dialect = Dialect::SourceAfis;
    assert_eq!(
        first(&replaced(b"\x62EB", b"\x62EX")),
        (2, Flaw::Code { dialect, field: "minutia type", found: b'X' })
    );
    assert_eq!(
        first(&replaced(b"\x82\x18\x64", b"\x82\x20")),
        (1, Flaw::Unplaceable { field: "x", minutia: 0 })
    );
    let outside = replaced(b"\x82\x18\x64", b"\x82\x19\x01\x2C");
    assert!(matches!(first(&outside), (2, Flaw::OutsidePicture { field: "x", found: 300, limit: 300, .. })));
    // 7 radians.
    let turned = replaced(DIRECTIONS, b"\x6Adirections\x82\x07");
    assert_eq!(first(&turned), (2, Flaw::Angle { limit: 360, found: 401 }));
    assert_eq!(first(&[sourceafis(), vec![0]].concat()), (2, Flaw::TrailingBytes { count: 1 }));
    assert_eq!(first(&replaced(b"\x19\x01\x2C", b"\x00")).1, Flaw::EmptyPicture { field: "picture width" });
}

#[test]
fn nothing_is_allocated_or_nested_by_a_hostile_template() {
    let head = |array: &[u8]| [b"\xA1\x6ApositionsX", array].concat();
    for array in [
        &[0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1][..],
        &[0x9B, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        &[0x9A, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        assert!(FingerprintRecord::read(&head(array), Reading::Lenient).is_err());
    }
    let many = head(&[&[0x9F][..], &[1; 1001]].concat());
    assert!(error(&many).ends_with("at most 1000 numbers expected"));
    for deep in [&[0x81][..], &[0x9F], &[0xC1], &[0xBF, 0x61, b'a'], &[0xA1, 0x61, b'a']] {
        let bytes = [&b"\xA2\x67version\x01\x61x"[..], &deep.repeat(100_000)].concat();
        assert!(error(&bytes).ends_with("at most 8 items in one another expected"));
    }
    // Text in pieces in one another, and longer than any template's.
    let pieces = [&b"\xA1\x67version"[..], &[0x7F; 100_000]].concat();
    assert!(FingerprintRecord::read(&pieces, Reading::Lenient).is_err());
    let long = [&b"\xA1\x65types\x79\xFF\xFF"[..], &[b'E'; 65_535]].concat();
    assert!(error(&long).ends_with("types: at most 1000 letters expected"));
}

#[test]
fn no_damage_of_a_template_panics() {
    damage(&sourceafis());
    damage(&sourceafis_counted());
}
