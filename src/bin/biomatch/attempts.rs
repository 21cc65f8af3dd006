//! `biomatch attempts`: the file that counts failed attempts on a gallery, and the option that names it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use biomatch::attempts::{
    AttemptLimits, AttemptsError, AttemptsFile, AttemptsSummary, Judgement, Moment, Presentation, Refusal,
};
use biomatch::database::{CitizenDatabase, DatabaseError};
use biomatch::escape::Escaped;
use biomatch::input;
use biomatch::subject::SubjectId;
use biomatch::units::Timestamp;

use crate::audit::AuditOption;
use crate::console::Console;
use crate::deciding::failure;
use crate::exit::{Answer, Exit, Failure};
use crate::output::Output;

/// Limit failed attempts on a gallery, show them, and unlock citizens
///
/// After `attempts create` every claim on the gallery is counted, in a file in a folder beside the gallery, and
/// `authenticate` decides none without it. After 5 failures in a row a citizen must wait at least 30 seconds between
/// attempts, each time twice as long, up to an hour; after 50 an officer must unlock the citizen
/// (NIST SP 800-63B-4; docs/attempts.md). Searches name no citizen, and are not limited.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch attempts create --gallery citizens --audit audit.ndjson
  biomatch attempts show --gallery citizens --citizen 001090000101
  biomatch attempts unlock --gallery citizens --citizen 001090000101 --audit audit.ndjson")]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Begin to limit attempts on a gallery
    Create(CreateArgs),
    /// Show how many citizens have failed attempts, or where one citizen stands
    Show(ShowArgs),
    /// Forget the failed attempts of a citizen, whom an officer has examined
    Unlock(UnlockArgs),
}

#[derive(Debug, clap::Args)]
struct Of {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    #[command(flatten)]
    attempts: AttemptsOption,
}

#[derive(Debug, clap::Args)]
struct CreateArgs {
    #[command(flatten)]
    of: Of,

    /// Begin a new file although the gallery names another one, which was lost: its failures are forgotten
    #[arg(long)]
    replace: bool,

    #[command(flatten)]
    audit: AuditOption,
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    of: Of,

    /// One citizen: 12 digits, a UUID, or 0x and hexadecimal digits
    #[arg(long, value_name = "ID")]
    citizen: Option<SubjectId>,

    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct UnlockArgs {
    #[command(flatten)]
    of: Of,

    /// The citizen: 12 digits, a UUID, or 0x and hexadecimal digits
    #[arg(long, value_name = "ID")]
    citizen: SubjectId,

    #[command(flatten)]
    audit: AuditOption,
}

/// Where attempts are counted, and the limits.
#[derive(Debug, clap::Args)]
pub(crate) struct AttemptsOption {
    /// The folder of the file that counts failed attempts [default: the gallery's folder with .attempts added, if it
    /// is there]
    #[arg(long, value_name = "DIR")]
    attempts: Option<PathBuf>,

    /// Stricter limits of failed attempts as JSON (docs/attempts.md)
    #[arg(long, value_name = "FILE.json")]
    attempt_limits: Option<PathBuf>,
}

impl AttemptsOption {
    fn folder(&self, gallery: &Path) -> PathBuf {
        self.attempts.clone().unwrap_or_else(|| {
            // Also of `citizens/`, and of `.`.
            let gallery = std::fs::canonicalize(gallery).unwrap_or_else(|_| gallery.to_owned());
            let mut folder = gallery.into_os_string();
            folder.push(".attempts");
            folder.into()
        })
    }

    fn limits(&self) -> Result<AttemptLimits, Failure> {
        let Some(path) = &self.attempt_limits else { return Ok(AttemptLimits::default()) };
        let text = input::read_text(path, input::MAX_MODEL)?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(path))))
    }

    /// The file that is named, or the one beside the gallery if there is one.
    pub(crate) fn open(&self, gallery: &Path) -> Result<Option<Arc<AttemptsFile>>, Failure> {
        let limits = self.limits()?;
        match AttemptsFile::open(self.folder(gallery)) {
            Err(AttemptsError::Missing { .. }) if self.attempts.is_none() => Ok(None),
            opened => Ok(Some(Arc::new(opened.map_err(failed)?.limits(limits)))),
        }
    }
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    match &args.task {
        Task::Create(args) => create(args, console),
        Task::Show(args) => show(args, console),
        Task::Unlock(args) => unlock(args, console),
    }
}

