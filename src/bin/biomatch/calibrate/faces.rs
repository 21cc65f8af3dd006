//! Cosines of all pairs of faces.

use biomatch::calibration::{ComparisonSet, Fit};
use biomatch::evaluation::Names;
use biomatch::face::FaceMatrix;
use biomatch::template::ModelId;
use biomatch::units::Score;
use ndarray::Axis;

use super::{Destination, Pictures};
use crate::console::Console;
use crate::exit::{Exit, Failure, OrFail};
use crate::normaliser::NormaliserOption;

/// Fit on all pairs of embeddings
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  \
    biomatch calibrate faces --embeddings faces.npy --subjects subjects.txt --model net-1 --out net-1.json")]
pub(crate) struct Args {
    #[command(flatten)]
    pictures: Pictures,

    /// The network's name in the table, unless its faces are normalised
    #[arg(long, value_name = "NAME")]
    model: ModelId,

    /// A note about the data, kept in the table
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    normaliser: NormaliserOption,

    #[command(flatten)]
    pub(super) destination: Destination,
}

/// Rows that are compared with all others at a time: 256 x 100,000 scores are 100 MB.
const ROWS: usize = 256;

pub(super) fn fit(args: &Args, console: &Console) -> Result<Fit, Failure> {
    let (embeddings, subjects) = args.pictures.read()?;
    let normaliser = args.normaliser.load()?;
    let faces = |rows| match &normaliser {
        Some(normaliser) => FaceMatrix::normalised(normaliser, rows),
        None => FaceMatrix::new(args.model.clone(), rows),
    };
    if let Some(normaliser) = normaliser.as_ref().filter(|normaliser| *normaliser.source() != args.model) {
        let message = format!("the normaliser is for {}, not for {}", normaliser.source(), args.model);
        return Err(Failure::new(Exit::Usage, message));
    }
    let all = faces(embeddings.view()).map_err(|error| args.pictures.failed(&error))?;
    let progress = console.progress("comparing faces", embeddings.nrows());
    let mut names = Names::default();
    let subjects: Vec<u32> = subjects.iter().map(|subject| names.number(subject)).collect();
    let mut scores: Vec<([u32; 2], Score)> = Vec::new();
    for (chunk, rows) in embeddings.axis_chunks_iter(Axis(0), ROWS).enumerate() {
        let probes = faces(rows).or_fail(Exit::Input)?;
        let cosines = probes.compare_all(&all).or_fail(Exit::Input)?;
        for (row, cosines) in cosines.rows().into_iter().enumerate() {
            let a = chunk * ROWS + row;
            let later = cosines.iter().zip(&subjects).skip(a + 1);
            scores.extend(later.map(|(score, subject)| ([subjects[a], *subject], *score)));
        }
        progress.inc(probes.len() as u64);
    }
    progress.finish_and_clear();
    let name = format!("all pairs of {} faces of {} subjects", subjects.len(), names.len());
    let fitted = super::note("biomatch calibrate faces: all pairs", args.note.as_deref());
    Ok(Fit::new(all.model().as_str(), fitted).set(ComparisonSet::of_subjects(name, scores)))
}
