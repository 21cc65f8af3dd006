//! Records: what was asked, what came of it, and who answered. The value that a caller gets is the value
//! that the audit keeps.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::attempts::Presentation;
use crate::fusion::Fused;
use crate::gallery::{Generation, ReferenceId, RequestId};
use crate::subject::SubjectId;
use crate::template::{Finger, ModelId};

use super::search_request::{Asked, Candidate, FilterUsed};
use super::{
    CallerTag, Claim, Comparison, Decision, LeftOut, LockReason, ModalityEvidence, Policy, Probe, Purpose,
    SearchRequest,
};

/// The version of the records' fields. It rises when a field changes its meaning or goes; new fields alone do
/// not change it, so that readers must pass over fields that they do not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct RecordVersion;

impl RecordVersion {
    /// The version that this crate writes and reads.
    pub const CURRENT: u16 = 1;
}

impl From<RecordVersion> for u16 {
    fn from(_: RecordVersion) -> Self {
        RecordVersion::CURRENT
    }
}

impl TryFrom<u16> for RecordVersion {
    type Error = String;

    fn try_from(version: u16) -> Result<Self, Self::Error> {
        match version {
            Self::CURRENT => Ok(Self),
            other => Err(format!("a record of version {other}; version {} is read", Self::CURRENT)),
        }
    }
}

/// What was asked and decided of one claim. `docs/records.schema.json` is its JSON schema.
///
/// As JSON the fields of `claimed`, `decision` and `answered` stand beside the others. Holds scores, rates and
/// counts, never samples, minutiae or embeddings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use]
pub struct DecisionRecord {
    /// The version of these fields.
    pub version: RecordVersion,
    /// What was claimed.
    #[serde(flatten)]
    pub claimed: Claimed,
    /// The lock that was in force, of a claim to end one; none: the citizen is not locked, or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockReason>,
    /// What was decided: fields `decision`, and `reason` with its details if it was referred.
    #[serde(flatten)]
    pub decision: Decision,
    /// What each modality came to, in the order face, finger. Empty if nothing was compared.
    pub modalities: Vec<ModalityEvidence>,
    /// What all samples say together; none if nothing was compared, or if a table has no likelihood ratios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fused: Option<Fused>,
    /// Every comparison made, in that order, then by sample and reference.
    pub comparisons: Vec<Comparison>,
    /// What was not compared, and why.
    pub left_out: LeftOut,
    /// Who answered.
    #[serde(flatten)]
    pub answered: Answered,
}

/// What was claimed, as records repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claimed {
    /// The claimed citizen.
    pub citizen: SubjectId,
    /// What the claim is for.
    pub purpose: Purpose,
    /// What the caller's detection of presentation attacks says of the captures; absent if nothing looked.
    #[serde(default, skip_serializing_if = "Presentation::is_unchecked")]
    pub presentation: Presentation,
    /// What must be shown.
    pub policy: Policy,
    /// What was presented.
    pub presented: Presented,
    /// The request's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The caller's tag, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<CallerTag>,
}

impl From<&Claim> for Claimed {
    fn from(claim: &Claim) -> Self {
        Self {
            citizen: claim.citizen,
            purpose: claim.purpose,
            presentation: claim.presentation,
            policy: claim.policy.clone(),
            presented: Presented::from(&claim.probe),
            request: claim.request,
            tag: claim.tag.clone(),
        }
    }
}

/// The samples of a probe, by counts and names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Presented {
    /// Impressions, in the order of the probe.
    pub fingers: Vec<PresentedFinger>,
    /// The face's model, if there is a face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub face: Option<ModelId>,
}

/// One impression of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PresentedFinger {
    /// The stated finger; none if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finger: Option<Finger>,
    /// How many minutiae it has.
    pub minutiae: usize,
}

impl From<&Probe> for Presented {
    fn from(probe: &Probe) -> Self {
        let fingers = probe.fingers.iter().map(|template| PresentedFinger {
            finger: template.position.finger(),
            minutiae: template.minutiae.len(),
        });
        Self { fingers: fingers.collect(), face: probe.face.as_ref().map(|face| face.model().clone()) }
    }
}

/// Who answered, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Answered {
    /// The state of the gallery that was asked; none if it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// Version of this crate.
    pub engine: String,
    /// The table of fingers.
    pub finger_calibration: CalibrationUsed,
    /// The table of the probe's face model, if the probe has a face and there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub face_calibration: Option<CalibrationUsed>,
    /// How long it took.
    #[serde(rename = "microseconds", with = "microseconds")]
    pub took: Duration,
}

/// A table that rates come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationUsed {
    /// The matcher or face model that the table is of.
    pub matcher: String,
    /// BLAKE3 digest of the table as JSON, 64 hexadecimal digits.
    pub digest: String,
    /// The table is of another model than the faces: somebody stated that it holds for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_for: Option<ModelId>,
}

