//! The one writer of a process: threads hand in changes, one of them commits for all, and maintenance
//! goes on beside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::erasure::{self, ErasureState, ErasureTicket};
use super::error::GalleryError;
use super::ledger::{Ledger, Numbers};
use super::maintain::Task;
use super::names;
use super::options::{Maintenance, Options};
use super::pace::Pace;
use super::recovery::Recovery;
use super::snapshot::Snapshot;
use super::submission::{Commit, Submission};
use crate::storage::{Files, Watch};

/// Times [`Options::flush_at`] that the log may hold before commits wait for maintenance.
const MOST_BEHIND: usize = 32;

/// How long maintenance that failed waits before it is tried again; twice as long each time.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// What all writers of a process share.
pub(super) struct Core {
    pub(super) files: Files,
    pub(super) options: Options,
    pub(super) gallery: [u8; 16],
    pub(super) numbers: Numbers,
    pub(super) pace: Pace,
    pub(super) recovery: Recovery,
    recovery_told: AtomicBool,
    /// What is held while files are written; `None` after an error, or when the writer is gone.
    pub(super) ledger: Mutex<Option<Ledger>>,
    /// The newest acknowledged state.
    pub(super) newest: RwLock<Arc<Snapshot>>,
    /// Threads for maintenance: half of the processors, so that commits find one free. Made when first needed.
    threads: OnceLock<Option<ThreadPool>>,
    /// Held while a checkpoint is made: there is one at a time.
    pub(super) maintenance: Mutex<()>,
    /// Submissions that wait for a thread to commit them.
    queue: Mutex<Vec<Arc<Submission>>>,
    /// Whether a thread commits for those who wait; changed with the queue locked, but for a panic.
    is_led: AtomicBool,
    turn: Condvar,
    failed: Mutex<Option<String>>,
    work: Mutex<Work>,
    wake: Condvar,
    /// Removed segments that somebody may still map.
    watched: Mutex<Vec<Box<dyn Watch>>>,
    /// Superseded files that are not durably removed yet.
    leftovers: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Work {
    is_due: bool,
    /// Why the last maintenance failed, if it did.
    failure: Option<GalleryError>,
}

impl Core {
    pub(super) fn new(
        (files, options): (Files, Options),
        numbers: Numbers,
        ledger: Ledger,
        recovery: Recovery,
    ) -> Self {
        let newest = RwLock::new(ledger.snapshot.clone());
        Self {
            gallery: ledger.manifest.gallery,
            pace: Pace::new(options.maintenance_rate),
            files,
            options,
            numbers,
            recovery,
            recovery_told: AtomicBool::new(false),
            ledger: Mutex::new(Some(ledger)),
            newest,
            threads: OnceLock::new(),
            maintenance: Mutex::new(()),
            queue: Mutex::default(),
            is_led: AtomicBool::new(false),
            turn: Condvar::new(),
            failed: Mutex::new(None),
            work: Mutex::new(Work { is_due: true, failure: None }),
            wake: Condvar::new(),
            watched: Mutex::default(),
            leftovers: Mutex::default(),
        }
    }

    pub(super) fn newest(&self) -> Arc<Snapshot> {
        self.newest.read().clone()
    }

    /// Whether nobody was told before what was settled.
    pub(super) fn is_first_told(&self) -> bool {
        !self.recovery_told.swap(true, Ordering::Relaxed)
    }

    /// Why the writer is of no more use, if it is.
    pub(super) fn failure(&self) -> Option<GalleryError> {
        self.failed.lock().as_ref().map(|cause| GalleryError::Poisoned { cause: cause.clone() })
    }

