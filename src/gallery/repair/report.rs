//! What a repair found and did.

use crate::gallery::error::GalleryError;
use crate::gallery::reference::{Generation, ReferenceId};
use crate::storage::Damage;
use crate::subject::SubjectId;

/// A reference that cannot be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LostReference {
    /// The subject.
    pub subject: SubjectId,
    /// The reference.
    pub reference: ReferenceId,
}

/// Rows that cannot be saved and whose subjects are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostRows {
    /// The segment.
    pub file: String,
    /// How many, live and deleted.
    pub rows: u64,
}

/// What a repair found and did.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RepairReport {
    /// The gallery's identity.
    pub identity: [u8; 16],
    /// The state that was written; `None` if nothing was, because there are doubts that were not accepted.
    pub generation: Option<Generation>,
    /// The manifest that the repair used.
    pub manifest: String,
    /// Whether CURRENT names it. If not, it is the newest one that the witness proves, or else the newest
    /// that can be read.
    pub named_by_current: bool,
    /// Finger references that are saved.
    pub fingers: usize,
    /// Face references that are saved.
    pub faces: usize,
    /// Everything that is wrong with the files.
    pub problems: Vec<Damage>,
    /// References that are lost.
    pub lost: Vec<LostReference>,
    /// Rows that are lost and whose subjects are not known.
    pub lost_rows: Vec<LostRows>,
    /// What cannot be proved: that a deletion or a lock is not missing.
    pub doubts: Vec<String>,
    /// Saved references of which it is in doubt whether they were deleted.
    pub doubtful: Vec<LostReference>,
    /// Segments that no manifest and no log names; their references are not saved.
    pub unnamed: Vec<String>,
}

impl RepairReport {
    /// Whether all that was acknowledged is in the new gallery, which was written.
    pub fn is_whole(&self) -> bool {
        let nothing_lost = self.lost.is_empty() && self.lost_rows.is_empty();
        self.generation.is_some() && nothing_lost && self.doubts.is_empty()
    }

    /// Adds an error to the problems.
    pub(super) fn note<T>(&mut self, result: Result<T, GalleryError>) -> Option<T> {
        result.map_err(|error| self.problems.push(error.into_finding())).ok()
    }
}
