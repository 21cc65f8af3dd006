//! The handle of a gallery.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use super::error::GalleryError;
use super::manifest::Manifest;
use super::names;
use super::options::Options;
use super::snapshot::Snapshot;
use super::state::{Role, State};
use super::writer::{Recovery, Writer};
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Backend, Disk, Files, Log, LogId, StorageError};

/// A gallery: a directory of files that one writer changes and many readers see. Clones share it.
#[derive(Clone, Debug)]
pub struct Gallery {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) files: Files,
    pub(super) options: Options,
    recovery: Option<Recovery>,
    /// The newest snapshot that this handle knows.
    pub(super) newest: RwLock<Arc<Snapshot>>,
    /// A writer of this handle publishes to `newest` itself.
    pub(super) writing: AtomicBool,
    pub(super) follower: Mutex<Follower>,
}

/// The state that snapshots are followed from; `None` after a writer that failed.
pub(super) struct Follower(pub(super) Option<State>);

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Follower")
    }
}

/// Runs a read of several files again while another process replaces them under it.
pub(super) fn settled<T>(mut read: impl FnMut() -> Result<T, GalleryError>) -> Result<T, GalleryError> {
    const TRIES: u32 = 50;
    let mut tries = 0;
    loop {
        let result = read();
        tries += 1;
        let moving = matches!(&result, Err(GalleryError::Storage(error)) if is_moving(error));
        if !moving || tries == TRIES {
            return result;
        }
        if tries > 10 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A file that vanished or shrank may have been replaced; if it is damage, it stays so.
fn is_moving(error: &StorageError) -> bool {
    match error {
        StorageError::Io { source, .. } => {
            matches!(source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof)
        }
        StorageError::Damaged(_) => false,
    }
}

impl Gallery {
    /// Makes an empty gallery in a directory, which is created if it is missing.
    ///
    /// # Errors
    /// [`GalleryError::AlreadyExists`], [`GalleryError::Locked`], or what the system reports.
    pub fn create(directory: impl AsRef<Path>, options: Options) -> Result<Self, GalleryError> {
        let directory = directory.as_ref();
        let disk = Disk::new(directory);
        disk.create_directory().map_err(|source| StorageError::Io {
            file: directory.to_path_buf(),
            operation: "create the directory",
            source,
        })?;
        Self::create_in(Arc::new(disk), options)
    }

    /// Makes an empty gallery in a backend.
    ///
    /// # Errors
    /// As [`Gallery::create`].
    pub fn create_in(backend: Arc<dyn Backend>, options: Options) -> Result<Self, GalleryError> {
        let files = Files::new(backend);
        let lock =
            files.lock(names::LOCK)?.ok_or_else(|| GalleryError::Locked { lock: files.path(names::LOCK) })?;
        let found = files.list()?;
        if found.iter().any(|name| name == names::CURRENT) {
            return Err(GalleryError::AlreadyExists { directory: files.path("") });
        }
        // A creation that crashed left these; nothing is in them.
        for name in found.iter().filter(|name| names::is_numbered(name)) {
            files.remove(name)?;
        }
        let manifest = Manifest {
            gallery: new_uuid(&files.path("")),
            number: 2,
            generation: 0,
            next_reference: 1,
            next_file: 3,
            log: 1,
            marks: None,
            segments: Vec::new(),
        };
        let id = LogId { gallery: manifest.gallery, number: manifest.log };
        Log::create(&files, &names::log(manifest.log), id, manifest.generation)?;
        install(&files, &manifest)?;
        drop(lock);
        Self::from_files(files, options)
    }

    /// Opens a gallery: maps its segments and reads its log. Costs by segments and by the log, not by
    /// references; the log holds at most about [`Options::flush_at`] references. What a crash of the
    /// system left in the log is settled first, as a writer does it: see [`Gallery::recovery`].
    ///
    /// # Errors
    /// [`GalleryError::NotAGallery`], damage, [`GalleryError::FeatureVersion`] (which
    /// [`Gallery::upgrade`] mends), or what the system reports.
    pub fn open(directory: impl AsRef<Path>, options: Options) -> Result<Self, GalleryError> {
        Self::open_in(Arc::new(Disk::new(directory.as_ref())), options)
    }

    /// Opens a gallery in a backend.
    ///
    /// # Errors
    /// As [`Gallery::open`].
    pub fn open_in(backend: Arc<dyn Backend>, options: Options) -> Result<Self, GalleryError> {
        Self::from_files(Files::new(backend), options)
    }

    fn from_files(files: Files, options: Options) -> Result<Self, GalleryError> {
        check_is_gallery(&files)?;
        let load = || settled(|| State::load(&files, &options.code_model, None, Role::Reader));
        let (state, recovery) = match load() {
            Err(GalleryError::TornLog(_)) => {
                let recovery = super::writer::settle(&files, &options.code_model)?;
                (load()?.0, Some(recovery))
            }
            // A whole batch without its seal: a writer is about to acknowledge it, or it was
            // acknowledged and the system crashed before the seal was written.
            Ok((state, scan)) if scan.unsealed.is_some() => {
                match super::writer::settle(&files, &options.code_model) {
                    Err(GalleryError::Locked { .. }) => (state, None),
                    recovery => {
                        let recovery = recovery?;
                        (load()?.0, Some(recovery))
                    }
                }
            }
            result => (result?.0, None),
        };
        let shared = Shared {
            files,
            options,
            recovery,
            newest: RwLock::new(state.snapshot.clone()),
            writing: AtomicBool::new(false),
            follower: Mutex::new(Follower(Some(state))),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Rebuilds from the minutiae, in every segment that has them, features that another version of
    /// the engine made and codes of another model than [`Options::code_model`]; does nothing if none
    /// has. Any writer does the same when it opens. Codes are made a segment at a time and held in
    /// memory until they are written: 677 bytes a row.
    ///
    /// # Errors
    /// As [`Gallery::writer`].
    pub fn upgrade(directory: impl AsRef<Path>, options: &Options) -> Result<(), GalleryError> {
        let files = Files::new(Arc::new(Disk::new(directory.as_ref())));
        check_is_gallery(&files)?;
        super::writer::settle(&files, &options.code_model).map(drop)
    }

    /// What was mended when this handle was opened; `None` if nothing had to be.
    pub fn recovery(&self) -> Option<&Recovery> {
        self.shared.recovery.as_ref()
    }

    /// The newest acknowledged state, whoever wrote it: this handle's writer, or a writer in another
    /// process. When nothing is new it costs reading a file of a hundred bytes and the length of
    /// another, and nothing at all while this handle has the writer.
    ///
    /// # Errors
    /// Damage, or what the system reports; the snapshots that were given before stay good.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, GalleryError> {
        let shared = &*self.shared;
        if !shared.writing.load(Ordering::Acquire) {
            let mut follower = shared.follower.lock();
            if !shared.writing.load(Ordering::Acquire) {
                let snapshot = settled(|| follower.refresh(&shared.files, &shared.options.code_model))?;
                *shared.newest.write() = snapshot;
            }
        }
        Ok(shared.newest.read().clone())
    }

    /// The one writer: recovers what a crash left, and holds the lock until it is dropped.
    ///
    /// # Errors
    /// [`GalleryError::Locked`] if there is another, in this or in another process; damage; what the
    /// system reports.
    pub fn writer(&self) -> Result<Writer, GalleryError> {
        Writer::open(self.shared.clone())
    }

    /// Where it is.
    pub fn directory(&self) -> PathBuf {
        self.shared.files.path("")
    }
}

impl Follower {
    fn refresh(&mut self, files: &Files, model: &Arc<CodeModel>) -> Result<Arc<Snapshot>, GalleryError> {
        // Taken out, so that a state that met an error half way is not used again.
        let mut known = None;
        if let Some(mut state) = self.0.take() {
            if state.follow(files)? {
                return Ok(self.0.insert(state).snapshot.clone());
            }
            known = Some(state.snapshot);
        }
        let (state, _) = State::load(files, model, known.as_deref(), Role::Reader)?;
        let snapshot = state.snapshot.clone();
        self.0 = Some(state);
        Ok(snapshot)
    }
}

fn check_is_gallery(files: &Files) -> Result<(), GalleryError> {
    match files.open(names::CURRENT) {
        Err(error) if error.is_not_found() => Err(GalleryError::NotAGallery { directory: files.path("") }),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Makes a manifest the gallery's: the files that it names are durable before it is, and it is
/// durable before CURRENT names it.
pub(super) fn install(files: &Files, manifest: &Manifest) -> Result<(), StorageError> {
    files.sync()?;
    files.write(&names::manifest(manifest.number), &manifest.encode())?;
    files.sync()?;
    files.replace(names::CURRENT, manifest.current().encode().as_bytes())
}

/// Sixteen bytes that no other gallery has.
fn new_uuid(directory: &Path) -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = blake3::Hasher::new();
    for _ in 0..4 {
        // Seeded by the operating system's random numbers.
        let random = std::hash::RandomState::new().build_hasher().finish();
        hasher.update(&random.to_le_bytes());
    }
    hasher.update(directory.to_string_lossy().as_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    let mut uuid = [0; 16];
    hasher.finalize_xof().fill(&mut uuid);
    uuid
}
