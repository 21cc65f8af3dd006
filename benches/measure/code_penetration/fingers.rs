//! The development fingers, and generated ones.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use biomatch::fingerprint::FingerFeatures;
use biomatch::fingerprint::codes::training::LabelledImpression;
use biomatch::template::{FingerprintRecord, Reading};
use biomatch_datasets::{Capture, Finger};

use crate::generated;

/// An extractor's prints.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) prints: Vec<LabelledImpression>,
    /// The database of each print.
    pub(crate) databases: Vec<usize>,
}

/// A finger that is in two databases.
const ALIAS: (&str, &str) = ("fvc2004_DB3_B/102", "fvc2002_DB3_B/108");

/// Every extractor's prints, fingers numbered over all in the order of their names.
pub(crate) fn read(root: &Path) -> Result<Vec<Source>, Box<dyn Error>> {
    let mut numbers = BTreeMap::new();
    let mut sources = Vec::new();
    for extractor in entries(root)?.into_iter().filter(|path| !name(path).ends_with("-xyt")) {
        let (mut prints, mut databases) = (Vec::new(), Vec::new());
        for (number, database) in entries(&extractor)?.into_iter().enumerate() {
            for path in entries(&database)? {
                let stem = name(&path);
                let Some((finger, _)) = stem.rsplit_once('_') else { continue };
                let finger = format!("{}/{finger}", name(&database));
                let finger = if finger == ALIAS.0 { ALIAS.1.to_owned() } else { finger };
                let next = numbers.len() as u64;
                let finger = *numbers.entry(finger).or_insert(next);
                let record = FingerprintRecord::read(&fs::read(&path)?, Reading::Lenient)?;
                let minutiae = record.views.first().map_or(&[][..], |view| &view.minutiae);
                let features = FingerFeatures::new(minutiae);
                databases.push(number);
                prints.push(LabelledImpression { finger, features });
            }
        }
        sources.push(Source { name: name(&extractor), prints, databases });
    }
    Ok(sources)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// An impression each of so many fingers.
pub(crate) fn generated_fingers(count: u64) -> Vec<FingerFeatures> {
    impressions(0x7465_7374, count)
}

/// As `biomatch train-codes` has: other fingers, but as many and made alike.
pub(crate) fn cohort() -> Vec<FingerFeatures> {
    impressions(0x636f_686f_7274, 32)
}

fn impressions(seed: u64, count: u64) -> Vec<FingerFeatures> {
    let finger = |index: u64| {
        let code = 1 + (index % 10) as u8;
        let impression = Finger::new(seed, [index, 0], code).impression(&Capture::ENROLMENT, 0);
        FingerFeatures::new(&generated::fingerprint(code, &impression).minutiae)
    };
    (0..count).map(finger).collect()
}
