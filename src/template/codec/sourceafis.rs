//! SourceAFIS templates: a CBOR map of arrays. Positions are pixels at 500 dpi from the top left;
//! directions are radians from east, clockwise, so that the standards' angle is a turn less them.

use ciborium_ll::{Decoder, Error, Header};

use crate::template::codec::minutiae::Grid;
use crate::template::codec::notes::Notes;
use crate::template::{
    Dialect, FingerPosition, FingerprintRecord, FingerprintTemplate, Flaw, Frame, Minutia, MinutiaKind,
    Product, RecordError,
};
use crate::units::{Angle, Resolution};

/// The map's keys, in the order in which SourceAFIS declares them.
const KEYS: [&str; 7] = ["version", "width", "height", "positionsX", "positionsY", "directions", "types"];
/// More minutiae than any extractor finds.
const MOST_MINUTIAE: usize = 1000;
/// Longest text: one letter per minutia.
const MOST_TEXT: usize = MOST_MINUTIAE;
/// Items in one another in the value of an unknown key.
const MOST_DEPTH: usize = 8;

/// A map, counted up to 23 or open, whose first key is one of SourceAFIS's.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    match bytes {
        [0xA1..=0xB7 | 0xBF, key @ 0x60..=0x77, rest @ ..] | [0xB8, _, key @ 0x60..=0x77, rest @ ..] => {
            let name = rest.get(..usize::from(key - 0x60)).unwrap_or_default();
            KEYS.iter().any(|key| key.as_bytes() == name)
        }
        _ => false,
    }
}

#[derive(Default)]
struct Fields {
    width: Option<u16>,
    height: Option<u16>,
    x: Option<Vec<f64>>,
    y: Option<Vec<f64>>,
    directions: Option<Vec<f64>>,
    types: Option<String>,
}

pub(super) fn read(bytes: &[u8], notes: &mut Notes) -> Result<FingerprintRecord, RecordError> {
    let mut reader = Reader { decoder: Decoder::from(bytes), field: "SourceAFIS template" };
    let fields = read_map(&mut reader)?;
    let end = reader.decoder.offset();
    let frame = Frame::new(
        fields.width.ok_or(missing("width"))?,
        fields.height.ok_or(missing("height"))?,
        Resolution::DPI_500,
    );
    for (field, side) in [("picture width", frame.width), ("picture height", frame.height)] {
        notes.check(side != 0, 0, || Flaw::EmptyPicture { field })?;
    }
    let x = fields.x.ok_or(missing("positionsX"))?;
    let y = fields.y.ok_or(missing("positionsY"))?;
    let directions = fields.directions.ok_or(missing("directions"))?;
    let types = fields.types.ok_or(missing("types"))?;
    if [y.len(), directions.len(), types.len()] != [x.len(); 3] {
        let (field, expected) = ("positionsX, positionsY, directions and types", "the same length");
        return Err(RecordError::Unexpected { offset: 0, field, expected });
    }
    let grid = Grid::from(&frame);
    let mut minutiae = Vec::with_capacity(x.len());
    for (minutia, (((x, y), direction), letter)) in
        x.iter().zip(&y).zip(&directions).zip(types.bytes()).enumerate()
    {
        let kind = match letter {
            b'E' => MinutiaKind::Ending,
            b'B' => MinutiaKind::Bifurcation,
            found => {
                let dialect = Dialect::SourceAfis;
                notes.flaw(0, Flaw::Code { dialect, field: "minutia type", found })?;
                MinutiaKind::Other
            }
        };
        // A float of single precision may round up to a whole turn.
        let found = direction.to_degrees();
        notes
            .check((0.0..360.001).contains(&found), 0, || Flaw::Angle { limit: 360, found: found as i32 })?;
        let angle = Angle::from_radians(-direction);
        let place = match (pixel(*x), pixel(*y)) {
            (Some(x), Some(y)) => grid.place((x, y), minutia, 0, notes)?,
            (x, _) => {
                let field = if x.is_none() { "x" } else { "y" };
                notes.flaw(0, Flaw::Unplaceable { field, minutia })?;
                None
            }
        };
        if let Some((x, y)) = place {
            minutiae.push(Minutia::new(x, y, angle, kind, None));
        }
    }
    let count = bytes.len() - end;
    notes.check(count == 0, end, || Flaw::TrailingBytes { count })?;
    Ok(FingerprintRecord {
        dialect: Dialect::SourceAfis,
        product: Product::default(),
        views: vec![FingerprintTemplate::new(FingerPosition::Unknown, minutiae).with_frame(frame)],
        warnings: Vec::new(),
        wrappers: Vec::new(),
    })
}

fn missing(field: &'static str) -> RecordError {
    RecordError::Unexpected { offset: 0, field, expected: "a value in the map" }
}

/// A coordinate, if it is a pixel that a picture can have.
fn pixel(value: f64) -> Option<u16> {
    // Whole and in range, so nothing is lost.
    ((0.0..=f64::from(u16::MAX)).contains(&value) && value.fract() == 0.0).then_some(value as u16)
}

