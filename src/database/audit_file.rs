//! The audit as a file: a chain of lines, so that none can be taken out, changed or moved unseen.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use serde::Serialize;

use super::audit_check::{AuditDigest, MOST_LINE};
use super::{Audit, AuditEntry};

/// An audit file: one JSON object a line, with the time of writing and the digest of the line before,
/// synchronised to the disk before the decision is given.
///
/// Several processes may append to one file; each holds the system's lock on it while it writes. A
/// line that a crash cut stays, closed by a line feed, and the next line's digest covers it: nothing is ever
/// taken out of the file. [`super::check_audit`] checks one.
pub struct AuditFile {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    /// The end as this process left it; none after a failure.
    end: Option<End>,
}

/// The end of the file.
#[derive(Clone, Copy)]
struct End {
    length: u64,
    /// Of the last line.
    digest: AuditDigest,
    /// The last line has no line feed: a crash cut it.
    torn: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(serialize_with = "super::decision::as_text")]
    previous: AuditDigest,
    unix_seconds: u64,
    #[serde(flatten)]
    entry: &'a AuditEntry<'a>,
}

impl AuditFile {
    /// Opens the file for appending, and creates it if it is not there, readable by its owner only.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = path.as_ref().to_owned();
        let file = options.open(&path)?;
        sync_folder(&path)?;
        Ok(Self { path, state: Mutex::new(State { file, end: None }) })
    }
}

/// A file that was just made must not vanish with the power.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

impl State {
    /// Appends lines, after those that others appended meanwhile. The system's lock is held.
    fn append(&mut self, entries: &[AuditEntry<'_>]) -> io::Result<End> {
        let length = self.file.metadata()?.len();
        let mut end = match self.end.take().filter(|end| end.length == length) {
            Some(end) => end,
            None => read_end(&mut self.file, length)?,
        };
        let unix_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
        let mut text = Vec::new();
        if end.torn {
            text.push(b'\n');
        }
        for entry in entries {
            let line = serde_json::to_vec(&Line { previous: end.digest, unix_seconds, entry })?;
            if line.len() > MOST_LINE {
                return Err(io::Error::other(format!("an audit entry of {} bytes", line.len())));
            }
            end.digest = AuditDigest::of(&line);
            text.extend(line);
            text.push(b'\n');
        }
        self.file.write_all(&text)?;
        self.file.sync_data()?;
        Ok(End { length: length + text.len() as u64, torn: false, ..end })
    }
}

/// Reads the last line of a file.
fn read_end(file: &mut File, length: u64) -> io::Result<End> {
    let mut reach = 4096;
    loop {
        let start = length.saturating_sub(reach);
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        Read::take(&mut *file, length - start).read_to_end(&mut tail)?;
        let torn = tail.last().is_some_and(|last| *last != b'\n');
        let lines = if torn { &tail[..] } else { tail.split_last().map_or(&[][..], |(_, lines)| lines) };
        let before = lines.iter().rposition(|byte| *byte == b'\n');
        if before.is_some() || start == 0 {
            let line = lines.get(before.map_or(0, |at| at + 1)..).unwrap_or_default();
            let digest = if tail.is_empty() { AuditDigest::START } else { AuditDigest::of(line) };
            return Ok(End { length, digest, torn });
        }
        if reach > 2 * MOST_LINE as u64 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its last line is longer than any entry"));
        }
        reach *= 4;
    }
}

impl Audit for AuditFile {
    fn record(&self, entry: &AuditEntry<'_>) -> io::Result<()> {
        self.record_all(std::slice::from_ref(entry))
    }

    /// One write and one synchronisation for all.
    fn record_all(&self, entries: &[AuditEntry<'_>]) -> io::Result<()> {
        let mut state = self.state.lock();
        state.file.lock()?;
        let appended = state.append(entries);
        let unlocked = state.file.unlock();
        // After a failure the end is read anew.
        state.end = Some(appended?);
        unlocked
    }
}

impl fmt::Debug for AuditFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditFile").field("path", &self.path).finish()
    }
}
