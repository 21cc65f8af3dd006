//! Fingers: counts, distances and scores.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::template::{FingerprintRecord, Minutia, Reading};
use biomatch::units::Length;
use biomatch_datasets::{Capture, Finger, Population};
use rayon::prelude::*;

use crate::generated;

/// The impressions of a finger.
type Impressions = Vec<Vec<Minutia>>;
/// Fingers that are compared with one another.
pub(crate) type Database = Vec<Impressions>;
/// A row of the table: its name and what it is measured on.
pub(crate) type Row = (String, Vec<Database>);

/// The real fingers of each extractor below `fingers` in the data, and those of each profile.
pub(crate) fn rows(data: Option<&Path>, databases: u64) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = data.map_or(Ok(Vec::new()), |data| real(&data.join("fingers")))?;
    for kind in GENERATED {
        rows.push((kind.name.to_owned(), (0..databases).map(|d| drawn(d, &kind)).collect()));
    }
    Ok(rows)
}

/// A kind of generated fingers.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    capture: Capture,
    /// Whether each finger has an extractor of its own.
    many: bool,
}

pub(crate) const GENERATED: [Kind; 4] = [
    Kind { name: "generated: field", capture: Capture::FIELD, many: false },
    Kind { name: "generated: field, many extractors", capture: Capture::FIELD, many: true },
    Kind { name: "generated: enrolment", capture: Capture::ENROLMENT, many: false },
    Kind { name: "generated: enrolment, many extractors", capture: Capture::ENROLMENT, many: true },
];

/// Prints a row for each.
pub(crate) fn table(rows: &[Row]) {
    println!(
        "| fingers | minutiae, 1 10 50 90 99 % | nearest neighbour px, same | its orientation, degrees 50 90 %; \
         same sense | impostor score 50 90 99 99.9 % | genuine score 5 10 50 90 % | EER % | FNMR % at FMR 1e-3 |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, databases) in rows {
        let (genuine, impostor) = scores(databases);
        println!("| {name} | {} | {} |", geometry(databases), errors(&genuine, &impostor));
    }
}

