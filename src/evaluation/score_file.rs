//! Score files: `a,b,score` and whatever else.

use std::path::{Path, PathBuf};

use super::table::Table;
use super::{EvaluationError, Names};

/// A score file in memory: 32 bytes a row, and each name once.
#[derive(Clone, Debug)]
pub struct ScoreFile {
    /// Where it was read from.
    pub file: PathBuf,
    /// The names of the samples.
    pub names: Names,
    /// The rows, in the file's order.
    pub rows: Vec<ScoredPair>,
}

/// One row of a score file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredPair {
    /// The first sample, a number of [`ScoreFile::names`].
    pub a: u32,
    /// The second sample.
    pub b: u32,
    /// The score: finite, greater is more similar, on any scale. `None` if the field is empty:
    /// the comparison failed. It is an `f64`, not a [`Score`](crate::units::Score), because files
    /// of any matcher are evaluated.
    pub score: Option<f64>,
    /// Line in the file, from 1.
    pub line: u64,
}

impl ScoreFile {
    /// Reads CSV whose header has the columns `a`, `b` and `score`, in any order and among others.
    ///
    /// # Errors
    /// A file that cannot be read, a missing column, a score that is not a finite number.
    pub fn read(file: &Path) -> Result<Self, EvaluationError> {
        let mut table = Table::open(file)?;
        let Some([at_a, at_b, at_score]) = table.columns(["a", "b", "score"])? else {
            return Err(EvaluationError::Columns { file: file.to_owned(), expected: "a, b and score" });
        };
        let mut names = Names::default();
        let mut rows = Vec::new();
        while let Some(row) = table.next()? {
            let score = score_of(row.field(at_score)).map_err(|found| EvaluationError::Field {
                file: file.to_owned(),
                line: row.line,
                column: "score",
                expected: "a finite number or empty",
                found,
            })?;
            let (a, b) = (names.number(row.field(at_a)), names.number(row.field(at_b)));
            rows.push(ScoredPair { a, b, score, line: row.line });
        }
        Ok(Self { file: file.to_owned(), names, rows })
    }
}

fn score_of(field: &str) -> Result<Option<f64>, String> {
    if field.is_empty() {
        return Ok(None);
    }
    match field.parse::<f64>() {
        Ok(score) if score.is_finite() => Ok(Some(score)),
        _ => Err(field.to_owned()),
    }
}
