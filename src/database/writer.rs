//! Changes to the database.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use crate::gallery::{
    self, Commit, ErasureState, ErasureTicket, GalleryError, Recovery, ReferenceId, Status, Writer,
};
use crate::subject::SubjectId;

use super::change_record::ChangeRecord;
use super::counters::Counting;
use super::{Change, DatabaseError, Enrolment, LockReason};

/// The one writer. Changes are staged at once and judged then; [`CitizenWriter::commit`] makes
/// them durable and then visible to every process. What is not committed when the writer is
/// dropped is lost. Threads may share it; commits that come together share one sync.
///
/// With an audit ([`super::DatabaseOptions::audit`]) a commit first records its changes, and fails with
/// [`DatabaseError::Audit`] if that fails: the changes are then still staged, and not made.
pub struct CitizenWriter {
    writer: Writer,
    pool: Option<Arc<ThreadPool>>,
    record: Option<ChangeRecord>,
    counting: Arc<Counting>,
}

impl CitizenWriter {
    pub(super) fn new(
        writer: Writer,
        pool: Option<Arc<ThreadPool>>,
        record: Option<ChangeRecord>,
        counting: Arc<Counting>,
    ) -> Self {
        Self { writer, pool, record, counting }
    }

    /// What a crash had left behind and was mended when the writer was made.
    pub fn recovery(&self) -> &Recovery {
        self.writer.recovery()
    }

    /// Stages references of a citizen beside those that are there, all or none of them. Costs
    /// the making of features.
    ///
    /// # Errors
    /// Nothing to enrol, an impression without minutiae, a face whose dimension is not its
    /// model's, an earlier error of the disk.
    pub fn enrol(
        &self,
        citizen: impl Into<SubjectId>,
        enrolment: Enrolment,
    ) -> Result<Vec<ReferenceId>, DatabaseError> {
        let (citizen, request) = (citizen.into(), enrolment.request);
        let references = enrolment.references()?;
        let change = Change::Enrol { citizen, references: references.len() };
        self.stage(change, || self.run(|| self.writer.add_request(citizen, &references, request)))
    }

    /// Stages references of many citizens, their features made in parallel.
    ///
    /// # Errors
    /// As [`CitizenWriter::enrol`], of the first citizen that cannot be enrolled; those before are
    /// staged or not: drop the writer, or commit what there is (an audit then has entries of all).
    pub fn enrol_all<S: Into<SubjectId>>(
        &self,
        enrolments: impl IntoIterator<Item = (S, Enrolment)>,
    ) -> Result<Vec<Vec<ReferenceId>>, DatabaseError> {
        let enrolments = enrolments
            .into_iter()
            .map(|(citizen, enrolment)| {
                let request = enrolment.request;
                let references = enrolment.references()?;
                Ok(gallery::CitizenReferences { citizen: citizen.into(), references, request })
            })
            .collect::<Result<Vec<_>, DatabaseError>>()?;
        let change = |e: &gallery::CitizenReferences| Change::Enrol {
            citizen: e.citizen,
            references: e.references.len(),
        };
        let started = Instant::now();
        let staged = self.run(|| self.writer.add_all(&enrolments));
        // Also after an error: which of them are staged is not known, and none may go unrecorded.
        self.note(enrolments.iter().map(change), started);
        Ok(staged?)
    }

    /// Stages new references in place of one, as one change.
    ///
    /// # Errors
    /// The citizen has no such reference, and as [`CitizenWriter::enrol`].
    pub fn replace(
        &self,
        citizen: impl Into<SubjectId>,
        reference: ReferenceId,
        enrolment: Enrolment,
    ) -> Result<ReferenceId, DatabaseError> {
        let [new] = <[_; 1]>::try_from(enrolment.references()?)
            .map_err(|references| DatabaseError::NotOneSample { found: references.len() })?;
        let citizen = citizen.into();
        let change = Change::Replace { citizen, reference };
        self.stage(change, || self.run(|| self.writer.replace(citizen, reference, &new)))
    }

    /// Stages the removal of one reference.
    ///
    /// # Errors
    /// The citizen has no such reference; damage; an earlier error of the disk.
    pub fn remove(&self, citizen: impl Into<SubjectId>, reference: ReferenceId) -> Result<(), DatabaseError> {
        let citizen = citizen.into();
        self.stage(Change::Remove { citizen, reference }, || self.writer.remove(citizen, reference))
    }

    /// Stages the deletion of a citizen: all references, and the lock. The next commit hides them;
    /// [`CitizenWriter::compact`] takes the bytes out of every file.
    ///
    /// # Errors
    /// [`gallery::GalleryError::UnknownCitizen`]; damage; an earlier error of the disk.
    pub fn delete(&self, citizen: impl Into<SubjectId>) -> Result<(), DatabaseError> {
        let citizen = citizen.into();
        self.stage(Change::Delete { citizen }, || self.writer.delete(citizen))
    }

    /// Commits what is staged, deletes a citizen, and has the bytes leave the files. Durable when it returns, and
    /// unknown to every search; the bytes leave by the maintenance of the writer, also after a crash.
    /// [`CitizenWriter::erasure`] tells when they have.
    ///
    /// # Errors
    /// As [`CitizenWriter::delete`] and [`CitizenWriter::commit`].
    pub fn erase(&self, citizen: impl Into<SubjectId>) -> Result<ErasureTicket, DatabaseError> {
        let citizen = citizen.into();
        let started = Instant::now();
        self.commit()?;
        if let Some(record) = &self.record
            && record.gallery.snapshot()?.citizen(citizen)?.is_none()
        {
            // No entry of what is not going to be.
            return Err(GalleryError::UnknownCitizen { citizen }.into());
        }
        self.note([Change::Erase { citizen }], started);
        self.counted(|| self.recorded(|| self.writer.erase(citizen)))
    }

