//! The handle of a gallery.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use super::create;
use super::erasure::{self, ErasureState, ErasureTicket};
use super::error::GalleryError;
use super::folder::{check_is_gallery, open_files};
use super::idle;
use super::limiter;
use super::options::GalleryOptions;
use super::partition::Partition;
use super::role::Role;
use super::session;
use super::shared::SharedHandle;
use super::snapshot::Snapshot;
use super::state::State;
use super::takeover::{self, Known};
use super::writer::Writer;
use crate::kernels::Kernels;
use crate::storage::{Backend, Disk, Files, StorageError};

/// A gallery: a directory of files that one writer changes and many readers see. Clones share it.
#[derive(Clone, Debug)]
pub struct Gallery {
    shared: Arc<SharedHandle>,
}

impl Gallery {
    /// Creates an empty gallery in a directory, which is created if it is missing. Existing files are not
    /// removed or changed.
    ///
    /// # Errors
    /// [`GalleryError::AlreadyExists`]; [`GalleryError::Remains`] if there are files of a gallery that is not
    /// whole; [`GalleryError::Locked`]; [`GalleryError::Kernels`]; or an I/O error.
    pub fn create(directory: impl AsRef<Path>, options: GalleryOptions) -> Result<Self, GalleryError> {
        Kernels::from_environment()?;
        let directory = directory.as_ref();
        let disk = Disk::new(directory);
        disk.create_directory()
            .map_err(|source| StorageError::io(directory.to_path_buf(), "create the directory", source))?;
        Self::create_in(Arc::new(disk), options)
    }

    /// Creates an empty gallery in a backend.
    ///
    /// # Errors
    /// As [`Gallery::create`].
    pub fn create_in(backend: Arc<dyn Backend>, options: GalleryOptions) -> Result<Self, GalleryError> {
        Kernels::from_environment()?;
        let files = open_files(backend, &options);
        create::create(&files, &options)?;
        Self::from_files(files, options, false)
    }

    /// Opens a gallery by mapping its segments and reading its log. Cost: O(segments + log), independent of
    /// the number of references; the log holds about [`GalleryOptions::flush_at`] changes and references at
    /// most. Writes nothing: the next writer recovers from a crash.
    ///
    /// # Errors
    /// [`GalleryError::NotAGallery`], damage, [`GalleryError::WentBack`], [`GalleryError::CodeModel`],
    /// [`GalleryError::FeatureVersion`] (call [`Gallery::upgrade`]), [`GalleryError::Kernels`], or an I/O error.
    pub fn open(directory: impl AsRef<Path>, options: GalleryOptions) -> Result<Self, GalleryError> {
        Self::open_in(Arc::new(Disk::new(directory.as_ref())), options)
    }

    /// Opens a gallery for reading only: [`Gallery::writer`] fails with [`GalleryError::ReadOnly`].
    ///
    /// # Errors
    /// As [`Gallery::open`].
    pub fn open_read_only(
        directory: impl AsRef<Path>,
        options: GalleryOptions,
    ) -> Result<Self, GalleryError> {
        Self::from_files(open_files(Arc::new(Disk::new(directory.as_ref())), &options), options, true)
    }

    /// Opens a gallery in a backend.
    ///
    /// # Errors
    /// As [`Gallery::open`].
    pub fn open_in(backend: Arc<dyn Backend>, options: GalleryOptions) -> Result<Self, GalleryError> {
        Self::from_files(open_files(backend, &options), options, false)
    }

    fn from_files(files: Files, options: GalleryOptions, read_only: bool) -> Result<Self, GalleryError> {
        Kernels::from_environment()?;
        let span = tracing::debug_span!(target: "biomatch", "open", generation = tracing::field::Empty);
        let _open = span.enter();
        check_is_gallery(&files)?;
        let directory = files.directory()?.id;
        let (state, _) = State::load(&files, &options, None, Role::Reader)?;
        // A commit of this process that is durable and not published yet was returned to no caller.
        let loaded = state.snapshot.generation().value();
        span.record("generation", loaded);
        let given = session::find(directory)
            .map_or(loaded, |session| session.core.held.newest().generation().value().min(loaded));
        let shared = SharedHandle {
            files,
            options,
            directory,
            identity: state.manifest.gallery,
            partition: state.manifest.partition,
            read_only,
            given: Arc::new(AtomicU64::new(given)),
            asked: Mutex::new(Instant::now()),
            follower: Mutex::new(Some(state)),
        };
        let shared = Arc::new(shared);
        idle::attend(Arc::downgrade(&shared));
        Ok(Self { shared })
    }

