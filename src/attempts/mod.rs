//! Limits of failed attempts, per subject, before any score is computed.
//!
//! [`Attempts`] is what a [`CitizenDatabase`](crate::database::CitizenDatabase) asks before it compares anything,
//! and [`AttemptsFile`] is the implementation in a file. An embedder with a database of its own implements the
//! trait there: [`Standing::judge`] is the rule, so that all decide alike.
//!
//! ---
//!
#![doc = include_str!("../../docs/attempts.md")]

mod error;
mod file;
mod limits;
mod standing;

pub use error::AttemptsError;
pub use file::{AttemptsFile, AttemptsSummary};
pub use limits::{AttemptLimits, AttemptLimitsError, Presentation};
pub use standing::{Judgement, Moment, Refusal, Standing};

use crate::subject::SubjectId;

/// Counts failed attempts, and refuses more of them than its limits allow. Shared by all threads that decide.
///
/// What counts in a database of one's own: [`Attempts::reserve`] is one transaction that reads the subject's row
/// for update, judges it, and commits the new standing before it returns.
pub trait Attempts: Send + Sync {
    /// Reserves an attempt, before anything is compared: it is counted as failed, durably, or refused. Two callers
    /// never both get the last one.
    ///
    /// # Errors
    /// It is not known whether the subject may try: then it may not.
    fn reserve(&self, subject: SubjectId, presentation: Presentation) -> Result<Reservation, AttemptsError>;

    /// Ends a reserved attempt. After an attempt that is never settled, because its process was killed, it stays
    /// counted as failed.
    ///
    /// # Errors
    /// It is not known whether the attempt still counts.
    fn settle(&self, attempt: Attempt, outcome: AttemptOutcome) -> Result<(), AttemptsError>;

    /// Where a subject stands.
    ///
    /// # Errors
    /// It is not known.
    fn standing(&self, subject: SubjectId) -> Result<Standing, AttemptsError>;

    /// Forgets the failures of a subject, whom an officer has examined; gives where it stood.
    ///
    /// # Errors
    /// They may still be counted.
    fn unlock(&self, subject: SubjectId) -> Result<Standing, AttemptsError>;

    /// What a gallery names as its limiter: sixteen random bytes, if it has them.
    fn identity(&self) -> Option<[u8; 16]> {
        None
    }

    /// Refuses a gallery whose attempts are not counted here.
    ///
    /// # Errors
    /// [`AttemptsError::OtherGallery`].
    fn check_gallery(&self, _identity: [u8; 16]) -> Result<(), AttemptsError> {
        Ok(())
    }
}

/// Whether an attempt may be made.
#[derive(Debug)]
#[must_use]
pub enum Reservation {
    /// It may, and must be settled.
    Granted(Attempt),
    /// It may not.
    Refused(Refusal),
}

/// An attempt that was granted, and counts as failed until it is settled.
#[derive(Debug)]
#[must_use = "an attempt that is not settled counts as failed"]
pub struct Attempt {
    subject: SubjectId,
    number: u64,
}

impl Attempt {
    /// An attempt of a subject; the number tells it from others.
    pub const fn new(subject: SubjectId, number: u64) -> Self {
        Self { subject, number }
    }

    /// Whose it is.
    pub const fn subject(&self) -> SubjectId {
        self.subject
    }

    /// Its number.
    pub const fn number(&self) -> u64 {
        self.number
    }
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptOutcome {
    /// The claim was accepted: no failures are counted any more.
    Accepted,
    /// The claim was rejected: the attempt failed.
    Rejected,
    /// The claim was referred, or an error ended it: the attempt does not count.
    Undecided,
}
