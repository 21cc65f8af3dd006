//! The fields 9.126 to 9.141 of Type-9: what ANSI INCITS 378 has in binary, as text. Pixels from the
//! top left corner, steps of 2 degrees.

use crate::template::codec::ansi_nist::picture;
use crate::template::codec::ansi_nist::records::{Record, Text, US};
use crate::template::codec::ansi_nist::{MOST_MINUTIAE, Singularity, byte, cores_and_deltas, position};
use crate::template::codec::minutiae::{self, ANSI_TURN, Grid, QualityForm};
use crate::template::codec::notes::Notes;
use crate::template::{
    Dialect, ExtendedData, FingerPosition, FingerprintTemplate, Flaw, Minutia, RecordError,
};
use crate::units::Angle;

const SIZE: [u16; 5] = [128, 129, 130, 131, 132];
const VIEW: u16 = 133;
const FINGER: u16 = 134;
const QUALITY: u16 = 135;
const COUNT: u16 = 136;
const MINUTIAE: u16 = 137;
const RIDGES: u16 = 138;
const CORES: u16 = 139;
const DELTAS: u16 = 140;
const FURTHER_ANGLES: u16 = 141;

const DIALECT: Dialect = Dialect::AnsiNistM1;

pub(super) fn is_in(record: &Record<'_>) -> bool {
    record.field(MINUTIAE).is_some() || record.field(COUNT).is_some()
}

pub(super) fn read(record: &Record<'_>, notes: &mut Notes) -> Result<FingerprintTemplate, RecordError> {
    let offset = record.offset;
    let frame = picture::frame(record, SIZE, notes)?.ok_or({
        let (field, expected) = ("fields 9.128 and 9.129", "the picture's width and height");
        RecordError::Unexpected { offset, field, expected }
    })?;
    let grid = Grid::from(&frame);
    let mut minutiae = Vec::new();
    let mut found = 0;
    for subfield in record.subfields(MINUTIAE) {
        if found == MOST_MINUTIAE {
            return Err(subfield.unexpected("finger minutiae data", "at most 1000 minutiae"));
        }
        minutiae.extend(read_minutia(subfield, found, &grid, notes)?);
        found += 1;
    }
    if let Some((declared, offset)) = record.number(COUNT, "number of minutiae")? {
        let (what, declared, found) = ("minutiae", u64::from(declared), found as u64);
        notes.check(declared == found, offset, || Flaw::Count { what, declared, found })?;
    }
    let position = match record.number(FINGER, "finger position")? {
        Some((code, offset)) => position(code, offset, DIALECT, notes)?,
        None => FingerPosition::Unknown,
    };
    let view = match record.number(VIEW, "finger view")? {
        Some((number, offset)) => byte(number, "finger view", offset)?,
        None => 0,
    };
    let quality = match record.number(QUALITY, "finger quality")? {
        Some((value, offset)) => {
            let value = byte(value, "finger quality", offset)?;
            QualityForm::Special.decode(value, "finger quality", offset, notes)?
        }
        None => None,
    };
    let extended = extended(record, notes)?;
    let template = FingerprintTemplate::new(position, minutiae).with_frame(frame);
    Ok(FingerprintTemplate { view, quality, extended, ..template })
}

/// Reads `index, x, y, angle, type, quality`; the last may be missing.
fn read_minutia(
    subfield: Text<'_>,
    minutia: usize,
    grid: &Grid,
    notes: &mut Notes,
) -> Result<Option<Minutia>, RecordError> {
    let mut items = subfield.split(US);
    let mut next = |field| match items.next() {
        Some(item) => Ok((item.number(field)?, item)),
        None => Err(subfield.unexpected(field, "a whole number")),
    };
    let mut pixel = |field| {
        let (value, item) = next(field)?;
        u16::try_from(value).map_err(|_| item.unexpected(field, "a number of pixels up to 65535"))
    };
    pixel("minutia index")?;
    let (x, y) = (pixel("minutia x")?, pixel("minutia y")?);
    let (angle, item) = next("minutia angle")?;
    let limit = ANSI_TURN.get();
    let found = i32::try_from(angle).unwrap_or(i32::MAX);
    notes.check(angle < limit.into(), item.offset, || Flaw::Angle { limit, found })?;
    let angle = Angle::from_parts(angle, ANSI_TURN);
    let (kind, item) = next("minutia type")?;
    let kind = byte(kind, "minutia type", item.offset)?;
    let kind = minutiae::kind(kind, DIALECT, item.offset, notes)?;
    let quality = match items.next().filter(|item| !item.bytes.is_empty()) {
        Some(item) => {
            let value = byte(item.number("minutia quality")?, "minutia quality", item.offset)?;
            QualityForm::Special.decode(value, "minutia quality", item.offset, notes)?
        }
        None => None,
    };
    let place = grid.place((x, y), minutia, subfield.offset, notes)?;
    Ok(place.map(|(x, y)| Minutia::new(x, y, angle, kind, quality)))
}

/// Numbers of a subfield, if it holds nothing else.
fn numbers<T: TryFrom<u32>>(subfield: Text<'_>) -> Option<Vec<T>> {
    subfield.split(US).map(|item| T::try_from(item.number("number").ok()?).ok()).collect()
}

/// Ridge counts, cores and deltas as the blocks that the binary record would have.
fn extended(record: &Record<'_>, notes: &mut Notes) -> Result<Vec<ExtendedData>, RecordError> {
    let mut blocks = Vec::new();
    let mut keep = |block: Option<ExtendedData>, field| match block {
        Some(block) => {
            blocks.push(block);
            Ok(())
        }
        None => notes.flaw(record.offset, Flaw::ExtendedDataField { field }),
    };
    if record.field(RIDGES).is_some() {
        keep(ridge_counts(record), "ridge counts")?;
    }
    if record.field(CORES).is_some() || record.field(DELTAS).is_some() {
        keep(singularities(record), "cores and deltas")?;
    }
    Ok(blocks)
}

/// The first subfield is the method and two zeros, the others are two minutiae and the ridges
/// between them.
fn ridge_counts(record: &Record<'_>) -> Option<ExtendedData> {
    let mut subfields = record.subfields(RIDGES).map(numbers::<u8>);
    let mut bytes = subfields.next()??.get(..1)?.to_vec();
    for count in subfields {
        bytes.extend_from_slice(&<[u8; 3]>::try_from(count?).ok()?);
    }
    Some(ExtendedData { dialect: DIALECT, code: 1, bytes })
}

fn singularities(record: &Record<'_>) -> Option<ExtendedData> {
    let point = |subfield: Text<'_>| {
        let values = numbers::<u16>(subfield)?;
        let (&[x, y], angles) = values.split_first_chunk()?;
        let angles = angles.iter().map(|&angle| u8::try_from(angle).ok()).collect::<Option<_>>()?;
        Some(Singularity { x, y, angles })
    };
    let points = |field| record.subfields(field).map(point).collect::<Option<Vec<_>>>();
    let (cores, mut deltas) = (points(CORES)?, points(DELTAS)?);
    for (delta, further) in deltas.iter_mut().zip(record.subfields(FURTHER_ANGLES)) {
        delta.angles.extend(numbers::<u8>(further)?);
    }
    cores_and_deltas(DIALECT, &cores, &deltas)
}
