//! What can be wrong with a line, and with what it names.

use std::io;

/// A line that cannot be used, by its number. The lines after it can still be read, unless reading
/// itself failed.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Number of the line, from 1.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The file could not be read further: no line follows.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// More bytes than a line may have. It was skipped, not kept.
    #[error("is longer than {limit} bytes")]
    TooLong {
        /// Most bytes.
        limit: usize,
    },
    /// Not JSON, or a field that is unknown, missing, repeated or of another type.
    #[error("{message}{}", offset.map(|o| format!(" (byte {o})")).unwrap_or_default())]
    Json {
        /// What the JSON reader found.
        message: String,
        /// Where in the line, from 0, if the reader says so.
        offset: Option<usize>,
    },
    /// A format version that this library does not read.
    #[error("schema: version {found} is not known, only {}", super::SCHEMA_VERSION)]
    Schema {
        /// The version found.
        found: u64,
    },
    /// A field's value is not allowed.
    #[error("{field}: {message}")]
    Field {
        /// Which, for example `fingers[2].position`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
}

impl LineProblem {
    pub(super) fn field(field: impl Into<String>, message: impl ToString) -> Self {
        Self::Field { field: field.into(), message: message.to_string() }
    }
}
