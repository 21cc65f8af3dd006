//! What an authentication answers, and why.

use std::fmt;

use serde::Serialize;

use crate::calibration::Basis;
use crate::gallery::ReferenceId;
use crate::template::{Finger, ModelId};
use crate::units::{Fmr, Score, Timestamp};

/// A kind of sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// A face.
    Face,
    /// A finger.
    Finger,
}

impl fmt::Display for Modality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Face => "face",
            Self::Finger => "finger",
        })
    }
}

/// The answer to "is this the person enrolled under this number?".
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Decision {
    /// Everything that the policy asks for was compared and met its rate.
    Accept(Evidence),
    /// Everything that the policy asks for was compared, and something did not meet its rate.
    Reject(Evidence),
    /// No answer: something that the policy asks for could not be compared. For a person to see to.
    Refer(ReferReason),
}

/// Why there is no answer. Nothing was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReferReason {
    /// Nobody is enrolled under the number.
    UnknownCitizen,
    /// The citizen's record is locked.
    Locked {
        /// The reason given when it was locked.
        #[serde(serialize_with = "as_text")]
        why: super::LockReason,
    },
    /// The probe lacks what the policy asks for: no such sample, too few different fingers, or
    /// none with a minutia.
    ProbeLacks {
        /// The kind of sample.
        modality: Modality,
    },
    /// The citizen's record lacks what the policy asks for: no such reference, or none of the
    /// fingers presented.
    RecordLacks {
        /// The kind of sample.
        modality: Modality,
    },
    /// The citizen's faces were made by other models than the probe's: enrol again.
    ModelMismatch {
        /// The probe's model.
        #[serde(serialize_with = "as_text")]
        probe: ModelId,
        /// The model of the citizen's newest face.
        #[serde(serialize_with = "as_text")]
        enrolled: ModelId,
    },
}

impl fmt::Display for ReferReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCitizen => f.write_str("nobody is enrolled under this number"),
            Self::Locked { why } => write!(f, "the record is locked: {why}"),
            Self::ProbeLacks { modality } => {
                write!(f, "the probe lacks a {modality} that the policy asks for")
            }
            Self::RecordLacks { modality } => {
                write!(f, "the record lacks the {modality} that the policy asks for")
            }
            Self::ModelMismatch { probe, enrolled } => {
                write!(f, "the probe's face is of model {probe}, the enrolled one of model {enrolled}")
            }
        }
    }
}

/// What a decision rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// What each modality came to, in the order face, finger.
    pub modalities: Vec<ModalityEvidence>,
    /// Every comparison made, in that order, then by sample and reference.
    pub comparisons: Vec<Comparison>,
}

/// What one modality came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModalityEvidence {
    /// The modality.
    pub modality: Modality,
    /// The rate that the policy asks for.
    pub required: Fmr,
    /// Over how many comparisons it was shared.
    pub shared_by: u32,
    /// The rate reached: that any of so many comparisons of other people is as good as the one
    /// that decides (with `n` fingers asked for, the `n`th best finger).
    pub reached: Fmr,
    /// What is behind the deciding comparison's rate.
    pub basis: Basis,
    /// Whether the policy is met.
    pub verdict: Verdict,
}

/// Whether a modality meets the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Met,
    /// It does not.
    NotMet,
}

/// One comparison of a sample with a reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The modality.
    pub modality: Modality,
    /// Which of the probe's samples of this modality, from 0.
    pub sample: usize,
    /// The reference's finger; none for a face.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finger: Option<Finger>,
    /// The reference.
    #[serde(serialize_with = "as_text")]
    pub reference: ReferenceId,
    /// When the reference was captured, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured: Option<Timestamp>,
    /// How similar.
    pub score: Score,
    /// The rate of this score for a single comparison.
    pub fmr: Fmr,
    /// What is behind that rate.
    pub basis: Basis,
    /// The least score that would have met what was asked; none if nothing was, or if the
    /// calibration states no rate so low.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Score>,
}

pub(super) fn as_text<T: fmt::Display, S: serde::Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(value)
}
