//! Manifests and probe lists: what a line may say, and that a bad line never loses the next.

use std::io::{self, BufReader, Cursor, Read};

use biomatch::ingest::{
    EmbeddingSource, EnrolmentLine, FaceFormat, FaceSource, FingerFormat, LineError, LineProblem, MAX_LINE,
    ProbeLine, RecordSource, enrolments, probes,
};
use biomatch::template::{Finger, FingerPosition};
use biomatch::text;
use proptest::prelude::*;

const CITIZEN: &str = r#""citizen":"001090000101""#;

fn enrolment(json: &str) -> Result<EnrolmentLine, LineError> {
    enrolments(Cursor::new(json.to_owned())).next().unwrap()
}

fn probe(json: &str) -> Result<ProbeLine, LineError> {
    probes(Cursor::new(json.to_owned())).next().unwrap()
}

fn read(text: impl Into<Vec<u8>>) -> Vec<Result<EnrolmentLine, LineError>> {
    enrolments(Cursor::new(text.into())).collect()
}

fn embedding(model: &str, source: EmbeddingSource) -> FaceSource {
    FaceSource::Embedding { model: model.parse().unwrap(), source }
}

#[test]
fn a_line_says_who_and_what() {
    let line = enrolment(
        r#"{"citizen":"001090000101","fingers":[{"position":"right_index","file":"101_1.iso"}],"face":{"model":"m","file":"faces.npy","row":0}}"#,
    )
    .unwrap();
    assert_eq!(line.line, 1);
    assert_eq!(line.citizen.to_string(), "001090000101");
    let [finger] = &line.fingers[..] else { panic!("{line:?}") };
    assert_eq!(finger.position, FingerPosition::Known(Finger::RightIndex));
    assert_eq!(finger.source, RecordSource::File("101_1.iso".into()));
    assert_eq!((finger.format, finger.view, finger.captured), (FingerFormat::Auto, None, None));
    let face = line.face.unwrap();
    assert_eq!(
        face.source,
        embedding(
            "m",
            EmbeddingSource::File { path: "faces.npy".into(), format: FaceFormat::Auto, row: Some(0) }
        )
    );
}

