//! Whose a reference is: the key under which a gallery keeps it.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::citizen::CitizenId;

/// An opaque key of 1 to 16 bytes. A citizen's 12-digit number is one encoding (its twelve ASCII digits),
/// a UUID another (its sixteen bytes); a gallery tells no difference.
///
/// `Display` writes a citizen's number as its digits, sixteen bytes as a UUID, and any other key as `0x`
/// and hexadecimal digits; `FromStr` reads these three. `Debug` hides the second half, so that keys do not
/// leak into logs. Keys are ordered by their bytes; a citizen's number so by its value.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SubjectId {
    /// Zero past the length.
    bytes: [u8; 16],
    length: u8,
}

/// Why something is not the key of a subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectIdError {
    /// No byte, or too many.
    #[error("a subject's key has 1 to 16 bytes; found {found}")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A text in none of the forms.
    #[error(
        "a subject is written as a personal number of 12 digits, as a UUID, or as 0x and up to 32 hexadecimal digits"
    )]
    Form,
}

impl SubjectId {
    /// Most bytes of a key.
    pub const MOST_BYTES: usize = 16;

    /// From a key's bytes.
    ///
    /// # Errors
    /// None, or more than sixteen.
    pub fn new(key: &[u8]) -> Result<Self, SubjectIdError> {
        let mut bytes = [0; Self::MOST_BYTES];
        match bytes.get_mut(..key.len()) {
            Some(place) if !key.is_empty() => place.copy_from_slice(key),
            _ => return Err(SubjectIdError::Length { found: key.len() }),
        }
        Ok(Self { bytes, length: key.len() as u8 })
    }

    /// From the sixteen bytes of a UUID.
    pub const fn from_uuid(uuid: [u8; 16]) -> Self {
        Self { bytes: uuid, length: 16 }
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The citizen's number, if this is the key of one.
    pub fn citizen(&self) -> Option<CitizenId> {
        std::str::from_utf8(self.as_bytes()).ok()?.parse().ok()
    }

    /// As files keep it: the bytes with zeros behind them, and how many they are.
    pub(crate) const fn to_stored(self) -> ([u8; 16], u8) {
        (self.bytes, self.length)
    }

    /// From what files keep; `None` if no key is kept so.
    pub(crate) fn from_stored(bytes: [u8; 16], length: u8) -> Option<Self> {
        let zeros = bytes.get(usize::from(length)..)?;
        (length > 0 && zeros.iter().all(|&byte| byte == 0)).then_some(Self { bytes, length })
    }
}

impl From<CitizenId> for SubjectId {
    fn from(citizen: CitizenId) -> Self {
        let mut bytes = [0; 16];
        let mut value = citizen.value();
        for byte in bytes.iter_mut().take(12).rev() {
            *byte = b'0' + (value % 10) as u8;
            value /= 10;
        }
        Self { bytes, length: 12 }
    }
}

impl From<&CitizenId> for SubjectId {
    fn from(citizen: &CitizenId) -> Self {
        Self::from(*citizen)
    }
}

impl From<&Self> for SubjectId {
    fn from(subject: &Self) -> Self {
        *subject
    }
}

impl PartialEq<CitizenId> for SubjectId {
    fn eq(&self, citizen: &CitizenId) -> bool {
        *self == Self::from(*citizen)
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(citizen) = self.citizen() {
            return citizen.fmt(f);
        }
        if usize::from(self.length) == Self::MOST_BYTES {
            return Uuid::from_bytes(self.bytes).hyphenated().fmt(f);
        }
        write!(f, "0x{}", hex::encode(self.as_bytes()))
    }
}

impl FromStr for SubjectId {
    type Err = SubjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(citizen) = text.parse::<CitizenId>() {
            return Ok(citizen.into());
        }
        let subject = match text.strip_prefix("0x") {
            Some(digits) => {
                let mut key = [0; Self::MOST_BYTES];
                let key = key.get_mut(..digits.len() / 2).ok_or(SubjectIdError::Form)?;
                hex::decode_to_slice(digits, key).map_err(|_| SubjectIdError::Form)?;
                Self::new(key)?
            }
            None => {
                let uuid = Uuid::try_parse(text).map_err(|_| SubjectIdError::Form)?;
                Self::from_uuid(uuid.into_bytes())
            }
        };
        // One text for one key.
        let canonical = subject.to_string();
        if canonical.eq_ignore_ascii_case(text) { Ok(subject) } else { Err(SubjectIdError::Form) }
    }
}

impl TryFrom<String> for SubjectId {
    type Error = SubjectIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SubjectId> for String {
    fn from(subject: SubjectId) -> Self {
        subject.to_string()
    }
}

impl SubjectId {
    /// The key with its second half hidden, for messages.
    pub(crate) fn masked(&self) -> String {
        let text = self.to_string();
        let shown = text.get(..text.len() / 2).unwrap_or_default();
        format!("{shown}{}", "*".repeat(text.len() - shown.len()))
    }
}

impl fmt::Debug for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectId({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_are_read_and_written() {
        let citizen: CitizenId = "001190000101".parse().unwrap();
        let subject = SubjectId::from(citizen);
        assert_eq!((subject.to_string(), subject.citizen()), ("001190000101".into(), Some(citizen)));
        assert_eq!(subject.as_bytes(), b"001190000101");
        assert_eq!(subject, citizen);
        for text in ["123e4567-e89b-12d3-a456-426614174000", "0x00", "0xdeadbeef", "001190000101"] {
            let subject: SubjectId = text.parse().unwrap();
            assert_eq!(subject.to_string(), text);
            let (bytes, length) = subject.to_stored();
            assert_eq!(SubjectId::from_stored(bytes, length), Some(subject));
        }
        for text in [
            "",
            "0x",
            "0x1",
            "0xg0",
            "0x0000000000000000000000000000000000",
            "123",
            "0x3030313139303030303130",
            "123e4567e89b12d3a456426614174000",
            "{123e4567-e89b-12d3-a456-426614174000}",
            "urn:uuid:123e4567-e89b-12d3-a456-426614174000",
        ] {
            let read = text.parse::<SubjectId>();
            assert!(read.is_err() || text.starts_with("0x30"), "{text}: {read:?}");
        }
        assert_eq!(format!("{:?}", SubjectId::from(citizen)), "SubjectId(001190******)");
    }

    #[test]
    fn only_keys_of_one_to_sixteen_bytes_are_kept() {
        assert_eq!(SubjectId::new(&[]), Err(SubjectIdError::Length { found: 0 }));
        assert_eq!(SubjectId::new(&[1; 17]), Err(SubjectIdError::Length { found: 17 }));
        assert!(SubjectId::new(&[0; 16]).is_ok());
        assert_eq!(SubjectId::from_stored([0; 16], 0), None);
        assert_eq!(SubjectId::from_stored([0; 16], 17), None);
        assert_eq!(SubjectId::from_stored([1; 16], 15), None);
        assert!(SubjectId::new(b"a").unwrap() < SubjectId::new(b"a\0").unwrap());
    }
}
