//! The two ends of an audit file: its first line, and its last.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::AuditFileError;
use crate::database::audit::line::{AuditDigest, Link, MOST_CHAIN_LINE, MOST_LINE, is_start_of_audit};

/// The end of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) length: u64,
    /// Where the last line begins.
    pub(super) start: u64,
    /// Of the last line; of an empty file what its first line is to name.
    pub(super) digest: AuditDigest,
    /// If the last line was cut, the digest of the line before it.
    pub(super) before_cut: Option<AuditDigest>,
    /// The last line has no line feed.
    pub(super) open: bool,
    /// The last line says that a rotation closed the file.
    pub(super) closed: bool,
}

impl End {
    /// Of an empty file whose first line is to follow a line of this digest.
    pub(super) fn empty(digest: AuditDigest) -> Self {
        Self { length: 0, start: 0, digest, before_cut: None, open: false, closed: false }
    }

    /// Reads the end of a file that is to be appended to. One that is not empty must begin as an audit file.
    pub(super) fn read_of_audit(file: &File, path: &Path) -> Result<Self, AuditFileError> {
        if is_start_of_audit(&read_range(file, path, 0, MOST_CHAIN_LINE as u64)?) {
            return Self::read(file, path);
        }
        let expected = "an audit entry, which begins with {\"previous\":\"";
        Err(AuditFileError::NoAudit { path: path.to_owned(), offset: 0, expected })
    }

    /// Reads the end of a file.
    pub(super) fn read(file: &File, path: &Path) -> Result<Self, AuditFileError> {
        Self::read_to(file, path, length(file, path)?)
    }

    /// Reads the end of a file that had the end `self`. That line must still be in its place: its digest
    /// covers all lines before it.
    pub(super) fn read_again(self, file: &File, path: &Path) -> Result<Self, AuditFileError> {
        let (known, found) = (self.length, length(file, path)?);
        if found < known {
            return Err(AuditFileError::Truncated { path: path.to_owned(), known, found });
        }
        if known > 0 {
            let line = read_range(file, path, self.start, known)?;
            let line = if self.open { &line[..] } else { without_line_feed(&line).unwrap_or_default() };
            if digest(self.before_cut, line) != self.digest {
                return Err(AuditFileError::Overwritten { path: path.to_owned(), offset: self.start });
            }
        }
        if found == known { Ok(self) } else { Self::read_to(file, path, found) }
    }

    fn read_to(file: &File, path: &Path, length: u64) -> Result<Self, AuditFileError> {
        let mut reach = 4096;
        loop {
            let from = length.saturating_sub(reach);
            let tail = read_range(file, path, from, length)?;
            let lines = without_line_feed(&tail);
            let open = lines.is_none() && !tail.is_empty();
            if tail.is_empty() {
                return Ok(Self { length, ..Self::empty(AuditDigest::START) });
            }
            if let Some(mut end) = last_line(lines.unwrap_or(&tail), from == 0) {
                end.closed &= !open;
                return Ok(Self { length, start: from + end.start, open, ..end });
            }
            if reach > 2 * MOST_LINE as u64 {
                let expected = "an entry of at most 16 MiB behind it";
                return Err(AuditFileError::NoAudit { path: path.to_owned(), offset: from, expected });
            }
            reach *= 4;
        }
    }
}

fn digest(before_cut: Option<AuditDigest>, line: &[u8]) -> AuditDigest {
    before_cut.map_or_else(|| AuditDigest::of(line), |before| AuditDigest::of_cut(before, line))
}

/// The last of some lines, of which the last line feed is left out. None if the text begins too late to
/// know its digest.
fn last_line(lines: &[u8], from_start: bool) -> Option<End> {
    let mut cut: Vec<&[u8]> = Vec::new();
    let mut rest = lines;
    let mut end = loop {
        let before = rest.iter().rposition(|byte| *byte == b'\n');
        if before.is_none() && !from_start {
            return None;
        }
        let line = rest.get(before.map_or(0, |at| at + 1)..).unwrap_or_default();
        match (Link::read(line), before) {
            (Ok(None), Some(at)) => {
                cut.push(line);
                rest = rest.get(..at).unwrap_or_default();
            }
            (Ok(None), None) => {
                cut.push(line);
                break End::empty(AuditDigest::START);
            }
            (Ok(Some(link)), _) => {
                break End { closed: link.is_closing(), ..End::empty(AuditDigest::of(line)) };
            }
            (Err(_), _) => break End::empty(AuditDigest::of(line)),
        }
    };
    for line in cut.into_iter().rev() {
        end = End { before_cut: Some(end.digest), ..End::empty(AuditDigest::of_cut(end.digest, line)) };
    }
    let before = lines.iter().rposition(|byte| *byte == b'\n');
    Some(End { start: before.map_or(0, |at| at as u64 + 1), ..end })
}

