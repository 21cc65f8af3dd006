//! Type-9 records of ANSI/NIST-ITL transactions: known answers by hand, and files of other programs.

use std::fs;
use std::path::Path;

use crate::records_common::text_records::*;
use crate::records_common::wrapped::base64;
use crate::records_common::*;
use biomatch::template::{
    Appearance, Dialect, ExtendedDataKind, Finger, FingerprintRecord, FingerprintTemplate, Flaw, Frame,
    Impression, Minutia, MinutiaKind, Reading, RecordError, Warning, Wrapper, XytConvention,
};
use biomatch::units::Quality;

fn strict(bytes: &[u8]) -> FingerprintRecord {
    FingerprintRecord::read(bytes, Reading::Strict).unwrap()
}

fn lenient(bytes: &[u8]) -> FingerprintRecord {
    FingerprintRecord::read(bytes, Reading::Lenient).unwrap()
}

fn error(bytes: &[u8]) -> String {
    FingerprintRecord::read(bytes, Reading::Lenient).unwrap_err().to_string()
}

/// The fields with one value replaced.
fn with<'a>(fields: &[(u16, &'a str)], number: u16, value: &'a str) -> Vec<(u16, &'a str)> {
    fields.iter().map(|&(n, old)| (n, if n == number { value } else { old })).collect()
}

fn without<'a>(fields: &[(u16, &'a str)], numbers: &[u16]) -> Vec<(u16, &'a str)> {
    fields.iter().copied().filter(|(n, _)| !numbers.contains(n)).collect()
}

fn foreign(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(name)).unwrap()
}

/// Hundredths of a millimetre from the top left.
fn place(m: &Minutia) -> (u32, u32) {
    (m.x.micrometres() / 10, m.y.micrometres() / 10)
}

#[test]
fn standard_fields_are_turned_and_flipped() {
    let record = strict(&standard_transaction());
    assert_eq!(record.dialect, Dialect::AnsiNist);
    assert_eq!(record.wrappers, [Wrapper::Transaction { passed_over: 0 }]);
    let [view] = &record.views[..] else { panic!() };
    assert_eq!((view.position, view.impression), (Finger::RightIndex.into(), Impression::LIVE_ROLLED));
    assert_eq!(view.frame, Some(Frame::new(600, 800, resolution(200))));
    // The bottom row of 40 mm is 39.99 mm down; 0 degrees is west, 270 north, 90 south.
    let quarter = 1 << 14;
    let expected = [
        ((0, 3999), 2 * quarter, MinutiaKind::Other, None),
        ((1000, 1), quarter, MinutiaKind::Ending, Quality::new(100)),
        ((2500, 999), 3 * quarter, MinutiaKind::Bifurcation, Quality::new(1)),
    ];
    let found: Vec<_> = view
        .minutiae
        .iter()
        .map(|m| (place(m), i32::from(m.angle.to_binary()), m.kind(), m.quality()))
        .collect();
    assert_eq!(found, expected);
    let blocks: Vec<_> = view.extended.iter().map(|block| (block.kind(), block.bytes.clone())).collect();
    assert_eq!(
        blocks,
        [
            // 255 is no minutia, so it stands for no neighbour.
            (ExtendedDataKind::RidgeCounts, vec![0, 1, 2, 4, 3, 1, 7]),
            // Cores at (10.00, 20.00) and (10.00, 21.00) from the bottom, a delta at (5.00, 5.00):
            // pixels of 0.05 mm from the top.
            (
                ExtendedDataKind::CoresAndDeltas,
                vec![2, 0, 200, 0x01, 0x90, 0, 200, 0x01, 0x7C, 1, 0, 100, 0x02, 0xBC],
            ),
        ]
    );
}

#[test]
fn without_a_picture_the_highest_point_is_the_top() {
    let fields = with(STANDARD, 8, "10002000");
    let record = strict(&[type_1(&[9]), tagged(9, &fields)].concat());
    let [view] = &record.views[..] else { panic!() };
    assert_eq!(view.frame, None);
    assert_eq!(view.minutiae.iter().map(place).collect::<Vec<_>>(), [(0, 3998), (1000, 0), (2500, 998)]);
    // A core above all minutiae.
    let record = strict(&[type_1(&[9]), tagged(9, &with(STANDARD, 8, "10004100"))].concat());
    assert_eq!(place(&record.views[0].minutiae[1]), (1000, 102));
    // A Type-9 record by itself.
    assert_eq!(strict(&tagged(9, STANDARD)).views[0].minutiae.len(), 3);
    // The picture of another number is no picture of this finger.
    let fields = with(STANDARD, 2, "02");
    assert_eq!(strict(&[type_1(&[14, 9]), type_14(), tagged(9, &fields)].concat()).views[0].frame, None);
}

