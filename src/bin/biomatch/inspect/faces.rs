//! Facts about a file of embeddings, without its numbers.

use std::path::Path;

use biomatch::escape::Escaped;
use biomatch::template::FaceTemplate;
use biomatch::template::face_file::{Embeddings, read_json};

use crate::exit::{Exit, Failure, OrFail};
use crate::facts::Facts;

/// Of an `.npy` file.
pub(super) fn npy(path: &Path, bytes: Vec<u8>) -> Result<Facts, Failure> {
    let embeddings = Embeddings::npy(bytes).map_err(|error| failed(path, &error))?;
    of_embeddings(path, ".npy", &embeddings)
}

/// Of raw little-endian f32.
pub(super) fn raw(path: &Path, bytes: Vec<u8>, dimension: usize) -> Result<Facts, Failure> {
    let embeddings = Embeddings::raw(bytes, dimension).map_err(|error| failed(path, &error))?;
    of_embeddings(path, "raw little-endian f32", &embeddings)
}

/// Of arrays in JSON.
pub(super) fn json(path: &Path, mut bytes: Vec<u8>) -> Result<Facts, Failure> {
    let array = read_json(&mut bytes).map_err(|error| failed(path, &error))?;
    let mut summary = Summary::new()?;
    array.rows().into_iter().for_each(|row| summary.add(&row.to_vec()));
    Ok(summary.facts("JSON", array.ncols()))
}

fn of_embeddings(path: &Path, format: &str, embeddings: &Embeddings<Vec<u8>>) -> Result<Facts, Failure> {
    let mut summary = Summary::new()?;
    for row in 0..embeddings.rows() {
        summary.add(&embeddings.row(row).map_err(|error| failed(path, &error))?);
    }
    Ok(summary.facts(format, embeddings.dimension()))
}

fn failed(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Input, format!("{}: {}", Escaped::new(path), Failure::from_error(Exit::Input, error)))
}

struct Summary {
    model: biomatch::template::ModelId,
    rows: u64,
    bad: Vec<String>,
    more_bad: u64,
    least_norm: f64,
    greatest_norm: f64,
}

/// Bad rows that are reported one by one.
const TOLD: usize = 10;

impl Summary {
    fn new() -> Result<Self, Failure> {
        let model = "unnamed".parse().or_fail(Exit::Input)?;
        let (bad, least_norm) = (Vec::new(), f64::INFINITY);
        Ok(Self { model, rows: 0, bad, more_bad: 0, least_norm, greatest_norm: 0.0 })
    }

    fn add(&mut self, row: &[f32]) {
        let read = FaceTemplate::check_read(row).and_then(|()| FaceTemplate::new(self.model.clone(), row));
        match read {
            Ok(_) => {
                let norm = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
                self.least_norm = self.least_norm.min(norm);
                self.greatest_norm = self.greatest_norm.max(norm);
            }
            Err(error) if self.bad.len() < TOLD => self.bad.push(format!("row {}: {error}", self.rows)),
            Err(_) => self.more_bad += 1,
        }
        self.rows += 1;
    }

    fn facts(mut self, format: &str, dimension: usize) -> Facts {
        if self.more_bad > 0 {
            self.bad.push(format!("and {} more", self.more_bad));
        }
        Facts::default()
            .with("kind", "face embeddings")
            .with("format", format)
            .with("rows", self.rows)
            .with("dimension", dimension)
            .with_some("least_norm", self.least_norm.is_finite().then_some(self.least_norm))
            .with_some("greatest_norm", self.least_norm.is_finite().then_some(self.greatest_norm))
            .with_some("bad_rows", (!self.bad.is_empty()).then_some(self.bad))
    }
}
