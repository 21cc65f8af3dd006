//! Embeddings whose subjects are known.

use std::fs;
use std::path::PathBuf;

use biomatch::template::face_file::Embeddings;
use ndarray::Array2;

use crate::exit::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Pictures {
    /// Embeddings, a .npy array of float32 or float64, one face a row
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,

    /// Whose face each row is: one name or number a line
    #[arg(long, value_name = "FILE")]
    subjects: PathBuf,
}

impl Pictures {
    /// The embeddings, and the subject of each.
    pub(crate) fn read(&self) -> Result<(Array2<f32>, Vec<String>), Failure> {
        let bytes =
            fs::read(&self.embeddings).map_err(|error| Failure::unreadable(&self.embeddings, &error))?;
        let embeddings = Embeddings::npy(bytes)
            .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", self.embeddings.display())))?
            .to_array();
        let text = fs::read_to_string(&self.subjects)
            .map_err(|error| Failure::unreadable(&self.subjects, &error))?;
        let subjects: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        if subjects.len() != embeddings.nrows() {
            let (lines, rows) = (subjects.len(), embeddings.nrows());
            let message = format!("{}: {lines} lines for {rows} embeddings", self.subjects.display());
            return Err(Failure::new(Exit::Input, message));
        }
        Ok((embeddings, subjects))
    }

    /// A failure for what is wrong with the embeddings.
    pub(crate) fn failed(&self, error: &dyn std::error::Error) -> Failure {
        Failure::from_error(Exit::Input, error).within(&self.embeddings)
    }
}
