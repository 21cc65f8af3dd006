//! Text from files and from the command line cannot act on a terminal, or forge a line of a log.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::program_support::{
    Run, biomatch, impression, manifest_line, npy, ok, record, write, write_manifest,
};
use serde_json::json;

/// A name that clears the screen, forges a line, and turns what follows around.
const FORGED: &str = "x\u{1b}[2J\nbiomatch: warning: forged\u{9b}31m\u{202e}.iso";
const ESCAPED: &str = r"x\u{1b}[2J\nbiomatch: warning: forged\u{9b}31m\u{202e}.iso";
/// Another: carriage return over the line, a bell, isolates and a line separator.
const OTHER: &str = "y\rbiomatch: ok\u{7}\u{2066}a\u{2069}\u{2028}z";
const OTHER_ESCAPED: &str = r"y\rbiomatch: ok\u{7}\u{2066}a\u{2069}\u{2028}z";

/// Fails if anything of a run could act on a terminal.
fn assert_plain(run: &Run, about: &str) {
    for text in [&run.stderr, &run.stdout] {
        let acts = |c: &char| {
            c.is_control() && *c != '\n'
                || matches!(c, '\u{2028}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let bad: Vec<char> = text.chars().filter(acts).collect();
        assert!(bad.is_empty(), "{about}: {bad:?} in {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("biomatch: warning: forged")), "{about}: {text}");
        assert!(!text.lines().any(|line| line.starts_with("biomatch: ok")), "{about}: {text}");
    }
}

/// Runs it; it must fail with that code, and say the text as it is escaped.
fn refused(folder: &Path, code: i32, args: &[&str], text: &str) {
    let run = biomatch(folder, args);
    assert_eq!(run.code, code, "{args:?}: {}", run.stderr);
    assert_plain(&run, &format!("{args:?}"));
    assert!(run.stderr.contains(text), "{args:?}: no {text} in {}", run.stderr);
}

#[test]
fn file_names_of_the_command_line_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    write(folder, "a.npy", npy(&[vec![1.0, 0.0], vec![0.0, 1.0]]));
    write(folder, "subjects.txt", "a\nb\n");
    write(folder, "pairs.csv", "a,b\n0,1\n");
    for (name, escaped) in [(FORGED, ESCAPED), (OTHER, OTHER_ESCAPED)] {
        // Once the file is missing; once it is there, and not what it should be.
        for missing in [true, false] {
            if !missing {
                write(folder, name, "{\"no\": 1}\n");
            }
            for args in [
                &["enrol", "--gallery", "g", name][..],
                &["enrol", "--gallery", "g", "--normaliser", name, "manifest.ndjson"],
                &["verify", "--gallery", "g", "--code-model", name],
                &[
                    "authenticate",
                    "--gallery",
                    "g",
                    "--assume-generic",
                    "m",
                    "--citizen",
                    "001090000101",
                    name,
                ],
                &[
                    "identify",
                    "--gallery",
                    "g",
                    "--top",
                    "1",
                    "--probes",
                    "manifest.ndjson",
                    "--calibration",
                    name,
                ],
                &[
                    "identify",
                    "--gallery",
                    "g",
                    "--top",
                    "1",
                    "--probes",
                    "manifest.ndjson",
                    "--within",
                    name,
                ],
                &["explain", name, "1_1.iso"],
                &["convert", name, "-", "--to", "iso2005"],
                &["score", "--root", ".", "--pairs", name, "--out", "-"],
                &["score-faces", "--a", "a.npy", "--b", name, "--pairs", "pairs.csv", "--out", "-"],
                &["evaluate", "--naming", name],
                &["train-codes", "--root", ".", "--truth", name, "--out", "-"],
                &[
                    "train-normaliser",
                    "--embeddings",
                    name,
                    "--subjects",
                    "subjects.txt",
                    "--model",
                    "m",
                    "--out",
                    "-",
                ],
                &[
                    "calibrate",
                    "faces",
                    "--embeddings",
                    name,
                    "--subjects",
                    "subjects.txt",
                    "--model",
                    "m",
                    "--out",
                    "-",
                ],
                &[
                    "calibrate",
                    "scores",
                    "--scores",
                    "pairs.csv",
                    "--truth",
                    name,
                    "--matcher",
                    "x",
                    "--out",
                    "-",
                ],
                &["inspect", name],
            ] {
                refused(folder, 3, args, escaped);
            }
        }
        let none = format!("{name}/none");
        refused(folder, 4, &["verify", "--gallery", &none], escaped);
        refused(folder, 5, &["convert", "1_1.iso", &none, "--to", "iso2005"], escaped);
        refused(folder, 5, &["convert", "1_1.iso", name, "--to", "iso2005"], escaped);
        refused(folder, 5, &["pairs", "--subjects", "subjects.txt", "--out", &none], escaped);
    }
}

#[test]
fn arguments_that_are_wrong_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (text, escaped) in [(FORGED, ESCAPED), (OTHER, OTHER_ESCAPED)] {
        let option = format!("--{text}");
        for args in [
            &[text][..],
            &["inspect", &option],
            &["--threads", text, "inspect", "a"],
            &["duplicates", "--gallery", "g", "--score", "0", "--model", text],
            &["lock", "--gallery", "g", "--citizen", "001090000101", "--reason", text],
            &["lock", "--gallery", "g", "--reason", "death", "--citizen", text],
            &["convert", "a", "b", "--to", text],
            &["verify", "--gallery", "g", text],
            &["identify", "--gallery", "g", "--probes", "p", "--top", "1", "--fpir", text],
        ] {
            refused(folder, 2, args, escaped);
        }
    }
    let bytes = OsStr::from_bytes(b"a\xff\x1b[2J");
    let run = biomatch(folder, [OsStr::new("inspect"), bytes]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains(r"a\xff\u{1b}[2J: No such file"), "{}", run.stderr);
    let run = biomatch(folder, [OsStr::new("duplicates"), OsStr::new("--model"), bytes]);
    assert_eq!(run.code, 2);
    assert_plain(&run, "a model that is not UTF-8");
    let help = ok(folder, "inspect --help");
    assert!(help.stdout.contains("Usage: ") && help.stderr.is_empty());
}

#[test]
fn what_a_manifest_says_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    for (text, escaped) in [(FORGED, ESCAPED), (OTHER, OTHER_ESCAPED)] {
        let id = "001090000101";
        for line in [
            json!({ "citizen": id, "fingers": [{ "file": text }] }),
            json!({ "citizen": id, "fingers": [{ "position": text, "file": "1_1.iso" }] }),
            json!({ "citizen": id, "fingers": [{ "format": text, "file": "1_1.iso" }] }),
            json!({ "citizen": id, "captured": text, "fingers": [{ "file": "1_1.iso" }] }),
            json!({ "citizen": id, text: 1 }),
            json!({ "citizen": id, "fingers": [{ text: 1 }] }),
            json!({ "citizen": id, "face": { "model": "m", "file": text } }),
            json!({ "citizen": id, "face": { "model": "m", "format": text, "file": "a" } }),
        ] {
            write(folder, "bad.ndjson", format!("{line}\n"));
            // A note of captured quotes its text, so that a backslash is doubled.
            let args = &["enrol", "--gallery", "g", "bad.ndjson"][..];
            refused(folder, 3, args, escaped);
            let skipped = biomatch(folder, ["enrol", "--gallery", "g", "--on-error", "skip", "bad.ndjson"]);
            assert_eq!(skipped.code, 1);
            assert_plain(&skipped, &line.to_string());
        }
        // Not quoted at all, or quoted in an error of its own: whatever it says, it is plain.
        for line in [
            json!({ "citizen": text }),
            json!({ "citizen": id, "face": { "model": text, "embedding": [1, 0] } }),
            json!({ "citizen": id, "fingers": [{ "base64": text }] }),
            json!({ "citizen": id, "fingers": text }),
        ] {
            write(folder, "bad.ndjson", format!("{line}\n"));
            refused(folder, 3, &["enrol", "--gallery", "g", "bad.ndjson"], "bad.ndjson: line 1: ");
        }
        // A record that says another finger is worth a notice, with its file.
        let thumb = impression(1, 1);
        let name = format!("{text}_other");
        write(
            folder,
            &name,
            record(biomatch::template::FingerprintTemplate {
                position: biomatch::template::FingerPosition::from_code(1),
                ..thumb
            }),
        );
        write(folder, "notice.ndjson", manifest_line(1, &name));
        let noticed = biomatch(folder, ["enrol", "--gallery", "g", "notice.ndjson"]);
        assert_eq!(noticed.code, 0, "{}", noticed.stderr);
        assert!(noticed.stderr.contains(escaped), "{}", noticed.stderr);
        assert_plain(&noticed, "a notice");
    }
}

