//! The table as a JSON file, versioned.

use serde::{Deserialize, Serialize};

use super::table::{FittedSet, Point};
use super::{Calibration, CalibrationError};
use crate::text;

const FORMAT: &str = "biomatch-calibration";
const VERSION: u32 = 1;

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
}

/// What is read before anything else, so that a later version is named and not called malformed.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

impl Calibration {
    /// Reads a table written by [`Calibration::to_json`]. A byte order mark is passed over.
    ///
    /// # Errors
    /// Not JSON of this format and version, or points that are not a falling function.
    pub fn from_json(text: &str) -> Result<Self, CalibrationError> {
        let text = text::without_leading_mark(text);
        let header: Header = serde_json::from_str(text)?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(CalibrationError::Format {
                expected: FORMAT,
                version: VERSION,
                found_format: header.format,
                found_version: header.version,
            });
        }
        let file: File = serde_json::from_str(text)?;
        let points = file
            .points
            .iter()
            .map(|&(score, log10_fmr)| Point { score, log10_fmr: f64::from(log10_fmr) })
            .collect();
        Self {
            matcher: file.matcher,
            fitted: file.fitted,
            sets: file.sets,
            measured_to: file.measured_to,
            points,
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
        };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }
}
