//! Why the database gives no decision at all. None of these is "no match".

use crate::calibration::CalibrationError;
use crate::escape::Escaped;
use crate::face::FaceError;
use crate::gallery::{GalleryError, ReferenceId};
use crate::search::SearchError;
use crate::subject::SubjectId;
use crate::template::{FingerPosition, ModelId};
use crate::units::Fmr;

use super::Modality;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The gallery failed: a file, a lock, a checksum.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// A citizen's reference is there, but its record does not pass its checks.
    #[error("reference {reference} of {citizen:?} ({modality}) is damaged: {source}")]
    DamagedRecord {
        /// The citizen.
        citizen: SubjectId,
        /// The reference.
        reference: ReferenceId,
        /// Its kind.
        modality: Modality,
        /// What the gallery found.
        source: GalleryError,
    },
    /// No calibration table is registered for the face model, so that its scores have no rate.
    #[error("no calibration is registered for face model {model}: its scores have no error rate")]
    Uncalibrated {
        /// The model.
        model: ModelId,
    },
    /// The policy, shared among the comparisons made, asks for a rate that the table cannot state.
    #[error(
        "the calibration of {} states rates down to {floor}; each of {comparisons} comparisons would need {needed}",
        Escaped::new(matcher)
    )]
    BeyondCalibration {
        /// The table.
        matcher: String,
        /// Its least rate.
        floor: Fmr,
        /// The rate needed.
        needed: Fmr,
        /// The comparisons that share the rate.
        comparisons: u64,
    },
    /// A shipped or given calibration table is not one.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// The audit entry could not be kept: a decision then does not stand, and changes are not made.
    #[error(
        "the audit entry could not be kept, so the decision does not stand or the change is not made: {0}"
    )]
    Audit(#[source] std::io::Error),
    /// Nothing to enrol.
    #[error("the enrolment has neither a finger nor a face")]
    EmptyEnrolment,
    /// An impression without minutiae cannot be a reference: nothing could ever match it.
    #[error("the impression to be enrolled ({position:?}) has no minutiae")]
    EmptyFinger {
        /// The stated position.
        position: FingerPosition,
    },
    /// A replacement takes exactly one sample.
    #[error("a reference is replaced by one sample; the enrolment has {found}")]
    NotOneSample {
        /// Samples found.
        found: usize,
    },
    /// The probe's embedding is not as long as the gallery's of the same model.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// A search of all failed, or cannot be made: another model, a damaged catalogue.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A search with nothing to search for.
    #[error("the probe has neither a face nor a finger with minutiae")]
    EmptyProbe,
}
