//! The file of a model, described in `docs/code-model.md`.

use std::mem::size_of;

use super::cohort::Cohort;
use super::descriptor::VALUES;
use super::projection::{BITS, Projection};
use super::{CodeMeans, CodeSites, CodeWords, FingerCodes, SLOTS, WORDS};

const MAGIC: [u8; 16] = *b"biomatch-c\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;
const HEADER: usize = 48;
/// Most fingers of a cohort.
pub(super) const MAX_COHORT: usize = 256;
/// Most bytes of a note.
pub(super) const MAX_NOTE: usize = 4096;
/// Greater entries and thresholds are refused: sums of 312 of them stay finite.
const GREATEST: f32 = 1.0e9;

const MATRIX: usize = VALUES * BITS * size_of::<f32>();
const THRESHOLDS: usize = BITS * size_of::<f32>();
/// Words, sites, count and three bytes of zero.
const FINGER: usize = WORDS * size_of::<CodeWords>() + size_of::<CodeSites>() + 4;

/// An error of reading a model file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeModelError {
    /// The file does not begin as one.
    #[error("not a code model: it does not begin with the magic number")]
    Magic,
    /// Another version of the format.
    #[error("offset 16: version {found} of the format, this engine reads version 1")]
    Version {
        /// Which.
        found: u32,
    },
    /// A number of the header that differs from the engine's.
    #[error("offset {offset}: {what} is {found}, expected {expected}")]
    Header {
        /// Where.
        offset: usize,
        /// Which number.
        what: &'static str,
        /// What it should be.
        expected: u32,
        /// What it is.
        found: u32,
    },
    /// A number of the header that is too great.
    #[error("offset {offset}: {what} is {found}, at most {most} are allowed")]
    TooMany {
        /// Where.
        offset: usize,
        /// Which number.
        what: &'static str,
        /// The most.
        most: usize,
        /// What it is.
        found: u32,
    },
    /// The file is not as long as its header says.
    #[error("the file has {found} bytes, by its header {expected}")]
    Length {
        /// By its header.
        expected: usize,
        /// Its bytes.
        found: usize,
    },
    /// The checksum does not fit.
    #[error("the checksum does not fit: the file is damaged")]
    Checksum,
    /// A number of the matrix or a threshold is not finite or absurd.
    #[error("offset {offset}: a number is not finite or is above 1e9")]
    Number {
        /// Where.
        offset: usize,
    },
    /// A finger of the cohort is not as a model makes it.
    #[error("offset {offset}: a finger of the cohort is not as a model makes it")]
    Cohort {
        /// Where the finger begins.
        offset: usize,
    },
    /// The note is not UTF-8.
    #[error("offset {offset}: the note is not UTF-8")]
    Note {
        /// Where the note begins.
        offset: usize,
    },
}

/// What a model file holds.
#[derive(Clone, PartialEq)]
pub(super) struct ModelParts {
    pub(super) projection: Projection,
    pub(super) cohort: Cohort,
    /// What the model was trained on, in words.
    pub(super) note: String,
}

