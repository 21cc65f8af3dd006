//! The table as a JSON file, versioned.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ratios::{RatioPoint, Ratios};
use super::table::{FittedSet, Point};
use super::{Calibration, CalibrationError, Dependence};
use crate::json::{self, Field, Misfit, Presence, Shape};
use crate::text;

const FORMAT: &str = "biomatch-calibration";
/// Version 1 had neither likelihood ratios nor what they need: it is read as a table without.
const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    matcher: String,
    fitted: String,
    sets: Vec<FittedSet>,
    measured_to: f32,
    /// Score and log10 of the false match rate.
    points: Vec<(f32, f32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ratios: Option<RatioFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dependence: Option<Dependence>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RatioFields {
    measured_to: f32,
    /// Score, log10 of the likelihood ratio and of its lower bound.
    points: Vec<(f32, f32, f32)>,
}

/// What is read before anything else, so that a later version is named and not called malformed.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

const FIELDS: &[Field] = &[
    ("format", Presence::Needed, Shape::Text("a text")),
    ("version", Presence::Needed, Shape::Whole(0..=u32::MAX as u64)),
    ("matcher", Presence::Needed, Shape::Text("a matcher's name, a text,")),
    ("fitted", Presence::Needed, Shape::Text("a text")),
    ("sets", Presence::Needed, Shape::Array(&SET)),
    ("measured_to", Presence::Needed, Shape::Number),
    ("points", Presence::Needed, Shape::Array(&Shape::Other(point_misfit))),
    ("ratios", Presence::Optional, RATIOS),
    ("dependence", Presence::Optional, DEPENDENCE),
];
const SET: Shape = Shape::Object(&[
    ("name", Presence::Needed, Shape::Text("a set's name, a text,")),
    ("comparisons", Presence::Needed, Shape::Whole(0..=u64::MAX)),
    ("mated", Presence::Optional, Shape::Whole(0..=u64::MAX)),
    ("subjects", Presence::Optional, Shape::Whole(0..=u64::MAX)),
]);
const RATIOS: Shape = Shape::Object(&[
    ("measured_to", Presence::Needed, Shape::Number),
    ("points", Presence::Needed, Shape::Array(&Shape::Other(ratio_misfit))),
]);
const DEPENDENCE: Shape = Shape::Object(&[
    ("correlation", Presence::Needed, Shape::Other(correlation_misfit)),
    ("people", Presence::Needed, Shape::Whole(0..=u32::MAX as u64)),
    ("comparisons", Presence::Needed, Shape::Whole(0..=u64::MAX)),
]);

fn are_numbers(value: &Value, count: usize) -> bool {
    value.as_array().is_some_and(|array| array.len() == count && array.iter().all(Value::is_number))
}

fn point_misfit(value: &Value) -> Option<String> {
    let needed = "an array of two numbers, score and log10 of the rate, is needed";
    (!are_numbers(value, 2)).then(|| needed.to_owned())
}

fn ratio_misfit(value: &Value) -> Option<String> {
    let needed = "an array of three numbers, score, log10 of the ratio and of its lower bound, is needed";
    (!are_numbers(value, 3)).then(|| needed.to_owned())
}

fn correlation_misfit(value: &Value) -> Option<String> {
    let is_one = value.as_f64().is_some_and(|found| (0.0..=1.0).contains(&found));
    (!is_one).then(|| format!("a number from 0 to 1 is needed, found {}", found(value)))
}

fn found(value: &Value) -> String {
    if value.is_number() { value.to_string() } else { json::kind(value).to_owned() }
}

/// Reads the fields of a table. An error names the field, where JSON is read at all.
fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, CalibrationError> {
    serde_json::from_str(text).map_err(|error| match serde_json::from_str(text) {
        Ok(Value::Object(table)) => match json::misfit(&table, FIELDS) {
            Some(Misfit { field, message }) => CalibrationError::Field { field, message },
            None => error.into(),
        },
        Ok(other) => {
            let message = format!("an object is needed, found {}", json::kind(&other));
            CalibrationError::Field { field: String::new(), message }
        }
        Err(_) => error.into(),
    })
}

impl Calibration {
    /// Reads a table written by [`Calibration::to_json`]. A byte order mark is passed over.
    ///
    /// # Errors
    /// Not JSON of this format and version, or points that are not a falling function.
    pub fn from_json(text: &str) -> Result<Self, CalibrationError> {
        let text = text::without_leading_mark(text);
        let header: Header = read(text)?;
        if header.format != FORMAT || !(1..=VERSION).contains(&header.version) {
            return Err(CalibrationError::Format {
                expected: FORMAT,
                version: VERSION,
                found_format: header.format,
                found_version: header.version,
            });
        }
        let file: File = read(text)?;
        if !file.sets.iter().any(|set| set.comparisons > 0) {
            let message = "a set with comparisons is needed: a table without them was fitted on nothing";
            return Err(CalibrationError::Field { field: "sets".to_owned(), message: message.to_owned() });
        }
        let of_version_2 = [("ratios", file.ratios.is_some()), ("dependence", file.dependence.is_some())];
        if let (1, Some((field, _))) = (header.version, of_version_2.iter().find(|field| field.1)) {
            let message = "version 1 has no such field; version 2 has it";
            return Err(CalibrationError::Field { field: (*field).to_owned(), message: message.to_owned() });
        }
        let points = file
            .points
            .iter()
            .map(|&(score, log10_fmr)| Point { score, log10_fmr: f64::from(log10_fmr) })
            .collect();
        let ratio = |&(score, log10, lower): &(f32, f32, f32)| RatioPoint {
            score,
            log10: f64::from(log10),
            lower: f64::from(lower),
        };
        let ratios = file.ratios.map(|ratios| Ratios {
            measured_to: ratios.measured_to,
            points: ratios.points.iter().map(ratio).collect(),
        });
        Self {
            matcher: file.matcher,
            fitted: file.fitted,
            sets: file.sets,
            measured_to: file.measured_to,
            points,
            ratios,
            dependence: file.dependence,
        }
        .checked()
    }

    /// The table as JSON. Reading it back gives the same table to the bit.
    ///
    /// # Errors
    /// None for a table of this crate; the signature leaves the word to the serialiser.
    pub fn to_json(&self) -> Result<String, CalibrationError> {
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            matcher: self.matcher.clone(),
            fitted: self.fitted.clone(),
            sets: self.sets.clone(),
            measured_to: self.measured_to,
            points: self.points.iter().map(|point| (point.score, point.log10_fmr as f32)).collect(),
            ratios: self.ratios.as_ref().map(|ratios| RatioFields {
                measured_to: ratios.measured_to,
                points: ratios.points.iter().map(|p| (p.score, p.log10 as f32, p.lower as f32)).collect(),
            }),
            dependence: self.dependence,
        };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }
}
