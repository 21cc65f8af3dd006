//! `biomatch check-audit`: is an audit file as it was written?

use std::io::Write;
use std::path::PathBuf;

use biomatch::database::{AuditDigest, AuditError, check_audit};

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure};
use crate::output::Output;

/// Check that no line of an audit file was changed, removed, moved or put in
///
/// Every line names the digest of the line before. What is printed is the number of entries and the head,
/// the digest of the last line. Keep heads elsewhere, out of reach of who can write the file, and name one
/// with --head: without it nobody can see that the last lines are missing, or that the whole file was
/// written anew.
///
/// Exit code 0 if the file is sound, 1 if it is not; what is wrong is on standard output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch check-audit audit.ndjson
  biomatch check-audit --head 1f0c...9a audit.ndjson")]
pub(crate) struct Args {
    /// A head that an earlier check printed; its line must still be there
    #[arg(long, value_name = "DIGEST")]
    head: Option<AuditDigest>,

    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,

    /// The audit file
    #[arg(value_name = "AUDIT.ndjson")]
    file: PathBuf,
}

#[derive(Default, serde::Serialize)]
struct Found {
    sound: bool,
    entries: Option<u64>,
    torn_lines: Vec<u64>,
    head: Option<String>,
    problem: Option<String>,
}

pub(crate) fn run(args: &Args, _: &Console) -> Result<Answer, Failure> {
    let found = match check_audit(&args.file, args.head) {
        Ok(report) => Found {
            sound: true,
            entries: Some(report.entries),
            torn_lines: report.torn,
            head: Some(report.head.to_string()),
            problem: None,
        },
        Err(error @ AuditError::Unreadable { .. }) => return Err(Failure::from_error(Exit::Input, &error)),
        Err(error) => Found { problem: Some(error.to_string()), ..Found::default() },
    };
    Output::answer(args.json, &found, |output| lines(&found, output))?;
    Ok(if found.sound { Answer::Yes } else { Answer::No })
}

fn lines(found: &Found, output: &mut Output) -> std::io::Result<()> {
    for line in &found.torn_lines {
        writeln!(output, "line {line} was cut by a crash: no decision was given for it")?;
    }
    match found {
        Found { entries: Some(entries), head: Some(head), .. } => {
            writeln!(output, "sound: {entries} entries, head {head}")
        }
        _ => writeln!(output, "NOT SOUND: {}", found.problem.as_deref().unwrap_or_default()),
    }
}
