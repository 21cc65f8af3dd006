//! The files below a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// All files below a folder, relative to it, in the order of their paths. Hidden files and folders are
/// left out, and links to folders are not followed: they may go round in a circle.
pub(crate) fn files_below(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let there = root.join(&folder);
        for entry in fs::read_dir(&there).map_err(|error| Failure::unreadable(&there, &error))? {
            let entry = entry.map_err(|error| Failure::unreadable(&there, &error))?;
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
    Ok(files)
}
