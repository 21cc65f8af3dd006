//! Whether audit files are as they were written.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::{Access, AuditFileError, LOCK_TIMEOUT, Limit, is_second_name, lock_shared, open_regular};
use super::line::{AuditDigest, Link, MOST_LINE};
use crate::escape::Escaped;

/// What a check of an audit file found. No line that another one follows was changed, moved or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditReport {
    /// Entries: decisions and changes. Lines that a rotation wrote are not counted.
    pub entries: u64,
    /// Numbers, from 1, of the lines that were cut when the next line was written, by a crash. The next
    /// line's digest covers what is left of them.
    pub torn: Vec<u64>,
    /// Number of the newest line if it is not whole. Whether its decision was given is unknown: a crash
    /// while it was written leaves this, and so does damage, or a truncation that took later lines too.
    /// Once another line follows it is one of `torn`.
    pub unfinished: Option<u64>,
    /// Name of the file that this one continues after a rotation.
    pub continues: Option<String>,
    /// The file that was given before this one, if both are names of one file: a rotation was interrupted, and
    /// the next opening finishes it. The lines count there.
    pub second_name_of: Option<PathBuf>,
    /// A rotation closed the file: another continues it.
    pub closed: bool,
    /// The digest of the last line; of an empty file [`AuditDigest::START`], or the head of the file
    /// before it.
    pub head: AuditDigest,
}

impl AuditReport {
    /// Of a file without lines behind that head.
    fn empty(head: AuditDigest) -> Self {
        let (torn, second_name_of) = (Vec::new(), None);
        Self { entries: 0, torn, unfinished: None, continues: None, second_name_of, closed: false, head }
    }

    /// Whether the newest line is whole too.
    pub fn is_whole(&self) -> bool {
        self.unfinished.is_none()
    }
}

/// Why an audit file is not as it was written, or cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The file is no regular file, or an I/O error.
    #[error(transparent)]
    Unreadable(#[from] AuditFileError),
    /// A line does not follow the one before.
    #[error(
        "{}: line {line} (offset {offset}) follows a line of digest {}, but the line before has {found}: a line before was changed, moved, removed or put in",
        Escaped::new(path),
        Escaped::new(named)
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
    /// A file does not follow the one that was given before it.
    #[error(
        "{}: the first line follows a line of digest {}, but the last line of {} has {found}: a file between them is missing, or lines of one were changed or removed",
        Escaped::new(path),
        Escaped::new(named),
        Escaped::new(before)
    )]
    NotContinued {
        /// The file.
        path: PathBuf,
        /// The file before.
        before: PathBuf,
        /// The digest that the first line names.
        named: String,
        /// The digest of the last line of the file before.
        found: AuditDigest,
    },
    /// A line that is no entry, and was not cut by a crash either.
    #[error("{}: line {line} (offset {offset}) is no entry: {}", Escaped::new(path), Escaped::new(reason))]
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
    #[error(
        "{}: no line has the digest {head}: lines at the end are missing, the file was written anew, or that line is in an older file, which was not given",
        Escaped::new(path)
    )]
    NoHead {
        /// The last file.
        path: PathBuf,
        /// The head that was known.
        head: AuditDigest,
    },
}

/// Checks that every line names the digest of the one before, and that one has the digest `known`: a head
/// of the file that was kept elsewhere. Without that it cannot be seen whether the last lines are missing,
/// nor whether someone wrote the whole file anew.
///
/// Reads the file once, a line at a time. A file that continues another after a rotation begins with the
/// digest of that one's last line; [`check_audit_files`] checks several together.
///
/// # Errors
/// [`AuditError`]: the first thing that is wrong.
pub fn check_audit(path: impl AsRef<Path>, known: Option<AuditDigest>) -> Result<AuditReport, AuditError> {
    let mut chain = Chain::new(known, LOCK_TIMEOUT);
    let report = chain.check(path.as_ref())?;
    chain.finish()?;
    Ok(report)
}

/// Checks files of one chain, the oldest first: each must continue the one before, and a line of one of
/// them must have the digest `known`. Gives a report of each.
///
/// # Errors
/// [`AuditError`]: the first thing that is wrong.
pub fn check_audit_files<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    known: Option<AuditDigest>,
) -> Result<Vec<AuditReport>, AuditError> {
    check_audit_files_within(paths, known, LOCK_TIMEOUT)
}

/// As [`check_audit_files`], which waits for at most five seconds for a process that may be writing a line that is
/// not whole, but waits for at most `lock_timeout`. When the time is over the line counts as not whole
/// ([`AuditReport::unfinished`]): a process that was stopped while it wrote does not hold up the check.
///
/// # Errors
/// As [`check_audit_files`].
pub fn check_audit_files_within<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    known: Option<AuditDigest>,
    lock_timeout: Duration,
) -> Result<Vec<AuditReport>, AuditError> {
    let mut chain = Chain::new(known, lock_timeout);
    let mut reports: Vec<AuditReport> = Vec::new();
    for path in paths {
        let report = match (reports.last(), &chain.before) {
            (Some(before), Some(kept)) if is_second_name(kept, path.as_ref())? => {
                let second_name_of = Some(kept.clone());
                AuditReport { closed: before.closed, second_name_of, ..AuditReport::empty(before.head) }
            }
            _ => chain.check(path.as_ref())?,
        };
        if let Some(before) = reports.last_mut() {
            // A line follows it.
            before.torn.extend(before.unfinished.take_if(|_| report.head != before.head));
        }
        reports.push(report);
    }
    chain.finish()?;
    Ok(reports)
}

