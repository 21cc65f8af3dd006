//! The personal identification number: who a claim is about.

use std::fmt;
use std::str::FromStr;

/// A citizen's 12-digit personal identification number.
///
/// Twelve ASCII digits, nothing else: three for the province or country of birth registration, one
/// for century and sex, two for the year of birth, six at random; there is no check digit
/// (Decree 137/2015/ND-CP, article 13). It never changes. `Debug` hides the random part, so that
/// numbers do not leak into logs; `Display` prints all of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenId(u64);

/// A sex as the number encodes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// An even fourth digit.
    Male,
    /// An odd fourth digit.
    Female,
}

/// Why a text is not a personal identification number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CitizenIdError {
    /// Not twelve bytes long.
    #[error("a personal number has 12 digits; this text has {found} bytes")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A byte that is not an ASCII digit.
    #[error("a personal number has only the digits 0 to 9; byte {offset} is something else")]
    NotADigit {
        /// Offset of the first such byte.
        offset: usize,
    },
}

impl CitizenId {
    /// One more than the greatest number.
    pub const END: u64 = 1_000_000_000_000;

    /// From the number's value; `None` above twelve digits.
    pub const fn from_value(value: u64) -> Option<Self> {
        if value < Self::END { Some(Self(value)) } else { None }
    }

    /// The number's value, below 10^12.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Province or country code, `0..=999`.
    pub const fn province(self) -> u16 {
        (self.0 / 1_000_000_000) as u16
    }

    /// Sex, by the parity of the fourth digit.
    pub const fn sex(self) -> Sex {
        if self.century_and_sex().is_multiple_of(2) { Sex::Male } else { Sex::Female }
    }

    /// Year of birth, `1900..=2399`.
    pub const fn birth_year(self) -> u16 {
        1900 + 100 * (self.century_and_sex() / 2) + (self.0 / 1_000_000 % 100) as u16
    }

    const fn century_and_sex(self) -> u16 {
        (self.0 / 100_000_000 % 10) as u16
    }
}

impl FromStr for CitizenId {
    type Err = CitizenIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 12 {
            return Err(CitizenIdError::Length { found: text.len() });
        }
        let mut value = 0;
        for (offset, byte) in text.bytes().enumerate() {
            if !byte.is_ascii_digit() {
                return Err(CitizenIdError::NotADigit { offset });
            }
            value = value * 10 + u64::from(byte - b'0');
        }
        Ok(Self(value))
    }
}

impl fmt::Display for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenId({:06}******)", self.0 / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_number_says() {
        let id: CitizenId = "001190000101".parse().unwrap();
        assert_eq!((id.province(), id.sex(), id.birth_year()), (1, Sex::Female, 1990));
        let id: CitizenId = "079204123456".parse().unwrap();
        assert_eq!((id.province(), id.sex(), id.birth_year()), (79, Sex::Male, 2004));
        assert_eq!(id.to_string(), "079204123456");
        assert_eq!(CitizenId::from_value(id.value()), Some(id));
    }

    #[test]
    fn refuses_everything_else() {
        for (text, error) in [
            ("", CitizenIdError::Length { found: 0 }),
            ("123456789", CitizenIdError::Length { found: 9 }),
            ("0011900001010", CitizenIdError::Length { found: 13 }),
            ("00119000010a", CitizenIdError::NotADigit { offset: 11 }),
            (" 01190000101", CitizenIdError::NotADigit { offset: 0 }),
            ("+01190000101", CitizenIdError::NotADigit { offset: 0 }),
            ("00119000٣10", CitizenIdError::NotADigit { offset: 8 }),
        ] {
            assert_eq!(text.parse::<CitizenId>(), Err(error), "{text}");
        }
        assert_eq!(CitizenId::from_value(CitizenId::END), None);
    }

    #[test]
    fn debug_hides_the_random_part() {
        let id: CitizenId = "001190000101".parse().unwrap();
        assert_eq!(format!("{id:?}"), "CitizenId(001190******)");
    }
}
