//! `biomatch convert`: converts a record to another dialect.

use std::io::Write;
use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;

use crate::console::Console;
use crate::dialect::Target;
use crate::exit::{Answer, Exit, Failure};
use crate::fingers::FingerOptions;
use crate::output::Output;

/// Write a fingerprint record in another dialect
///
/// IN is a record of any dialect that biomatch reads, also NIST .xyt and .csv. All its views are written to
/// OUT, with every minutia where it was; angles are rounded to the dialect's unit (ISO 1.40625 degrees,
/// ANSI 2 degrees).
///
/// What the dialect cannot hold is changed as little as possible. Stderr lists each change, and each departure
/// of IN from its standard. A record that does not fit without losing a minutia is not
/// written (exit code 3).
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch convert old.ansi new.iso --to iso2011
  biomatch convert 101_1.xyt 101_1.iso --to iso2005 --xyt-frame 388x374@500
  biomatch convert record.iso - --to ansi2004 | base64")]
pub(crate) struct Args {
    /// The record to read
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// Where it goes; `-` is standard output
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// The dialect to write
    #[arg(long, value_name = "DIALECT")]
    to: Target,

    /// Replace OUT if it exists
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    fingers: FingerOptions,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    if !args.force && args.output.is_file() {
        let message = format!("{}: exists; --force replaces it", Escaped::new(&args.output));
        return Err(Failure::new(Exit::Output, message));
    }
    let input =
        |message: String| Failure::new(Exit::Input, format!("{}: {message}", Escaped::new(&args.input)));
    let told = |file: &Path, what: &dyn std::fmt::Display| {
        console.warn(format_args!("{}: {what}", Escaped::new(file)))
    };
    let mut record = args.fingers.reader()?.read(&args.input)?;
    record.warnings.iter().for_each(|warning| told(&args.input, warning));
    let dialect = args.to.dialect();
    record.conform(dialect).iter().for_each(|adjustment| told(&args.output, adjustment));
    let bytes = record.write(dialect).map_err(|error| input(error.to_string()))?;
    let mut output = Output::create(&args.output)?;
    let result = output.write_all(&bytes);
    output.check(result)?;
    output.finish()?;
    Ok(Answer::Yes)
}
