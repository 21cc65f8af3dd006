//! Why a citizen's record is locked.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

/// Why a record is locked (the cases of Decree 59/2022/ND-CP, article 19). The gallery keeps its
/// code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum LockReason {
    /// The citizen asked for it.
    HolderRequest,
    /// The terms of use were broken.
    TermsBroken,
    /// The identity card was revoked.
    CardRevoked,
    /// The citizen died.
    Death,
    /// An authority asked for it.
    Authority,
    /// A reason of a later version, or of another program; its code.
    Other(NonZeroU8),
}

impl LockReason {
    const NAMED: [(Self, &'static str); 5] = [
        (Self::HolderRequest, "holder_request"),
        (Self::TermsBroken, "terms_broken"),
        (Self::CardRevoked, "card_revoked"),
        (Self::Death, "death"),
        (Self::Authority, "authority"),
    ];

    /// From the code that a gallery keeps.
    pub const fn from_code(code: NonZeroU8) -> Self {
        match code.get() {
            1 => Self::HolderRequest,
            2 => Self::TermsBroken,
            3 => Self::CardRevoked,
            4 => Self::Death,
            5 => Self::Authority,
            _ => Self::Other(code),
        }
    }

    /// The code that a gallery keeps.
    pub const fn code(self) -> NonZeroU8 {
        let code = match self {
            Self::HolderRequest => 1,
            Self::TermsBroken => 2,
            Self::CardRevoked => 3,
            Self::Death => 4,
            Self::Authority => 5,
            Self::Other(code) => return code,
        };
        match NonZeroU8::new(code) {
            Some(code) => code,
            None => NonZeroU8::MIN,
        }
    }
}

impl fmt::Display for LockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMED.iter().find(|(reason, _)| reason == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "other_{}", self.code()),
        }
    }
}

/// A text that is no reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reason is one of holder_request, terms_broken, card_revoked, death, authority; this is {0:?}")]
pub struct LockReasonError(String);

impl FromStr for LockReason {
    type Err = LockReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::NAMED.iter().find(|(_, name)| *name == text);
        named.map(|(reason, _)| *reason).ok_or_else(|| LockReasonError(text.to_owned()))
    }
}

/// As records have it: also `other_N`, which nobody can lock with.
impl TryFrom<String> for LockReason {
    type Error = LockReasonError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("other_").and_then(|code| code.parse().ok()) {
            Some(code) if Self::from_code(code) == Self::Other(code) => Ok(Self::Other(code)),
            _ => text.parse(),
        }
    }
}

impl From<LockReason> for String {
    fn from(reason: LockReason) -> Self {
        reason.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_survive() {
        for code in 1..=u8::MAX {
            let code = NonZeroU8::new(code).unwrap();
            let reason = LockReason::from_code(code);
            assert_eq!(reason.code(), code);
            if !matches!(reason, LockReason::Other(_)) {
                assert_eq!(reason.to_string().parse(), Ok(reason));
            }
        }
        assert!("other_9".parse::<LockReason>().is_err());
        for (_, name) in LockReason::NAMED.iter().filter(|(_, name)| name.contains('_')) {
            assert!(name.replace('_', "-").parse::<LockReason>().is_err(), "one spelling: {name}");
        }
    }
}
