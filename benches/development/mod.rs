//! The development records that `BIOMATCH_DATA` names.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Records of an extractor in all its databases, by name; none, and a line that says so, without the data.
pub(crate) fn records(extractor: &str) -> Vec<PathBuf> {
    let Some(data) = env::var_os("BIOMATCH_DATA") else {
        println!("skipped: BIOMATCH_DATA is not set");
        return Vec::new();
    };
    let entries = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let folders = entries(&Path::new(&data).join("fingers").join(extractor));
    let mut files: Vec<PathBuf> = folders.iter().flat_map(|folder| entries(folder)).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "iso"));
    files.sort();
    files
}