/// The chain as far as it was followed.
struct Chain {
    head: AuditDigest,
    known: Option<AuditDigest>,
    is_known: bool,
    lock_timeout: Duration,
    /// The file that was followed last.
    before: Option<PathBuf>,
}

/// A line, and where it is.
struct Place<'a> {
    path: &'a Path,
    line: u64,
    offset: u64,
    /// It has its line feed.
    is_whole: bool,
}

impl Chain {
    fn new(known: Option<AuditDigest>, lock_timeout: Duration) -> Self {
        let (head, is_known) = (AuditDigest::START, known.is_none());
        let mut chain = Self { head, known, is_known, lock_timeout, before: None };
        chain.go_to(AuditDigest::START);
        chain
    }

    fn go_to(&mut self, head: AuditDigest) {
        self.head = head;
        self.is_known |= self.known == Some(head);
    }

    fn finish(self) -> Result<(), AuditError> {
        match (self.known, self.before) {
            (Some(head), Some(path)) if !self.is_known => Err(AuditError::NoHead { path, head }),
            _ => Ok(()),
        }
    }

    /// Follows the lines of a file.
    fn check(&mut self, path: &Path) -> Result<AuditReport, AuditError> {
        let mut lines = FileLines::open(path, self.lock_timeout)?;
        let mut report = AuditReport::empty(self.head);
        while let Some(place) = lines.next()? {
            let line = &lines.line[..];
            let is_cut = match Link::read(line).map_err(|fault| place.no_entry(fault))? {
                _ if report.closed => {
                    return Err(place.no_entry("the line before closed the file".to_owned()));
                }
                Some(link) => {
                    self.add(&place, link, &mut report)?;
                    self.go_to(AuditDigest::of(line));
                    false
                }
                None => {
                    report.torn.push(place.line);
                    self.go_to(AuditDigest::of_cut(self.head, line));
                    true
                }
            };
            report.unfinished = (is_cut || !place.is_whole).then_some(place.line);
        }
        report.torn.pop_if(|last| report.unfinished == Some(*last));
        report.head = self.head;
        self.before = Some(path.to_owned());
        Ok(report)
    }

    /// Adds a line that names the one before it.
    fn add(&mut self, place: &Place<'_>, link: Link, report: &mut AuditReport) -> Result<(), AuditError> {
        let previous = link.previous.parse().ok();
        let is_first = place.line == 1;
        if let Some(head) = previous.filter(|_| is_first && link.is_continuing() && self.before.is_none()) {
            // What is before was not given.
            self.go_to(head);
        }
        if previous != Some(self.head) {
            let (path, named, found) = (place.path.to_owned(), link.previous, self.head);
            return Err(match &self.before {
                Some(before) if is_first => {
                    AuditError::NotContinued { path, before: before.clone(), named, found }
                }
                _ => AuditError::Broken { path, line: place.line, offset: place.offset, named, found },
            });
        }
        if link.is_continuing() && !is_first {
            return Err(place.no_entry("only the first line of a file continues another".to_owned()));
        }
        report.closed = link.is_closing();
        if link.is_continuing() {
            report.continues = Some(link.continues.unwrap_or_default());
        } else if !report.closed {
            report.entries += 1;
        }
        Ok(())
    }
}

impl Place<'_> {
    fn no_entry(&self, reason: String) -> AuditError {
        AuditError::NoEntry { path: self.path.to_owned(), line: self.line, offset: self.offset, reason }
    }
}

/// A file's lines.
struct FileLines<'a> {
    path: &'a Path,
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    /// Behind the lines read.
    offset: u64,
    lock_timeout: Duration,
    /// No process writes: the lock is held, or could not be taken.
    is_quiet: bool,
}

impl<'a> FileLines<'a> {
    fn open(path: &'a Path, lock_timeout: Duration) -> Result<Self, AuditFileError> {
        let (file, _) = open_regular(path, Access::Read)?;
        let (file, line) = (BufReader::new(file), Vec::new());
        Ok(Self { path, file, line, number: 0, offset: 0, lock_timeout, is_quiet: false })
    }

    /// Reads the next line into `line`, without its line feed.
    fn next(&mut self) -> Result<Option<Place<'a>>, AuditError> {
        let offset = self.offset;
        let read = self.read_line().map_err(AuditFileError::io(self.path, "read it"))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.offset += read as u64;
        let is_whole = self.line.pop_if(|last| *last == b'\n').is_some();
        let place = Place { path: self.path, line: self.number, offset, is_whole };
        if self.line.len() > MOST_LINE {
            return Err(place.no_entry(format!("it is longer than {MOST_LINE} bytes")));
        }
        Ok(Some(place))
    }

    fn read_line(&mut self) -> io::Result<usize> {
        loop {
            self.line.clear();
            // A line of any length is cut here, and is then no entry.
            let most = MOST_LINE as u64 + 1;
            let read = self.file.by_ref().take(most).read_until(b'\n', &mut self.line)?;
            let is_cut = read > 0 && read <= MOST_LINE && self.line.last() != Some(&b'\n');
            if !is_cut || self.is_quiet {
                return Ok(read);
            }
            // A process may be writing it: read it again when none is. One that was stopped while it
            // wrote does not hold up the check.
            let _ = lock_shared(self.file.get_ref(), self.path, Limit::new(self.lock_timeout));
            self.is_quiet = true;
            self.file.seek(SeekFrom::Start(self.offset))?;
        }
    }
}
