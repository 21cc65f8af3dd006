//! Which finger, and how it was captured.

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
    fn every_position_code_survives() {
        for code in 0..=u8::MAX {
            assert_eq!(FingerPosition::from_code(code).code(), code);
        }
    }
}
