//! `biomatch train-codes`: a model of fingerprint codes from mated templates.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;
use biomatch::fingerprint::FingerFeatures;
use biomatch::fingerprint::codes::training::{LabelledImpression, train};
use biomatch::input;
use biomatch_datasets::{Capture, Finger, Population};
use rayon::prelude::*;

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::files::files_below;
use crate::fingers::FingerOptions;
use crate::generated;
use crate::output::Output;

/// Train the model of the codes that filter 1:N searches of fingers
///
/// A code is 128 bits that describe the surroundings of a minutia; the model defines how they are made. The
/// model that ships suits common extractors. A service with templates of its own, of one extractor and its own
/// sensors, gains by training on them: a search of the same duration loses fewer mates.
///
/// INPUT. Records of fingers of which some were captured twice or more: a thousand fingers of two
/// impressions are plenty, a hundred of eight do. Files below --root are named
/// FINGER_IMPRESSION.EXTENSION, as for `biomatch pairs`: DB1/101_3.iso is the third impression of finger
/// DB1/101. Or --truth has the finger of each file: CSV with the columns id (the file, relative to
/// --root) and subject (the finger). If templates of several extractors are to be compared, give all of them,
/// each with its own --root, in which the same name is the same finger. The first view of a record is used.
/// Wrong names do little harm: impressions that do not match are not used.
///
/// OUTPUT. A file of 190 kB (docs/code-model.md). It holds no template, only statistics of all records
/// and codes of generated fingers. The same input, options and seed give the same file, on any number of
/// threads. Galleries name their model; codes of different models are never compared.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch train-codes --root templates/ --note 'border posts, 2026, extractor X 3.1' --out own.codes
  biomatch train-codes --root iso/ --truth truth.csv --out own.codes")]
pub(crate) struct Args {
    /// Folder of records; may be repeated
    #[arg(long, value_name = "DIR", required = true)]
    root: Vec<PathBuf>,

    /// The finger of each file; without it, file names state the finger
    #[arg(long, value_name = "TRUTH.csv")]
    truth: Option<PathBuf>,

    /// Two names of one finger
    #[arg(long, value_name = "A=B", value_parser = alias)]
    alias: Vec<(String, String)>,

    /// Also train on this many generated fingers, two impressions each
    #[arg(long, value_name = "N", default_value_t = 0)]
    generated: u32,

    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// A note about the training data; kept in the file
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,

    /// Where the model goes; `-` is standard output
    #[arg(long, value_name = "FILE.codes")]
    out: PathBuf,

    #[command(flatten)]
    fingers: FingerOptions,
}

/// Generated fingers that normalise candidates.
const COHORT: usize = 32;
/// No other command makes fingers of this seed.
const COHORT_SEED: u64 = 0x636f_686f_7274;

fn alias(text: &str) -> Result<(String, String), String> {
    let (a, b) = text.split_once('=').ok_or("expected FINGER=FINGER")?;
    Ok((a.to_owned(), b.to_owned()))
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let mut prints = read(args, console)?;
    prints.extend(generate(args));
    console.note(format_args!("training on {} impressions", prints.len()));
    let (model, report) = train(&prints, &cohort(), &args.note, args.seed).or_fail(Exit::Input)?;
    let mut output = Output::create(&args.out)?;
    let written = output.write_all(&model.write());
    output.check(written)?;
    output.finish()?;
    console.note(format_args!(
        "model {}: {} mated minutiae of {} pairs of impressions, spread of {} minutiae",
        model.id(),
        report.mates,
        report.pairs,
        report.minutiae
    ));
    Ok(Answer::Yes)
}