#[test]
fn what_tables_and_tables_of_rates_say_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    for (text, escaped) in [(FORGED, ESCAPED), (OTHER, OTHER_ESCAPED)] {
        let field = format!("\"{text}\"");
        write(folder, "pairs.csv", format!("a,b\n{field},1_1.iso\n"));
        refused(folder, 3, &["score", "--root", ".", "--pairs", "pairs.csv", "--out", "-"], escaped);
        let skipping = ["score", "--root", ".", "--pairs", "pairs.csv", "--skip-bad", "--out", "scores.csv"];
        let skipped = biomatch(folder, skipping);
        assert_eq!(skipped.code, 0, "{}", skipped.stderr);
        assert_plain(&skipped, "score --skip-bad");
        // The scores name the file as it is: they are data.
        assert!(fs::read_to_string(folder.join("scores.csv")).unwrap().contains(text));

        write(folder, "scores.csv", format!("a,b,score\nx_1,x_2,{field}\n"));
        refused(folder, 3, &["evaluate", "--naming", "scores.csv"], escaped);
        write(folder, "scores.csv", format!("a,b,score\nx_1,{field},1\n"));
        write(folder, "truth.csv", "id,subject\nx_1,x\n");
        refused(folder, 3, &["evaluate", "--truth", "truth.csv", "scores.csv"], escaped);
        let groups = format!("a,b,score\n\"{text}/x_1\",\"{text}/x_2\",1\n\"{text}/x_1\",\"{text}/y_1\",0\n");
        write(folder, "scores.csv", groups);
        let table = biomatch(folder, ["evaluate", "--naming", "--group-by", "folder", "scores.csv"]);
        assert_eq!(table.code, 0, "{}", table.stderr);
        assert_plain(&table, "the table of evaluate");
        assert!(table.stdout.contains(escaped), "{}", table.stdout);

        let rates = json!({ "format": "biomatch-calibration", "version": 1, text: 1 });
        write(folder, "rates.json", rates.to_string());
        refused(
            folder,
            3,
            &["score", "--root", ".", "--pairs", "pairs.csv", "--calibration", "rates.json", "--out", "-"],
            escaped,
        );
        write(folder, "rates.json", json!({ "format": text, "version": 7 }).to_string());
        let asked = [
            "identify",
            "--gallery",
            "g",
            "--top",
            "1",
            "--probes",
            "manifest.ndjson",
            "--calibration",
            "rates.json",
        ];
        refused(folder, 3, &asked, escaped);
        write(folder, "embedding.json", json!([text]).to_string());
        refused(folder, 3, &["inspect", "embedding.json"], "embedding.json: ");
    }
}

#[test]
fn names_on_standard_output_for_people_are_escaped_and_for_machines_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    for (text, escaped) in [(FORGED, ESCAPED), (OTHER, OTHER_ESCAPED)] {
        write(folder, text, fs::read(folder.join("1_1.iso")).unwrap());
        let facts = biomatch(folder, ["inspect", text]);
        assert_plain(&facts, "inspect");
        assert!(facts.stdout.contains(&format!("file: {escaped}\n")), "{}", facts.stdout);
        let facts = biomatch(folder, ["inspect", "--json", text]);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&facts.stdout).unwrap()["file"], text);
        write(folder, &format!("g/{text}"), "");
        let verified = biomatch(folder, ["verify", "--gallery", "g"]);
        assert_plain(&verified, "verify");
        assert!(verified.stdout.contains(escaped), "{}", verified.stdout);
    }
}
