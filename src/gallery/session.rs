//! Sessions: one writer per folder and process, shared by all that ask for it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::core::Core;
use super::error::GalleryError;
use super::options::{GalleryOptions, Maintenance};
use super::role::Role;
use super::takeover::{self, Known};
use crate::storage::{FileId, Files};

/// The writer of a folder, while this process has one.
pub(super) struct Session {
    pub(super) core: Arc<Core>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What is known of a folder.
#[derive(Default)]
struct Place {
    /// Held while a session is opened.
    opening: Mutex<()>,
    session: Mutex<Weak<Session>>,
}

type Slot = Arc<Place>;

/// The sessions of this process, by the folder that they have.
fn slot(directory: FileId) -> Slot {
    static SLOTS: OnceLock<Mutex<HashMap<FileId, Slot>>> = OnceLock::new();
    let mut slots = SLOTS.get_or_init(Mutex::default).lock();
    if slots.len() > 1024 {
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.session.lock().strong_count() > 0);
    }
    slots.entry(directory).or_default().clone()
}

/// The session of a folder, if this process has one that has not failed.
pub(super) fn find(directory: FileId) -> Option<Arc<Session>> {
    let session = slot(directory).session.lock().upgrade()?;
    session.core.held.failure().is_none().then_some(session)
}

/// The session of a folder: the one that this process has, or a new one.
pub(super) fn open(
    files: &Files,
    options: &GalleryOptions,
    directory: FileId,
    known: Known,
) -> Result<Arc<Session>, GalleryError> {
    let slot = slot(directory);
    let _opening = slot.opening.lock();
    if let Some(session) = find(directory) {
        return Ok(session);
    }
    let core = Arc::new(take_gallery(files, options, directory, known)?);
    core.catch_up();
    let thread = match options.maintenance {
        Maintenance::Background => {
            let core = core.clone();
            let attend = move || core.attend();
            // If no thread can be created, commits run maintenance themselves once it is far behind.
            thread::Builder::new().name("biomatch-maintenance".into()).spawn(attend).ok()
        }
        Maintenance::Inline | Maintenance::Manual => None,
    };
    let session = Arc::new(Session { core, thread: Mutex::new(thread) });
    *slot.session.lock() = Arc::downgrade(&session);
    Ok(session)
}

/// Takes the gallery for writing. Waits for a session of this process that is closing and still holds the
/// lock.
fn take_gallery(
    files: &Files,
    options: &GalleryOptions,
    directory: FileId,
    known: Known,
) -> Result<Core, GalleryError> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let started = Instant::now();
    loop {
        match takeover::open(files, options, (directory, Some(known)), Role::Writer) {
            Err(GalleryError::Locked { process, .. })
                if process == Some(std::process::id()) && started.elapsed() < PATIENCE =>
            {
                thread::sleep(Duration::from_millis(1));
            }
            result => return result,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.core.stop();
        if let Some(thread) = self.thread.lock().take() {
            // The panic hook has reported a panic of the thread, and nothing of it can be saved.
            let _ = thread.join();
        }
        self.core.held.close();
    }
}
