//! The audit as a file: a chain of lines, so that none can be taken out, changed or moved unseen.

mod end;
mod error;
mod lock;
mod names;
mod open;
mod rotation;
mod state;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;

use end::{Body, End, Lines};
pub use error::AuditFileError;
pub(super) use lock::{LOCK_TIMEOUT, Limit, lock_shared};
pub(super) use open::{Access, open_regular};
use open::{Identity, is_named, named, sync_directory};
pub(super) use rotation::is_second_name;
use state::State;

use super::group::Group;
use super::{Audit, AuditEntry};

/// An audit file: one JSON object per line, with the time of writing and the digest of the line before,
/// synchronised to the disk before the decision is given.
///
/// Several processes may append to one file; each holds the file's lock while it writes, and waits for it
/// at most [`AuditFile::lock_timeout`]. A line that a crash cut stays, closed by a line feed, and the next
/// line's digest covers it: nothing is ever taken out of the file. [`super::check_audit`] checks one.
///
/// Before and after each entry the path must name the file that is open, and the last line that this
/// process wrote or saw must be in its place. A file that was removed, renamed, replaced, truncated or
/// overwritten takes no entry, so that no decision is given: [`AuditFileError`] says what happened.
///
/// [`AuditFile::rotate`] is the way to begin a new file. Other processes follow at their next entry.
pub struct AuditFile {
    path: PathBuf,
    lock_timeout: Duration,
    rotate_at: Option<u64>,
    state: Mutex<State>,
    /// Threads that record at once share a write and a synchronisation.
    group: Group<Vec<Body>, AuditFileError>,
}

impl AuditFile {
    /// Opens the file for appending, and creates it if it is not there, readable by its owner only. A
    /// rotation that a crash or a full disk interrupted is finished.
    ///
    /// # Errors
    /// [`AuditFileError`]: what is there is no regular file, is not empty and no audit file, or does not continue the newest of the
    /// rotated files beside it; another process held the lock for five seconds; an I/O error.
    pub fn append(path: impl AsRef<Path>) -> Result<Self, AuditFileError> {
        Self::append_within(path, LOCK_TIMEOUT)
    }

    /// As [`AuditFile::append`], but waits at most this long for the lock, now and when an entry is written
    /// ([`AuditFile::lock_timeout`]).
    ///
    /// # Errors
    /// As [`AuditFile::append`]; [`AuditFileError::Busy`] when the time is over.
    pub fn append_within(path: impl AsRef<Path>, lock_timeout: Duration) -> Result<Self, AuditFileError> {
        let path = path.as_ref();
        // The process may change its directory later.
        let path = std::path::absolute(path).map_err(AuditFileError::io(path, "resolve this path"))?;
        let mut state = open_locked(&path, Limit::new(lock_timeout))?;
        rotation::check_continues(&path, &state)?;
        if rotation::is_interrupted(&path, &state)? {
            rotation::rotate(&path, &mut state)?;
        }
        sync_directory(&path)?;
        state.file.unlock().map_err(AuditFileError::io(&path, "unlock it"))?;
        let state = Mutex::new(state);
        Ok(Self { path, lock_timeout, rotate_at: None, state, group: Group::new(lost) })
    }

    /// Waits at most this long for the lock when an entry is written; then the decision fails with
    /// [`AuditFileError::Busy`]. Five seconds if not set.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Rotates the file before an entry if it has this many bytes and two lines. If it cannot be rotated,
    /// the decision fails. Not set, nothing but [`AuditFile::rotate`] rotates it.
    #[must_use]
    pub fn rotate_at(mut self, bytes: u64) -> Self {
        self.rotate_at = Some(bytes);
        self
    }

    /// Closes the file, keeps it as `NAME.0001` or the next number that is free, and goes on in a new
    /// file `NAME`, whose first line continues the chain. Gives the name of the closed file, which is
    /// never written again and may be moved away.
    ///
    /// A crash at any moment leaves what the next entry or opening goes on from. The new file has the
    /// owner, group and mode of the old one; the file system must support hard links.
    ///
    /// # Errors
    /// [`AuditFileError`], as for an entry; entries go on in the old file, or in the new one if the old
    /// one was closed.
    pub fn rotate(&self) -> Result<PathBuf, AuditFileError> {
        self.locked(|state| rotation::rotate(&self.path, state))
    }

