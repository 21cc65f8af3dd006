//! CSV in, with a file and a line for every complaint.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};

use super::EvaluationError;
use crate::input;
use crate::text::TextReader;

/// A CSV file with a header, read row by row into one buffer.
pub(super) struct Table {
    file: PathBuf,
    reader: csv::Reader<TextReader<File>>,
    record: StringRecord,
}

impl Table {
    pub(super) fn open(file: &Path) -> Result<Self, EvaluationError> {
        let opened = input::open_table(file, input::MAX_TABLE)?;
        let reader = ReaderBuilder::new().buffer_capacity(1 << 16).from_reader(opened);
        Ok(Self { file: file.to_owned(), reader, record: StringRecord::new() })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The place of each column; `None` if one is not there.
    pub(super) fn columns<const N: usize>(
        &mut self,
        names: [&str; N],
    ) -> Result<Option<[usize; N]>, EvaluationError> {
        let header = match self.reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(self.complaint(error)),
        };
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            let Some(found) = header.iter().position(|field| field.trim() == name) else { return Ok(None) };
            *place = found;
        }
        Ok(Some(places))
    }

    /// The next row and its line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, EvaluationError> {
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {
                let line = self.record.position().map_or(0, csv::Position::line);
                Ok(Some(Row { record: &self.record, line }))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(self.complaint(error)),
        }
    }

    fn complaint(&self, error: csv::Error) -> EvaluationError {
        let file = self.file.clone();
        let line = error.position().map_or(0, csv::Position::line);
        let found = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("the header has {expected_len} columns and this line {len}")
            }
            csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        match error.into_kind() {
            csv::ErrorKind::Io(source) => EvaluationError::Read { file, source: source.into() },
            _ => EvaluationError::Table { file, line, found },
        }
    }
}

/// One row.
pub(super) struct Row<'a> {
    record: &'a StringRecord,
    /// Line from 1.
    pub(super) line: u64,
}

impl<'a> Row<'a> {
    /// The field at a place that [`Table::columns`] gave.
    pub(super) fn field(&self, place: usize) -> &'a str {
        self.record.get(place).unwrap_or_default().trim()
    }
}
