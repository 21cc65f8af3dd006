//! One rule for every reader of text: byte order marks, line ends, blank lines, UTF-16.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Debug;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use biomatch::calibration;
use biomatch::calibration::Calibration;
use biomatch::evaluation::{PairList, ScoreFile, Truth};
use biomatch::ingest::{enrolments, probes};
use biomatch::input::{MAX_LIST, read_text};
use biomatch::template::face_file::read_json;
use biomatch::template::{FingerprintRecord, Frame, Reading, XytConvention};
use biomatch::units::Resolution;

/// A text written in every way that is read the same. Blank lines stand between all lines and at the end.
fn variations(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let with_ends = |end: &str| text.replace('\n', end).into_bytes();
    let blank = |end: &str| format!("{}{end} \t{end}", text.replace('\n', &format!("{end}{end}")));
    vec![
        ("byte order mark", format!("\u{feff}{text}").into_bytes()),
        ("CRLF", with_ends("\r\n")),
        ("CR", with_ends("\r")),
        ("byte order mark and CRLF", format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes()),
        ("blank lines", blank("\n").into_bytes()),
        ("blank lines with CRLF", blank("\r\n").into_bytes()),
        ("blank lines with CR", blank("\r").into_bytes()),
        ("spaces in blank lines", text.replace('\n', "\n \t\n").into_bytes()),
        ("no last line end", text.trim_end().as_bytes().to_vec()),
    ]
}

/// A text in encodings that are refused.
fn foreign(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let marked = format!("\u{feff}{text}");
    vec![
        ("UTF-16", little(&marked)),
        ("UTF-16", big(&marked)),
        ("UTF-16", little(text)),
        ("UTF-16", big(text)),
        ("UTF-32", marked.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
    ]
}

/// Checks a reader: what it gives for each variation, without line numbers and offsets, is the same.
#[track_caller]
fn check<T: PartialEq + Debug, E: std::fmt::Display>(
    name: &str,
    text: &str,
    read: impl Fn(&[u8]) -> Result<T, E>,
) {
    let told = |result: Result<T, E>| result.map_err(|error| error.to_string());
    let expected = told(read(text.as_bytes())).expect(name);
    for (variation, bytes) in variations(text) {
        assert_eq!(told(read(&bytes)).as_ref(), Ok(&expected), "{name} with {variation}");
    }
    for (encoding, bytes) in foreign(text) {
        let error = told(read(&bytes)).expect_err(name);
        assert!(
            error.contains(&format!("the file is {encoding} text; write it as UTF-8")),
            "{name}: {error}"
        );
    }
}

fn frame() -> Frame {
    Frame::new(300, 400, Resolution::DPI_500)
}

/// Reads bytes as the file that a reader by path opens.
fn in_file<T, E>(bytes: &[u8], read: impl Fn(&Path) -> Result<T, E>) -> Result<T, E> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    read(&path)
}

#[test]
fn minutiae_in_text() {
    let lenient = Reading::Lenient;
    check("xyt", "10 20 90 50\n30 40 170 60\n", |bytes| {
        FingerprintRecord::read_xyt(bytes, XytConvention::Nist, frame(), lenient).map(|record| record.views)
    });
    check("CSV minutiae", "x,y,angle_degrees,type\n10,20,90,ending\n30,40,170,other\n", |bytes| {
        FingerprintRecord::read_csv(bytes, frame(), lenient).map(|record| record.views)
    });
}

#[test]
fn faces_and_calibrations_in_json() {
    check("JSON faces", "[[1, 2],\n[3, 4]]\n", |bytes| read_json(&mut bytes.to_vec()));
    let table = calibration::face_generic().unwrap().to_json().unwrap() + "\n";
    let text = |bytes: &[u8]| in_file(bytes, |path| read_text(path, MAX_LIST));
    check("calibrations", &table, |bytes| {
        text(bytes).map(|text| Calibration::from_json(&text).unwrap().to_json().unwrap())
    });
    // Also when a service reads the text itself.
    assert!(Calibration::from_json(&format!("\u{feff}{table}")).is_ok());
}

#[test]
fn manifests_and_probe_lists() {
    let line = |citizen| {
        format!("{{\"citizen\":\"00109000010{citizen}\",\"fingers\":[{{\"file\":\"{citizen}.iso\"}}]}}\n")
    };
    let text = line(1) + &line(2);
    check("manifest", &text, |bytes| {
        let lines: Result<Vec<_>, _> = enrolments(Cursor::new(bytes.to_vec())).collect();
        lines.map(|lines| lines.into_iter().map(|line| (line.citizen, line.fingers)).collect::<Vec<_>>())
    });
    check("probe list", &text, |bytes| {
        let lines: Result<Vec<_>, _> = probes(Cursor::new(bytes.to_vec())).collect();
        lines.map(|lines| lines.into_iter().map(|line| (line.citizen, line.fingers)).collect::<Vec<_>>())
    });
}

#[test]
fn tables_of_evaluations() {
    // What is shown without the names of temporary folders and the numbers of lines; maps have no order.
    let shown = |value: &dyn Debug| {
        let text = format!("{value:?}");
        let text = text.split("line: ").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
        let text = text.collect::<String>();
        let words = text.split(['"', ' ', ',', '{', '}']).filter(|word| !word.starts_with('/'));
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        words.sort();
        words
    };
    let no_file = |error: biomatch::evaluation::EvaluationError| error.to_string();
    check("pairs", "a,b\nx,y\nx,z\n", |bytes| {
        in_file(bytes, PairList::read).map(|list| shown(&list)).map_err(no_file)
    });
    check("scores", "a,b,score\nx,y,1\nx,z,0.5\n", |bytes| {
        in_file(bytes, ScoreFile::read).map(|list| shown(&list)).map_err(no_file)
    });
    check("truth", "id,subject\nx,1\ny,2\n", |bytes| {
        in_file(bytes, Truth::read).map(|list| shown(&list)).map_err(no_file)
    });
}

#[test]
fn lines_keep_their_numbers() {
    let good = "{\"citizen\":\"001090000101\",\"fingers\":[{\"file\":\"a\"}]}";
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("\u{feff}{good}{end}{end}  {end}{{bad{end}{good}");
        let numbers: Vec<u64> = enrolments(Cursor::new(text))
            .map(|line| line.map_or_else(|error| error.line, |line| line.line))
            .collect();
        assert_eq!(numbers, [1, 4, 5], "{end:?}");
        let csv = format!("\u{feff}x,y,angle_degrees{end}1,2,3{end}{end}1,2,3,4{end}");
        let error = FingerprintRecord::read_csv(csv.as_bytes(), frame(), Reading::Lenient).unwrap_err();
        assert!(error.to_string().starts_with("line 4: "), "{end:?}: {error}");
        let csv = format!("\u{feff}x,y,angle_degrees{end}1,2,3{end}300,2,3{end}");
        let record = FingerprintRecord::read_csv(csv.as_bytes(), frame(), Reading::Lenient).unwrap();
        assert_eq!(record.warnings[0].offset, csv.find("300").unwrap(), "{end:?}");
        let scores = format!("a,b,score{end}x,y,1{end}x,z,high{end}");
        let error = in_file(scores.as_bytes(), ScoreFile::read).unwrap_err().to_string();
        assert!(error.contains(":3: "), "{end:?}: {error}");
        let xyt = format!("1 2 3{end}{end}x 2 3{end}");
        let error = FingerprintRecord::read_xyt(xyt.as_bytes(), XytConvention::M1, frame(), Reading::Lenient);
        assert_eq!(error.unwrap_err().to_string(), "line 3: x: a whole number expected", "{end:?}");
    }
}
