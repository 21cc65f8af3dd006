//! The standard fields of Type-9 (9.005 to 9.012): hundredths of a millimetre from the bottom left
//! corner, whole degrees counter-clockwise from east, opposite to the direction of INCITS 378.

use std::num::NonZeroU16;

use crate::template::codec::ansi_nist::records::{Record, Text, US};
use crate::template::codec::ansi_nist::{MOST_MINUTIAE, Singularity, cores_and_deltas, position};
use crate::template::codec::notes::Notes;
use crate::template::{
    Dialect, ExtendedData, FingerPosition, FingerprintTemplate, Flaw, Frame, Minutia, MinutiaKind,
    RecordError,
};
use crate::units::{Angle, Length, Quality, Resolution};

const FINGER: u16 = 6;
const CORES: u16 = 8;
const DELTAS: u16 = 9;
const COUNT: u16 = 10;
const MINUTIAE: u16 = 12;

const DEGREES: NonZeroU16 = NonZeroU16::new(360).unwrap();
/// Steps of a [`Length`] per hundredth of a millimetre.
const STEPS: u16 = 2;

pub(super) fn is_in(record: &Record<'_>) -> bool {
    record.field(MINUTIAE).is_some() || record.field(COUNT).is_some()
}

/// A minutia as its subfield says it, y counting upwards.
struct Raw {
    index: u32,
    x: u16,
    y: u16,
    degrees: u16,
    quality: Option<Quality>,
    kind: MinutiaKind,
    offset: usize,
}

/// Reads the fields. Without a picture, which a record does not hold, the highest minutia, core or
/// delta is taken for the top edge.
pub(super) fn read(
    record: &Record<'_>,
    picture: Option<Frame>,
    notes: &mut Notes,
) -> Result<FingerprintTemplate, RecordError> {
    let mut raw = Vec::new();
    let mut ridges = Vec::new();
    for subfield in record.subfields(MINUTIAE) {
        if raw.len() == MOST_MINUTIAE {
            return Err(subfield.unexpected("minutiae and ridge counts", "at most 1000 minutiae"));
        }
        raw.push(read_minutia(subfield, &mut ridges, notes)?);
    }
    let what = "minutiae";
    if let Some((declared, offset)) = record.number(COUNT, "number of minutiae")? {
        let (declared, found) = (u64::from(declared), raw.len() as u64);
        notes.check(declared == found, offset, || Flaw::Count { what, declared, found })?;
    }
    let cores = points(record, CORES);
    let deltas = points(record, DELTAS);
    let all = cores.iter().chain(&deltas).flatten();
    let highest = raw.iter().map(|m| m.y).chain(all.map(|&(_, y)| y)).max().unwrap_or(0);
    let height = match &picture {
        // The last row of hundredths of a millimetre is one below the height.
        Some(frame) => {
            let steps = Length::from_pixels(frame.height, frame.resolution_y);
            i64::from(steps.map_or(u16::MAX, Length::steps) / STEPS) - 1
        }
        None => highest.into(),
    };
    let flip = |y: u16| u16::try_from(height - i64::from(y)).ok().and_then(length);

    let mut minutiae = Vec::with_capacity(raw.len());
    for (minutia, m) in raw.iter().enumerate() {
        match length(m.x).zip(flip(m.y)) {
            Some((x, y)) => {
                if let Some(frame) = &picture {
                    let found = x.to_pixels(frame.resolution_x);
                    let (field, limit) = ("x", frame.width);
                    notes.check(found < limit.into(), m.offset, || Flaw::OutsidePicture {
                        field,
                        minutia,
                        found,
                        limit,
                    })?;
                }
                let angle = Angle::from_parts(m.degrees.into(), DEGREES).opposite();
                minutiae.push(Minutia::new(x, y, angle, m.kind, m.quality));
            }
            None => {
                let field = if length(m.x).is_none() { "x" } else { "y" };
                notes.flaw(m.offset, Flaw::Unplaceable { field, minutia })?;
            }
        }
    }
    // Places count only those minutiae that are kept.
    let extended = match minutiae.len() == raw.len() {
        true => extended(record, &raw, &ridges, [cores, deltas], picture, flip, notes)?,
        false => Vec::new(),
    };
    let position = match record.number(FINGER, "finger position")? {
        Some((code, offset)) => position(code, offset, Dialect::AnsiNist, notes)?,
        None => FingerPosition::Unknown,
    };
    Ok(FingerprintTemplate { frame: picture, extended, ..FingerprintTemplate::new(position, minutiae) })
}

fn length(hundredths: u16) -> Option<Length> {
    hundredths.checked_mul(STEPS).map(Length::from_steps)
}

