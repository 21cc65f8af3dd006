//! The way from an input to the pictures in it, through wrappers and records.

use crate::picture::bitmap::MAX_BYTES;
use crate::picture::payload::Payload;
use crate::picture::{Format, PictureError, cbeff_xml, fac, fir, transaction};
use crate::template::{self, FingerPosition, Wrapper};

/// Most wrappers around one another: text, a CBEFF structure, templates of templates.
const MOST_WRAPPERS: usize = 8;

/// What is done with a picture that was found. The wrappers are those around it, from the outside in.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&Payload<'_>, &[Wrapper]) -> Result<(), PictureError>;

/// Visits each picture in an input, and returns the number of those that show neither a finger nor a face.
pub(super) fn each_picture(bytes: &[u8], visit: Visit<'_>) -> Result<usize, PictureError> {
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooManyBytes { found: bytes.len(), limit: MAX_BYTES });
    }
    let mut walk = Walk { wrappers: Vec::new(), visited: 0, passed_over: 0, visit };
    walk.read(bytes, 0, FingerPosition::Unknown)?;
    Ok(walk.passed_over)
}

struct Walk<'v> {
    wrappers: Vec<Wrapper>,
    visited: usize,
    passed_over: usize,
    visit: Visit<'v>,
}

impl Walk<'_> {
    /// Reads what begins at an offset of the input. The position is that of the wrapper around it.
    fn read(&mut self, bytes: &[u8], offset: usize, position: FingerPosition) -> Result<(), PictureError> {
        if self.wrappers.len() > MOST_WRAPPERS {
            let (field, expected) = ("wrappers in one another", "8 at most");
            return Err(PictureError::unexpected(offset, field, expected));
        }
        if Format::of(bytes).is_some() {
            return self.visit_all(vec![Payload::bare(bytes)], offset, position);
        }
        let moved = |error: PictureError| error.moved(offset);
        if bytes.starts_with(fir::IDENTIFIER) {
            return self.visit_all(fir::read(bytes).map_err(moved)?, offset, position);
        }
        if bytes.starts_with(fac::IDENTIFIER) {
            return self.visit_all(fac::read(bytes).map_err(moved)?, offset, position);
        }
        if template::is_transaction(bytes) {
            let (payloads, passed_over) = transaction::read(bytes).map_err(moved)?;
            self.passed_over += passed_over;
            return self.visit_all(payloads, offset, position);
        }
        if let Some((wrapper, parts)) = template::unwrap(bytes).map_err(|error| moved(error.into()))? {
            let parts = parts.iter().map(|part| (part.bytes, offset + part.offset, part.position));
            return self.read_parts(wrapper, parts);
        }
        if let Some((wrapper, decoded)) = template::decode_text(bytes, |bytes| Format::of(bytes).is_some())
            .map_err(|error| moved(error.into()))?
        {
            return self.read_parts(wrapper, std::iter::once((decoded.as_slice(), 0, position)));
        }
        if cbeff_xml::looks_like(bytes) {
            let records = cbeff_xml::read(bytes).map_err(|error| moved(error.into()))?;
            if !records.is_empty() {
                let parts = records.iter().map(|record| (record.as_slice(), 0, FingerPosition::Unknown));
                return self.read_parts(Wrapper::CbeffXml, parts);
            }
        }
        if bytes.starts_with(b"FMR\0") {
            return Err(PictureError::MinutiaeRecord);
        }
        Err(PictureError::NotAPicture(template::appearance(bytes)))
    }

    /// Reads what is inside a wrapper. Parts that are no pictures are passed over if there are others.
    fn read_parts<'a>(
        &mut self,
        wrapper: Wrapper,
        parts: impl Iterator<Item = (&'a [u8], usize, FingerPosition)>,
    ) -> Result<(), PictureError> {
        self.wrappers.push(wrapper);
        let before = self.visited;
        let mut first_other = None;
        for (bytes, offset, position) in parts {
            match self.read(bytes, offset, position) {
                Ok(()) => {}
                Err(error) if error.is_other_content() => {
                    self.passed_over += 1;
                    first_other.get_or_insert(error);
                }
                Err(error) => return Err(error.wrapped(wrapper)),
            }
        }
        self.wrappers.pop();
        match first_other.filter(|_| self.visited == before) {
            Some(error) => Err(error.wrapped(wrapper)),
            None => Ok(()),
        }
    }

    fn visit_all(
        &mut self,
        payloads: Vec<Payload<'_>>,
        offset: usize,
        position: FingerPosition,
    ) -> Result<(), PictureError> {
        for mut payload in payloads {
            payload.offset += offset;
            if payload.facts.position == FingerPosition::Unknown {
                payload.facts.position = position;
            }
            self.visited += 1;
            (self.visit)(&payload, &self.wrappers)?;
        }
        Ok(())
    }
}
