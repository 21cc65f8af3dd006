//! What a claim must show.

use std::num::NonZeroU8;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::{self, Field, Presence, Shape};
use crate::units::Fmr;

/// How many different fingers must match: 1 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct FingerCount(NonZeroU8);

impl FingerCount {
    /// One finger.
    pub const ONE: Self = Self(NonZeroU8::MIN);
    /// Two fingers.
    pub const TWO: Self = Self(NonZeroU8::MIN.saturating_add(1));

    /// `None` unless `1 <= count <= 10`.
    pub const fn new(count: u8) -> Option<Self> {
        match NonZeroU8::new(count) {
            Some(nonzero) if count <= 10 => Some(Self(nonzero)),
            _ => None,
        }
    }

    /// The count, 1 to 10.
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl TryFrom<u8> for FingerCount {
    type Error = &'static str;

    fn try_from(count: u8) -> Result<Self, Self::Error> {
        Self::new(count).ok_or("a policy asks for 1 to 10 fingers")
    }
}

impl From<FingerCount> for u8 {
    fn from(count: FingerCount) -> Self {
        count.get()
    }
}

/// What a policy asks of the fingers: how many, and at which rate each must match.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerRule {
    /// The false match rate that each of them must meet.
    fmr: Fmr,
    /// How many different fingers.
    #[serde(default = "one")]
    at_least: FingerCount,
}

fn one() -> FingerCount {
    FingerCount::ONE
}

impl FingerRule {
    /// At least one finger at this rate.
    pub const fn one(fmr: Fmr) -> Self {
        Self::at_least(FingerCount::ONE, fmr)
    }

    /// At least `count` different fingers, each at this rate.
    pub const fn at_least(count: FingerCount, fmr: Fmr) -> Self {
        Self { fmr, at_least: count }
    }

    /// The rate that each finger must meet.
    pub const fn fmr(&self) -> Fmr {
        self.fmr
    }

    /// How many different fingers.
    pub const fn count(&self) -> FingerCount {
        self.at_least
    }
}

/// What must be compared, and how rare a false match must be, before a claim is accepted.
///
/// A rate holds for a whole modality of one claim, however many comparisons it takes: with `n`
/// comparisons each is held to an `n`th of the rate (the union bound, which needs no
/// independence). Modalities are never averaged: each that the policy names must meet its rate by
/// itself, so that a strong face does not carry a weak finger. Each modality has a rate of its own. All samples
/// together can be held to a fused rate besides ([`Policy::fused`]).
///
/// A policy can be written in a service's configuration; an unknown field is an error:
///
/// ```
/// use biomatch::database::{FingerCount, FingerRule, Policy};
/// use biomatch::units::Fmr;
///
/// let two_fingers = FingerRule::at_least(FingerCount::TWO, Fmr::one_in(1_000));
/// let policy = Policy::face_and_fingers(Fmr::one_in(10_000), two_fingers);
/// let text = r#"{"face": {"fmr": 1e-4}, "fingers": {"fmr": 1e-3, "at_least": 2}}"#;
/// assert_eq!(serde_json::from_str::<Policy>(text)?, policy);
/// assert!(serde_json::from_str::<Policy>("{}").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "PolicyFields")]
pub struct Policy {
    pub(super) rule: Rule,
    pub(super) newest: NonZeroU8,
    pub(super) fused: Option<Fmr>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    /// Each of those named must meet its own rate.
    All { face: Option<Fmr>, fingers: Option<FingerRule> },
    /// One finger or the face; the rate is shared among all comparisons of both.
    Either(Fmr),
}

const NEWEST: NonZeroU8 = NonZeroU8::MIN.saturating_add(2);

impl Policy {
    const fn of(rule: Rule) -> Self {
        Self { rule, newest: NEWEST, fused: None }
    }

    /// The face and at least one finger, each at this rate: for a level-2 account.
    pub const fn face_and_finger(fmr: Fmr) -> Self {
        Self::face_and_fingers(fmr, FingerRule::one(fmr))
    }

    /// The face at a rate, and fingers by a rule of their own.
    pub const fn face_and_fingers(face: Fmr, fingers: FingerRule) -> Self {
        Self::of(Rule::All { face: Some(face), fingers: Some(fingers) })
    }

