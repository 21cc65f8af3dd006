//! `biomatch score`: compares pairs of fingerprint records.

use std::path::{Path, PathBuf};

use biomatch::calibration;
use biomatch::evaluation::{Names, PairList};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::units::Score;
use rayon::prelude::*;

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::fingers::{FingerOptions, FingerReader};
use crate::score_table::{CalibrationOption, ScoreTable};

/// Pairs scored and written at a time: enough that all threads are busy, few enough that the scores of
/// a long list are never all in memory.
const BLOCK: usize = 1 << 15;

/// Reasons for unreadable files that are printed before further ones are only counted.
const REASONS: usize = 20;

/// Compare pairs of fingerprint records
///
/// PAIRS is CSV with the columns a and b: files relative to --root, of any dialect that biomatch
/// reads, also NIST .xyt and .csv. Other columns are ignored. OUT gets a,b,score,fmr for each pair, in
/// the order of PAIRS, the same to the byte for any number of threads. The first view of each record is
/// compared.
///
/// score: greater is more similar. A record without minutiae has the lowest score, -1000000, with every
/// other record.
/// fmr: the calibrated false match rate, the share of comparisons between different fingers that score
/// at least as high.
///
/// A record that cannot be read ends the run with its name and exit code 3, and OUT is left as it was.
/// With --skip-bad its pairs get an empty score and an empty fmr, and stderr has their number. Each file
/// is read once and its features stay in memory, about 20 kB per file.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch score --root fingers/ --pairs pairs.csv --out scores.csv
  biomatch score --root xyt/ --pairs pairs.csv --xyt-frame 388x374@500 --out - | head
  biomatch score --root inbox/ --pairs pairs.csv --skip-bad --out scores.csv")]
pub(crate) struct Args {
    /// The pairs to compare
    #[arg(long, value_name = "PAIRS.csv")]
    pairs: PathBuf,

    /// Folder that the files in PAIRS are relative to
    #[arg(long, value_name = "DIR")]
    root: PathBuf,

    /// Where the scores go; `-` is standard output
    #[arg(long, value_name = "OUT.csv")]
    out: PathBuf,

    /// Leave the score empty where a record cannot be read, and continue
    #[arg(long)]
    skip_bad: bool,

    #[command(flatten)]
    calibration: CalibrationOption,

    #[command(flatten)]
    fingers: FingerOptions,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let calibration = args.calibration.load(calibration::fingerprint)?;
    let list = PairList::read(&args.pairs).or_fail(Exit::Input)?;
    let fingers = read_fingers(args, &list.names, console)?;
    let mut table = ScoreTable::create(&args.out, &list.names, calibration)?;
    let bar = console.progress("comparing", list.pairs.len());
    let mut without_score = 0;
    for pairs in list.pairs.chunks(BLOCK) {
        let scores = compare(pairs, &fingers, &|pairs| bar.inc(pairs as u64));
        without_score += scores.iter().filter(|score| score.is_none()).count();
        table.block(pairs, &scores)?;
    }
    bar.finish_and_clear();
    table.finish()?;
    if without_score > 0 {
        console.warn(format_args!("{without_score} of {} pairs have no score", list.pairs.len()));
    }
    Ok(Answer::Yes)
}

/// The features of each file in the list; `None` for those that cannot be read and may be skipped.
fn read_fingers(
    args: &Args,
    names: &Names,
    console: &Console,
) -> Result<Vec<Option<FingerFeatures>>, Failure> {
    let reader = args.fingers.reader()?;
    let files: Vec<&str> = (0..).take(names.len()).map(|number| names.name(number)).collect();
    let bar = console.progress("reading", files.len());
    let read: Vec<Result<(FingerFeatures, bool), Failure>> = files
        .par_iter()
        .map(|file| {
            let finger = read_finger(&args.root.join(file), &reader);
            bar.inc(1);
            finger
        })
        .collect();
    bar.finish_and_clear();
    let (mut departing, mut bad) = (0_usize, 0_usize);
    let mut fingers = Vec::with_capacity(read.len());
    for result in read {
        match result {
            Ok((finger, departs)) => {
                departing += usize::from(departs);
                fingers.push(Some(finger));
            }
            Err(failure) if args.skip_bad => {
                bad += 1;
                if bad <= REASONS {
                    console.warn(failure);
                }
                fingers.push(None);
            }
            // The first in the order of the list, independent of threads.
            Err(failure) => return Err(failure),
        }
    }
    if departing > 0 {
        console.note(format_args!("{departing} records depart from their standard, but were read"));
    }
    if bad > 0 {
        console.warn(format_args!("{bad} of {} files cannot be read", files.len()));
    }
    Ok(fingers)
}

/// The features of the record's first view, and whether the record departs from its standard.
fn read_finger(path: &Path, reader: &FingerReader<'_>) -> Result<(FingerFeatures, bool), Failure> {
    let record = reader.read(path)?;
    let minutiae = record.views.first().map_or(&[][..], |view| &view.minutiae);
    Ok((FingerFeatures::new(minutiae), !record.warnings.is_empty()))
}

/// The score of each pair; `None` if one side is not there. A probe is prepared once for all
/// pairs of the block that have it first.
fn compare(
    pairs: &[[u32; 2]],
    fingers: &[Option<FingerFeatures>],
    tick: &(dyn Fn(usize) + Sync),
) -> Vec<Option<Score>> {
    let finger = |number: u32| fingers.get(number as usize).and_then(Option::as_ref);
    let mut by_probe: Vec<usize> = (0..pairs.len()).collect();
    let probe_of = |at: &usize| pairs.get(*at).map(|pair| pair[0]);
    by_probe.sort_by_key(probe_of);
    let runs: Vec<&[usize]> =
        by_probe.chunk_by(|a, b| probe_of(a) == probe_of(b)).flat_map(|run| run.chunks(256)).collect();
    let scored: Vec<Vec<(usize, Option<Score>)>> = runs
        .into_par_iter()
        .map_init(Scratch::default, |scratch, run| {
            let probe = run.first().and_then(probe_of).and_then(finger);
            let probe = probe.map(|features| FingerProbe::new(features.view()));
            let scores = run.iter().map(|&at| {
                let candidate = pairs.get(at).and_then(|pair| finger(pair[1]));
                let score = probe.as_ref().zip(candidate).map(|(p, c)| p.compare(c.view(), scratch));
                (at, score)
            });
            let scores = scores.collect();
            tick(run.len());
            scores
        })
        .collect();
    let mut scores = vec![None; pairs.len()];
    for (at, score) in scored.into_iter().flatten() {
        if let Some(slot) = scores.get_mut(at) {
            *slot = score;
        }
    }
    scores
}
