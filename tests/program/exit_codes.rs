//! The exit codes of the program: the same fault ends every command with the same code.
#![cfg(feature = "cli")]

use std::path::Path;

use crate::program_support::{npy, ok, run, write, write_fingers, write_manifest};
use biomatch::calibration::face_generic;

/// A table of false match rates of the face model `m`.
fn calibration(folder: &Path, name: &str) {
    let table = face_generic().unwrap();
    let text = table.to_json().unwrap();
    let matcher = format!("{:?}", table.matcher());
    write(folder, name, text.replacen(&matcher, "\"m\"", 1));
}

#[test]
fn the_same_fault_has_the_same_code_in_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_fingers(folder, 2);
    write_manifest(folder);
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    write(folder, "other.ndjson", r#"{"citizen":"001090000109","face":{"model":"m","embedding":[1,2,3]}}"#);
    write(folder, "probe.ndjson", r#"{"face":{"model":"m","embedding":[0.5,1]}}"#);
    write(folder, "junk", "junk");
    write(folder, "subjects", "a\na\nb\n");
    write(folder, "faces.npy", npy(&[vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 1.0]]));
    write(folder, "rows.csv", "a,b\n0,1\n");
    calibration(folder, "m.json");
    calibration(folder, "again.json");
    ok(folder, "-q pairs --root . --out pairs.csv");
    ok(folder, "-q score --root . --pairs pairs.csv --out scores.csv");
    let claim = "authenticate --gallery g --citizen 001090000101 --require face";
    let search = "identify --gallery g --top 1 --calibration m.json";
    for (code, lines) in [
        // The options contradict each other, the input or the gallery.
        (
            2,
            vec![
                format!("{claim} --calibration m.json --calibration again.json probe.ndjson"),
                format!("{claim} --calibration m.json --assume-generic m probe.ndjson"),
                format!("{claim} --calibration m.json --fingers 2 probe.ndjson"),
                format!("{claim} --calibration m.json --fmr 1e-300 probe.ndjson"),
                format!("{claim} probe.ndjson"),
                format!("{search} --calibration again.json --probes probe.ndjson"),
                "identify --gallery g --top 1 --probes probe.ndjson".into(),
                "backup --gallery g --to g".into(),
                "restore --from g --to g".into(),
                "delete --gallery g --citizen 12".into(),
                "evaluate --unknown scores.csv".into(),
                "demo --citizens 0".into(),
            ],
        ),
        // An input is missing or not what it should be.
        (
            3,
            vec![
                "enrol --gallery g none".into(),
                "enrol --gallery g junk".into(),
                "enrol --gallery g other.ndjson".into(),
                format!("{claim} --calibration m.json none"),
                format!("{claim} --calibration m.json junk"),
                format!("{claim} --calibration none probe.ndjson"),
                format!("{claim} --calibration junk probe.ndjson"),
                format!("{search} --probes none"),
                format!("{search} --probes junk"),
                format!("{search} --within none --probes probe.ndjson"),
                format!("{search} --within junk --probes probe.ndjson"),
                "delete --gallery g --citizen 001090000101 --code-model junk".into(),
                "check-audit none".into(),
                "rotate-audit none".into(),
                "calibrate scores --matcher m --scores none --truth none --out x".into(),
                "inspect none".into(),
                "inspect junk".into(),
                "explain none 1_1.iso".into(),
                "explain junk 1_1.iso".into(),
                "convert none x.iso --to iso2005".into(),
                "convert junk x.iso --to iso2005".into(),
                "pairs --root none --out x".into(),
                "score-faces --a none --b faces.npy --pairs rows.csv --out x".into(),
                "score-faces --a junk --b faces.npy --pairs rows.csv --out x".into(),
                "score-faces --a faces.npy --b faces.npy --pairs none --out x".into(),
                "train-codes --root none --out x".into(),
                "train-normaliser --embeddings none --subjects subjects --model m --out x".into(),
                "train-normaliser --embeddings junk --subjects subjects --model m --out x".into(),
                "calibrate faces --embeddings none --subjects subjects --model m".into(),
                "calibrate faces --embeddings junk --subjects subjects --model m".into(),
                "calibrate fingers --extractor none".into(),
                "score --root . --pairs none --out x".into(),
                "score --root . --pairs junk --out x".into(),
                "evaluate --naming none".into(),
                "evaluate --naming junk".into(),
            ],
        ),
        // The gallery cannot be opened.
        (
            4,
            vec![
                "authenticate --gallery none --citizen 001090000101 probe.ndjson".into(),
                "identify --gallery none --top 1 --probes probe.ndjson".into(),
                "duplicates --gallery none --model m --score 0.5".into(),
                "delete --gallery none --citizen 001090000101".into(),
                "remove --gallery none --citizen 001090000101 --reference 1".into(),
                "erase --gallery none --citizen 001090000101".into(),
                "lock --gallery none --citizen 001090000101 --reason death".into(),
                "unlock --gallery none --citizen 001090000101".into(),
                "compact --gallery none".into(),
                "verify --gallery none".into(),
                "backup --gallery none --to x".into(),
                "restore --from none --to x".into(),
                "repair --gallery none --into x".into(),
            ],
        ),
        // The output or the audit cannot be written.
        (
            5,
            vec![
                format!("{search} --probes probe.ndjson --out none/x"),
                format!("{claim} --calibration m.json --audit none/x probe.ndjson"),
                format!("{claim} --calibration m.json --audit junk probe.ndjson"),
                format!("{search} --probes probe.ndjson --audit junk"),
                "enrol --gallery g --audit junk manifest.ndjson".into(),
                "delete --gallery g --citizen 001090000101 --audit junk".into(),
                "remove --gallery g --citizen 001090000101 --reference 1 --audit junk".into(),
                "erase --gallery g --citizen 001090000101 --audit junk".into(),
                "lock --gallery g --citizen 001090000101 --reason death --audit junk".into(),
                "unlock --gallery g --citizen 001090000101 --audit junk".into(),
                "rotate-audit junk".into(),
                "duplicates --gallery g --model m --score 0.5 --out none/x".into(),
                "pairs --root . --out none/x".into(),
                "score --root . --pairs pairs.csv --out none/x".into(),
                "score-faces --a faces.npy --b faces.npy --pairs rows.csv --out none/x".into(),
                "convert 1_1.iso none/x --to iso2005".into(),
                "convert 1_1.iso 1_2.iso --to iso2005".into(),
                "explain 1_1.iso 1_2.iso --svg 2_1.iso".into(),
            ],
        ),
        // A claim of an unknown citizen is referred.
        (
            6,
            vec![
                "authenticate --gallery g --citizen 001090000199 --require face --calibration m.json probe.ndjson"
                    .into(),
            ],
        ),
        // The gallery does not have it.
        (
            7,
            vec![
                "delete --gallery g --citizen 001090000199".into(),
                "remove --gallery g --citizen 001090000199 --reference 1".into(),
                "remove --gallery g --citizen 001090000101 --reference 999".into(),
                "erase --gallery g --citizen 001090000199".into(),
                "lock --gallery g --citizen 001090000199 --reason death".into(),
                "unlock --gallery g --citizen 001090000199".into(),
                "duplicates --gallery g --model none --score 0.5".into(),
            ],
        ),
    ] {
        for line in lines {
            let ended = run(folder, &line);
            assert_eq!(ended.code, code, "{line}: {}", ended.stderr);
        }
    }
    let help = ok(folder, "--help").stdout;
    for code in 0..=7 {
        assert!(help.contains(&format!("\n  {code}  ")), "{code} is in the help: {help}");
    }
}
