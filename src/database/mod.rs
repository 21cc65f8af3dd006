//! The citizen database: enrol, authenticate, identify, decide.
//!
//! [`CitizenDatabase`] is what a registration service embeds. A [`Claim`] or a [`SearchRequest`] goes in, a
//! [`DecisionRecord`] or a [`SearchRecord`] comes out: the same value is returned, recorded by the audit and
//! serialised. A [`Policy`] says what a claim must show; a [`Decision`] says what it came to. `docs/decisions.md`
//! says what each outcome means and how far a rate can be trusted.
//!
//! # Watching it
//!
//! [`CitizenDatabase::counters`] tells what was done since the database was opened. With the crate `tracing` a
//! service sees spans, of target `biomatch` and level `DEBUG`; while nobody listens they cost a look at a flag.
//! No span holds a citizen's number, a sample, a score or a reference.
//!
//! | span | fields |
//! |---|---|
//! | `open` | `generation` |
//! | `commit` | `submissions`, `changes`, `generation` |
//! | `checkpoint` | `segments`: how many are rewritten |
//! | `merge` | inside a checkpoint, while rows are moved and joined: `segments` |
//! | `authenticate` | `generation`, `decision`, `comparisons` |
//! | `identify` | `generation`, `requests`, `comparisons`, `candidates` |
//!
//! ---
//!
#![doc = include_str!("../../docs/decisions.md")]

mod assignment;
mod audit;
mod authenticate;
mod calibrations;
mod change_record;
mod changes;
mod claim;
mod compare;
mod counters;
mod decide;
mod decision;
mod eligibility;
mod enrolled_probe;
mod enrolment;
mod error;
mod fuse;
mod handle;
mod limiter;
mod lock_reason;
mod opening;
mod options;
mod policy;
mod probe;
mod rank;
mod record;
mod sample;
mod search;
mod search_request;
mod writer;

pub use audit::{
    Audit, AuditDigest, AuditDigestError, AuditEntry, AuditError, AuditFile, AuditFileError, AuditReport,
    Change, ChangeEntry, check_audit, check_audit_files, check_audit_files_within,
};
pub use calibrations::Calibrations;
pub use claim::{CallerTag, CallerTagError, Claim, Purpose};
pub use counters::Counters;
pub use decision::{Comparison, Decision, FingerPair, FingersFound, ModalityEvidence, ReferReason, Verdict};
pub use eligibility::LeftOut;
pub use enrolment::Enrolment;
pub use error::DatabaseError;
pub use handle::{CitizenDatabase, CitizenSnapshot};
pub use lock_reason::{LockReason, LockReasonError};
pub use options::DatabaseOptions;
pub use policy::{FingerCount, FingerRule, Policy};
pub use probe::Probe;
pub use record::{
    Answered, CalibrationUsed, Claimed, DecisionRecord, FailedClaim, FailedSearch, NotCompared, Presented,
    PresentedFinger, RecordVersion, RequestNotMade, SearchRecord, Searched,
};
pub use search_request::{Asked, Candidate, FilterUsed, SearchRequest};
pub use writer::CitizenWriter;
