//! The files below a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// All files below a folder, relative to it, in the order of their paths. Hidden files and folders are
/// left out, and links to folders are not followed: they may form a cycle.
///
/// A folder that cannot be read is an error: a list would silently lack its files.
pub(crate) fn files_below(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let (files, unreadable) = readable_files_below(root);
    match unreadable.into_iter().next() {
        Some(failure) => Err(failure),
        None => Ok(files),
    }
}

/// As [`files_below`], but continues after folders that cannot be read, and returns a failure for each.
pub(crate) fn readable_files_below(root: &Path) -> (Vec<PathBuf>, Vec<Failure>) {
    let (mut files, mut failures) = (Vec::new(), Vec::new());
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let there = root.join(&folder);
        let unreadable = |error: &io::Error| Failure::unreadable(&there, error);
        let entries = match fs::read_dir(&there) {
            Ok(entries) => entries,
            Err(ref error) => {
                failures.push(unreadable(error));
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(ref error) => {
                    failures.push(unreadable(error));
                    break;
                }
            };
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = folder.join(&name);
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if entry.path().is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    (files, failures)
}
