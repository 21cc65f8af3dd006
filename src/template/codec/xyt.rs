//! NIST .xyt text, as mindtct writes it and bozorth3 reads it: lines of `x y theta [quality]`.

use std::num::NonZeroU16;

use crate::template::codec::notes::Notes;
use crate::template::codec::{detect, frame};
use crate::template::{
    Dialect, FingerPosition, FingerprintRecord, FingerprintTemplate, Flaw, Frame, Minutia, MinutiaKind,
    Product, Reading, RecordError, TextProblem,
};
use crate::text::{self, ForeignEncoding, Line};
use crate::units::{Angle, Length, Quality};

/// Most lines, as bozorth3 has it.
pub(super) const MOST_LINES: usize = 1000;

const DEGREES: NonZeroU16 = NonZeroU16::new(360).unwrap();
const TWO_DEGREES: NonZeroU16 = NonZeroU16::new(180).unwrap();

/// What the numbers of a .xyt file mean; nothing in the file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum XytConvention {
    /// mindtct's own: y upwards from the picture's bottom, degrees, and the direction out of the
    /// ridge's end, opposite to the standards'.
    #[default]
    Nist,
    /// mindtct with `-m1`: y downwards from the top, units of 2 degrees, and the direction of
    /// ANSI INCITS 378.
    M1,
}

pub(in crate::template) fn read(
    bytes: &[u8],
    convention: XytConvention,
    frame: Frame,
    reading: Reading,
) -> Result<FingerprintRecord, RecordError> {
    detect::check_lines(bytes)?;
    let mut notes = Notes::new(reading);
    frame::check_stated(&frame, &mut notes)?;
    let mut minutiae = Vec::new();
    let mut columns = None;
    let mut minutia = 0;
    let lines = text::lines(bytes).map_err(encoding)?;
    for Line { number: line, offset: start, bytes } in lines {
        let problem = |problem| RecordError::Text { line, problem };
        let text = std::str::from_utf8(bytes).map_err(|_| problem(TextProblem::Unreadable))?;
        let words: Vec<&str> = text.split_ascii_whitespace().take(5).collect();
        if words.is_empty() {
            notes.flaw(start, Flaw::BlankLine)?;
            continue;
        }
        if !matches!(words.len(), 3 | 4) || *columns.get_or_insert(words.len()) != words.len() {
            let expected = "3 or 4 whole numbers, as many on every line";
            return Err(problem(TextProblem::Columns { expected, found: words.len() }));
        }
        if minutia == MOST_LINES {
            return Err(problem(TextProblem::TooManyMinutiae { limit: MOST_LINES }));
        }
        let number = |index: usize, field: &'static str| {
            let expected = "a whole number";
            let value = words.get(index).and_then(|word| word.parse::<i32>().ok());
            value.ok_or(problem(TextProblem::Value { field, expected }))
        };
        let (x, y, theta) = (number(0, "x")?, number(1, "y")?, number(2, "theta")?);
        let quality = if words.len() == 4 { number(3, "quality")? } else { 0 };
        let place = Place { frame: &frame, minutia, offset: start };
        let (y, turn) = match convention {
            XytConvention::Nist => (i64::from(frame.height) - i64::from(y), DEGREES),
            XytConvention::M1 => (y.into(), TWO_DEGREES),
        };
        let angle = angle(theta, turn, start, &mut notes)?;
        let angle = if convention == XytConvention::Nist { angle.opposite() } else { angle };
        let quality = quality_of(quality, start, &mut notes)?;
        if let Some((x, y)) = place.lengths(x.into(), y, &mut notes)? {
            minutiae.push(Minutia::new(x, y, angle, MinutiaKind::Other, quality));
        }
        minutia += 1;
    }
    let view = FingerprintTemplate::new(FingerPosition::Unknown, minutiae).with_frame(frame);
    Ok(FingerprintRecord {
        dialect: Dialect::Xyt,
        product: Product::default(),
        views: vec![view],
        warnings: notes.into_warnings(),
        wrappers: Vec::new(),
    })
}

/// The error for text that is not UTF-8.
pub(super) fn encoding(found: ForeignEncoding) -> RecordError {
    RecordError::Text { line: 1, problem: TextProblem::Encoding(found) }
}

fn angle(theta: i32, turn: NonZeroU16, offset: usize, notes: &mut Notes) -> Result<Angle, RecordError> {
    let limit = i32::from(turn.get());
    let wrapped = theta.rem_euclid(limit).unsigned_abs();
    notes.check((0..limit).contains(&theta), offset, || Flaw::Angle { limit: turn.get(), found: theta })?;
    Ok(Angle::from_parts(wrapped, turn))
}

/// A quality of text, where 0 says nothing.
fn quality_of(value: i32, offset: usize, notes: &mut Notes) -> Result<Option<Quality>, RecordError> {
    let byte = u8::try_from(value).unwrap_or(u8::MAX);
    notes.check(byte <= 100, offset, || Flaw::Quality { field: "quality", found: byte })?;
    Ok(Quality::new(byte))
}

struct Place<'a> {
    frame: &'a Frame,
    minutia: usize,
    offset: usize,
}

impl Place<'_> {
    fn lengths(&self, x: i64, y: i64, notes: &mut Notes) -> Result<Option<(Length, Length)>, RecordError> {
        let mut one = |field, pixel: i64, limit: u16, resolution| {
            let length = u16::try_from(pixel).ok().and_then(|pixel| Length::from_pixels(pixel, resolution));
            let (minutia, offset) = (self.minutia, self.offset);
            if length.is_none() {
                notes.flaw(offset, Flaw::Unplaceable { field, minutia })?;
            } else {
                // The bottom row of a picture whose y counts up from 1 is one below the last.
                let found = u32::try_from(pixel).unwrap_or(u32::MAX);
                notes.check(pixel < i64::from(limit), offset, || Flaw::OutsidePicture {
                    field,
                    minutia,
                    found,
                    limit,
                })?;
            }
            Ok::<_, RecordError>(length)
        };
        let x = one("x", x, self.frame.width, self.frame.resolution_x)?;
        let y = one("y", y, self.frame.height, self.frame.resolution_y)?;
        Ok(x.zip(y))
    }
}
