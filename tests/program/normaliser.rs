//! The program with a face normaliser, from training to a decision.
#![cfg(feature = "cli")]

use std::fmt::Write as _;
use std::path::Path;

use crate::program_support::{Random, npy, ok, read, run, write};
use serde_json::Value;

const SUBJECTS: usize = 150;
const PICTURES: usize = 4;

/// Pictures of subjects: the noisier, the shorter the embedding.
fn prepare(folder: &Path) {
    let mut random = Random::new(1);
    let mut number = || random.below(2001) as f32 / 1000.0 - 1.0;
    let mut rows = Vec::new();
    let mut subjects = String::new();
    for subject in 0..SUBJECTS {
        let centre: Vec<f32> = (0..24).map(|_| number()).collect();
        for _ in 0..PICTURES {
            let noise = 0.15 + 0.5 * number().abs();
            rows.push(centre.iter().map(|x| (x + noise * number()) * 5.0 / noise).collect::<Vec<f32>>());
            writeln!(subjects, "s{subject}").unwrap();
        }
    }
    write(folder, "faces.npy", npy(&rows));
    write(folder, "subjects.txt", subjects);
    let face = |row| format!(r#""face":{{"model":"net","file":"faces.npy","row":{row}}}"#);
    let manifest: String = (0..5)
        .map(|person| format!("{{\"citizen\":\"00109000010{person}\",{}}}\n", face(person * PICTURES)))
        .collect();
    write(folder, "manifest.ndjson", manifest);
    for (name, person) in [("mate", 2), ("stranger", 60)] {
        write(folder, &format!("{name}.ndjson"), format!("{{{}}}\n", face(person * PICTURES + 1)));
    }
}

const TRAIN: &str = "train-normaliser --embeddings faces.npy --subjects subjects.txt --model net --fmr 0.001";

#[test]
fn a_normalised_gallery_from_training_to_decisions() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let trained = ok(folder, &format!("{TRAIN} --note own --out n.normaliser"));
    assert!(trained.stderr.contains("cross-validated: "), "{}", trained.stderr);
    let model = trained.stderr.split_whitespace().last().unwrap().to_owned();
    assert!(model.starts_with("net+") && model.len() == 12, "{model}");

    let fit = "calibrate faces --embeddings faces.npy --subjects subjects.txt --model net";
    ok(folder, &format!("{fit} --normaliser n.normaliser --out net.json"));
    let table: Value = serde_json::from_str(&read(folder, "net.json")).unwrap();
    assert_eq!(table["matcher"], Value::from(model.as_str()));

    ok(folder, "enrol --gallery g --normaliser n.normaliser manifest.ndjson");
    let claim = |probe: &str, normaliser: &str| {
        let line = format!(
            "authenticate --gallery g --calibration net.json --require face --fmr 0.001 --citizen 001090000102 {normaliser} {probe}.ndjson"
        );
        let run = run(folder, &line);
        let decision: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        (run.code, decision)
    };
    let normalised = "--normaliser n.normaliser";
    let (code, decision) = claim("mate", normalised);
    assert_eq!((code, &decision["decision"]), (0, &"accept".into()), "{decision}");
    assert_eq!(claim("stranger", normalised).1["decision"], "reject");
    // A probe without the gallery's normaliser is never compared.
    assert_eq!(claim("mate", "").1["reason"], "model_mismatch");

    write(folder, "pairs.csv", "a,b\n8,9\n0,240\n");
    let score = "score-faces --a faces.npy --b faces.npy --pairs pairs.csv --out";
    ok(folder, &format!("{score} plain.csv"));
    ok(folder, &format!("{score} normalised.csv --calibration net.json {normalised}"));
    assert_ne!(read(folder, "plain.csv"), read(folder, "normalised.csv"));
}

#[test]
fn what_cannot_be_trained_or_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let few = run(folder, &TRAIN.replace("0.001", "1e-6 --out n"));
    assert_eq!(few.code, 3);
    assert!(few.stderr.contains("are needed at a false match rate of"), "{}", few.stderr);
    assert!(!folder.join("n").exists());
    assert_eq!(run(folder, &TRAIN.replace("0.001", "0 --out n")).code, 2);

    ok(folder, &format!("{TRAIN} --out n.normaliser"));
    let mut bytes = std::fs::read(folder.join("n.normaliser")).unwrap();
    bytes[100] ^= 1;
    write(folder, "damaged", bytes);
    let damaged = run(folder, "enrol --gallery g --normaliser damaged manifest.ndjson");
    assert_eq!(damaged.code, 3);
    assert!(damaged.stderr.contains("damaged: the checksum does not fit"), "{}", damaged.stderr);
    assert!(!folder.join("g").exists());

    let other = "calibrate faces --embeddings faces.npy --subjects subjects.txt --model other --normaliser n.normaliser";
    let other = run(folder, other);
    assert_eq!(other.code, 2);
    assert!(other.stderr.contains("the normaliser is for net, not for other"), "{}", other.stderr);

    write(folder, "bad.npy", npy(&[vec![1.0, 2.0], vec![f32::NAN, 1.0]]));
    write(folder, "two.txt", "a\nb\n");
    for command in ["calibrate faces", "train-normaliser --out n"] {
        let bad = run(folder, &format!("{command} --embeddings bad.npy --subjects two.txt --model net"));
        assert_eq!(bad.code, 3);
        assert!(bad.stderr.contains("bad.npy: row 1: "), "{command}: {}", bad.stderr);
    }

    write(folder, "short.npy", npy(&vec![vec![1.0, 2.0]; 2]));
    write(folder, "pair.csv", "a,b\n0,1\n");
    let short = run(
        folder,
        "score-faces --a short.npy --b short.npy --pairs pair.csv --normaliser n.normaliser --out o.csv",
    );
    assert_eq!(short.code, 3);
    assert!(short.stderr.contains("takes embeddings of 24 dimensions; this one has 2"), "{}", short.stderr);
}
