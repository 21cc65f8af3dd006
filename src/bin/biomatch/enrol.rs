//! `biomatch enrol`: a manifest into a gallery.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use biomatch::citizen::CitizenId;
use biomatch::database::{CitizenDatabase, CitizenWriter, DatabaseError, Enrolment};
use biomatch::escape::Escaped;
use biomatch::gallery::GalleryError;
use biomatch::ingest::{EnrolmentLine, LineError, Lines, Resolver, Samples, enrolments};
use biomatch::input;
use biomatch::template::Reading;
use rayon::prelude::*;

use crate::audit::AuditOption;
use crate::console::Console;
use crate::deciding::{failure, in_file};
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::moments::warn_of_future;
use crate::normaliser::NormaliserOption;
use crate::notices::tell_notices;
use crate::output::Output;
use crate::pictures::SampleOptions;

/// Enrol the citizens of a manifest
///
/// MANIFEST.ndjson has one citizen per line, with their fingerprint records and their face
/// (docs/manifest.md has the format). The gallery is made if the folder does not have one. A citizen who is enrolled
/// already gets more references, unless --skip-enrolled. Every batch is durable before the next
/// begins: a run that is stopped loses nothing of the batches before, and --skip-enrolled continues
/// it.
///
/// The summary is one JSON object on standard output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch enrol --gallery citizens manifest.ndjson
  Go on after a bad line, and tell of it:
    biomatch enrol --gallery citizens --on-error skip manifest.ndjson")]
pub(crate) struct Args {
    /// The gallery's folder; made if it is missing
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// What to do with a line that cannot be enrolled; `stop` keeps the lines before it
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    on_error: OnError,

    /// Pass over citizens who are enrolled already
    #[arg(long)]
    skip_enrolled: bool,

    /// Refuse fingerprint records with doubtful or wrong departures from their standard; harmless ones, such as a
    /// single view with the number 1, are told (docs/formats.md grades each)
    #[arg(long)]
    strict: bool,

    /// Lines that are made durable together
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,

    #[command(flatten)]
    normaliser: NormaliserOption,

    #[command(flatten)]
    samples: SampleOptions,

    #[command(flatten)]
    audit: AuditOption,