fn read_map(reader: &mut Reader<'_>) -> Result<Fields, RecordError> {
    let Header::Map(length) = reader.pull()? else {
        return Err(reader.unexpected("a map"));
    };
    let mut fields = Fields::default();
    let mut left = length;
    while left != Some(0) {
        reader.field = "key";
        let key = match reader.pull()? {
            Header::Break if left.is_none() => break,
            Header::Text(length) => reader.text(length)?,
            _ => return Err(reader.unexpected("text")),
        };
        left = left.map(|left| left - 1);
        reader.field = KEYS.into_iter().find(|known| *known == key).unwrap_or("value of an unknown key");
        let is_new = match reader.field {
            "width" => fields.width.replace(reader.size()?).is_none(),
            "height" => fields.height.replace(reader.size()?).is_none(),
            "positionsX" => fields.x.replace(reader.numbers()?).is_none(),
            "positionsY" => fields.y.replace(reader.numbers()?).is_none(),
            "directions" => fields.directions.replace(reader.numbers()?).is_none(),
            "types" => match reader.pull()? {
                Header::Text(length) => fields.types.replace(reader.text(length)?).is_none(),
                _ => return Err(reader.unexpected("text")),
            },
            _ => {
                reader.skip(0)?;
                true
            }
        };
        if !is_new {
            return Err(reader.unexpected("each key once"));
        }
    }
    Ok(fields)
}

/// Where the bytes are no CBOR; `None` where they end.
struct Fault(Option<usize>);

impl<E> From<Error<E>> for Fault {
    fn from(error: Error<E>) -> Self {
        match error {
            Error::Io(_) => Self(None),
            Error::Syntax(offset) => Self(Some(offset)),
        }
    }
}

/// CBOR items one after the other. Nothing is allocated by a declared length.
struct Reader<'a> {
    decoder: Decoder<&'a [u8]>,
    /// What is being read, for errors.
    field: &'static str,
}

impl Reader<'_> {
    fn unexpected(&mut self, expected: &'static str) -> RecordError {
        RecordError::Unexpected { offset: self.decoder.offset(), field: self.field, expected }
    }

    fn error(&mut self, fault: &Fault) -> RecordError {
        let field = self.field;
        match fault.0 {
            None => RecordError::Truncated { offset: self.decoder.offset(), field, expected: 1, found: 0 },
            Some(offset) => RecordError::Unexpected { offset, field, expected: "a CBOR item" },
        }
    }

    fn pull(&mut self) -> Result<Header, RecordError> {
        self.decoder.pull().map_err(|error| self.error(&error.into()))
    }

    fn number(&mut self, header: Header) -> Result<f64, RecordError> {
        match header {
            // Numbers above 2^53 are rounded, and no coordinate is so large.
            Header::Positive(value) => Ok(value as f64),
            Header::Negative(value) => Ok(-1.0 - value as f64),
            Header::Float(value) if value.is_finite() => Ok(value),
            _ => Err(self.unexpected("a number")),
        }
    }

    fn size(&mut self) -> Result<u16, RecordError> {
        let header = self.pull()?;
        let value = self.number(header)?;
        pixel(value).ok_or_else(|| self.unexpected("a number of pixels"))
    }

    fn numbers(&mut self) -> Result<Vec<f64>, RecordError> {
        let Header::Array(length) = self.pull()? else {
            return Err(self.unexpected("an array"));
        };
        let mut numbers = Vec::new();
        while length != Some(numbers.len()) {
            match self.pull()? {
                Header::Break if length.is_none() => break,
                _ if numbers.len() == MOST_MINUTIAE => return Err(self.unexpected("at most 1000 numbers")),
                header => numbers.push(self.number(header)?),
            }
        }
        Ok(numbers)
    }

    fn text(&mut self, length: Option<usize>) -> Result<String, RecordError> {
        match self.pull_text(length) {
            Ok(Some(text)) => Ok(text),
            Ok(None) => Err(self.unexpected("at most 1000 letters")),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// A text, which CBOR may have in pieces; `None` if it is too long.
    fn pull_text(&mut self, length: Option<usize>) -> Result<Option<String>, Fault> {
        let mut text = String::new();
        let mut buffer = [0; 64];
        let mut segments = self.decoder.text(length);
        while let Some(mut segment) = segments.pull()? {
            while let Some(chunk) = segment.pull(&mut buffer)? {
                if text.len() + chunk.len() > MOST_TEXT {
                    return Ok(None);
                }
                text.push_str(chunk);
            }
        }
        Ok(Some(text))
    }

    /// Passes over the next item.
    fn skip(&mut self, depth: usize) -> Result<(), RecordError> {
        let header = self.pull()?;
        self.skip_rest(header, depth)
    }

    fn skip_rest(&mut self, header: Header, depth: usize) -> Result<(), RecordError> {
        if depth == MOST_DEPTH {
            return Err(self.unexpected("at most 8 items in one another"));
        }
        match header {
            Header::Text(length) => self.text(length).map(drop),
            Header::Tag(_) => self.skip(depth + 1),
            Header::Array(length) => self.skip_items(length, depth),
            Header::Map(length) => {
                let items = length.map(|pairs| pairs.saturating_mul(2));
                self.skip_items(items, depth)
            }
            Header::Bytes(_) | Header::Break => Err(self.unexpected("a number, text, an array or a map")),
            Header::Positive(_) | Header::Negative(_) | Header::Float(_) | Header::Simple(_) => Ok(()),
        }
    }

    fn skip_items(&mut self, length: Option<usize>, depth: usize) -> Result<(), RecordError> {
        let mut left = length;
        while left != Some(0) {
            match self.pull()? {
                Header::Break if left.is_none() => break,
                header => self.skip_rest(header, depth + 1)?,
            }
            left = left.map(|left| left - 1);
        }
        Ok(())
    }
}
