//! `biomatch repair`: what is sound of a damaged gallery, in a new folder.

use std::io::Write;
use std::path::PathBuf;

use biomatch::escape::Escaped;
use biomatch::gallery::{self, LostReference, LostRows};

use crate::console::Console;
use crate::exit::{Answer, Failure};
use crate::output::Output;

/// Save what is sound of a damaged gallery into a new folder
///
/// The damaged gallery is only read; stop its writers first. Losses are listed by subject and reference
/// where these are known. If a deletion or a lock may be missing, nothing is written unless --accept-doubts is
/// given: then the references in doubt are listed, and a human officer must check them. Prefer a backup.
///
/// Exit code 0 if everything was saved, 1 if something is lost or in doubt, or nothing was written.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch repair --gallery damaged --into citizens --json > report.json")]
pub(crate) struct Args {
    /// The damaged gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// The new gallery's folder: missing or empty
    #[arg(long, value_name = "DIR")]
    into: PathBuf,

    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,

    /// Write the gallery although deletions or locks may be missing
    #[arg(long)]
    accept_doubts: bool,
}

#[derive(serde::Serialize)]
struct Repaired {
    whole: bool,
    written: bool,
    identity: String,
    generation: Option<u64>,
    manifest: String,
    named_by_current: bool,
    fingers: usize,
    faces: usize,
    problems: Vec<String>,
    lost: Vec<Named>,
    lost_rows: Vec<Rows>,
    doubts: Vec<String>,
    doubtful: Vec<Named>,
    unnamed: Vec<String>,
}

#[derive(serde::Serialize)]
struct Named {
    subject: String,
    reference: u64,
}

#[derive(serde::Serialize)]
struct Rows {
    file: String,
    rows: u64,
}

impl From<LostReference> for Named {
    fn from(lost: LostReference) -> Self {
        Self { subject: lost.subject.to_string(), reference: lost.reference.value() }
    }
}

impl From<LostRows> for Rows {
    fn from(lost: LostRows) -> Self {
        Self { file: lost.file, rows: lost.rows }
    }
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let bar = console.counter("repairing");
    let report = gallery::repair_with(
        &args.gallery,
        &args.into,
        &console.gallery(),
        args.accept_doubts,
        &mut |bytes| {
            bar.inc(bytes);
        },
    );
    bar.finish_and_clear();
    let report = report?;
    let repaired = Repaired {
        whole: report.is_whole(),
        written: report.generation.is_some(),
        identity: hex::encode(report.identity),
        generation: report.generation.map(gallery::Generation::value),
        manifest: report.manifest,
        named_by_current: report.named_by_current,
        fingers: report.fingers,
        faces: report.faces,
        problems: report.problems.iter().map(ToString::to_string).collect(),
        lost: report.lost.into_iter().map(Named::from).collect(),
        lost_rows: report.lost_rows.into_iter().map(Rows::from).collect(),
        doubts: report.doubts,
        doubtful: report.doubtful.into_iter().map(Named::from).collect(),
        unnamed: report.unnamed,
    };
    Output::answer(args.json, &repaired, |output| lines(&repaired, output))?;
    if !repaired.written {
        console.warn("nothing was written: --accept-doubts writes the gallery although deletions or locks may be missing");
    } else if !repaired.doubts.is_empty() {
        console.warn("deletions or locks may be missing: a human officer must check the references in doubt");
    }
    Ok(if repaired.whole { Answer::Yes } else { Answer::No })
}

fn lines(repaired: &Repaired, output: &mut Output) -> std::io::Result<()> {
    for problem in &repaired.problems {
        writeln!(output, "damaged: {problem}")?;
    }
    for doubt in &repaired.doubts {
        writeln!(output, "IN DOUBT: {doubt}")?;
    }
    for Rows { file, rows } in &repaired.lost_rows {
        writeln!(output, "lost: {rows} rows of {}, nobody can say whose", Escaped::new(file))?;
    }
    for Named { subject, reference } in &repaired.lost {
        writeln!(output, "lost: reference {reference} of subject {subject}")?;
    }
    for Named { subject, reference } in &repaired.doubtful {
        writeln!(output, "in doubt: reference {reference} of subject {subject}")?;
    }
    for file in &repaired.unnamed {
        writeln!(output, "not taken: {}, which nothing names", Escaped::new(file))?;
    }
    let Repaired { fingers, faces, manifest, .. } = repaired;
    let by = if repaired.named_by_current { "named by CURRENT" } else { "not named by CURRENT" };
    match repaired.generation {
        Some(generation) => {
            let verdict = if repaired.whole { "whole" } else { "NOT WHOLE" };
            writeln!(
                output,
                "{verdict}: generation {generation}, {fingers} fingers, {faces} faces, by {manifest} ({by})"
            )
        }
        None => writeln!(
            output,
            "NOT WRITTEN: {fingers} fingers and {faces} faces can be saved, by {manifest} ({by})"
        ),
    }
}