    /// The manifest
    #[arg(value_name = "MANIFEST.ndjson")]
    manifest: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum OnError {
    /// End the run there
    Stop,
    /// Warn, and go on with the next line
    Skip,
}

#[derive(Default, serde::Serialize)]
struct Summary {
    citizens: u64,
    references: u64,
    /// Samples that their citizen had already, of the same moment.
    stored_before: u64,
    already_enrolled: u64,
    bad_lines: u64,
    generation: u64,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let file = input::open(&args.manifest, input::MAX_TABLE)?;
    let normaliser = args.normaliser.load()?;
    let reading = if args.strict { Reading::Strict } else { Reading::Lenient };
    let resolver = Resolver::beside(&args.manifest, reading).normalisers(normaliser);
    let resolver = args.samples.resolver(resolver)?;
    let mut lines = enrolments(BufReader::new(file));
    // Read before the writer's lock is taken, so that slow inputs do not keep another writer waiting.
    let mut next = Some(next_batch(args, &resolver, &mut lines));
    let database = open_or_create(args, console)?;
    let writer = database.writer().map_err(|error| failure(&error))?;
    tell_recovery(&writer, console);
    let progress = console.counter("enrolling");
    let mut summary = Summary::default();
    let mut stopped = None;
    while stopped.is_none() {
        let batch = next.take().unwrap_or_else(|| next_batch(args, &resolver, &mut lines));
        if batch.is_empty() {
            break;
        }
        let count = batch.len();
        let mut staged = HashSet::new();
        for line in batch {
            let enrolled = line.and_then(|(citizen, line, samples)| {
                tell_notices(&args.manifest, &samples, console);
                warn_of_future(&args.manifest, line, &samples, console);
                one(args, (&database, &writer), citizen, samples, (&mut summary, &mut staged)).map_err(
                    |error| Bad {
                        fatal: matches!(
                            error,
                            DatabaseError::Gallery(GalleryError::Storage(_) | GalleryError::Poisoned { .. })
                        ),
                        failure: failure(&error)
                            .within(Path::new(&format!("{}: line {line}", Escaped::new(&args.manifest)))),
                    },
                )
            });
            let Err(bad) = enrolled else { continue };
            summary.bad_lines += 1;
            if bad.fatal || args.on_error == OnError::Stop {
                stopped = Some(bad.failure);
                break;
            }
            bad.failure.warn(console);
        }
        let commit = writer.commit().map_err(|error| failure(&error))?;
        summary.generation = commit.generation().value();
        summary.references -= commit.not_stored() as u64;
        summary.stored_before += commit.not_stored() as u64;
        progress.inc(count as u64);
    }
    progress.finish_and_clear();
    let mut output = Output::stdout();
    let text = serde_json::to_string(&summary).or_fail(Exit::Output)?;
    let written = writeln!(output, "{text}");
    output.check(written)?;
    output.finish()?;
    match stopped {
        Some(failure) => Err(failure),
        None if summary.bad_lines > 0 => Ok(Answer::No),
        None => Ok(Answer::Yes),
    }
}

/// A line that was not enrolled.
struct Bad {
    /// Nothing more can be written.
    fatal: bool,
    failure: Failure,
}

/// A resolved line: the citizen, the line number, the samples.
type Ready = (CitizenId, u64, Samples);

/// Reads and resolves the next lines; empty at the end of the manifest.
fn next_batch<R: BufRead>(
    args: &Args,
    resolver: &Resolver,
    lines: &mut Lines<R, EnrolmentLine>,
) -> Vec<Result<Ready, Bad>> {
    let block = lines.next_block(usize::try_from(args.batch).unwrap_or(usize::MAX));
    block.into_par_iter().map(|line| resolve(args, resolver, line)).collect()
}

fn resolve(args: &Args, resolver: &Resolver, line: Result<EnrolmentLine, LineError>) -> Result<Ready, Bad> {
    let bad = |error: &dyn std::error::Error| Bad { fatal: false, failure: in_file(&args.manifest, error) };
    let line = line.map_err(|error| bad(&error))?;
    let samples = resolver.enrolment(&line).map_err(|error| bad(&error))?;
    Ok((line.citizen, line.line, samples))
}

fn one(
    args: &Args,
    (database, writer): (&CitizenDatabase, &CitizenWriter),
    citizen: CitizenId,
    samples: Samples,
    (summary, staged): (&mut Summary, &mut HashSet<CitizenId>),
) -> Result<(), DatabaseError> {
    // Also those of this run that are not committed yet: the result is the same for every batch.
    if args.skip_enrolled && (staged.contains(&citizen) || database.snapshot()?.citizen(citizen)?.is_some()) {
        summary.already_enrolled += 1;
        return Ok(());
    }
    summary.references += writer.enrol(citizen, Enrolment::from(samples))?.len() as u64;
    summary.citizens += 1;
    staged.insert(citizen);
    Ok(())
}

/// Opens the gallery of a folder, or makes one.
fn open_or_create(args: &Args, console: &Console) -> Result<CitizenDatabase, Failure> {
    let options = args.audit.of(CitizenDatabase::options().gallery(console.gallery()))?;
    options.open_or_create(&args.gallery).map_err(|error| failure(&error))
}

/// Reports what recovery did about the remains of a crash or of an earlier version.
pub(crate) fn tell_recovery(writer: &CitizenWriter, console: &Console) {
    let recovery = writer.recovery();
    if recovery.migrated {
        console.note("the gallery's files were of an earlier version, and are of version 3 now");
    }
    if recovery.kept_batches > 0 {
        console.warn(format_args!(
            "{} commits that a stopped writer had not acknowledged were whole, and were kept",
            recovery.kept_batches
        ));
    }
    if recovery.cut_bytes > 0 {
        console.warn(format_args!(
            "{} bytes that a stopped writer had not acknowledged were cut from the log and set aside",
            recovery.cut_bytes
        ));
    }
    if recovery.damaged_slot.is_some() {
        console.warn("a slot of the witness was damaged, and was written anew");
    }
    if !recovery.removed_files.is_empty() {
        console.note(format_args!(
            "files that a stopped writer had left unfinished, or superfluous, were removed: {}",
            recovery.removed_files.join(", ")
        ));
    }
    if !recovery.set_aside.is_empty() {
        console.warn(format_args!(
            "files that nothing accounts for were set aside, and not removed: {}",
            recovery.set_aside.join(", ")
        ));
    }
}
