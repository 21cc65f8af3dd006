//! What is written is read again: the same views, in every dialect, from every dialect.

use crate::records_common::*;
use biomatch::template::{
    Adjustment, Capture, CaptureTime, Certificate, Dialect, ExtendedData, FingerPosition, FingerprintRecord,
    FingerprintTemplate, Frame, Impression, Minutia, MinutiaKind, QualityScore, QualitySource, Reading,
    RecordWriteError, RidgeEnding, XytConvention,
};
use biomatch::units::{Angle, Length, Quality};
use proptest::collection::vec;
use proptest::prelude::*;

const WRITTEN: [Dialect; 3] = [Dialect::Iso2005, Dialect::Iso2011, Dialect::Ansi2004];

fn read(bytes: &[u8]) -> FingerprintRecord {
    FingerprintRecord::read(bytes, Reading::Strict).unwrap()
}

/// Half the angle unit of a dialect in 1/65,536ths of a turn, rounded up.
fn half_unit(dialect: Dialect) -> i32 {
    if dialect == Dialect::Ansi2004 { 183 } else { 129 }
}

/// Equal but for the angles, which are at most `tolerance` apart.
#[track_caller]
fn assert_same_minutiae(a: &[Minutia], b: &[Minutia], tolerance: i32) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert_eq!((a.x, a.y, a.kind(), a.quality()), (b.x, b.y, b.kind(), b.quality()));
        assert!(i32::from(a.angle.turn_to(b.angle)).abs() <= tolerance, "{:?} and {:?}", a.angle, b.angle);
    }
}

#[test]
fn known_records_come_back_byte_by_byte() {
    for (bytes, dialect) in [
        (iso2005(), Dialect::Iso2005),
        (iso2005_empty_view(), Dialect::Iso2005),
        (iso2011(), Dialect::Iso2011),
        (iso2011_plain(), Dialect::Iso2011),
        (ansi2004(), Dialect::Ansi2004),
    ] {
        assert_eq!(read(&bytes).write(dialect), Ok(bytes));
    }
}

#[test]
fn every_known_record_becomes_every_written_dialect() {
    for (name, from, bytes) in all() {
        let whole = read(&bytes);
        for to in WRITTEN {
            let mut record = whole.clone();
            // What a dialect cannot hold at all: views without minutiae, several fingers in one
            // view, two resolutions.
            if to == Dialect::Iso2011 {
                record.views.retain(|view| !view.minutiae.is_empty());
            } else {
                record.views.retain(|view| view.position.code() <= 10);
                record.views.truncate(if from == Dialect::Ansi2009 { 1 } else { 2 });
                if from == Dialect::Iso2011 {
                    record.views.truncate(1);
                }
            }
            if record.views.is_empty() {
                continue;
            }
            record.conform(to);
            let again = read(&record.write(to).unwrap());
            assert_eq!(again.views.len(), record.views.len(), "{name} to {to}");
            for (a, b) in record.views.iter().zip(&again.views) {
                assert_same_minutiae(&a.minutiae, &b.minutiae, half_unit(to));
                assert_eq!(
                    (a.position, a.view, a.impression, a.quality),
                    (b.position, b.view, b.impression, b.quality)
                );
                let blocks = |v: &FingerprintTemplate| -> Vec<_> {
                    v.extended.iter().map(|e| (e.code, e.bytes.clone())).collect()
                };
                assert_eq!(blocks(a), blocks(b));
            }
        }
    }
}

#[test]
fn cards_and_text_become_records() {
    let card = FingerprintRecord::read_card_compact(&[10, 20, 0x50, 255, 7, 0x80], Reading::Strict).unwrap();
    let mut record = card.clone();
    assert_eq!(record.write_iso2005(), Err(RecordWriteError::NoFrame { view: 0 }));
    assert_eq!(record.conform(Dialect::Iso2005), [Adjustment::FrameAssumed { view: 0 }]);
    let again = read(&record.write_iso2005().unwrap());
    for (a, b) in only_minutiae(&card).iter().zip(only_minutiae(&again)) {
        // Half a pixel at 500 dpi is 25.4 micrometres, a little over five steps.
        assert!(a.x.steps().abs_diff(b.x.steps()) <= 6 && a.y.steps().abs_diff(b.y.steps()) <= 6);
        assert_eq!((a.kind(), a.angle), (b.kind(), b.angle));
    }
    let text = b"100 300 270 98\n12 34 56 7\n";
    let xyt =
        FingerprintRecord::read_xyt(text, XytConvention::Nist, frame(300, 400), Reading::Strict).unwrap();
    let again = read(&xyt.write_iso2011().unwrap());
    assert_same_minutiae(only_minutiae(&xyt), only_minutiae(&again), half_unit(Dialect::Iso2011));
}

