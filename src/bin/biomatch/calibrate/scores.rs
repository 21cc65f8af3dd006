//! Scores from score files and a truth file.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use biomatch::calibration::{ComparisonSet, Fit};
use biomatch::escape::Escaped;
use biomatch::input;
use biomatch::text::TextReader;
use biomatch::units::Score;

use super::Destination;
use crate::exit::{Exit, Failure};

/// Fit on score files, such as `biomatch score` writes
///
/// Each score file is a set of its own: the table holds for every one. A file has the columns `a`,
/// `b` and `score`; the truth file has `id` and `subject`, as `biomatch pairs` writes it. Pairs without
/// a score are left out. Files with pairs of one subject give likelihood ratios, too.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  \
    biomatch calibrate scores --scores sensor-a.csv --scores sensor-b.csv --truth truth.csv \\\n    \
    --matcher vendor-x-3 --out vendor-x-3.json")]
pub(crate) struct Args {
    /// Score files, a set of comparisons each
    #[arg(long, value_name = "FILE", required = true)]
    scores: Vec<PathBuf>,

    /// The subject of each sample
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,

    /// The matcher's or model's name in the table
    #[arg(long, value_name = "NAME")]
    matcher: String,

    /// A note about the data, kept in the table
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    pub(super) destination: Destination,
}

pub(super) fn fit(args: &Args) -> Result<Fit, Failure> {
    let truth = read_truth(&args.truth)?;
    let fitted = super::note("biomatch calibrate scores", args.note.as_deref());
    let mut fit = Fit::new(&args.matcher, fitted);
    for path in &args.scores {
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        fit = fit.set(ComparisonSet::of_subjects(name, read_scores(path, &truth)?));
    }
    Ok(fit)
}

/// The columns of these names.
pub(super) fn columns<const N: usize>(
    path: &Path,
    reader: &mut csv::Reader<TextReader<File>>,
    names: [&str; N],
) -> Result<[usize; N], Failure> {
    let header = reader.headers().map_err(|error| unlike_csv(path, &error))?.clone();
    let mut found = [0; N];
    for (slot, name) in found.iter_mut().zip(names) {
        *slot = header.iter().position(|column| column == name).ok_or_else(|| {
            Failure::new(Exit::Input, format!("{}: no column {name:?} in the header", Escaped::new(path)))
        })?;
    }
    Ok(found)
}

pub(super) fn open(path: &Path) -> Result<csv::Reader<TextReader<File>>, Failure> {
    let text = input::open_table(path, input::MAX_TABLE)?;
    Ok(csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text))
}

pub(super) fn unlike_csv(path: &Path, error: &csv::Error) -> Failure {
    Failure::from_error(Exit::Input, error).within(path)
}

fn wrong(path: &Path, line: usize, what: &str) -> Failure {
    Failure::new(Exit::Input, format!("{}: record {line}: {what}", Escaped::new(path)))
}

/// The number of each sample's subject.
fn read_truth(path: &Path) -> Result<HashMap<String, u32>, Failure> {
    let mut reader = open(path)?;
    let [id, subject] = columns(path, &mut reader, ["id", "subject"])?;
    let (mut truth, mut subjects) = (HashMap::new(), HashMap::new());
    for record in reader.records() {
        let record = record.map_err(|error| unlike_csv(path, &error))?;
        let field = |column| record.get(column).unwrap_or_default().to_owned();
        let next = subjects.len() as u32;
        truth.insert(field(id), *subjects.entry(field(subject)).or_insert(next));
    }
    Ok(truth)
}

fn read_scores(path: &Path, truth: &HashMap<String, u32>) -> Result<Vec<([u32; 2], Score)>, Failure> {
    let mut reader = open(path)?;
    let [a, b, score] = columns(path, &mut reader, ["a", "b", "score"])?;
    let mut scores = Vec::new();
    for (line, record) in reader.records().enumerate() {
        let record = record.map_err(|error| unlike_csv(path, &error))?;
        let field = |column| record.get(column).unwrap_or_default();
        let (Some(one), Some(other)) = (truth.get(field(a)), truth.get(field(b))) else {
            return Err(wrong(path, line + 1, "a sample is not in the truth file"));
        };
        if field(score).is_empty() {
            continue;
        }
        let score = field(score).parse().ok().and_then(Score::new);
        let score = score.ok_or_else(|| wrong(path, line + 1, "the score is not a finite number"))?;
        scores.push(([*one, *other], score));
    }
    Ok(scores)
}
