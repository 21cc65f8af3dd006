//! `biomatch pairs`: lists comparisons, from a folder that follows a naming rule.

use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;
use biomatch::evaluation::Names;
use biomatch::evaluation::pairs::{Impostors, count_pairs, pairs};

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure};
use crate::files::files_below;
use crate::subjects::read_subjects;
use crate::table::Table;

/// Make the lists that `score`, `score-faces` and `evaluate` read
///
/// With --root, the samples are the files below a folder, named SUBJECT_IMPRESSION.EXTENSION
/// (101_3.iso is the third impression of finger 101), and only samples of the same folder are paired.
/// With --subjects, the samples are rows numbered from 0, and line N of the file names the subject
/// of row N.
///
/// PAIRS gets the columns a,b: every pair of samples of one subject, and the pairs of different
/// subjects that --impostors chooses. TRUTH gets id,subject: the subject of each sample. Files whose
/// name does not follow the rule are left out and counted on stderr; hidden files and links to
/// folders are ignored.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  All pairs inside each database of a folder of fingerprint records:
    biomatch pairs --root fingers/ --out pairs.csv --truth truth.csv
  The non-mated pairs of the FVC protocol, for one database:
    biomatch pairs --root fingers/DB1 --impostors first --out pairs.csv
  Faces: all mated pairs and five million non-mated ones:
    biomatch pairs --subjects subjects.txt --impostors 5000000 --out pairs.csv --truth truth.csv")]
pub(crate) struct Args {
    /// Folder of samples named SUBJECT_IMPRESSION.EXTENSION
    #[arg(long, value_name = "DIR", required_unless_present = "subjects")]
    root: Option<PathBuf>,

    /// File with one subject per line, for samples that are rows
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    subjects: Option<PathBuf>,

    /// Pairs of different subjects: `all`, `first` (between the first samples of two subjects), or
    /// how many to draw at random
    #[arg(long, value_name = "WHICH", default_value = "all", value_parser = which_impostors)]
    impostors: Which,

    /// Seed of the random draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Most pairs to write; a longer list is refused before anything is written
    #[arg(long, value_name = "N", default_value_t = 100_000_000)]
    most: u64,

    /// Where the pairs go; `-` is standard output
    #[arg(long, value_name = "PAIRS.csv")]
    out: PathBuf,

    /// Where the samples' subjects go
    #[arg(long, value_name = "TRUTH.csv")]
    truth: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    All,
    First,
    Sample(u64),
}

fn which_impostors(text: &str) -> Result<Which, String> {
    match text {
        "all" => Ok(Which::All),
        "first" => Ok(Which::First),
        count => count.parse().map(Which::Sample).map_err(|_| "expected `all`, `first` or a number".into()),
    }
}

/// A sample's name in the lists, and its subject.
struct Sample {
    id: String,
    folder: String,
    subject: String,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let samples = match (&args.root, &args.subjects) {
        (Some(root), _) => samples_below(root, console)?,
        (None, Some(file)) => rows_of(file)?,
        (None, None) => Vec::new(),
    };
    let impostors = match args.impostors {
        Which::All => Impostors::All,
        Which::First => Impostors::First,
        Which::Sample(count) => Impostors::Sample { count, seed: args.seed },
    };
    // Numbers compare faster than names, and there is a comparison for each possible pair.
    let (mut folders, mut subjects) = (Names::default(), Names::default());
    let labels: Vec<(u32, u32)> =
        samples.iter().map(|s| (folders.number(&s.folder), subjects.number(&s.subject))).collect();
    let expected = count_pairs(&labels, impostors);
    if expected > args.most {
        let message = format!(
            "{expected} pairs of {} samples are more than {}: choose fewer with --impostors, or allow them with --most",
            samples.len(),
            args.most
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    let mut count = 0_u64;
    let mut list = Table::create(&args.out, ["a", "b"])?;
    for pair in pairs(&labels, impostors) {
        if let (Some(a), Some(b)) = (samples.get(pair.a), samples.get(pair.b)) {
            list.row([&a.id, &b.id])?;
            count += 1;
        }
    }
    list.finish()?;
    if let Some(path) = &args.truth {
        let mut truth = Table::create(path, ["id", "subject"])?;
        for sample in &samples {
            truth.row([&sample.id, &sample.subject])?;
        }
        truth.finish()?;
    }
    console.note(format_args!("{count} pairs of {} samples", samples.len()));
    Ok(Answer::Yes)
}

fn rows_of(file: &Path) -> Result<Vec<Sample>, Failure> {
    let rows = read_subjects(file)?.into_iter().enumerate();
    Ok(rows.map(|(row, subject)| Sample { id: row.to_string(), folder: String::new(), subject }).collect())
}

fn samples_below(root: &Path, console: &Console) -> Result<Vec<Sample>, Failure> {
    let mut samples = Vec::new();
    let mut left_out = 0_u64;
    for path in files_below(root)? {
        match sample_at(&path)? {
            Some(sample) => samples.push(sample),
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        console.warn(format_args!("{left_out} files are not named SUBJECT_IMPRESSION.EXTENSION; left out"));
    }
    Ok(samples)
}

/// The sample at a path below the root; none if the name does not follow the rule.
fn sample_at(path: &Path) -> Result<Option<Sample>, Failure> {
    let Some(id) = path.to_str() else {
        return Err(Failure::new(Exit::Input, format!("{}: the name is not UTF-8", Escaped::new(path))));
    };
    let id = id.replace(std::path::MAIN_SEPARATOR, "/");
    let (folder, name) = id.rsplit_once('/').unwrap_or(("", &id));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let Some((finger, _)) = stem.rsplit_once('_') else { return Ok(None) };
    let subject = if folder.is_empty() { finger.to_owned() } else { format!("{folder}/{finger}") };
    Ok(Some(Sample { folder: folder.to_owned(), subject, id }))
}