fn one(template: FingerprintTemplate) -> FingerprintRecord {
    FingerprintRecord::new(vec![template])
}

#[test]
fn what_does_not_fit_is_an_error() {
    let plain = || {
        let minutiae = vec![minutia(1015, 1015, 0, MinutiaKind::Ending, 0)];
        FingerprintTemplate::new(FingerPosition::from_code(1), minutiae).with_frame(frame(300, 400))
    };
    for dialect in WRITTEN {
        assert!(one(plain()).write(dialect).is_ok());
        assert_eq!(FingerprintRecord::new(Vec::new()).write(dialect), Err(RecordWriteError::NoViews));

        let least = usize::from(dialect == Dialect::Iso2011);
        let mut full = plain();
        full.minutiae = vec![full.minutiae[0]; 255];
        assert!(one(full.clone()).write(dialect).is_ok());
        full.minutiae.push(full.minutiae[0]);
        let error = RecordWriteError::MinutiaCount { view: 0, found: 256, least };
        assert_eq!(one(full).write(dialect), Err(error));

        let position = FingerprintTemplate { position: FingerPosition::Other(11), ..plain() };
        let error = RecordWriteError::Code { view: 0, field: "finger position", found: 11 };
        assert_eq!(one(position).write(dialect), Err(error));

        let outside = plain().with_frame(frame(100, 400));
        let error =
            RecordWriteError::OutsidePicture { view: 0, minutia: 0, field: "x", found: 100, limit: 100 };
        assert_eq!(one(outside.clone()).write(dialect), Err(error));
        let mut mended = one(outside);
        assert_eq!(mended.conform(dialect), [Adjustment::FrameEnlarged { view: 0 }]);
        assert_eq!(mended.views[0].frame, Some(frame(101, 400)));
        assert_eq!(read(&mended.write(dialect).unwrap()).views[0].minutiae, mended.views[0].minutiae);

        let mut fine = plain().with_frame(Frame::new(u16::MAX, u16::MAX, resolution(1_100)));
        fine.minutiae[0].x = Length::from_pixels(16_384, resolution(1_100)).unwrap();
        let error = RecordWriteError::Coordinate { view: 0, minutia: 0, field: "x", found: 16_384 };
        assert_eq!(one(fine).write(dialect), Err(error));

        let renumbered = FingerprintRecord::new(vec![plain(), plain()]);
        let error = RecordWriteError::ViewNumber { view: 1, found: 0, expected: 1 };
        assert_eq!(renumbered.write(dialect), Err(error));
        let mut mended = renumbered;
        assert_eq!(mended.conform(dialect), [Adjustment::Renumbered { view: 1, from: 0, to: 1 }]);
        assert_eq!(read(&mended.write(dialect).unwrap()).views.len(), 2);

        let mut many = FingerprintRecord::new(vec![plain(); 17]);
        many.conform(dialect);
        let error = RecordWriteError::ViewNumber { view: 16, found: 0, expected: 16 };
        assert_eq!(many.write(dialect), Err(error));
        let error = RecordWriteError::TooManyViews { limit: 176, found: 177 };
        assert_eq!(FingerprintRecord::new(vec![plain(); 177]).write(dialect), Err(error));

        let vendor = ExtendedData { dialect, code: 0x0100, bytes: vec![0; 65_531] };
        let mut long = FingerprintTemplate { extended: vec![vendor], ..plain() };
        assert!(one(long.clone()).write(dialect).is_ok());
        long.extended[0].bytes.push(0);
        let error = RecordWriteError::ExtendedDataLength { view: 0, found: 65_536 };
        assert_eq!(one(long).write(dialect), Err(error));
    }
    let foreign = ExtendedData { dialect: Dialect::Ansi2009, code: 2, bytes: vec![0, 0] };
    let cores = FingerprintTemplate { extended: vec![foreign], ..plain() };
    assert!(one(cores.clone()).write_ansi2004().is_ok());
    let error = RecordWriteError::ForeignExtendedData { view: 0, code: 2 };
    assert_eq!(one(cores.clone()).write_iso2005(), Err(error));
    let mut mended = one(cores);
    assert_eq!(mended.conform(Dialect::Iso2005), [Adjustment::ExtendedDataDropped { view: 0, code: 2 }]);
    assert!(mended.write_iso2005().is_ok());

    let mixed = vec![
        plain(),
        FingerprintTemplate { view: 1, ..plain() }.with_frame(Frame::new(300, 400, resolution(394))),
    ];
    let mixed = FingerprintRecord::new(mixed);
    assert_eq!(mixed.write_iso2005(), Err(RecordWriteError::MixedResolutions { view: 1 }));
    assert!(mixed.write_iso2011().is_ok());

    let contactless = FingerprintTemplate { impression: Impression::from_code(24), ..plain() };
    assert!(one(contactless.clone()).write_iso2011().is_ok());
    let error = RecordWriteError::Code { view: 0, field: "impression type", found: 24 };
    assert_eq!(one(contactless.clone()).write_ansi2004(), Err(error));
    let mut mended = one(contactless);
    assert_eq!(mended.conform(Dialect::Ansi2004), [Adjustment::Impression { view: 0, from: 24, to: 0 }]);

    let tiny = one(plain().with_frame(Frame::new(300, 400, resolution(1999))));
    let resolution_of =
        |found| RecordWriteError::Resolution { view: 0, field: "horizontal resolution", found };
    assert_eq!(tiny.write_iso2005(), Err(resolution_of(1999)));
    let coarse = one(plain().with_frame(Frame::new(300, 400, resolution(98))));
    assert_eq!(coarse.write_iso2005(), Err(resolution_of(98)));
    assert_eq!(coarse.write_ansi2004(), Err(resolution_of(98)));

    let mut record = one(plain());
    let time = CaptureTime { year: 2024, month: 13, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
    record.views[0].capture.time = Some(time);
    assert_eq!(record.write_iso2011(), Err(RecordWriteError::CaptureTime { view: 0 }));
    assert_eq!(record.conform(Dialect::Iso2011), [Adjustment::CaptureTimeDropped { view: 0 }]);
    assert!(record.write_iso2011().is_ok());

    for dialect in [Dialect::Ansi2009, Dialect::IsoCardCompact, Dialect::Csv] {
        assert_eq!(one(plain()).write(dialect), Err(RecordWriteError::NoWriter { dialect }));
    }
    let empty = FingerprintTemplate { minutiae: Vec::new(), ..plain() };
    let error = RecordWriteError::MinutiaCount { view: 0, found: 0, least: 1 };
    assert_eq!(one(empty).write_iso2011(), Err(error));
}

#[test]
fn records_over_64_kibibytes() {
    let view = |n: u8| {
        let vendor = ExtendedData { dialect: Dialect::Iso2005, code: 0x0200, bytes: vec![n; 60_000] };
        let template = FingerprintTemplate::new(FingerPosition::from_code(n), Vec::new());
        FingerprintTemplate { extended: vec![vendor], ..template }.with_frame(frame(300, 400))
    };
    let record = FingerprintRecord::new((1..=2).map(view).collect());
    let ansi = record.write_ansi2004().unwrap();
    assert_eq!(ansi[8..10], [0, 0], "the six byte length form");
    for bytes in [record.write_iso2005().unwrap(), ansi] {
        assert!(bytes.len() > 120_000);
        let again = read(&bytes);
        let sizes: Vec<_> = again.views.iter().map(|v| v.extended[0].bytes.len()).collect();
        assert_eq!(sizes, [60_000, 60_000]);
    }
}

/// A minutia on a pixel of a picture, so that a writer at that resolution is exact.
fn minutia_in(frame: Frame) -> impl Strategy<Value = Minutia> {
    let place = (0..frame.width, 0..frame.height);
    let kinds = [MinutiaKind::Other, MinutiaKind::Ending, MinutiaKind::Bifurcation];
    (place, any::<u16>(), proptest::sample::select(kinds.to_vec()), 0..=100_u8).prop_map(
        move |((x, y), angle, kind, quality)| {
            let x = Length::from_pixels(x, frame.resolution_x).unwrap();
            let y = Length::from_pixels(y, frame.resolution_y).unwrap();
            Minutia::new(x, y, Angle::from_binary(angle), kind, Quality::new(quality))
        },
    )
}

fn any_frame() -> impl Strategy<Value = Frame> {
    (1..1500_u16, 1..1500_u16, 99..=1100_u16, 99..=1100_u16).prop_map(|(width, height, x, y)| Frame {
        width,
        height,
        resolution_x: resolution(x),
        resolution_y: resolution(y),
    })
}

fn any_capture() -> impl Strategy<Value = Capture> {
    let source =
        (any::<u16>(), any::<u16>()).prop_map(|(vendor, algorithm)| QualitySource { vendor, algorithm });
    let score = (0..=100_u8, source.clone()).prop_map(|(value, source)| QualityScore { value, source });
    let certificate =
        (any::<u16>(), any::<u8>()).prop_map(|(authority, scheme)| Certificate { authority, scheme });
    let time = (2000..2100_u16, 1..=12_u8, 1..=28_u8, 0..24_u8, 0..60_u8, 0..60_u8, 0..1000_u16).prop_map(
        |(year, month, day, hour, minute, second, millisecond)| CaptureTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
            millisecond,
        },
    );
    let device = (any::<u16>(), 0..=0xFFF_u16, any::<u8>(), any::<bool>());
    (device, proptest::option::of(time), source, vec(score, 0..4), vec(certificate, 0..3), any::<bool>())
        .prop_map(
            |(
                (vendor, device, technology, certified),
                time,
                quality_source,
                further_qualities,
                certificates,
                end,
            )| {
                Capture {
                    vendor,
                    device,
                    technology,
                    certification: if certified { 0x80 } else { 0 },
                    time,
                    quality_source,
                    further_qualities,
                    certificates,
                    ridge_ending: if end { RidgeEnding::SkeletonEnd } else { RidgeEnding::ValleyFork },
                }
            },
        )
}