    /// The face only: for a level-1 account.
    pub const fn face(fmr: Fmr) -> Self {
        Self::of(Rule::All { face: Some(fmr), fingers: None })
    }

    /// Fingers only.
    pub const fn fingers(rule: FingerRule) -> Self {
        Self::of(Rule::All { face: None, fingers: Some(rule) })
    }

    /// The face or one finger, whichever is there; the claim is accepted falsely at most at this
    /// rate, for all comparisons of both together.
    pub const fn face_or_finger(fmr: Fmr) -> Self {
        Self::of(Rule::Either(fmr))
    }

    /// Asks besides that all samples compared have at most this false match rate together ([`crate::fusion`]). Every
    /// other rule stays: this one alone accepts nobody. A claim whose tables have no likelihood ratios is an
    /// error, and so is one whose samples cannot come to such a rate.
    #[must_use]
    pub const fn fused(mut self, fmr: Fmr) -> Self {
        self.fused = Some(fmr);
        self
    }

    /// Compares with the `newest` different references of the face and of each finger whose position is
    /// known, by capture date; 3 unless set. Each one more shares the rate further, and old samples match
    /// worst. References of unknown position may each be another finger, so all of them are compared.
    #[must_use]
    pub const fn newest(mut self, newest: NonZeroU8) -> Self {
        self.newest = newest;
        self
    }
}

impl Default for Policy {
    /// The face and at least one finger, each at one false match in 10,000.
    fn default() -> Self {
        Self::face_and_finger(Fmr::one_in(10_000))
    }
}

/// Every part is named: lists that are read by place, and fields without a value, are errors.
impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Map::deserialize(deserializer)?;
        if let Some(misfit) = json::misfit(&parts, FIELDS) {
            return Err(D::Error::custom(misfit));
        }
        let fields: PolicyFields = serde_json::from_value(Value::Object(parts)).map_err(D::Error::custom)?;
        fields.try_into().map_err(D::Error::custom)
    }
}

const FIELDS: &[Field] = &[
    ("face", Presence::Optional, FACE),
    ("fingers", Presence::Optional, FINGERS),
    ("face_or_finger", Presence::Optional, FACE),
    ("fused", Presence::Optional, FACE),
    ("newest_references", Presence::Optional, Shape::Whole(1..=u8::MAX as u64)),
];
const FACE: Shape = Shape::Object(&[("fmr", Presence::Needed, Shape::Other(rate_misfit))]);
const FINGERS: Shape = Shape::Object(&[
    ("fmr", Presence::Needed, Shape::Other(rate_misfit)),
    ("at_least", Presence::Optional, Shape::Whole(1..=10)),
]);

/// A rate of 1 would accept everybody.
fn rate_misfit(value: &Value) -> Option<String> {
    let is_rate = |rate: f64| Fmr::new(rate).is_some_and(|rate| rate < Fmr::ONE);
    let found = match value {
        Value::Number(number) if number.as_f64().is_some_and(is_rate) => return None,
        Value::Number(number) => number.to_string(),
        other => json::kind(other).to_owned(),
    };
    Some(format!("a number above 0 and below 1 is needed, found {found}"))
}

/// A policy as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    face: Option<FaceRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingers: Option<FingerRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    face_or_finger: Option<FaceRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fused: Option<FaceRule>,
    #[serde(default = "newest")]
    newest_references: NonZeroU8,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaceRule {
    fmr: Fmr,
}

fn newest() -> NonZeroU8 {
    NEWEST
}

impl TryFrom<PolicyFields> for Policy {
    type Error = &'static str;

    fn try_from(fields: PolicyFields) -> Result<Self, Self::Error> {
        let face = fields.face.map(|face| face.fmr);
        let rule = match (face, fields.fingers, fields.face_or_finger) {
            (None, None, None) => return Err("a policy names face, fingers or face_or_finger"),
            (None, None, Some(either)) => Rule::Either(either.fmr),
            (face, fingers, None) => Rule::All { face, fingers },
            _ => return Err("face_or_finger stands alone in a policy"),
        };
        let fused = fields.fused.map(|fused| fused.fmr);
        Ok(Self { rule, newest: fields.newest_references, fused })
    }
}

