//! Why the database gives no decision at all. None of these is "no match".

use crate::attempts::AttemptsError;
use crate::calibration::CalibrationError;
use crate::escape::Escaped;
use crate::face::FaceError;
use crate::fusion::FusionError;
use crate::gallery::{GalleryError, ReferenceId};
use crate::search::SearchError;
use crate::subject::SubjectId;
use crate::template::{FingerPosition, Modality, ModelId};
use crate::units::Fmr;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The gallery failed: a file, a lock, a checksum.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// A citizen's reference is there, but its record does not pass its checks.
    #[error("reference {reference} of {} ({modality}) is damaged: {source}", citizen.masked())]
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
    /// The probe and the record have more samples than a claim may compare.
    #[error("the claim takes {found} comparisons; at most {most} are made")]
    TooManyComparisons {
        /// Comparisons that it takes.
        found: usize,
        /// Most that are made.
        most: usize,
    },
    /// A calibration table was registered for what it is not of.
    #[error(
        "a calibration of {} was registered for {}: scores of one matcher have no rate by the table of another",
        Escaped::new(matcher),
        Escaped::new(registered_for)
    )]
    WrongCalibration {
        /// What it was registered for.
        registered_for: String,
        /// The matcher or model that the table names.
        matcher: String,
    },
    /// Two calibration tables were registered for one face model.
    #[error("two calibrations are registered for face model {model}; one must decide")]
    TwoCalibrations {
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
    /// The policy asks for a fused rate, and a table has no likelihood ratios.
    #[error(transparent)]
    Fusion(#[from] FusionError),
    /// The policy asks for a fused rate that not even perfect scores of the samples compared have.
    #[error("the fused rate of {samples} samples comes down to {floor}; the policy asks for {needed}")]
    BeyondFusion {
        /// The least rate.
        floor: Fmr,
        /// The rate needed.
        needed: Fmr,
        /// How many samples are compared.
        samples: u32,
    },
    /// A shipped or given calibration table is not one.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// The audit entry could not be kept: a decision then does not stand, and changes are not made.
    #[error(
        "the audit entry could not be kept, so the decision does not stand or the change is not made: {0}"
    )]
    Audit(#[source] std::io::Error),
    /// It is not known whether an attempt on the citizen may be made, so nothing was decided.
    #[error(transparent)]
    Attempts(#[from] AttemptsError),
    /// Where citizens stand was asked of a database that was opened without a limiter.
    #[error("the database was opened without a limiter of attempts")]
    NoLimiter,
    /// Nothing to enrol.
    #[error("the enrolment has neither a finger nor a face")]
    EmptyEnrolment,
    /// An impression without minutiae cannot be a reference: nothing could ever match it.
    #[error("the impression to be enrolled ({position}) has no minutiae")]
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

impl DatabaseError {
    /// Whether the same call can succeed later without anybody's help: another process holds the writer or
    /// the audit, or an I/O error that may pass, such as a full disk.
    pub fn is_retryable(&self) -> bool {
        match self {
            // Of an audit file the other kinds say that it is not the file that it was.
            Self::Audit(error) => super::audit::may_pass(error.kind()),
            Self::Attempts(error) => error.is_retryable(),
            _ => self.gallery().is_some_and(GalleryError::is_retryable),
        }
    }

    /// Whether another process has the gallery's writer.
    pub fn is_writer_taken(&self) -> bool {
        matches!(self.gallery(), Some(GalleryError::Locked { .. }))
    }

    /// Whether stored bytes are not what was written: run `biomatch verify`, restore a backup.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::DamagedRecord { .. } => true,
            Self::Attempts(error) => error.is_damage(),
            _ => self.gallery().is_some_and(GalleryError::is_damage),
        }
    }

    /// Whether the configuration must be changed: a calibration, a policy, the code model.
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::Uncalibrated { .. }
            | Self::WrongCalibration { .. }
            | Self::TwoCalibrations { .. }
            | Self::BeyondCalibration { .. }
            | Self::NoLimiter
            | Self::BeyondFusion { .. }
            | Self::Fusion(_)
            | Self::Calibration(_) => true,
            Self::Attempts(error) => error.is_configuration(),
            _ => self.gallery().is_some_and(GalleryError::is_configuration),
        }
    }

    /// Whether the request itself cannot be met as it is: an unknown citizen or reference, nothing to enrol or to
    /// search for, a request id that was used for something else. The same call fails again.
    pub fn is_request(&self) -> bool {
        match self {
            Self::TooManyComparisons { .. }
            | Self::EmptyEnrolment
            | Self::EmptyFinger { .. }
            | Self::NotOneSample { .. }
            | Self::Face(_)
            | Self::EmptyProbe => true,
            Self::Search(error) => error.is_request(),
            Self::Gallery(error) => error.is_request(),
            _ => false,
        }
    }

    fn gallery(&self) -> Option<&GalleryError> {
        match self {
            Self::Gallery(error) | Self::Search(SearchError::Gallery(error)) => Some(error),
            Self::DamagedRecord { source, .. } => Some(source),
            _ => None,
        }
    }
}
