//! How a run ends: the exit codes, and the failures that choose one.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use biomatch::database::DatabaseError;
use biomatch::escape::Escaped;
use biomatch::gallery::GalleryError;
use biomatch::input::InputError;
use biomatch::search::SearchError;

use crate::console::{self, Console};

/// The result of a command that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done; the result of a claim or a check is positive.
    Yes,
    /// Done, and the result is negative.
    No,
    /// Done, but undecided: a human officer must resolve the claim.
    Referred,
}

/// Why a command could not run to its end. Listed in the program's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The arguments contradict each other, the input or the gallery, or the environment asks for what there is
    /// not.
    Usage = 2,
    /// An input cannot be read or is not what it should be.
    Input = 3,
    /// The gallery or its file of attempts cannot be opened, read or written, is locked, or is damaged.
    Gallery = 4,
    /// The output or the audit cannot be written.
    Output = 5,
    /// The gallery has no such citizen, reference or face model.
    Unknown = 7,
}

/// The exit codes, for the end of the program's help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done; for a claim or a check, the result is positive
  1  done, and the result is negative: a claim was rejected, enrol skipped lines, verify or models check found
     damage, repair lost something, or an erasure still waits
  2  the command line is wrong: its options contradict each other, the input or the gallery (two calibrations of
     one model, a rate that no calibration states, another code model, another file of attempts), or
     BIOMATCH_KERNELS names kernels that this processor does not have
  3  an input file is missing, unreadable or not what it should be
  4  the gallery, or the file that counts attempts on it, cannot be opened, read or written, is locked by another
     process, or is damaged
  5  the output or the audit cannot be written
  6  done, but undecided: a claim is referred, because something could not be compared, the citizen is unknown, or
     too many attempts failed
  7  the gallery does not have the citizen, the reference or the face model that is to be changed or searched for
Each command uses those that it can meet, with these meanings.
A reader that closes the pipe early (`biomatch ... | head`) ends the run quietly with 5: nobody read the
result.";

/// A failure: the exit code and one line for stderr.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    /// The message was told, or nobody is left to read the output.
    is_quiet: bool,
}

impl Failure {
    /// With a message of its own.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), is_quiet: false }
    }

    /// From an error and all that caused it.
    pub(crate) fn from_error(exit: Exit, error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some errors say their cause in their own words.
            if !message.ends_with(&text) {
                let _ = write!(message, ": {text}");
            }
            cause = error.source();
        }
        Self::new(exit, message)
    }

    /// The same, said of a file.
    pub(crate) fn within(mut self, path: &Path) -> Self {
        self.message = format!("{}: {}", Escaped::new(path), self.message);
        self
    }

    /// Tells of it as a warning instead of ending the run.
    pub(crate) fn warn(self, console: &Console) {
        if !self.is_quiet {
            console.warn(self.message);
        }
    }

    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::new(Exit::Input, format!("{}: {error}", Escaped::new(path)))
    }

    /// A failed write. A closed pipe is nobody's fault and says nothing.
    pub(crate) fn unwritable(name: &str, error: &io::Error) -> Self {
        let is_quiet = error.kind() == io::ErrorKind::BrokenPipe;
        let message = if is_quiet { "the reader closed the pipe".into() } else { format!("{name}: {error}") };
        Self { exit: Exit::Output, message, is_quiet }
    }

    /// Whether the output or the audit could not be written.
    pub(crate) fn is_of_output(&self) -> bool {
        self.exit == Exit::Output
    }

    /// The same exit code with another message.
    pub(crate) fn instead(self, message: String) -> Self {
        Self { message, ..self }
    }

    /// The same exit code, for a failure whose message was told.
    pub(crate) fn silently(self) -> Self {
        Self { is_quiet: true, ..self }
    }

    /// Prints the message and gives the exit code. A closed pipe has one too: 0 would say that a claim was accepted.
    pub(crate) fn report(self) -> ExitCode {
        if !self.is_quiet {
            console::tell("biomatch: ", self.message);
        }
        self.exit.into()
    }
}

impl From<&GalleryError> for Exit {
    fn from(error: &GalleryError) -> Self {
        use GalleryError as E;
        match error {
            E::UnknownCitizen { .. } | E::UnknownReference { .. } => Self::Unknown,
            E::Kernels(_) | E::CodeModel { .. } | E::SameFolder { .. } => Self::Usage,
            E::ModelDimension { .. }
            | E::TooMany { .. }
            | E::OtherPartition { .. }
            | E::RequestConflict { .. } => Self::Input,
            _ => Self::Gallery,
        }
    }
}

impl From<&SearchError> for Exit {
    fn from(error: &SearchError) -> Self {
        match error {
            SearchError::Model { .. } => Self::Unknown,
            SearchError::Gallery(error) => error.into(),
            _ => Self::Input,
        }
    }
}

impl From<&DatabaseError> for Exit {
    fn from(error: &DatabaseError) -> Self {
        use DatabaseError as E;
        match error {
            E::Gallery(error) => error.into(),
            E::DamagedRecord { .. } => Self::Gallery,
            E::Search(error) => error.into(),
            E::Audit(_) => Self::Output,
            E::Attempts(error) if error.is_configuration() => Self::Usage,
            E::Attempts(_) => Self::Gallery,
            E::Uncalibrated { .. }
            | E::WrongCalibration { .. }
            | E::TwoCalibrations { .. }
            | E::BeyondCalibration { .. }
            | E::NoLimiter => Self::Usage,
            _ => Self::Input,
        }
    }
}

impl From<GalleryError> for Failure {
    fn from(error: GalleryError) -> Self {
        Self::from_error((&error).into(), &error)
    }
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        Self::from_error((&error).into(), &error)
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::from_error(Exit::Input, &error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Yes => Self::SUCCESS,
            Answer::No => Self::from(1),
            Answer::Referred => Self::from(6),
        }
    }
}

/// Turns a library error into a failure with an exit code.
pub(crate) trait OrFail<T> {
    /// The value, or a failure that tells the error and its causes.
    fn or_fail(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Error> OrFail<T> for Result<T, E> {
    fn or_fail(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure::from_error(exit, &error))
    }
}
