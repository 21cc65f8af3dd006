//! The writer: stages changes, judges them, and commits them together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rayon::prelude::*;

use super::change::{Added, Change, Staged};
use super::core::Core;
use super::erasure::{ErasureState, ErasureTicket};
use super::error::GalleryError;
use super::maintain::{Task, maintain};
use super::new_references::{CitizenReferences, PreparedReferences, check_one_dimension, make_columns};
use super::partition::Partition;
use super::recovery::Recovery;
use super::reference::{NewReference, ReferenceId, Sample, Status};
use super::request_id::RequestId;
use super::session::Session;
use super::staging::{Others, Staging};
use super::submission::Commit;
use crate::storage::MOST_PAYLOAD;
use crate::subject::SubjectId;

/// A writer of a gallery. All writers of a process share the gallery's lock, its log and its maintenance, and
/// commits that come together share one synchronisation. Each writer stages its own changes; threads may share
/// a writer by reference.
///
/// A change is judged when it is staged, and again when it is committed, because another writer may commit
/// first. [`Writer::commit`] makes everything staged here durable and then visible, or nothing of it. What is
/// not committed when the writer is dropped is lost. After an I/O error the writer refuses every call: drop it
/// and take another.
pub struct Writer {
    session: Arc<Session>,
    partition: Partition,
    /// The greatest generation that the handle returned.
    given: Arc<AtomicU64>,
    staging: Mutex<Staging>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("directory", &self.core().held.files.path("")).finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn new(session: Arc<Session>, partition: Partition, given: Arc<AtomicU64>) -> Self {
        let staging = Mutex::new(Staging::new(&session.core.held.newest()));
        Self { session, partition, given, staging }
    }

