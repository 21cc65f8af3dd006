//! The database's handle and its snapshots.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use rayon::ThreadPool;

use crate::gallery::{self, CitizenView, Gallery, Generation};
use crate::subject::SubjectId;

use super::calibrations::Tables;
use super::change_record::ChangeRecord;
use super::changes::HeldWriter;
use super::{
    Audit, AuditEntry, AuditEvent, CitizenWriter, DatabaseError, Decision, Identification, Identify, Options,
    Policy, Probe,
};

/// The citizen database: a gallery, the calibrations to decide by, and the audit.
///
/// Open it once and share it: all methods take `&self`. What another process has acknowledged is
/// seen by the next call here.
pub struct CitizenDatabase {
    gallery: Gallery,
    pub(super) tables: Tables,
    pub(super) pool: Option<Arc<ThreadPool>>,
    audit: Option<Arc<dyn Audit>>,
    pub(super) held: HeldWriter,
}

impl CitizenDatabase {
    /// Makes an empty gallery in a directory and opens it.
    ///
    /// # Errors
    /// [`DatabaseError::Gallery`]: a gallery is there already, or the system's word.
    pub fn create(directory: impl AsRef<Path>, options: Options) -> Result<Self, DatabaseError> {
        let gallery = Gallery::create(directory, options.gallery.clone())?;
        Self::new(gallery, options)
    }

    /// Opens a gallery: maps files. Costs by segments and by the log, not by citizens.
    ///
    /// # Errors
    /// [`DatabaseError::Gallery`]: no gallery is there, it is damaged, or the system's word.
    pub fn open(directory: impl AsRef<Path>, options: Options) -> Result<Self, DatabaseError> {
        let gallery = Gallery::open(directory, options.gallery.clone())?;
        Self::new(gallery, options)
    }

    fn new(gallery: Gallery, options: Options) -> Result<Self, DatabaseError> {
        let tables = options.calibrations.resolved()?;
        let held = HeldWriter::default();
        Ok(Self { gallery, tables, pool: options.pool, audit: options.audit, held })
    }

    /// The gallery underneath.
    pub fn gallery(&self) -> &Gallery {
        &self.gallery
    }

    /// A writer: for many changes at a time. Single ones have [`CitizenDatabase::enrol`] and its like. All
    /// writers of a process share the gallery's lock, which is held until the last is dropped. What the first
    /// had to settle is recorded in the audit.
    ///
    /// # Errors
    /// [`gallery::GalleryError::Locked`] if another process has it; damage; [`DatabaseError::Audit`].
    pub fn writer(&self) -> Result<CitizenWriter, DatabaseError> {
        let record = self.audit.as_ref().map(|audit| ChangeRecord {
            audit: Arc::clone(audit),
            finger_calibration: self.tables.fingers.matcher().to_owned(),
            gallery: self.gallery.clone(),
            staged: Mutex::default(),
        });
        let writer = self.gallery.writer()?;
        if let (Some(record), Some(recovery)) = (&record, writer.untold_recovery()) {
            record.recovered(recovery)?;
        }
        Ok(CitizenWriter::new(writer, self.pool.clone(), record))
    }

    /// The newest acknowledged state, whoever wrote it.
    ///
    /// # Errors
    /// Damage, or the system's word.
    pub fn snapshot(&self) -> Result<CitizenSnapshot<'_>, DatabaseError> {
        Ok(CitizenSnapshot { database: self, gallery: self.gallery.snapshot()? })
    }

    /// Whether the probe is of the claimed citizen, by the newest state: 1:1.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::authenticate`], and those of [`CitizenDatabase::snapshot`].
    pub fn authenticate(
        &self,
        citizen: impl Into<SubjectId>,
        probe: &Probe,
        policy: &Policy,
    ) -> Result<Decision, DatabaseError> {
        self.snapshot()?.authenticate(citizen, probe, policy)
    }

    /// Who of all citizens the probe is, by the newest state: 1:N.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::identify`], and those of [`CitizenDatabase::snapshot`].
    pub fn identify(&self, probe: &Probe, asked: &Identify<'_>) -> Result<Identification, DatabaseError> {
        self.snapshot()?.identify(probe, asked)
    }

    /// Many identifications in one pass of the gallery, in the order of the probes.
    ///
    /// # Errors
    /// As [`CitizenSnapshot::identify_batch`], and those of [`CitizenDatabase::snapshot`].
    pub fn identify_batch(
        &self,
        probes: &[Probe],
        asked: &Identify<'_>,
    ) -> Result<Vec<Identification>, DatabaseError> {
        self.snapshot()?.identify_batch(probes, asked)
    }
}

impl fmt::Debug for CitizenDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CitizenDatabase").field("gallery", &self.gallery).finish_non_exhaustive()
    }
}

/// A committed state of the database, which stays as it is while others write.
pub struct CitizenSnapshot<'a> {
    pub(super) database: &'a CitizenDatabase,
    pub(super) gallery: Arc<gallery::Snapshot>,
}

impl CitizenSnapshot<'_> {
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

    /// Keeps the audit entry of what was asked and came of it since `started`.
    pub(super) fn record(&self, event: AuditEvent<'_>, started: Instant) -> Result<(), DatabaseError> {
        let Some(audit) = &self.database.audit else { return Ok(()) };
        let entry = AuditEntry {
            event,
            generation: self.generation().value(),
            engine: env!("CARGO_PKG_VERSION"),
            finger_calibration: self.database.tables.fingers.matcher(),
            took: started.elapsed(),
        };
        audit.record(&entry).map_err(DatabaseError::Audit)
    }
}

impl fmt::Debug for CitizenSnapshot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CitizenSnapshot").field(&self.gallery).finish()
    }
}
