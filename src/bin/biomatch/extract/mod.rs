//! `biomatch extract`: pictures of fingers to fingerprint records.

mod files;
mod report;

use std::fs;
use std::path::PathBuf;

use biomatch::escape::Escaped;
use biomatch::extraction::MinutiaeExtractor;
use biomatch::input;
use biomatch::picture;
use biomatch::template::{Finger, FingerPosition, FingerprintRecord, Reading, Warning};
use rayon::prelude::*;

use self::files::Job;
use self::report::{Outcome, Report, Summary, View};
use crate::console::Console;
use crate::dialect::Target;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::output::Output;
use crate::pictures::PictureOptions;

/// Files that are worked on and reported at a time.
const BLOCK: usize = 256;

/// Find the minutiae of pictures of fingers, and write fingerprint records
///
/// Each IN is a picture, a record of pictures (FIR, ANSI/NIST, data group 3), or a folder of such files; docs/pictures.md
/// lists the formats. DIR gets one record for each file, of the same name with the record's extension, below the
/// same folders; a record has one view for each picture. A file whose record is there is an error, unless --force
/// is given.
///
/// Work is parallel over files, and memory is bounded by the threads: about 50 MB each. The same picture gives the
/// same record on every processor. The summary is one JSON object on standard output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch extract scan.png --out records/
  biomatch extract scans/ --out records/ --dpi 569 --report report.ndjson
  biomatch extract inbox/ --out records/ --skip-bad --to ansi2004")]
pub(crate) struct Args {
    /// Pictures, records of pictures, or folders of them
    #[arg(value_name = "IN", required = true)]
    inputs: Vec<PathBuf>,

    /// The folder that gets the records; made if it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// The dialect to write
    #[arg(long, value_name = "DIALECT", default_value = "iso2005")]
    to: Target,

    /// Which finger the pictures show, where their records do not say; left_index for example
    #[arg(long, value_name = "FINGER", value_parser = finger)]
    position: Option<Finger>,

    /// A line of JSON for each file: its record, and of each view the number of minutiae, usefulness (1 to 100) and
    /// findings (no_finger, wrong_resolution, too_little, cut_off, dry, wet), or why there is none; not `-`, since
    /// standard output has the summary
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Tell of files that give no record, and go on (exit code 1 at the end)
    #[arg(long)]
    skip_bad: bool,

    /// Replace records that exist
    #[arg(long)]
    force: bool,

    /// Refuse pictures that state no resolution, and files of which one picture gives no template
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    pictures: PictureOptions,
}

fn finger(name: &str) -> Result<Finger, String> {
    let finger = Finger::ALL.into_iter().find(|finger| finger.name() == name);
    finger.ok_or_else(|| format!("expected one of {}", Finger::ALL.map(Finger::name).join(", ")))
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let extractor = args.pictures.load()?;
    let jobs = files::jobs(&args.inputs, &args.out, args.to.extension())?;
    let mut report = args.report.as_deref().map(Report::create).transpose()?;
    let mut summary = Summary::new(extractor.name());
    let progress = console.progress("extracting", jobs.len());
    for block in jobs.chunks(BLOCK) {
        let outcomes: Vec<Result<Outcome, Failure>> = block
            .par_iter()
            .map(|job| {
                let outcome = extract(args, &extractor, job);
                progress.inc(1);
                outcome
            })
            .collect();
        for (job, outcome) in block.iter().zip(outcomes) {
            if let Some(report) = &mut report {
                report.line(job, outcome.as_ref())?;
            }
            match outcome {
                Ok(outcome) => {
                    outcome.warnings.iter().for_each(|warning| {
                        console.note(format_args!("{}: {warning}", Escaped::new(&job.input)));
                    });
                    summary.add(&outcome);
                }
                Err(failure) if args.skip_bad && !failure.is_of_output() => {
                    summary.failed += 1;
                    failure.warn(console);
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    progress.finish_and_clear();
    if let Some(report) = report {
        report.finish()?;
    }
    let failed = summary.failed;
    summary.print()?;
    Ok(if failed == 0 { Answer::Yes } else { Answer::No })
}

/// From a file to its record.
fn extract(args: &Args, extractor: &MinutiaeExtractor, job: &Job) -> Result<Outcome, Failure> {
    if !args.force && job.output.exists() {
        let message = format!("{}: exists; --force replaces it", Escaped::new(&job.output));
        return Err(Failure::new(Exit::Output, message));
    }
    let bytes = input::read(&job.input, picture::MAX_BYTES as u64)?;
    let reading = if args.strict { Reading::Strict } else { Reading::Lenient };
    let within = |failure: Failure| failure.within(&job.input);
    let examined = extractor.examine_all(&bytes, args.pictures.unstated(), reading);
    let examined = examined.or_fail(Exit::Input).map_err(within)?;
    let views = examined.pictures.iter().map(View::from).collect();
    let mut record = FingerprintRecord::from(examined);
    place(&mut record, args.position);
    let mut warnings: Vec<String> = record.warnings.iter().map(Warning::to_string).collect();
    let dialect = args.to.dialect();
    warnings.extend(record.conform(dialect).iter().map(ToString::to_string));
    let bytes = record.write(dialect).or_fail(Exit::Input).map_err(within)?;
    if let Some(folder) = job.output.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| Failure::unwritable(&Escaped::new(folder).to_string(), &error))?;
    }
    let mut output = Output::create(&job.output)?;
    let written = std::io::Write::write_all(&mut output, &bytes);
    output.check(written)?;
    output.finish()?;
    Ok(Outcome { views, warnings })
}

/// States the finger of views of which the input does not say it.
fn place(record: &mut FingerprintRecord, finger: Option<Finger>) {
    let Some(finger) = finger else { return };
    for view in record.views.iter_mut().filter(|view| view.position == FingerPosition::Unknown) {
        view.position = finger.into();
    }
}
