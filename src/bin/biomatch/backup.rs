//! `biomatch backup` and `biomatch restore`: copy a gallery to another folder and prove the copy.

use std::io::Write;
use std::path::PathBuf;

use biomatch::gallery::{self, CopyReport, GalleryError};

use crate::console::Console;
use crate::exit::{Answer, Failure};
use crate::output::Output;

/// Back up a gallery to a folder, while it is in use
///
/// The backup holds one acknowledged state. Files that the folder has already are proved by their digests
/// and not copied again; everything that is written is read back. An interrupted backup leaves the earlier
/// one. A backup can be verified and searched, but only a backup changes it: restore it to another folder
/// to enrol.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch backup --gallery citizens --to /mnt/backup/citizens
  biomatch verify --gallery /mnt/backup/citizens")]
pub(crate) struct BackupArgs {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// The backup's folder: missing, empty, or an earlier backup of the same gallery
    #[arg(long, value_name = "DIR")]
    to: PathBuf,

    /// One JSON object instead of a line
    #[arg(long)]
    json: bool,
}

/// Restore a gallery from a backup into an empty folder
///
/// All files are proved by their digests, and the gallery appears as a whole or not at all. It keeps its
/// identity: never write to it and to the gallery that was backed up. The next run clears what an interrupted
/// run left.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch restore --from /mnt/backup/citizens --to citizens")]
pub(crate) struct RestoreArgs {
    /// The backup's folder
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// The gallery's folder: missing or empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,

    /// One JSON object instead of a line
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Copied {
    identity: String,
    generation: u64,
    payload: String,
    copied_files: usize,
    copied_bytes: u64,
    kept_files: usize,
    kept_bytes: u64,
    removed_files: usize,
}

pub(crate) fn backup(args: &BackupArgs, console: &Console) -> Result<Answer, Failure> {
    copy(args.json, console, "backing up", |progress| gallery::backup_with(&args.gallery, &args.to, progress))
}

pub(crate) fn restore(args: &RestoreArgs, console: &Console) -> Result<Answer, Failure> {
    copy(args.json, console, "restoring", |progress| gallery::restore_with(&args.from, &args.to, progress))
}

fn copy(
    as_json: bool,
    console: &Console,
    what: &'static str,
    work: impl FnOnce(&mut dyn FnMut(u64)) -> Result<CopyReport, GalleryError>,
) -> Result<Answer, Failure> {
    let bar = console.counter(what);
    let report = work(&mut |bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let report = report?;
    let copied = Copied {
        identity: hex::encode(report.identity),
        generation: report.generation.value(),
        payload: hex::encode(report.payload),
        copied_files: report.copied_files,
        copied_bytes: report.copied_bytes,
        kept_files: report.kept_files,
        kept_bytes: report.kept_bytes,
        removed_files: report.removed_files,
    };
    Output::answer(as_json, &copied, |output| {
        let Copied { generation, copied_files, copied_bytes, kept_files, kept_bytes, .. } = &copied;
        writeln!(
            output,
            "generation {generation}: {copied_files} files copied ({copied_bytes} bytes), {kept_files} kept ({kept_bytes} bytes)"
        )
    })?;
    Ok(Answer::Yes)
}
