//! Features of another version are refused, and rebuilt from the minutiae on demand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests panic too

mod gallery_support;

use std::path::Path;

use biomatch::fingerprint::FEATURE_VERSION;
use biomatch::gallery::{Gallery, GalleryError, Options, verify};
use gallery_support::*;

fn find(directory: &Path, part: &str) -> std::path::PathBuf {
    let mut names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    names.find(|path| path.to_string_lossy().contains(part)).unwrap()
}

/// Replaces a read-only file.
fn replace(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Makes the finger segment say that its features are of the version before, with everything that pins
/// it made to fit: offsets of `docs/gallery-format.md`.
fn age(directory: &Path) {
    let path = find(directory, ".finger");
    let mut segment = std::fs::read(&path).unwrap();
    segment[28..32].copy_from_slice(&(FEATURE_VERSION - 1).to_le_bytes());
    let crc = crc32fast::hash(&segment[..4092]);
    segment[4092..4096].copy_from_slice(&crc.to_le_bytes());
    let footer = segment.len() - 64;
    let mut digest = blake3::Hasher::new();
    digest.update(&segment[4096..footer]);
    digest.update(&segment[..4096]);
    let old: [u8; 32] = segment[footer + 24..footer + 56].try_into().unwrap();
    let new = *digest.finalize().as_bytes();
    segment[footer + 24..footer + 56].copy_from_slice(&new);
    let crc = crc32fast::hash(&segment[footer..footer + 60]);
    segment[footer + 60..].copy_from_slice(&crc.to_le_bytes());
    replace(&path, &segment);

    let path = find(directory, "manifest-");
    let mut manifest = std::fs::read(&path).unwrap();
    let at = manifest.windows(32).position(|window| window == old).unwrap();
    manifest[at..at + 32].copy_from_slice(&new);
    let end = manifest.len() - 4;
    let crc = crc32fast::hash(&manifest[..end]);
    manifest[end..].copy_from_slice(&crc.to_le_bytes());
    replace(&path, &manifest);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let line = format!("biomatch gallery 1 {name} {}\n", blake3::hash(&manifest).to_hex());
    replace(&directory.join("CURRENT"), line.as_bytes());
}

#[test]
fn old_features_are_refused_and_rebuilt() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), Options::default()).unwrap();
    let writer = gallery.writer().unwrap();
    for c in 0..10 {
        writer.add(citizen(c), &[finger(c), face(&model("m"), c, 8)]).unwrap();
    }
    writer.flush().unwrap();
    writer.add(citizen(10), &[finger(10)]).unwrap();
    writer.delete(citizen(4)).unwrap();
    writer.commit().unwrap();
    let before = contents(&gallery.snapshot().unwrap()).unwrap();
    drop((writer, gallery));

    age(directory.path());
    let refused = Gallery::open(directory.path(), Options::default());
    assert!(matches!(
        refused,
        Err(GalleryError::FeatureVersion { expected: FEATURE_VERSION, found, .. }) if found != FEATURE_VERSION
    ));
    assert!(verify(directory.path()).unwrap().is_sound(), "old is not damaged");
    Gallery::upgrade(directory.path(), &Options::default()).unwrap();
    let gallery = Gallery::open(directory.path(), Options::default()).unwrap();
    assert_eq!(contents(&gallery.snapshot().unwrap()).unwrap(), before);
    assert!(verify(directory.path()).unwrap().is_sound());
    Gallery::upgrade(directory.path(), &Options::default()).unwrap();
}
