//! Progress and notes while a command runs, on stderr only.

use std::fmt::Display;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use biomatch::escape::Escaped;
use biomatch::fingerprint::codes::CodeModel;
use biomatch::{gallery, input};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::{Exit, Failure};

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// Worker threads, at most eight per processor or 64; results are the same for any number [default: one per
    /// processor]
    #[arg(long, global = true, value_name = "N", help_heading = "Common options")]
    threads: Option<NonZeroUsize>,

    /// The model of codes of the gallery, as `biomatch train-codes` writes it: always the same for one
    /// gallery. A command that changes a gallery makes the codes of another model again first
    /// [default: the shipped one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common options")]
    code_model: Option<PathBuf>,

    /// No progress bar and no notes; warnings and errors stay
    #[arg(long, short, global = true, help_heading = "Common options")]
    quiet: bool,
}

/// Most threads per processor. More threads do not make a run faster, and thousands of them make it and the
/// machine slow.
const MOST_THREADS_PER_PROCESSOR: usize = 8;

/// Threads that are allowed on every machine.
const MOST_THREADS_ANYWHERE: usize = 64;

/// Refuses an excessive number of threads, from the option or from the environment variables of rayon.
fn check_threads(option: Option<NonZeroUsize>) -> Result<(), Failure> {
    let variable = |name: &'static str| {
        let threads = std::env::var(name).ok()?.parse().ok()?;
        Some((name, threads)).filter(|_| option.is_none())
    };
    let asked = option.map(|threads| ("--threads", threads.get()));
    let asked = asked.or_else(|| variable("RAYON_NUM_THREADS")).or_else(|| variable("RAYON_RS_NUM_CPUS"));
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let most = processors.saturating_mul(MOST_THREADS_PER_PROCESSOR).max(MOST_THREADS_ANYWHERE);
    match asked {
        Some((name, threads)) if threads > most => {
            let message =
                format!("{name} {threads}: at most {most} threads are allowed with {processors} processors");
            Err(Failure::new(Exit::Usage, message))
        }
        _ => Ok(()),
    }
}

/// Writes a message to stderr as one escaped line. All messages of the program pass here.
pub(crate) fn tell(prefix: &str, message: impl Display) {
    let message = message.to_string();
    // A message that cannot be written is lost: there is no other place to report it.
    let _ = writeln!(io::stderr().lock(), "{prefix}{}", Escaped::new(&message));
}

/// The person's side of a run.
#[derive(Debug)]
pub(crate) struct Console {
    quiet: bool,
    gallery: gallery::GalleryOptions,
}

impl Console {
    /// Applies the common options: sizes rayon's global pool.
    pub(crate) fn new(common: &Common) -> Result<Self, Failure> {
        check_threads(common.threads)?;
        if let Some(threads) = common.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads.get())
                .build_global()
                .map_err(|error| Failure::new(Exit::Usage, format!("--threads {threads}: {error}")))?;
        }
        let mut gallery = gallery::GalleryOptions::default();
        if let Some(path) = &common.code_model {
            let bytes = input::read(path, input::MAX_MODEL)?;
            let model = CodeModel::read(&bytes)
                .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(path))))?;
            gallery = gallery.code_model(Arc::new(model));
        }
        Ok(Self { quiet: common.quiet, gallery })
    }

    /// How galleries are kept.
    pub(crate) fn gallery(&self) -> gallery::GalleryOptions {
        self.gallery.clone()
    }

    /// A progress bar over `total` steps; drawn only on a terminal and not when quiet.
    pub(crate) fn progress(&self, what: &'static str, total: usize) -> ProgressBar {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_message(what);
        let template = "{msg} [{bar:40}] {human_pos}/{human_len} {per_sec} eta {eta}";
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style.progress_chars("=> ")),
            Err(_) => bar,
        }
    }

    /// A counter of steps whose total is not known; drawn as [`Console::progress`] is.
    pub(crate) fn counter(&self, what: &'static str) -> ProgressBar {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what);
        match ProgressStyle::with_template("{spinner} {msg} {human_pos} {per_sec} {elapsed}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    /// Something good to know; silent when quiet.
    pub(crate) fn note(&self, message: impl Display) {
        if !self.quiet {
            tell("", message);
        }
    }

    /// Something that may be wrong; never silent.
    pub(crate) fn warn(&self, message: impl Display) {
        tell("biomatch: warning: ", message);
    }

    /// Something that failed while the run goes on; never silent.
    pub(crate) fn error(&self, message: impl Display) {
        tell("biomatch: ", message);
    }
}
