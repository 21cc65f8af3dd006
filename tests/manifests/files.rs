//! From lines to templates through real files.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use biomatch::ingest::{
    MAX_FILE, NoticeKind, ResolveError, ResolveProblem, Resolver, Samples, enrolments, probes,
};
use biomatch::template::{
    CaptureTime, Finger, FingerPosition, FingerprintRecord, FingerprintTemplate, Frame, Minutia, MinutiaKind,
    Reading,
};
use biomatch::units::{Angle, Length, Resolution};
use ndarray::Array2;
use ndarray_npy::WriteNpyExt;
use rayon::prelude::*;
use tempfile::TempDir;

/// A view with as many minutiae as its tag says, so that views can be told apart.
fn view(position: FingerPosition, tag: u16) -> FingerprintTemplate {
    let minutia = |i| {
        let length = |n| Length::from_pixels(n, Resolution::DPI_500).unwrap();
        Minutia::new(length(20 + i), length(30 + 2 * i), Angle::default(), MinutiaKind::Ending, None)
    };
    FingerprintTemplate::new(position, (0..tag).map(minutia).collect()).with_frame(Frame::new(
        300,
        400,
        Resolution::DPI_500,
    ))
}

fn record(views: Vec<FingerprintTemplate>) -> Vec<u8> {
    let mut record = FingerprintRecord::new(views);
    let mut numbers = std::collections::HashMap::new();
    for view in &mut record.views {
        let number = numbers.entry(view.position).or_insert(0);
        view.view = *number;
        *number += 1;
    }
    record.write_iso2005().unwrap()
}

fn right_index() -> FingerPosition {
    FingerPosition::Known(Finger::RightIndex)
}

fn left_thumb() -> FingerPosition {
    FingerPosition::Known(Finger::LeftThumb)
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: Vec<u8>| fs::write(folder.path().join(name), bytes).unwrap();
    put("index.iso", record(vec![view(right_index(), 5), view(right_index(), 6)]));
    put("two.iso", record(vec![view(right_index(), 5), view(left_thumb(), 7), view(left_thumb(), 8)]));
    put("unknown.iso", record(vec![view(FingerPosition::Unknown, 9)]));
    put("a.xyt", b"10 20 90 50\n30 40 170 60\n".to_vec());
    put("a.csv", b"x,y,angle_degrees\n10,20,30\n".to_vec());
    put("compact", vec![10, 20, 0x40, 30, 40, 0x80]);
    put("garbage.iso", b"not a record".to_vec());
    put("empty", Vec::new());
    let faces = Array2::from_shape_fn((50, 40), |(r, c)| ((r * 7 + c * 3) % 11) as f32 - 4.5);
    let mut npy = Vec::new();
    faces.write_npy(&mut npy).unwrap();
    put("faces.npy", npy);
    let mut npy = Vec::new();
    faces.mapv(f64::from).write_npy(&mut npy).unwrap();
    put("doubles.npy", npy);
    put("faces.f32", faces.iter().flat_map(|x| x.to_le_bytes()).collect());
    put("one.f32", faces.row(3).iter().flat_map(|x| x.to_le_bytes()).collect());
    put(
        "faces.json",
        serde_json::to_vec(&faces.rows().into_iter().map(|r| r.to_vec()).collect::<Vec<_>>()).unwrap(),
    );
    put("one.json", b"[3, 4]".to_vec());
    put("nan.f32", [1.0, f32::NAN].iter().flat_map(|x| x.to_le_bytes()).collect());
    folder
}

