//! Attempts counted in a file, for embedders without a database.

mod format;
mod ledger;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

use self::format::Header;
use self::ledger::{Durability, Entry, Ledger, NAME};
use super::error::AttemptsError;
use super::limits::{AttemptLimits, Presentation};
use super::standing::{Judgement, Moment, Standing};
use super::{Attempt, AttemptOutcome, Attempts, Reservation};
use crate::storage::{Backend, Disk, FileId, Files, Lock, Locking, StorageError, whole_name};
use crate::subject::SubjectId;

/// The lock file of the folder.
const LOCK: &str = "LOCK";

/// Whether a folder of attempts has a file of this name.
fn is_own(name: &str) -> bool {
    whole_name(name).unwrap_or(name) == NAME || name == LOCK
}

/// How long a process waits for the lock if nothing else is said.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two tries. An attempt holds the lock for a write and a synchronisation, and a busy process takes it
/// again within microseconds: tries that are much rarer would miss that moment for seconds.
const PAUSE: Duration = Duration::from_micros(100);

/// A gallery of none in particular.
const NO_GALLERY: [u8; 16] = [0; 16];

/// Attempts counted in a file, which lies in a folder of its own beside the gallery.
///
/// Several processes and threads may use one folder: each takes its lock for every attempt. A reserved attempt is
/// synchronised to the disk before it is granted. Only subjects with failures are kept, and the file is rewritten
/// when most of it is of the past. `docs/attempts.md` has the bytes.
///
/// ```
/// use biomatch::attempts::{AttemptLimits, AttemptsFile};
///
/// # let directory = tempfile::tempdir()?;
/// # let folder = directory.path().join("citizens.attempts");
/// AttemptsFile::create(&folder, None)?; // once
/// let attempts = AttemptsFile::open(&folder)?.limits(AttemptLimits::SP_800_63B);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct AttemptsFile {
    files: Files,
    /// The folder that was opened, even if its path later names another one.
    place: FileId,
    id: [u8; 16],
    gallery: [u8; 16],
    limits: AttemptLimits,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    lock_timeout: Duration,
    state: Mutex<State>,
}

struct State {
    ledger: Ledger,
    /// An operation failed, and the file could not be rewritten: whether its bytes are on the disk is not known.
    is_in_doubt: bool,
}

/// How many subjects have failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct AttemptsSummary {
    /// Subjects with failed attempts, or attempts under way.
    pub with_failures: u64,
    /// Those of them who must wait before the next attempt.
    pub throttled: u64,
    /// Those of them whom an officer must unlock.
    pub stopped: u64,
}

impl AttemptsFile {
    /// Begins a file in a folder, which is created if it is missing: nobody has failures. Name the identity of the
    /// gallery whose attempts are counted, so that no other one takes the file for its own.
    ///
    /// # Errors
    /// [`AttemptsError::AlreadyExists`], also of a damaged file; [`AttemptsError::ForeignFolder`];
    /// [`AttemptsError::Busy`]; an I/O error.
    pub fn create(folder: impl AsRef<Path>, gallery: Option<[u8; 16]>) -> Result<Self, AttemptsError> {
        let folder = folder.as_ref();
        let disk = Disk::new(folder);
        disk.create_directory()
            .map_err(|source| StorageError::io(folder.to_path_buf(), "create the directory", source))?;
        Self::create_in(Arc::new(disk), gallery)
    }

    /// Begins a file in a backend.
    ///
    /// # Errors
    /// As [`AttemptsFile::create`].
    pub fn create_in(backend: Arc<dyn Backend>, gallery: Option<[u8; 16]>) -> Result<Self, AttemptsError> {
        let files = Files::new(backend, true);
        // A gallery has files of the same names: nothing is written into one.
        if let Some(name) = files.list()?.into_iter().find(|name| !is_own(name)) {
            return Err(AttemptsError::ForeignFolder { folder: files.path(""), name });
        }
        let lock = wait_for_lock(&files, LOCK_TIMEOUT)?;
        match files.identity(NAME) {
            Ok(_) => return Err(AttemptsError::AlreadyExists { folder: files.path("") }),
            Err(error) if !error.is_not_found() => return Err(error.into()),
            Err(_) => {}
        }
        let (mut id, mut key) = ([0; 16], [0; 32]);
        let random = |bytes: &mut [u8]| {
            getrandom::fill(bytes)
                .map_err(|error| StorageError::io(files.path(NAME), "get random bytes", error.into()))
        };
        random(&mut id)?;
        random(&mut key)?;
        let gallery = gallery.unwrap_or(NO_GALLERY);
        Ledger::create(&files, Header { id, gallery, key, rewrites: 0, first: 1 })?;
        Self::of(files, lock)
    }