fn failed(error: AttemptsError) -> Failure {
    failure(&DatabaseError::from(error))
}

fn create(args: &CreateArgs, console: &Console) -> Result<Answer, Failure> {
    let options = args.audit.of(CitizenDatabase::options().gallery(console.gallery()))?;
    let database = options.open(&args.of.gallery).map_err(|error| failure(&error))?;
    let gallery = database.gallery();
    let folder = args.of.attempts.folder(&args.of.gallery);
    let (file, is_new) = match AttemptsFile::open(&folder) {
        Err(AttemptsError::Missing { .. }) => {
            // Nothing is begun beside a gallery that refuses it. To replace the file also mends a damaged name of it.
            let named = if args.replace { None } else { gallery.limiter().map_err(Failure::from)? };
            if let Some(expected) = named {
                let gallery = gallery.directory();
                return Err(failed(AttemptsError::OtherLimiter { gallery, expected, found: None }));
            }
            (AttemptsFile::create(&folder, Some(gallery.identity())).map_err(failed)?, true)
        }
        opened => (opened.map_err(failed)?, false),
    };
    let limited = if args.replace { database.replace_limiter(&file) } else { database.limit_attempts(&file) };
    limited.map_err(|error| failure(&error))?;
    let begun = if is_new { "" } else { ", in the file that is there; its failures still count" };
    console.note(format_args!("attempts are counted in {}{begun}", Escaped::new(&folder)));
    Ok(Answer::Yes)
}

/// Where one citizen stands.
#[derive(serde::Serialize)]
struct Shown {
    citizen: SubjectId,
    failures: u32,
    next: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

fn open(
    of: &Of,
    audit: &AuditOption,
    console: &Console,
) -> Result<(CitizenDatabase, Arc<AttemptsFile>), Failure> {
    let file = of.attempts.open(&of.gallery)?;
    let file =
        file.ok_or_else(|| failed(AttemptsError::Missing { folder: of.attempts.folder(&of.gallery) }))?;
    let options = CitizenDatabase::options().gallery(console.gallery()).attempts(file.clone());
    let database = audit.of(options)?.open(&of.gallery).map_err(|error| failure(&error))?;
    Ok((database, file))
}

fn show(args: &ShowArgs, console: &Console) -> Result<Answer, Failure> {
    let (database, file) = open(&args.of, &AuditOption::default(), console)?;
    let Some(citizen) = args.citizen else {
        let summary = file.summary().map_err(failed)?;
        Output::answer(args.json, &summary, |output| summary_lines(&summary, output))?;
        return Ok(Answer::Yes);
    };
    let standing = database.attempts(citizen).map_err(|error| failure(&error))?;
    let now = Moment::from(SystemTime::now());
    let (next, until) = match standing.judge(&args.of.attempts.limits()?, Presentation::Unchecked, now) {
        Judgement::Granted(_) => ("now", None),
        Judgement::Refused(Refusal::Throttled { until }, _) => ("throttled", Some(until.unix_seconds())),
        Judgement::Refused(Refusal::OfficerMustUnlock, _) => ("officer_must_unlock", None),
    };
    let shown = Shown { citizen, failures: standing.failures, next, until };
    Output::answer(args.json, &shown, |output| {
        writeln!(output, "failed attempts in a row: {}", shown.failures)?;
        match shown.until {
            Some(until) => writeln!(output, "next attempt: {}", Timestamp::from_unix_seconds(until)),
            None => writeln!(output, "next attempt: {}", shown.next.replace('_', " ")),
        }
    })?;
    Ok(Answer::Yes)
}

fn summary_lines(summary: &AttemptsSummary, output: &mut Output) -> std::io::Result<()> {
    writeln!(output, "citizens with failed attempts: {}", summary.with_failures)?;
    writeln!(output, "who must wait: {}", summary.throttled)?;
    writeln!(output, "whom an officer must unlock: {}", summary.stopped)
}

fn unlock(args: &UnlockArgs, console: &Console) -> Result<Answer, Failure> {
    let (database, _) = open(&args.of, &args.audit, console)?;
    let before = database.unlock_attempts(args.citizen).map_err(|error| failure(&error))?;
    match before.failures {
        0 => console.note("nothing changed: there were no failed attempts"),
        failures => console.note(format_args!("{failures} failed attempts are forgotten")),
    }
    Ok(Answer::Yes)
}
