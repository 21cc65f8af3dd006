//! Single changes that are durable when they return, for a service that makes one at a time.

use parking_lot::Mutex;

use crate::gallery::{Commit, ReferenceId};
use crate::subject::SubjectId;

use super::{CitizenDatabase, CitizenWriter, DatabaseError, Enrolment, LockReason};

/// What keeps the gallery's writer from the first change on.
#[derive(Default)]
pub(super) struct HeldWriter(Mutex<Option<CitizenWriter>>);

impl CitizenDatabase {
    /// Enrols references of a citizen, beside those that are there. Durable, and seen by every
    /// process, when it returns. Threads that enrol at once share the cost of a sync.
    ///
    /// The first change takes the gallery's writer and keeps it until [`CitizenDatabase::release_writer`]. For
    /// many citizens at a time [`CitizenDatabase::writer`] is faster. Gives the references that hold the
    /// samples: those that a repeated request got first, and those that held the same samples before.
    ///
    /// # Errors
    /// As [`CitizenWriter::enrol`], [`CitizenWriter::commit`] and [`CitizenDatabase::writer`].
    /// After an error of the disk or the audit the change is durable or not: the next change takes the
    /// writer anew, which recovers, and [`CitizenDatabase::snapshot`] then tells.
    pub fn enrol(
        &self,
        citizen: impl Into<SubjectId>,
        enrolment: Enrolment,
    ) -> Result<Vec<ReferenceId>, DatabaseError> {
        let (staged, commit) = self.change(|writer| writer.enrol(citizen, enrolment))?;
        Ok(staged.into_iter().map(|reference| commit.reference(reference)).collect())
    }

    /// Deletes all that is known of a citizen; no byte of it is left after the next compaction.
    ///
    /// # Errors
    /// As [`CitizenWriter::delete`], and those of [`CitizenDatabase::enrol`].
    pub fn delete(&self, citizen: impl Into<SubjectId>) -> Result<(), DatabaseError> {
        self.change(|writer| writer.delete(citizen)).map(drop)
    }

    /// Locks a citizen: every claim is referred until it is unlocked.
    ///
    /// # Errors
    /// As [`CitizenWriter::lock`], and those of [`CitizenDatabase::enrol`].
    pub fn lock(&self, citizen: impl Into<SubjectId>, why: LockReason) -> Result<(), DatabaseError> {
        self.change(|writer| writer.lock(citizen, why)).map(drop)
    }

    /// Ends a lock; no effect on a citizen who is not locked.
    ///
    /// # Errors
    /// As [`CitizenWriter::unlock`], and those of [`CitizenDatabase::enrol`].
    pub fn unlock(&self, citizen: impl Into<SubjectId>) -> Result<(), DatabaseError> {
        self.change(|writer| writer.unlock(citizen)).map(drop)
    }

    /// Lets another process write: the writer that single changes keep is dropped once the changes under
    /// way have ended.
    pub fn release_writer(&self) {
        *self.held.0.lock() = None;
    }

    /// Each change has a stage of its own, so that one that fails leaves nothing behind for another.
    fn change<R>(
        &self,
        stage: impl FnOnce(&CitizenWriter) -> Result<R, DatabaseError>,
    ) -> Result<(R, Commit), DatabaseError> {
        let writer = self.writer()?;
        let staged = stage(&writer)?;
        let commit = writer.commit();
        let mut held = self.held.0.lock();
        match commit {
            Ok(commit) => {
                held.get_or_insert(writer);
                Ok((staged, commit))
            }
            Err(error) => {
                // If the disk failed, the next change takes the writer anew, which recovers.
                *held = None;
                Err(error)
            }
        }
    }
}
