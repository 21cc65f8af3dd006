//! Portraits in the program, with the starter for faces: the folder that `BIOMATCH_MODELS` names has it.
#![cfg(feature = "cli")]

use std::fs;
use std::path::PathBuf;

use crate::program_support::{ok, read, run, write};

fn portrait(name: &str) -> PathBuf {
    let data = std::env::var_os("BIOMATCH_DATA").expect("BIOMATCH_DATA names the development data");
    PathBuf::from(data).join("pictures/faces").join(name)
}

#[test]
#[ignore = "needs the models of BIOMATCH_MODELS and the pictures of BIOMATCH_DATA"]
fn portraits_enrol_authenticate_and_become_rows() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["s0001_1.jpg", "s0001_2.jpg", "s0002_1.jpg"] {
        fs::create_dir_all(folder.join("faces")).unwrap();
        fs::copy(portrait(name), folder.join("faces").join(name)).unwrap();
    }
    let line = |file: &str| format!(r#"{{"citizen":"001190000101","face":{{"portrait":"faces/{file}"}}}}"#);
    write(folder, "enrol.ndjson", line("s0001_1.jpg"));
    ok(folder, "enrol --gallery citizens --face-network sface-2021dec enrol.ndjson");
    let decide = |file: &str| {
        write(folder, "probe.ndjson", line(file));
        run(
            folder,
            "authenticate --gallery citizens --citizen 001190000101 --require face --fmr 1e-3 \
             --face-network sface-2021dec --assume-generic sface-2021dec+yunet-2023mar:1 probe.ndjson",
        )
    };
    let (mate, other) = (decide("s0001_2.jpg"), decide("s0002_1.jpg"));
    assert_eq!((mate.code, other.code), (0, 1), "{mate:?} {other:?}");
    write(
        folder,
        "stated.ndjson",
        r#"{"citizen":"001190000101","face":{"model":"another:1","portrait":"faces/s0001_1.jpg"}}"#,
    );
    let stated = run(folder, "enrol --gallery citizens --face-network sface-2021dec stated.ndjson");
    assert!(stated.code == 3 && stated.stderr.contains("states model another:1"), "{stated:?}");

    let rows =
        ok(folder, "extract-faces faces --face-network sface-2021dec --out faces.npy --files files.txt");
    let summary: serde_json::Value = serde_json::from_str(&rows.stdout).unwrap();
    assert_eq!((&summary["rows"], &summary["dimension"]), (&3.into(), &128.into()), "{summary}");
    assert_eq!(read(folder, "files.txt"), "faces/s0001_1.jpg\nfaces/s0001_2.jpg\nfaces/s0002_1.jpg\n");
    write(folder, "pairs.csv", "a,b\n0,1\n0,2\n1,2\n");
    ok(folder, "score-faces --a faces.npy --b faces.npy --pairs pairs.csv --out scores.csv");
}
