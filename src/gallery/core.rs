//! The one writer of a process: threads submit changes, one of them commits for all that wait, and
//! maintenance runs in parallel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::error::GalleryError;
use super::held_gallery::HeldGallery;
use super::maintain::{Task, maintain};
use super::options::Maintenance;
use super::recovery::Recovery;
use super::snapshot::Snapshot;
use super::submission::{Commit, Submission};

/// Times [`GalleryOptions::flush_at`] that the log may hold before commits wait for maintenance.
const MOST_BEHIND: usize = 32;

/// How long failed maintenance waits before the next try, at first; twice as long after each failure.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// What all writers of a process share.
pub(super) struct Core {
    pub(super) held: HeldGallery,
    pub(super) recovery: Recovery,
    recovery_told: AtomicBool,
    /// Submissions that wait for a thread to commit them.
    queue: Mutex<Vec<Arc<Submission>>>,
    /// Whether a thread commits for all that wait. Changed with the queue locked, except by a panic.
    is_led: AtomicBool,
    turn: Condvar,
    work: Mutex<Work>,
    wake: Condvar,
}

/// Maintenance that is due.
#[derive(Default)]
struct Work {
    is_due: bool,
    /// Why the last maintenance failed, if it did.
    failure: Option<GalleryError>,
}

impl Core {
    pub(super) fn new(held: HeldGallery, recovery: Recovery) -> Self {
        Self {
            held,
            recovery,
            recovery_told: AtomicBool::new(false),
            queue: Mutex::default(),
            is_led: AtomicBool::new(false),
            turn: Condvar::new(),
            work: Mutex::new(Work { is_due: true, failure: None }),
            wake: Condvar::new(),
        }
    }

    /// Whether the recovery was not reported yet: true for the first caller only.
    pub(super) fn is_first_told(&self) -> bool {
        !self.recovery_told.swap(true, Ordering::Relaxed)
    }

    /// Commits a submission, in this thread or in another one that commits for all that wait.
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

    /// Waits for a submission of another thread.
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
        let held = &self.held;
        let mut guard = held.ledger.lock();
        let result = held.held(&mut guard).and_then(|ledger| {
            let publish = |snapshot: &Arc<Snapshot>| held.publish(snapshot);
            ledger.commit(batch, &held.numbers, &held.options, publish)
        });
        if let Err(error) = result {
            held.poison(&mut guard, &error);
            // The first submission gets the error itself, the others that the writer stopped.
            let mut error = Some(error);
            for submission in batch {
                let told = error.take().or_else(|| held.failure()).unwrap_or(GalleryError::Stopped);
                submission.settle(Err(told));
            }
        }
    }

    /// Runs or wakes the maintenance that commits make due.
    fn after_commit(&self) {
        let behind = self.held.ledger.lock().as_ref().map_or(0, |ledger| ledger.changes);
        let flush_at = self.held.options.flush_at.max(1);
        let erases = !self.held.newest().erasures.is_empty() || self.held.has_superseded();
        if behind < flush_at && !erases {
            return;
        }
        match self.held.options.maintenance {
            Maintenance::Manual => {}
            Maintenance::Inline => self.keep_up(),
            Maintenance::Background if behind / MOST_BEHIND >= flush_at => self.keep_up(),
            Maintenance::Background => self.wake(),
        }
    }

    /// Runs all maintenance that is due. Its failure does not undo a commit.
    fn keep_up(&self) {
        loop {
            let failure = match maintain(&self.held, Task::Due) {
                Ok(true) => continue,
                Ok(false) => None,
                Err(error) => Some(error),
            };
            self.work.lock().failure = failure;
            return;
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

    /// The loop of the maintenance thread.
    pub(super) fn attend(&self) {
        let mut patience = LEAST_PATIENCE;
        loop {
            {
                let mut work = self.work.lock();
                while !work.is_due && !self.held.pace.is_stopped() {
                    self.wake.wait(&mut work);
                }
                work.is_due = false;
            }
            if self.held.pace.is_stopped() {
                return;
            }
            self.keep_up();
            // Failed maintenance is not tried again at every commit.
            let mut work = self.work.lock();
            patience = if work.failure.is_some() {
                (patience * 2).clamp(LEAST_PATIENCE, MOST_PATIENCE)
            } else {
                LEAST_PATIENCE
            };
            if work.failure.is_some() {
                let until = Instant::now() + patience;
                while !self.held.pace.is_stopped() && !self.wake.wait_until(&mut work, until).timed_out() {}
                work.is_due = true;
            }
        }
    }

    /// Runs what is due when a writer opens, if maintenance is inline.
    pub(super) fn catch_up(&self) {
        if self.held.options.maintenance == Maintenance::Inline {
            self.keep_up();
        }
    }

    /// Ends maintenance at its next write.
    pub(super) fn stop(&self) {
        self.held.pace.stop();
        let _work = self.work.lock();
        self.wake.notify_all();
    }
}

/// The turn of a thread that commits for all that wait. A panic ends it too and stops the writer, since the
/// others would wait forever.
struct Lead<'a> {
    core: &'a Core,
    batch: &'a [Arc<Submission>],
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let cause = "a thread panicked in a commit".to_owned();
            self.core.held.poison_unheld(&cause);
            for submission in self.batch {
                submission.settle(Err(GalleryError::Poisoned { cause: cause.clone() }));
            }
        }
        self.core.is_led.store(false, Ordering::Release);
        self.core.turn.notify_all();
    }
}