fn enrol(folder: &Path, fields: &str) -> Result<Samples, ResolveError> {
    let line = format!(r#"{{"citizen":"001090000101",{fields}}}"#);
    let line = enrolments(Cursor::new(line)).next().unwrap().unwrap();
    Resolver::new(folder, Reading::Strict).enrolment(&line)
}

fn probe(folder: &Path, fields: &str) -> Result<Samples, ResolveError> {
    let line = probes(Cursor::new(format!("{{{fields}}}"))).next().unwrap().unwrap();
    Resolver::new(folder, Reading::Strict).probe(&line)
}

/// The views found, by finger code and number of minutiae.
fn views(samples: &Samples) -> Vec<(u8, usize)> {
    samples.fingers.iter().map(|f| (f.template.position.code(), f.template.minutiae.len())).collect()
}

#[test]
fn views_and_positions() {
    let folder = folder();
    for (entry, enrolled, probed, position_differs) in [
        (r#""file":"index.iso""#, vec![(2, 5), (2, 6)], (2, 5), false),
        (r#""file":"index.iso","position":"unknown""#, vec![(2, 5), (2, 6)], (2, 5), false),
        (r#""file":"index.iso","position":"right_index""#, vec![(2, 5), (2, 6)], (2, 5), false),
        (r#""file":"index.iso","position":"left_ring""#, vec![(9, 5), (9, 6)], (9, 5), true),
        (r#""file":"index.iso","view":1"#, vec![(2, 6)], (2, 6), false),
        (r#""file":"two.iso""#, vec![(2, 5), (6, 7), (6, 8)], (2, 5), false),
        (r#""file":"two.iso","position":"left_thumb""#, vec![(6, 7), (6, 8)], (6, 7), false),
        (r#""file":"two.iso","view":0,"position":"left_thumb""#, vec![(6, 5)], (6, 5), true),
        (r#""file":"unknown.iso""#, vec![(0, 9)], (0, 9), false),
        (r#""file":"unknown.iso","position":"left_thumb""#, vec![(6, 9)], (6, 9), false),
        (r#""file":"a.xyt","format":"xyt","width":300,"height":400,"dpi":500"#, vec![(0, 2)], (0, 2), false),
        (
            r#""file":"a.xyt","format":"xyt-m1","width":300,"height":400,"dpi":500,"position":"left_thumb""#,
            vec![(6, 2)],
            (6, 2),
            false,
        ),
        (r#""file":"a.csv","format":"csv","width":300,"height":400,"dpi":500"#, vec![(0, 1)], (0, 1), false),
        (r#""file":"compact","format":"iso-card-compact""#, vec![(0, 2)], (0, 2), false),
    ] {
        let fields = format!(r#""fingers":[{{{entry}}}]"#);
        let samples = enrol(folder.path(), &fields).unwrap();
        assert_eq!(views(&samples), enrolled, "{entry}");
        let differs = matches!(samples.notices[..], [ref n] if matches!(n.kind, NoticeKind::Position { .. }));
        assert_eq!(differs, position_differs, "{entry} {:?}", samples.notices);
        assert_eq!(views(&probe(folder.path(), &fields).unwrap()), [probed], "{entry}");
    }
    let notice = enrol(folder.path(), r#""fingers":[{"file":"index.iso","position":"left_ring"}]"#);
    let notice = notice.unwrap().notices[0].to_string();
    assert!(
        notice.starts_with("line 1: fingers[0]: ") && notice.contains("index.iso: taken as finger 9"),
        "{notice}"
    );
}

#[test]
fn base64_is_the_record_itself() {
    let folder = folder();
    let text = URL_SAFE_NO_PAD.encode(record(vec![view(left_thumb(), 7)]));
    let samples = enrol(folder.path(), &format!(r#""fingers":[{{"base64":"{text}"}}]"#)).unwrap();
    assert_eq!(views(&samples), [(6, 7)]);
    // A face is raw numbers.
    let text = URL_SAFE_NO_PAD.encode([3.0_f32, 4.0].map(f32::to_le_bytes).concat());
    let samples = enrol(folder.path(), &format!(r#""face":{{"model":"m","base64":"{text}"}}"#)).unwrap();
    assert_eq!(samples.face.unwrap().template.embedding(), [0.6, 0.8]);
}

#[test]
fn faces_of_every_file_are_the_same() {
    let folder = folder();
    let face = |fields: &str| {
        let samples = enrol(folder.path(), &format!(r#""face":{{"model":"m",{fields}}}"#)).expect(fields);
        samples.face.unwrap().template
    };
    let expected = face(r#""file":"faces.npy","row":3"#);
    assert_eq!(expected.embedding().len(), 40);
    for fields in [
        r#""file":"faces.npy","row":3,"format":"npy""#,
        r#""file":"doubles.npy","row":3"#,
        r#""file":"faces.json","row":3"#,
        r#""file":"faces.json","row":3,"format":"json""#,
        r#""file":"faces.f32","row":3,"format":"f32","dimension":40"#,
        r#""file":"one.f32""#,
        r#""file":"one.f32","row":0,"format":"f32""#,
    ] {
        assert_eq!(face(fields), expected, "{fields}");
    }
    assert_eq!(face(r#""file":"one.json""#).embedding(), [0.6, 0.8]);
    assert_eq!(face(r#""embedding":[3,4]"#).embedding(), [0.6, 0.8]);
    let absolute = folder.path().join("one.json");
    assert_eq!(
        face(&format!(r#""file":{}"#, serde_json::to_string(&absolute).unwrap())).embedding(),
        [0.6, 0.8]
    );
}

#[test]
fn what_cannot_be_resolved_says_where_and_why() {
    let folder = folder();
    let long = vec![0; MAX_FILE as usize + 1];
    fs::write(folder.path().join("long.iso"), long).unwrap();
    for (fields, says) in [
        (r#""fingers":[{"file":"index.iso"},{"file":"none.iso"}]"#, "line 1: fingers[1]: "),
        (r#""fingers":[{"file":"none.iso"}]"#, "none.iso: cannot be read: "),
        (r#""fingers":[{"file":"."}]"#, "is a directory, not a regular file"),
        (r#""fingers":[{"file":"garbage.iso"}]"#, "garbage.iso: "),
        (r#""fingers":[{"file":"empty"}]"#, "empty: "),
        (r#""fingers":[{"base64":""}]"#, "line 1: fingers[0]: "),
        (r#""fingers":[{"file":"long.iso"}]"#, "is longer than 33554432 bytes"),
        (r#""fingers":[{"file":"index.iso","view":2}]"#, "there is no view 2: the record has 2"),
        (r#""fingers":[{"file":"two.iso","position":"left_ring"}]"#, "has several fingers, but not finger 9"),
        (r#""face":{"model":"m","file":"none.npy"}"#, "none.npy: cannot be read: "),
        (r#""face":{"model":"m","file":"faces.npy"}"#, "the file has 50 embeddings: the line needs a row"),
        (r#""face":{"model":"m","file":"faces.npy","row":50}"#, "there is no row 50: the file has 50"),
        (r#""face":{"model":"m","file":"faces.json","row":50}"#, "there is no row 50: the file has 50"),
        (r#""face":{"model":"m","file":"faces.npy","format":"json"}"#, "not an array of numbers"),
        (r#""face":{"model":"m","file":"one.json","format":"npy"}"#, "not an .npy file"),
        (r#""face":{"model":"m","file":"faces.f32","format":"f32","dimension":39}"#, "not a whole number"),
        (r#""face":{"model":"m","file":"empty"}"#, "these have 0"),
        (r#""face":{"model":"m","file":"nan.f32"}"#, "number 1 is not"),
        (r#""face":{"model":"m","embedding":[0,0]}"#, "norm is zero"),
        (r#""face":{"model":"m","embedding":[1]}"#, "this one has 1"),
        (r#""face":{"model":"m","embedding":[1,1e39]}"#, "number 1 is not"),
        (r#""face":{"model":"m","base64":"AAAAAAAAAAAA"}"#, "not a whole number"),
    ] {
        let error = enrol(folder.path(), fields).expect_err(fields).to_string();
        assert!(error.contains(says), "{fields}\n  gives {error}\n  not   {says}");
    }
}

#[test]
fn moments_come_from_the_line_or_else_from_the_record() {
    let folder = folder();
    let mut dated = view(right_index(), 5);
    dated.capture.time =
        Some(CaptureTime { year: 1970, month: 1, day: 2, hour: 0, minute: 0, second: 0, millisecond: 0 });
    let dated = FingerprintRecord::new(vec![dated]).write_iso2011().unwrap();
    fs::write(folder.path().join("dated.iso"), dated).unwrap();
    let captured = |fields: &str| {
        let samples = enrol(folder.path(), fields).unwrap();
        samples.fingers[0].captured.map(|moment| moment.unix_seconds())
    };
    assert_eq!(captured(r#""fingers":[{"file":"dated.iso"}]"#), Some(86_400));
    assert_eq!(captured(r#""fingers":[{"file":"dated.iso","captured":7}]"#), Some(7));
    assert_eq!(captured(r#""captured":8,"fingers":[{"file":"dated.iso"}]"#), Some(8));
    assert_eq!(captured(r#""fingers":[{"file":"index.iso"}]"#), None);
}

#[test]
fn lenient_reading_gives_notices() {
    let folder = folder();
    let mut bytes = record(vec![view(right_index(), 5)]);
    bytes.push(0);
    fs::write(folder.path().join("longer.iso"), bytes).unwrap();
    let line = r#"{"citizen":"001090000101","fingers":[{"file":"longer.iso"}]}"#;
    let line = enrolments(Cursor::new(line)).next().unwrap().unwrap();
    let strict = Resolver::new(folder.path(), Reading::Strict).enrolment(&line);
    assert!(matches!(strict, Err(ResolveError { problem: ResolveProblem::Record(_), .. })));
    let samples = Resolver::new(folder.path(), Reading::Lenient).enrolment(&line).unwrap();
    assert!(matches!(samples.notices[0].kind, NoticeKind::Record(_)), "{:?}", samples.notices);
}

#[test]
fn paths_begin_at_the_manifest() {
    let folder = folder();
    let line = r#"{"citizen":"001090000101","fingers":[{"file":"index.iso"}]}"#;
    let line = enrolments(Cursor::new(line)).next().unwrap().unwrap();
    let resolver = Resolver::beside(&folder.path().join("manifest.ndjson"), Reading::Strict);
    assert_eq!(resolver.enrolment(&line).unwrap().fingers.len(), 2);
}

#[test]
fn many_threads_share_more_files_than_are_kept_open() {
    let folder = folder();
    for file in 0..40 {
        let faces = Array2::from_shape_fn((8, 4), |(r, c)| (file * 100 + r * 10 + c + 1) as f32);
        let mut npy = Vec::new();
        faces.write_npy(&mut npy).unwrap();
        fs::write(folder.path().join(format!("{file}.npy")), npy).unwrap();
    }
    let text: String = (0..4000)
        .map(|n| {
            let (file, row) = (n * 7 % 40, n % 8);
            format!("{{\"citizen\":\"{n:012}\",\"face\":{{\"model\":\"m\",\"file\":\"{file}.npy\",\"row\":{row}}}}}\n")
        })
        .collect();
    let resolver = Resolver::new(folder.path(), Reading::Strict);
    let lines = enrolments(Cursor::new(text)).next_block(usize::MAX);
    lines.into_par_iter().for_each(|line| {
        let line = line.unwrap();
        let n = line.citizen.value() as usize;
        let first = (n * 7 % 40 * 100 + n % 8 * 10 + 1) as f32;
        let face = resolver.enrolment(&line).unwrap().face.unwrap().template;
        let ratio = face.embedding()[0] / face.embedding()[1];
        assert!((ratio - first / (first + 1.0)).abs() < 1e-5, "{n}");
    });
}