    /// Another writer of the same gallery, with nothing staged.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::new(self.session.clone(), self.partition, self.given.clone())
    }

    fn core(&self) -> &Core {
        &self.session.core
    }

    /// The recovery that this process made when it took the gallery.
    pub fn recovery(&self) -> &Recovery {
        &self.core().recovery
    }

    /// The same for the first caller in this process, and only if something was settled, so that it is
    /// recorded once.
    pub fn untold_recovery(&self) -> Option<&Recovery> {
        let recovery = self.recovery();
        (!recovery.is_clean() && self.core().is_first_told()).then_some(recovery)
    }

    /// Why the last maintenance failed, if it did; it is tried again when more is due.
    pub fn maintenance_failure(&self) -> Option<GalleryError> {
        self.core().maintenance_failure()
    }

    fn check(&self, subject: SubjectId) -> Result<(), GalleryError> {
        if let Some(failure) = self.core().held.failure() {
            return Err(failure);
        }
        self.partition.check(subject)
    }

    /// Stages references of a citizen, all or none of them. Computes their features first (in the calling
    /// thread, or in its rayon pool if there are several), which is most of the cost.
    ///
    /// A capture that the citizen has already, of the same finger and moment, is not stored again:
    /// [`Commit::reference`] returns the reference that holds it.
    ///
    /// # Errors
    /// [`GalleryError::ModelDimension`], [`GalleryError::TooMany`], [`GalleryError::OtherPartition`],
    /// [`GalleryError::Poisoned`].
    pub fn add(
        &self,
        citizen: impl Into<SubjectId>,
        references: &[NewReference],
    ) -> Result<Vec<ReferenceId>, GalleryError> {
        self.add_request(citizen, references, None)
    }

    /// As [`Writer::add`], for a request that may be repeated: repeated with the same content, also after a crash
    /// and from another process, it changes nothing, and [`Commit::reference`] gives its first result. At least
    /// the newest [`super::REMEMBERED_REQUESTS`] requests are remembered.
    ///
    /// # Errors
    /// As [`Writer::add`]. [`GalleryError::RequestConflict`] comes with the commit.
    pub fn add_request(
        &self,
        citizen: impl Into<SubjectId>,
        references: &[NewReference],
        request: impl Into<Option<RequestId>>,
    ) -> Result<Vec<ReferenceId>, GalleryError> {
        let citizen = citizen.into();
        self.check(citizen)?;
        let columns = make_columns(references, &self.core().held.options.code_model)?;
        let new = PreparedReferences { references, columns, request: request.into() };
        self.push_references(&mut self.staging.lock(), citizen, None, new)
    }

    /// Stages references of many citizens. Features are computed in the caller's rayon pool, and numbers are
    /// given in order. Each citizen is staged completely or not at all; at an error the citizens before it
    /// are staged.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn add_all(&self, enrolments: &[CitizenReferences]) -> Result<Vec<Vec<ReferenceId>>, GalleryError> {
        enrolments.iter().try_for_each(|enrolment| self.check(enrolment.citizen))?;
        let columns = enrolments
            .par_iter()
            .map(|enrolment| make_columns(&enrolment.references, &self.core().held.options.code_model));
        let columns: Vec<_> = columns.collect::<Result<_, _>>()?;
        let mut staging = self.staging.lock();
        enrolments
            .iter()
            .zip(columns)
            .map(|(enrolment, columns)| {
                let CitizenReferences { citizen, references, request } = enrolment;
                let new = PreparedReferences { references, columns, request: *request };
                self.push_references(&mut staging, *citizen, None, new)
            })
            .collect()
    }

    /// Stages a reference in place of another of the same citizen, as one change.
    ///
    /// # Errors
    /// [`GalleryError::UnknownReference`], and as [`Writer::add`].
    pub fn replace(
        &self,
        citizen: impl Into<SubjectId>,
        reference: ReferenceId,
        new: &NewReference,
    ) -> Result<ReferenceId, GalleryError> {
        self.replace_request(citizen, reference, new, None)
    }

    /// As [`Writer::replace`], for a request that may be repeated ([`Writer::add_request`]).
    ///
    /// # Errors
    /// As [`Writer::replace`], with the commit.
    pub fn replace_request(
        &self,
        citizen: impl Into<SubjectId>,
        reference: ReferenceId,
        new: &NewReference,
        request: impl Into<Option<RequestId>>,
    ) -> Result<ReferenceId, GalleryError> {
        let citizen = citizen.into();
        self.check(citizen)?;
        let news = std::slice::from_ref(new);
        let columns = make_columns(news, &self.core().held.options.code_model)?;
        let new = PreparedReferences { references: news, columns, request: request.into() };
        let ids = self.push_references(&mut self.staging.lock(), citizen, Some(reference), new)?;
        ids.first().copied().ok_or(GalleryError::UnknownReference { citizen, reference })
    }

    /// Stages the removal of one reference.
    ///
    /// # Errors
    /// [`GalleryError::UnknownReference`], damage, [`GalleryError::Poisoned`].
    pub fn remove(&self, citizen: impl Into<SubjectId>, reference: ReferenceId) -> Result<(), GalleryError> {
        self.remove_request(citizen, reference, None)
    }

    /// As [`Writer::remove`], for a request that may be repeated ([`Writer::add_request`]).
    ///
    /// # Errors
    /// As [`Writer::remove`], with the commit.
    pub fn remove_request(
        &self,
        citizen: impl Into<SubjectId>,
        reference: ReferenceId,
        request: impl Into<Option<RequestId>>,
    ) -> Result<(), GalleryError> {
        let citizen = citizen.into();
        self.check(citizen)?;
        let nothing = PreparedReferences { references: &[], columns: Vec::new(), request: request.into() };
        self.push_references(&mut self.staging.lock(), citizen, Some(reference), nothing).map(drop)
    }

    fn push_references(
        &self,
        staging: &mut Staging,
        subject: SubjectId,
        removed: Option<ReferenceId>,
        new: PreparedReferences<'_>,
    ) -> Result<Vec<ReferenceId>, GalleryError> {
        let PreparedReferences { references, columns, request } = new;
        let stage = &mut staging.stage;
        // A request that was made before is no error, whatever has become of the reference by now.
        if let (Some(reference), None) = (removed, request) {
            stage.check_reference(&self.core().held.newest(), subject, reference)?;
        }
        let faces = || {
            references.iter().filter_map(|new| match &new.sample {
                Sample::Face(template) => Some(template),
                Sample::Finger(_) => None,
            })
        };
        faces().try_for_each(|template| stage.check_model(template))?;
        check_one_dimension(faces())?;
        let ids = self.core().held.numbers.take_references(references.len())?;
        faces().for_each(|template| stage.fix_model(template));
        let added = ids.iter().zip(references).zip(columns);
        let added = added.map(|((&id, new), columns)| Added::new(subject, id, new, columns)).collect();
        let removed = removed.into_iter().collect();
        let change = Change::References { subject, removed, added };
        stage.push(Staged { change, samples: references.to_vec(), request });
        Ok(ids)
    }

    /// Stages the deletion of a citizen: all references, and the status. [`Writer::compact`] removes the bytes
    /// from the files; [`Writer::erase`] deletes and removes them.
    ///
    /// # Errors
    /// [`GalleryError::UnknownCitizen`], damage, [`GalleryError::Poisoned`].
    pub fn delete(&self, citizen: impl Into<SubjectId>) -> Result<(), GalleryError> {
        self.delete_request(citizen, None)
    }

    /// As [`Writer::delete`], for a request that may be repeated ([`Writer::add_request`]).
    ///
    /// # Errors
    /// As [`Writer::delete`], with the commit.
    pub fn delete_request(
        &self,
        citizen: impl Into<SubjectId>,
        request: impl Into<Option<RequestId>>,
    ) -> Result<(), GalleryError> {
        let subject = citizen.into();
        self.push_change(subject, Change::Delete { subject }, request.into())
    }

    /// Stages a citizen's status.
    ///
    /// # Errors
    /// As [`Writer::delete`].
    pub fn set_status(&self, citizen: impl Into<SubjectId>, status: Status) -> Result<(), GalleryError> {
        self.set_status_request(citizen, status, None)
    }

    /// As [`Writer::set_status`], for a request that may be repeated ([`Writer::add_request`]).
    ///
    /// # Errors
    /// As [`Writer::delete`], with the commit.
    pub fn set_status_request(
        &self,
        citizen: impl Into<SubjectId>,
        status: Status,
        request: impl Into<Option<RequestId>>,
    ) -> Result<(), GalleryError> {
        let subject = citizen.into();
        self.push_change(subject, Change::Status { subject, status }, request.into())
    }

    fn push_change(
        &self,
        subject: SubjectId,
        change: Change,
        request: Option<RequestId>,
    ) -> Result<(), GalleryError> {
        self.check(subject)?;
        let mut staging = self.staging.lock();
        // A request that was made before is no error, whatever is known of the citizen by now.
        if request.is_none() {
            staging.stage.check_citizen(&self.core().held.newest(), subject)?;
        }
        staging.stage.push(Staged { change, samples: Vec::new(), request });
        Ok(())
    }

    /// Commits, deletes a citizen, and erases the bytes: maintenance rewrites the log and the segments that
    /// hold them, in the background and after a crash too. When this returns, the deletion is durable and no
    /// search finds the citizen; [`Writer::erasure`] says when the bytes are gone.
    ///
    /// # Errors
    /// [`GalleryError::UnknownCitizen`], and as [`Writer::commit`].
    pub fn erase(&self, citizen: impl Into<SubjectId>) -> Result<ErasureTicket, GalleryError> {
        let subject = citizen.into();
        self.push_change(subject, Change::Erase { subject }, None)?;
        let generation = self.commit()?.generation;
        Ok(ErasureTicket { generation, subject })
    }

    /// The state of an erasure.
    ///
    /// # Errors
    /// An I/O error.
    pub fn erasure(&self, ticket: &ErasureTicket) -> Result<ErasureState, GalleryError> {
        self.core().held.erasure(ticket)
    }

    /// Removes the files that recoveries set aside, which may hold bytes of any subject; returns their names.
    ///
    /// # Errors
    /// [`GalleryError::Poisoned`], or an I/O error.
    pub fn discard_set_aside(&self) -> Result<Vec<String>, GalleryError> {
        self.core().held.discard_set_aside()
    }

    /// Makes everything staged here before the call durable, then visible to every later snapshot in any
    /// process, then returns. Threads and writers that commit at the same time share the work: one thread
    /// writes for all that wait. What is staged is in memory: load millions in commits of some hundred
    /// thousand.
    ///
    /// # Errors
    /// A change that can no longer be applied: then nothing staged here is committed. An I/O error, or
    /// [`GalleryError::Displaced`]: then it is unknown whether the changes are committed, and the writer is
    /// poisoned.
    pub fn commit(&self) -> Result<Commit, GalleryError> {
        self.commit_with(&[])
    }

    /// As [`Writer::commit`], with a payload of up to 64 bytes that later snapshots return
    /// ([`super::Snapshot::payload`]), such as a position in an external log. If commits share a batch, the
    /// last payload counts.
    ///
    /// # Errors
    /// As [`Writer::commit`]; [`GalleryError::TooMany`] bytes.
    pub fn commit_with(&self, payload: &[u8]) -> Result<Commit, GalleryError> {
        if payload.len() > MOST_PAYLOAD {
            let (of, limit, found) = ("bytes with a commit", MOST_PAYLOAD, payload.len());
            return Err(GalleryError::TooMany { of, limit, found });
        }
        let begun = self.staging.lock().begin_commit(payload);
        // Nothing is staged, but another thread may be committing what this thread staged.
        let Some((goal, submission)) = begun else { return self.wait_for_others() };
        let outcome = self.core().commit(submission.clone());
        let mut staging = self.staging.lock();
        if let Ok(commit) = &outcome {
            self.given.fetch_max(commit.generation, Ordering::AcqRel);
        }
        staging.end_commit((goal, &submission), &outcome, &self.core().held.newest());
        outcome
    }

    fn wait_for_others(&self) -> Result<Commit, GalleryError> {
        let Others { newest, lost } = self.staging.lock().others();
        if let Some(error) = self.core().held.failure().or(lost) {
            return Err(error);
        }
        match newest {
            Some(submission) => self.core().wait(&submission),
            None => {
                let generation = self.core().held.newest().generation().value();
                Ok(Commit { generation, ..Commit::default() })
            }
        }
    }

    /// Commits, and moves the references in memory to segments, joining small segments on the way. In the
    /// calling thread, beside commits of others.
    ///
    /// # Errors
    /// As [`Writer::commit`].
    pub fn flush(&self) -> Result<(), GalleryError> {
        self.commit()?;
        maintain(&self.core().held, Task::Flush).map(drop)
    }

    /// Commits, and rewrites every segment that has deleted rows or can be joined with others, so that no byte
    /// of what was deleted is in any file of the gallery; what a recovery set aside stays
    /// ([`Writer::discard_set_aside`]). In the calling thread, beside commits of others. A record that is damaged
    /// is carried over as it is. Costs a rewrite of those segments, and needs room for it. Freed blocks of the
    /// disk are not overwritten: use an encrypted volume.
    ///
    /// # Errors
    /// As [`Writer::commit`].
    pub fn compact(&self) -> Result<(), GalleryError> {
        self.commit()?;
        maintain(&self.core().held, Task::Compact).map(drop)
    }
}