#[test]
fn binary_picture_records_are_passed_and_measured() {
    // Type-4: length, IDC 1, impression, fingers, scanning resolution, 600 by 800, pixels.
    let mut picture = vec![0, 0, 0, 38, 1, 0, 2, 255, 255, 255, 255, 255, 0, 0x02, 0x58, 0x03, 0x20, 0];
    picture.extend([0x1C; 20]);
    let bytes = [type_1(&[4, 9]), picture.clone(), tagged(9, &without(STANDARD, &[8, 9]))].concat();
    let record = strict(&bytes);
    assert_eq!(record.views[0].frame, Some(frame(600, 800)));
    picture[12] = 1;
    let native = [type_1(&[4, 9]), picture.clone(), tagged(9, &without(STANDARD, &[8, 9]))].concat();
    // 19.69 pixels per millimetre in field 1.011.
    assert_eq!(strict(&native).views[0].frame, Some(frame(600, 800)));
    picture[3] = 200;
    let cut = [type_1(&[4, 9]), picture].concat();
    assert!(error(&cut).contains("the input ends inside binary record: 200 bytes expected, 38 left"));
}

#[test]
fn incits_378_fields_are_what_the_binary_record_would_be() {
    let record = strict(&m1_transaction());
    assert_eq!(record.dialect, Dialect::AnsiNistM1);
    let [view] = &record.views[..] else { panic!() };
    assert_eq!((view.position, view.view), (Finger::LeftIndex.into(), 1));
    assert_eq!((view.quality, view.frame), (Quality::new(80), Some(frame(300, 400))));
    // The same minutiae as INCITS 378-2004 in binary.
    let binary = [
        &b"FMR\0 20\0"[..],
        &[0, 44, 0, 0, 0, 0, 0, 0, 0x01, 0x2C, 0x01, 0x90, 0, 197, 0, 197, 1, 0],
        &[7, 0, 80, 2],
        &[0x40, 100, 0x00, 14, 45, 90],
        &[0x81, 0x2B, 0x01, 0x8F, 179, 0],
        &[0, 0],
    ]
    .concat();
    assert_eq!(view.minutiae, strict(&binary).views[0].minutiae);
    let blocks: Vec<_> = view.extended.iter().map(|block| block.bytes.clone()).collect();
    assert_eq!(blocks[0], [1, 1, 2, 3]);
    assert_eq!(blocks[1], [0x41, 0, 150, 0, 160, 45, 0x41, 0, 20, 0, 30, 10, 70, 130]);
    // What it becomes in binary reads back the same.
    let mut again = record.clone();
    again.conform(Dialect::Ansi2004);
    let again = strict(&again.write_ansi2004().unwrap());
    assert_eq!(again.views[0].minutiae, view.minutiae);
    assert_eq!(again.views[0].extended.len(), 2);
}

#[test]
fn a_picture_of_incits_378_fields_in_dots_per_inch() {
    let fields = with(&with(&with(M1, 130, "1"), 131, "500"), 132, "1000");
    let view = strict(&tagged(9, &fields)).views.remove(0);
    let expected = Frame { resolution_y: resolution(394), ..frame(300, 400) };
    assert_eq!(view.frame, Some(expected));
    let fields = with(M1, 130, "0");
    let record = lenient(&tagged(9, &fields));
    assert!(matches!(record.warnings[0].flaw, Flaw::Resolution { found: 197, used: 197, .. }));
    assert!(FingerprintRecord::read(&tagged(9, &fields), Reading::Exact).is_err());
}

#[test]
fn several_fingers_of_one_transaction_are_views_of_one_record() {
    let left = with(&with(STANDARD, 6, "07"), 2, "02");
    let vendor: &[(u16, &str)] = &[(2, "03"), (3, "0"), (4, "U"), (13, "private")];
    let bytes =
        [type_1(&[9, 9, 9, 9]), tagged(9, STANDARD), tagged(9, &left), tagged(9, vendor), tagged(9, &left)]
            .concat();
    let record = strict(&bytes);
    assert_eq!(record.wrappers, [Wrapper::Transaction { passed_over: 1 }]);
    let views: Vec<_> = record.views.iter().map(|view| (view.position.code(), view.view)).collect();
    assert_eq!(views, [(2, 0), (7, 0), (7, 1)]);
    let only = [type_1(&[9]), tagged(9, vendor)].concat();
    let none = RecordError::NotARecord(Appearance::TransactionWithoutMinutiae);
    assert_eq!(FingerprintRecord::read(&only, Reading::Lenient), Err(none.clone()));
    assert_eq!(FingerprintRecord::read(&type_1(&[]), Reading::Lenient), Err(none));
    // Both kinds of fields in one transaction: a record of the first.
    let both = [type_1(&[9, 9]), tagged(9, STANDARD), tagged(9, M1)].concat();
    let record = lenient(&both);
    assert_eq!((record.dialect, record.views.len()), (Dialect::AnsiNist, 2));
    assert!(matches!(record.warnings[..], [Warning { flaw: Flaw::SeveralDialects { .. }, .. }]));
    // As text.
    let text = base64(&bytes, ['+', '/']);
    assert_eq!(strict(text.as_bytes()).views.len(), 3);
}

