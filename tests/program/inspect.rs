//! `biomatch inspect` and `convert`.
#![cfg(feature = "cli")]

use std::fs;

use crate::program_support::{impression, npy, ok, record, run, write};
use biomatch::gallery::{Gallery, GalleryOptions, NewReference};
use biomatch::template::{FaceTemplate, FingerprintRecord, FingerprintTemplate, Reading};

#[test]
fn records_tell_their_header_and_no_minutia() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = record(impression(1, 1));
    bytes.extend(*b"more");
    write(folder.path(), "1_1.iso", bytes);
    let text = ok(folder.path(), "inspect 1_1.iso").stdout;
    for told in [
        "file: 1_1.iso\n",
        "dialect: ISO/IEC 19794-2:2005\n",
        "    minutiae: 40\n",
        "departures from the standard:\n",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let json = ok(folder.path(), "inspect --json 1_1.iso").stdout;
    assert_eq!(json.lines().count(), 1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["views"][0]["minutiae"], 40);
    assert_eq!(json["departures_from_the_standard"].as_array().unwrap().len(), 2, "{json}");
    let strict = run(folder.path(), "inspect --strict 1_1.iso");
    assert_eq!((strict.code, strict.stdout.as_str()), (3, ""));
}

#[test]
fn a_wrapped_record_tells_what_it_was_in() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = record(impression(1, 1));
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write(folder.path(), "1_1.txt", &text);
    // A CBEFF structure of SP 800-76: 88 bytes of header, the record, a signature block of 3 bytes.
    let mut structure =
        [&[3, 0x0D][..], &(bytes.len() as u32).to_be_bytes(), &[0, 3, 0, 0x1B, 2, 1]].concat();
    structure.resize(88, 0);
    structure.extend([&bytes[..], &[1, 2, 3]].concat());
    write(folder.path(), "1_1.piv", &structure);
    let text = ok(folder.path(), "inspect 1_1.txt").stdout;
    assert!(text.contains("wrapped in") && text.contains("hexadecimal text"), "{text}");
    let json = ok(folder.path(), "inspect --json --strict 1_1.piv").stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["dialect"], "ISO/IEC 19794-2:2005");
    assert_eq!(json["wrapped_in"][0], "CBEFF structure, its signature of 3 bytes not checked");
    let plain = ok(folder.path(), "convert 1_1.txt again.iso --to iso2005");
    assert_eq!(plain.stderr, "");
    assert_eq!(fs::read(folder.path().join("again.iso")).unwrap(), bytes);
}

#[test]
fn pictures_tell_their_format_size_and_density() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.pgm", b"P5\n3 2\n255\n\x00\x40\x80\xC0\xFF\x20");
    // ISO/IEC 19794-4:2005 with one picture of a left thumb without compression.
    let mut fir = b"FIR\x00010\0\0\0\0\0\0\x34\0\0\0\x1F\x01\x01".to_vec();
    fir.extend([500_u16.to_be_bytes(); 4].concat());
    fir.extend([8, 0, 0, 0, 0, 0, 0, 20, 6, 1, 1, 77, 1, 0, 3, 0, 2, 0, 9, 8, 7, 6, 5, 4]);
    write(folder.path(), "b.fir", &fir);
    let json = ok(folder.path(), "inspect --json a.pgm b.fir").stdout;
    let facts: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let picture = &facts[0]["pictures"][0];
    assert_eq!((&facts[0]["kind"], &picture["format"]), (&"picture".into(), &"PNM".into()));
    assert_eq!((&picture["pixels"], &picture["resolution"]), (&"3 x 2, grey".into(), &"not stated".into()));
    let picture = &facts[1]["pictures"][0];
    assert_eq!(facts[1]["kind"], "record of pictures");
    for (name, expected) in [
        ("format", "raw pixels"),
        ("resolution", "197 pixels a centimetre, 500 dpi"),
        ("container", "ISO/IEC 19794-4:2005"),
        ("shows", "finger"),
        ("position", "left thumb"),
    ] {
        assert_eq!(picture[name], expected);
    }
    assert_eq!((&picture["quality"], &picture["impression"]), (&77.into(), &1.into()));
    // A damaged picture is told by its own fault, and so is one that is too small for a finger.
    fir.truncate(50);
    write(folder.path(), "cut.fir", &fir);
    let cut = run(folder.path(), "inspect cut.fir");
    assert!(cut.code == 3 && cut.stderr.contains("byte 46: the input ends inside picture"), "{}", cut.stderr);
    let convert = run(folder.path(), "convert b.fir out.iso --to iso2005");
    assert!(
        convert.stderr.contains("b.fir: picture 1 of the input: the picture is 3 x 2 pixels"),
        "{}",
        convert.stderr
    );
}

#[test]
fn faces_tell_their_shape_and_their_bad_rows() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "f.npy", npy(&[vec![3.0, 4.0], vec![0.0, 0.0], vec![f32::NAN, 1.0]]));
    write(folder.path(), "f.json", "[[1.0, 2.0, 2.0]]");
    write(folder.path(), "f.f32", [0_u8, 0, 128, 63].repeat(6));
    let json = ok(folder.path(), "inspect --json --dimension 3 f.npy f.json f.f32").stdout;
    let facts: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&facts[0]["rows"], &facts[0]["dimension"]), (&3.into(), &2.into()));
    assert_eq!((&facts[0]["least_norm"], &facts[0]["greatest_norm"]), (&5.0.into(), &5.0.into()));
    assert_eq!(facts[0]["bad_rows"].as_array().unwrap().len(), 2);
    assert_eq!((&facts[1]["rows"], &facts[1]["least_norm"]), (&1.into(), &3.0.into()));
    assert_eq!((&facts[2]["rows"], &facts[2]["dimension"]), (&2.into(), &3.into()));
}

