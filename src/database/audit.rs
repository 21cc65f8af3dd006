//! The record of decisions and changes: one entry each. A decision that could not be recorded is none, and
//! a change is not made.

use std::io;
use std::time::Duration;

use serde::Serialize;

use crate::gallery::ReferenceId;
use crate::subject::SubjectId;

use super::decision::as_text;
use super::{Evidence, LockReason, ReferReason};

/// Where entries go. Called once for each decision, after it is made and before it is given to the
/// caller, from whatever thread decides; and for the changes of a commit together, before they are made.
pub trait Audit: Send + Sync {
    /// Keeps an entry, durably by the sink's own measure.
    ///
    /// # Errors
    /// Anything that makes the entry uncertain: the decision then fails with
    /// [`super::DatabaseError::Audit`].
    fn record(&self, entry: &AuditEntry<'_>) -> io::Result<()>;

    /// Keeps several entries, in their order; one after the other unless the sink has a cheaper way.
    ///
    /// # Errors
    /// As [`Audit::record`]; the changes are then not made. Some of the entries may have been kept.
    fn record_all(&self, entries: &[AuditEntry<'_>]) -> io::Result<()> {
        entries.iter().try_for_each(|entry| self.record(entry))
    }
}

/// One decision or change. Holds scores and rates, never samples, minutiae or embeddings.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEntry<'a> {
    /// What was asked and what came of it.
    #[serde(flatten)]
    pub event: AuditEvent<'a>,
    /// The state of the gallery that was asked, or that was to be changed.
    pub generation: u64,
    /// Version of this crate.
    pub engine: &'static str,
    /// The fingerprint table's name.
    pub finger_calibration: &'a str,
    /// How long it took; of a change the time until it was recorded.
    #[serde(rename = "microseconds", serialize_with = "as_microseconds")]
    pub took: Duration,
}

/// What was asked and what came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditEvent<'a> {
    /// A claim against one citizen.
    Authenticate {
        /// The claimed citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
        /// What was decided.
        outcome: AuditOutcome<'a>,
    },
    /// A search of all citizens.
    Identify {
        /// Comparisons made.
        compared: u64,
        /// The candidates returned, best first.
        candidates: Vec<AuditCandidate>,
        /// References that could not be compared because their records are damaged.
        damaged: usize,
    },
    /// References of a citizen are added.
    Enrol {
        /// The citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
        /// How many.
        references: usize,
    },
    /// A reference of a citizen is replaced by a new one.
    Replace {
        /// The citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
        /// The reference that goes.
        #[serde(serialize_with = "as_text")]
        reference: ReferenceId,
    },
    /// A reference of a citizen is removed.
    Remove {
        /// The citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
        /// The reference.
        #[serde(serialize_with = "as_text")]
        reference: ReferenceId,
    },
    /// A citizen is deleted.
    Delete {
        /// The citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
    },
    /// A citizen is deleted, and the bytes are to leave the files.
    Erase {
        /// The citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
    },
    /// A citizen is locked.
    Lock {
        /// The citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
        /// Why.
        #[serde(serialize_with = "as_text")]
        why: LockReason,
    },
    /// A citizen's lock ends.
    Unlock {
        /// The citizen.
        #[serde(serialize_with = "as_text")]
        citizen: SubjectId,
    },
    /// A writer took the gallery and had to settle what another one left.
    Recover {
        /// Whole batches that nobody had been told of, and that were kept.
        kept_batches: u64,
        /// Bytes that were cut from the log, and kept aside.
        cut_bytes: u64,
        /// Files that were set aside, under their new names.
        set_aside: Vec<String>,
        /// Files that were removed: never whole, or proved to be superfluous.
        removed_files: Vec<String>,
        /// Whether the files were of an earlier version, and were written anew.
        migrated: bool,
    },
    /// The disk failed while changes that were recorded just before were made: the gallery has all or none
    /// of them.
    CommitFailed {
        /// How many changes.
        changes: usize,
        /// The error's text.
        error: String,
    },
}

/// A candidate of an identification.
#[derive(Clone, Debug, Serialize)]
pub struct AuditCandidate {
    /// Who.
    #[serde(serialize_with = "as_text")]
    pub citizen: SubjectId,
    /// How many strangers are expected to be as good, at most.
    pub expected_false: f64,
}

/// What an authentication came to.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum AuditOutcome<'a> {
    /// Accepted, with what it rests on.
    Accept(&'a Evidence),
    /// Rejected, with what it rests on.
    Reject(&'a Evidence),
    /// Referred.
    Refer(&'a ReferReason),
    /// Failed; no decision was made.
    Error {
        /// The error's text.
        error: String,
    },
}

fn as_microseconds<S: serde::Serializer>(took: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u64(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}