#[test]
fn old_tags_of_two_digits_and_wrong_lengths_are_read() {
    let old = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap().replace("9.001:", "9.01:").replace("9.012:", "9.12:");
        text.into_bytes()
    };
    let bytes = old(tagged(9, STANDARD));
    let record = lenient(&bytes);
    assert_eq!(record.views[0].minutiae.len(), 3);
    let found = bytes.len() as u64;
    assert_eq!(record.warnings[0], Warning { offset: 0, flaw: Flaw::Length { declared: found + 2, found } });
    let trailing = [tagged(9, STANDARD), b"\r\n".to_vec()].concat();
    assert_eq!(lenient(&trailing).warnings[0].flaw, Flaw::TrailingBytes { count: 2 });
    let missing = [type_1(&[9, 14]), tagged(9, STANDARD)].concat();
    let what = "records of the transaction";
    assert_eq!(lenient(&missing).warnings[0].flaw, Flaw::Count { what, declared: 3, found: 2 });
}

#[test]
fn what_a_field_does_not_allow_is_an_error_at_its_byte() {
    let standard = |number, value| error(&tagged(9, &with(STANDARD, number, value)));
    for (value, expected) in [
        ("1\x1F0000000000", "minutia place: 11 digits, XXXXYYYYTTT expected"),
        ("1\x1F0000000000X", "minutia place: a whole number expected"),
        ("1\x1F+0000000000", "minutia place: a whole number expected"),
        ("x\x1F00000000000", "minutia index: a whole number expected"),
        ("1", "minutia: a place after the index expected"),
        ("1\x1F00000000000\x1F-1", "minutia quality: a whole number expected"),
        ("1\x1F00000000000\x1F1\x1FQ", "minutia type: A, B, C or D expected"),
    ] {
        assert!(standard(12, value).ends_with(expected), "{}", standard(12, value));
    }
    assert!(standard(6, "256").ends_with("finger position: a number up to 255 expected"));
    assert_eq!(standard(3, "live"), "byte 25: impression type: a whole number expected");
    let m1 = |number, value| error(&tagged(9, &with(M1, number, value)));
    assert!(m1(137, "1\x1F2\x1F3\x1F4").ends_with("minutia type: a whole number expected"));
    assert!(
        m1(137, "1\x1F70000\x1F3\x1F4\x1F1").ends_with("minutia x: a number of pixels up to 65535 expected")
    );
    assert!(m1(128, "").ends_with("picture width: a whole number expected"));
    assert!(error(&tagged(9, &without(M1, &[129]))).ends_with("the picture's width and height expected"));
    let many = vec!["1\x1F00000000000"; 1001].join("\x1E");
    assert!(standard(12, &many).ends_with("minutiae and ridge counts: at most 1000 minutiae expected"));
}

