//! Views without minutiae do not cost those that have some.

use std::fs;
use std::io::Cursor;
use std::num::NonZeroU16;
use std::path::Path;

use biomatch::ingest::{NoticeKind, ResolveError, ResolveProblem, Resolver, Samples, enrolments, probes};
use biomatch::template::{
    Finger, FingerPosition, FingerprintRecord, FingerprintTemplate, Frame, Minutia, MinutiaKind, Reading,
};
use biomatch::units::{Angle, Length, Resolution};

fn view(finger: Finger, minutiae: u16) -> FingerprintTemplate {
    let length = |pixels| Length::from_pixels(pixels, Resolution::DPI_500).unwrap();
    let angle = |i: u16| Angle::from_parts(i.into(), NonZeroU16::new(256).unwrap());
    let minutia = |i| Minutia::new(length(20 + i), length(30 + 2 * i), angle(i), MinutiaKind::Ending, None);
    FingerprintTemplate::new(finger.into(), (0..minutiae).map(minutia).collect()).with_frame(Frame::new(
        300,
        400,
        Resolution::DPI_500,
    ))
}

fn put(folder: &Path, name: &str, mut views: Vec<FingerprintTemplate>) {
    let mut counts = [0; 16];
    for view in &mut views {
        let count = &mut counts[usize::from(view.position.code())];
        view.view = *count;
        *count += 1;
    }
    fs::write(folder.join(name), FingerprintRecord::new(views).write_iso2005().unwrap()).unwrap();
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let ten = Finger::ALL.map(|finger| view(finger, if finger == Finger::RightMiddle { 0 } else { 30 }));
    put(at, "ten.iso", ten.to_vec());
    put(at, "empty.iso", vec![view(Finger::RightMiddle, 0)]);
    put(at, "thumb.iso", vec![view(Finger::LeftThumb, 20)]);
    put(at, "first-empty.iso", vec![view(Finger::RightIndex, 0), view(Finger::RightIndex, 40)]);
    folder
}

fn enrol(folder: &Path, fields: &str) -> Result<Samples, ResolveError> {
    let line = format!(r#"{{"citizen":"001090000101",{fields}}}"#);
    let line = enrolments(Cursor::new(line)).next().unwrap().unwrap();
    Resolver::new(folder, Reading::Strict).enrolment(&line)
}

fn probe(folder: &Path, fields: &str) -> Samples {
    let line = probes(Cursor::new(format!("{{{fields}}}"))).next().unwrap().unwrap();
    Resolver::new(folder, Reading::Strict).probe(&line).unwrap()
}

fn counts(samples: &Samples) -> Vec<(u8, usize)> {
    samples.fingers.iter().map(|f| (f.template.position.code(), f.template.minutiae.len())).collect()
}

#[test]
fn nine_fingers_of_ten_are_enrolled_and_the_tenth_is_told() {
    let folder = folder();
    let samples = enrol(folder.path(), r#""fingers":[{"file":"ten.iso"}]"#).unwrap();
    assert_eq!(counts(&samples), [1, 2, 4, 5, 6, 7, 8, 9, 10].map(|code| (code, 30)));
    let [notice] = &samples.notices[..] else { panic!("{:?}", samples.notices) };
    let finger = FingerPosition::Known(Finger::RightMiddle);
    assert_eq!(notice.kind, NoticeKind::NoMinutiae { view: 2, finger });
    let text = notice.to_string();
    assert!(text.starts_with("line 1: fingers[0]: "), "{text}");
    assert!(text.ends_with("ten.iso: view 2 (right_middle) has no minutiae and is left out"), "{text}");
}

#[test]
fn a_file_of_each_finger_is_the_same() {
    let folder = folder();
    let fields = r#""fingers":[{"file":"empty.iso"},{"file":"thumb.iso"}]"#;
    let samples = enrol(folder.path(), fields).unwrap();
    assert_eq!((counts(&samples), samples.notices.len()), (vec![(6, 20)], 1));
    let fields = r#""fingers":[{"file":"empty.iso"}],"face":{"model":"m","embedding":[1,2]}"#;
    let samples = enrol(folder.path(), fields).unwrap();
    assert!(samples.fingers.is_empty() && samples.face.is_some());
    assert_eq!(samples.notices.len(), 1);
}

#[test]
fn a_line_without_anything_sound_is_an_error() {
    let folder = folder();
    for entry in [
        r#""file":"empty.iso""#,
        r#""file":"ten.iso","position":"right_middle""#,
        r#""file":"ten.iso","view":2"#,
    ] {
        let error = enrol(folder.path(), &format!(r#""fingers":[{{{entry}}}]"#)).unwrap_err();
        assert!(matches!(error.problem, ResolveProblem::NoMinutiae), "{error}");
        assert!(error.to_string().ends_with(".iso: no view has minutiae"), "{error}");
    }
}

#[test]
fn a_probe_takes_the_first_view_that_has_minutiae() {
    let folder = folder();
    let samples = probe(folder.path(), r#""fingers":[{"file":"first-empty.iso"}]"#);
    assert_eq!(counts(&samples), [(2, 40)]);
    assert_eq!(samples.notices.len(), 1);
    let samples = probe(folder.path(), r#""fingers":[{"file":"ten.iso"}]"#);
    assert_eq!((counts(&samples), samples.notices.len()), (vec![(1, 30)], 0), "nothing was passed over");
    // Nothing sound: the claim is referred, so the sample is kept.
    let samples = probe(folder.path(), r#""fingers":[{"file":"empty.iso"}]"#);
    assert_eq!((counts(&samples), samples.notices.len()), (vec![(3, 0)], 1));
}
