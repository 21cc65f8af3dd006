//! Embeddings whose subjects are known.

use std::path::PathBuf;

use biomatch::escape::Escaped;
use biomatch::input;
use biomatch::template::face_file::Embeddings;
use ndarray::Array2;

use crate::exit::{Exit, Failure};
use crate::subjects::read_subjects;

#[derive(Debug, clap::Args)]
pub(crate) struct Pictures {
    /// Embeddings, a .npy array of float32 or float64, one face per row
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,

    /// The subject of each row: one name or number per line
    #[arg(long, value_name = "FILE")]
    subjects: PathBuf,
}

impl Pictures {
    /// The embeddings, and the subject of each.
    pub(crate) fn read(&self) -> Result<(Array2<f32>, Vec<String>), Failure> {
        let bytes = input::read(&self.embeddings, input::MAX_EMBEDDINGS)?;
        let embeddings = Embeddings::npy(bytes)
            .map_err(|error| {
                Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(&self.embeddings)))
            })?
            .to_array();
        let subjects = read_subjects(&self.subjects)?;
        if subjects.len() != embeddings.nrows() {
            let (lines, rows) = (subjects.len(), embeddings.nrows());
            let message = format!("{}: {lines} lines for {rows} embeddings", Escaped::new(&self.subjects));
            return Err(Failure::new(Exit::Input, message));
        }
        Ok((embeddings, subjects))
    }

    /// A failure about the embeddings.
    pub(crate) fn failed(&self, error: &dyn std::error::Error) -> Failure {
        Failure::from_error(Exit::Input, error).within(&self.embeddings)
    }
}
