//! The program on a gallery: enrol, authenticate, identify, lock, delete, verify, demo.

use std::fmt::Write as _;
use std::path::Path;

use crate::program_support::{impression, ok, record, rows, run, write};
use serde_json::Value;

/// Faces far apart: the direction of each person with a little of a second one.
fn embedding(person: u64, bend: f32) -> String {
    let numbers = (0..16).map(|i| {
        if i == person {
            1.0
        } else if i == (person + 1) % 16 {
            bend
        } else if i == 0 {
            // Of all: a vector of one number is no embedding.
            0.1
        } else {
            0.0
        }
    });
    numbers.map(|x: f32| x.to_string()).collect::<Vec<_>>().join(",")
}

fn line(person: u64, number: u64, bend: f32) -> String {
    format!(
        r#"{{"citizen":"00109000010{person}","fingers":[{{"position":"right_index","file":"{person}_{number}.iso"}}],"face":{{"model":"m","embedding":[{}]}}}}"#,
        embedding(person, bend)
    )
}

/// Five citizens in a manifest, and probes of six people.
fn prepare(folder: &Path) {
    let mut manifest = String::new();
    for person in 1..=6 {
        for number in 1..=2 {
            write(folder, &format!("{person}_{number}.iso"), record(impression(person, number)));
        }
        if person <= 5 {
            writeln!(manifest, "{}", line(person, 1, 0.0)).unwrap();
        }
        let probe = line(person, 2, 0.3).replacen(
            "{\"citizen\"",
            &format!("{{\"probe\":\"p{person}\",\"citizen\""),
            1,
        );
        write(folder, &format!("probe{person}.ndjson"), probe + "\n");
    }
    write(folder, "manifest.ndjson", manifest);
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_gallery_from_manifest_to_deletion() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let summary = json(&ok(folder, "enrol --gallery g manifest.ndjson").stdout);
    assert_eq!((summary["citizens"].as_u64(), summary["references"].as_u64()), (Some(5), Some(10)));
    let again = json(&ok(folder, "enrol --gallery g --skip-enrolled manifest.ndjson").stdout);
    assert_eq!((again["citizens"].as_u64(), again["already_enrolled"].as_u64()), (Some(0), Some(5)));

    // A model without a table is an error that says what to do; then a decision for every case.
    let bare = run(folder, "authenticate --gallery g --citizen 001090000101 probe1.ndjson");
    assert_eq!(bare.code, 2);
    assert!(bare.stderr.contains("biomatch calibrate faces"), "{}", bare.stderr);
    let claim = |citizen: &str, probe: &str| {
        let run = run(
            folder,
            &format!(
                "authenticate --gallery g --assume-generic m --audit audit.ndjson --citizen {citizen} {probe}"
            ),
        );
        (run.code, if run.stdout.is_empty() { Value::Null } else { json(&run.stdout) })
    };
    let (code, decision) = claim("001090000101", "probe1.ndjson");
    assert_eq!((code, &decision["decision"]), (0, &Value::from("accept")), "{decision}");
    assert_eq!(decision["comparisons"].as_array().unwrap().len(), 2);
    // The probe's own claim contradicts the command line.
    assert_eq!(claim("001090000102", "probe1.ndjson").0, 2);
    let anonymous = std::fs::read_to_string(folder.join("probe1.ndjson")).unwrap();
    let anonymous = anonymous.replace("\"citizen\":\"001090000101\",", "");
    write(folder, "anonymous.ndjson", &anonymous);
    let (code, decision) = claim("001090000102", "anonymous.ndjson");
    assert_eq!((code, &decision["decision"]), (1, &Value::from("reject")));
    let (code, decision) = claim("001090000109", "anonymous.ndjson");
    assert_eq!((code, &decision["reason"]), (6, &Value::from("unknown_citizen")));
    ok(folder, "lock --gallery g --citizen 001090000101 --reason death");
    let (code, decision) = claim("001090000101", "probe1.ndjson");
    assert_eq!(
        (code, &decision["reason"], &decision["why"]),
        (6, &Value::from("locked"), &Value::from("death"))
    );
    ok(folder, "unlock --gallery g --citizen 001090000101");
    assert_eq!(claim("001090000101", "probe1.ndjson").0, 0);
    let audit = std::fs::read_to_string(folder.join("audit.ndjson")).unwrap();
    assert_eq!(audit.lines().count(), 6);
    let sound = ok(folder, "check-audit audit.ndjson").stdout;
    let head = sound.trim().strip_prefix("sound: 6 entries, head ").unwrap();
    for (change, operation) in [("lock --reason death", "lock"), ("unlock", "unlock")] {
        ok(folder, &format!("{change} --gallery g --citizen 001090000103 --audit audit.ndjson"));
        let audit = std::fs::read_to_string(folder.join("audit.ndjson")).unwrap();
        assert_eq!(json(audit.lines().last().unwrap())["operation"], operation);
    }
    let check = json(&ok(folder, &format!("check-audit --json --head {head} audit.ndjson")).stdout);
    assert_eq!((&check["sound"], &check["entries"]), (&Value::from(true), &Value::from(8)));
    write(folder, "forged.ndjson", audit.replace("\"death\"", "\"authority\""));
    let forged = run(folder, "check-audit forged.ndjson");
    assert_eq!(forged.code, 1);
    assert!(forged.stdout.starts_with("NOT SOUND: forged.ndjson: line 6 (offset "), "{}", forged.stdout);
    assert_eq!(run(folder, "check-audit none.ndjson").code, 3);

    // Everyone of the list, and a stranger.
    let list: String = (1..=6)
        .map(|person| std::fs::read_to_string(folder.join(format!("probe{person}.ndjson"))).unwrap())
        .collect();
    write(folder, "list.ndjson", list);
    let found =
        ok(folder, "identify --gallery g --assume-generic m --probes list.ndjson --top 2 --fpir 0.01");
    let rows = rows(&found.stdout);
    assert_eq!(rows[0][..3], ["probe", "rank", "citizen"]);
    let firsts: Vec<_> = rows[1..].iter().filter(|row| row[1] == "1").map(|row| (row[0], row[2])).collect();
    let expected: Vec<_> = (1..=5).map(|p| (format!("p{p}"), format!("00109000010{p}"))).collect();
    assert_eq!(firsts, expected.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>());

    // Through a filter that leaves everyone, the same; and it says so.
    let asked =
        "identify --gallery g --assume-generic m --probes list.ndjson --top 2 --fpir 0.01 --approximate 99";
    let approximate = ok(folder, asked);
    assert_eq!(approximate.stdout, found.stdout);
    assert!(approximate.stderr.contains("approximately, by a shortlist of 99"), "{}", approximate.stderr);
    assert!(approximate.stderr.contains(", 0 lost their first candidate"), "{}", approximate.stderr);
    assert!(!found.stderr.contains("approximately"));

    ok(folder, "delete --gallery g --citizen 001090000101 --compact");
    assert_eq!(claim("001090000101", "probe1.ndjson").1["reason"], "unknown_citizen");
    assert_eq!(run(folder, "delete --gallery g --citizen 001090000101").code, 7);
    ok(folder, "compact --gallery g");
    let report = json(&ok(folder, "verify --gallery g --json").stdout);
    assert_eq!((report["sound"].as_bool(), report["fingers"].as_u64()), (Some(true), Some(4)));

    // A flipped bit is found.
    let segment = std::fs::read_dir(folder.join("g")).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.filter(|path| path.to_string_lossy().contains("seg-")).max().unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&segment).unwrap();
    std::fs::write(&segment, bytes).unwrap();
    let verified = run(folder, "verify --gallery g");
    assert_eq!(verified.code, 1);
    assert!(verified.stdout.contains("DAMAGED"), "{}", verified.stdout);
}

