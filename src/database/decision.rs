//! What a claim came to, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::attempts::Refusal;
use crate::calibration::Basis;
use crate::gallery::ReferenceId;
use crate::template::{Finger, Modality, ModelId};
use crate::units::{Fmr, Score, Timestamp};

use super::{FingerCount, LockReason};

/// The outcome of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
#[must_use]
pub enum Decision {
    /// Everything that the policy asks for was compared and met its rate.
    Accept,
    /// Everything that the policy asks for was compared, and something did not meet its rate.
    Reject,
    /// Could not tell. A human officer must resolve the claim.
    Refer(ReferReason),
}

impl Decision {
    /// One word: `accept`, `reject` or `refer`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Refer(_) => "refer",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept => f.write_str("accepted"),
            Self::Reject => f.write_str("rejected"),
            Self::Refer(reason) => write!(f, "referred: {reason}"),
        }
    }
}

/// Why a claim could be neither accepted nor rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReferReason {
    /// Nobody is enrolled under the number. Nothing was compared.
    UnknownCitizen,
    /// The citizen's record is locked. Nothing was compared.
    Locked {
        /// The reason given when it was locked.
        why: LockReason,
    },
    /// The probe lacks what the policy asks for: no such sample, too few different fingers, or none with a
    /// minutia. Also, after comparing, several impressions that are alike, so that they may be of one finger.
    ProbeLacks {
        /// The kind of sample.
        modality: Modality,
    },
    /// The citizen's record lacks what the policy asks for: no such reference, or too few of the
    /// fingers presented. Nothing was compared.
    RecordLacks {
        /// The kind of sample.
        modality: Modality,
    },
    /// The citizen's faces were made by other models than the probe's: enrol again. Nothing was compared.
    ModelMismatch {
        /// The probe's model.
        probe: ModelId,
        /// The model of the citizen's newest face.
        enrolled: ModelId,
    },
    /// Enough impressions match, but it cannot be told that they are of so many different fingers:
    /// positions are not known, and samples are alike.
    FingersNotToldApart {
        /// How many different fingers the policy asks for.
        required: FingerCount,
        /// How many surely are.
        told_apart: u8,
    },
    /// Too many attempts on this citizen failed in a row; the next one may be made from then on. Nothing was
    /// compared.
    Throttled {
        /// From when on.
        until: Timestamp,
    },
    /// So many attempts on this citizen failed in a row that an officer must end the stop
    /// ([`CitizenDatabase::unlock_attempts`](super::CitizenDatabase::unlock_attempts)). Nothing was compared.
    OfficerMustUnlock,
}

impl From<Refusal> for ReferReason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Throttled { until } => Self::Throttled { until },
            Refusal::OfficerMustUnlock => Self::OfficerMustUnlock,
        }
    }
}

impl fmt::Display for ReferReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCitizen => f.write_str("nobody is enrolled under this number"),
            Self::Locked { why } => write!(f, "the record is locked: {why}"),
            Self::ProbeLacks { modality: Modality::Face } => {
                f.write_str("the probe lacks the face that the policy asks for")
            }
            Self::ProbeLacks { modality: Modality::Finger } => {
                f.write_str("the probe lacks the different fingers that the policy asks for")
            }
            Self::RecordLacks { modality: Modality::Face } => {
                f.write_str("the record lacks the face that the policy asks for")
            }
            Self::RecordLacks { modality: Modality::Finger } => {
                f.write_str("the record lacks the fingers that were presented")
            }
            Self::ModelMismatch { probe, enrolled } => {
                write!(f, "the probe's face is of model {probe}, the enrolled one of model {enrolled}")
            }
            Self::FingersNotToldApart { required, told_apart } => write!(
                f,
                "{} different fingers are asked for; only {told_apart} of those that match can be told apart",
                required.get()
            ),
            Self::Throttled { until } => {
                write!(f, "too many attempts failed; the next one may be made from {until} on")
            }
            Self::OfficerMustUnlock => {
                f.write_str("too many attempts failed; an officer must unlock attempts on this citizen")
            }
        }
    }
}

/// What one modality came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModalityEvidence {
    /// The modality.
    pub modality: Modality,
    /// The rate that the policy asks for.
    pub required: Fmr,
    /// Over how many comparisons it was shared.
    pub shared_by: u32,
    /// The rate reached: that any of so many non-mated comparisons is as good as the one
    /// that decides (with `n` fingers asked for, the `n`th best finger).
    pub reached: Fmr,
    /// What is behind the deciding comparison's rate.
    pub basis: Basis,
    /// Whether the policy is met.
    pub verdict: Verdict,
    /// Which fingers matched; none for a face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingers: Option<FingersFound>,
}

/// How many different fingers matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FingersFound {
    /// How many the policy asks for.
    pub required: FingerCount,
    /// How many there can be, at most: no impression and no reference stands for two fingers. Counted up
    /// to `required`.
    pub possible: u8,
    /// How many there surely are. Counted up to `required`.
    pub told_apart: u8,
    /// Which they are.
    pub pairs: Vec<FingerPair>,
}

/// An impression that stands for a finger, by the reference that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FingerPair {
    /// The impression, by its number in the probe.
    pub sample: usize,
    /// The reference.
    pub reference: ReferenceId,
}

/// Whether a modality meets the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Met,
    /// It does not.
    NotMet,
    /// It cannot be told.
    Unclear,
}

/// One comparison of a sample with a reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The modality.
    pub modality: Modality,
    /// Which of the probe's samples of this modality, from 0.
    pub sample: usize,
    /// The reference's finger; none for a face, or if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finger: Option<Finger>,
    /// The reference.
    pub reference: ReferenceId,
    /// When the reference was captured, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<Timestamp>,
    /// How similar.
    pub score: Score,
    /// The rate of this score for a single comparison.
    pub fmr: Fmr,
    /// What is behind that rate.
    pub basis: Basis,
    /// The least score that would have met what was asked; none if nothing was, or if the
    /// calibration states no rate so low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Score>,
}