#[test]
fn a_gallery_and_each_of_its_files_tell_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(folder.path().join("g"), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let face = FaceTemplate::new("m".parse().unwrap(), &[1.0, 2.0]).unwrap();
    let citizen: biomatch::subject::SubjectId = "001190000101".parse().unwrap();
    writer.add(citizen, &[NewReference::face(face), NewReference::finger(impression(1, 1))]).unwrap();
    writer.commit().unwrap();
    writer.flush().unwrap();
    drop(writer);
    let json: serde_json::Value =
        serde_json::from_str(&ok(folder.path(), "inspect --json g").stdout).unwrap();
    assert_eq!((&json["kind"], &json["fingers"], &json["faces"]), (&"gallery".into(), &1.into(), &1.into()));
    assert_eq!(json["models"][0], "m, 2 dimensions");

    let files: Vec<String> = fs::read_dir(folder.path().join("g"))
        .unwrap()
        .map(|entry| format!("g/{}", entry.unwrap().file_name().into_string().unwrap()))
        .filter(|name| !name.ends_with("LOCK"))
        .collect();
    let all = ok(folder.path(), &format!("inspect --json {}", files.join(" "))).stdout;
    let mut kinds: Vec<String> = all
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].as_str().unwrap().to_owned()
        })
        .collect();
    kinds.sort();
    let expected = ["CURRENT", "manifest", "segment", "segment", "witness", "write-ahead log"]
        .map(|kind| format!("gallery {kind}"));
    assert_eq!(kinds, expected);

    let segment = files.iter().find(|name| name.ends_with(".face")).unwrap();
    let path = folder.path().join(segment);
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let damaged = run(folder.path(), &format!("inspect {segment}"));
    assert_eq!(damaged.code, 4, "{}", damaged.stderr);
    assert!(damaged.stderr.contains("damaged at byte"), "{}", damaged.stderr);
}

#[test]
fn the_good_files_are_told_and_the_bad_ones_end_the_run_badly() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "r/1_1.iso", record(impression(1, 1)));
    write(folder.path(), "r/deep/1_2.iso", record(impression(1, 2)));
    write(folder.path(), "r/bad.iso", "nonsense");
    let run = run(folder.path(), "inspect --json r");
    assert_eq!((run.code, run.stdout.lines().count()), (3, 2));
    assert!(run.stderr.contains("r/bad.iso") && run.stderr.contains("1 of 3 files"), "{}", run.stderr);
}

#[test]
fn records_convert_to_every_dialect_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let views = vec![impression(1, 1), FingerprintTemplate { view: 1, ..impression(1, 2) }];
    let original = FingerprintRecord::new(views);
    write(folder.path(), "in.iso", original.write_iso2005().unwrap());
    for (dialect, name) in [
        ("iso2011", "ISO/IEC 19794-2:2011"),
        ("ansi2004", "ANSI INCITS 378-2004"),
        ("iso2005", "ISO/IEC 19794-2:2005"),
    ] {
        ok(folder.path(), &format!("convert in.iso {dialect}.out --to {dialect}"));
        let record = FingerprintRecord::read(
            &fs::read(folder.path().join(format!("{dialect}.out"))).unwrap(),
            Reading::Strict,
        )
        .unwrap();
        assert_eq!(record.dialect.to_string(), name);
        assert_eq!(record.views.len(), 2);
        for (view, before) in record.views.iter().zip(&original.views) {
            let places = |t: &FingerprintTemplate| t.minutiae.iter().map(|m| (m.x, m.y)).collect::<Vec<_>>();
            assert_eq!(places(view), places(before));
        }
    }
}

#[test]
fn converting_replaces_only_by_force_and_tells_what_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "in.xyt", "100 200 30 50\n120 260 300 70\n");
    write(folder.path(), "out.iso", "precious");
    let line = "convert in.xyt out.iso --to iso2005 --xyt-frame 388x374@500";
    let refused = run(folder.path(), line);
    assert_eq!((refused.code, refused.stdout.as_str()), (5, ""));
    assert!(refused.stderr.contains("out.iso: exists"), "{}", refused.stderr);
    assert_eq!(fs::read(folder.path().join("out.iso")).unwrap(), b"precious");
    let forced = ok(folder.path(), &format!("{line} --force"));
    assert_eq!(forced.stdout, "");
    let record =
        FingerprintRecord::read(&fs::read(folder.path().join("out.iso")).unwrap(), Reading::Strict).unwrap();
    assert_eq!(record.views[0].minutiae.len(), 2);

    let mut bytes = fs::read(folder.path().join("out.iso")).unwrap();
    bytes.push(0);
    write(folder.path(), "long.iso", bytes);
    let told = ok(folder.path(), "convert long.iso again.iso --to iso2005");
    assert!(told.stderr.contains("long.iso: byte"), "{}", told.stderr);
}
