//! What can be wrong with a calibration table or with the scores it is fitted on.

use crate::escape::Escaped;

/// Why a calibration table could not be read or fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// Not JSON, or not with the fields of a calibration table.
    #[error("not a calibration table: {}", Escaped::new(&.0.to_string()))]
    Syntax(#[from] serde_json::Error),
    /// A field is missing, unknown, or not as it should be.
    #[error("not a calibration table: {}{}", field_prefix(field), Escaped::new(message))]
    Field {
        /// Which, for example `sets[1].name`; empty for the whole table.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// Another kind of file, or a version of a later program.
    #[error("expected {expected:?} version 1 to {version}, found {found_format:?} version {found_version}")]
    Format {
        /// The format name that this program reads.
        expected: &'static str,
        /// The newest version that this program reads.
        version: u32,
        /// The name found.
        found_format: String,
        /// The version found.
        found_version: u32,
    },
    /// The table's points do not describe a falling function of the score.
    #[error("calibration table of {matcher:?}: {what} at point {point}")]
    Table {
        /// The matcher that the table names.
        matcher: String,
        /// Index of the point.
        point: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Too few non-mated comparisons to state any rate.
    #[error("{comparisons} non-mated comparisons in the largest set; a fit needs at least {needed}")]
    TooFew {
        /// Comparisons in the largest set.
        comparisons: usize,
        /// Comparisons that are needed.
        needed: usize,
    },
    /// Too little to measure how much one person's fingers depend on each other.
    #[error(
        "{comparisons} comparisons of {people} people by {fingers} fingers; a measurement of their dependence needs \
         {needed_comparisons} of {needed_people} by 2"
    )]
    TooFewPeople {
        /// People found.
        people: u32,
        /// Comparisons found.
        comparisons: usize,
        /// Fingers of each comparison.
        fingers: usize,
        /// People needed.
        needed_people: u32,
        /// Comparisons needed.
        needed_comparisons: usize,
    },
    /// The non-mated scores do not spread, so that no tail can be fitted.
    #[error("the greatest non-mated scores of set {set:?} are all equal: no tail can be fitted")]
    NoSpread {
        /// The set's name.
        set: String,
    },
}

fn field_prefix(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{}: ", Escaped::new(field)) }
}
