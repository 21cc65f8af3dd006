//! The header of NumPy's `.npy` format: magic, version, and a Python dictionary as text.
//!
//! ```text
//! 0    93 4E 55 4D 50 59      \x93NUMPY
//! 6    major minor            1.0, 2.0 or 3.0
//! 8    header length          u16 in 1.0, u32 since 2.0
//! 10   {'descr': '<f4', 'fortran_order': False, 'shape': (7785, 512), }   spaces, newline
//!      data
//! ```
//!
//! Source: NumPy enhancement proposal 1 and `numpy.lib.format`. The dictionary is read by a parser of
//! just these three keys: no recursion, no allocation by what it says.

use super::error::FaceFileError;
use super::layout::Number;

/// What every `.npy` file begins with.
pub const NPY_MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Most bytes of an `.npy` file that its header takes: what a header of version 1.0 can have. Later
/// versions exist for arrays of records with many fields, which are not embeddings.
pub const MAX_NPY_START: usize = 10 + u16::MAX as usize;

pub(super) struct Header {
    pub(super) number: Number,
    /// Offset of the first number.
    pub(super) data: u64,
    pub(super) rows: u64,
    pub(super) dimension: u64,
}

pub(super) fn header(file: &[u8]) -> Result<Header, FaceFileError> {
    if !file.starts_with(NPY_MAGIC) {
        return Err(FaceFileError::Magic);
    }
    let missing = |offset, expected| FaceFileError::Truncated { offset, expected };
    let &[major, minor] = file.get(6..8).and_then(|v| v.as_array()).ok_or(missing(6, "version"))?;
    let length_missing = missing(8, "header length");
    let (start, length) = match (major, minor) {
        (1, 0) => match file.get(8..10).and_then(|n| n.as_array()) {
            Some(&bytes) => (10, u32::from(u16::from_le_bytes(bytes))),
            None => return Err(length_missing),
        },
        (2 | 3, 0) => match file.get(8..12).and_then(|n| n.as_array()) {
            Some(&bytes) => (12, u32::from_le_bytes(bytes)),
            None => return Err(length_missing),
        },
        _ => return Err(FaceFileError::Version { major, minor }),
    };
    let end = usize::try_from(length).ok().map(|length| start + length).filter(|&end| end <= MAX_NPY_START);
    let Some(end) = end else { return Err(FaceFileError::HeaderLength { found: length }) };
    let text = file.get(..end).ok_or(missing(start as u64, "header"))?;
    let dictionary = Parser { text, at: start }.dictionary()?;
    let (rows, dimension) = dictionary.shape;
    Ok(Header { number: dictionary.number, data: end as u64, rows, dimension })
}

struct Dictionary {
    number: Number,
    shape: (u64, u64),
}

/// Reads `text` from `at`.
struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn dictionary(mut self) -> Result<Dictionary, FaceFileError> {
        const KEYS: &str = "one of the keys 'descr', 'fortran_order' and 'shape', each once";
        let (mut number, mut order, mut shape) = (None, None, None);
        self.expect(b'{', "{")?;
        while !self.take(b'}') {
            let at = self.at;
            let key = self.string()?;
            self.expect(b':', ":")?;
            match key {
                b"descr" if number.is_none() => number = Some(self.number()?),
                b"fortran_order" if order.is_none() => order = Some(self.order()?),
                b"shape" if shape.is_none() => shape = Some(self.shape()?),
                _ => return Err(FaceFileError::Header { offset: at as u64, expected: KEYS }),
            }
            if !self.take(b',') {
                self.expect(b'}', ", or }")?;
                break;
            }
        }
        self.skip_spaces();
        if self.at < self.text.len() {
            return Err(self.wrong("nothing but spaces after the dictionary"));
        }
        match (number, order, shape) {
            (Some(number), Some(()), Some(shape)) => Ok(Dictionary { number, shape }),
            _ => Err(self.wrong("all of the keys 'descr', 'fortran_order' and 'shape' before the end")),
        }
    }

    fn number(&mut self) -> Result<Number, FaceFileError> {
        self.skip_spaces();
        let at = self.at;
        // Arrays of records have a list here, not a string.
        let found = if self.peek().is_some_and(|b| b == b'\'' || b == b'"') {
            self.string()?
        } else {
            self.text.get(at..).unwrap_or_default()
        };
        match found {
            b"<f4" => Ok(Number::F32),
            b"<f8" => Ok(Number::F64),
            other => Err(FaceFileError::NumberType {
                offset: at as u64,
                found: String::from_utf8_lossy(other).chars().take(16).collect(),
            }),
        }
    }

    /// Row-major, or an error.
    fn order(&mut self) -> Result<(), FaceFileError> {
        self.skip_spaces();
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(b"False") {
            self.at += b"False".len();
            Ok(())
        } else if rest.starts_with(b"True") {
            Err(FaceFileError::ColumnMajor { offset: self.at as u64 })
        } else {
            Err(self.wrong("True or False"))
        }
    }

    /// A tuple of one or two lengths, as rows and dimensions.
    fn shape(&mut self) -> Result<(u64, u64), FaceFileError> {
        self.skip_spaces();
        let offset = self.at as u64;
        self.expect(b'(', "a tuple of lengths")?;
        let (mut lengths, mut axes, mut comma) = ([1, 1], 0, false);
        while !self.take(b')') {
            if axes > 0 && !comma {
                return Err(self.wrong(", or )"));
            }
            lengths = [lengths[1], self.length()?];
            axes += 1;
            comma = self.take(b',');
        }
        match axes {
            // In Python `(512)` is a number, not a tuple.
            1 if !comma => Err(FaceFileError::Header { offset, expected: "a tuple of lengths" }),
            1 | 2 => Ok((lengths[0], lengths[1])),
            found => Err(FaceFileError::Axes { offset, found }),
        }
    }

    fn length(&mut self) -> Result<u64, FaceFileError> {
        self.skip_spaces();
        let (at, mut length) = (self.at, 0_u64);
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let next = length.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0')));
            length = next.ok_or_else(|| self.wrong("a length below 2^64"))?;
            self.at += 1;
        }
        if self.at == at {
            return Err(self.wrong("a length"));
        }
        Ok(length)
    }

    /// What stands between quotes; a backslash has no place in any text that is expected.
    fn string(&mut self) -> Result<&'a [u8], FaceFileError> {
        self.skip_spaces();
        let quote = self.peek().filter(|&b| b == b'\'' || b == b'"');
        let quote = quote.ok_or_else(|| self.wrong("a quoted text"))?;
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().position(|&b| b == quote).ok_or_else(|| self.wrong("a quoted text"))?;
        self.at += length + 2;
        Ok(&rest[..length])
    }

    fn expect(&mut self, byte: u8, name: &'static str) -> Result<(), FaceFileError> {
        if self.take(byte) { Ok(()) } else { Err(self.wrong(name)) }
    }

    /// Skips spaces, then `byte` if it is next.
    fn take(&mut self, byte: u8) -> bool {
        self.skip_spaces();
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn wrong(&self, expected: &'static str) -> FaceFileError {
        FaceFileError::Header { offset: self.at as u64, expected }
    }
}
