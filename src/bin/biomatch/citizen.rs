//! `biomatch delete`, `lock`, `unlock`: one citizen of a gallery.

use std::path::PathBuf;

use biomatch::citizen::CitizenId;
use biomatch::database::{CitizenDatabase, CitizenWriter, DatabaseError, LockReason};

use crate::audit::AuditOption;
use crate::console::Console;
use crate::deciding::failure;
use crate::enrol::tell_recovery;
use crate::exit::{Answer, Failure};

/// Which citizen of which gallery.
#[derive(Debug, clap::Args)]
struct Of {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// The personal number, 12 digits
    #[arg(long, value_name = "ID")]
    citizen: CitizenId,

    #[command(flatten)]
    audit: AuditOption,
}

/// Delete a citizen: all references, and the lock
///
/// The citizen is unknown from then on. The bytes are still in the gallery's files until they are
/// rewritten: by `biomatch compact`, or now with --compact.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch delete --gallery citizens --citizen 001090000101 --compact")]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    of: Of,

    /// Rewrite the files now, so that no byte of the citizen is in any of them
    #[arg(long)]
    compact: bool,
}

/// Lock a citizen: claims are referred, before anything is compared
///
/// The references stay, and a search still finds the citizen and states the reason. Locking again
/// replaces the reason.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch lock --gallery citizens --citizen 001090000101 --reason card_revoked")]
pub(crate) struct LockArgs {
    #[command(flatten)]
    of: Of,

    /// Why: holder_request, terms_broken, card_revoked, death or authority
    #[arg(long, value_name = "REASON")]
    reason: LockReason,
}

/// Unlock a citizen
///
/// Claims are decided again from the next one on, in every process that has the gallery open.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch unlock --gallery citizens --citizen 001090000101")]
pub(crate) struct UnlockArgs {
    #[command(flatten)]
    of: Of,
}

/// Rewrite a gallery's files, so that no byte of what was deleted is in any of them
///
/// Also joins segments, so that the next opening and search are faster. Needs as much free space
/// as the gallery takes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch compact --gallery citizens")]
pub(crate) struct CompactArgs {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,
}

pub(crate) fn delete(args: &DeleteArgs, console: &Console) -> Result<Answer, Failure> {
    change(&args.of.gallery, &args.of.audit, console, |writer| {
        writer.delete(args.of.citizen)?;
        if args.compact { writer.compact() } else { Ok(()) }
    })
}

pub(crate) fn lock(args: &LockArgs, console: &Console) -> Result<Answer, Failure> {
    change(&args.of.gallery, &args.of.audit, console, |writer| writer.lock(args.of.citizen, args.reason))
}

pub(crate) fn unlock(args: &UnlockArgs, console: &Console) -> Result<Answer, Failure> {
    change(&args.of.gallery, &args.of.audit, console, |writer| writer.unlock(args.of.citizen))
}

pub(crate) fn compact(args: &CompactArgs, console: &Console) -> Result<Answer, Failure> {
    change(&args.gallery, &AuditOption::default(), console, CitizenWriter::compact)
}

fn change(
    gallery: &PathBuf,
    audit: &AuditOption,
    console: &Console,
    work: impl FnOnce(&CitizenWriter) -> Result<(), DatabaseError>,
) -> Result<Answer, Failure> {
    let options = audit.of(CitizenDatabase::options().gallery(console.gallery()))?;
    let changed = || {
        let database = options.open(gallery)?;
        let writer = database.writer()?;
        tell_recovery(&writer, console);
        work(&writer)?;
        writer.commit()
    };
    let commit = changed().map_err(|error| failure(&error))?;
    let done = if commit.unchanged().is_empty() { "done" } else { "nothing changed: it was so already" };
    console.note(format_args!("{done}; the gallery is at generation {}", commit.generation()));
    Ok(Answer::Yes)
}
