//! Text as files have it: one rule for every reader of text.
//!
//! * A byte order mark is passed over.
//! * A line ends with `\n`, `\r\n` or `\r`.
//! * A line of nothing but spaces and tabs is blank, and blank lines are passed over.
//! * UTF-16 and UTF-32 are recognised, and refused by name.

use std::io::{self, Read};

/// An encoding other than UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignEncoding {
    /// Two or four bytes for each character.
    #[error("the file is UTF-16 text; write it as UTF-8")]
    Utf16,
    /// Four bytes for each character.
    #[error("the file is UTF-32 text; write it as UTF-8")]
    Utf32,
}

/// The byte order mark of UTF-8.
const MARK: &[u8; 3] = b"\xEF\xBB\xBF";

/// Bytes that show the encoding.
const START: usize = 4;

/// The encoding of text that begins with these bytes, if it is not UTF-8: by its byte order mark, or by the
/// zero bytes of a first or second character in ASCII.
fn foreign_encoding(start: &[u8]) -> Option<ForeignEncoding> {
    let ascii = |byte: &u8| (1..0x80).contains(byte);
    match start {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some(ForeignEncoding::Utf32),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some(ForeignEncoding::Utf16),
        [a, 0, 0, 0, ..] | [0, 0, 0, a, ..] if ascii(a) => Some(ForeignEncoding::Utf32),
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] if ascii(a) && ascii(b) => Some(ForeignEncoding::Utf16),
        _ => None,
    }
}

/// The bytes of a text without its byte order mark.
///
/// # Errors
/// UTF-16 or UTF-32.
pub fn without_mark(bytes: &[u8]) -> Result<&[u8], ForeignEncoding> {
    match foreign_encoding(bytes) {
        Some(encoding) => Err(encoding),
        None => Ok(bytes.strip_prefix(MARK).unwrap_or(bytes)),
    }
}

/// A decoded text without its byte order mark.
#[must_use]
pub fn without_leading_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Replaces each line end by `\n`.
#[must_use]
pub fn with_plain_line_ends(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// A line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// Bytes from the input's start to its first byte.
    pub offset: usize,
    /// Its bytes without the line end.
    pub bytes: &'a [u8],
}

/// The lines of a text, blank ones too. Nothing follows the last line end.
///
/// # Errors
/// UTF-16 or UTF-32.
pub fn lines(bytes: &[u8]) -> Result<impl Iterator<Item = Line<'_>>, ForeignEncoding> {
    let mut rest = without_mark(bytes)?;
    let mut offset = bytes.len() - rest.len();
    let mut number = 0;
    Ok(std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = rest.iter().position(|&b| is_line_end(b)).unwrap_or(rest.len());
        let (line, after) = rest.split_at(length);
        let end = match after {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        number += 1;
        let line = Line { number, offset, bytes: line };
        offset += length + end;
        rest = after.get(end..).unwrap_or_default();
        Some(line)
    }))
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Reads text from `R` by the rule of this module: gives it without a byte order mark, blank lines without their
/// spaces, and `\n` for each line end. Lines keep their numbers. UTF-16 and UTF-32 give an error
/// of [`io::ErrorKind::InvalidData`] that holds a [`ForeignEncoding`].
#[derive(Debug)]
pub struct TextReader<R> {
    inner: R,
    chunk: Box<[u8]>,
    /// What was read and not given yet, from `given` on.
    ready: Vec<u8>,
    given: usize,
    /// Spaces of a line that is blank so far.
    spaces: Vec<u8>,
    blank_so_far: bool,
    after_carriage_return: bool,
    knows_quotes: bool,
    in_quotes: bool,
    started: bool,
}

/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// Longest run of spaces that is held back until the line shows whether it is blank.
const MOST_SPACES: usize = 4096;

