//! Pictures of fingers in the program: `extract`, and wherever a record is taken.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use crate::program_support::{ok, read, run, write};
use biomatch::picture::FingerprintPicture;
use biomatch::template::{Finger, FingerprintRecord, Reading};
use biomatch::units::Resolution;
use biomatch_datasets::{Capture, Population};

/// Two pictures each of the right index fingers of two generated citizens: mates are neighbours.
fn pictures() -> &'static [FingerprintPicture] {
    static PICTURES: OnceLock<Vec<FingerprintPicture>> = OnceLock::new();
    PICTURES.get_or_init(|| {
        let population = Population::new(3);
        let capture = Capture { width: 280, height: 320, ..Capture::ENROLMENT };
        let fingers = [1, 2].map(|index| population.citizen(index).finger(2).unwrap().ridges());
        let pictures =
            fingers.iter().flat_map(|ridges| [0, 1].map(|number| ridges.picture(&capture, number)));
        let grey = |picture: biomatch_datasets::Picture| {
            let (width, height) = (picture.width.into(), picture.height.into());
            FingerprintPicture::grey(width, height, picture.pixels, Resolution::DPI_500).unwrap()
        };
        pictures.map(grey).collect()
    })
}

/// A picture without a resolution.
fn pgm(picture: &FingerprintPicture) -> Vec<u8> {
    let header = format!("P5 {} {} 255\n", picture.width(), picture.height());
    [header.as_bytes(), picture.pixels()].concat()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, picture) in ["1_0", "1_1", "2_0", "2_1"].into_iter().zip(pictures()) {
        write(folder.path(), &format!("scans/{name}.png"), picture.to_png());
    }
    folder
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn record(folder: &Path, name: &str) -> FingerprintRecord {
    FingerprintRecord::read(&fs::read(folder.join(name)).unwrap(), Reading::Exact).unwrap()
}

#[test]
fn a_folder_of_pictures_becomes_records_whose_mates_match() {
    let folder = folder();
    let folder = folder.path();
    let run = ok(folder, "extract scans --out records --position right_index --report report.ndjson");
    let summary = json(&run.stdout);
    assert_eq!((&summary["records"], &summary["failed"]), (&4.into(), &0.into()), "{summary}");
    let minutiae = record(folder, "records/1_0.iso").views[0].minutiae.len();
    assert!(minutiae >= 15, "{minutiae}");
    assert_eq!(record(folder, "records/1_0.iso").views[0].position, Finger::RightIndex.into());
    let report = read(folder, "report.ndjson");
    let lines: Vec<_> = report.lines().map(json).collect();
    assert_eq!(lines[0]["record"], "records/1_0.iso");
    assert_eq!(lines[0]["views"][0]["minutiae"], minutiae);
    assert!(lines[0]["views"][0]["usefulness"].as_u64().unwrap() >= 50, "{report}");
    assert_eq!(lines[0]["views"][0]["size"], serde_json::json!([280, 320]));

    write(folder, "pairs.csv", "a,b\n1_0.iso,1_1.iso\n2_0.iso,2_1.iso\n1_0.iso,2_0.iso\n1_1.iso,2_1.iso\n");
    ok(folder, "score --root records --pairs pairs.csv --out records.csv");
    write(folder, "pictures.csv", read(folder, "pairs.csv").replace(".iso", ".png"));
    ok(folder, "score --root scans --pairs pictures.csv --out pictures-scores.csv");
    let scores = |name: &str| -> Vec<f32> {
        read(folder, name).lines().skip(1).map(|l| l.split(',').nth(2).unwrap().parse().unwrap()).collect()
    };
    assert_eq!(scores("records.csv"), scores("pictures-scores.csv"), "a picture is as good as its record");
    let scores = scores("records.csv");
    assert!(
        scores[..2].iter().all(|mated| scores[2..].iter().all(|other| *mated > other + 3.0)),
        "{scores:?}"
    );
}

