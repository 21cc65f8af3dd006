//! What can be wrong with the files of an evaluation.

use std::io;
use std::path::PathBuf;

/// Why an evaluation cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// A file cannot be read.
    #[error("{}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not a table: a row of another length, an open quote, bytes that are not UTF-8.
    #[error("{}:{line}: {found}", file.display())]
    Table {
        /// The file.
        file: PathBuf,
        /// Line from 1.
        line: u64,
        /// What is wrong with it.
        found: String,
    },
    /// A header lacks columns.
    #[error("{}:1: the header has no columns {expected}", file.display())]
    Columns {
        /// The file.
        file: PathBuf,
        /// What would do.
        expected: &'static str,
    },
    /// A field has a value that it cannot have.
    #[error("{}:{line}: {column} is {expected}, not {found:?}", file.display())]
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
    #[error("{}:{line}: {what} contradicts an earlier line", file.display())]
    Contradiction {
        /// The file.
        file: PathBuf,
        /// Line from 1.
        line: u64,
        /// The sample or the pair.
        what: String,
    },
    /// A scored sample or pair whose truth is not known.
    #[error("{}:{line}: the truth does not tell of {what}", file.display())]
    Unknown {
        /// The score file.
        file: PathBuf,
        /// Line from 1.
        line: u64,
        /// The sample or the pair.
        what: String,
    },
    /// No comparison of one kind is left, so that its error rate has no meaning.
    #[error("{group}: no {kind} comparison with a score")]
    NoComparisons {
        /// The database, or what all of them together are called.
        group: String,
        /// "genuine" or "impostor".
        kind: &'static str,
    },
}
