//! A finger segment changed on purpose, with everything that pins it made to fit.

#![allow(dead_code)] // each test file uses some of it

use std::path::{Path, PathBuf};

/// The file whose name has this part.
pub(crate) fn find(directory: &Path, part: &str) -> PathBuf {
    let mut names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    names.find(|path| path.to_string_lossy().contains(part)).unwrap()
}

/// Replaces a read-only file.
pub(crate) fn replace(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Changes the finger segment, with everything that pins it made to fit: offsets of
/// `docs/gallery-format.md`.
pub(crate) fn edit(directory: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let path = find(directory, ".finger");
    let mut segment = std::fs::read(&path).unwrap();
    let old = segment[segment.len() - 64..].to_vec();
    change(&mut segment);
    let sections = u32::from_le_bytes(segment[76..80].try_into().unwrap()) as usize;
    for entry in (0..sections).map(|n| 248 + 32 * n) {
        let (offset, length) = (u64_at(&segment, entry + 8) as usize, u64_at(&segment, entry + 16) as usize);
        let crc = crc32fast::hash(&segment[offset..offset + length]);
        segment[entry + 4..entry + 8].copy_from_slice(&crc.to_le_bytes());
    }
    let length = segment.len() as u64;
    segment[64..72].copy_from_slice(&length.to_le_bytes());
    let crc = crc32fast::hash(&segment[..4092]);
    segment[4092..4096].copy_from_slice(&crc.to_le_bytes());
    let footer = segment.len() - 64;
    let mut digest = blake3::Hasher::new();
    digest.update(&segment[4096..footer]);
    digest.update(&segment[..4096]);
    let digest = *digest.finalize().as_bytes();
    segment[footer + 16..footer + 24].copy_from_slice(&length.to_le_bytes());
    segment[footer + 24..footer + 56].copy_from_slice(&digest);
    let crc = crc32fast::hash(&segment[footer..footer + 60]);
    segment[footer + 60..].copy_from_slice(&crc.to_le_bytes());
    replace(&path, &segment);

    let path = find(directory, "manifest-");
    let mut manifest = std::fs::read(&path).unwrap();
    let at = manifest.windows(32).position(|window| *window == old[24..56]).unwrap();
    manifest[at - 8..at].copy_from_slice(&length.to_le_bytes());
    manifest[at..at + 32].copy_from_slice(&digest);
    let end = manifest.len() - 4;
    let crc = crc32fast::hash(&manifest[..end]);
    manifest[end..].copy_from_slice(&crc.to_le_bytes());
    replace(&path, &manifest);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let line = format!("biomatch gallery 3 {name} {}\n", blake3::hash(&manifest).to_hex());
    replace(&directory.join("CURRENT"), line.as_bytes());
}
