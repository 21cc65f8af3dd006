//! Whether an audit file is as it was written.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

/// Most bytes of a line.
pub(super) const MOST_LINE: usize = 1 << 24;

/// BLAKE3 digest of a line of an audit file, without its line feed. That of the last line is the file's
/// head: whoever knows it can tell whether lines at the end are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuditDigest([u8; 32]);

impl AuditDigest {
    /// What the first line names as the one before.
    pub const START: Self = Self([0; 32]);

    pub(super) fn of(line: &[u8]) -> Self {
        Self(*blake3::hash(line).as_bytes())
    }
}

impl fmt::Display for AuditDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

/// Why a text is not the digest of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest has 64 hexadecimal digits")]
pub struct AuditDigestError;

impl FromStr for AuditDigest {
    type Err = AuditDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).map_err(|_| AuditDigestError)
    }
}

/// A sound audit file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditReport {
    /// Entries.
    pub entries: u64,
    /// Numbers, from 1, of the lines that a crash cut: of entries whose decision was never given. The
    /// chain holds them as they are.
    pub torn: Vec<u64>,
    /// The digest of the last line; [`AuditDigest::START`] of an empty file.
    pub head: AuditDigest,
}

/// Why an audit file is not as it was written, or cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The system's word.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// A line does not follow the one before.
    #[error(
        "{}: line {line} (offset {offset}) follows a line of digest {named}, but the line before has {found}: a line before was changed, moved, removed or put in", path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// Where it begins.
        offset: u64,
        /// The digest that it names.
        named: String,
        /// The digest of the line before.
        found: AuditDigest,
    },
    /// A line that is no entry, and was not cut by a crash either.
    #[error("{}: line {line} (offset {offset}) is no entry: {reason}", path.display())]
    NoEntry {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// Where it begins.
        offset: u64,
        /// What it lacks.
        reason: String,
    },
    /// The head that was known is not the digest of any line.
    #[error("{}: no line has the digest {head}: lines at the end are missing, or it was written anew", path.display())]
    NoHead {
        /// The file.
        path: PathBuf,
        /// The head that was known.
        head: AuditDigest,
    },
}

#[derive(Deserialize)]
struct Link {
    previous: String,
}

/// Checks that every line names the digest of the one before, and that one has the digest `known`: a head
/// of the file that was kept elsewhere. Without that it cannot be seen whether the last lines are missing,
/// nor whether someone wrote the whole file anew.
///
/// Reads the file once, a line at a time.
///
/// # Errors
/// [`AuditError`]: the first thing that is wrong.
pub fn check_audit(path: impl AsRef<Path>, known: Option<AuditDigest>) -> Result<AuditReport, AuditError> {
    let path = path.as_ref();
    let unreadable = |source| AuditError::Unreadable { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut report = AuditReport { entries: 0, torn: Vec::new(), head: AuditDigest::START };
    let mut is_known = known.is_none_or(|known| known == AuditDigest::START);
    let (mut number, mut offset, mut line) = (0_u64, 0_u64, Vec::new());
    loop {
        line.clear();
        // A line of any length is cut here, and is then no entry.
        let most = MOST_LINE as u64 + 1;
        let read = file.by_ref().take(most).read_until(b'\n', &mut line).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        number += 1;
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() > MOST_LINE {
            let reason = format!("it is longer than {MOST_LINE} bytes");
            return Err(AuditError::NoEntry { path: path.to_owned(), line: number, offset, reason });
        }
        match serde_json::from_slice::<Link>(&line) {
            Ok(Link { previous }) if previous.parse() == Ok(report.head) => report.entries += 1,
            Ok(Link { previous }) => {
                let (path, found) = (path.to_owned(), report.head);
                return Err(AuditError::Broken { path, line: number, offset, named: previous, found });
            }
            Err(error) if error.is_data() => {
                let (path, reason) = (path.to_owned(), error.to_string());
                return Err(AuditError::NoEntry { path, line: number, offset, reason });
            }
            Err(_) => report.torn.push(number),
        }
        report.head = AuditDigest::of(&line);
        is_known |= known == Some(report.head);
        offset += read as u64;
    }
    match known {
        Some(head) if !is_known => Err(AuditError::NoHead { path: path.to_owned(), head }),
        _ => Ok(report),
    }
}