    /// Opens the file in a folder. It must be there: a file that was lost is never begun anew by itself, since
    /// that would forget all failures.
    ///
    /// # Errors
    /// [`AttemptsError::Missing`], damage, [`AttemptsError::Busy`], or an I/O error.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, AttemptsError> {
        Self::open_in(Arc::new(Disk::new(folder.as_ref())))
    }

    /// Opens the file in a backend.
    ///
    /// # Errors
    /// As [`AttemptsFile::open`].
    pub fn open_in(backend: Arc<dyn Backend>) -> Result<Self, AttemptsError> {
        let files = Files::new(backend, true);
        match files.identity(NAME) {
            Err(error) if error.is_not_found() => {
                return Err(AttemptsError::Missing { folder: files.path("") });
            }
            found => found?,
        };
        let lock = wait_for_lock(&files, LOCK_TIMEOUT)?;
        Self::of(files, lock)
    }

    fn of(files: Files, lock: Box<dyn Lock>) -> Result<Self, AttemptsError> {
        let place = files.directory()?.id;
        let ledger = Ledger::load(&files)?;
        drop(lock);
        Ok(Self {
            place,
            id: ledger.header.id,
            gallery: ledger.header.gallery,
            limits: AttemptLimits::default(),
            clock: Arc::new(SystemTime::now),
            lock_timeout: LOCK_TIMEOUT,
            state: Mutex::new(State { ledger, is_in_doubt: false }),
            files,
        })
    }

    /// Judges by these limits; by those of SP 800-63B-4 if not set.
    #[must_use]
    pub fn limits(mut self, limits: AttemptLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Asks this clock for the time, instead of the system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Waits at most this long for the lock; then the attempt fails with [`AttemptsError::Busy`]. Five seconds if
    /// not set.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// How many subjects have failures. Cost: O(subjects with failures).
    ///
    /// # Errors
    /// As [`Attempts::standing`].
    pub fn summary(&self) -> Result<AttemptsSummary, AttemptsError> {
        let now = self.now();
        self.locked(|ledger| {
            let mut summary = AttemptsSummary::default();
            for standing in ledger.standings() {
                summary.with_failures += 1;
                match standing.judge(&self.limits, Presentation::Unchecked, now) {
                    Judgement::Granted(_) => {}
                    Judgement::Refused(super::Refusal::Throttled { .. }, _) => summary.throttled += 1,
                    Judgement::Refused(super::Refusal::OfficerMustUnlock, _) => summary.stopped += 1,
                }
            }
            Ok(summary)
        })
    }

    fn now(&self) -> Moment {
        (self.clock)().into()
    }

    /// Works on the newest state of the file, with the lock.
    fn locked<R>(
        &self,
        work: impl FnOnce(&mut Ledger) -> Result<R, AttemptsError>,
    ) -> Result<R, AttemptsError> {
        let started = Instant::now();
        let mut state = self.state.try_lock_for(self.lock_timeout).ok_or_else(|| AttemptsError::Busy {
            lock: self.files.path(LOCK),
            waited: started.elapsed(),
            process: Some(std::process::id()),
        })?;
        let lock = wait_for_lock(&self.files, self.lock_timeout.saturating_sub(started.elapsed()))?;
        if self.files.directory()?.id != self.place {
            let reason = "the path names another folder";
            return Err(AttemptsError::Replaced { folder: self.files.path(""), reason });
        }
        state.ledger.follow(&self.files)?;
        if state.is_in_doubt {
            state.ledger.rewrite(&self.files)?;
            state.is_in_doubt = false;
        }
        let done = work(&mut state.ledger);
        if matches!(done, Err(AttemptsError::Storage(_))) {
            // A write or synchronisation that failed leaves bytes on which nothing may rest: they go before another
            // process has the lock, if that is possible.
            let ledger = &mut state.ledger;
            let is_mended = ledger.follow(&self.files).and_then(|()| ledger.rewrite(&self.files)).is_ok();
            state.is_in_doubt = !is_mended;
        }
        drop(lock);
        done
    }

    /// Adds where a subject stands.
    fn keep(
        &self,
        ledger: &mut Ledger,
        subject: SubjectId,
        standing: Standing,
        durability: Durability,
    ) -> Result<u64, AttemptsError> {
        ledger.prepare(&self.files)?;
        let digest = ledger.header.digest(subject);
        let number = ledger.next();
        let since = ledger.entry(&digest).map_or(number, |entry| entry.since);
        ledger.add(&self.files, digest, Entry { standing, since }, durability)?;
        Ok(number)
    }
}

