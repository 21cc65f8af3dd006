//! **biomatch** matches fingerprints and faces against a citizen database.
//!
//! Is this person the one whom the database knows under this number, and who of all citizens is this?
//! [`CitizenDatabase`] answers both from galleries that lie in memory-mapped files, with calibrated false match
//! rates, and never mistakes "could not tell" for "no".
//!
//! # Guide
//!
#![doc = include_str!("../docs/guide.md")]
//!
//! # Where to look
//!
//! * [`database`]: claims, searches, policies, records, the audit. [`template`]: what records say.
//!   [`gallery`]: what is stored, backup and repair. [`calibration`]: from scores to error rates.
//!   [`ingest`]: manifests and probe lists. [`attempts`]: limits of failed attempts. These are for services.
//! * [`face`], [`fingerprint`] and [`search`] score by themselves, for evaluations and for uses other than a
//!   database of citizens. [`evaluation`] states error rates of score files.
//! * `ARCHITECTURE.md` has the code map, the invariants and a glossary.
//!
//! # For embedding services
//!
//! A limit on the size of files (`ulimit -f`, `LimitFSIZE` of systemd) sends `SIGXFSZ` to a process that writes
//! beyond it, and that ends the process. A library does not change what signals do. A service that may run
//! under such a limit must ignore or handle `SIGXFSZ`: the write then fails and the call returns an I/O error.
//! The `biomatch` program does so with `signal_hook::flag::register`.

#[cfg(target_endian = "big")]
compile_error!("the on-disk format is little-endian and mapped without conversion");

#[cfg(not(unix))]
compile_error!("a gallery needs a POSIX file system: durable directory entries, locks, atomic renames");

pub mod citizen;
// Hidden modules serve the program, the benches and the fuzzers; nothing of them is promised.
#[doc(hidden)]
pub mod escape;
#[doc(hidden)]
pub mod input;
mod json;
mod random;
pub mod subject;
#[doc(hidden)]
pub mod text;
pub mod units;

#[cfg(feature = "training")]
mod algebra;
#[doc(hidden)]
pub mod kernels;
mod maths;
pub mod template;

#[cfg(feature = "pictures")]
pub mod picture;

#[cfg(feature = "pictures")]
pub mod extraction;

pub mod face;
pub mod fingerprint;
#[doc(hidden)]
pub mod storage;

pub mod attempts;

pub mod ingest;

pub mod gallery;

pub mod search;

pub mod calibration;

pub mod fusion;

pub mod database;

pub mod evaluation;

pub use calibration::Calibration;
pub use citizen::CitizenId;
pub use database::{
    CallerTag, CitizenDatabase, Claim, Decision, DecisionRecord, Enrolment, FingerRule, Policy, Probe,
    SearchRecord, SearchRequest,
};
pub use gallery::RequestId;
pub use subject::SubjectId;
pub use template::{FaceTemplate, Finger, FingerprintTemplate};
pub use units::{Fmr, Fpir};

/// The README's example, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
