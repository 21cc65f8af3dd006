//! The audit: one entry for each decision, search and change. A decision that could not be recorded is none,
//! and a change that could not be recorded is not made.

mod check;
mod file;
mod group;
mod line;

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::gallery::{Generation, ReferenceId};
use crate::subject::SubjectId;

use super::LockReason;
use super::record::{DecisionRecord, FailedClaim, FailedSearch, RequestNotMade, SearchRecord, microseconds};

pub use check::{AuditError, AuditReport, check_audit, check_audit_files, check_audit_files_within};
pub use file::{AuditFile, AuditFileError};
pub use line::{AuditDigest, AuditDigestError};

/// Where entries go. Called for each decision after it is made and before it is given to the
/// caller, from whatever thread decides; and for the changes of a commit together, before they are made.
pub trait Audit: Send + Sync {
    /// Keeps several entries, in their order, durably by the sink's own measure.
    ///
    /// # Errors
    /// Anything that makes an entry uncertain: the decisions then fail with
    /// [`super::DatabaseError::Audit`], and changes are not made. Some of the entries may have been kept.
    fn record(&self, entries: &[AuditEntry]) -> io::Result<()>;
}

/// Whether an error of this kind may pass by itself: another process holds the lock, or there is no room.
pub(super) fn may_pass(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(kind, Kind::TimedOut | Kind::StorageFull | Kind::QuotaExceeded | Kind::Interrupted)
}

/// One decision, search or change. Holds scores and rates, never samples, minutiae or embeddings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditEntry {
    /// A claim was decided.
    Authenticate(DecisionRecord),
    /// A claim failed.
    AuthenticateFailed(FailedClaim),
    /// A claim failed before it could be made.
    AuthenticateNotMade(RequestNotMade),
    /// All citizens were searched.
    Identify(SearchRecord),
    /// A search failed.
    IdentifyFailed(FailedSearch),
    /// A search failed before it could be made.
    IdentifyNotMade(RequestNotMade),
    /// The gallery was changed.
    #[serde(untagged)]
    Change(ChangeEntry),
}

/// A change, and which state of the gallery it changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangeEntry {
    /// What was changed.
    #[serde(flatten)]
    pub change: Change,
    /// The state of the gallery that was to be changed.
    pub generation: Generation,
    /// Version of this crate.
    pub engine: String,
    /// The time until it was recorded.
    #[serde(rename = "microseconds", with = "microseconds")]
    pub took: Duration,
}

impl ChangeEntry {
    /// An entry of this version of the crate.
    pub fn new(change: Change, generation: Generation, took: Duration) -> Self {
        let took = microseconds::whole(took);
        Self { change, generation, engine: env!("CARGO_PKG_VERSION").to_owned(), took }
    }
}

/// A change of the gallery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// References of a citizen are added.
    Enrol {
        /// The citizen.
        citizen: SubjectId,
        /// How many.
        references: usize,
    },
    /// A reference of a citizen is replaced by a new one.
    Replace {
        /// The citizen.
        citizen: SubjectId,
        /// The reference that goes.
        reference: ReferenceId,
    },
    /// A reference of a citizen is removed.
    Remove {
        /// The citizen.
        citizen: SubjectId,
        /// The reference.
        reference: ReferenceId,
    },
    /// A citizen is deleted.
    Delete {
        /// The citizen.
        citizen: SubjectId,
    },
    /// A citizen is deleted, and the bytes are to leave the files.
    Erase {
        /// The citizen.
        citizen: SubjectId,
    },
    /// A citizen is locked.
    Lock {
        /// The citizen.
        citizen: SubjectId,
        /// Why.
        why: LockReason,
    },
    /// A citizen's lock ends.
    Unlock {
        /// The citizen.
        citizen: SubjectId,
    },
    /// Claims are limited by a file of attempts from now on.
    LimitAttempts {
        /// The identity of the file, 32 hexadecimal digits.
        limiter: String,
    },
    /// An officer ends the limits that a citizen's failed attempts had met.
    UnlockAttempts {
        /// The citizen.
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
    /// A change of this citizen, recorded just before and committed, changed nothing: a repeated request,
    /// samples that the citizen had already, a lock that was there already, or an unlock of somebody who was
    /// not locked, or had no failed attempts.
    Unchanged {
        /// The citizen.
        citizen: SubjectId,
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
