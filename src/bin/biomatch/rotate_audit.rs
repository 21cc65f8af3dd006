//! `biomatch rotate-audit`: closes an audit file and continues in a new one.

use std::io::Write;
use std::path::PathBuf;

use biomatch::database::{AuditFile, AuditFileError};

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure};
use crate::output::Output;

/// Close an audit file, keep it under a number, and continue in a new one
///
/// The file gets a last line that closes it, and keeps the name AUDIT.ndjson.0001, or the next number that is
/// free. A new AUDIT.ndjson continues the chain. Programs that have the file open follow at their next
/// entry; never move or remove the file by other means while they run. The numbered files may be moved
/// away: `biomatch check-audit` takes them in order.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  biomatch rotate-audit audit.ndjson")]
pub(crate) struct Args {
    /// One JSON object instead of a line
    #[arg(long)]
    json: bool,

    /// The audit file
    #[arg(value_name = "AUDIT.ndjson")]
    file: PathBuf,
}

#[derive(serde::Serialize)]
struct Rotated {
    closed: String,
}

pub(crate) fn run(args: &Args, _: &Console) -> Result<Answer, Failure> {
    // None is created to be closed at once.
    let name = args.file.to_string_lossy();
    std::fs::symlink_metadata(&args.file)
        .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", name.escape_debug())))?;
    let failed = |error: AuditFileError| Failure::from_error(Exit::Output, &error);
    let kept = AuditFile::append(&args.file).map_err(failed)?.rotate().map_err(failed)?;
    let kept = args.file.with_file_name(kept.file_name().unwrap_or_default());
    let rotated = Rotated { closed: kept.to_string_lossy().into_owned() };
    Output::answer(args.json, &rotated, |output| {
        writeln!(output, "closed: {}", rotated.closed.escape_debug())
    })?;
    Ok(Answer::Yes)
}
