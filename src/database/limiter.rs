//! The limiter of attempts: which one a gallery must have, and what an officer does with it.

use std::time::Instant;

use crate::attempts::{AttemptOutcome, Attempts, AttemptsError, AttemptsFile, Reservation, Standing};
use crate::gallery::Gallery;
use crate::subject::SubjectId;

use super::decide::Decided;
use super::{AuditEntry, Change, ChangeEntry, CitizenDatabase, Claim, DatabaseError, Decision};

/// Refuses a limiter that counts the attempts on another gallery, and another one than the gallery names.
pub(super) fn check_limiter(gallery: &Gallery, limiter: Option<&dyn Attempts>) -> Result<(), DatabaseError> {
    if let Some(limiter) = limiter {
        limiter.check_gallery(gallery.identity())?;
    }
    let found = limiter.and_then(Attempts::identity);
    match gallery.limiter()? {
        Some(expected) if found != Some(expected) => {
            Err(AttemptsError::OtherLimiter { gallery: gallery.directory(), expected, found }.into())
        }
        _ => Ok(()),
    }
}

/// What a claim came to, as a limiter counts it. An error has decided nothing.
fn outcome(decided: &Result<Decided, DatabaseError>) -> AttemptOutcome {
    match decided.as_ref().map(|decided| &decided.decision) {
        Ok(Decision::Accept) => AttemptOutcome::Accepted,
        Ok(Decision::Reject) => AttemptOutcome::Rejected,
        Ok(Decision::Refer(_)) | Err(_) => AttemptOutcome::Undecided,
    }
}

/// # Attempts
///
/// With [`DatabaseOptions::attempts`](super::DatabaseOptions::attempts), claims are limited per citizen
/// ([`attempts`](crate::attempts)). Searches name no citizen and are not limited.
impl CitizenDatabase {
    /// From now on, claims on this gallery are limited by this file of attempts: no process decides one without
    /// it, also after the file was lost. The audit records it before it is done.
    ///
    /// # Errors
    /// [`AttemptsError::OtherLimiter`] if the gallery names another file ([`CitizenDatabase::replace_limiter`]);
    /// [`AttemptsError::OtherGallery`]; [`DatabaseError::Audit`]; an I/O error.
    pub fn limit_attempts(&self, file: &AttemptsFile) -> Result<(), DatabaseError> {
        check_limiter(self.gallery(), Some(file))?;
        match self.gallery().limiter()? {
            // It is so already.
            Some(_) => Ok(()),
            None => self.replace_limiter(file),
        }
    }

    /// As [`CitizenDatabase::limit_attempts`], also if the gallery names another file: an officer has found that
    /// it is lost. Failures that it counted are forgotten.
    ///
    /// # Errors
    /// [`AttemptsError::OtherGallery`]; [`DatabaseError::Audit`]; an I/O error.
    pub fn replace_limiter(&self, file: &AttemptsFile) -> Result<(), DatabaseError> {
        let started = Instant::now();
        file.check_gallery(self.gallery().identity())?;
        let Some(identity) = file.identity() else { return Ok(()) };
        self.audit_change(Change::LimitAttempts { limiter: hex::encode(identity) }, started)?;
        Ok(self.gallery().set_limiter(identity)?)
    }

    /// Where a citizen stands: failed attempts in a row.
    ///
    /// # Errors
    /// [`DatabaseError::Attempts`]; [`DatabaseError::NoLimiter`].
    pub fn attempts(&self, citizen: impl Into<SubjectId>) -> Result<Standing, DatabaseError> {
        Ok(self.needed_limiter()?.standing(citizen.into())?)
    }

    /// Forgets the failed attempts of a citizen, whom an officer has examined; gives where the citizen stood. The
    /// audit records it before it is done. It ends no lock of the record ([`CitizenDatabase::unlock`]).
    ///
    /// # Errors
    /// As [`CitizenDatabase::attempts`], and [`DatabaseError::Audit`].
    pub fn unlock_attempts(&self, citizen: impl Into<SubjectId>) -> Result<Standing, DatabaseError> {
        let (citizen, started) = (citizen.into(), Instant::now());
        let limiter = self.needed_limiter()?;
        self.audit_change(Change::UnlockAttempts { citizen }, started)?;
        let before = limiter.unlock(citizen)?;
        if before.failures == 0 {
            self.audit_change(Change::Unchanged { citizen }, started)?;
        }
        Ok(before)
    }

    fn needed_limiter(&self) -> Result<&dyn Attempts, DatabaseError> {
        check_limiter(self.gallery(), self.limiter())?;
        self.limiter().ok_or(DatabaseError::NoLimiter)
    }

    /// Compares for a claim, if the limiter allows that.
    pub(super) fn limited(
        &self,
        claim: &Claim,
        compare: impl FnOnce() -> Result<Decided, DatabaseError>,
    ) -> Result<Decided, DatabaseError> {
        check_limiter(self.gallery(), self.limiter())?;
        let Some(limiter) = self.limiter() else { return compare() };
        let attempt = match limiter.reserve(claim.citizen, claim.presentation)? {
            Reservation::Granted(attempt) => attempt,
            Reservation::Refused(refusal) => return Ok(Decided::referred(refusal.into())),
        };
        let decided = compare();
        let settled = limiter.settle(attempt, outcome(&decided));
        let decided = decided?;
        settled?;
        Ok(decided)
    }

    fn audit_change(&self, change: Change, started: Instant) -> Result<(), DatabaseError> {
        let generation = self.snapshot()?.generation();
        self.audit(|| vec![AuditEntry::Change(ChangeEntry::new(change, generation, started.elapsed()))])
    }
}
