//! Claims and searches by the program: what the audit keeps of those that fail early, and options without effect.
#![cfg(feature = "cli")]

use std::path::Path;

use crate::audit_support::json_lines;
use crate::program_support::{Run, ok, run, write, write_manifest};

const FACE: &str = r#"{"face":{"model":"m","embedding":[0.5,1]}}"#;

/// A gallery of five citizens, and a probe.
fn gallery(folder: &Path) {
    write_manifest(folder);
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    write(folder, "probe.ndjson", FACE);
}

#[test]
fn a_request_that_fails_early_is_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    gallery(folder);
    write(folder, "bad.ndjson", "{\"face\":1}\n");
    write(folder, "policy.json", "{}");
    let claim = "authenticate --gallery g --citizen 001090000101 --audit a.ndjson --tag 07";
    let search = "identify --gallery g --top 1 --audit a.ndjson";
    let not_made = [
        (format!("{claim} --assume-generic m none"), "none: "),
        (format!("{claim} --assume-generic m bad.ndjson"), "line 1: face: an object is needed"),
        (format!("{claim} --calibration none probe.ndjson"), "none: "),
        (format!("{claim} --assume-generic m --policy policy.json probe.ndjson"), "a policy names face"),
        (format!("{claim} --assume-generic m --assume-generic m probe.ndjson"), "two calibrations"),
        (format!("{claim} --assume-generic m probe.ndjson").replace("y g", "y nowhere"), "no gallery here"),
        (format!("{search} --assume-generic m --probes none"), "none: "),
        (format!("{search} --assume-generic m --probes bad.ndjson"), "line 1: face"),
        (format!("{search} --assume-generic m --probes probe.ndjson --within none"), "none: "),
    ];
    for (index, (line, why)) in not_made.iter().enumerate() {
        let failed = run(folder, line);
        assert!([2, 3, 4].contains(&failed.code), "{line}: {}", failed.stderr);
        let lines = json_lines(&folder.join("a.ndjson"));
        assert_eq!(lines.len(), index + 1, "{line}");
        let last = &lines[index];
        let error = last["error"].as_str().unwrap();
        assert!(error.contains(why) && failed.stderr.contains(error), "{line}: {error}: {}", failed.stderr);
        if line.starts_with("authenticate") {
            assert_eq!(last["operation"], "authenticate_not_made");
            assert_eq!((&last["citizen"], &last["tag"]), (&"001090000101".into(), &"07".into()));
        } else {
            assert_eq!((&last["operation"], last.get("citizen")), (&"identify_not_made".into(), None));
        }
    }
    // The library records what reaches it, once.
    assert_eq!(run(folder, &format!("{claim} --require face probe.ndjson")).code, 2);
    assert_eq!(run(folder, &format!("{search} --probes probe.ndjson")).code, 2);
    let lines = json_lines(&folder.join("a.ndjson"));
    let operations: Vec<_> = lines[not_made.len()..].iter().map(|line| line["operation"].clone()).collect();
    assert_eq!(operations, ["authenticate_failed", "identify_failed"]);
    // An output that cannot be written says nothing of the search.
    assert_eq!(run(folder, &format!("{search} --assume-generic m --probes probe.ndjson --out no/x")).code, 5);
    assert_eq!(json_lines(&folder.join("a.ndjson")).len(), not_made.len() + 2);
    ok(folder, "check-audit a.ndjson");
}

