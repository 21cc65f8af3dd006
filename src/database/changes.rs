//! Single changes that are durable when they return, for a service that makes one at a time.

use std::time::Duration;

use crate::gallery::{Commit, ErasureState, ErasureTicket, GalleryError, ReferenceId};
use crate::subject::SubjectId;

use super::{CitizenDatabase, CitizenWriter, DatabaseError, Enrolment, LockReason};

/// # Single changes
///
/// Each is durable, and seen by every process, when it returns. Threads that change at once share the cost of a
/// synchronisation. The first change takes the gallery's writer and keeps it until
/// [`CitizenDatabase::release_writer`]. For many citizens at a time [`CitizenDatabase::writer`] is faster.
///
/// After an error of the disk or the audit the change is durable or not: the next change takes the
/// writer anew, which recovers, and [`CitizenDatabase::snapshot`] then tells. Whatever fails leaves nothing
/// behind for the change of another thread.
impl CitizenDatabase {
    /// Enrols references of a citizen, beside those that are there. Gives the references that hold the
    /// samples: those that a repeated request got first, and those that held the same samples before.
    ///
    /// # Errors
    /// As [`CitizenWriter::enrol`], [`CitizenWriter::commit`] and [`CitizenDatabase::writer`].
    pub fn enrol(
        &self,
        citizen: impl Into<SubjectId>,
        enrolment: Enrolment,
    ) -> Result<Vec<ReferenceId>, DatabaseError> {
        let (staged, commit) = self.change(|writer| writer.enrol(citizen, enrolment))?;
        Ok(staged.into_iter().map(|reference| commit.reference(reference)).collect())
    }

    /// Replaces one reference of a citizen by a new one. Gives the new one.
    ///
    /// # Errors
    /// As [`CitizenWriter::replace`], and those of [`CitizenDatabase::enrol`].
    pub fn replace(
        &self,
        citizen: impl Into<SubjectId>,
        reference: ReferenceId,
        enrolment: Enrolment,
    ) -> Result<ReferenceId, DatabaseError> {
        let (staged, commit) = self.change(|writer| writer.replace(citizen, reference, enrolment))?;
        Ok(commit.reference(staged))
    }

    /// Removes one reference of a citizen.
    ///
    /// # Errors
    /// As [`CitizenWriter::remove`], and those of [`CitizenDatabase::enrol`].
    pub fn remove(&self, citizen: impl Into<SubjectId>, reference: ReferenceId) -> Result<(), DatabaseError> {
        self.change(|writer| writer.remove(citizen, reference)).map(drop)
    }

    /// Deletes a citizen: all references, and the lock. The bytes stay in the files until maintenance
    /// rewrites them; [`CitizenDatabase::erase`] sees to that.
    ///
    /// # Errors
    /// As [`CitizenWriter::delete`], and those of [`CitizenDatabase::enrol`].
    pub fn delete(&self, citizen: impl Into<SubjectId>) -> Result<(), DatabaseError> {
        self.change(|writer| writer.delete(citizen)).map(drop)
    }

    /// Deletes a citizen and has the bytes leave the files: see [`CitizenWriter::erase`].
    /// [`CitizenDatabase::wait_erased`] tells when they have.
    ///
    /// # Errors
    /// As [`CitizenWriter::erase`], and those of [`CitizenDatabase::enrol`].
    pub fn erase(&self, citizen: impl Into<SubjectId>) -> Result<ErasureTicket, DatabaseError> {
        self.change(|writer| writer.erase(citizen)).map(|(ticket, _)| ticket)
    }

    /// How far an erasure is. It goes on while this database or another one keeps the writer.
    ///
    /// # Errors
    /// As [`CitizenWriter::erasure`] and [`CitizenDatabase::writer`].
    pub fn erasure(&self, ticket: &ErasureTicket) -> Result<ErasureState, DatabaseError> {
        // The handle lets older snapshots go, which map files that the erasure waits for.
        self.snapshot()?;
        if let Some(writer) = &*self.held().lock() {
            return writer.erasure(ticket);
        }
        self.writer()?.erasure(ticket)
    }

    /// Waits until an erasure needs nothing more of this process or another one, at most as long as `patience`; see
    /// [`CitizenWriter::wait_erased`].
    ///
    /// # Errors
    /// As [`CitizenDatabase::erasure`].
    pub fn wait_erased(
        &self,
        ticket: &ErasureTicket,
        patience: Duration,
    ) -> Result<ErasureState, DatabaseError> {
        self.snapshot()?;
        self.writer()?.wait_erased(ticket, patience)
    }

    /// Why the last maintenance failed, if it did and this database keeps the writer: an erasure waits for it.
    pub fn maintenance_failure(&self) -> Option<GalleryError> {
        self.held().lock().as_ref().and_then(CitizenWriter::maintenance_failure)
    }

    /// Locks a citizen: every claim is referred until it is unlocked, but for one
    /// [`for_unlocking`](super::Claim::for_unlocking) a lock that the citizen asked for.
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
        *self.held().lock() = None;
    }

    /// Each change has a stage of its own, so that one that fails leaves nothing behind for another.
    fn change<R>(
        &self,
        stage: impl FnOnce(&CitizenWriter) -> Result<R, DatabaseError>,
    ) -> Result<(R, Commit), DatabaseError> {
        let writer = self.writer()?;
        let staged = stage(&writer)?;
        let commit = writer.commit();
        let mut held = self.held().lock();
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
