//! A claim: what a person presents, under which number, and what must be shown.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::attempts::Presentation;
use crate::gallery::RequestId;
use crate::subject::SubjectId;

use super::{Policy, Probe};

/// One 1:1 request: that the probe is of this citizen.
///
/// ```
/// use biomatch::citizen::CitizenId;
/// use biomatch::database::{Claim, Policy, Probe};
///
/// let citizen: CitizenId = "001190000101".parse()?;
/// let claim = Claim::new(citizen, Probe::new(), Policy::default()).for_unlocking();
/// # Ok::<(), biomatch::citizen::CitizenIdError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Claim {
    pub(super) citizen: SubjectId,
    pub(super) probe: Probe,
    pub(super) policy: Policy,
    pub(super) purpose: Purpose,
    pub(super) presentation: Presentation,
    pub(super) request: Option<RequestId>,
    pub(super) tag: Option<CallerTag>,
}

impl Claim {
    /// A claim that the probe is of the citizen, to be decided by the policy.
    pub fn new(citizen: impl Into<SubjectId>, probe: Probe, policy: Policy) -> Self {
        let citizen = citizen.into();
        Self {
            citizen,
            probe,
            policy,
            purpose: Purpose::default(),
            presentation: Presentation::default(),
            request: None,
            tag: None,
        }
    }

    /// The citizen claims in order to end a lock that they asked for themselves: such a lock does not refer
    /// the claim. Every other lock does. The decision unlocks nothing.
    #[must_use]
    pub fn for_unlocking(mut self) -> Self {
        self.purpose = Purpose::Unlock;
        self
    }

    /// The caller's detection of presentation attacks looked at the captures: a limiter then allows more
    /// attempts. The record repeats it.
    #[must_use]
    pub fn presentation(mut self, presentation: Presentation) -> Self {
        self.presentation = presentation;
        self
    }

    /// Names the request; the record repeats it.
    #[must_use]
    pub fn request_id(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// Adds the caller's tag; the record repeats it.
    #[must_use]
    pub fn tag(mut self, tag: CallerTag) -> Self {
        self.tag = Some(tag);
        self
    }
}

/// What a claim is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// To authenticate: every lock refers it.
    #[default]
    Authenticate,
    /// To end a lock that the citizen asked for.
    Unlock,
}

/// Up to 64 bytes of the caller's own, such as an officer, a desk or a session; records repeat them as
/// hexadecimal digits. Nothing here looks into them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallerTag(Vec<u8>);

/// Why something is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallerTagError {
    /// Too many bytes.
    #[error("a tag has at most 64 bytes; found {found}")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A text that is no pairs of hexadecimal digits.
    #[error("a tag is written as pairs of hexadecimal digits")]
    Form,
}

impl CallerTag {
    /// Most bytes.
    pub const MOST_BYTES: usize = 64;

    /// From its bytes.
    ///
    /// # Errors
    /// More than 64.
    pub fn new(bytes: &[u8]) -> Result<Self, CallerTagError> {
        match bytes.len() {
            0..=Self::MOST_BYTES => Ok(Self(bytes.to_vec())),
            found => Err(CallerTagError::Length { found }),
        }
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for CallerTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl FromStr for CallerTag {
    type Err = CallerTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = hex::decode(text).map_err(|_| CallerTagError::Form)?;
        Self::new(&bytes)
    }
}

impl TryFrom<String> for CallerTag {
    type Error = CallerTagError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CallerTag> for String {
    fn from(tag: CallerTag) -> Self {
        tag.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_survive_their_text() {
        for bytes in [&b""[..], b"desk 7", &[0xff; 64]] {
            let tag = CallerTag::new(bytes).unwrap();
            assert_eq!(tag.to_string().parse(), Ok(tag));
        }
        assert_eq!(CallerTag::new(&[0; 65]), Err(CallerTagError::Length { found: 65 }));
        assert_eq!("00".repeat(65).parse::<CallerTag>(), Err(CallerTagError::Length { found: 65 }));
        for text in ["0", "0g", "é"] {
            assert_eq!(text.parse::<CallerTag>(), Err(CallerTagError::Form), "{text}");
        }
    }
}