/// Reads `index, XXXXYYYYTTT, quality, type, neighbour,ridges ...`; all after the second may be
/// missing.
fn read_minutia(
    subfield: Text<'_>,
    ridges: &mut Vec<(u32, u32, u32)>,
    notes: &mut Notes,
) -> Result<Raw, RecordError> {
    let mut items = subfield.split(US);
    let index = items.next().unwrap_or(subfield).number("minutia index")?;
    let place = items.next().ok_or(subfield.unexpected("minutia", "a place after the index"))?;
    let number = |from: usize, to: usize| {
        let digits = place.bytes.get(from..to).filter(|_| place.bytes.len() == 11);
        let digits = digits.ok_or(place.unexpected("minutia place", "11 digits, XXXXYYYYTTT"))?;
        let value = Text { bytes: digits, offset: place.offset + from }.number("minutia place")?;
        // Four digits are below 10,000.
        Ok::<_, RecordError>(value as u16)
    };
    let (x, y, degrees) = (number(0, 4)?, number(4, 8)?, number(8, 11)?);
    let found = i32::from(degrees);
    notes.check(degrees < DEGREES.get(), place.offset + 8, || Flaw::Angle { limit: DEGREES.get(), found })?;
    let quality = match items.next().filter(|item| !item.bytes.is_empty()) {
        Some(item) => quality(item.number("minutia quality")?),
        None => None,
    };
    let kind = match items.next() {
        Some(item) => match item.bytes.trim_ascii() {
            b"A" | b"a" => MinutiaKind::Ending,
            b"B" | b"b" => MinutiaKind::Bifurcation,
            // Compound, and not determined.
            b"C" | b"c" | b"D" | b"d" | b"" => MinutiaKind::Other,
            _ => return Err(item.unexpected("minutia type", "A, B, C or D")),
        },
        None => MinutiaKind::Other,
    };
    for item in items {
        let mut numbers = item.split(b',').map(|text| text.number("ridge count").ok());
        match (numbers.next().flatten(), numbers.next().flatten(), numbers.next()) {
            (Some(neighbour), Some(count), None) => ridges.push((index, neighbour, count)),
            _ => notes.flaw(item.offset, Flaw::ExtendedDataField { field: "ridge count" })?,
        }
    }
    Ok(Raw { index, x, y, degrees, quality, kind, offset: subfield.offset })
}

/// 2 is the best and 63 the worst quality of an algorithm; 0 is a minutia that a person placed, 1 no
/// quality, and from 64 a vendor's own.
fn quality(value: u32) -> Option<Quality> {
    let value = u8::try_from(value).ok().filter(|value| (2..=63).contains(value))?;
    let hundredths = (u16::from(63 - value) * 100 + 30) / 61;
    Quality::new((hundredths as u8).max(1))
}

/// Places `XXXXYYYY`; `None` if one is not that.
fn points(record: &Record<'_>, field: u16) -> Option<Vec<(u16, u16)>> {
    let point = |text: Text<'_>| {
        let text = Text { bytes: text.bytes.trim_ascii(), ..text };
        let number = |from: usize, to: usize| {
            let digits = Text { bytes: text.bytes.get(from..to)?, offset: text.offset };
            u16::try_from(digits.number("place").ok()?).ok()
        };
        (text.bytes.len() == 8).then(|| number(0, 4).zip(number(4, 8)))?
    };
    record.subfields(field).map(point).collect()
}

/// Ridge counts, cores and deltas as the blocks that INCITS 378 has for them. Cores and deltas are
/// in pixels of the picture, or at 500 dpi if there is none.
fn extended(
    record: &Record<'_>,
    raw: &[Raw],
    ridges: &[(u32, u32, u32)],
    points: [Option<Vec<(u16, u16)>>; 2],
    picture: Option<Frame>,
    flip: impl Fn(u16) -> Option<Length>,
    notes: &mut Notes,
) -> Result<Vec<ExtendedData>, RecordError> {
    let dialect = Dialect::AnsiNist;
    let mut blocks = Vec::new();
    // A neighbour that is no minutia stands for none, as 255 does in the FBI's records.
    let place = |index: u32| {
        let at = raw.iter().position(|m| m.index == index)?;
        u8::try_from(at + 1).ok()
    };
    let counts = ridges
        .iter()
        .filter_map(|&(from, to, count)| Some([place(from)?, place(to)?, u8::try_from(count).ok()?]));
    let counts: Vec<u8> = counts.flatten().collect();
    if !counts.is_empty() {
        let bytes = [&[0], counts.as_slice()].concat();
        blocks.push(ExtendedData { dialect, code: 1, bytes });
    }
    let (x, y) = picture
        .map_or((Resolution::DPI_500, Resolution::DPI_500), |frame| (frame.resolution_x, frame.resolution_y));
    let pixel = |length: Length, resolution| u16::try_from(length.to_pixels(resolution)).ok();
    let singularities = |points: Option<Vec<(u16, u16)>>| -> Option<Vec<Singularity>> {
        let points = points?.into_iter().map(|(across, up)| {
            let (x, y) = (pixel(length(across)?, x)?, pixel(flip(up)?, y)?);
            Some(Singularity { x, y, angles: Vec::new() })
        });
        points.collect()
    };
    let [cores, deltas] = points.map(singularities);
    let block = cores.zip(deltas).map(|(cores, deltas)| {
        let none = cores.is_empty() && deltas.is_empty();
        (none, cores_and_deltas(dialect, &cores, &deltas))
    });
    match block {
        Some((true, _)) => {}
        Some((false, Some(block))) => blocks.push(block),
        _ => notes.flaw(record.offset, Flaw::ExtendedDataField { field: "cores and deltas" })?,
    }
    Ok(blocks)
}