    /// Works on the file that the path names, with its lock.
    fn locked<R>(
        &self,
        work: impl FnOnce(&mut State) -> Result<R, AuditFileError>,
    ) -> Result<R, AuditFileError> {
        let limit = Limit::new(self.lock_timeout);
        let mut state = self.state.try_lock_for(self.lock_timeout).ok_or_else(|| limit.busy(&self.path))?;
        let done = self.go_to_named(&mut state, limit).and_then(|()| work(&mut state));
        let unlocked = state.file.unlock().map_err(AuditFileError::io(&self.path, "unlock it"));
        let done = done?;
        unlocked.map(|()| done)
    }

    /// Locks the file that the path names: the open one, or one that continues it.
    fn go_to_named(&self, state: &mut State, limit: Limit) -> Result<(), AuditFileError> {
        let path = &self.path;
        loop {
            lock::lock(&state.file, path, limit)?;
            let there = named(path)?.ok_or_else(|| AuditFileError::Missing { path: path.clone() })?;
            if Identity::of(&there) == state.identity {
                break;
            }
            *state = rotation::follow(path, state)?;
        }
        state.end = state.end.read_again(&state.file, path)?;
        if state.end.closed {
            rotation::rotate(path, state)?;
        }
        Ok(())
    }

    fn write(&self, state: &mut State, entries: &[Body]) -> Result<(), AuditFileError> {
        if self.rotate_at.is_some_and(|bytes| state.end.length >= bytes && state.end.start > 0) {
            rotation::rotate(&self.path, state)?;
        }
        let mut lines = Lines::after(state.end, &self.path)?;
        entries.iter().try_for_each(|entry| lines.push(entry))?;
        // After a failure the end is as before: what is behind it is read then.
        state.end = lines.write(&state.file)?;
        match named(&self.path)? {
            Some(there) if Identity::of(&there) == state.identity => Ok(()),
            Some(_) => {
                let reason = "it came while an entry was written".to_owned();
                Err(AuditFileError::Replaced { path: self.path.clone(), reason })
            }
            None => Err(AuditFileError::Missing { path: self.path.clone() }),
        }
    }
}

/// Opens the file and locks it, when no rotation is under way.
fn open_locked(path: &Path, limit: Limit) -> Result<State, AuditFileError> {
    loop {
        let (file, metadata) = open_or_create(path)?;
        lock::lock(&file, path, limit)?;
        let identity = Identity::of(&metadata);
        if is_named(path, identity)? {
            let end = End::read_of_audit(&file, path)?;
            return Ok(State { file, identity, end });
        }
        if limit.is_over() {
            return Err(AuditFileError::Missing { path: path.to_owned() });
        }
    }
}

fn open_or_create(path: &Path) -> Result<(File, std::fs::Metadata), AuditFileError> {
    if named(path)?.is_some() {
        return open_regular(path, Access::Append);
    }
    // A rotation never leaves the name free: the file was removed.
    if let Some(rotated) = rotation::newest_rotated(path)? {
        return Err(AuditFileError::NotContinued { path: path.to_owned(), rotated });
    }
    match open_regular(path, Access::Create) {
        Err(AuditFileError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
            open_regular(path, Access::Append)
        }
        opened => opened,
    }
}

impl Audit for AuditFile {
    /// One write and one synchronisation for all, and for the entries of other threads that wait meanwhile.
    fn record(&self, entries: &[AuditEntry]) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let bodies =
            entries.iter().map(|entry| Body::new(entry, &self.path)).collect::<Result<Vec<_>, _>>()?;
        let write = |all: Vec<Vec<Body>>| self.locked(|state| self.write(state, &all.concat()));
        Ok(self.group.submit(bodies, write)?)
    }
}

/// The failure of entries that another thread was to write, and did not.
fn lost() -> AuditFileError {
    AuditFileError::Unwritten
}

impl fmt::Debug for AuditFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditFile").field("path", &self.path).finish()
    }
}
