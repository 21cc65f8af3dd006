//! Records assembled by hand from the standards' tables: every field, every dialect, every cut.

use crate::records_common::*;
use biomatch::template::{
    CaptureTime, Certificate, Dialect, ExtendedDataKind, Finger, FingerPosition, FingerprintRecord,
    FingerprintTemplate, Frame, Impression, MinutiaKind, Product, QualityScore, QualitySource, Reading,
    RecordError, RidgeEnding,
};
use biomatch::units::Quality;

const KNOWN_INDEX: FingerPosition = FingerPosition::Known(Finger::RightIndex);

fn strict(bytes: &[u8]) -> FingerprintRecord {
    let record = FingerprintRecord::read(bytes, Reading::Strict).unwrap();
    assert_eq!(record.warnings, []);
    assert_eq!(
        FingerprintRecord::read(bytes, Reading::Lenient).as_ref(),
        Ok(&record),
        "lenient reads the same"
    );
    record
}

#[test]
fn iso_2005() {
    let record = strict(&crate::records_common::iso2005());
    assert_eq!(record.dialect, Dialect::Iso2005);
    assert_eq!(record.views.len(), 2);

    let index = &record.views[0];
    assert_eq!((index.position, index.view), (KNOWN_INDEX, 0));
    assert_eq!(index.impression, Impression::LIVE_ROLLED);
    assert_eq!(index.quality, Quality::new(80));
    let size =
        Frame { width: 300, height: 400, resolution_x: resolution(197), resolution_y: resolution(200) };
    assert_eq!(index.frame, Some(size));
    // 100 pixels at 197 a centimetre are 1015.2 steps, 14 at 200 are 140; 80/256 of a turn.
    let expected = [
        minutia(1015, 140, 20480, MinutiaKind::Ending, 90),
        minutia(3036, 3990, 65280, MinutiaKind::Bifurcation, 100),
        minutia(0, 0, 0, MinutiaKind::Other, 0),
    ];
    assert_eq!(index.minutiae, expected);
    assert_eq!(index.minutiae[2].quality(), None);
    assert_eq!((index.capture.certification, index.capture.device), (0x80, 0x123));
    assert_eq!(index.extended, []);

    let left = &record.views[1];
    assert_eq!(left.position, FingerPosition::Known(Finger::LeftIndex));
    assert_eq!((left.quality, left.impression), (None, Impression::LIVE_PLAIN));
    assert_eq!(left.minutiae, [minutia(10, 20, 32768, MinutiaKind::Ending, 1)]);
    let [block] = &left.extended[..] else { panic!("one block") };
    assert_eq!(
        (block.code, block.kind(), &block.bytes[..]),
        (0x0100, ExtendedDataKind::Vendor, &[1, 2, 3, 4][..])
    );
}

#[test]
fn iso_2005_without_minutiae() {
    let record = strict(&iso2005_empty_view());
    assert_eq!(only_minutiae(&record), []);
    assert_eq!(record.views[0].position, FingerPosition::Unknown);
}

#[test]
fn ansi_2004() {
    let record = strict(&crate::records_common::ansi2004());
    assert_eq!(record.dialect, Dialect::Ansi2004);
    assert_eq!(record.product, Product { owner: 0x42, kind: 0x11 });
    let [first, second] = &record.views[..] else { panic!("two views") };
    // 90 degrees are a quarter, 358 degrees are 65171.9 parts.
    let expected = [
        minutia(1015, 142, 16384, MinutiaKind::Ending, 90),
        minutia(558, 183, 65172, MinutiaKind::Bifurcation, 0),
    ];
    assert_eq!(first.minutiae, expected);
    assert_eq!((first.capture.certification, first.capture.device), (0, 0xB5));
    assert_eq!((second.view, second.impression), (1, Impression::NONLIVE_PLAIN));
    let kinds: Vec<_> = second.extended.iter().map(|b| (b.kind(), b.bytes.len())).collect();
    assert_eq!(kinds, [(ExtendedDataKind::RidgeCounts, 4), (ExtendedDataKind::CoresAndDeltas, 5)]);
}

#[test]
fn ansi_2009_and_its_amendment() {
    let record = strict(&crate::records_common::ansi2009());
    assert_eq!(record.dialect, Dialect::Ansi2009);
    assert_eq!(record.product, Product { owner: 0x42, kind: 0x11 });
    let [first, second] = &record.views[..] else { panic!("two views") };
    assert_eq!((first.position, first.quality), (KNOWN_INDEX, Quality::new(90)));
    assert_eq!(first.capture.quality_source, QualitySource { vendor: 6, algorithm: 55 });
    assert_eq!((first.capture.certification, first.capture.device), (0x80, 0x1234));
    assert_eq!(first.frame, Some(frame(512, 384)));
    let expected = [
        minutia(1015, 142, 16384, MinutiaKind::Ending, 0),
        minutia(5188, 3888, 364, MinutiaKind::Bifurcation, 33),
    ];
    assert_eq!(first.minutiae, expected);
    assert_eq!((second.view, second.quality, second.impression), (1, None, Impression::from_code(28)));
    assert_eq!(second.frame, Some(Frame::new(256, 256, resolution(394))));
    assert_eq!(second.extended[0].bytes, [9, 9, 9, 9]);

    let record = strict(&ansi2009_am1());
    assert_eq!(record.dialect, Dialect::Ansi2009Amendment1);
    assert_eq!(record.views[0].position, FingerPosition::Other(46));
    assert_eq!(record.views[0].minutiae, expected);
}

