//! Erasure of a subject: until no file and no known mapping holds a byte of it.

use super::names;
use super::reference::Generation;
use crate::subject::SubjectId;

/// A subject that is being erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingErasure {
    /// The generation that deleted it.
    pub(super) generation: u64,
    pub(super) subject: SubjectId,
}

/// What the names in a folder say of an erasure that the files of the gallery no longer hold; `None` if
/// nothing. A file that the gallery does not name may be superseded and not removed yet, or left by a crash.
pub(super) fn state_by_names(mut found: Vec<String>, named: &[String]) -> Option<ErasureState> {
    let is_left =
        |name: &String| names::is_unfinished(name) || names::is_numbered(name) && !named.contains(name);
    if found.iter().any(is_left) {
        return Some(ErasureState::Pending);
    }
    found.retain(|name| names::is_set_aside(name));
    (!found.is_empty()).then_some(ErasureState::SetAside { files: found })
}

/// An erasure that was asked for and is durable: it goes on after a crash until it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasureTicket {
    pub(super) generation: u64,
    pub(super) subject: SubjectId,
}

impl ErasureTicket {
    /// The generation from which on the subject is unknown.
    pub fn generation(&self) -> Generation {
        Generation::new(self.generation)
    }

    /// Who.
    pub const fn subject(&self) -> SubjectId {
        self.subject
    }
}

/// How far an erasure is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErasureState {
    /// The subject is deleted; files still hold bytes of it, or may do. Maintenance rewrites and removes them;
    /// what a crash left the next writer removes or sets aside.
    Pending,
    /// No file of the gallery holds a byte any more, but what was set aside by a recovery may:
    /// [`super::Writer::discard_set_aside`] removes it.
    SetAside {
        /// Names of those files.
        files: Vec<String>,
    },
    /// No file holds a byte any more; snapshots that were taken before still map removed files.
    Mapped {
        /// Removed files that this process or another one still maps.
        files: usize,
    },
    /// No file holds a byte any more, and no process is known to map a file that did.
    Done,
}
