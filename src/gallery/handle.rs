//! The handle of a gallery.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::create;
use super::erasure::{self, ErasureState, ErasureTicket};
use super::error::GalleryError;
use super::idle;
use super::names;
use super::options::{Options, Residence};
use super::partition::Partition;
use super::recovery::{self, Known};
use super::session::{self, Session};
use super::snapshot::Snapshot;
use super::state::{Role, State};
use super::writer::Writer;
use crate::kernels::Kernels;
use crate::storage::{Backend, Disk, FileId, Files, StorageError};

/// A gallery: a directory of files that one writer changes and many readers see. Clones share it.
#[derive(Clone, Debug)]
pub struct Gallery {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    files: Files,
    options: Options,
    /// The folder that was opened, whatever its path stands for later.
    directory: FileId,
    identity: [u8; 16],
    partition: Partition,
    read_only: bool,
    /// What snapshots are followed from; `None` after an error, to be loaded anew.
    follower: Mutex<Option<State>>,
    /// The greatest generation that was given, by a snapshot or by a commit of a writer.
    given: Arc<AtomicU64>,
    /// When a snapshot was last asked for.
    asked: Mutex<Instant>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("directory", &self.files.path("")).finish_non_exhaustive()
    }
}

impl Gallery {
    /// Makes an empty gallery in a directory, which is created if it is missing. Nothing that is there is
    /// removed or changed.
    ///
    /// # Errors
    /// [`GalleryError::AlreadyExists`]; [`GalleryError::Remains`] if there are files of a gallery that is not
    /// whole; [`GalleryError::Locked`]; [`GalleryError::Kernels`]; or an I/O error.
    pub fn create(directory: impl AsRef<Path>, options: Options) -> Result<Self, GalleryError> {
        Kernels::from_environment()?;
        let directory = directory.as_ref();
        let disk = Disk::new(directory);
        disk.create_directory()
            .map_err(|source| StorageError::io(directory.to_path_buf(), "create the directory", source))?;
        Self::create_in(Arc::new(disk), options)
    }

    /// Makes an empty gallery in a backend.
    ///
    /// # Errors
    /// As [`Gallery::create`].
    pub fn create_in(backend: Arc<dyn Backend>, options: Options) -> Result<Self, GalleryError> {
        Kernels::from_environment()?;
        let files = files(backend, &options);
        create::create(&files, &options)?;
        Self::from_files(files, options, false)
    }

    /// Opens a gallery: maps its segments and reads its log. Costs by segments and by the log, not by
    /// references; the log holds at most about [`Options::flush_at`] changes and references. Writes nothing: what
    /// a crash left is settled by the next writer.
    ///
    /// # Errors
    /// [`GalleryError::NotAGallery`], damage, [`GalleryError::WentBack`], [`GalleryError::CodeModel`],
    /// [`GalleryError::FeatureVersion`] (which [`Gallery::upgrade`] mends), [`GalleryError::Kernels`], or an I/O
    /// error.
    pub fn open(directory: impl AsRef<Path>, options: Options) -> Result<Self, GalleryError> {
        Self::open_in(Arc::new(Disk::new(directory.as_ref())), options)
    }

    /// Opens a gallery that is never written through this handle: [`Gallery::writer`] refuses.
    ///
    /// # Errors
    /// As [`Gallery::open`].
    pub fn open_read_only(directory: impl AsRef<Path>, options: Options) -> Result<Self, GalleryError> {
        Self::from_files(files(Arc::new(Disk::new(directory.as_ref())), &options), options, true)
    }

    /// Opens a gallery in a backend.
    ///
    /// # Errors
    /// As [`Gallery::open`].
    pub fn open_in(backend: Arc<dyn Backend>, options: Options) -> Result<Self, GalleryError> {
        Self::from_files(files(backend, &options), options, false)
    }

