//! Embeddings as JSON: one array of numbers, or an array of such arrays.

use std::fmt;

use ndarray::Array2;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;

use super::error::FaceFileError;
use crate::json as words;
use crate::template::FaceTemplate;
use crate::text;

/// Reads one embedding (an array of numbers: one row) or several (an array of such arrays). Numbers
/// are rounded to f32; one too great becomes infinite, which no template takes. A byte order mark is passed over.
/// The bytes are used up.
///
/// # Errors
/// Not JSON, anything but numbers in it, rows of several lengths, dimensions out of range.
pub fn read_json(json: &mut [u8]) -> Result<Array2<f32>, FaceFileError> {
    let mark = json.len() - text::without_mark(json).map_err(FaceFileError::Encoding)?.len();
    let json = json.get_mut(mark..).unwrap_or_default();
    let mut rows = Rows::default();
    // The reader uses up the bytes, and its errors name no place.
    let copy = json.to_vec();
    let read = simd_json::Deserializer::from_slice(json)
        .and_then(|mut deserializer| Outer(&mut rows).deserialize(&mut deserializer));
    if let Some(problem) = rows.problem {
        return Err(problem);
    }
    read.map_err(|_| {
        let (message, offset) = match words::parse(&copy) {
            Err(fault) => (fault.message, Some((mark + fault.offset) as u64)),
            Ok(value) => (misfit(&value), None),
        };
        FaceFileError::Json {
            message: format!("not an array of numbers, or of such arrays: {message}"),
            offset,
        }
    })?;
    if !FaceTemplate::DIMENSIONS.contains(&rows.dimension) {
        return Err(FaceFileError::Dimension { found: rows.dimension as u64 });
    }
    let count = rows.numbers.len() / rows.dimension;
    Array2::from_shape_vec((count, rows.dimension), rows.numbers)
        .map_err(|_| FaceFileError::Ragged { row: count as u64, expected: rows.dimension })
}

/// The first value that is neither a number nor an array where it may be one.
fn misfit(value: &Value) -> String {
    let Value::Array(elements) = value else { return format!("found {}", words::kind(value)) };
    for (row, element) in elements.iter().enumerate() {
        match element {
            Value::Number(_) => {}
            Value::Array(numbers) => {
                if let Some((index, other)) =
                    numbers.iter().enumerate().find(|(_, number)| !number.is_number())
                {
                    return format!("row {row}, number {index} is {}", words::kind(other));
                }
            }
            other => return format!("element {row} is {}", words::kind(other)),
        }
    }
    "a number cannot be read".to_owned()
}

/// Rows read so far, one after the other.
#[derive(Default)]
struct Rows {
    numbers: Vec<f32>,
    dimension: usize,
    count: u64,
    /// The outer array holds numbers: it is the only row.
    single: bool,
    /// What serde's error type cannot carry.
    problem: Option<FaceFileError>,
}

impl Rows {
    fn refuse<E: Error>(&mut self, problem: FaceFileError) -> E {
        let error = E::custom(&problem);
        self.problem = Some(problem);
        error
    }

    /// Ends a row that began where the numbers had the length `from`.
    fn end_row<E: Error>(&mut self, from: usize) -> Result<(), E> {
        let dimension = self.numbers.len() - from;
        if self.count == 0 {
            self.dimension = dimension;
        }
        // Rows of no numbers could go on for ever without a number to show for it.
        if dimension == 0 {
            return Err(self.refuse(FaceFileError::Dimension { found: 0 }));
        }
        if dimension != self.dimension {
            return Err(self.refuse(FaceFileError::Ragged { row: self.count, expected: self.dimension }));
        }
        self.count += 1;
        Ok(())
    }
}

/// The outer array.
struct Outer<'a>(&'a mut Rows);

impl<'de> DeserializeSeed<'de> for Outer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Outer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers, or an array of such arrays")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(Element(self.0))?.is_some() {}
        if self.0.single { self.0.end_row(0) } else { Ok(()) }
    }
}

/// An element of the outer array: a number of the only row, or a row.
struct Element<'a>(&'a mut Rows);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or an array of numbers")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        if self.0.count > 0 {
            return Err(self.0.refuse(FaceFileError::Mixed));
        }
        self.0.single = true;
        self.0.numbers.push(number as f32);
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<(), A::Error> {
        if self.0.single {
            return Err(self.0.refuse(FaceFileError::Mixed));
        }
        let from = self.0.numbers.len();
        while let Some(number) = numbers.next_element::<f64>()? {
            self.0.numbers.push(number as f32);
        }
        self.0.end_row(from)
    }
}
