//! The tables of a stream: filters, quantisation, Huffman codes. Numbers are a whole number over a power of ten, and
//! computed as the reference decoder does, in single precision, so that no pixel differs.

use crate::picture::wsq::bands::BANDS;
use crate::picture::wsq::huffman::Codes;
use crate::picture::{Format, PictureError};
use crate::template::Cursor;

/// Most taps of a filter; the standard's have 9 and 7.
pub(super) const MOST_TAPS: usize = 31;

pub(super) fn damaged(offset: usize, expected: &'static str) -> PictureError {
    PictureError::Damaged { format: Format::Wsq, offset, expected }
}

pub(super) fn cut(error: crate::template::RecordError) -> PictureError {
    PictureError::of_format(error, Format::Wsq)
}

/// A power of ten, then a whole number of two bytes.
pub(super) fn short_number(cursor: &mut Cursor<'_>, field: &'static str) -> Result<f32, PictureError> {
    let exponent = cursor.u8(field).map_err(cut)?;
    Ok(scaled(f32::from(cursor.u16(field).map_err(cut)?), exponent))
}

fn scaled(value: f32, exponent: u8) -> f32 {
    (0..exponent).fold(value, |value, _| value / 10.0)
}

/// The filters of the synthesis, of an odd number of taps each.
pub(super) struct Filters {
    pub(super) low: Vec<f32>,
    pub(super) high: Vec<f32>,
}

impl Filters {
    /// From the right halves of the analysis filters, lowpass first. The signs alternate from the middle: the
    /// lowpass becomes the highpass of the synthesis, and the highpass its lowpass.
    pub(super) fn read(body: &mut Cursor<'_>) -> Result<Self, PictureError> {
        let offset = body.offset();
        let taps =
            [body.u8("filter length").map_err(cut)?, body.u8("filter length").map_err(cut)?].map(usize::from);
        for (at, taps) in taps.into_iter().enumerate() {
            if taps == 0 || taps > MOST_TAPS {
                return Err(damaged(offset + at, "a filter of 1 to 31 taps"));
            }
            if taps.is_multiple_of(2) {
                let what = "a filter of an even number of taps";
                return Err(PictureError::Unsupported { format: Format::Wsq, offset: offset + at, what });
            }
        }
        let mut filter = |taps: usize| {
            let middle = taps / 2;
            let mut filter = vec![0.0; taps];
            for place in 0..=middle {
                let mut value = coefficient(body)?;
                if place % 2 == 1 {
                    value = -value;
                }
                filter[middle + place] = value;
                filter[middle - place] = value;
            }
            Ok::<_, PictureError>(filter)
        };
        let (high, low) = (filter(taps[0])?, filter(taps[1])?);
        Ok(Self { low, high })
    }
}

/// A sign, a power of ten, a whole number of four bytes.
fn coefficient(body: &mut Cursor<'_>) -> Result<f32, PictureError> {
    let mut field = || body.u8("filter coefficient").map_err(cut);
    let (is_negative, exponent) = (field()? != 0, field()?);
    let value = scaled(body.u32("filter coefficient").map_err(cut)? as f32, exponent);
    Ok(if is_negative { -value } else { value })
}

/// How coefficients become whole numbers.
pub(super) struct Quantisation {
    /// Where in a step a number's coefficient is taken to be.
    pub(super) centre: f32,
    /// The step and the width of the zero of each subband. A step of 0: the subband is not in the stream.
    pub(super) bands: [(f32, f32); BANDS],
}

impl Quantisation {
    pub(super) fn read(body: &mut Cursor<'_>) -> Result<Self, PictureError> {
        let centre = short_number(body, "quantisation centre")?;
        let mut bands = [(0.0, 0.0); BANDS];
        for band in &mut bands {
            *band = (short_number(body, "quantisation step")?, short_number(body, "quantisation zero")?);
        }
        Ok(Self { centre, bands })
    }
}

/// Huffman tables by their number.
pub(super) type Tables = [Option<Codes>; 8];

/// Reads the tables of a segment, one after another to its end.
pub(super) fn read_codes(body: &mut Cursor<'_>, tables: &mut Tables) -> Result<(), PictureError> {
    while !body.rest().is_empty() {
        let offset = body.offset();
        let number = body.u8("Huffman table number").map_err(cut)?;
        let counts = body.array("Huffman code lengths").map_err(cut)?;
        let total = counts.iter().map(|&count| usize::from(count)).sum();
        let symbols = body.take(total, "Huffman symbols").map_err(cut)?;
        let table =
            tables.get_mut(usize::from(number)).ok_or(damaged(offset, "a Huffman table number up to 7"))?;
        let codes =
            Codes::new(&counts, symbols).ok_or(damaged(offset + 1, "code lengths of a Huffman table"))?;
        *table = Some(codes);
    }
    Ok(())
}