/// The records of all roots. Fingers are numbered over all of them; an alias has one number.
fn read(args: &Args, console: &Console) -> Result<Vec<LabelledImpression>, Failure> {
    let truth = args.truth.as_deref().map(read_truth).transpose()?;
    let mut numbers = BTreeMap::new();
    let mut files = Vec::new();
    let mut left_out = 0_usize;
    for root in &args.root {
        for path in files_below(root)? {
            let id = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
            let name = match &truth {
                Some(truth) => truth.get(&id).cloned(),
                None => subject(&id),
            };
            let Some(name) = name else {
                left_out += 1;
                continue;
            };
            let name = args.alias.iter().find(|(_, b)| *b == name).map_or(name, |(a, _)| a.clone());
            let next = numbers.len() as u64;
            let finger = *numbers.entry(name).or_insert(next);
            files.push((root.join(path), finger));
        }
    }
    if left_out > 0 {
        console.warn(format_args!("{left_out} files left out: their fingers are unknown"));
    }
    let bar = console.progress("reading", files.len());
    let reader = args.fingers.reader()?;
    let prints = files.par_iter().map(|(path, finger)| {
        let record = reader.read(path)?;
        let minutiae = record.views.first().map_or(&[][..], |view| &view.minutiae);
        bar.inc(1);
        Ok(LabelledImpression { finger: *finger, features: FingerFeatures::new(minutiae) })
    });
    let prints = prints.collect();
    bar.finish_and_clear();
    prints
}

/// The finger by a file's name; none if the name does not follow the rule.
fn subject(id: &str) -> Option<String> {
    let stem = id.rsplit_once('.').map_or(id, |(stem, _)| stem);
    let (finger, impression) = stem.rsplit_once('_')?;
    (!impression.contains('/')).then(|| finger.to_owned())
}

/// The subject of each sample.
fn read_truth(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let within = |failure: Failure| failure.within(path);
    let text = input::open_table(path, input::MAX_TABLE)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let header = reader.headers().or_fail(Exit::Input).map_err(within)?.clone();
    let column = |name: &str| {
        header.iter().position(|column| column == name).ok_or_else(|| {
            Failure::new(Exit::Input, format!("{}: no column {name:?} in the header", Escaped::new(path)))
        })
    };
    let (id, subject) = (column("id")?, column("subject")?);
    let mut truth = BTreeMap::new();
    for record in reader.records() {
        let record = record.or_fail(Exit::Input).map_err(within)?;
        let field = |column| record.get(column).unwrap_or_default().to_owned();
        truth.insert(field(id), field(subject));
    }
    Ok(truth)
}

/// Fingers of citizens of a seed, with their codes of position.
fn fingers(seed: u64) -> impl Iterator<Item = (u8, Finger)> {
    let population = Population::new(seed);
    (0_u64..).flat_map(move |index| {
        let citizen = population.citizen(index);
        (1..=10_u8).filter_map(|code| Some((code, citizen.finger(code)?))).collect::<Vec<_>>()
    })
}

/// Generated fingers.
fn generate(args: &Args) -> Vec<LabelledImpression> {
    // Past all that file names can number.
    let numbers = u64::from(u32::MAX)..;
    const CAPTURES: [Capture; 2] = [Capture::ENROLMENT, Capture::FIELD];
    let fingers: Vec<(u64, (u8, Finger))> =
        numbers.zip(fingers(args.seed)).take(args.generated as usize).collect();
    fingers
        .par_iter()
        .flat_map_iter(|(finger, (code, print))| {
            (0_u64..).zip(&CAPTURES).map(move |(number, capture)| {
                let template = generated::fingerprint(*code, &print.impression(capture, number));
                LabelledImpression { finger: *finger, features: FingerFeatures::new(&template.minutiae) }
            })
        })
        .collect()
}

fn cohort() -> Vec<FingerFeatures> {
    let impression = |(code, finger): (u8, Finger)| {
        let template = generated::fingerprint(code, &finger.impression(&Capture::ENROLMENT, 0));
        FingerFeatures::new(&template.minutiae)
    };
    fingers(COHORT_SEED).map(impression).take(COHORT).collect()
}