#[test]
fn everything_that_a_line_can_say() {
    let line = enrolment(
        r#"{"schema":1,"citizen":"001090000101","captured":86400,"fingers":[
            {"position":"unknown","base64":"Rk1S","view":2,"captured":"1970-01-01T00:00:05Z"},
            {"file":"/a/b.xyt","format":"xyt","width":388,"height":374,"dpi":500},
            {"file":"b.xyt","format":"xyt-m1","width":388,"height":374,"dpi":569},
            {"file":"c","format":"iso-card-compact"},{"file":"d","format":"iso-card-normal"},
            {"file":"e","format":"csv","width":9,"height":8,"dpi":500},{"file":"f","format":"auto","position":"left_little"}],
            "face":{"model":"m:1","embedding":[1,-2.5,3e-1]}}"#
            .replace('\n', " ")
            .as_str(),
    )
    .unwrap();
    let fingers = &line.fingers;
    assert_eq!(fingers[0].source, RecordSource::Bytes(b"FMR".to_vec()));
    assert_eq!((fingers[0].position, fingers[0].view), (FingerPosition::Unknown, Some(2)));
    assert_eq!(fingers[0].captured.unwrap().unix_seconds(), 5);
    assert_eq!(fingers[1].captured.unwrap().unix_seconds(), 86_400, "the line's moment holds for all");
    let FingerFormat::Xyt(frame) = fingers[1].format else { panic!("{:?}", fingers[1]) };
    assert_eq!((frame.width, frame.height), (388, 374));
    assert_eq!(frame.resolution_x.pixels_per_centimetre(), 197);
    let FingerFormat::XytM1(frame) = fingers[2].format else { panic!("{:?}", fingers[2]) };
    assert_eq!(frame.resolution_y.pixels_per_centimetre(), 224);
    assert_eq!(fingers[3].format, FingerFormat::IsoCardCompact);
    assert_eq!(fingers[4].format, FingerFormat::IsoCardNormal);
    assert!(matches!(fingers[5].format, FingerFormat::Csv(frame) if frame.width == 9));
    assert_eq!(fingers[6].position, FingerPosition::Known(Finger::LeftLittle));
    assert_eq!(line.face.unwrap().source, embedding("m:1", EmbeddingSource::Numbers(vec![1.0, -2.5, 0.3])));

    for (face, source) in [
        (r#""base64":"AACAPw==""#, EmbeddingSource::Bytes(1.0_f32.to_le_bytes().to_vec())),
        (
            r#""file":"x","format":"f32","dimension":512,"row":7"#,
            EmbeddingSource::File {
                path: "x".into(),
                format: FaceFormat::Raw { dimension: Some(512) },
                row: Some(7),
            },
        ),
        (
            r#""file":"x","format":"json""#,
            EmbeddingSource::File { path: "x".into(), format: FaceFormat::Json, row: None },
        ),
        (
            r#""file":"x","format":"npy""#,
            EmbeddingSource::File { path: "x".into(), format: FaceFormat::Npy, row: None },
        ),
    ] {
        let line = enrolment(&format!(r#"{{{CITIZEN},"face":{{"model":"m",{face}}}}}"#)).unwrap();
        assert_eq!(line.face.unwrap().source, embedding("m", source), "{face}");
    }
}

#[test]
fn a_portrait_may_state_its_model() {
    let file = RecordSource::File("a.jpg".into());
    for (face, stated, source) in [
        (r#""portrait":"a.jpg""#, None, file.clone()),
        (r#""portrait":"a.jpg","model":"m""#, Some("m"), file),
        (r#""portrait_base64":"AACAPw==""#, None, RecordSource::Bytes(vec![0, 0, 128, 63])),
    ] {
        let line = enrolment(&format!(r#"{{{CITIZEN},"face":{{{face}}}}}"#)).unwrap();
        let stated = stated.map(|model| model.parse().unwrap());
        assert_eq!(line.face.unwrap().source, FaceSource::Portrait { stated, source }, "{face}");
    }
    for (face, says) in [
        (r#""portrait":"a","portrait_base64":"AA==""#, "face.portrait: goes without portrait_base64"),
        (r#""portrait":"a","model":"m","file":"b""#, "face.file: exactly one of"),
        (r#""portrait":"a","row":1"#, "face.file: format and row go only with a file"),
        (r#""portrait_base64":"@""#, "face.portrait_base64: "),
    ] {
        let error = enrolment(&format!(r#"{{{CITIZEN},"face":{{{face}}}}}"#)).unwrap_err().to_string();
        assert!(error.contains(says), "{face}: {error}");
    }
}

#[test]
fn a_probe_may_have_a_label_and_a_claim() {
    let line = probe(r#"{"probe":"gate 7","citizen":"001090000101","fingers":[{"file":"a"}]}"#).unwrap();
    assert_eq!(line.label.as_deref(), Some("gate 7"));
    assert_eq!(line.citizen.unwrap().to_string(), "001090000101");
    let line = probe(r#"{"face":{"model":"m","embedding":[1,2]}}"#).unwrap();
    assert_eq!((line.label, line.citizen), (None, None));
    assert!(probe(r#"{"probe":7,"fingers":[{"file":"a"}]}"#).is_err());
}

#[test]
fn what_a_line_may_not_say() {
    let finger = |fields: &str| format!(r#"{{{CITIZEN},"fingers":[{{"file":"a"}},{{{fields}}}]}}"#);
    let face = |fields: &str| format!(r#"{{{CITIZEN},"face":{{{fields}}}}}"#);
    for (json, says) in [
        (format!("{{{CITIZEN}}}"), "line 1: fingers: the line has neither a finger nor a face"),
        (r#"{"fingers":[{"file":"a"}]}"#.into(), "missing field `citizen`"),
        (r#"{"citizen":"12","fingers":[{"file":"a"}]}"#.into(), "citizen: a personal number has 12 digits"),
        (r#"{"citizen":1090000101,"fingers":[{"file":"a"}]}"#.into(), "line 1:"),
        (format!(r#"{{{CITIZEN},"finger":[]}}"#), "unknown field `finger`"),
        (format!(r#"{{{CITIZEN},{CITIZEN},"fingers":[{{"file":"a"}}]}}"#), "duplicate field `citizen`"),
        (format!(r#"{{"schema":2,{CITIZEN},"fingers":[{{"file":"a"}}]}}"#), "schema: version 2 is not known"),
        (format!(r#"{{"schema":"1",{CITIZEN},"fingers":[{{"file":"a"}}]}}"#), "line 1:"),
        (finger(""), "fingers[1].file: exactly one of file and base64"),
        (finger(r#""file":"a","base64":"""#), "fingers[1].file: exactly one"),
        (finger(r#""base64":"?""#), "fingers[1].base64: "),
        (
            finger(r#""file":"a","position":"right index""#),
            "fingers[1].position: `right index` is none of `right_thumb`",
        ),
        (finger(r#""file":"a","position":2"#), "line 1:"),
        (finger(r#""file":"a","format":"iso""#), "`iso` is none of `auto`"),
        (finger(r#""file":"a","format":"xyt""#), "fingers[1].format: this format needs width"),
        (finger(r#""file":"a","format":"csv""#), "fingers[1].format: this format needs width"),
        (finger(r#""file":"a","format":"xyt","width":1,"height":2"#), "fingers[1].width: "),
        (finger(r#""file":"a","format":"xyt","width":1,"height":2,"dpi":1"#), "fingers[1].dpi: "),
        (finger(r#""file":"a","format":"xyt","width":1,"height":65536,"dpi":500"#), "line 1:"),
        (finger(r#""file":"a","width":1,"height":2,"dpi":500"#), "fingers[1].format: width and height"),
        (finger(r#""file":"a","view":-1"#), "line 1:"),
        (finger(r#""file":"a","view":0.5"#), "line 1:"),
        (finger(r#""file":"a","captured":"yesterday""#), "captured: \"yesterday\" is not a moment"),
        (finger(r#""file":"a","captured":18446744073709551615"#), "captured: too many seconds"),
        (finger(r#""file":"a","captured":1.5"#), "captured: a moment, as a text or in whole seconds"),
        (face(r#""file":"a""#), "face.model: is needed: only a portrait goes without it"),
        (face(r#""model":"a b","file":"a""#), "face.model: a model name has"),
        (face(r#""model":"m""#), "face.file: exactly one of file, base64, embedding and portrait"),
        (face(r#""model":"m","file":"a","embedding":[1]"#), "face.file: exactly one"),
        (face(r#""model":"m","embedding":[1,2],"row":0"#), "face.file: format and row go only with a file"),
        (face(r#""model":"m","embedding":[1,2],"format":"npy""#), "face.file: format and row"),
        (face(r#""model":"m","embedding":[1,"2"]"#), "line 1:"),
        (face(r#""model":"m","embedding":[[1,2]]"#), "line 1:"),
        (face(r#""model":"m","file":"a","dimension":4"#), "face.dimension: goes only with format f32"),
        (
            face(r#""model":"m","file":"a","format":"f32","dimension":1"#),
            "face.dimension: an embedding has 2",
        ),
        (face(r#""model":"m","file":"a","row":-1"#), "line 1:"),
        ("[]".into(), "line 1:"),
        ("null".into(), "line 1:"),
        ("{".into(), "not the JSON of a line"),
        ("{\"citizen\":\"\u{1}\"}".into(), "line 1:"),
    ] {
        let error = enrolment(&json).expect_err(&json).to_string();
        assert!(error.contains(says), "{json}\n  gives {error}\n  not   {says}");
    }
}

#[test]
fn two_values_on_a_line_are_an_error() {
    let one = format!(r#"{{{CITIZEN},"fingers":[{{"file":"a"}}]}}"#);
    assert!(enrolment(&one).is_ok());
    assert!(enrolment(&format!("{one}{one}")).is_err());
    assert!(enrolment(&format!("{one},")).is_err());
    assert!(enrolment(&format!("{one} x")).is_err());
}

#[test]
fn syntax_errors_say_where() {
    let error = enrolment(r#"{"citizen" "001090000101"}"#).unwrap_err();
    let LineProblem::Json { offset: Some(offset), .. } = error.problem else { panic!("{error:?}") };
    assert!((10..=12).contains(&offset), "{offset}");
}

#[test]
fn messages_do_not_carry_records() {
    let secret = "QUJD".repeat(500);
    for json in [
        format!(r#"{{{CITIZEN},"fingers":"{secret}"}}"#),
        format!(r#"{{{CITIZEN},"fingers":[{{"file":"a","captured":"{secret}"}}]}}"#),
        format!(r#"{{{CITIZEN},"face":"{secret}"}}"#),
    ] {
        let error = enrolment(&json).unwrap_err();
        assert!(error.to_string().len() < 250 && format!("{error:?}").len() < 400, "{error}");
    }
    let line = enrolment(&format!(r#"{{{CITIZEN},"fingers":[{{"base64":"{secret}"}}]}}"#)).unwrap();
    assert!(!format!("{line:?}").contains("65, 66"), "{line:?}");
}

fn good(n: u64) -> String {
    format!(r#"{{"citizen":"{n:012}","fingers":[{{"file":"{n}.iso"}}]}}"#)
}

#[test]
fn a_bad_line_never_loses_the_next() {
    let long = "x".repeat(MAX_LINE + 1);
    let text = format!(
        "\u{feff}{}\r\n\n   \t\r\n{}\n{{bad\n{}\n{long}\n{}\n\u{feff}{}\n{}",
        good(1),
        good(2),
        good(3),
        good(4),
        good(5),
        good(6),
    );
    let lines = read(text);
    let found: Vec<(u64, bool)> = lines
        .iter()
        .map(|line| match line {
            Ok(line) => (line.line, line.citizen.value() > 0),
            Err(error) => (error.line, false),
        })
        .collect();
    assert_eq!(
        found,
        [(1, true), (4, true), (5, false), (6, true), (7, false), (8, true), (9, false), (10, true)],
        "{lines:?}"
    );
    assert!(matches!(
        &lines[4],
        Err(LineError { line: 7, problem: LineProblem::TooLong { limit: MAX_LINE } })
    ));
}

#[test]
fn the_longest_line_is_read_and_one_byte_more_is_not() {
    let exactly = format!("{}{}", good(1), " ".repeat(MAX_LINE - good(1).len()));
    let lines = read(format!("{exactly}\n{exactly} \n{}", good(2)));
    assert!(lines[0].is_ok());
    assert!(matches!(&lines[1], Err(LineError { line: 2, problem: LineProblem::TooLong { .. } })));
    assert!(lines[2].is_ok());
}

#[test]
fn lines_that_are_not_utf8_are_errors_of_their_own() {
    let mut text = good(1).into_bytes();
    text.extend(b"\n{\"citizen\":\"\xff\"}\n");
    text.extend(good(2).bytes());
    let lines = read(text);
    assert!(lines[0].is_ok() && lines[1].is_err() && lines[2].is_ok(), "{lines:?}");
}

#[test]
fn empty_files_have_no_lines() {
    for text in ["", "\n", "\r\n\r\n", "  ", "\u{feff}", "\u{feff}\n"] {
        assert!(read(text).is_empty(), "{text:?}");
    }
}

/// Gives some bytes, then fails.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            n => Ok(n),
        }
    }
}

#[test]
fn a_failing_file_gives_one_error_and_ends() {
    let text = format!("{}\n{}", good(1), &good(2)[..10]);
    let lines: Vec<_> = enrolments(BufReader::new(Failing(Cursor::new(text.into_bytes())))).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].is_ok());
    assert!(matches!(&lines[1], Err(LineError { line: 2, problem: LineProblem::Io(_) })));
}

#[test]
fn blocks_are_the_same_lines_in_the_same_order() {
    let text: String =
        (1..=1000).map(|n| if n % 7 == 0 { "{bad\n".to_owned() } else { good(n) + "\n" }).collect();
    let one_by_one: Vec<String> = read(text.clone()).iter().map(|line| format!("{line:?}")).collect();
    for size in [1, 64, 333, 5000] {
        let mut lines = enrolments(Cursor::new(text.clone()));
        let mut blocks = Vec::new();
        loop {
            let block = lines.next_block(size);
            assert!(block.len() <= size);
            if block.is_empty() {
                break;
            }
            blocks.extend(block.iter().map(|line| format!("{line:?}")));
        }
        assert_eq!(blocks, one_by_one, "{size}");
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_end_without_a_panic(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just(b"\n".to_vec()),
                Just(b"\r\n".to_vec()),
                Just(good(7).into_bytes()),
                proptest::collection::vec(any::<u8>(), 0..40),
                "[\\[\\]{}:,\"a-z0-9. ]{0,40}".prop_map(String::into_bytes),
            ],
            0..20,
        ),
        buffer in 1_usize..64,
    ) {
        let text = pieces.concat();
        let lines: Vec<_> = enrolments(BufReader::with_capacity(buffer, Cursor::new(text.clone()))).collect();
        match text::lines(&text) {
            Ok(all) => prop_assert_eq!(lines.len(), all.filter(|line| !line.bytes.trim_ascii().is_empty()).count()),
            Err(_) => prop_assert!(matches!(lines[..], [Err(_)]), "UTF-16"),
        }
    }
}
