//! What all clones of a gallery handle share: the folder that was opened, and the state that is followed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::error::GalleryError;
use super::options::GalleryOptions;
use super::partition::Partition;
use super::role::Role;
use super::session::Session;
use super::snapshot::Snapshot;
use super::state::State;
use crate::storage::{FileId, Files};

/// The shared part of a handle.
pub(super) struct SharedHandle {
    pub(super) files: Files,
    pub(super) options: GalleryOptions,
    /// The folder that was opened, even if its path later refers to another one.
    pub(super) directory: FileId,
    pub(super) identity: [u8; 16],
    pub(super) partition: Partition,
    pub(super) read_only: bool,
    /// The state that is followed; `None` after an error, to be loaded again.
    pub(super) follower: Mutex<Option<State>>,
    /// The greatest generation that was returned, by a snapshot or by a commit of a writer.
    pub(super) given: Arc<AtomicU64>,
    /// When a snapshot was last requested.
    pub(super) asked: Mutex<Instant>,
}

impl fmt::Debug for SharedHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedHandle").field("directory", &self.files.path("")).finish_non_exhaustive()
    }
}

impl SharedHandle {
    /// Checks that the path still refers to the folder that was opened.
    pub(super) fn check_place(&self) -> Result<(), GalleryError> {
        if self.files.directory()?.id == self.directory {
            Ok(())
        } else {
            Err(GalleryError::Replaced { directory: self.files.path("") })
        }
    }

    /// Drops the followed state if no snapshot was requested for long and its files were replaced. The next
    /// request loads the state again.
    pub(super) fn let_go(&self, now: Instant, idle: Duration) {
        if now.saturating_duration_since(*self.asked.lock()) < idle {
            return;
        }
        // A handle that is in use is not idle.
        if let Some(mut follower) = self.follower.try_lock()
            && follower.as_ref().is_some_and(|state| state.is_superseded(&self.files))
        {
            *follower = None;
        }
    }

    /// Drops the state that was followed before this process had the writer: it maps files that an erasure
    /// waits for.
    pub(super) fn drop_followed(&self) {
        if let Some(mut follower) = self.follower.try_lock() {
            *follower = None;
        }
    }

    /// Checks that the session is one of the gallery that was opened.
    pub(super) fn check_identity<'a>(&self, session: &'a Session) -> Result<&'a Session, GalleryError> {
        if session.core.held.identity == self.identity {
            Ok(session)
        } else {
            Err(GalleryError::Replaced { directory: self.files.path("") })
        }
    }

    pub(super) fn follow(&self) -> Result<Arc<Snapshot>, GalleryError> {
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