#[test]
fn a_bad_line_stops_or_is_skipped_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let good = |person| line(person, 1, 0.0);
    let missing = good(3).replace("3_1.iso", "nowhere.iso");
    write(folder, "bad.ndjson", format!("{}\n{{\"citizen\":\"1\"}}\n{missing}\n{}\n", good(1), good(2)));
    let stopped = run(folder, "enrol --gallery a bad.ndjson");
    assert_eq!(stopped.stderr.matches("12 digits").count(), 1, "said once: {}", stopped.stderr);
    assert_eq!(stopped.code, 3);
    assert!(stopped.stderr.contains("line 2"), "{}", stopped.stderr);
    assert_eq!(json(&stopped.stdout)["citizens"], 1);
    let skipped = run(folder, "enrol --gallery b --on-error skip bad.ndjson");
    assert_eq!(skipped.code, 1);
    assert!(skipped.stderr.contains("nowhere.iso"), "{}", skipped.stderr);
    let summary = json(&skipped.stdout);
    assert_eq!((summary["citizens"].as_u64(), summary["bad_lines"].as_u64()), (Some(2), Some(2)));
    assert_eq!(run(folder, "authenticate --gallery nowhere --citizen 001090000101 probe1.ndjson").code, 4);
}

#[test]
fn a_small_demo_does_the_whole_job() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let report = json(&ok(folder, "demo --citizens 60 --gallery g --json -q").stdout);
    assert_eq!((report["citizens"].as_u64(), report["faces"].as_u64()), (Some(60), Some(60)));
    assert_eq!(report["false_claims"]["accepted"], 0);
    assert!(report["true_claims"]["accepted"].as_u64().unwrap() >= 45, "{report}");
    assert_eq!(report["searches"].as_array().unwrap().len(), 4);
    let found = report["searches"][0]["first"].as_u64().unwrap();
    assert!(found >= 55, "{report}");
    ok(folder, "verify --gallery g");
}
