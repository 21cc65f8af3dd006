//! Pair lists: which samples to compare, as `a,b`.

use std::path::Path;

use super::table::Table;
use super::{EvaluationError, Names};

/// A pair list in memory: 8 bytes a pair, and each name once.
#[derive(Clone, Debug, Default)]
pub struct PairList {
    /// The names of the samples.
    pub names: Names,
    /// The pairs in the file's order, as numbers of [`PairList::names`].
    pub pairs: Vec<[u32; 2]>,
}

impl PairList {
    /// Reads CSV whose header has the columns `a` and `b`, in any order. Other columns are ignored.
    ///
    /// # Errors
    /// A file that cannot be read, a missing column, an empty name.
    pub fn read(file: &Path) -> Result<Self, EvaluationError> {
        let mut table = Table::open(file)?;
        let Some(columns) = table.columns(["a", "b"])? else {
            return Err(EvaluationError::Columns { file: file.to_owned(), expected: "a and b" });
        };
        let mut list = Self::default();
        while let Some(row) = table.next()? {
            let names = columns.map(|column| row.field(column));
            if names.contains(&"") {
                return Err(EvaluationError::Field {
                    file: file.to_owned(),
                    line: row.line,
                    column: if names[0].is_empty() { "a" } else { "b" },
                    expected: "the name of a sample",
                    found: String::new(),
                });
            }
            list.pairs.push(names.map(|name| list.names.number(name)));
        }
        Ok(list)
    }
}
