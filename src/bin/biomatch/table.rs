//! CSV output.

use std::path::Path;

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// A CSV file with a header, written through an [`Output`].
pub(crate) struct Table {
    writer: csv::Writer<Output>,
    name: String,
}

impl Table {
    /// Starts the file and writes its header.
    pub(crate) fn create<const N: usize>(path: &Path, header: [&str; N]) -> Result<Self, Failure> {
        let output = Output::create(path)?;
        let name = output.name().to_owned();
        let mut table = Self { writer: csv::Writer::from_writer(output), name };
        table.row(header)?;
        Ok(table)
    }

    /// Writes one row, quoting what needs it.
    pub(crate) fn row<T: AsRef<[u8]>, const N: usize>(&mut self, fields: [T; N]) -> Result<(), Failure> {
        self.writer.write_record(fields).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => Failure::unwritable(&self.name, &error),
            other => Failure::new(Exit::Output, format!("{}: {other:?}", self.name)),
        })
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let name = self.name;
        let output = self.writer.into_inner();
        output.map_err(|error| Failure::unwritable(&name, error.error()))?.finish()
    }
}