    pub(super) fn held<'a>(
        &self,
        guard: &'a mut MutexGuard<'_, Option<Ledger>>,
    ) -> Result<&'a mut Ledger, GalleryError> {
        guard.as_mut().ok_or_else(|| self.failure().unwrap_or(GalleryError::Stopped))
    }

    /// After an error nothing is known of what was written: the lock is released, and the next writer recovers.
    pub(super) fn poison(&self, guard: &mut MutexGuard<'_, Option<Ledger>>, error: &GalleryError) {
        self.failed.lock().get_or_insert_with(|| error.to_string());
        **guard = None;
    }

    /// Commits a submission, by this thread or by another one that commits for all who wait.
    pub(super) fn commit(&self, submission: Arc<Submission>) -> Result<Commit, GalleryError> {
        let mut queue = self.queue.lock();
        queue.push(submission.clone());
        let mut led = false;
        let outcome = loop {
            if let Some(outcome) = submission.outcome.lock().clone() {
                break outcome;
            }
            if self.is_led.load(Ordering::Acquire) {
                self.turn.wait(&mut queue);
                continue;
            }
            self.is_led.store(true, Ordering::Release);
            let batch = std::mem::take(&mut *queue);
            let lead = Lead { core: self, batch: &batch };
            MutexGuard::unlocked(&mut queue, || self.lead(&batch));
            drop(lead);
            led = true;
        };
        drop(queue);
        if led {
            self.after_commit();
        }
        outcome
    }

    /// Waits for a submission that another thread handed in.
    pub(super) fn wait(&self, submission: &Submission) -> Result<Commit, GalleryError> {
        let mut queue = self.queue.lock();
        loop {
            if let Some(outcome) = submission.outcome.lock().clone() {
                return outcome;
            }
            self.turn.wait(&mut queue);
        }
    }

    fn lead(&self, batch: &[Arc<Submission>]) {
        let mut guard = self.ledger.lock();
        let result = self.held(&mut guard).and_then(|ledger| {
            let publish = |snapshot: &Arc<Snapshot>| *self.newest.write() = snapshot.clone();
            ledger.commit(batch, &self.numbers, &self.options, publish)
        });
        if let Err(error) = result {
            self.poison(&mut guard, &error);
            // The first is told what happened, the others that the writer stopped.
            let mut error = Some(error);
            for submission in batch {
                let told = error.take().or_else(|| self.failure()).unwrap_or(GalleryError::Stopped);
                submission.settle(Err(told));
            }
        }
    }

    /// Sees to the maintenance that commits make due.
    fn after_commit(&self) {
        let behind = self.ledger.lock().as_ref().map_or(0, |ledger| ledger.changes);
        let flush_at = self.options.flush_at.max(1);
        let erases = !self.newest.read().erasures.is_empty() || !self.leftovers.lock().is_empty();
        if behind < flush_at && !erases {
            return;
        }
        match self.options.maintenance {
            Maintenance::Manual => {}
            Maintenance::Inline => self.keep_up(),
            Maintenance::Background if behind / MOST_BEHIND >= flush_at => self.keep_up(),
            Maintenance::Background => self.wake(),
        }
    }

    /// Does all maintenance that is due. The commits are done whatever comes of it.
    fn keep_up(&self) {
        loop {
            let failure = match self.maintain(Task::Due) {
                Ok(true) => continue,
                Ok(false) => None,
                Err(error) => Some(error),
            };
            self.work.lock().failure = failure;
            return;
        }
    }

    /// Runs work on the threads for maintenance; on the caller's if there are none to be had.
    pub(super) fn on_own_threads<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let make = || {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            ThreadPoolBuilder::new().num_threads((processors / 2).max(1)).build().ok()
        };
        match self.threads.get_or_init(make) {
            Some(threads) => threads.install(work),
            None => work(),
        }
    }

    /// Why the last maintenance in the background failed, if it did.
    pub(super) fn maintenance_failure(&self) -> Option<GalleryError> {
        self.work.lock().failure.clone()
    }

    fn wake(&self) {
        self.work.lock().is_due = true;
        self.wake.notify_all();
    }

    /// The life of the thread that does maintenance.
    pub(super) fn attend(&self) {
        let mut patience = LEAST_PATIENCE;
        loop {
            {
                let mut work = self.work.lock();
                while !work.is_due && !self.pace.is_stopped() {
                    self.wake.wait(&mut work);
                }
                work.is_due = false;
            }
            if self.pace.is_stopped() {
                return;
            }
            self.keep_up();
            // What failed is not tried again at every commit.
            let mut work = self.work.lock();
            patience = if work.failure.is_some() {
                (patience * 2).clamp(LEAST_PATIENCE, MOST_PATIENCE)
            } else {
                LEAST_PATIENCE
            };
            if work.failure.is_some() {
                let until = Instant::now() + patience;
                while !self.pace.is_stopped() && !self.wake.wait_until(&mut work, until).timed_out() {}
                work.is_due = true;
            }
        }
    }

    /// Does at once what is due when a writer is made.
    pub(super) fn catch_up(&self) {
        if self.options.maintenance == Maintenance::Inline {
            self.keep_up();
        }
    }

    /// Ends maintenance at its next write.
    pub(super) fn stop(&self) {
        self.pace.stop();
        let _work = self.work.lock();
        self.wake.notify_all();
    }

    /// Lets the lock go.
    pub(super) fn close(&self) {
        *self.ledger.lock() = None;
    }

    /// Remembers files that are about to be removed, until nobody maps them.
    fn watch(&self, removed: &[String]) {
        let segments = removed.iter().filter(|name| name.starts_with("seg-"));
        self.watched.lock().extend(segments.filter_map(|name| self.files.watch(name).ok()));
    }

    /// Files that are about to be removed.
    pub(super) fn supersede(&self, names: Vec<String>) {
        self.watch(&names);
        self.leftovers.lock().extend(names);
    }

    /// Removes superseded files, durably. What cannot be removed is tried again by the next maintenance.
    pub(super) fn remove_superseded(&self) -> Result<(), GalleryError> {
        let mut leftovers = self.leftovers.lock();
        if leftovers.is_empty() {
            return Ok(());
        }
        leftovers.iter().try_for_each(|name| self.files.remove_if_there(name))?;
        self.files.sync()?;
        leftovers.clear();
        Ok(())
    }

    /// How far an erasure is.
    pub(super) fn erasure(&self, ticket: &ErasureTicket) -> Result<ErasureState, GalleryError> {
        let pending = self.newest.read().erasures.clone();
        if pending.iter().any(|pending| pending.subject == ticket.subject) {
            return Ok(ErasureState::Pending);
        }
        let named = self.held(&mut self.ledger.lock())?.named();
        if let Some(state) = erasure::state_by_names(self.files.list()?, &named) {
            return Ok(state);
        }
        let mut watched = self.watched.lock();
        watched.retain(|file| file.is_mapped().unwrap_or(true));
        Ok(match watched.len() {
            0 => ErasureState::Done,
            files => ErasureState::Mapped { files },
        })
    }

    /// Removes what recoveries set aside; gives the names.
    pub(super) fn discard_set_aside(&self) -> Result<Vec<String>, GalleryError> {
        let guard = self.ledger.lock();
        if guard.is_none() {
            return Err(self.failure().unwrap_or(GalleryError::Stopped));
        }
        let mut names = self.files.list()?;
        names.retain(|name| names::is_set_aside(name));
        for name in &names {
            self.files.remove(name)?;
        }
        self.files.sync()?;
        Ok(names)
    }
}

/// The turn of a thread that commits for all who wait. Ends also by a panic, which stops the writer: others
/// would wait for it for ever.
struct Lead<'a> {
    core: &'a Core,
    batch: &'a [Arc<Submission>],
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let cause = "a thread panicked in a commit".to_owned();
            self.core.failed.lock().get_or_insert_with(|| cause.clone());
            *self.core.ledger.lock() = None;
            for submission in self.batch {
                submission.settle(Err(GalleryError::Poisoned { cause: cause.clone() }));
            }
        }
        self.core.is_led.store(false, Ordering::Release);
        self.core.turn.notify_all();
    }
}
