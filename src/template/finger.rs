//! Which finger, and how it was captured.

use std::fmt;

/// One of the ten fingers, with its code of ISO/IEC 19794-2:2005 table 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[allow(missing_docs)] // the names say it
pub enum Finger {
    RightThumb = 1,
    RightIndex = 2,
    RightMiddle = 3,
    RightRing = 4,
    RightLittle = 5,
    LeftThumb = 6,
    LeftIndex = 7,
    LeftMiddle = 8,
    LeftRing = 9,
    LeftLittle = 10,
}

impl Finger {
    /// All ten, by code.
    pub const ALL: [Self; 10] = [
        Self::RightThumb,
        Self::RightIndex,
        Self::RightMiddle,
        Self::RightRing,
        Self::RightLittle,
        Self::LeftThumb,
        Self::LeftIndex,
        Self::LeftMiddle,
        Self::LeftRing,
        Self::LeftLittle,
    ];

    /// The standard's code, `1..=10`.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name that manifests use, such as `right_index`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RightThumb => "right_thumb",
            Self::RightIndex => "right_index",
            Self::RightMiddle => "right_middle",
            Self::RightRing => "right_ring",
            Self::RightLittle => "right_little",
            Self::LeftThumb => "left_thumb",
            Self::LeftIndex => "left_index",
            Self::LeftMiddle => "left_middle",
            Self::LeftRing => "left_ring",
            Self::LeftLittle => "left_little",
        }
    }
}

/// Writes the name that manifests use.
impl fmt::Display for Finger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The position that a record states for an impression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FingerPosition {
    /// Code 0: not known; comparisons try all ten.
    #[default]
    Unknown,
    /// Codes 1 to 10.
    Known(Finger),
    /// Any other code of the dialect: several fingers in one picture, palms and the like.
    Other(u8),
}

impl FingerPosition {
    /// From the standard's code.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Unknown,
            1..=10 => Self::Known(Finger::ALL[code as usize - 1]),
            _ => Self::Other(code),
        }
    }

    /// The standard's code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Known(finger) => finger.code(),
            Self::Other(code) => code,
        }
    }

    /// The finger, if it is one of the ten.
    pub const fn finger(self) -> Option<Finger> {
        match self {
            Self::Known(finger) => Some(finger),
            Self::Unknown | Self::Other(_) => None,
        }
    }
}

/// Writes the name that manifests use, `unknown`, or the code of another position.
impl fmt::Display for FingerPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.pad("unknown"),
            Self::Known(finger) => finger.fmt(f),
            Self::Other(code) => write!(f, "position {code}"),
        }
    }
}

impl From<Finger> for FingerPosition {
    fn from(finger: Finger) -> Self {
        Self::Known(finger)
    }
}

/// How an impression was captured: the standards' impression type code (ISO/IEC 19794-2:2005
/// table 3, wider in later editions). Every code is kept; matching does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Impression(u8);

impl Impression {
    /// Live-scan, plain.
    pub const LIVE_PLAIN: Self = Self(0);
    /// Live-scan, rolled.
    pub const LIVE_ROLLED: Self = Self(1);
    /// Not live-scan, plain.
    pub const NONLIVE_PLAIN: Self = Self(2);
    /// Not live-scan, rolled.
    pub const NONLIVE_ROLLED: Self = Self(3);
    /// Swipe sensor.
    pub const SWIPE: Self = Self(8);

    /// From the standards' code.
    pub const fn from_code(code: u8) -> Self {
        Self(code)
    }

    /// The standards' code.
    pub const fn code(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_manifests() {
        for finger in Finger::ALL {
            assert_eq!(serde_json::to_value(finger).unwrap(), finger.to_string());
        }
        assert_eq!(FingerPosition::Other(13).to_string(), "position 13");
    }

    #[test]
    fn every_position_code_survives() {
        for code in 0..=u8::MAX {
            assert_eq!(FingerPosition::from_code(code).code(), code);
        }
    }
}