#[test]
fn flaws_keep_the_minutiae() {
    let first = |fields: &[(u16, &str)]| {
        let bytes = tagged(9, fields);
        let record = lenient(&bytes);
        let flaw = record.warnings[0].flaw.clone();
        assert_eq!(
            FingerprintRecord::read(&bytes, Reading::Strict),
            Err(RecordError::Malformed { offset: record.warnings[0].offset, flaw: flaw.clone() })
        );
        (record.views[0].minutiae.len(), flaw)
    };
    let what = "minutiae";
    assert_eq!(first(&with(STANDARD, 10, "4")), (3, Flaw::Count { what, declared: 4, found: 3 }));
    assert_eq!(first(&with(M1, 136, "1")), (2, Flaw::Count { what, declared: 1, found: 2 }));
    let turned = with(&with(STANDARD, 10, "1"), 12, "1\x1F00000000361");
    assert_eq!(first(&turned), (1, Flaw::Angle { limit: 360, found: 361 }));
    let cores = Flaw::ExtendedDataField { field: "cores and deltas" };
    assert_eq!(first(&with(STANDARD, 8, "1000")), (3, cores.clone()));
    assert_eq!(first(&with(M1, 139, "1\x1F2\x1F300")), (2, cores));
    let ridges = Flaw::ExtendedDataField { field: "ridge count" };
    let bad = with(&with(STANDARD, 10, "1"), 12, "1\x1F00000000000\x1F0\x1FA\x1F1,2,3");
    assert_eq!(first(&bad), (1, ridges));
    let ridges = Flaw::ExtendedDataField { field: "ridge counts" };
    assert_eq!(first(&with(M1, 138, "0\x1F0\x1F0\x1E1\x1F2")), (2, ridges));
    let outside = with(M1, 128, "200");
    assert!(matches!(first(&outside), (2, Flaw::OutsidePicture { field: "x", found: 299, limit: 200, .. })));
    // No minutiae at all, as mindtct writes it.
    let none = without(&with(STANDARD, 10, "0"), &[12]);
    assert_eq!(strict(&tagged(9, &none)).views[0].minutiae, []);
}

/// mindtct writes the same minutiae as a Type-9 record and as .xyt in both conventions.
#[test]
fn a_type_9_record_of_mindtct_is_its_xyt() {
    let record = strict(&foreign("mindtct-type-9.an2"));
    let [view] = &record.views[..] else { panic!() };
    let frame = view.frame.unwrap();
    assert_eq!((frame, view.minutiae.len()), (Frame::new(320, 320, resolution(197)), 64));
    for (name, convention, tolerance) in
        [("mindtct.xyt", XytConvention::Nist, 0), ("mindtct-m1.xyt", XytConvention::M1, 184)]
    {
        let xyt = FingerprintRecord::read_xyt(&foreign(name), convention, frame, Reading::Strict).unwrap();
        let xyt = only_minutiae(&xyt);
        assert_eq!(xyt.len(), view.minutiae.len());
        for (a, b) in view.minutiae.iter().zip(xyt) {
            // Hundredths of a millimetre are finer than pixels of 0.0508 mm.
            let apart = |a: u32, b: u32| a.abs_diff(b);
            assert!(apart(a.x.micrometres(), b.x.micrometres()) <= 10, "{a:?} {b:?}");
            assert!(apart(a.y.micrometres(), b.y.micrometres()) <= 51, "{a:?} {b:?}");
            assert!(i32::from(a.angle.turn_to(b.angle)).abs() <= tolerance, "{name}: {a:?} {b:?}");
            let quality = |m: &Minutia| i32::from(m.quality().map_or(0, Quality::get));
            assert!((quality(a) - quality(b)).abs() <= 1, "{a:?} {b:?}");
        }
    }
    // 38 endings and 26 bifurcations by mindtct's own list.
    assert_eq!(view.extended[0].kind(), ExtendedDataKind::RidgeCounts);
}

/// Minutiae that a person placed for the FBI, and those of mindtct in the same picture: where both
/// see one, they agree on its direction.
#[test]
fn nists_sample_agrees_with_mindtct() {
    let view = |name| -> FingerprintTemplate { strict(&foreign(name)).views.remove(0) };
    let (person, program) = (view("nist-type-9.an2"), view("mindtct-type-9.an2"));
    assert_eq!(person.minutiae.len(), 48);
    assert_eq!(person.position, Finger::LeftMiddle.into());
    assert_eq!(person.frame, Some(Frame::new(800, 768, resolution(197))));
    assert!(person.minutiae.iter().all(|m| m.kind() == MinutiaKind::Other && m.quality().is_none()));
    // mindtct saw the 320 pixels from (240, 220) on.
    let pixels = |m: &Minutia| [m.x, m.y].map(|length| length.to_pixels(resolution(197)) as i32);
    let (mut near, mut agree) = (0, 0);
    for m in &person.minutiae {
        let [x, y] = pixels(m);
        let distance = |other: &&Minutia| {
            let [u, v] = pixels(other);
            (u + 240 - x).pow(2) + (v + 220 - y).pow(2)
        };
        let nearest = program.minutiae.iter().min_by_key(distance).unwrap();
        if distance(&nearest) < 100 {
            near += 1;
            // 30 degrees.
            agree += i32::from(i32::from(m.angle.turn_to(nearest.angle)).abs() < 65536 / 12);
        }
    }
    assert!(near >= 20 && agree >= near - 2, "{agree} of {near}");
}

#[test]
fn no_damage_of_a_transaction_panics() {
    damage(&standard_transaction());
    damage(&m1_transaction());
}
