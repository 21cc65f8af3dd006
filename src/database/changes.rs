//! Single changes that are durable when they return, for a service that makes one at a time.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::gallery::ReferenceId;
use crate::subject::SubjectId;

use super::{CitizenDatabase, CitizenWriter, DatabaseError, Enrolment, LockReason};

/// The writer that a database keeps for itself from its first change on.
#[derive(Default)]
pub(super) struct HeldWriter(Mutex<Option<Arc<CitizenWriter>>>);

impl CitizenDatabase {
    /// Enrols references of a citizen, beside those that are there. Durable, and seen by every
    /// process, when it returns. Threads that enrol at once share the cost of a sync.
    ///
    /// The first change takes the writer and keeps it until [`CitizenDatabase::release_writer`]. For
    /// many citizens at a time [`CitizenDatabase::writer`] is faster.
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
        self.change(|writer| writer.enrol(citizen, enrolment))
    }

    /// Deletes all that is known of a citizen; no byte of it is left after the next compaction.
    ///
    /// # Errors
    /// As [`CitizenWriter::delete`], and those of [`CitizenDatabase::enrol`].
    pub fn delete(&self, citizen: impl Into<SubjectId>) -> Result<(), DatabaseError> {
        self.change(|writer| writer.delete(citizen))
    }

    /// Locks a citizen: every claim is referred until it is unlocked.
    ///
    /// # Errors
    /// As [`CitizenWriter::lock`], and those of [`CitizenDatabase::enrol`].
    pub fn lock(&self, citizen: impl Into<SubjectId>, why: LockReason) -> Result<(), DatabaseError> {
        self.change(|writer| writer.lock(citizen, why))
    }

    /// Ends a lock; no effect on a citizen who is not locked.
    ///
    /// # Errors
    /// As [`CitizenWriter::unlock`], and those of [`CitizenDatabase::enrol`].
    pub fn unlock(&self, citizen: impl Into<SubjectId>) -> Result<(), DatabaseError> {
        self.change(|writer| writer.unlock(citizen))
    }

    /// Lets another handle or process write: the writer that single changes keep is dropped once
    /// the changes under way have ended.
    pub fn release_writer(&self) {
        *self.held.0.lock() = None;
    }

    fn change<R>(
        &self,
        stage: impl FnOnce(&CitizenWriter) -> Result<R, DatabaseError>,
    ) -> Result<R, DatabaseError> {
        let writer = self.hold_writer()?;
        let staged = stage(&writer)?;
        if let Err(error) = writer.commit() {
            let mut held = self.held.0.lock();
            if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, &writer)) {
                *held = None;
            }
            return Err(error);
        }
        Ok(staged)
    }

    fn hold_writer(&self) -> Result<Arc<CitizenWriter>, DatabaseError> {
        let mut held = self.held.0.lock();
        if let Some(writer) = &*held {
            return Ok(Arc::clone(writer));
        }
        let writer = Arc::new(self.writer()?);
        *held = Some(Arc::clone(&writer));
        Ok(writer)
    }
}
