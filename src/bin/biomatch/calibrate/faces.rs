//! Impostor cosines of all pairs of faces of different subjects.

use std::fs;
use std::path::PathBuf;

use biomatch::calibration::{Fit, ImpostorSet};
use biomatch::face::FaceMatrix;
use biomatch::template::ModelId;
use biomatch::template::face_file::Embeddings;
use biomatch::units::Score;
use ndarray::Axis;

use super::Destination;
use crate::console::Console;
use crate::exit::{Exit, Failure, OrFail};

/// Fit on all pairs of embeddings of different subjects
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  \
    biomatch calibrate faces --embeddings faces.npy --subjects subjects.txt --model net-1 --out net-1.json")]
pub(crate) struct Args {
    /// Embeddings, a .npy array of float32 or float64, one face a row
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,

    /// Whose face each row is: one name or number a line
    #[arg(long, value_name = "FILE")]
    subjects: PathBuf,

    /// The model's name, as it will stand in the table
    #[arg(long, value_name = "NAME")]
    model: ModelId,

    /// Words about the data, kept in the table
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    pub(super) destination: Destination,
}

/// Rows that are compared with all others at a time: 256 x 100,000 scores are 100 MB.
const ROWS: usize = 256;

pub(super) fn fit(args: &Args, console: &Console) -> Result<Fit, Failure> {
    let bytes = fs::read(&args.embeddings).map_err(|error| Failure::unreadable(&args.embeddings, &error))?;
    let embeddings = Embeddings::npy(bytes)
        .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", args.embeddings.display())))?
        .to_array();
    let text =
        fs::read_to_string(&args.subjects).map_err(|error| Failure::unreadable(&args.subjects, &error))?;
    let subjects: Vec<&str> = text.lines().map(str::trim).collect();
    if subjects.len() != embeddings.nrows() {
        let (lines, rows) = (subjects.len(), embeddings.nrows());
        let message = format!("{}: {lines} lines for {rows} embeddings", args.subjects.display());
        return Err(Failure::new(Exit::Input, message));
    }
    let all = FaceMatrix::new(args.model.clone(), embeddings.view()).or_fail(Exit::Input)?;
    let progress = console.progress("comparing faces", embeddings.nrows());
    let mut scores: Vec<Score> = Vec::new();
    for (chunk, rows) in embeddings.axis_chunks_iter(Axis(0), ROWS).enumerate() {
        let probes = FaceMatrix::new(args.model.clone(), rows).or_fail(Exit::Input)?;
        let cosines = probes.compare_all(&all).or_fail(Exit::Input)?;
        for (row, cosines) in cosines.rows().into_iter().enumerate() {
            let a = chunk * ROWS + row;
            let later = cosines.iter().zip(&subjects).skip(a + 1);
            scores.extend(later.filter(|(_, subject)| **subject != subjects[a]).map(|(score, _)| *score));
        }
        progress.inc(probes.len() as u64);
    }
    progress.finish_and_clear();
    let people = subjects.iter().collect::<std::collections::BTreeSet<_>>().len();
    let name = format!("all pairs of {} faces of {people} subjects", subjects.len());
    let fitted =
        super::note("biomatch calibrate faces: all pairs of different subjects", args.note.as_deref());
    Ok(Fit::new(args.model.as_str(), fitted).set(ImpostorSet::new(name, scores)))
}