    fn from_files(files: Files, options: Options, read_only: bool) -> Result<Self, GalleryError> {
        Kernels::from_environment()?;
        check_is_gallery(&files)?;
        let directory = files.directory()?.id;
        let (state, _) = State::load(&files, &options, None, Role::Reader)?;
        // A commit of this process that is durable and not published yet was given to nobody.
        let loaded = state.snapshot.generation().value();
        let given = session::find(directory)
            .map_or(loaded, |session| session.core.newest().generation().value().min(loaded));
        let shared = Shared {
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

    /// Rebuilds from the minutiae, in every segment that has them, features that another version of
    /// the engine made and codes of another model than [`Options::code_model`], which is the gallery's from then
    /// on; does nothing if none has. Codes are made a segment at a time and held in memory until they are
    /// written: 677 bytes a row.
    ///
    /// # Errors
    /// As [`Gallery::writer`].
    pub fn upgrade(directory: impl AsRef<Path>, options: &Options) -> Result<(), GalleryError> {
        let files = files(Arc::new(Disk::new(directory.as_ref())), options);
        check_is_gallery(&files)?;
        let directory = files.directory()?.id;
        let options = options.clone().maintenance(super::Maintenance::Inline);
        let core = recovery::open(&files, &options, (directory, None), Role::Recoder)?;
        core.catch_up();
        let failure = core.maintenance_failure();
        core.close();
        failure.map_or(Ok(()), Err)
    }

    /// The newest acknowledged state, whoever wrote it: a writer of this process, or one of another. Never
    /// one older than a state that this handle gave before. When nothing is new it costs looking at two names
    /// and reading eight kilobytes, and less while this process has the writer.
    ///
    /// # Errors
    /// Damage, [`GalleryError::WentBack`], [`GalleryError::Replaced`], or an I/O error; the snapshots that were
    /// given before stay good.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, GalleryError> {
        let shared = &*self.shared;
        let snapshot = match session::find(shared.directory) {
            Some(session) => {
                let newest = shared.check_identity(&session)?.core.newest();
                shared.drop_followed();
                newest
            }
            None => shared.follow()?,
        };
        let found = snapshot.generation().value();
        let known = shared.given.fetch_max(found, Ordering::AcqRel);
        if found < known {
            // The writer of this process may just have gone on: the files say.
            let snapshot = shared.follow()?;
            let found = snapshot.generation().value();
            if found < known {
                return Err(GalleryError::WentBack { directory: self.directory(), known, found });
            }
            return Ok(snapshot);
        }
        Ok(snapshot)
    }

    /// The writer: there is one in a process, and all who ask for it share it. The first recovers what a
    /// crash left, and the lock is held until the last is dropped.
    ///
    /// # Errors
    /// [`GalleryError::Locked`] if another process has it; [`GalleryError::ReadOnly`];
    /// [`GalleryError::Replaced`]; [`GalleryError::WentBack`] if the files hold less than this handle gave;
    /// damage; an I/O error.
    pub fn writer(&self) -> Result<Writer, GalleryError> {
        let shared = &*self.shared;
        if shared.read_only {
            return Err(GalleryError::ReadOnly { directory: self.directory() });
        }
        shared.check_place()?;
        let known = Known { gallery: shared.identity, generation: shared.given.load(Ordering::Acquire) };
        let session = session::open(&shared.files, &shared.options, shared.directory, known)?;
        let found = shared.check_identity(&session)?.core.newest().generation().value();
        if found < known.generation {
            let (directory, known) = (self.directory(), known.generation);
            return Err(GalleryError::WentBack { directory, known, found });
        }
        Ok(Writer::new(session, shared.partition, shared.given.clone()))
    }

    /// How far an erasure is. What other processes map is known to the process that has the writer only.
    ///
    /// # Errors
    /// As [`Gallery::snapshot`].
    pub fn erasure(&self, ticket: &ErasureTicket) -> Result<ErasureState, GalleryError> {
        let shared = &*self.shared;
        if let Some(session) = session::find(shared.directory) {
            return shared.check_identity(&session)?.core.erasure(ticket);
        }
        let snapshot = self.snapshot()?;
        if snapshot.erasures.iter().any(|pending| pending.subject == ticket.subject) {
            return Ok(ErasureState::Pending);
        }
        let named = match &*shared.follower.lock() {
            Some(state) => recovery::named_by(state),
            None => return Ok(ErasureState::Pending),
        };
        Ok(erasure::state_by_names(shared.files.list()?, &named).unwrap_or(ErasureState::Done))
    }

    /// Where it is.
    pub fn directory(&self) -> PathBuf {
        self.shared.files.path("")
    }

    /// Sixteen bytes that no other gallery has.
    pub fn identity(&self) -> [u8; 16] {
        self.shared.identity
    }

    /// Which part of a registry it is.
    pub fn partition(&self) -> Partition {
        self.shared.partition
    }
}

impl Shared {
    /// The path still leads to the folder that was opened.
    fn check_place(&self) -> Result<(), GalleryError> {
        if self.files.directory()?.id == self.directory {
            Ok(())
        } else {
            Err(GalleryError::Replaced { directory: self.files.path("") })
        }
    }

