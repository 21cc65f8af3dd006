//! WSQ: the FBI's wavelet scalar quantisation of fingerprints (IAFIS-IC-0110). Markers, tables in any order, blocks of
//! Huffman codes; the numbers become coefficients of sixty subbands, and these are joined to the picture.
//!
//! Decoding is exact to the reference decoder of NIST for pictures of 81 pixels a side and more; below, that one mirrors
//! subbands of five coefficients and fewer otherwise. Where files depart from the standard and the picture is whole,
//! reading is lenient: blocks may lack at the end, bytes FF may fill up, the end marker may lack behind the last number.

mod bands;
mod huffman;
mod synthesis;
mod tables;

use crate::picture::bitmap::{self, Bitmap, Colours};
use crate::picture::{Format, PictureError};
use crate::template::Cursor;
use bands::{CODED_BANDS, Region, Tree};
use huffman::{Bits, Codes, Stop};
use tables::{Filters, Quantisation, Tables, cut, damaged};

const START: u8 = 0xA0;
const END: u8 = 0xA1;
const FRAME: u8 = 0xA2;
const BLOCK: u8 = 0xA3;
const FILTERS: u8 = 0xA4;
const QUANTISATION: u8 = 0xA5;
const CODES: u8 = 0xA6;
const RESTART_INTERVAL: u8 = 0xA7;
const COMMENT: u8 = 0xA8;

/// The size of the picture, and how coefficients of the transform become grey levels.
struct Frame {
    width: u32,
    height: u32,
    shift: f32,
    scale: f32,
}

/// Reads a picture of at most `limit` pixels.
pub(super) fn read(bytes: &[u8], limit: u64) -> Result<Bitmap, PictureError> {
    let mut stream = Stream { bytes, at: 2 };
    let mut frame = None;
    let (mut filters, mut quantisation) = (None, None);
    let mut tables = Tables::default();
    let mut coefficients = None;
    while let Some((offset, marker)) = stream.marker(&coefficients)? {
        if marker == END {
            break;
        }
        let mut body = stream.segment()?;
        match marker {
            FRAME if frame.is_none() => frame = Some(read_frame(&mut body, limit)?),
            FILTERS => filters = Some(Filters::read(&mut body)?),
            QUANTISATION if coefficients.is_none() => quantisation = Some(Quantisation::read(&mut body)?),
            CODES => tables::read_codes(&mut body, &mut tables)?,
            BLOCK => {
                if coefficients.is_none() {
                    let missing = |expected| move || damaged(offset, expected);
                    let frame =
                        frame.as_ref().ok_or_else(missing("a frame header before the first block"))?;
                    let quantisation = quantisation
                        .as_ref()
                        .ok_or_else(missing("a quantisation table before the first block"))?;
                    coefficients = Some(Coefficients::new(frame, quantisation));
                }
                let at = body.offset();
                let number = usize::from(body.u8("Huffman table number").map_err(cut)?);
                let codes = tables.get(number).and_then(Option::as_ref);
                let codes = codes.ok_or(damaged(at, "the number of a Huffman table of the stream"))?;
                if let Some(coefficients) = &mut coefficients {
                    stream.at = coefficients.read_block(Bits::new(bytes, stream.at), codes)?;
                }
            }
            COMMENT => {}
            RESTART_INTERVAL => {
                let what = "a restart interval";
                return Err(PictureError::Unsupported { format: Format::Wsq, offset, what });
            }
            FRAME => return Err(damaged(offset, "one frame header")),
            QUANTISATION => return Err(damaged(offset, "no quantisation table behind a block")),
            _ => return Err(damaged(offset, "a marker FFA1 to FFA8")),
        }
    }
    let missing = |expected| move || damaged(stream.at, expected);
    let filters = filters.ok_or_else(missing("filters before the end"))?;
    let frame = frame.ok_or_else(missing("a frame header before the end"))?;
    let coefficients = coefficients.ok_or_else(missing("a block before the end"))?;
    coefficients.into_picture(&frame, &filters, limit)
}

/// The text of a comment that says the resolution of a picture, in dots per inch.
pub(super) fn stated_dpi(bytes: &[u8]) -> Option<u32> {
    let mut stream = Stream { bytes, at: 2 };
    let mut dpi = None;
    // Comments stand before the first block.
    while let Ok(Some((_, marker @ (FRAME | FILTERS | QUANTISATION | CODES | COMMENT)))) =
        stream.marker(&None)
    {
        let Ok(body) = stream.segment() else { break };
        if marker == COMMENT && body.rest().starts_with(b"NIST_COM") {
            let lines = body.rest().split(|&byte| byte == b'\n');
            let mut stated = lines.filter_map(|line| str::from_utf8(line).ok()?.trim().strip_prefix("PPI "));
            dpi = stated.next_back().and_then(|number| number.trim().parse().ok()).or(dpi);
        }
    }
    dpi
}

/// The markers of a stream.
struct Stream<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Stream<'a> {
    /// The next marker and where it is. `None` at the end of an input that has all coefficients.
    fn marker(&mut self, coefficients: &Option<Coefficients>) -> Result<Option<(usize, u8)>, PictureError> {
        while let Some([0xFF, 0xFF, ..]) = self.bytes.get(self.at..) {
            self.at += 1;
        }
        let offset = self.at;
        match self.bytes.get(offset..) {
            Some([0xFF, START, ..]) => Err(damaged(offset, "one start of a picture")),
            Some([0xFF, marker, ..]) => {
                self.at += 2;
                Ok(Some((offset, *marker)))
            }
            Some([_, _, ..]) => Err(damaged(offset, "a marker")),
            _ if coefficients.as_ref().is_some_and(Coefficients::is_full) => Ok(None),
            _ => Err(damaged(offset, "the rest of the picture")),
        }
    }

    /// What follows a marker, behind its length.
    fn segment(&mut self) -> Result<Cursor<'a>, PictureError> {
        let mut cursor = Cursor::at(self.bytes.get(self.at..).unwrap_or_default(), self.at);
        let length = usize::from(cursor.u16("segment length").map_err(cut)?);
        let length = length.checked_sub(2).ok_or(damaged(self.at, "a segment length of 2 at least"))?;
        let body = cursor.part(length, "segment").map_err(cut)?;
        self.at = cursor.offset();
        Ok(body)
    }
}

