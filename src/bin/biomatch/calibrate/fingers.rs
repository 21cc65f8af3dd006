//! Scores of all pairs of fingerprint records in folders that follow a naming rule, and of generated fingers.

use std::fs;
use std::path::{Path, PathBuf};

use biomatch::calibration::{ComparisonSet, Dependence, FINGER_MATCHER, Fit, PersonComparison};
use biomatch::escape::Escaped;
use biomatch::evaluation::Names;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::template::{FingerprintRecord, Reading};
use biomatch::units::Score;
use biomatch_datasets::{Capture, Population};
use rayon::prelude::*;

use super::Destination;
use super::people::People;
use crate::console::Console;
use crate::exit::{Exit, Failure, OrFail};
use crate::fingers::read_whole;
use crate::generated;

/// Fit this program's fingerprint matcher on records and on generated fingers
///
/// An --extractor is a folder of databases, each a folder of records named
/// FINGER_IMPRESSION.EXTENSION, all made by one extractor. All pairs of one extractor are compared. Those of
/// different fingers form three kinds of sets: all pairs of an extractor, its pairs within a database (the same
/// sensor), and each database by itself. The rates hold for all of these sets. Likelihood ratios are fitted on
/// the pairs within a database, where mates and non-mates are of the same sensor.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example, the shipped table:\n  \
    biomatch calibrate fingers --extractor fingers/secugen --extractor fingers/mindtct \\\n    \
    --generated 2000 --alias fvc2002_DB3_B/108=fvc2004_DB3_B/102 --out fingerprint.json")]
pub(crate) struct Args {
    /// Folder of DATABASE/FINGER_IMPRESSION.EXTENSION, all of one extractor; may be repeated
    #[arg(long, value_name = "DIR")]
    extractor: Vec<PathBuf>,

    /// Two names of one finger, in two databases: DATABASE/FINGER=DATABASE/FINGER
    #[arg(long, value_name = "A=B", value_parser = alias)]
    alias: Vec<(String, String)>,

    /// Whose the fingers are, to measure how much one person's fingers depend on each other: CSV with the columns
    /// finger (DATABASE/FINGER) and person. People are compared within a database, finger by finger in the order
    /// of the names, so that the first finger of each should be the same one
    #[arg(long, value_name = "FILE.csv")]
    people: Option<PathBuf>,

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
    name: String,
    finger: u32,
    features: FingerFeatures,
}

pub(super) fn fit(args: &Args, console: &Console) -> Result<Fit, Failure> {
    let fitted = super::note("biomatch calibrate fingers: all pairs", args.note.as_deref());
    let mut fit = Fit::new(FINGER_MATCHER, fitted);
    let people = args.people.as_deref().map(People::read).transpose()?;
    let mut of_people: Vec<Vec<PersonComparison>> = Vec::new();
    for extractor in &args.extractor {
        let (prints, pairs);
        (fit, prints, pairs) = add_extractor(fit, extractor, &args.alias, console)?;
        if let Some(people) = &people {
            let names: Vec<String> = prints.into_iter().map(|print| print.name).collect();
            // Row by row, each impression with the later ones.
            let place = |a: usize, b: usize| a * names.len() - a * (a + 1) / 2 + b - a - 1;
            let score = |a: usize, b: usize| pairs[place(a.min(b), a.max(b))].score;
            of_people.push(people.comparisons(&names, score));
        }
    }
    // The greatest of all extractors, as rates are.
    let measured = of_people.iter().map(|comparisons| Dependence::measure(comparisons));
    let measured: Vec<Dependence> = measured.collect::<Result<_, _>>().or_fail(Exit::Input)?;
    if let Some(most) = measured.into_iter().max_by(|a, b| a.correlation().total_cmp(&b.correlation())) {
        fit = fit.dependence(most);
    }
    if args.generated > 0 {
        let prints = generate(args);
        let pairs =
            all_pairs(&prints, "generated", console).into_iter().map(|pair| (pair.fingers, pair.score));
        let name = format!("{} generated fingers, enrolment and field impressions", args.generated);
        fit = fit.set(ComparisonSet::of_subjects(name, pairs));
    }
    Ok(fit)
}

fn add_extractor(
    mut fit: Fit,
    extractor: &Path,
    aliases: &[(String, String)],
    console: &Console,
) -> Result<(Fit, Vec<Print>, Vec<Pair>), Failure> {
    let databases = folders(extractor)?;
    let name = file_name(extractor);
    let prints = read(&databases, aliases)?;
    let pairs = all_pairs(&prints, "comparing fingers", console);
    let set = |kind: &str, keep: &dyn Fn(&Pair) -> bool| {
        let kept = pairs.iter().filter(|pair| keep(pair)).map(|pair| (pair.fingers, pair.score));
        ComparisonSet::of_subjects(format!("{name}: {kind}"), kept)
    };
    fit = fit.set(set("all", &|pair| !pair.is_mated()));
    fit = fit.set(set("same database", &|pair| pair.databases.0 == pair.databases.1));
    for (index, database) in databases.iter().enumerate() {
        let is_within = |pair: &Pair| pair.databases == (index, index) && !pair.is_mated();
        fit = fit.set(set(&file_name(database), &is_within));
    }
    Ok((fit, prints, pairs))
}

/// A comparison.
struct Pair {
    databases: (usize, usize),
    fingers: [u32; 2],
    score: Score,
}

impl Pair {
    fn is_mated(&self) -> bool {
        self.fingers[0] == self.fingers[1]
    }
}

fn all_pairs(prints: &[Print], what: &'static str, console: &Console) -> Vec<Pair> {
    let progress = console.progress(what, prints.len());
    let rows = prints.par_iter().enumerate().map_init(Scratch::default, |scratch, (i, a)| {
        let probe = FingerProbe::new(a.features.view());
        let row: Vec<Pair> = prints[i + 1..]
            .iter()
            .map(|b| Pair {
                databases: (a.database, b.database),
                fingers: [a.finger, b.finger],
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
    let mut names = Names::default();
    let mut prints = Vec::new();
    for (index, database) in databases.iter().enumerate() {
        for path in sorted(database)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let Some((finger, _)) = stem.rsplit_once('_') else { continue };
            let name = format!("{}/{finger}", file_name(database));
            let known = aliases.iter().find(|(_, b)| *b == name).map_or(&name, |(a, _)| a);
            let finger = names.number(known);
            let bytes = read_whole(&path)?;
            let record = FingerprintRecord::read(&bytes, Reading::Lenient)
                .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(&path))))?;
            let minutiae = record.views.first().map(|view| view.minutiae.as_slice()).unwrap_or_default();
            prints.push(Print { database: index, name, finger, features: FingerFeatures::new(minutiae) });
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
        .zip(0_u32..)
        .flat_map(|((code, print), finger)| {
            captures
                .iter()
                .enumerate()
                .map(move |(n, capture)| {
                    let template = generated::fingerprint(code, &print.impression(capture, n as u64));
                    let features = FingerFeatures::new(&template.minutiae);
                    Print { database: 0, name: String::new(), finger, features }
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
