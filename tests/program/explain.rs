//! `biomatch explain`.
#![cfg(feature = "cli")]

use crate::program_support::{impression, ok, read, record, run, write};

/// How often `what` stands in a text.
fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn mates_have_many_pairs_and_the_drawing_shows_each() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.iso", record(impression(1, 1)));
    write(folder.path(), "b.iso", record(impression(1, 2)));
    let json = ok(folder.path(), "explain a.iso b.iso --svg pairs.svg --json").stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let pairs = json["pairs"].as_array().unwrap();
    assert!(pairs.len() >= 15 && json["score"].as_f64().unwrap() > 6.0, "{json}");
    let (of_a, of_b) =
        (json["minutiae_a"].as_u64().unwrap() as usize, json["minutiae_b"].as_u64().unwrap() as usize);
    assert!(pairs.iter().all(|pair| pair["a"].as_u64().unwrap() < of_a as u64));

    let svg = read(folder.path(), "pairs.svg");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(count(&svg, "class=\"pair\""), pairs.len());
    assert_eq!(count(&svg, "class=\"paired\""), 2 * pairs.len());
    assert_eq!(count(&svg, "class=\"unpaired\""), of_a + of_b - 2 * pairs.len());
    assert!(svg.contains("a.iso (") && svg.contains("b.iso ("));

    let lines = ok(folder.path(), "explain a.iso b.iso").stdout;
    assert!(
        lines.starts_with("score: ") && lines.contains(&format!("\npairs: {}\n", pairs.len())),
        "{lines}"
    );
    let score = ok(folder.path(), "explain b.iso a.iso --json").stdout;
    let score: serde_json::Value = serde_json::from_str(&score).unwrap();
    assert_eq!(score["score"], json["score"], "the sides can be exchanged");
    assert_eq!(count(&score.to_string(), "\"support\""), pairs.len());
}

#[test]
fn names_are_escaped_and_a_drawing_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a&<b>.iso", record(impression(1, 1)));
    ok(folder.path(), "explain a&<b>.iso a&<b>.iso --svg s.svg");
    let svg = read(folder.path(), "s.svg");
    assert!(svg.contains("a&amp;&lt;b&gt;.iso") && !svg.contains("a&<"), "{svg}");
    let again = run(folder.path(), "explain a&<b>.iso a&<b>.iso --svg s.svg");
    assert_eq!((again.code, again.stdout.as_str()), (5, ""));
    ok(folder.path(), "explain a&<b>.iso a&<b>.iso --svg s.svg --force");
}

#[test]
fn fingers_with_nothing_in_common_are_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let mut tiny = impression(2, 1);
    tiny.minutiae.truncate(2);
    write(folder.path(), "tiny.iso", record(tiny));
    let mut none = impression(2, 1);
    none.minutiae.clear();
    write(folder.path(), "none.iso", record(none));
    write(folder.path(), "a.iso", record(impression(1, 1)));
    for other in ["tiny.iso", "none.iso"] {
        let lines = ok(folder.path(), &format!("explain a.iso {other} --svg s.svg --force")).stdout;
        assert!(lines.contains("\npairs: 0\n") && !lines.contains("turn"), "{lines}");
        let svg = read(folder.path(), "s.svg");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
    let run = run(folder.path(), "explain a.iso tiny.iso --view-b 1");
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.contains("tiny.iso"), "{}", run.stderr);
}