#[test]
fn records_are_not_overwritten_and_no_two_pictures_share_one() {
    let folder = folder();
    let folder = folder.path();
    ok(folder, "extract scans/1_0.png --out records");
    let again = run(folder, "extract scans/1_0.png --out records");
    assert!(again.code == 5 && again.stderr.contains("1_0.iso: exists; --force"), "{again:?}");
    ok(folder, "extract scans/1_0.png --out records --force");
    fs::create_dir(folder.join("other")).unwrap();
    fs::copy(folder.join("scans/1_1.png"), folder.join("other/1_0.bmp")).unwrap();
    let both = run(folder, "extract scans/1_0.png other --out both");
    assert!(both.code == 2 && both.stderr.contains("would both become both/1_0.iso"), "{both:?}");
    assert!(!folder.join("both").exists());
    ok(folder, "extract scans/1_0.png --out records --to ansi2004");
    assert_eq!(record(folder, "records/1_0.ansi").views.len(), 1);
}

#[test]
fn what_gives_no_record_ends_the_run_or_is_told() {
    let folder = folder();
    let folder = folder.path();
    write(folder, "scans/0.png", b"\x89PNG\r\n\x1a\n and no more");
    write(folder, "scans/notes.txt", "not a picture");
    let stopped = run(folder, "extract scans --out records");
    assert!(stopped.code == 3 && stopped.stderr.contains("scans/0.png: "), "{stopped:?}");
    let skipped = run(folder, "extract scans --out records --force --skip-bad --report report.ndjson");
    assert_eq!(skipped.code, 1, "{skipped:?}");
    assert_eq!(json(&skipped.stdout)["failed"], 2);
    for name in ["scans/0.png", "scans/notes.txt"] {
        assert!(skipped.stderr.contains(&format!("warning: {name}: ")), "{skipped:?}");
    }
    let report = read(folder, "report.ndjson");
    let failed = report.lines().map(json).filter(|line| line["error"].is_string()).count();
    assert_eq!((report.lines().count(), failed), (6, 2), "{report}");
    assert_eq!(run(folder, "extract scans --out x --report -").code, 2);
    assert_eq!(run(folder, "extract nowhere.png --out x").code, 3);
}

#[test]
fn an_unstated_resolution_is_said_and_a_stated_one_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a.pgm", pgm(&pictures()[0]));
    write(folder, "a.png", pictures()[0].to_png());
    let assumed = ok(folder, "extract a.pgm --out assumed");
    assert!(assumed.stderr.contains("a.pgm: byte 0: the picture states no resolution, 197"), "{assumed:?}");
    let known = ok(folder, "extract a.pgm --out known --dpi 500");
    assert_eq!(known.stderr, "");
    assert_eq!(record(folder, "known/a.iso"), record(folder, "assumed/a.iso"));
    ok(folder, "extract a.png --out stated --dpi 1000");
    assert_eq!(
        record(folder, "stated/a.iso"),
        record(folder, "known/a.iso"),
        "a file's own resolution stands"
    );
    ok(folder, "extract a.pgm --out half --dpi 1000");
    assert_eq!(record(folder, "half/a.iso").views[0].frame.unwrap().width, 140);
    assert_eq!(run(folder, "extract a.pgm --out strict --strict").code, 3);
    assert_eq!(run(folder, "extract a.pgm --out strict --strict --dpi 500").code, 0);
    for wrong in ["5000", "120"] {
        let refused = run(folder, &format!("extract a.pgm --out x --dpi {wrong}"));
        assert!(refused.code == 3 && refused.stderr.contains("expected 79 to 433"), "{refused:?}");
    }
    assert_eq!(run(folder, "extract a.pgm --out x --dpi none").code, 2);
    let garbled = run(folder, "extract a.pgm --out x --extractor a.png");
    assert!(garbled.code == 3 && garbled.stderr.contains("a.png: no known model: "), "{garbled:?}");
}