fn without_line_feed(line: &[u8]) -> Option<&[u8]> {
    line.strip_suffix(b"\n")
}

fn length(file: &File, path: &Path) -> Result<u64, AuditFileError> {
    Ok(file.metadata().map_err(AuditFileError::io(path, "read its length"))?.len())
}

fn read_range(mut file: &File, path: &Path, from: u64, to: u64) -> Result<Vec<u8>, AuditFileError> {
    let mut bytes = Vec::new();
    let read = file.seek(SeekFrom::Start(from)).and_then(|_| file.take(to - from).read_to_end(&mut bytes));
    read.map_err(AuditFileError::io(path, "read it"))?;
    Ok(bytes)
}

/// The first line of a file that continues another.
pub(super) struct Continuation {
    /// Digest of the last line of the file before.
    pub(super) previous: AuditDigest,
    /// Number of the file before.
    pub(super) number: Option<u32>,
    /// The file's end when it had this line only.
    pub(super) end: End,
}

impl Continuation {
    /// None if the file continues none.
    pub(super) fn read(file: &File, path: &Path) -> Result<Option<Self>, AuditFileError> {
        let start = read_range(file, path, 0, MOST_CHAIN_LINE as u64)?;
        let Some(at) = start.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let line = start.get(..at).unwrap_or_default();
        let Ok(link) = serde_json::from_slice::<Link>(line) else { return Ok(None) };
        let (true, Ok(previous)) = (link.is_continuing(), link.previous.parse()) else { return Ok(None) };
        let number = link.continues.and_then(|name| super::names::number(&name));
        let end = End { length: at as u64 + 1, ..End::empty(AuditDigest::of(line)) };
        Ok(Some(Self { previous, number, end }))
    }
}

/// What stands before the fields of an entry in its line.
#[derive(Serialize)]
struct Start {
    previous: String,
    unix_seconds: u64,
}

/// An entry as JSON, to be put into a line once the line before is known.
#[derive(Clone, Debug)]
pub(super) struct Body(Vec<u8>);

impl Body {
    pub(super) fn new(entry: &impl Serialize, path: &Path) -> Result<Self, AuditFileError> {
        let body = serde_json::to_vec(entry).map_err(io::Error::from);
        let body = body.map_err(AuditFileError::io(path, "write an entry as JSON"))?;
        if body.len() > MOST_LINE - MOST_START {
            return Err(AuditFileError::TooLong { path: path.to_owned(), bytes: body.len() });
        }
        Ok(Self(body))
    }
}

/// Most bytes of a line before the fields of its entry.
const MOST_START: usize = 256;

/// Lines to be appended behind an end, by one write.
pub(super) struct Lines<'a> {
    path: &'a Path,
    text: Vec<u8>,
    end: End,
    unix_seconds: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn after(end: End, path: &'a Path) -> Result<Self, AuditFileError> {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH);
        let clock =
            clock.map_err(|error| AuditFileError::io(path, "date an entry")(io::Error::other(error)))?;
        // A line that was cut stays, and the next line's digest covers it.
        let text = if end.open { vec![b'\n'] } else { Vec::new() };
        Ok(Self { path, text, end: End { open: false, ..end }, unix_seconds: clock.as_secs() })
    }

    pub(super) fn push(&mut self, body: &Body) -> Result<(), AuditFileError> {
        let start = Start { previous: self.end.digest.to_string(), unix_seconds: self.unix_seconds };
        let mut line = serde_json::to_vec(&start)
            .map_err(io::Error::from)
            .map_err(AuditFileError::io(self.path, "write an entry as JSON"))?;
        // Both are JSON objects, and neither is empty: one object of the fields of both.
        line.pop();
        line.push(b',');
        line.extend(body.0.get(1..).unwrap_or_default());
        self.end.start = self.end.length + self.text.len() as u64;
        self.end.digest = AuditDigest::of(&line);
        self.end.before_cut = None;
        self.text.extend(line);
        self.text.push(b'\n');
        Ok(())
    }

    /// Writes them and makes them durable. The file's end is then the result.
    pub(super) fn write(self, mut file: &File) -> Result<End, AuditFileError> {
        file.write_all(&self.text).map_err(AuditFileError::io(self.path, "write to it"))?;
        file.sync_data().map_err(AuditFileError::io(self.path, "synchronise it"))?;
        let (expected, found) = (self.end.length + self.text.len() as u64, length(file, self.path)?);
        if found != expected {
            return Err(AuditFileError::Disturbed { path: self.path.to_owned(), expected, found });
        }
        Ok(End { length: expected, ..self.end })
    }
}