/// Black, white, height, width, shift, scale; the encoder's version and number follow.
fn read_frame(body: &mut Cursor<'_>, limit: u64) -> Result<Frame, PictureError> {
    body.take(2, "black and white").map_err(cut)?;
    let height = u32::from(body.u16("picture height").map_err(cut)?);
    let width = u32::from(body.u16("picture width").map_err(cut)?);
    bitmap::check_size(width, height, limit)?;
    let (shift, scale) = (tables::short_number(body, "shift")?, tables::short_number(body, "scale")?);
    Ok(Frame { width, height, shift, scale })
}

/// Coefficients of all subbands, and where the next number of the stream goes.
struct Coefficients {
    tree: Tree,
    stride: usize,
    image: Vec<f32>,
    centre: f32,
    /// The subbands that the stream has, with the step and the width of the zero.
    bands: Vec<(Region, f32, f32)>,
    band: usize,
    /// The place in the subband.
    column: usize,
    row: usize,
}

impl Coefficients {
    fn new(frame: &Frame, quantisation: &Quantisation) -> Self {
        let (width, height) = (frame.width as usize, frame.height as usize);
        let tree = Tree::new(width, height);
        let bands = tree.bands.iter().zip(quantisation.bands).take(CODED_BANDS);
        let bands = bands
            .filter(|(region, (step, _))| *step != 0.0 && region.x.length > 0 && region.y.length > 0)
            .map(|(region, (step, zero))| (*region, step, zero))
            .collect();
        let (centre, image) = (quantisation.centre, vec![0.0; width * height]);
        Self { tree, stride: width, image, centre, bands, band: 0, column: 0, row: 0 }
    }

    fn is_full(&self) -> bool {
        self.band == self.bands.len()
    }

    /// Reads numbers up to the next marker, and returns where that is.
    fn read_block(&mut self, mut bits: Bits<'_>, codes: &Codes) -> Result<usize, PictureError> {
        loop {
            if self.is_full() && bits.is_at_end() {
                return Ok(bits.offset());
            }
            match self.read_number(&mut bits, codes) {
                Ok(true) => {}
                Ok(false) => return Err(damaged(bits.offset(), "no more numbers than the picture has")),
                Err(Stop::End) => return Ok(bits.offset()),
                Err(Stop::NoCode) => {
                    return Err(damaged(bits.offset(), "a code of the block's Huffman table"));
                }
                Err(Stop::Cut) => return Err(damaged(bits.offset(), "the rest of a number")),
            }
        }
    }

    /// Reads a number or a run of zeros; whether there was place for it.
    #[inline]
    fn read_number(&mut self, bits: &mut Bits<'_>, codes: &Codes) -> Result<bool, Stop> {
        let signed = |bits: &mut Bits<'_>, count| Ok(bits.number(count)?.cast_signed());
        Ok(match bits.symbol(codes)? {
            run @ 1..=100 => self.skip(run.into()),
            101 => self.put(signed(bits, 8)?),
            102 => self.put(-signed(bits, 8)?),
            103 => self.put(signed(bits, 16)?),
            104 => self.put(-signed(bits, 16)?),
            105 => self.skip(bits.number(8)? as usize),
            106 => self.skip(bits.number(16)? as usize),
            symbol @ 107..=254 => self.put(i32::from(symbol) - 180),
            0 | 255 => return Err(Stop::NoCode),
        })
    }

    /// Puts the coefficient that a number stands for in its place.
    #[inline]
    fn put(&mut self, number: i32) -> bool {
        let Some((region, step, zero)) = self.bands.get(self.band) else { return false };
        // Numbers have at most 16 bits, which single precision holds exactly.
        let value = number as f32;
        let coefficient = match number {
            0 => 0.0,
            1.. => step * (value - self.centre) + zero / 2.0,
            _ => step * (value + self.centre) - zero / 2.0,
        };
        let place = (region.y.start + self.row) * self.stride + region.x.start + self.column;
        self.image[place] = coefficient;
        self.skip(1)
    }

    /// Leaves zeros in the next places.
    #[inline]
    fn skip(&mut self, count: usize) -> bool {
        self.column += count;
        while let Some((region, _, _)) = self.bands.get(self.band) {
            if self.column < region.x.length {
                return true;
            }
            self.row += self.column / region.x.length;
            self.column %= region.x.length;
            if self.row < region.y.length {
                return true;
            }
            // What goes beyond this subband goes on in the next one.
            self.column += (self.row - region.y.length) * region.x.length;
            self.row = 0;
            self.band += 1;
        }
        self.column == 0
    }

    fn into_picture(mut self, frame: &Frame, filters: &Filters, limit: u64) -> Result<Bitmap, PictureError> {
        synthesis::join_all(&mut self.image, self.stride, &self.tree, filters);
        // `as` saturates.
        let pixel = |&value: &f32| (value * frame.scale + frame.shift + 0.5) as u8;
        let pixels = self.image.iter().map(pixel).collect();
        Bitmap::new((frame.width, frame.height), Colours::Grey, pixels, limit)
    }
}
