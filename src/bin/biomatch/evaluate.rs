//! `biomatch evaluate`: error rates of score files.

use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;
use biomatch::evaluation::{Bootstrap, Databases, Grouping, Missing, Plan, Report, ScoreFile, Truth};

use crate::console::Console;
use crate::evaluate_table;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::output::Output;
use crate::table::Table;

/// Compute error rates from score files
///
/// SCORES has a header with the columns a, b and score, in any order and among others: two samples,
/// and a number that is greater the more similar they are. `score` and `score-faces` write such files; those of
/// any other matcher work too. Several files are several databases, each with subjects of its own.
///
/// TRUTH has a header with either the columns a, b and mated (or genuine; 1, 0, true or false), and must
/// contain every pair of SCORES in either order, or subject and one of id and file, and must contain every
/// sample. With --naming no truth is needed: samples are named FOLDER/SUBJECT_IMPRESSION.EXTENSION.
///
/// A comparison matches if its score is at least the threshold. FMR is the share of non-mated comparisons
/// (column "impostor") that match, FNMR the share of mated comparisons (column "genuine") that do not. EER is the
/// mean of both where they are nearest. "FNMR at FMR x" is the lowest FNMR of all thresholds whose FMR
/// is at most x. "mean" is the mean over databases, each at thresholds of its own; "pooled" has all
/// comparisons under one threshold.
///
/// In brackets is the 95 % interval of a bootstrap that resamples subjects (fingers), since the
/// comparisons of one finger are not independent. With fewer than about 30 subjects it is a rough
/// guide, and a rate of zero does not prove that there are no errors.
///
/// A comparison without a score has failed. It counts as one that never matches; --missing exclude leaves it
/// out of the rates. The report has the number of such comparisons either way.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  Score all pairs of a folder and evaluate each database, their mean and all pooled:
    biomatch pairs --root fingers/ --out pairs.csv --truth truth.csv
    biomatch score --root fingers/ --pairs pairs.csv --out scores.csv
    biomatch evaluate scores.csv --truth truth.csv --group-by folder
  One file for each database, subjects by their names, for a machine:
    biomatch evaluate scores/*.csv --naming --json")]
pub(crate) struct Args {
    /// Score files
    #[arg(required = true, value_name = "SCORES.csv")]
    scores: Vec<PathBuf>,

    /// The subject of each sample, or which pairs are mated
    #[arg(long, value_name = "TRUTH.csv", required_unless_present = "naming")]
    truth: Option<PathBuf>,

    /// Take subjects from the samples' names, SUBJECT_IMPRESSION
    #[arg(long, conflicts_with = "truth")]
    naming: bool,

    /// What a database is
    #[arg(long, value_name = "WHAT", default_value = "file")]
    group_by: GroupBy,

    /// How a comparison without a score counts
    #[arg(long, value_name = "WHAT", default_value = "lowest")]
    missing: MissingIs,

    /// Bootstrap replicates for each interval; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1000)]
    replicates: u32,

    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Print JSON: rates from 0 to 1, with thresholds and counts of errors
    #[arg(long)]
    json: bool,

    /// Also write the corners of the error tradeoff: database,threshold,fmr,fnmr
    #[arg(long, value_name = "DET.csv")]
    det: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum GroupBy {
    /// Each score file
    File,
    /// Each folder in the samples' names; pairs between folders count in "pooled" only
    Folder,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum MissingIs {
    /// One that never matches
    Lowest,
    /// Left out of the rates
    Exclude,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let truth = match &args.truth {
        Some(file) => Truth::read(file).or_fail(Exit::Input)?,
        None => Truth::Naming,
    };
    let files: Result<Vec<ScoreFile>, _> = args.scores.iter().map(|file| ScoreFile::read(file)).collect();
    let files = files.or_fail(Exit::Input)?;
    let grouping = match args.group_by {
        GroupBy::File => Grouping::File,
        GroupBy::Folder => Grouping::Folder,
    };
    let missing = match args.missing {
        MissingIs::Lowest => Missing::Lowest,
        MissingIs::Exclude => Missing::Exclude,
    };
    let lost = truth.pairs_without_score(&files);
    if lost > 0 {
        console.warn(format_args!(
            "the truth tells of {lost} pairs that no score file has; they are not counted"
        ));
    }
    let databases = Databases::new(&files, &truth, grouping, missing).or_fail(Exit::Input)?;
    drop(files);
    if databases.with_itself > 0 {
        let count = databases.with_itself;
        console.warn(format_args!("{count} comparisons are of a sample with itself; they flatter the rates"));
    }
    let plan =
        Plan { bootstrap: Bootstrap { replicates: args.replicates, seed: args.seed }, ..Plan::default() };
    let bar = console.progress("resampling subjects", plan.steps(&databases));
    let report = plan.report(&databases, &|| bar.inc(1)).or_fail(Exit::Input)?;
    bar.finish_and_clear();
    if let Some(path) = &args.det {
        write_det(path, &databases)?;
    }
    print(&report, &databases, args)?;
    Ok(Answer::Yes)
}

fn print(report: &Report, databases: &Databases, args: &Args) -> Result<(), Failure> {
    Output::answer(args.json, report, |output| evaluate_table::write(output, report, databases))
}

fn write_det(path: &Path, databases: &Databases) -> Result<(), Failure> {
    let mut table = Table::create(path, ["database", "threshold", "fmr", "fnmr"])?;
    let each = databases.each.iter().map(|(name, comparisons)| (name.as_str(), comparisons));
    for (name, comparisons) in each.chain(databases.pooled.as_ref().map(|all| ("pooled", all))) {
        let name = Escaped::new(name).to_string();
        for point in comparisons.det() {
            let rates = [point.threshold, comparisons.fmr(point), comparisons.fnmr(point)];
            let [threshold, fmr, fnmr] = rates.map(|rate| rate.to_string());
            table.row([name.as_str(), &threshold, &fmr, &fnmr])?;
        }
    }
    table.finish()
}