impl<R: Read> TextReader<R> {
    /// Reads from `inner`.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            ready: Vec::new(),
            given: 0,
            spaces: Vec::new(),
            blank_so_far: true,
            after_carriage_return: false,
            knows_quotes: false,
            in_quotes: false,
            started: false,
        }
    }

    /// Reads comma-separated text from `inner`: what stands in quotation marks stays as it is.
    pub fn csv(inner: R) -> Self {
        Self { knows_quotes: true, ..Self::new(inner) }
    }

    /// Reads the next chunk; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.ready.clear();
        self.given = 0;
        let mut length = 0;
        // Enough of the start to tell the encoding.
        let least = if self.started { 1 } else { START };
        while length < least {
            match self.inner.read(&mut self.chunk[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let chunk = std::mem::take(&mut self.chunk);
        let mut bytes = &chunk[..length];
        let at_start = !std::mem::replace(&mut self.started, true);
        let encoding = if at_start { without_mark(bytes) } else { Ok(bytes) };
        let more = length > 0;
        if let Ok(text) = encoding {
            bytes = text;
            self.pass(bytes);
        }
        let foreign = encoding.err();
        self.chunk = chunk;
        match foreign {
            // Reading on gives the same error.
            Some(encoding) => {
                self.started = false;
                Err(io::Error::new(io::ErrorKind::InvalidData, encoding))
            }
            None => Ok(more),
        }
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        if std::mem::take(&mut self.after_carriage_return) && !self.in_quotes {
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while !bytes.is_empty() {
            let length = bytes.iter().position(|&b| is_line_end(b)).unwrap_or(bytes.len());
            let (part, rest) = bytes.split_at(length);
            self.pass_part(part);
            let end = match rest {
                [b'\r', b'\n', ..] => 2,
                [_, ..] => 1,
                [] => 0,
            };
            if end > 0 {
                self.after_carriage_return = rest == b"\r";
                let plain: &[u8] = if self.in_quotes { &rest[..end] } else { b"\n" };
                self.ready.extend_from_slice(plain);
                self.spaces.clear();
                self.blank_so_far = !self.in_quotes;
            }
            bytes = rest.get(end..).unwrap_or_default();
        }
    }

    /// Passes on a part of a line.
    fn pass_part(&mut self, part: &[u8]) {
        if self.knows_quotes && part.iter().filter(|&&b| b == b'"').count() % 2 == 1 {
            self.in_quotes = !self.in_quotes;
        }
        if self.blank_so_far {
            let is_blank = part.iter().all(|b| matches!(b, b' ' | b'\t'));
            if is_blank && self.spaces.len() + part.len() <= MOST_SPACES {
                self.spaces.extend_from_slice(part);
                return;
            }
            self.ready.append(&mut self.spaces);
            self.blank_so_far = false;
        }
        self.ready.extend_from_slice(part);
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !out.is_empty() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let left = &self.ready[self.given..];
        let length = left.len().min(out.len());
        out[..length].copy_from_slice(&left[..length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(out.len()).min(self.0.len());
            out[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn read(bytes: &[u8]) -> Result<String, ForeignEncoding> {
        let mut results = [1, 2, 3, 5, CHUNK].map(|step| {
            let mut text = String::new();
            match TextReader::new(Slow(bytes, step)).read_to_string(&mut text) {
                Ok(_) => Ok(text),
                Err(error) => Err(*error.get_ref().and_then(|e| e.downcast_ref()).unwrap()),
            }
        });
        results.iter().for_each(|result| assert_eq!(*result, results[0], "the steps do not matter"));
        std::mem::replace(&mut results[0], Ok(String::new()))
    }

    #[test]
    fn every_line_end_and_every_blank_line_reads_the_same() {
        for (text, expected) in [
            ("", ""),
            ("\u{feff}", ""),
            ("a\nb", "a\nb"),
            ("\u{feff}a\r\nb\r\n", "a\nb\n"),
            ("a\rb\r", "a\nb\n"),
            ("a\r\r\nb", "a\n\nb"),
            (" \t\r\n a \r\n\t", "\n a \n"),
            ("a\u{feff}", "a\u{feff}"),
            ("\u{e9}", "\u{e9}"),
        ] {
            assert_eq!(read(text.as_bytes()).as_deref(), Ok(expected), "{text:?}");
            let mut kept = String::new();
            TextReader::csv(text.as_bytes()).read_to_string(&mut kept).unwrap();
            assert_eq!(kept, expected, "{text:?}");
            let not_blank = |line: &&str| !line.trim().is_empty();
            let found = lines(text.as_bytes()).unwrap().map(|line| str::from_utf8(line.bytes).unwrap());
            let found: Vec<&str> = found.filter(not_blank).collect();
            assert_eq!(found, expected.lines().filter(not_blank).collect::<Vec<_>>(), "{text:?}");
        }
        let long = " ".repeat(2 * MOST_SPACES);
        assert_eq!(read(format!("{long}\n").as_bytes()), Ok(format!("{long}\n")), "not held for ever");
    }

    #[test]
    fn quoted_fields_of_csv_stay_as_they_are() {
        let text = "a,\"b\r\n \r\"\r\nc,\"\"\r\"x\ry\"\r\n \r\n";
        for step in [1, 2, 3, CHUNK] {
            let mut read = String::new();
            TextReader::csv(Slow(text.as_bytes(), step)).read_to_string(&mut read).unwrap();
            assert_eq!(read, "a,\"b\r\n \r\"\nc,\"\"\n\"x\ry\"\n\n", "{step}");
        }
    }

    #[test]
    fn lines_know_where_they_are() {
        let found: Vec<_> = lines(b"\xEF\xBB\xBFab\r\n\rc").unwrap().map(|l| (l.number, l.offset)).collect();
        assert_eq!(found, [(1, 3), (2, 7), (3, 8)]);
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16: Vec<u8> = "ab\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let swapped: Vec<u8> = "ab\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in
            [&utf16, &swapped, &[&[0xFF, 0xFE], &utf16[..]].concat(), &[&[0xFE, 0xFF], &swapped[..]].concat()]
        {
            assert_eq!(read(bytes), Err(ForeignEncoding::Utf16), "{bytes:?}");
            assert_eq!(without_mark(bytes), Err(ForeignEncoding::Utf16));
        }
        for bytes in
            [&[0xFF, 0xFE, 0, 0, b'a', 0, 0, 0][..], &[0, 0, 0xFE, 0xFF], &[b'a', 0, 0, 0], &[0, 0, 0, b'a']]
        {
            assert_eq!(read(bytes), Err(ForeignEncoding::Utf32), "{bytes:?}");
        }
        assert_eq!(read(&[0xFF, 0xFE]), Err(ForeignEncoding::Utf16), "a mark and nothing else");
    }
}