    /// Drops what is followed if nobody asked for long and its files were replaced: the next who asks loads
    /// the state anew.
    pub(super) fn let_go(&self, now: Instant, idle: Duration) {
        if now.saturating_duration_since(*self.asked.lock()) < idle {
            return;
        }
        // Somebody who has it is not idle.
        if let Some(mut follower) = self.follower.try_lock()
            && follower.as_ref().is_some_and(|state| state.is_superseded(&self.files))
        {
            *follower = None;
        }
    }

    /// Drops what was followed before this process had the writer: it maps files that an erasure waits for.
    fn drop_followed(&self) {
        if let Some(mut follower) = self.follower.try_lock() {
            *follower = None;
        }
    }

    /// The session of the folder is one of the gallery that was opened.
    fn check_identity<'a>(&self, session: &'a Session) -> Result<&'a Session, GalleryError> {
        if session.core.gallery == self.identity {
            Ok(session)
        } else {
            Err(GalleryError::Replaced { directory: self.files.path("") })
        }
    }

    fn follow(&self) -> Result<Arc<Snapshot>, GalleryError> {
        let mut follower = self.follower.lock();
        *self.asked.lock() = Instant::now();
        self.check_place()?;
        // Taken out, so that a state that met an error half way is not used again.
        let mut known = None;
        if let Some(mut state) = follower.take() {
            if matches!(state.follow(&self.files), Ok(true)) {
                return Ok(follower.insert(state).snapshot.clone());
            }
            known = Some(state.snapshot);
        }
        let (state, _) = State::load(&self.files, &self.options, known.as_deref(), Role::Reader)?;
        if state.manifest.gallery != self.identity {
            return Err(GalleryError::Replaced { directory: self.files.path("") });
        }
        let snapshot = state.snapshot.clone();
        *follower = Some(state);
        Ok(snapshot)
    }
}

pub(super) fn files(backend: Arc<dyn Backend>, options: &Options) -> Files {
    Files::new(backend, options.residence == Residence::Copied)
}

pub(super) fn check_is_gallery(files: &Files) -> Result<(), GalleryError> {
    let nothing = || GalleryError::NotAGallery { directory: files.path("") };
    match files.open(names::CURRENT) {
        Err(error) if error.is_not_found() => {
            // What is left of one is not nothing.
            let found =
                files.list().map_err(|error| if error.is_not_found() { nothing() } else { error.into() })?;
            let creating = found.iter().any(|name| name == names::CREATING);
            match found.into_iter().find(|name| names::is_of_gallery(name)) {
                Some(example) if !creating => {
                    Err(GalleryError::Remains { directory: files.path(""), example })
                }
                _ => Err(nothing()),
            }
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}
