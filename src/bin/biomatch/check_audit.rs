//! `biomatch check-audit`: checks that audit files are as written.

use std::io::Write;
use std::path::PathBuf;

use biomatch::database::{AuditDigest, AuditError, AuditReport, check_audit_files};

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure};
use crate::output::Output;

/// Check that no line of an audit file was changed, removed, moved or inserted
///
/// Every line names the digest of the line before. The command prints the number of entries and the head,
/// the digest of the last line. Keep heads out of reach of whoever can write the file, and name one
/// with --head: without it the check cannot show that the last lines are missing, or that the whole file was
/// written anew.
///
/// Files of a rotation are given in their order, the oldest first; each must continue the one before.
///
/// Exit code 0 if the files are sound. Exit code 1 if they are not, or if the newest line is not whole: a
/// crash leaves that, and so does later damage, so that it is unknown whether its decision was given.
/// Standard output lists the faults.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch check-audit audit.ndjson
  biomatch check-audit --head 1f0c...9a audit.ndjson
  biomatch check-audit audit.ndjson.0001 audit.ndjson.0002 audit.ndjson")]
pub(crate) struct Args {
    /// A head that an earlier check printed; its line must still be there
    #[arg(long, value_name = "DIGEST")]
    head: Option<AuditDigest>,

    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,

    /// The audit file, or the files of a rotation, the oldest first
    #[arg(value_name = "AUDIT.ndjson", required = true)]
    files: Vec<PathBuf>,
}

#[derive(Default, serde::Serialize)]
struct Found {
    sound: bool,
    entries: Option<u64>,
    head: Option<String>,
    files: Vec<FoundFile>,
    problem: Option<String>,
}

#[derive(serde::Serialize)]
struct FoundFile {
    file: String,
    entries: u64,
    torn_lines: Vec<u64>,
    unfinished_line: Option<u64>,
    continues: Option<String>,
    second_name_of: Option<String>,
    closed: bool,
}

pub(crate) fn run(args: &Args, _: &Console) -> Result<Answer, Failure> {
    let found = match check_audit_files(&args.files, args.head) {
        Ok(reports) => Found {
            sound: reports.iter().all(AuditReport::is_whole),
            entries: Some(reports.iter().map(|report| report.entries).sum()),
            head: reports.last().map(|report| report.head.to_string()),
            files: args.files.iter().zip(reports).map(|(file, report)| file_found(file, report)).collect(),
            problem: None,
        },
        Err(AuditError::Unreadable(error)) => return Err(Failure::from_error(Exit::Input, &error)),
        Err(error) => Found { problem: Some(error.to_string()), ..Found::default() },
    };
    Output::answer(args.json, &found, |output| lines(&found, output))?;
    Ok(if found.sound { Answer::Yes } else { Answer::No })
}

fn file_found(file: &std::path::Path, report: AuditReport) -> FoundFile {
    FoundFile {
        file: file.to_string_lossy().into_owned(),
        entries: report.entries,
        torn_lines: report.torn,
        unfinished_line: report.unfinished,
        continues: report.continues,
        second_name_of: report.second_name_of.map(|path| path.to_string_lossy().into_owned()),
        closed: report.closed,
    }
}

fn lines(found: &Found, output: &mut Output) -> std::io::Result<()> {
    let several = found.files.len() > 1;
    for (file, number) in found.files.iter().zip(1..) {
        let name = file.file.escape_debug();
        let of = if several { format!(" of {name}") } else { String::new() };
        if let (1, Some(before)) = (number, &file.continues) {
            writeln!(output, "{name} continues {}, which was not given", before.escape_debug())?;
        }
        for line in &file.torn_lines {
            writeln!(output, "line {line}{of} was cut by a crash before the next line was written")?;
        }
        if let Some(line) = file.unfinished_line {
            writeln!(
                output,
                "line {line}{of}, the newest, is not whole: it is unknown whether its decision was given, and whether lines after it are missing"
            )?;
        }
        if let Some(kept) = &file.second_name_of {
            writeln!(
                output,
                "{name} and {} are one file: a rotation was interrupted, and the next opening finishes it",
                kept.escape_debug()
            )?;
        } else if file.closed && number == found.files.len() {
            writeln!(output, "{name} was closed by a rotation: the file that continues it was not given")?;
        }
    }
    let (Some(entries), Some(head)) = (&found.entries, &found.head) else {
        return writeln!(output, "NOT SOUND: {}", found.problem.as_deref().unwrap_or_default());
    };
    let verdict = if found.sound { "sound" } else { "END UNKNOWN" };
    let files = if several { format!(" in {} files", found.files.len()) } else { String::new() };
    writeln!(output, "{verdict}: {entries} entries{files}, head {head}")
}
