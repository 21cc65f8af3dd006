//! Faces: cosines.

use std::error::Error;
use std::fs;
use std::path::Path;

use biomatch::face::FaceMatrix;
use biomatch::template::face_file::Embeddings;
use biomatch_datasets::{Faces, Portrait};
use ndarray::Array2;

use crate::fingers::{quantiles, share_below};

const DIMENSION: usize = 512;
/// Generated people and portraits of each: about five million impostor pairs.
const PEOPLE: u64 = 800;
const PORTRAITS: u64 = 4;

/// Prints a row for the real embeddings and one for each profile.
pub(crate) fn table(data: Option<&Path>) -> Result<(), Box<dyn Error>> {
    println!(
        "| faces | impostor cosine, mean; 1 50 90 99 99.9 99.99 % | genuine cosine, mean; 0.1 1 5 50 95 99 % \
         | FNMR % at FMR 1e-3, 1e-4, 1e-5 |"
    );
    println!("|---|---|---|---|");
    if let Some(data) = data {
        let faces = Embeddings::npy(fs::read(data.join("faces/news-dev.npy"))?)?.to_array();
        let subjects = fs::read_to_string(data.join("faces/news-dev.subjects.txt"))?;
        print("real", faces, &subjects.lines().map(str::parse).collect::<Result<Vec<_>, _>>()?)?;
    }
    for (name, portrait) in
        [("generated: field", Portrait::FIELD), ("generated: enrolment", Portrait::ENROLMENT)]
    {
        let world = Faces::new(1, DIMENSION);
        let subjects: Vec<u64> = (0..PEOPLE * PORTRAITS).map(|row| row / PORTRAITS).collect();
        let portrait = |(row, person): (u64, &u64)| world.template(*person, &portrait, row % PORTRAITS);
        let numbers = (0..).zip(&subjects).flat_map(portrait).collect();
        print(name, Array2::from_shape_vec((subjects.len(), DIMENSION), numbers)?, &subjects)?;
    }
    Ok(())
}

fn print(name: &str, embeddings: Array2<f32>, subjects: &[u64]) -> Result<(), Box<dyn Error>> {
    let matrix = FaceMatrix::new("measured".parse()?, embeddings.view())?;
    drop(embeddings);
    let scores = matrix.compare_all(&matrix)?;
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    for (a, (row, subject)) in scores.outer_iter().zip(subjects).enumerate() {
        for (score, other) in row.iter().zip(subjects).take(a) {
            let scores = if subject == other { &mut genuine } else { &mut impostor };
            scores.push(f64::from(score.get()));
        }
    }
    genuine.sort_unstable_by(f64::total_cmp);
    impostor.sort_unstable_by(f64::total_cmp);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let fnmr = |fmr: f64| {
        let place = impostor.len() - (fmr * impostor.len() as f64) as usize;
        100.0 * share_below(&genuine, impostor.get(place).copied().unwrap_or(f64::INFINITY))
    };
    println!(
        "| {name} | {:.3}; {} | {:.3}; {} | {:.2} {:.2} {:.2} |",
        mean(&impostor),
        quantiles(&impostor, &[0.01, 0.5, 0.9, 0.99, 0.999, 0.9999], 3),
        mean(&genuine),
        quantiles(&genuine, &[0.001, 0.01, 0.05, 0.5, 0.95, 0.99], 3),
        fnmr(1e-3),
        fnmr(1e-4),
        fnmr(1e-5)
    );
    Ok(())
}
