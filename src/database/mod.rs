//! The citizen database: enrol, authenticate, identify, decide.
//!
//! [`CitizenDatabase`] is what a registration service embeds. A [`Policy`] says what a claim must
//! show; a [`Decision`] says what it showed, with every comparison, its calibrated rate and what
//! stands behind that rate. `docs/decisions.md` says what each outcome means and how far a rate
//! can be trusted.

mod audit;
mod audit_check;
mod audit_file;
mod audit_line;
mod authenticate;
mod calibrations;
mod change_record;
mod changes;
mod citizens;
mod decision;
mod enrolment;
mod error;
mod identification;
mod identify;
mod judge;
mod lock_reason;
mod options;
mod plan;
mod policy;
mod probe;
mod writer;

pub use audit::{Audit, AuditCandidate, AuditEntry, AuditEvent, AuditOutcome};
pub use audit_check::{AuditError, AuditReport, check_audit, check_audit_files};
pub use audit_file::{AuditFile, AuditFileError};
pub use audit_line::{AuditDigest, AuditDigestError};
pub use calibrations::Calibrations;
pub use citizens::{CitizenDatabase, CitizenSnapshot};
pub use decision::{Comparison, Decision, Evidence, Modality, ModalityEvidence, ReferReason, Verdict};
pub use enrolment::Enrolment;
pub use error::DatabaseError;
pub use identification::{Approximation, Candidate, Identification, Identify};
pub use lock_reason::{LockReason, LockReasonError};
pub use options::Options;
pub use policy::Policy;
pub use probe::Probe;
pub use writer::CitizenWriter;