/// Where a subject stands.
fn standing_of(ledger: &Ledger, subject: SubjectId) -> Standing {
    ledger.entry(&ledger.header.digest(subject)).map(|entry| entry.standing).unwrap_or_default()
}

/// Takes the folder's lock, waiting for it at most so long.
fn wait_for_lock(files: &Files, timeout: Duration) -> Result<Box<dyn Lock>, AttemptsError> {
    let started = Instant::now();
    loop {
        match files.lock(LOCK)? {
            Locking::Taken(lock) => return Ok(lock),
            Locking::Held { process } if started.elapsed() >= timeout => {
                return Err(AttemptsError::Busy {
                    lock: files.path(LOCK),
                    waited: started.elapsed(),
                    process,
                });
            }
            Locking::Held { .. } => thread::sleep(PAUSE),
        }
    }
}

impl Attempts for AttemptsFile {
    fn reserve(&self, subject: SubjectId, presentation: Presentation) -> Result<Reservation, AttemptsError> {
        self.locked(|ledger| {
            // With the lock: a moment from before could be older than the last attempt of another process.
            let now = self.now();
            let before = standing_of(ledger, subject);
            match before.judge(&self.limits, presentation, now) {
                Judgement::Granted(standing) => {
                    let number = self.keep(ledger, subject, standing, Durability::Durable)?;
                    Ok(Reservation::Granted(Attempt::new(subject, number)))
                }
                Judgement::Refused(refusal, standing) => {
                    if standing != before {
                        self.keep(ledger, subject, standing, Durability::Durable)?;
                    }
                    Ok(Reservation::Refused(refusal))
                }
            }
        })
    }

    fn settle(&self, attempt: Attempt, outcome: AttemptOutcome) -> Result<(), AttemptsError> {
        let subject = attempt.subject();
        self.locked(|ledger| {
            let entry = ledger.entry(&ledger.header.digest(subject));
            // A success or an unlock since has forgotten it.
            let is_counted = entry.is_some_and(|entry| entry.since <= attempt.number());
            let standing = entry.map(|entry| entry.standing).unwrap_or_default();
            let kept = match outcome {
                AttemptOutcome::Accepted if entry.is_some() => {
                    Some((Standing::default(), Durability::WithTheNext))
                }
                AttemptOutcome::Undecided if is_counted => {
                    Some((standing.without_one(), Durability::WithTheNext))
                }
                AttemptOutcome::Rejected if !is_counted => {
                    Some((standing.with_one(self.now()), Durability::Durable))
                }
                _ => None,
            };
            match kept {
                Some((standing, durability)) => self.keep(ledger, subject, standing, durability).map(drop),
                None => Ok(()),
            }
        })
    }

    fn standing(&self, subject: SubjectId) -> Result<Standing, AttemptsError> {
        self.locked(|ledger| Ok(standing_of(ledger, subject)))
    }

    fn unlock(&self, subject: SubjectId) -> Result<Standing, AttemptsError> {
        self.locked(|ledger| {
            let before = standing_of(ledger, subject);
            if before.failures > 0 {
                self.keep(ledger, subject, Standing::default(), Durability::Durable)?;
            }
            Ok(before)
        })
    }

    fn identity(&self) -> Option<[u8; 16]> {
        Some(self.id)
    }

    fn check_gallery(&self, identity: [u8; 16]) -> Result<(), AttemptsError> {
        if self.gallery == NO_GALLERY || self.gallery == identity {
            return Ok(());
        }
        let folder = self.files.path("");
        Err(AttemptsError::OtherGallery { folder, expected: identity, found: self.gallery })
    }
}

impl fmt::Debug for AttemptsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptsFile").field("folder", &self.files.path("")).finish_non_exhaustive()
    }
}
