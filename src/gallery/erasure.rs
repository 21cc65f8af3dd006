//! The erasure of a subject: that no file, and no mapping that is known, holds a byte of it any more.

use super::reference::Generation;
use crate::subject::SubjectId;

/// A subject whose bytes are to leave the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingErasure {
    /// The generation that deleted it.
    pub(super) generation: u64,
    pub(super) subject: SubjectId,
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
    /// The subject is deleted; files still hold bytes of it, and maintenance will rewrite them.
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
    /// No file holds a byte any more, and nobody maps one that did.
    Done,
}