/// A record of one to four fingers over one frame, that every dialect can hold.
fn any_record() -> impl Strategy<Value = FingerprintRecord> {
    (any_frame(), any_capture()).prop_flat_map(|(frame, capture)| {
        let block = (prop_oneof![Just(1_u16), 0x0100..=u16::MAX], vec(any::<u8>(), 0..40))
            .prop_map(|(code, bytes)| ExtendedData { dialect: Dialect::Iso2005, code, bytes });
        let impression = proptest::sample::select(vec![0_u8, 1, 2, 3, 8]).prop_map(Impression::from_code);
        let view = (impression, 0..=100_u8, vec(minutia_in(frame), 1..60), vec(block, 0..3)).prop_map(
            move |(impression, quality, minutiae, extended)| FingerprintTemplate {
                impression,
                quality: Quality::new(quality),
                frame: Some(frame),
                minutiae,
                capture: capture.clone(),
                extended,
                ..FingerprintTemplate::default()
            },
        );
        vec(view, 1..4).prop_map(|mut views| {
            for (code, view) in (0..).zip(&mut views) {
                view.position = FingerPosition::from_code(code);
            }
            FingerprintRecord::new(views)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn written_records_read_strictly_as_the_same_templates(record in any_record()) {
        for dialect in WRITTEN {
            let again = read(&record.write(dialect).unwrap());
            prop_assert_eq!(again.dialect, dialect);
            prop_assert_eq!(again.views.len(), record.views.len());
            for (a, b) in record.views.iter().zip(&again.views) {
                assert_same_minutiae(&a.minutiae, &b.minutiae, half_unit(dialect));
                let mut a = a.clone();
                a.minutiae.clone_from(&b.minutiae);
                for block in &mut a.extended {
                    block.dialect = dialect;
                }
                // Each dialect keeps the facts that it has fields for.
                if dialect == Dialect::Iso2011 {
                    a.capture.certification = 0;
                } else {
                    let Capture { device, certification, .. } = a.capture;
                    a.capture = Capture { device, certification, ..Capture::default() };
                }
                prop_assert_eq!(&a, b);
            }
            // Written once more, nothing changes at all: angles are on the dialect's grid now.
            prop_assert_eq!(read(&again.write(dialect).unwrap()), again);
        }
    }
}
