//! The record of decisions: one entry each, and a decision that could not be recorded is none.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use serde::Serialize;

use crate::citizen::CitizenId;

use super::decision::as_text;
use super::{Evidence, ReferReason};

/// Where entries go. Called once for each decision, after it is made and before it is given to
/// the caller, from whatever thread decides.
pub trait Audit: Send + Sync {
    /// Keeps an entry, durably by the sink's own measure.
    ///
    /// # Errors
    /// Anything that makes the entry uncertain: the decision then fails with
    /// [`super::DatabaseError::Audit`].
    fn record(&self, entry: &AuditEntry<'_>) -> io::Result<()>;
}

/// One decision. Holds scores and rates, never samples, minutiae or embeddings.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEntry<'a> {
    /// What was asked and what came of it.
    #[serde(flatten)]
    pub event: AuditEvent<'a>,
    /// The state of the gallery that was asked.
    pub generation: u64,
    /// Version of this crate.
    pub engine: &'static str,
    /// The fingerprint table's name.
    pub finger_calibration: &'a str,
    /// How long it took.
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
        citizen: CitizenId,
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
}

/// A candidate of an identification.
#[derive(Clone, Debug, Serialize)]
pub struct AuditCandidate {
    /// Who.
    #[serde(serialize_with = "as_text")]
    pub citizen: CitizenId,
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

/// An audit file: one JSON object a line, with the time of writing, synchronised to the disk
/// before the decision is given.
pub struct AuditFile {
    path: PathBuf,
    file: Mutex<File>,
}

impl AuditFile {
    /// Opens the file for appending, and creates it if it is not there, readable by its owner only.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = path.as_ref().to_owned();
        let file = Mutex::new(options.open(&path)?);
        Ok(Self { path, file })
    }
}

impl fmt::Debug for AuditFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditFile").field("path", &self.path).finish()
    }
}

impl Audit for AuditFile {
    fn record(&self, entry: &AuditEntry<'_>) -> io::Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            unix_seconds: u64,
            #[serde(flatten)]
            entry: &'a AuditEntry<'a>,
        }
        let unix_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
        let mut line = serde_json::to_vec(&Line { unix_seconds, entry })?;
        line.push(b'\n');
        let mut file = self.file.lock();
        // One write of a whole line to a file opened for appending: lines of several processes
        // do not mix.
        file.write_all(&line)?;
        file.sync_data()
    }
}
