//! What is wrong with a line is told with its field or its byte, in words.

use std::io::Cursor;

use biomatch::ingest::{LineProblem, enrolments, probes};
use biomatch::template::face_file::read_json;

const CITIZEN: &str = r#""citizen":"001090000101""#;

fn message(line: impl Into<Vec<u8>>) -> String {
    let line: Vec<u8> = line.into();
    let of_probe = probes(Cursor::new(line.clone())).next().unwrap().map(|_| ());
    let found = enrolments(Cursor::new(line)).next().unwrap().expect_err("a bad line was read").to_string();
    if !found.contains("citizen") {
        assert_eq!(of_probe.expect_err("a bad line was read").to_string(), found, "probes say the same");
    }
    let of_serde = ["invalid type", "invalid value", "unknown variant", "u64", "u16", "usize"];
    for word in ["Expected", "Internal", "Syntax", "Known(", "line 1 column"].into_iter().chain(of_serde) {
        assert!(!found.contains(word), "{found}");
    }
    found
}

#[test]
fn fields_of_another_type_are_named_with_what_they_need() {
    let finger =
        |fields: &str| format!(r#"{{{CITIZEN},"fingers":[{{"file":"a"}},{{"file":"b",{fields}}}]}}"#);
    let face = |fields: &str| format!(r#"{{{CITIZEN},"face":{{"model":"m",{fields}}}}}"#);
    for (line, says) in [
        (
            r#"{"citizen":1090000101,"fingers":[{"file":"a"}]}"#.to_owned(),
            "line 1: citizen: a text of 12 digits is needed, found a number",
        ),
        (
            r#"{"citizen":null,"fingers":[{"file":"a"}]}"#.into(),
            "citizen: a text of 12 digits is needed, found null",
        ),
        (
            r#"{"citizen":["0"],"fingers":[{"file":"a"}]}"#.into(),
            "citizen: a text of 12 digits is needed, found an array",
        ),
        (
            format!(r#"{{{CITIZEN},"fingers":{{"file":"a"}}}}"#),
            "fingers: an array is needed, found an object",
        ),
        (format!(r#"{{{CITIZEN},"fingers":null}}"#), "fingers: an array is needed, found null"),
        (format!(r#"{{{CITIZEN},"fingers":["a.iso"]}}"#), "fingers[0]: an object is needed, found a text"),
        (
            format!(r#"{{{CITIZEN},"schema":"1","fingers":[]}}"#),
            "schema: a whole number is needed, found a text",
        ),
        (
            finger(r#""position":2"#),
            "fingers[1].position: the name of a finger, a text, is needed, found a number",
        ),
        (finger(r#""format":7"#), "fingers[1].format: a text is needed, found a number"),
        (finger(r#""format":"iso""#), "fingers[1].format: `iso` is none of `auto`"),
        (
            finger(r#""width":70000"#),
            "fingers[1].width: a whole number from 0 to 65535 is needed, found 70000",
        ),
        (finger(r#""view":-1"#), "fingers[1].view: a whole number from 0"),
        (finger(r#""view":true"#), "fingers[1].view: a whole number is needed, found true or false"),
        (finger(r#""captured":[]"#), "fingers[1].captured: a moment is needed, found an array"),
        (
            finger(r#""captured":1.5"#),
            "fingers[1].captured: a moment, as a text or in whole seconds since 1970, is needed, found 1.5",
        ),
        (finger(r#""colour":1"#), "fingers[1]: unknown field `colour`, expected one of `position`"),
        (face(r#""embedding":[1,null]"#), "face.embedding[1]: a number is needed, found null"),
        (face(r#""embedding":[1,"2"]"#), "face.embedding[1]: a number is needed, found a text"),
        (face(r#""embedding":"1,2""#), "face.embedding: an array is needed, found a text"),
        (
            format!(r#"{{{CITIZEN},"face":{{"file":"a"}}}}"#),
            "face.model: is needed: only a portrait goes without it",
        ),
        (format!(r#"{{{CITIZEN},"face":[0.1,0.2]}}"#), "face: an object is needed, found an array"),
    ] {
        let found = message(line.clone());
        assert!(found.contains(says), "{line}\n  gives {found}\n  not   {says}");
    }
}

#[test]
fn what_is_no_json_is_told_with_its_byte() {
    let face = format!(r#"{{{CITIZEN},"face":{{"model":"m","embedding":[1,@]}}}}"#);
    let at = face.find('@').unwrap();
    for word in ["NaN", "nan", "Infinity", "-Infinity", "inf"] {
        let line = face.replace('@', word);
        let found = message(line.clone());
        assert!(found.contains("NaN and infinity are no JSON numbers"), "{found}");
        let problem = enrolments(Cursor::new(line)).next().unwrap().unwrap_err().problem;
        let LineProblem::Json { offset: Some(offset), .. } = problem else { panic!("{problem:?}") };
        assert!((at..at + word.len() + 1).contains(&offset), "{word}: {offset}, the word is at {at}");
    }
    for (line, says) in [
        (face.replace('@', "None"), "None is no JSON value (byte "),
        (
            format!("[{{{CITIZEN}}}]"),
            "an array begins; a line holds one object, and no array holds the lines (byte 0)",
        ),
        ("[".to_owned(), "an array begins"),
        ("  [1]".to_owned(), "(byte 2)"),
        ("{".to_owned(), "it ends too early; an object stands on one line"),
        ("null".to_owned(), "an object is needed, found null"),
        ("7".to_owned(), "an object is needed, found a number"),
        (format!("{{'{}'}}", "citizen"), "line 1: not the JSON of a line: "),
        (format!(r#"{{{CITIZEN},"fingers":[{{"file":"a"}}]}} x"#), "x is no JSON value (byte 52)"),
    ] {
        let found = message(line.clone());
        assert!(found.contains(says), "{line}\n  gives {found}\n  not   {says}");
    }
}

#[test]
fn utf_16_is_named_and_ends_the_file() {
    let text = format!("{{{CITIZEN},\"fingers\":[{{\"file\":\"a\"}}]}}\r\n").repeat(2);
    for mark in ["", "\u{feff}"] {
        for big in [false, true] {
            let units = format!("{mark}{text}");
            let bytes =
                units.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() });
            let found: Vec<_> = enrolments(Cursor::new(bytes.collect::<Vec<u8>>())).collect();
            let [Err(error)] = &found[..] else { panic!("{found:?}") };
            assert_eq!(error.to_string(), "line 1: the file is UTF-16 text; write it as UTF-8");
        }
    }
}

#[test]
fn moments_in_another_unit_are_errors() {
    let at = |captured: &str| format!(r#"{{{CITIZEN},"fingers":[{{"file":"a","captured":{captured}}}]}}"#);
    for (captured, says) in [
        (
            "1300000000000",
            "fingers[0].captured: 1300000000000 seconds since 1970 are outside of the years 0 to 9999: milliseconds? In seconds that is 1300000000",
        ),
        ("1700000000000000", "microseconds? In seconds that is 1700000000"),
        ("1700000000000000000", "nanoseconds? In seconds that is 1700000000"),
        ("-62167219201", "milliseconds?"),
        ("9223372036854775807", "outside of the years 0 to 9999"),
        ("18446744073709551615", "too many seconds"),
    ] {
        let found = message(at(captured));
        assert!(found.contains(says), "{captured}\n  gives {found}\n  not   {says}");
        let of_face =
            message(format!(r#"{{{CITIZEN},"face":{{"model":"m","file":"a","captured":{captured}}}}}"#));
        assert!(of_face.contains("face.captured: "), "{of_face}");
        let of_line = message(format!(r#"{{{CITIZEN},"fingers":[{{"file":"a"}}],"captured":{captured}}}"#));
        assert!(of_line.contains("line 1: captured: "), "{of_line}");
    }
    for captured in ["1700000000", "253402300799", "-62167219200", "0"] {
        enrolments(Cursor::new(at(captured))).next().unwrap().unwrap();
    }
}

#[test]
fn files_of_embeddings_in_json_say_the_same() {
    for (json, says) in [
        ("[1, NaN]", "NaN and infinity are no JSON numbers (byte 4)"),
        ("[[1, 2],\n [3, null]]", "row 1, number 1 is null"),
        ("[[1, 2], \"a\"]", "element 1 is a text"),
        ("{\"embedding\": [1, 2]}", "found an object"),
        ("[[1, 2], [3", "it ends too early"),
        ("\u{feff}[1, nan]", "NaN and infinity are no JSON numbers (byte 8)"),
    ] {
        let found = read_json(&mut json.as_bytes().to_vec()).unwrap_err().to_string();
        assert!(found.contains(says), "{json}\n  gives {found}\n  not   {says}");
        assert!(!found.contains("Expected"), "{found}");
    }
}
