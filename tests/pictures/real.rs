//! Real pictures, in the folder of development data that `BIOMATCH_DATA` names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use biomatch::picture::{PictureError, describe};

use crate::data_support::real_data;

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// Every file is read, or refused by the name of what it is or of what of it is not read. None is damaged.
#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn every_sample_is_read_or_refused_by_name() {
    let mut files = Vec::new();
    for folder in ["pictures", "interchange"] {
        collect(&real_data().join(folder), &mut files);
    }
    let mut read: BTreeMap<String, usize> = BTreeMap::new();
    let (mut refused, mut wrong) = (0, Vec::new());
    for file in &files {
        match describe(&fs::read(file).unwrap()) {
            Ok(found) => {
                for picture in found {
                    let around = picture.source.container.map(|container| format!(" in {container}"));
                    *read
                        .entry(format!("{}{}", picture.source.format, around.unwrap_or_default()))
                        .or_default() += 1;
                }
            }
            Err(
                PictureError::NotAPicture(_)
                | PictureError::MinutiaeRecord
                | PictureError::Unsupported { .. },
            ) => {
                refused += 1;
            }
            Err(error) => wrong.push(format!("{}: {error}", file.display())),
        }
    }
    println!("{} files, {refused} refused by name; read: {read:#?}", files.len());
    assert!(read.values().sum::<usize>() >= 1081, "480 fingers and 601 faces at least");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