#[test]
fn pictures_enrol_authenticate_and_identify() {
    let folder = folder();
    let folder = folder.path();
    write(folder, "scans/1_1.pgm", pgm(&pictures()[1]));
    let line = |citizen: &str, file: &str| {
        format!(r#"{{"citizen":"{citizen}","fingers":[{{"position":"right_index","file":"scans/{file}"}}]}}"#)
            + "\n"
    };
    write(folder, "enrol.ndjson", line("001190000101", "1_0.png") + &line("001190000102", "2_0.png"));
    ok(folder, "enrol --gallery citizens enrol.ndjson");
    write(folder, "mate.ndjson", line("001190000101", "1_1.png"));
    write(folder, "other.ndjson", line("001190000101", "2_1.png"));
    let decide = |probes: &str| {
        run(
            folder,
            &format!("authenticate --gallery citizens --citizen 001190000101 {probes} --require finger"),
        )
    };
    let (mate, other) = (decide("mate.ndjson"), decide("other.ndjson"));
    assert_eq!((mate.code, other.code), (0, 1), "{mate:?} {other:?}");
    let found = ok(folder, "identify --gallery citizens --probes mate.ndjson --top 1");
    assert!(found.stdout.contains("001190000101"), "{found:?}");

    let pgm = |dpi: &str| {
        format!(
            r#"{{"citizen":"001190000101","fingers":[{{"position":"right_index","file":"scans/1_1.pgm"{dpi}}}]}}"#
        )
    };
    write(folder, "pgm.ndjson", pgm(""));
    let assumed = decide("pgm.ndjson");
    assert!(assumed.code == 0 && assumed.stderr.contains("states no resolution"), "{assumed:?}");
    write(folder, "pgm.ndjson", pgm(r#","dpi":500"#));
    let stated = decide("pgm.ndjson");
    assert!(stated.code == 0 && !stated.stderr.contains("resolution"), "{stated:?}");
    ok(folder, "extract scans/1_1.png --out records");
    write(
        folder,
        "record.ndjson",
        line("001190000101", "1_1.pgm").replace("scans/1_1.pgm\"", "records/1_1.iso\",\"dpi\":500"),
    );
    let record = decide("record.ndjson");
    assert!(record.code == 3 && record.stderr.contains("records/1_1.iso: "), "{record:?}");
}

#[test]
fn the_drawing_lies_upon_the_pictures() {
    let folder = folder();
    let folder = folder.path();
    ok(folder, "extract scans --out records");
    ok(folder, "explain scans/1_0.png scans/1_1.png --svg pictures.svg");
    assert_eq!(read(folder, "pictures.svg").matches("data:image/png;base64,").count(), 2);
    ok(folder, "explain scans/1_0.png records/1_1.iso --svg one.svg");
    assert_eq!(read(folder, "one.svg").matches("data:image/png;base64,").count(), 1);
    ok(folder, "convert scans/1_0.png converted.iso --to iso2005");
    assert_eq!(record(folder, "converted.iso").views, record(folder, "records/1_0.iso").views);
}

#[test]
fn a_portrait_without_a_network_is_refused_by_name() {
    let folder = folder();
    let folder = folder.path();
    write(folder, "enrol.ndjson", r#"{"citizen":"001190000101","face":{"portrait":"scans/1_0.png"}}"#);
    let refused = run(folder, "enrol --gallery citizens enrol.ndjson");
    assert!(refused.code == 3 && refused.stderr.contains("a portrait needs a face network"), "{refused:?}");
    let none = run(folder, "extract-faces scans --out faces.npy --files files.txt");
    assert!(none.code == 2 && none.stderr.contains("--face-network is needed"), "{none:?}");
    let unknown = run(folder, "extract-faces scans --out f.npy --files f.txt --face-network nothing.json");
    assert!(unknown.code == 3 && unknown.stderr.contains("nothing.json"), "{unknown:?}");
}
