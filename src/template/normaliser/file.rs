//! The file of a normaliser: `docs/face-normaliser.md`.

use super::{FaceNormaliser, Parts};
use crate::template::{FaceTemplate, ModelId};

const MAGIC: [u8; 16] = *b"biomatch-n\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;
/// Magic, five numbers of four bytes, four zero bytes, four numbers of eight.
const HEADER: usize = 72;
/// Most leading directions.
pub(super) const MAX_LEADING: usize = 64;
/// Most bytes of a note.
pub(crate) const MAX_NOTE: usize = 4096;
/// Greater numbers are refused: sums of 4,096 products of them stay finite.
const GREATEST: f64 = 1.0e9;

/// Why bytes are no normaliser's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NormaliserError {
    /// The file does not begin as one.
    #[error("not a face normaliser: it does not begin with the magic number")]
    Magic,
    /// Another version of the format.
    #[error("offset 16: version {found} of the format, this engine reads version {VERSION}")]
    Version {
        /// Which.
        found: u32,
    },
    /// A number of the header out of its range.
    #[error("offset {offset}: {what} is {found}, expected {least} to {most}")]
    Header {
        /// Where.
        offset: usize,
        /// Which number.
        what: &'static str,
        /// The least allowed.
        least: usize,
        /// The most allowed.
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
    /// A number that is not finite, is absurd, or is not above zero where it has to be.
    #[error("offset {offset}: a number is not finite, above 1e9, or a length that is not above zero")]
    Number {
        /// Where.
        offset: usize,
    },
    /// The network's name is none, or leaves no room for nine characters after it.
    #[error("offset {offset}: the network's name is not 1 to 55 ASCII letters, digits or . _ : + -")]
    Name {
        /// Where it begins.
        offset: usize,
    },
    /// The note is not UTF-8.
    #[error("offset {offset}: the note is not UTF-8")]
    Note {
        /// Where it begins.
        offset: usize,
    },
}

pub(super) fn write(parts: &Parts) -> Vec<u8> {
    let mut bytes = Vec::from(MAGIC);
    let (name, note) = (parts.source.as_str().as_bytes(), parts.note.as_bytes());
    let directions = parts.leading.len() / parts.dimension.max(1);
    let counts = [parts.dimension, directions, name.len(), note.len(), 0];
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(counts.iter().flat_map(|&count| (count as u32).to_le_bytes()));
    let numbers = [parts.length, parts.length_weight, parts.share, parts.share_weight];
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend(parts.whitening.iter().chain(&parts.leading).flat_map(|number| number.to_le_bytes()));
    bytes.extend(name);
    bytes.extend(note);
    let crc = crc32fast::hash(&bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

pub(super) fn read(file: &[u8]) -> Result<FaceNormaliser, NormaliserError> {
    if !file.starts_with(&MAGIC) {
        return Err(NormaliserError::Magic);
    }
    let found = file.len();
    let mut rest = Bytes { bytes: file, offset: 0 };
    let short = NormaliserError::Length { expected: HEADER, found };
    rest.take::<16>().ok_or(short)?;
    let mut count = || rest.take().map(u32::from_le_bytes).ok_or(short);
    let version = count()?;
    if version != VERSION {
        return Err(NormaliserError::Version { found: version });
    }
    let dimensions = FaceTemplate::MIN_DIMENSION..=FaceNormaliser::MAX_DIMENSION;
    let mut counts = [0; 5];
    for (slot, (offset, what, allowed)) in counts.iter_mut().zip([
        (20, "dimensions", dimensions),
        (24, "leading directions", 0..=MAX_LEADING),
        (28, "bytes of the network's name", 1..=64),
        (32, "bytes of the note", 0..=MAX_NOTE),
        (36, "what is reserved", 0..=0),
    ]) {
        let found = count()?;
        *slot = found as usize;
        if !allowed.contains(slot) {
            let (least, most) = (*allowed.start(), *allowed.end());
            return Err(NormaliserError::Header { offset, what, least, most, found });
        }
    }
    let [dimension, directions, name, note, _] = counts;
    let matrix = (dimension + directions) * dimension;
    let expected = HEADER + matrix * size_of::<f32>() + name + note + size_of::<u32>();
    let length = NormaliserError::Length { expected, found };
    if found != expected {
        return Err(length);
    }
    let (body, crc) = file.split_last_chunk::<4>().ok_or(length)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return Err(NormaliserError::Checksum);
    }
    let mut numbers = [0.0; 4];
    for (index, number) in numbers.iter_mut().enumerate() {
        let offset = rest.offset;
        *number = rest.take().map(f64::from_le_bytes).ok_or(length)?;
        let is_length = index == 0;
        if !number.is_finite() || number.abs() > GREATEST || is_length && *number <= 0.0 {
            return Err(NormaliserError::Number { offset });
        }
    }
    let mut entries = Vec::with_capacity(matrix);
    for _ in 0..matrix {
        let offset = rest.offset;
        let entry = rest.take().map(f32::from_le_bytes).ok_or(length)?;
        if !entry.is_finite() || f64::from(entry.abs()) > GREATEST {
            return Err(NormaliserError::Number { offset });
        }
        entries.push(entry);
    }
    let leading = entries.split_off(dimension * dimension);
    let offset = rest.offset;
    let text = |from: usize, length: usize| rest.bytes.get(from..)?.get(..length);
    let bad_name = NormaliserError::Name { offset };
    let source: ModelId = text(0, name)
        .and_then(|bytes| str::from_utf8(bytes).ok())
        .and_then(|name| name.parse().ok())
        .ok_or(bad_name)?;
    let offset = offset + name;
    let note = text(name, note)
        .and_then(|bytes| str::from_utf8(bytes).ok())
        .ok_or(NormaliserError::Note { offset })?
        .to_owned();
    let [length, length_weight, share, share_weight] = numbers;
    FaceNormaliser::new(Parts {
        source,
        note,
        dimension,
        length,
        length_weight,
        share,
        share_weight,
        whitening: entries,
        leading,
    })
    .ok_or(bad_name)
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
}
