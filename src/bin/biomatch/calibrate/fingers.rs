//! Non-mated scores of all pairs of fingerprint records in folders that follow a naming rule, and of
//! generated fingers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use biomatch::calibration::{FINGER_MATCHER, Fit, ImpostorSet};
use biomatch::escape::Escaped;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::template::{FingerprintRecord, Reading};
use biomatch::units::Score;
use biomatch_datasets::{Capture, Population};
use rayon::prelude::*;

use super::Destination;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::fingers::read_whole;
use crate::generated;

/// Fit this program's fingerprint matcher on records and on generated fingers
///
/// An --extractor is a folder of databases, each a folder of records named
/// FINGER_IMPRESSION.EXTENSION, all made by one extractor. All pairs of different fingers of one extractor are
/// compared. They form three kinds of sets: all pairs of an extractor, its pairs within a database (the same
/// sensor), and each database by itself. The table holds for all of these sets.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example, the shipped table:\n  \
    biomatch calibrate fingers --extractor fingers/secugen --extractor fingers/mindtct \\\n    \
    --generated 2000 --alias fvc2002_DB3_B/108=fvc2004_DB3_B/102 --out fingerprint.json")]
pub(crate) struct Args {
    /// Folder of DATABASE/FINGER_IMPRESSION.EXTENSION, all of one extractor; may be repeated
    #[arg(long, value_name = "DIR")]
    extractor: Vec<PathBuf>,

    /// Two names of one finger, left out of the pairs: DATABASE/FINGER=DATABASE/FINGER
    #[arg(long, value_name = "A=B", value_parser = alias)]
    alias: Vec<(String, String)>,

    /// Also all pairs of this many generated fingers, two impressions each
    #[arg(long, value_name = "N", default_value_t = 0)]
    generated: u32,

    /// Seed of the generated fingers
    #[arg(long, value_name = "N", default_value_t = 20_260_101)]
    seed: u64,

    /// A note about the data, kept in the table
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    pub(super) destination: Destination,
}

fn alias(text: &str) -> Result<(String, String), String> {
    let (a, b) = text.split_once('=').ok_or("expected DATABASE/FINGER=DATABASE/FINGER")?;
    Ok((a.to_owned(), b.to_owned()))
}

/// An impression, its database and its finger.
struct Print {
    database: usize,
    finger: usize,
    features: FingerFeatures,
}

pub(super) fn fit(args: &Args, console: &Console) -> Result<Fit, Failure> {
    let fitted =
        super::note("biomatch calibrate fingers: all pairs of different fingers", args.note.as_deref());
    let mut fit = Fit::new(FINGER_MATCHER, fitted);
    for extractor in &args.extractor {
        fit = add_extractor(fit, extractor, &args.alias, console)?;
    }
    if args.generated > 0 {
        let prints = generate(args);
        let scores = all_pairs(&prints, "generated", console).into_iter().map(|pair| pair.score);
        let name = format!("{} generated fingers, enrolment and field impressions", args.generated);
        fit = fit.set(ImpostorSet::new(name, scores));
    }
    Ok(fit)
}

fn add_extractor(
    mut fit: Fit,
    extractor: &Path,
    aliases: &[(String, String)],
    console: &Console,
) -> Result<Fit, Failure> {
    let databases = folders(extractor)?;
    let name = file_name(extractor);
    let prints = read(&databases, aliases)?;
    let pairs = all_pairs(&prints, "comparing fingers", console);
    let of = |keep: &dyn Fn(&Pair) -> bool| {
        pairs.iter().filter(|pair| keep(pair)).map(|pair| pair.score).collect()
    };
    let all: Vec<Score> = of(&|_| true);
    let same: Vec<Score> = of(&|pair| pair.databases.0 == pair.databases.1);
    fit = fit.set(ImpostorSet::new(format!("{name}: all"), all));
    fit = fit.set(ImpostorSet::new(format!("{name}: same database"), same));
    for (index, database) in databases.iter().enumerate() {
        let within: Vec<Score> = of(&|pair| pair.databases == (index, index));
        fit = fit.set(ImpostorSet::new(format!("{name}: {}", file_name(database)), within));
    }
    Ok(fit)
}

/// A non-mated comparison.
struct Pair {
    databases: (usize, usize),
    score: Score,
}

fn all_pairs(prints: &[Print], what: &'static str, console: &Console) -> Vec<Pair> {
    let progress = console.progress(what, prints.len());
    let rows = prints.par_iter().enumerate().map_init(Scratch::default, |scratch, (i, a)| {
        let probe = FingerProbe::new(a.features.view());
        let others = prints[i + 1..].iter().filter(|b| b.finger != a.finger);
        let row: Vec<Pair> = others
            .map(|b| Pair {
                databases: (a.database, b.database),
                score: probe.compare(b.features.view(), scratch),
            })
            .collect();
        progress.inc(1);
        row
    });
    let pairs = rows.flatten_iter().collect();
    progress.finish_and_clear();
    pairs
}

/// The records of databases; fingers are numbered over all of them, an alias has one number.
fn read(databases: &[PathBuf], aliases: &[(String, String)]) -> Result<Vec<Print>, Failure> {
    let mut numbers = BTreeMap::new();
    let mut prints = Vec::new();
    for (index, database) in databases.iter().enumerate() {
        for path in sorted(database)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let Some((finger, _)) = stem.rsplit_once('_') else { continue };
            let name = format!("{}/{finger}", file_name(database));
            let name = aliases.iter().find(|(_, b)| *b == name).map_or(name, |(a, _)| a.clone());
            let next = numbers.len();
            let finger = *numbers.entry(name).or_insert(next);
            let bytes = read_whole(&path)?;
            let record = FingerprintRecord::read(&bytes, Reading::Lenient)
                .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(&path))))?;
            let minutiae = record.views.first().map(|view| view.minutiae.as_slice()).unwrap_or_default();
            prints.push(Print { database: index, finger, features: FingerFeatures::new(minutiae) });
        }
    }
    Ok(prints)
}

fn generate(args: &Args) -> Vec<Print> {
    let population = Population::new(args.seed);
    let wanted = usize::try_from(args.generated).unwrap_or(usize::MAX);
    let of_citizen = |index: u64| {
        let citizen = population.citizen(index);
        (1..=10_u8).filter_map(move |code| citizen.finger(code).map(|finger| (code, finger)))
    };
    let captures = [Capture::ENROLMENT, Capture::FIELD];
    (0_u64..)
        .flat_map(of_citizen)
        .take(wanted)
        .enumerate()
        .flat_map(|(finger, (code, print))| {
            captures
                .iter()
                .enumerate()
                .map(move |(n, capture)| {
                    let template = generated::fingerprint(code, &print.impression(capture, n as u64));
                    Print { database: 0, finger, features: FingerFeatures::new(&template.minutiae) }
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::unreadable(folder, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn folders(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = sorted(root)?;
    paths.retain(|path| path.is_dir());
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
