//! The database's handle and its snapshots.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use rayon::ThreadPool;

use crate::attempts::Attempts;
use crate::gallery::{self, CitizenView, ErasureTicket, Gallery, Generation};
use crate::subject::SubjectId;
use crate::template::FaceTemplate;

use super::calibrations::Tables;
use super::change_record::ChangeRecord;
use super::counters::Counting;
use super::record::{Answered, microseconds};
use super::{
    Audit, AuditEntry, CitizenWriter, Claim, Counters, DatabaseError, DatabaseOptions, DecisionRecord,
    SearchRecord, SearchRequest,
};

/// The citizen database: a gallery, the calibrations to decide by, and the audit.
///
/// Open it once and share it: all methods take `&self`, and a clone is another handle of the same database.
/// What another process has acknowledged is seen by the next call here.
#[derive(Clone)]
pub struct CitizenDatabase {
    shared: Arc<Shared>,
}

/// What the handles of a database share.
struct Shared {
    gallery: Gallery,
    tables: Tables,
    pool: Option<Arc<ThreadPool>>,
    audit: Option<Arc<dyn Audit>>,
    attempts: Option<Arc<dyn Attempts>>,
    /// Keeps the gallery's writer from the first change on.
    held: Mutex<Option<CitizenWriter>>,
    counting: Arc<Counting>,
}

impl CitizenDatabase {
    /// How to open or create one.
    pub fn options() -> DatabaseOptions {
        DatabaseOptions::new()
    }

    pub(super) fn new(gallery: Gallery, tables: Tables, options: DatabaseOptions) -> Self {
        let shared = Shared {
            gallery,
            tables,
            pool: options.pool,
            audit: options.audit,
            attempts: options.attempts,
            held: Mutex::new(None),
            counting: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The gallery underneath.
    pub fn gallery(&self) -> &Gallery {
        &self.shared.gallery
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.shared.tables
    }

    pub(super) fn held(&self) -> &Mutex<Option<CitizenWriter>> {
        &self.shared.held
    }

    /// What was done since the database was opened, by all handles of it in this process.
    pub fn counters(&self) -> Counters {
        self.shared.counting.read()
    }

    pub(super) fn counting(&self) -> &Counting {
        &self.shared.counting
    }

    /// What limits attempts, if anything does.
    pub(super) fn limiter(&self) -> Option<&dyn Attempts> {
        self.shared.attempts.as_deref()
    }

    /// Runs on the database's pool if it has one.
    pub(super) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.shared.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    pub(super) fn pool(&self) -> Option<&ThreadPool> {
        self.shared.pool.as_deref()
    }

    /// A writer: for many changes at a time. Single ones have [`CitizenDatabase::enrol`] and its like. All
    /// writers of a process share the gallery's lock, which is held until the last is dropped. What the first
    /// had to settle is recorded in the audit.
    ///
    /// # Errors
    /// [`gallery::GalleryError::Locked`] if another process has it; damage; [`DatabaseError::Audit`].
    pub fn writer(&self) -> Result<CitizenWriter, DatabaseError> {
        let Shared { gallery, pool, audit, .. } = &*self.shared;
        let record = audit.as_ref().map(|audit| ChangeRecord::new(Arc::clone(audit), gallery.clone()));
        let writer = gallery.writer()?;
        if let (Some(record), Some(recovery)) = (&record, writer.untold_recovery()) {
            record.recovered(recovery)?;
        }
        Ok(CitizenWriter::new(writer, pool.clone(), record, Arc::clone(&self.shared.counting)))
    }

    /// The newest committed state, of this process or another. It stays as it is while others write.
    ///
    /// # Errors
    /// [`DatabaseError::Gallery`]: damage, or an I/O error.
    pub fn snapshot(&self) -> Result<CitizenSnapshot, DatabaseError> {
        Ok(CitizenSnapshot { gallery: self.gallery().snapshot()?, database: self.clone() })
    }

    /// Decides a claim by the newest state: 1:1.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::authenticate`], and those of [`CitizenDatabase::snapshot`].
    pub fn authenticate(&self, claim: &Claim) -> Result<DecisionRecord, DatabaseError> {
        let started = Instant::now();
        match self.snapshot() {
            Ok(snapshot) => snapshot.authenticate(claim),
            Err(error) => {
                let failed = Err(self.failed_claim(claim, None, error, started));
                self.counting().claim(&failed);
                failed
            }
        }
    }

    /// Searches all citizens by the newest state: 1:N.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::identify`], and those of [`CitizenDatabase::snapshot`].
    pub fn identify(&self, request: &SearchRequest) -> Result<SearchRecord, DatabaseError> {
        let found = self.identify_batch(std::slice::from_ref(request))?;
        found.into_iter().next().ok_or(DatabaseError::EmptyProbe)
    }

    /// Many searches, in the order of the requests; those that search alike share a pass over the gallery.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::identify_batch`], and those of [`CitizenDatabase::snapshot`].
    pub fn identify_batch(&self, requests: &[SearchRequest]) -> Result<Vec<SearchRecord>, DatabaseError> {
        let started = Instant::now();
        match self.snapshot() {
            Ok(snapshot) => snapshot.identify_batch(requests),
            Err(error) => {
                let failed = Err(self.failed_searches(requests, None, error, started));
                self.counting().searches(requests.len(), &failed);
                failed
            }
        }
    }

    /// Who answers, for a record.
    pub(super) fn answered(
        &self,
        generation: Option<Generation>,
        face: Option<&FaceTemplate>,
        started: Instant,
    ) -> Answered {
        Answered {
            generation,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            finger_calibration: self.tables().fingers.used.clone(),
            face_calibration: face.and_then(|face| self.tables().used_for(face.model())),
            took: microseconds::whole(started.elapsed()),
        }
    }

    /// Keeps entries, if there is an audit.
    pub(super) fn audit(&self, entries: impl FnOnce() -> Vec<AuditEntry>) -> Result<(), DatabaseError> {
        match &self.shared.audit {
            Some(audit) => audit.record(&entries()).map_err(DatabaseError::Audit),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for CitizenDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CitizenDatabase").field("gallery", self.gallery()).finish_non_exhaustive()
    }
}

/// A committed state of the database, which stays as it is while others write.
#[derive(Clone)]
pub struct CitizenSnapshot {
    pub(super) database: CitizenDatabase,
    pub(super) gallery: Arc<gallery::Snapshot>,
}

impl CitizenSnapshot {
    /// Which state it is.
    pub fn generation(&self) -> Generation {
        self.gallery.generation()
    }

    /// The gallery's snapshot underneath.
    pub fn gallery(&self) -> &gallery::Snapshot {
        &self.gallery
    }

    /// What is enrolled of a citizen; `None` if nothing is.
    ///
    /// # Errors
    /// Damage to a segment's catalogue: nobody can then be said to be unknown.
    pub fn citizen(&self, citizen: impl Into<SubjectId>) -> Result<Option<CitizenView>, DatabaseError> {
        Ok(self.gallery.citizen(citizen)?)
    }

    /// The erasures that were not complete in this state, also those that another process asked for or that a
    /// crash interrupted.
    pub fn erasures(&self) -> impl Iterator<Item = ErasureTicket> {
        self.gallery.erasures()
    }
}

impl fmt::Debug for CitizenSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CitizenSnapshot").field(&self.gallery).finish()
    }
}