#[test]
fn iso_2011() {
    let record = strict(&crate::records_common::iso2011());
    assert_eq!(record.dialect, Dialect::Iso2011);
    let [first, second] = &record.views[..] else { panic!("two views") };
    assert_eq!((first.position, first.impression.code()), (KNOWN_INDEX, 24));
    assert_eq!(first.quality, Quality::new(80));
    let capture = &first.capture;
    let time =
        CaptureTime { year: 2005, month: 12, day: 15, hour: 17, minute: 35, second: 20, millisecond: 42 };
    assert_eq!(capture.time, Some(time));
    assert_eq!((capture.technology, capture.vendor, capture.device), (9, 0xABCD, 0x1234));
    assert_eq!(capture.quality_source, QualitySource { vendor: 1, algorithm: 2 });
    let further = QualityScore { value: 70, source: QualitySource { vendor: 3, algorithm: 4 } };
    assert_eq!(capture.further_qualities, [further]);
    assert_eq!(capture.certificates, [Certificate { authority: 7, scheme: 1 }]);
    assert_eq!(capture.ridge_ending, RidgeEnding::SkeletonEnd);
    let expected = [
        minutia(1015, 140, 20480, MinutiaKind::Ending, 90),
        minutia(3036, 3990, 65280, MinutiaKind::Bifurcation, 0),
    ];
    assert_eq!(first.minutiae, expected);
    assert_eq!((first.extended[0].code, &first.extended[0].bytes[..]), (0x0221, &[1, 2, 3, 4][..]));

    assert_eq!((second.position, second.quality), (FingerPosition::Other(15), None));
    assert_eq!(second.capture, Default::default());
    assert_eq!(second.minutiae, [minutia(51, 61, 16384, MinutiaKind::Other, 0)]);

    let record = strict(&iso2011_plain());
    assert_eq!(only_minutiae(&record), [minutia(102, 203, 32768, MinutiaKind::Ending, 0)]);
}

#[test]
fn the_dialect_is_told_from_the_bytes() {
    for (name, dialect, bytes) in all() {
        assert_eq!(strict(&bytes).dialect, dialect, "{name}");
    }
}

#[test]
fn every_cut_is_an_error_in_a_strict_reading_and_harmless_in_a_lenient_one() {
    for (name, _, bytes) in all() {
        let whole = strict(&bytes);
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert!(FingerprintRecord::read(cut, Reading::Strict).is_err(), "{name} cut to {length}");
            // What a lenient reading saves is whole: only extended data may be missing.
            if let Ok(saved) = FingerprintRecord::read(cut, Reading::Lenient) {
                assert!(!saved.warnings.is_empty(), "{name} cut to {length}");
                let minutiae = |r: &FingerprintRecord| -> Vec<_> {
                    r.views.iter().map(|v| v.minutiae.clone()).collect()
                };
                assert_eq!(minutiae(&saved), minutiae(&whole), "{name} cut to {length}");
            }
        }
    }
}

#[test]
fn every_flipped_bit_is_read_without_panic() {
    for (_, _, bytes) in all() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            for reading in [Reading::Strict, Reading::Lenient] {
                if let Ok(record) = FingerprintRecord::read(&flipped, reading) {
                    assert!(record.views.iter().all(|view| view.minutiae.len() <= 255));
                }
            }
        }
    }
}

#[test]
fn debug_shows_no_biometric_bytes() {
    let shown = format!("{:?}", strict(&crate::records_common::iso2005()));
    assert!(shown.contains("minutiae: 3"), "{shown}");
    assert!(!shown.contains("1015") && !shown.contains("[1, 2, 3, 4]"), "{shown}");
}

#[test]
fn one_view_is_read_only_where_there_is_one() {
    let template = FingerprintTemplate::read(&iso2005_empty_view(), Reading::Lenient).unwrap();
    assert_eq!(template, FingerprintRecord::read(&iso2005_empty_view(), Reading::Lenient).unwrap().views[0]);
    let error = FingerprintTemplate::read(&iso2005(), Reading::Lenient).unwrap_err();
    assert!(matches!(error, RecordError::NotOneView { found: 2 }), "{error}");
}
