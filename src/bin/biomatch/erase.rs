//! `biomatch remove` and `biomatch erase`: one reference, or every byte of a citizen.

use std::path::PathBuf;
use std::time::Duration;

use biomatch::database::{CitizenDatabase, CitizenWriter, DatabaseError};
use biomatch::escape::Escaped;
use biomatch::gallery::{ErasureState, ReferenceId};
use biomatch::subject::SubjectId;

use crate::audit::AuditOption;
use crate::console::Console;
use crate::deciding::failure;
use crate::enrol::tell_recovery;
use crate::exit::{Answer, Failure};

/// Remove one reference of a citizen
///
/// The others stay, and so does a lock. A citizen without references is unknown, unless locked. The bytes
/// leave the files with `biomatch compact`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch remove --gallery citizens --citizen 001090000101 --reference 17")]
pub(crate) struct RemoveArgs {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// The citizen: 12 digits, a UUID, or 0x and hexadecimal digits
    #[arg(long, value_name = "ID")]
    citizen: SubjectId,

    /// The reference's number, as `enrol` and searches print it
    #[arg(long, value_name = "N")]
    reference: u64,

    #[command(flatten)]
    audit: AuditOption,
}

/// Delete a citizen, and remove every byte of them from the gallery's files
///
/// The citizen is unknown at once. Only the files that hold bytes of them are rewritten. Standard output
/// has the progress; exit code 0 if the erasure is done, 1 if it still waits for something. The next writer
/// continues an unfinished erasure.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch erase --gallery citizens --citizen 001090000101
  biomatch erase --gallery citizens --citizen 0x6a6f --wait 600")]
pub(crate) struct EraseArgs {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// The citizen: 12 digits, a UUID, or 0x and hexadecimal digits
    #[arg(long, value_name = "ID")]
    citizen: SubjectId,

    /// How long to wait for it to be done
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u32,

    #[command(flatten)]
    audit: AuditOption,
}

pub(crate) fn remove(args: &RemoveArgs, console: &Console) -> Result<Answer, Failure> {
    let reference = ReferenceId::from_value(args.reference);
    let generation = with_writer(&args.gallery, &args.audit, console, |writer| {
        writer.remove(args.citizen, reference)?;
        Ok(writer.commit()?.generation())
    })?;
    console.note(format_args!("done; the gallery is at generation {generation}"));
    Ok(Answer::Yes)
}

pub(crate) fn erase(args: &EraseArgs, console: &Console) -> Result<Answer, Failure> {
    let bar = console.counter("erasing");
    bar.enable_steady_tick(Duration::from_millis(100));
    let wait = Duration::from_secs(args.wait.into());
    let state = with_writer(&args.gallery, &args.audit, console, |writer| {
        let ticket = writer.erase(args.citizen)?;
        let state = writer.wait_erased(&ticket, wait)?;
        if let Some(error) = writer.maintenance_failure() {
            console.warn(format_args!("the files could not be rewritten: {error}"));
        }
        Ok(state)
    });
    bar.finish_and_clear();
    let state = state?;
    let text = match &state {
        ErasureState::Done => {
            "done: no file and no program that has the gallery open holds a byte".to_owned()
        }
        ErasureState::Pending => "deleted; files still hold bytes, and the next writer goes on".to_owned(),
        ErasureState::Mapped { files } => {
            format!(
                "deleted; {files} removed files are still open in some program: let it take a new snapshot, or end it"
            )
        }
        ErasureState::SetAside { files } => {
            let names: Vec<_> = files.iter().map(|name| Escaped::new(name).to_string()).collect();
            format!("deleted; what a recovery set aside may hold bytes: {}", names.join(", "))
        }
        _ => "deleted; the state of the files is unknown".to_owned(),
    };
    crate::output::Output::answer(false, &(), |output| {
        use std::io::Write;
        writeln!(output, "{text}")
    })?;
    Ok(if state == ErasureState::Done { Answer::Yes } else { Answer::No })
}

fn with_writer<R>(
    gallery: &PathBuf,
    audit: &AuditOption,
    console: &Console,
    work: impl FnOnce(&CitizenWriter) -> Result<R, DatabaseError>,
) -> Result<R, Failure> {
    let options = audit.of(CitizenDatabase::options().gallery(console.gallery()))?;
    let changed = || {
        // The database itself would hold a snapshot with the bytes that are to go.
        let writer = options.open(gallery)?.writer()?;
        tell_recovery(&writer, console);
        work(&writer)
    };
    changed().map_err(|error| failure(&error))
}
