//! Attacks on a gallery: what somebody, or a broken disk, does to its files. Each module takes one group of
//! the faults that `docs/reliability.md` names, repeats the case that was found, and varies it.

mod creation;
mod displaced;
mod erasure;
mod forged;
mod hooked;
mod interleaved;
mod maintenance;
mod readers;
mod recovery;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::gallery_support::*;
use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, Maintenance};

/// GalleryOptions with which nothing happens beside the calls of a test.
fn manual() -> GalleryOptions {
    GalleryOptions::default().maintenance(Maintenance::Manual)
}

/// The bytes of all files of a folder.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// The name of the file that has this part.
fn name_of(files: &BTreeMap<String, Vec<u8>>, part: &str) -> String {
    files.keys().find(|name| name.contains(part)).unwrap_or_else(|| panic!("no {part}")).clone()
}

/// Copies all files of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (name, bytes) in bytes(from) {
        fs::write(to.join(name), bytes).unwrap();
    }
}

/// Overwrites a file in place, as `cp` does: the inode stays.
fn overwrite(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Puts another file in a file's place: the inode changes.
fn replace(path: &Path, bytes: &[u8]) {
    let temporary = path.with_extension("copy");
    fs::write(&temporary, bytes).unwrap();
    fs::rename(temporary, path).unwrap();
}

/// Segments, tombstones, requests, a manifest, and a log with three batches.
fn fill(gallery: &Gallery) {
    let writer = gallery.writer().unwrap();
    for who in 0..6 {
        writer.add(citizen(who), &[finger(who), face(&model("m"), who, 16)]).unwrap();
    }
    let request = biomatch::gallery::RequestId::new([3; 16]);
    writer.add_request(citizen(6), &[finger(60)], request).unwrap();
    writer.flush().unwrap();
    writer.delete(citizen(5)).unwrap();
    writer.set_status(citizen(1), LOCKED).unwrap();
    writer.flush().unwrap();
    for who in 10..13 {
        writer.add(citizen(who), &[finger(who)]).unwrap();
        writer.commit().unwrap();
    }
}

/// What a fresh reader sees, or why nothing.
fn read(folder: &Path) -> Result<Contents, GalleryError> {
    contents(&*Gallery::open(folder, manual())?.snapshot()?)
}