impl From<Policy> for PolicyFields {
    fn from(policy: Policy) -> Self {
        let (face, fingers, either) = match policy.rule {
            Rule::All { face, fingers } => (face, fingers, None),
            Rule::Either(fmr) => (None, None, Some(fmr)),
        };
        let written = |fmr: Option<Fmr>| fmr.map(|fmr| FaceRule { fmr });
        Self {
            face: written(face),
            fingers,
            face_or_finger: written(either),
            fused: written(policy.fused),
            newest_references: policy.newest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_survives_its_text() {
        let rate = Fmr::one_in(333);
        let five = FingerRule::at_least(FingerCount::new(5).unwrap(), Fmr::one_in(7_777));
        for policy in [
            Policy::default(),
            Policy::face(rate),
            Policy::fingers(five).newest(NonZeroU8::MAX),
            Policy::face_and_fingers(rate, five),
            Policy::face_or_finger(rate),
            Policy::face_and_fingers(rate, five).fused(Fmr::one_in(1_000_000)),
            Policy::face_or_finger(rate).fused(Fmr::one_in(1_000_000)),
        ] {
            let text = serde_json::to_string(&policy).unwrap();
            assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy, "{text}");
        }
    }

    #[test]
    fn what_is_no_policy_is_an_error() {
        for (text, why) in [
            ("{}", "names face, fingers or face_or_finger"),
            (r#"{"face":{"fmr":0}}"#, "face.fmr: a number above 0 and below 1 is needed, found 0"),
            (r#"{"face":{"fmr":1}}"#, "face.fmr: a number above 0 and below 1 is needed, found 1"),
            (r#"{"fingers":{"fmr":1.0}}"#, "fingers.fmr: a number above 0 and below 1"),
            (
                r#"{"face_or_finger":{"fmr":"1"}}"#,
                "face_or_finger.fmr: a number above 0 and below 1 is needed, found a text",
            ),
            (r#"[{"fmr":1e-4},null,null,3]"#, "map"),
            (r#"{"face":[0.1]}"#, "face: an object is needed, found an array"),
            (r#"{"fingers":[1e-3,2]}"#, "fingers: an object is needed"),
            (r#"{"face":{"fmr":0.1},"fingers":null}"#, "fingers: an object is needed, found null"),
            (r#"{"face":{"fmr":2}}"#, "below 1 is needed, found 2"),
            (r#"{"face":{}}"#, "face: missing field `fmr`"),
            (
                r#"{"fingers":{"fmr":0.1,"at_least":0}}"#,
                "fingers.at_least: a whole number from 1 to 10 is needed, found 0",
            ),
            (r#"{"fingers":{"fmr":0.1,"at_least":11}}"#, "from 1 to 10 is needed, found 11"),
            (r#"{"fingers":{"fmr":0.1,"at_least":2.0}}"#, "from 1 to 10 is needed, found 2.0"),
            (
                r#"{"fingers":{"fmr":0.1,"atleast":2}}"#,
                "fingers: unknown field `atleast`, expected one of `fmr`, `at_least`",
            ),
            (r#"{"face":{"fmr":0.1},"face_or_finger":{"fmr":0.1}}"#, "stands alone"),
            (r#"{"fused":{"fmr":1e-8}}"#, "names face, fingers or face_or_finger"),
            (r#"{"face":{"fmr":0.1},"fused":{"fmr":1}}"#, "fused.fmr: a number above 0 and below 1"),
            (r#"{"face":{"fmr":0.1},"fused":1e-8}"#, "fused: an object is needed"),
            (
                r#"{"face":{"fmr":0.1},"newest_references":0}"#,
                "newest_references: a whole number from 1 to 255 is needed, found 0",
            ),
            (r#"{"face":{"fmr":0.1},"newest_references":256}"#, "from 1 to 255 is needed, found 256"),
            (r#"{"face":{"fmr":0.1},"live\u001bness":true}"#, "unknown field `live\\u{1b}ness`"),
        ] {
            let error = serde_json::from_str::<Policy>(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