/// The databases of every extractor below a folder.
fn real(root: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for extractor in entries(root)?.iter().filter(|path| path.is_dir()) {
        let mut databases = Vec::new();
        for folder in entries(extractor)?.iter().filter(|path| path.is_dir()) {
            let mut fingers: BTreeMap<String, Impressions> = BTreeMap::new();
            for file in entries(folder)?.iter().filter(|path| path.extension().is_some_and(|e| e == "iso")) {
                let record = FingerprintRecord::read(&fs::read(file)?, Reading::Lenient)?;
                let view = record.views.into_iter().next().ok_or("a record without a view")?;
                let finger = name(file).split('_').next().unwrap_or_default().to_owned();
                fingers.entry(finger).or_default().push(view.minutiae);
            }
            databases.push(fingers.into_values().collect());
        }
        // A folder of another kind of file has no fingers.
        databases.retain(|database: &Database| !database.is_empty());
        if !databases.is_empty() {
            rows.push((name(extractor), databases));
        }
    }
    Ok(rows)
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `count` impressions of finger `index` of a population, and nothing if it is missing.
fn impressions(population: u64, index: u64, kind: &Kind, count: u64) -> Option<Impressions> {
    let code = 1 + ((3 * index + population) % 10) as u8;
    let finger: Finger = Population::new(population).citizen(index).finger(code)?;
    let Kind { capture, many, .. } = kind;
    let capture = if *many { &capture.by_extractor(10 * population + index) } else { capture };
    Some((0..count).map(|n| generated::fingerprint(2, &finger.impression(capture, n)).minutiae).collect())
}

fn drawn(database: u64, kind: &Kind) -> Database {
    (0..10).filter_map(|index| impressions(100 + database, index, kind, 8)).collect()
}

/// An impression each of about so many fingers of a kind, of other populations than the databases'.
pub(crate) fn non_mates(kind: &Kind, count: u64) -> Vec<Vec<Minutia>> {
    let all = (0..count).into_par_iter();
    all.filter_map(|index| impressions(1_000_000, index, kind, 1)).flatten_iter().collect()
}

/// Genuine and impostor scores, each sorted.
fn scores(databases: &[Database]) -> (Vec<f64>, Vec<f64>) {
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    for database in databases {
        let all: Vec<(usize, FingerFeatures)> = database
            .iter()
            .enumerate()
            .flat_map(|(finger, all)| all.iter().map(move |m| (finger, FingerFeatures::new(m))))
            .collect();
        let compared: Vec<(bool, f64)> = all
            .par_iter()
            .enumerate()
            .map_init(Scratch::default, |scratch, (i, (finger, features))| {
                let probe = FingerProbe::new(features.view());
                let compare = |(other, features): &(usize, FingerFeatures)| {
                    (other == finger, f64::from(probe.compare(features.view(), scratch).get()))
                };
                all[..i].iter().map(compare).collect::<Vec<_>>()
            })
            .flatten()
            .collect();
        for (same, score) in compared {
            if same { genuine.push(score) } else { impostor.push(score) }
        }
    }
    genuine.sort_by(f64::total_cmp);
    impostor.sort_by(f64::total_cmp);
    (genuine, impostor)
}

/// Values at shares of the sorted list.
pub(crate) fn quantiles(sorted: &[f64], shares: &[f64], decimals: usize) -> String {
    let at = |share: f64| (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    let text = |share: &f64| sorted.get(at(*share)).map_or("-".into(), |value| format!("{value:.decimals$}"));
    shares.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// Counts, distance and turn to the nearest neighbour.
fn geometry(databases: &[Database]) -> String {
    const SHARES: [f64; 5] = [0.01, 0.1, 0.5, 0.9, 0.99];
    let (mut counts, mut nearest, mut turns, mut same) = (Vec::new(), Vec::new(), Vec::new(), 0_u32);
    let pixels = |length: Length| f64::from(length.steps()) * 197.0 / 2000.0;
    for minutiae in databases.iter().flatten().flatten() {
        counts.push(minutiae.len() as f64);
        for (i, m) in minutiae.iter().enumerate() {
            let distance = |o: &Minutia| (pixels(o.x) - pixels(m.x)).hypot(pixels(o.y) - pixels(m.y));
            let others = minutiae.iter().enumerate().filter(|(j, _)| *j != i);
            let closest = others.map(|(_, o)| (distance(o), o)).min_by(|(a, _), (b, _)| a.total_cmp(b));
            if let Some((distance, other)) = closest {
                let turn = f64::from(m.angle.turn_to(other.angle)).abs() * 180.0 / 32_768.0;
                nearest.push(distance);
                turns.push(turn.min(180.0 - turn));
                same += u32::from(turn < 90.0);
            }
        }
    }
    for values in [&mut counts, &mut nearest, &mut turns] {
        values.sort_by(f64::total_cmp);
    }
    format!(
        "{} | {} | {}; {:.2}",
        quantiles(&counts, &SHARES, 0),
        quantiles(&nearest, &SHARES, 1),
        quantiles(&turns, &[0.5, 0.9], 1),
        f64::from(same) / turns.len() as f64
    )
}

/// Quantiles of the scores and the error rates at one threshold for all databases.
fn errors(genuine: &[f64], impostor: &[f64]) -> String {
    let fnmr = |threshold: f64| share_below(genuine, threshold);
    let fmr = |threshold: f64| 1.0 - share_below(impostor, threshold);
    let gap = |threshold: &f64| (fmr(*threshold) - fnmr(*threshold)).abs();
    let equal = genuine.iter().chain(impostor).copied().min_by(|a, b| gap(a).total_cmp(&gap(b)));
    let eer = equal.map_or(f64::NAN, |t| (fmr(t) + fnmr(t)) / 2.0);
    let strict = impostor.iter().copied().find(|&t| fmr(t) <= 1e-3).unwrap_or(f64::NAN);
    format!(
        "{} | {} | {:.2} | {:.2}",
        quantiles(impostor, &[0.5, 0.9, 0.99, 0.999], 2),
        quantiles(genuine, &[0.05, 0.1, 0.5, 0.9], 2),
        100.0 * eer,
        100.0 * fnmr(strict)
    )
}

/// The share of a sorted list below a value.
pub(crate) fn share_below(sorted: &[f64], threshold: f64) -> f64 {
    sorted.partition_point(|&score| score < threshold) as f64 / sorted.len() as f64
}