    /// How far an erasure is.
    ///
    /// # Errors
    /// An I/O error.
    pub fn erasure(&self, ticket: &ErasureTicket) -> Result<ErasureState, DatabaseError> {
        if let Some(record) = &self.record {
            // Its handle lets older snapshots go, which map files that the erasure waits for.
            record.gallery.snapshot()?;
        }
        Ok(self.writer.erasure(ticket)?)
    }

    /// Waits until an erasure needs nothing more of this process or another one, at most as long as `patience`.
    /// Gives the state then: anything but [`ErasureState::Done`] and [`ErasureState::SetAside`] says that the time
    /// ran out, and [`CitizenWriter::maintenance_failure`] whether an error is why.
    ///
    /// # Errors
    /// As [`CitizenWriter::erasure`].
    pub fn wait_erased(
        &self,
        ticket: &ErasureTicket,
        patience: Duration,
    ) -> Result<ErasureState, DatabaseError> {
        /// Maintenance takes milliseconds; another process lets a snapshot go whenever it likes.
        const PAUSE: Duration = Duration::from_millis(20);
        let started = Instant::now();
        loop {
            let state = self.erasure(ticket)?;
            let left = patience.saturating_sub(started.elapsed());
            if !matches!(state, ErasureState::Pending | ErasureState::Mapped { .. }) || left.is_zero() {
                return Ok(state);
            }
            thread::sleep(PAUSE.min(left));
        }
    }

    /// Why the last maintenance failed, if it did: an erasure waits for it.
    pub fn maintenance_failure(&self) -> Option<GalleryError> {
        self.writer.maintenance_failure()
    }

    /// Stages a lock: claims on this citizen are then referred, before any comparison. A lock that
    /// is there gets the new reason.
    ///
    /// # Errors
    /// As [`CitizenWriter::delete`].
    pub fn lock(&self, citizen: impl Into<SubjectId>, why: LockReason) -> Result<(), DatabaseError> {
        let citizen = citizen.into();
        let change = Change::Lock { citizen, why };
        self.stage(change, || self.writer.set_status(citizen, Status::Locked(why.code())))
    }

    /// Stages the end of a lock; no effect on a citizen who is not locked.
    ///
    /// # Errors
    /// As [`CitizenWriter::delete`].
    pub fn unlock(&self, citizen: impl Into<SubjectId>) -> Result<(), DatabaseError> {
        let citizen = citizen.into();
        self.stage(Change::Unlock { citizen }, || self.writer.set_status(citizen, Status::Active))
    }

    /// Makes everything staged before durable, then visible, then returns.
    ///
    /// # Errors
    /// An I/O error; the writer then refuses everything, and a new one recovers.
    /// [`DatabaseError::Audit`]: also if only the entries of changes that changed nothing could not be kept.
    pub fn commit(&self) -> Result<Commit, DatabaseError> {
        self.counted(|| self.commit_staged())
    }

    /// Commits, and moves what is in the log to segments.
    ///
    /// # Errors
    /// As [`CitizenWriter::commit`].
    pub fn flush(&self) -> Result<(), DatabaseError> {
        self.counted(|| {
            self.commit_staged()?;
            self.recorded(|| self.writer.flush())
        })
    }

    /// Commits, and rewrites the segments so that no byte of what was deleted is in any file.
    ///
    /// # Errors
    /// As [`CitizenWriter::commit`]; damage.
    pub fn compact(&self) -> Result<(), DatabaseError> {
        self.counted(|| {
            self.commit_staged()?;
            self.recorded(|| self.run(|| self.writer.compact()))
        })
    }

    /// Stages a change, to be recorded if that succeeds.
    fn stage<R>(
        &self,
        change: Change,
        stage: impl FnOnce() -> Result<R, GalleryError>,
    ) -> Result<R, DatabaseError> {
        let started = Instant::now();
        let staged = stage()?;
        self.note([change], started);
        Ok(staged)
    }

    /// Changes that the next commit is to record.
    fn note(&self, changes: impl IntoIterator<Item = Change>, started: Instant) {
        if let Some(record) = &self.record {
            record.stage(changes.into_iter().map(|change| (change, started)));
        }
    }

    /// Commits what is staged, and records which changes changed nothing.
    fn commit_staged(&self) -> Result<Commit, DatabaseError> {
        let commit = self.recorded(|| self.writer.commit())?;
        if let Some(record) = &self.record {
            record.unchanged(&commit)?;
        }
        Ok(commit)
    }

    /// Commits, once what is staged is recorded.
    fn recorded<R>(&self, commit: impl FnOnce() -> Result<R, GalleryError>) -> Result<R, DatabaseError> {
        match &self.record {
            Some(record) => record.commit(commit),
            None => commit().map_err(DatabaseError::from),
        }
    }

    /// Counts a commit.
    fn counted<R>(&self, commit: impl FnOnce() -> Result<R, DatabaseError>) -> Result<R, DatabaseError> {
        let result = commit();
        self.counting.commit(&result);
        result
    }

    fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl fmt::Debug for CitizenWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CitizenWriter").field(&self.writer).finish()
    }
}