#[test]
fn options_without_effect_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    gallery(folder);
    write(folder, "finger.ndjson", r#"{"fingers":[{"position":"right_index","file":"1_1.iso"}]}"#);
    let told = |line: &str| ok(folder, &format!("-q {line}")).stderr;
    let search = |rest: &str| format!("identify --gallery g --top 1 --assume-generic m {rest}");
    assert_eq!(told(&search("--probes probe.ndjson")), "");

    // --within
    write(folder, "known.txt", "001090000101\n001090000102\n");
    write(folder, "partly.txt", "001090000101\n\n001090000108\n001090000109\n001090000109\n");
    write(folder, "empty.txt", "\n \n");
    assert_eq!(told(&search("--probes probe.ndjson --within known.txt")), "");
    let partly = told(&search("--probes probe.ndjson --within partly.txt"));
    assert_eq!(partly, "biomatch: warning: partly.txt: 2 of 3 citizens are not in the gallery\n");
    let empty: Run = run(folder, &search("--probes probe.ndjson --within empty.txt"));
    assert_eq!(empty.code, 3);
    assert_eq!(empty.stderr, "biomatch: empty.txt: expected one citizen per line, found none\n");

    // --assume-generic
    let claim = |rest: &str| {
        format!(
            "authenticate --gallery g --citizen 001090000102 --require face --assume-generic m {rest} probe.ndjson"
        )
    };
    let unused =
        "biomatch: warning: --assume-generic n has no effect: the gallery has no face of this model\n";
    assert_eq!(told(&search("--assume-generic n --probes probe.ndjson")), unused);
    assert_eq!(told(&claim("--assume-generic n")), unused);

    // --for-unlocking
    let not_locked = "biomatch: warning: --for-unlocking has no effect: the citizen's record is not locked\n";
    let lock = |claimed: &Run| {
        serde_json::from_str::<serde_json::Value>(&claimed.stdout).unwrap().get("lock").cloned()
    };
    let claimed = ok(folder, &format!("-q {}", claim("--for-unlocking")));
    assert_eq!((claimed.stderr.as_str(), lock(&claimed)), (not_locked, None));
    ok(folder, "-q lock --gallery g --citizen 001090000102 --reason holder_request");
    let claimed = ok(folder, &format!("-q {}", claim("--for-unlocking")));
    assert_eq!((claimed.stderr.as_str(), lock(&claimed)), ("", Some("holder_request".into())));

    // --approximate
    let fingers_only = told(&search("--approximate 1 --probes finger.ndjson"));
    assert!(fingers_only.contains("--approximate has no effect: no probe has a face"), "{fingers_only}");
    // Measured on the first probes that have a face.
    let late = "{\"fingers\":[{\"position\":\"right_index\",\"file\":\"1_1.iso\"}]}\n".repeat(64) + FACE;
    write(folder, "late.ndjson", late);
    let late = told(&search("--approximate 1 --probes late.ndjson"));
    assert!(late.contains("of 1 probes that were searched exactly too"), "{late}");
}

#[test]
fn an_unlock_of_somebody_who_is_not_locked_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    gallery(folder);
    let unlock = "unlock --gallery g --citizen 001090000101";
    assert!(ok(folder, unlock).stderr.starts_with("nothing changed: it was so already"));
    ok(folder, "-q lock --gallery g --citizen 001090000101 --reason death");
    assert!(ok(folder, unlock).stderr.starts_with("done;"));
}

#[test]
fn labels_of_probes_are_quoted_and_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    gallery(folder);
    let label = "a,\"b\"\u{1b}[2J\nforged\u{9b}\u{202e}";
    let probe = FACE.replacen('{', &format!("{{\"probe\":{},", serde_json::json!(label)), 1);
    write(folder, "labels.ndjson", probe);
    let found =
        ok(folder, "-q identify --gallery g --top 1 --assume-generic m --probes labels.ndjson").stdout;
    let row = found.lines().nth(1).unwrap();
    let field = r#""a,""b""\u{1b}[2J\nforged\u{9b}\u{202e}",1,"#;
    assert!(row.starts_with(field), "{row}");
    // JSON has escapes of its own.
    write(folder, "x\u{9b}\u{202e}.xyt", "junk");
    let inspected = run(folder, "inspect --json 1_1.iso x\u{9b}\u{202e}.xyt");
    assert!(!inspected.stdout.contains(['\u{9b}', '\u{202e}']), "{}", inspected.stdout);
}
