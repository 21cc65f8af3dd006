//! Lines of bounded length, parsed one by one or in blocks.

use std::io::{self, BufRead, BufReader};
use std::marker::PhantomData;

use rayon::prelude::*;

use super::entry::{EnrolmentLine, ProbeLine};
use super::error::{LineError, LineProblem};
use super::schema;
use crate::text::TextReader;

/// Most bytes of a line: room for ten records of 64 KiB in base64 and a long embedding, many times
/// over.
pub const MAX_LINE: usize = 4 << 20;

/// Reads an enrolment manifest.
pub fn enrolments<R: BufRead>(reader: R) -> Lines<R, EnrolmentLine> {
    Lines::new(reader)
}

/// Reads a probe list.
pub fn probes<R: BufRead>(reader: R) -> Lines<R, ProbeLine> {
    Lines::new(reader)
}

/// What one line can be: [`EnrolmentLine`] or [`ProbeLine`].
pub trait Line: Sized + Send {
    /// Parses the JSON of line number `line`. The bytes are used up: strings are unescaped in place.
    ///
    /// # Errors
    /// Anything but [`LineProblem::Io`].
    fn parse(line: u64, json: &mut [u8]) -> Result<Self, LineError>;
}

impl Line for EnrolmentLine {
    fn parse(line: u64, json: &mut [u8]) -> Result<Self, LineError> {
        schema::enrolment(line, json).map_err(|problem| LineError { line, problem })
    }
}

impl Line for ProbeLine {
    fn parse(line: u64, json: &mut [u8]) -> Result<Self, LineError> {
        schema::probe(line, json).map_err(|problem| LineError { line, problem })
    }
}

/// The lines of a file, in order: an iterator over results. Text is read by the rule of
/// [`text`](crate::text): blank lines and a byte order mark are passed over, `\n`, `\r\n` and `\r` end a line. A
/// line longer than [`MAX_LINE`] is an error and is not kept in memory. After an error of reading itself there
/// are no more lines.
#[derive(Debug)]
pub struct Lines<R, T> {
    reader: BufReader<TextReader<R>>,
    number: u64,
    ended: bool,
    line: PhantomData<fn() -> T>,
}

impl<R: BufRead, T: Line> Lines<R, T> {
    fn new(reader: R) -> Self {
        Self { reader: BufReader::new(TextReader::new(reader)), number: 0, ended: false, line: PhantomData }
    }

    /// Reads up to `most` lines and parses them in parallel on the current rayon pool; empty at the
    /// end of the file. The order is that of the file.
    pub fn next_block(&mut self, most: usize) -> Vec<Result<T, LineError>> {
        let mut block = Vec::new();
        while block.len() < most {
            let Some(line) = self.next_line() else { break };
            block.push(line);
        }
        block.into_par_iter().map(|line| line.and_then(|(n, mut json)| T::parse(n, &mut json))).collect()
    }

    /// The next line that is not blank, and its number.
    fn next_line(&mut self) -> Option<Result<(u64, Vec<u8>), LineError>> {
        while !self.ended {
            self.number += 1;
            let json = match read_line(&mut self.reader) {
                Ok(Some(json)) => json,
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                Err(problem) => {
                    self.ended = matches!(problem, LineProblem::Io(_) | LineProblem::Encoding(_));
                    return Some(Err(LineError { line: self.number, problem }));
                }
            };
            if !json.trim_ascii().is_empty() {
                return Some(Ok((self.number, json)));
            }
        }
        None
    }
}

impl<R: BufRead, T: Line> Iterator for Lines<R, T> {
    type Item = Result<T, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.next_line()?;
        Some(line.and_then(|(number, mut json)| T::parse(number, &mut json)))
    }
}

/// A line without its end; `None` at the end of the file. A line that is too long is read to its end
/// all the same, so that the next call begins with the next line.
fn read_line(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>, LineProblem> {
    let mut line = Vec::new();
    let (mut started, mut too_long) = (false, false);
    loop {
        let bytes = match reader.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        if bytes.is_empty() && !started {
            return Ok(None);
        }
        let end = bytes.iter().position(|&b| b == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        too_long |= line.len() + part.len() > MAX_LINE;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        let at_end = end.is_some() || bytes.is_empty();
        reader.consume(used);
        started = true;
        if at_end {
            break;
        }
    }
    if too_long {
        return Err(LineProblem::TooLong { limit: MAX_LINE });
    }
    Ok(Some(line))
}
