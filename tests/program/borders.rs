//! What commands take in and what they refuse: moments, resolutions, readings, views without minutiae, templates of
//! vendors.

use std::path::Path;

use crate::program_support::{impression, ok, record, run, write};
use biomatch::template::{Finger, FingerprintRecord, FingerprintTemplate};

fn line(folder: &Path, name: &str, finger: &str) {
    write(folder, name, format!("{{\"citizen\":\"001090000101\",\"fingers\":[{{{finger}}}]}}\n"));
}

#[test]
fn milliseconds_are_refused_and_moments_after_now_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a.iso", record(impression(1, 1)));
    line(folder, "ms.ndjson", r#""file":"a.iso","captured":1300000000000"#);
    let refused = run(folder, "enrol --gallery g ms.ndjson");
    assert_eq!(refused.code, 3);
    assert!(refused.stderr.contains("line 1: fingers[0].captured: 1300000000000"), "{}", refused.stderr);
    assert!(refused.stderr.contains("milliseconds?"), "{}", refused.stderr);
    line(folder, "later.ndjson", r#""file":"a.iso","captured":"2999-01-01T00:00:00Z""#);
    let told = ok(folder, "enrol --gallery g later.ndjson");
    assert!(told.stderr.contains("later.ndjson: line 1: captured 32472144000 seconds"), "{}", told.stderr);
    line(folder, "then.ndjson", r#""file":"a.iso","captured":"2019-01-01T00:00:00Z""#);
    let quiet = ok(folder, "enrol --gallery g then.ndjson");
    assert!(!quiet.stderr.contains("captured"), "{}", quiet.stderr);
}

#[test]
fn nine_fingers_of_ten_are_enrolled() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ten = Finger::ALL.map(|finger| {
        let mut view = impression(u64::from(finger.code()), 1);
        view.position = finger.into();
        if finger == Finger::RightMiddle {
            view.minutiae.clear();
        }
        view
    });
    write(folder, "ten.iso", FingerprintRecord::new(ten.to_vec()).write_iso2005().unwrap());
    line(folder, "ten.ndjson", r#""file":"ten.iso""#);
    let enrolled = ok(folder, "enrol --gallery g ten.ndjson");
    assert!(enrolled.stdout.contains("\"references\":9"), "{}", enrolled.stdout);
    let told = "line 1: fingers[0]: ten.iso: view 2 (right_middle) has no minutiae and is left out";
    assert!(enrolled.stderr.contains(told), "{}", enrolled.stderr);
    // A probe whose first view is empty is compared by the second.
    let empty = FingerprintTemplate { minutiae: Vec::new(), ..ten[1].clone() };
    let second = FingerprintTemplate { view: 1, ..ten[1].clone() };
    write(
        folder,
        "first-empty.iso",
        FingerprintRecord::new(vec![empty.clone(), second]).write_iso2005().unwrap(),
    );
    line(folder, "probe.ndjson", r#""file":"first-empty.iso""#);
    let claim = "authenticate --gallery g --citizen 001090000101 --require finger";
    assert!(ok(folder, &format!("{claim} probe.ndjson")).stdout.contains("\"accept\""));
    // Nothing sound is what it was: an error for a manifest, a referral for a claim.
    write(folder, "empty.iso", FingerprintRecord::new(vec![empty]).write_iso2005().unwrap());
    line(folder, "empty.ndjson", r#""file":"empty.iso""#);
    let refused = run(folder, "enrol --gallery g empty.ndjson");
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("empty.ndjson: line 1: fingers[0]: empty.iso: no view has minutiae"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("Known("), "{}", refused.stderr);
    assert_eq!(run(folder, &format!("{claim} empty.ndjson")).code, 6);
}

#[test]
fn strict_takes_a_single_view_with_the_number_1_and_refuses_what_is_doubtful() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let sound = record(impression(1, 1));
    let changed = |offset: usize, new: &[u8]| {
        let mut bytes = sound.clone();
        bytes[offset..offset + new.len()].copy_from_slice(new);
        bytes
    };
    write(folder, "sound.iso", &sound);
    write(folder, "numbered.iso", changed(25, &[0x10]));
    write(folder, "metre.iso", changed(18, &[0x4C, 0xE5, 0x4C, 0xE5]));
    write(folder, "tiny.iso", changed(18, &[0xFF, 0xFF, 0xFF, 0xFF]));
    write(folder, "length.iso", changed(8, &[0, 0, 0, 2]));
    for (name, code, says) in [
        ("numbered.iso", 0, "finger position 0 has a view 1 where 0 is due"),
        ("metre.iso", 3, "horizontal resolution of 19685 pixels per centimetre is implausible, 197 used"),
        ("tiny.iso", 3, "horizontal resolution of 65535 pixels per centimetre is implausible"),
        ("length.iso", 3, "byte 8: the header declares 2 bytes, the input has 270"),
    ] {
        line(folder, "m.ndjson", &format!("\"file\":\"{name}\""));
        for command in ["inspect --strict @.iso", "enrol --strict --gallery g m.ndjson"] {
            let run = run(folder, &command.replace("@.iso", name));
            assert_eq!(run.code, code, "{command} {name}: {}", run.stderr);
            let told = run.stdout + &run.stderr;
            assert!(told.contains(says), "{command} {name}: no {says} in {told}");
        }
        let lenient = ok(folder, &format!("inspect {name}"));
        assert!(lenient.stdout.contains(says), "{}", lenient.stdout);
        assert!(lenient.stdout.contains("ISO/IEC 19794-2:2005"), "{}", lenient.stdout);
    }
    write(folder, "pairs.csv", "a,b\nsound.iso,sound.iso\nsound.iso,metre.iso\nsound.iso,length.iso\n");
    let scored = ok(folder, "score --root . --pairs pairs.csv --out -").stdout;
    let scores: Vec<&str> = scored.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    assert!(scores.len() == 3 && scores.iter().all(|score| *score == scores[0]), "{scored}");
}

#[test]
fn templates_of_vendors_are_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (bytes, says) in [
        (&b"\x4A\x05SS21\0\0\0\0"[..], "ZKTeco"),
        (b"\xEF\x01\xFF\xFF\xFF\xFF\x02\x00\x82\x03", "AS608"),
        (b"\x00\xF8\x5B\x01\xC8\x29\xE3\x73\x5C\xC0", "DigitalPersona"),
        (b"NFR\x20\x01\x02", "NFRecord"),
        (b"\x89PNG\r\n\x1A\n", "picture; extract minutiae first"),
        (b"\xFF\xA0\xFF\xA4", "picture; extract minutiae first"),
        (b"FIR\x00010\0", "finger image record (FIR); extract minutiae first"),
        (b"1\x000\x00 \x002\x000\x00", "UTF-16"),
    ] {
        write(folder, "a.bin", bytes);
        line(folder, "m.ndjson", r#""file":"a.bin""#);
        // Pictures are read: what is wrong with these is told.
        let is_picture = says.ends_with("extract minutiae first");
        for command in ["inspect a.bin", "enrol --gallery g m.ndjson"] {
            let run = run(folder, command);
            assert_eq!(run.code, 3);
            let says = if is_picture { "a.bin: byte " } else { says };
            assert!(run.stderr.contains(says), "{command}: no {says} in {}", run.stderr);
        }
    }
}

#[test]
fn bytes_that_are_no_float32_are_not_enrolled() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let numbers: Vec<f64> = (0..128).map(|i| f64::from((i * 37) % 101 - 50) / 613.0).collect();
    write(folder, "a.f32", numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
    write(folder, "t.f32", numbers.iter().map(|x| format!("{x:8.4}")).collect::<String>());
    write(folder, "right.f32", numbers.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect::<Vec<u8>>());
    for (name, says) in [("a.f32", "looks like float64 read as float32"), ("t.f32", "the bytes are text")] {
        let face = format!(r#""face":{{"model":"m","file":"{name}"}}"#);
        write(folder, "m.ndjson", format!("{{\"citizen\":\"001090000101\",{face}}}\n"));
        let refused = run(folder, "enrol --gallery g m.ndjson");
        assert_eq!(refused.code, 3);
        assert!(refused.stderr.contains(&format!("line 1: face: {name}: ")), "{}", refused.stderr);
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
    write(
        folder,
        "m.ndjson",
        "{\"citizen\":\"001090000101\",\"face\":{\"model\":\"m\",\"file\":\"right.f32\"}}\n",
    );
    ok(folder, "enrol --gallery g m.ndjson");
}
