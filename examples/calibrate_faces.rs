//! Calibrates a face model on one's own data: scores of non-mated comparisons become a table of false match
//! rates, which decisions need.
//!
//! ```text
//! cargo run --example calibrate_faces
//! ```

use std::error::Error;

use biomatch::calibration::{ComparisonSet, Fit};
use biomatch::face;
use biomatch::template::ModelId;
use biomatch::{CitizenDatabase, FaceTemplate, Fmr};
use biomatch_datasets::{Population, Portrait};

fn main() -> Result<(), Box<dyn Error>> {
    // Yours come from people of your population, taken as your service takes them, one face of each.
    let population = Population::with(1, 128, 0.0);
    let model: ModelId = "my-model:2".parse()?;
    let mut faces = Vec::new();
    for index in 0..300 {
        let embedding = population.citizen(index).face(&Portrait::FIELD, 0);
        faces.push(FaceTemplate::new(model.clone(), &embedding)?);
    }

    // Every two of them are a non-mated comparison.
    let mut scores = Vec::new();
    for (index, one) in faces.iter().enumerate() {
        for other in &faces[..index] {
            scores.push(face::compare(one, other)?);
        }
    }
    let comparisons = scores.len();
    let fit = Fit::new(model.as_str(), "300 people of the pilot in March, all pairs");
    let table = fit.set(ComparisonSet::non_mated("pilot", scores)).finish()?;
    println!("{comparisons} comparisons measure rates down to {}", table.measured_to());
    for one_in in [100, 1_000, 10_000, 100_000] {
        let rate = Fmr::one_in(one_in);
        match table.threshold(rate) {
            Some(score) => println!("false match rate {rate}: score {score}, {}", table.basis(score)),
            None => println!("false match rate {rate}: the table states none so low"),
        }
    }

    // A service loads the text at its start. The table names its model: no other is decided by it.
    std::fs::write(std::env::temp_dir().join("my-model-2.json"), table.to_json()?)?;
    let directory = std::env::temp_dir().join("biomatch-example-calibrate");
    let database = CitizenDatabase::options().face_calibration(table).open_or_create(directory)?;
    println!("{database:?} decides faces of {model}");
    Ok(())
}
