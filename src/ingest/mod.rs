//! Manifests and probe lists as NDJSON, and the files that they name.
//!
//! Two steps. [`enrolments`] and [`probes`] read lines, one citizen or one probe each, and open no
//! other file: a bad line is an error with its number, and the lines after it still come, so the
//! caller chooses to stop or to skip. A [`Resolver`] then turns a line into templates, reading the
//! files that it names. The format is described in `docs/manifest.md`.
//!
//! ---
//!
#![doc = include_str!("../../docs/manifest.md")]

mod base64;
mod captured;
mod diagnosis;
mod entry;
mod error;
mod faces;
mod fingers;
mod lines;
mod portraits;
mod resolve;
mod schema;

pub use entry::{
    EmbeddingSource, EnrolmentLine, FaceEntry, FaceFormat, FaceSource, FingerEntry, FingerFormat, ProbeLine,
    RecordSource,
};
pub use error::{LineError, LineProblem, Notice, NoticeKind, ResolveError, ResolveProblem};
pub use faces::MAX_JSON;
pub use lines::{Line, Lines, MAX_LINE, enrolments, probes};
pub use resolve::{FaceSample, FingerSample, MAX_FILE, Resolver, Samples};

/// Version of the manifest format that this library reads: the value of a line's `schema`.
pub const SCHEMA_VERSION: u64 = 1;