/// What was asked and found by one search. While `not_compared` is not empty, someone who is not among the
/// candidates may be enrolled nevertheless. As JSON the fields of `searched` and `answered` stand beside the
/// others. `docs/records.schema.json` is its JSON schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use]
pub struct SearchRecord {
    /// The version of these fields.
    pub version: RecordVersion,
    /// What was searched for.
    #[serde(flatten)]
    pub searched: Searched,
    /// The candidates, best first. Locked citizens are among them: who they are is the finding.
    pub candidates: Vec<Candidate>,
    /// How many references took part, over all samples. Those that a filter spared are counted, because
    /// any of them might have turned up by chance.
    pub compared: u64,
    /// How many of them were compared in full. Smaller than `compared` unless the search was exhaustive:
    /// then a mate may have been missed, but candidates are no likelier to be non-mates.
    pub compared_in_full: u64,
    /// Set if faces were searched approximately: then someone who is not among the candidates may be
    /// enrolled nevertheless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approximate: Option<FilterUsed>,
    /// Who could not be compared.
    pub not_compared: NotCompared,
    /// Who answered.
    #[serde(flatten)]
    pub answered: Answered,
}

/// What was searched for, as records repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Searched {
    /// How the search was to be made.
    pub asked: Asked,
    /// What was presented.
    pub presented: Presented,
    /// The request's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The caller's tag, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<CallerTag>,
}

impl From<&SearchRequest> for Searched {
    fn from(request: &SearchRequest) -> Self {
        Self {
            asked: request.asked(),
            presented: Presented::from(&request.probe),
            request: request.request,
            tag: request.tag.clone(),
        }
    }
}

/// Who could not be compared by a search. While any of it is set, someone who is not among the candidates
/// may be enrolled nevertheless.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotCompared {
    /// Impressions of the probe without minutiae.
    pub empty_samples: u32,
    /// Enrolled faces that were made by other models than the probe's face. A citizen who has only such
    /// faces cannot be found by this face.
    pub faces_of_other_models: u64,
    /// References whose bytes are damaged, ascending.
    pub damaged: Vec<ReferenceId>,
}

impl NotCompared {
    /// Whether everything was compared.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A claim that failed: no decision was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailedClaim {
    /// The version of these fields.
    pub version: RecordVersion,
    /// What was claimed.
    #[serde(flatten)]
    pub claimed: Claimed,
    /// The error's text.
    pub error: String,
    /// Who failed to answer.
    #[serde(flatten)]
    pub answered: Answered,
}

/// A search that failed: nothing is known of who is enrolled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailedSearch {
    /// The version of these fields.
    pub version: RecordVersion,
    /// What was searched for.
    #[serde(flatten)]
    pub searched: Searched,
    /// The error's text.
    pub error: String,
    /// Who failed to answer.
    #[serde(flatten)]
    pub answered: Answered,
}

/// A claim or search that failed before it could be made: its probe could not be read, its policy or a
/// calibration is none, there is no gallery. Who reads those records it, as the program does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestNotMade {
    /// The version of these fields.
    pub version: RecordVersion,
    /// The claimed citizen, of a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen: Option<SubjectId>,
    /// The request's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The caller's tag, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<CallerTag>,
    /// The error's text.
    pub error: String,
    /// Version of this crate.
    pub engine: String,
    /// The time until it failed.
    #[serde(rename = "microseconds", with = "microseconds")]
    pub took: Duration,
}

impl RequestNotMade {
    /// A request that failed for this reason, after this time.
    pub fn new(error: impl Into<String>, took: Duration) -> Self {
        Self {
            version: RecordVersion,
            citizen: None,
            request: None,
            tag: None,
            error: error.into(),
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            took: microseconds::whole(took),
        }
    }

    /// The claimed citizen.
    #[must_use]
    pub fn citizen(mut self, citizen: impl Into<SubjectId>) -> Self {
        self.citizen = Some(citizen.into());
        self
    }

    /// The request's name.
    #[must_use]
    pub fn request_id(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// The caller's tag.
    #[must_use]
    pub fn tag(mut self, tag: CallerTag) -> Self {
        self.tag = Some(tag);
        self
    }
}

/// A duration as whole microseconds.
pub(super) mod microseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// The duration as a record keeps it, so that a record that was written and read is the same.
    pub(in crate::database) fn whole(took: Duration) -> Duration {
        Duration::from_micros(count(took))
    }

    fn count(took: Duration) -> u64 {
        u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
    }

    pub(in crate::database) fn serialize<S: Serializer>(took: &Duration, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(count(*took))
    }

    pub(in crate::database) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        u64::deserialize(d).map(Duration::from_micros)
    }
}
