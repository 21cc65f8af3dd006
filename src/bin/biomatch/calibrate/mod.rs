//! `biomatch calibrate`: fits a table of false match rates and likelihood ratios.

mod faces;
mod fingers;
mod people;
mod pictures;
mod scores;

use std::io::Write;
use std::path::PathBuf;

use biomatch::calibration::{Calibration, Fit};
use biomatch::units::{Fmr, Score};

pub(crate) use self::pictures::Pictures;
use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::output::Output;

/// Fit a table of false match rates and likelihood ratios on comparisons
///
/// A table turns the scores of one fingerprint matcher or one face model into false match rates, and into
/// likelihood ratios where the data have mated comparisons too. The more comparisons, and the more like those
/// of the service, the better. Rates are upper bounds: the greatest 95 % bound over all sets of comparisons, by
/// resampling subjects, measured as far as ten comparisons score as high, then a generalised Pareto tail for
/// four more decades. Ratios are the isotonic regression of the mated share, with 95 % lower bounds.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch calibrate faces --embeddings faces.npy --subjects subjects.txt --model net-1 \\
    --out net-1.json
  biomatch calibrate scores --scores scores.csv --truth truth.csv --matcher vendor-x-3 \\
    --out vendor-x-3.json")]
pub(crate) struct Args {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, clap::Subcommand)]
enum Source {
    Faces(faces::Args),
    Fingers(fingers::Args),
    Scores(scores::Args),
}

/// The destination of the table.
#[derive(Debug, clap::Args)]
struct Destination {
    /// The table's file (JSON); `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let (fit, destination) = match &args.source {
        Source::Faces(args) => (faces::fit(args, console)?, &args.destination),
        Source::Fingers(args) => (fingers::fit(args, console)?, &args.destination),
        Source::Scores(args) => (scores::fit(args)?, &args.destination),
    };
    finish(fit, destination, console)
}

fn finish(fit: Fit, destination: &Destination, console: &Console) -> Result<Answer, Failure> {
    let table = fit.finish().or_fail(Exit::Input)?;
    let text = table.to_json().or_fail(Exit::Output)?;
    let mut output = Output::create(&destination.out)?;
    let written = output.write_all(text.as_bytes());
    output.check(written)?;
    output.finish()?;
    describe(&table, console);
    Ok(Answer::Yes)
}

fn describe(table: &Calibration, console: &Console) {
    for set in table.sets() {
        let (subjects, mated) = (set.subjects, set.mated);
        let name = &set.name;
        console.note(format_args!(
            "{:>12} non-mated, {mated} mated comparisons of {subjects} subjects: {name}",
            set.comparisons
        ));
    }
    console.note(format_args!("measured to FMR {}, extrapolated to {}", table.measured_to(), table.floor()));
    for n in [100, 1_000, 10_000, 100_000, 1_000_000] {
        if let Some(score) = table.threshold(Fmr::one_in(n)) {
            let ratio = table.ratio(score).map(|ratio| {
                format!(
                    "; log10 of the likelihood ratio {}, at least {} ({})",
                    ratio.log10, ratio.lower, ratio.basis
                )
            });
            let (basis, ratio) = (table.basis(score), ratio.unwrap_or_default());
            console.note(format_args!("FMR 1 in {n:>9}: score {score:.4} ({basis}){ratio}"));
        }
    }
    if let Some(dependence) = table.dependence() {
        let (correlation, people) = (dependence.correlation(), dependence.people());
        console.note(format_args!(
            "fingers of one person: correlation at most {correlation:.3}, of {people} people"
        ));
    }
    if table.ratio(Score::LOWEST).is_none() {
        console.note("no likelihood ratios: they take 100 mated comparisons");
    }
}

/// The command line without the names of files, for the table's own record of how it was fitted.
fn note(what: &str, extra: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match extra {
        Some(extra) => format!("{what}, by biomatch {version}; {extra}"),
        None => format!("{what}, by biomatch {version}"),
    }
}
