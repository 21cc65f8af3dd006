//! What can be wrong with the files of an evaluation.

use std::path::PathBuf;

use crate::escape::Escaped;
use crate::input::{InputError, InputProblem};

/// Why an evaluation cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// A file cannot be read.
    #[error("{}: {source}", Escaped::new(file))]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: InputProblem,
    },
    /// A file is not a table: a row of another length, an open quote, bytes that are not UTF-8.
    #[error("{}:{line}: {}", Escaped::new(file), Escaped::new(found))]
    Table {
        /// The file.
        file: PathBuf,
        /// Line from 1.
        line: u64,
        /// What is wrong with it.
        found: String,
    },
    /// A header lacks columns.
    #[error("{}:1: the header has no columns {expected}", Escaped::new(file))]
    Columns {
        /// The file.
        file: PathBuf,
        /// What would do.
        expected: &'static str,
    },
    /// A field has a value that it cannot have.
    #[error("{}:{line}: {column} is {expected}, not {found:?}", Escaped::new(file))]
    Field {
        /// The file.
        file: PathBuf,
        /// Line from 1.
        line: u64,
        /// The column's name.
        column: &'static str,
        /// What it holds.
        expected: &'static str,
        /// What was there.
        found: String,
    },
    /// The truth says one thing and the opposite.
    #[error("{}:{line}: {} contradicts an earlier line", Escaped::new(file), Escaped::new(what))]
    Contradiction {
        /// The file.
        file: PathBuf,
        /// Line from 1.
        line: u64,
        /// The sample or the pair.
        what: String,
    },
    /// A scored sample or pair whose truth is not known.
    #[error("{}:{line}: the truth does not tell of {}", Escaped::new(file), Escaped::new(what))]
    Unknown {
        /// The score file.
        file: PathBuf,
        /// Line from 1.
        line: u64,
        /// The sample or the pair.
        what: String,
    },
    /// No comparison of one kind is left, so that its error rate has no meaning.
    #[error("{}: no {kind} comparison with a score", Escaped::new(group))]
    NoComparisons {
        /// The database, or what all of them together are called.
        group: String,
        /// "genuine" or "impostor".
        kind: &'static str,
    },
}

impl From<InputError> for EvaluationError {
    fn from(InputError { file, problem }: InputError) -> Self {
        Self::Read { file, source: problem }
    }
}