pub(super) fn encode_model(model: &ModelParts) -> Vec<u8> {
    let cohort = model.cohort.fingers();
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    for number in
        [VERSION, VALUES as u32, BITS as u32, SLOTS as u32, cohort.len() as u32, model.note.len() as u32]
    {
        bytes.extend(number.to_le_bytes());
    }
    bytes.resize(HEADER, 0);
    for value in 0..VALUES {
        for bit in 0..BITS {
            bytes.extend(model.projection.entry(value, bit).to_le_bytes());
        }
    }
    for threshold in model.projection.thresholds() {
        bytes.extend(threshold.to_le_bytes());
    }
    for finger in cohort {
        bytes.extend(finger.words.iter().flat_map(|words| words.0).flat_map(u64::to_le_bytes));
        bytes.extend(finger.sites.places.iter().flatten().flat_map(|place| place.to_le_bytes()));
        bytes.extend(finger.sites.directions);
        bytes.extend([finger.count, 0, 0, 0]);
    }
    bytes.extend(model.note.as_bytes());
    let crc = crc32fast::hash(&bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

pub(super) fn decode_model(file: &[u8]) -> Result<ModelParts, CodeModelError> {
    if !file.starts_with(&MAGIC) {
        return Err(CodeModelError::Magic);
    }
    let found = file.len();
    let short = CodeModelError::Length { expected: HEADER, found };
    let mut rest = Bytes { bytes: file, offset: 0 };
    rest.take::<16>().ok_or(short)?;
    let mut number = || rest.take().map(u32::from_le_bytes).ok_or(short);
    let version = number()?;
    if version != VERSION {
        return Err(CodeModelError::Version { found: version });
    }
    for (offset, what, expected) in [
        (20, "values of a descriptor", VALUES),
        (24, "bits of a code", BITS),
        (28, "slots of a finger", SLOTS),
    ] {
        let (expected, found) = (expected as u32, number()?);
        if found != expected {
            return Err(CodeModelError::Header { offset, what, expected, found });
        }
    }
    let counts = [number()?, number()?];
    if number()? != 0 || number()? != 0 {
        return Err(CodeModelError::Header { offset: 40, what: "what is reserved", expected: 0, found: 1 });
    }
    for ((offset, what, most), found) in
        [(32, "fingers of the cohort", MAX_COHORT), (36, "bytes of the note", MAX_NOTE)]
            .into_iter()
            .zip(counts)
    {
        if found as usize > most {
            return Err(CodeModelError::TooMany { offset, what, most, found });
        }
    }
    let [fingers, note] = counts.map(|count| count as usize);
    let expected = HEADER + MATRIX + THRESHOLDS + fingers * FINGER + note + 4;
    let length = CodeModelError::Length { expected, found };
    if found != expected {
        return Err(length);
    }
    let (body, crc) = file.split_last_chunk::<4>().ok_or(length)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return Err(CodeModelError::Checksum);
    }
    let mut rows = vec![[0.0; BITS]; VALUES];
    let mut thresholds = [0.0; BITS];
    for value in rows.as_flattened_mut().iter_mut().chain(&mut thresholds) {
        let offset = rest.offset;
        *value = rest.take().map(f32::from_le_bytes).ok_or(length)?;
        if !value.is_finite() || value.abs() > GREATEST {
            return Err(CodeModelError::Number { offset });
        }
    }
    let mut cohort = Vec::with_capacity(fingers);
    for _ in 0..fingers {
        cohort.push(rest.finger()?.ok_or(length)?);
    }
    let offset = rest.offset;
    let note = rest.bytes.get(..note).ok_or(length)?;
    let note = str::from_utf8(note).map_err(|_| CodeModelError::Note { offset })?.to_owned();
    Ok(ModelParts { projection: Projection::new(&rows, thresholds), cohort: Cohort::new(cohort), note })
}

/// What is not read yet.
struct Bytes<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        self.offset += N;
        Some(*first)
    }

    /// A finger of the cohort; nothing at the file's end.
    fn finger(&mut self) -> Result<Option<FingerCodes>, CodeModelError> {
        let offset = self.offset;
        let Some(finger) = self.parts() else { return Ok(None) };
        let sound = (1..=SLOTS).contains(&usize::from(finger.count)) && finger.sites.directions.is_sorted();
        if sound { Ok(Some(finger)) } else { Err(CodeModelError::Cohort { offset }) }
    }

    fn parts(&mut self) -> Option<FingerCodes> {
        let mut words = [CodeWords([0; SLOTS]); WORDS];
        for word in words.iter_mut().flat_map(|words| &mut words.0) {
            *word = u64::from_le_bytes(self.take()?);
        }
        let mut places = [[0; 2]; SLOTS];
        for place in places.iter_mut().flatten() {
            *place = i16::from_le_bytes(self.take()?);
        }
        let directions = self.take()?;
        let [count, zeros @ ..] = self.take::<4>()?;
        // Anything else would be another file of the same model.
        let count = if zeros == [0; 3] { count } else { u8::MAX };
        Some(FingerCodes {
            words,
            sites: CodeSites { places, directions },
            count,
            means: CodeMeans::default(),
        })
    }
}