    /// Rebuilds features of another engine version, and codes of another model than
    /// [`GalleryOptions::code_model`], from the stored minutiae; the gallery keeps that model from then on.
    /// Does nothing if all are current. Works segment by segment, and holds the codes of a segment in memory
    /// until they are written: 677 bytes per row.
    ///
    /// # Errors
    /// As [`Gallery::writer`].
    pub fn upgrade(directory: impl AsRef<Path>, options: &GalleryOptions) -> Result<(), GalleryError> {
        let files = open_files(Arc::new(Disk::new(directory.as_ref())), options);
        check_is_gallery(&files)?;
        let directory = files.directory()?.id;
        let options = options.clone().maintenance(super::Maintenance::Inline);
        let core = takeover::open(&files, &options, (directory, None), Role::Recoder)?;
        core.catch_up();
        let failure = core.maintenance_failure();
        core.held.close();
        failure.map_or(Ok(()), Err)
    }

    /// The newest acknowledged state, written by this process or another one. Never older than a state that
    /// this handle returned before. If nothing is new it costs two look-ups of names and a read of eight
    /// kilobytes, and less while this process has the writer.
    ///
    /// # Errors
    /// Damage, [`GalleryError::WentBack`], [`GalleryError::Replaced`], or an I/O error. Earlier snapshots
    /// stay valid.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, GalleryError> {
        let shared = &*self.shared;
        let snapshot = match session::find(shared.directory) {
            Some(session) => {
                let newest = shared.check_identity(&session)?.core.held.newest();
                shared.drop_followed();
                newest
            }
            None => shared.follow()?,
        };
        let found = snapshot.generation().value();
        let known = shared.given.fetch_max(found, Ordering::AcqRel);
        if found < known {
            // The writer of this process may just have committed: read the files.
            let snapshot = shared.follow()?;
            let found = snapshot.generation().value();
            if found < known {
                return Err(GalleryError::WentBack { directory: self.directory(), known, found });
            }
            return Ok(snapshot);
        }
        Ok(snapshot)
    }

    /// The writer. All writers of a process share one lock on the gallery: the first call recovers from a
    /// crash, and the lock is released when the last writer is dropped.
    ///
    /// # Errors
    /// [`GalleryError::Locked`] if another process has it; [`GalleryError::ReadOnly`];
    /// [`GalleryError::Replaced`]; [`GalleryError::WentBack`] if the files are older than a state that this
    /// handle returned; damage; an I/O error.
    pub fn writer(&self) -> Result<Writer, GalleryError> {
        let shared = &*self.shared;
        if shared.read_only {
            return Err(GalleryError::ReadOnly { directory: self.directory() });
        }
        shared.check_place()?;
        let known = Known { gallery: shared.identity, generation: shared.given.load(Ordering::Acquire) };
        let session = session::open(&shared.files, &shared.options, shared.directory, known)?;
        let found = shared.check_identity(&session)?.core.held.newest().generation().value();
        if found < known.generation {
            let (directory, known) = (self.directory(), known.generation);
            return Err(GalleryError::WentBack { directory, known, found });
        }
        Ok(Writer::new(session, shared.partition, shared.given.clone()))
    }

    /// The state of an erasure. Only the process that has the writer knows what other processes map.
    ///
    /// # Errors
    /// As [`Gallery::snapshot`].
    pub fn erasure(&self, ticket: &ErasureTicket) -> Result<ErasureState, GalleryError> {
        let shared = &*self.shared;
        if let Some(session) = session::find(shared.directory) {
            return shared.check_identity(&session)?.core.held.erasure(ticket);
        }
        let snapshot = self.snapshot()?;
        if snapshot.erasures.iter().any(|pending| pending.subject == ticket.subject) {
            return Ok(ErasureState::Pending);
        }
        let named = match &*shared.follower.lock() {
            Some(state) => state.file_names(),
            None => return Ok(ErasureState::Pending),
        };
        Ok(erasure::state_by_names(shared.files.list()?, &named).unwrap_or(ErasureState::Done))
    }

    /// The folder of the gallery.
    pub fn directory(&self) -> PathBuf {
        self.shared.files.path("")
    }

    /// The identity of the gallery: sixteen random bytes.
    pub fn identity(&self) -> [u8; 16] {
        self.shared.identity
    }

    /// The identity of the file of attempts that limits claims on this gallery; none if nothing does.
    ///
    /// # Errors
    /// Damage, or an I/O error: it is not known then.
    pub fn limiter(&self) -> Result<Option<[u8; 16]>, GalleryError> {
        limiter::read(&self.shared.files)
    }

    /// Makes a file of attempts the one that limits claims on this gallery, durably; any before is none then.
    ///
    /// # Errors
    /// [`GalleryError::ReadOnly`], [`GalleryError::Replaced`], or an I/O error.
    pub fn set_limiter(&self, identity: [u8; 16]) -> Result<(), GalleryError> {
        if self.shared.read_only {
            return Err(GalleryError::ReadOnly { directory: self.directory() });
        }
        self.shared.check_place()?;
        limiter::write(&self.shared.files, identity)
    }

    /// The part of the registry that this gallery holds.
    pub fn partition(&self) -> Partition {
        self.shared.partition
    }
}
