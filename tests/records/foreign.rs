//! Records that others made, in the folder of development data that `BIOMATCH_DATA` names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::data_support::real_data;
use crate::records_common::*;
use biomatch::fingerprint::FingerFeatures;
use biomatch::template::{
    Dialect, ExtendedDataKind, FingerprintRecord, FingerprintTemplate, Flaw, Frame, Impression, MinutiaKind,
    Reading, XytConvention,
};
use biomatch::units::{Angle, Quality};
use serde_json::Value;

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn lenient(path: &Path) -> FingerprintRecord {
    FingerprintRecord::read(&fs::read(path).unwrap(), Reading::Lenient).unwrap()
}

fn strict(path: &Path) -> FingerprintRecord {
    FingerprintRecord::read(&fs::read(path).unwrap(), Reading::Strict)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn flaws(record: &FingerprintRecord) -> Vec<Flaw> {
    record.warnings.iter().map(|warning| warning.flaw.clone()).collect()
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn every_record_of_the_finger_sets_reads_strictly() {
    let data = real_data();
    let all = files(&data.join("fingers"), "iso");
    assert_eq!(all.len(), 1920);
    for path in all {
        let record = strict(&path);
        assert_eq!((record.dialect, record.views.len()), (Dialect::Iso2005, 1));
        let bytes = fs::read(&path).unwrap();
        assert_eq!(record.write_iso2005().unwrap(), bytes, "{}", path.display());
    }
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn xyt_and_record_of_the_same_minutiae_agree() {
    let data = real_data();
    let all = files(&data.join("fingers/mindtct-xyt"), "xyt");
    assert_eq!(all.len(), 80);
    for path in all {
        let database = path.parent().and_then(Path::file_name).unwrap();
        let iso = data.join("fingers/mindtct").join(database).join(path.file_name().unwrap());
        let iso = strict(&iso.with_extension("iso"));
        let bytes = fs::read(&path).unwrap();
        let frame = iso.views[0].frame.unwrap();
        let xyt = FingerprintRecord::read_xyt(&bytes, XytConvention::Nist, frame, Reading::Strict).unwrap();
        let (a, b) = (only_minutiae(&iso), only_minutiae(&xyt));
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert_eq!((a.x, a.y, a.quality()), (b.x, b.y, b.quality()));
            // Whole degrees became steps of 1.40625 degrees: at most half of one apart.
            assert!(i32::from(a.angle.turn_to(b.angle)).abs() <= 129, "{}", path.display());
        }
    }
}

/// Compares a record with a decoder's account of it, value by value in the record's own units.
fn assert_as_decoded(path: &Path, record: &FingerprintRecord) {
    let json: Value = serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
    let number = |v: &Value, name: &str| v[name].as_u64().unwrap();
    let fingers = json["fingerprints"].as_array().unwrap();
    assert_eq!(fingers.len(), record.views.len());
    let turn = match record.dialect {
        Dialect::Iso2005 | Dialect::Iso2011 => 256,
        _ => 180,
    };
    for (finger, view) in fingers.iter().zip(&record.views) {
        assert_eq!(u64::from(view.view), number(finger, "view"));
        let position = format!("{:?}", view.position.finger().unwrap());
        assert_eq!(
            position.to_lowercase(),
            finger["position"].as_str().unwrap().replace('_', "").to_lowercase()
        );
        assert_eq!(finger["scanType"], "LIVE_PLAIN");
        assert_eq!(view.impression, Impression::LIVE_PLAIN);
        // Picture and device belong to the record in some dialects, to the view in others.
        let at = |name: &str| finger.get(name).or(json.get(name)).unwrap().as_u64().unwrap();
        let frame = view.frame.unwrap();
        assert_eq!((u64::from(frame.width), u64::from(frame.height)), (at("width"), at("height")));
        assert_eq!(u64::from(frame.resolution_x.pixels_per_centimetre()), at("resolutionX"));
        assert_eq!(u64::from(frame.resolution_y.pixels_per_centimetre()), at("resolutionY"));
        assert_eq!(u64::from(view.capture.device), at("sensorId"));
        let quality = finger.get("quality").unwrap_or(&finger["qrecords"][0]["quality"]);
        assert_eq!(view.quality.map(|q| u64::from(q.get())), quality.as_u64());

        let decoded = finger["minutiae"].as_array().unwrap();
        assert_eq!(decoded.len(), view.minutiae.len());
        for (d, m) in decoded.iter().zip(&view.minutiae) {
            assert_eq!(u64::from(m.x.to_pixels(frame.resolution_x)), number(d, "positionX"));
            assert_eq!(u64::from(m.y.to_pixels(frame.resolution_y)), number(d, "positionY"));
            let angle =
                Angle::from_parts(number(d, "angle") as u32, std::num::NonZeroU16::new(turn).unwrap());
            assert_eq!(m.angle, angle);
            let kind = match d["type"].as_str().unwrap() {
                "ENDING" => MinutiaKind::Ending,
                "BIFURCATION" => MinutiaKind::Bifurcation,
                _ => MinutiaKind::Other,
            };
            assert_eq!(m.kind(), kind);
            assert_eq!(m.quality(), Quality::new(number(d, "quality") as u8));
        }
    }
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn samples_of_another_decoder_read_as_it_reads_them() {
    let data = real_data();
    let folder = data.join("interchange/fingerprintio");
    let sample = |name: &str| folder.join(name).with_extension("dat");
    for (name, dialect) in [
        ("iso19794p2v2005-sample", Dialect::Iso2005),
        ("iso19794p2v2011-sample", Dialect::Iso2011),
        ("ansi378v2009am1-sample", Dialect::Ansi2009Amendment1),
    ] {
        let record = strict(&sample(name));
        assert_eq!(record.dialect, dialect, "{name}");
        assert_as_decoded(&sample(name), &record);
    }
    // The samples that the two ANSI standards print are malformed.
    let record = lenient(&sample("ansi378v2004-sample"));
    assert_eq!((record.dialect, record.product.owner, record.product.kind), (Dialect::Ansi2004, 66, 17));
    assert_eq!(flaws(&record)[..2], [Flaw::Version, Flaw::Length { declared: 340, found: 342 }]);
    // Its angles are in ISO units, so some go beyond a turn of 180; the decoder keeps them as they are.
    assert!(flaws(&record)[2..].iter().any(|flaw| matches!(flaw, Flaw::Angle { limit: 180, .. })));
    assert_as_decoded(&sample("ansi378v2004-sample"), &record);
    let record = lenient(&sample("ansi378v2009-sample"));
    assert_eq!(flaws(&record), [Flaw::Length { declared: 363, found: 364 }]);
    assert_as_decoded(&sample("ansi378v2009-sample"), &record);
}

fn minutiae(record: &FingerprintRecord) -> Vec<usize> {
    record.views.iter().map(|view| view.minutiae.len()).collect()
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn the_iso_and_ansi_samples_are_the_same_fingers() {
    let data = real_data();
    let folder = data.join("interchange/fingerprintio");
    let iso = strict(&folder.join("iso19794p2v2005-sample.dat"));
    let ansi = strict(&folder.join("ansi378v2009am1-sample.dat"));
    for (view, (a, b)) in iso.views.iter().zip(&ansi.views).enumerate() {
        let place = |v: &FingerprintTemplate| -> Vec<_> {
            v.minutiae.iter().map(|m| (m.x, m.y, m.kind(), m.quality())).collect()
        };
        assert_eq!(place(a), place(b));
        for (a, b) in a.minutiae.iter().zip(&b.minutiae) {
            let apart = f64::from(a.angle.turn_to(b.angle)).abs() * 360.0 / 65536.0;
            // Half a unit of each dialect; the first view of the printed samples differs by more.
            assert!(apart <= if view == 0 { 28.0 } else { 1.71 }, "{apart}");
        }
    }
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn samples_with_wrong_lengths_keep_their_minutiae() {
    let data = real_data();
    let folder = data.join("interchange/libbiomeval");
    for (name, expected, dialect) in [
        ("fmr.iso2005", vec![27, 22], Dialect::Iso2005),
        ("fmr.ansi2004", vec![27, 22, 28], Dialect::Ansi2004),
    ] {
        let bytes = fs::read(folder.join(name)).unwrap();
        assert!(FingerprintRecord::read(&bytes, Reading::Strict).is_err());
        let record = lenient(&folder.join(name));
        assert_eq!((record.dialect, minutiae(&record)), (dialect, expected));
    }
    let iso = lenient(&folder.join("fmr.iso2005"));
    assert_eq!(flaws(&iso), [Flaw::ExtendedDataCut { declared: 42, found: 41 }]);
    let ansi = lenient(&folder.join("fmr.ansi2004"));
    assert!(flaws(&ansi).contains(&Flaw::TrailingBytes { count: 2 }));
    let kinds: Vec<_> = ansi.views[2].extended.iter().map(|block| block.kind()).collect();
    assert_eq!(kinds, [ExtendedDataKind::RidgeCounts, ExtendedDataKind::CoresAndDeltas]);
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn truncated_records_are_errors() {
    let data = real_data();
    let all = files(&data.join("interchange/truncated"), "iso");
    assert_eq!(all.len(), 3);
    for path in all {
        let bytes = fs::read(path).unwrap();
        for reading in [Reading::Strict, Reading::Lenient] {
            assert!(FingerprintRecord::read(&bytes, reading).is_err());
        }
    }
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn real_records_become_every_dialect_and_keep_their_places() {
    let data = real_data();
    for path in files(&data.join("fingers/secugen/fvc2002_DB2_B"), "iso") {
        let record = strict(&path);
        for (dialect, tolerance) in [(Dialect::Iso2011, 0), (Dialect::Ansi2004, 183)] {
            let again = FingerprintRecord::read(&record.write(dialect).unwrap(), Reading::Strict).unwrap();
            let frame: Frame = again.views[0].frame.unwrap();
            assert_eq!(Some(frame), record.views[0].frame);
            for (a, b) in only_minutiae(&record).iter().zip(only_minutiae(&again)) {
                assert_eq!((a.x, a.y, a.kind(), a.quality()), (b.x, b.y, b.kind(), b.quality()));
                assert!(i32::from(a.angle.turn_to(b.angle)).abs() <= tolerance);
            }
            FingerFeatures::new(only_minutiae(&again));
        }
    }
}
