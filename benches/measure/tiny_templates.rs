//! How high templates of few minutiae score against non-mates: no higher than whole ones, or they would
//! push mates down in a search.
//!
//! ```text
//! BIOMATCH_DATA=DIR cargo run --release --example tiny_templates [EXTRACTOR]
//! ```
//!
//! The first impressions of all fingers of the development databases are probes; each meets all impressions
//! of all other fingers, cut to a few minutiae taken at random or next to one of them (a patch). Prints a
//! row for each number of minutiae.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::template::{FingerprintRecord, Minutia, Reading};
use biomatch::units::Score;
use rayon::prelude::*;

/// One finger that is in two of the databases.
const ALIAS: [&str; 2] = ["fvc2004_DB3_B/102", "fvc2002_DB3_B/108"];

struct Print {
    /// Database and finger.
    finger: String,
    is_first: bool,
    minutiae: Vec<Minutia>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(data) = env::var_os("BIOMATCH_DATA") else {
        println!("skipped: BIOMATCH_DATA is not set");
        return Ok(());
    };
    let extractor = env::args().nth(1).unwrap_or_else(|| "secugen".into());
    let prints = read(&Path::new(&data).join("fingers").join(&extractor))?;
    let probes: Vec<(&Print, FingerProbe)> = prints
        .iter()
        .filter(|print| print.is_first)
        .map(|print| (print, FingerProbe::new(FingerFeatures::new(&print.minutiae).view())))
        .collect();
    println!("{extractor}: {} probes, {} prints", probes.len(), prints.len());
    println!(
        "| minutiae | comparisons | no score | 99.9 % | 99.99 % | greatest |\n|---|---|---|---|---|---|"
    );
    for count in [1, 2, 3, 5, 7, 8, 10, 12, 15] {
        for (name, cut) in [("random", random as Cut), ("patch", patch as Cut)] {
            row(&format!("{count}, {name}"), &probes, &prints, |m, seed| cut(m, count, seed));
        }
    }
    row("whole", &probes, &prints, |minutiae, _| minutiae.to_vec());
    Ok(())
}

type Cut = fn(&[Minutia], usize, usize) -> Vec<Minutia>;

/// Some minutiae strewn over the finger.
fn random(minutiae: &[Minutia], count: usize, seed: usize) -> Vec<Minutia> {
    let mut state = seed as u64 + 1;
    let mut left = minutiae.to_vec();
    let mut taken = Vec::new();
    while taken.len() < count && !left.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        taken.push(left.swap_remove((state >> 33) as usize % left.len()));
    }
    taken
}

/// A minutia and its neighbours.
fn patch(minutiae: &[Minutia], count: usize, seed: usize) -> Vec<Minutia> {
    let Some(centre) = random(minutiae, 1, seed).first().copied() else { return Vec::new() };
    let mut near = minutiae.to_vec();
    let off = |m: &Minutia, n: &Minutia| {
        let (x, y) = (m.x.steps().abs_diff(n.x.steps()), m.y.steps().abs_diff(n.y.steps()));
        u64::from(x).pow(2) + u64::from(y).pow(2)
    };
    near.sort_by_key(|m| off(m, &centre));
    near.truncate(count);
    near
}

/// Scores of each probe against the cut prints of all other fingers.
fn row(
    name: &str,
    probes: &[(&Print, FingerProbe)],
    prints: &[Print],
    cut: impl Fn(&[Minutia], usize) -> Vec<Minutia>,
) {
    let cuts: Vec<FingerFeatures> =
        prints.iter().enumerate().map(|(i, print)| FingerFeatures::new(&cut(&print.minutiae, i))).collect();
    let mut scores: Vec<Score> = probes
        .par_iter()
        .map_init(Scratch::default, |scratch, (own, probe)| {
            let others = prints.iter().zip(&cuts).filter(|(print, _)| print.finger != own.finger);
            others.map(|(_, finger)| probe.compare(finger.view(), scratch)).collect::<Vec<Score>>()
        })
        .flatten()
        .collect();
    scores.sort();
    let without = scores.iter().filter(|score| **score == Score::LOWEST).count();
    let at = |share: f64| match scores.get(((scores.len() as f64 * share) as usize).min(scores.len() - 1)) {
        Some(score) if *score != Score::LOWEST => format!("{:.1}", score.get()),
        _ => "-".into(),
    };
    let none = 100.0 * without as f64 / scores.len() as f64;
    println!("| {name} | {} | {none:.0} % | {} | {} | {} |", scores.len(), at(0.999), at(0.9999), at(1.0));
}

/// All prints of an extractor, `DATABASE/FINGER_IMPRESSION.iso`.
fn read(folder: &Path) -> Result<Vec<Print>, Box<dyn Error>> {
    let mut prints = Vec::new();
    for database in sorted(folder)? {
        for file in sorted(&database)? {
            let (Some(set), Some(stem)) = (database.file_name(), file.file_stem()) else { continue };
            let (set, stem) = (set.to_string_lossy(), stem.to_string_lossy());
            let Some((finger, impression)) = stem.split_once('_') else { continue };
            let finger = format!("{set}/{finger}");
            let finger = if finger == ALIAS[0] { ALIAS[1].into() } else { finger };
            let record = FingerprintRecord::read(&fs::read(&file)?, Reading::Lenient)?;
            let view = record.views.into_iter().next().ok_or("a record without views")?;
            prints.push(Print { finger, is_first: impression == "1", minutiae: view.minutiae });
        }
    }
    Ok(prints)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "iso"));
    paths.sort();
    Ok(paths)
}
