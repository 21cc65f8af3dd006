//! What a registration service does with the library, on the sample set that ships: open the
//! database, enrol from records, check a claim, search everyone.
//!
//! ```text
//! cargo run --example embed
//! ```

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use biomatch::calibration;
use biomatch::citizen::CitizenId;
use biomatch::database::{
    Calibrations, CitizenDatabase, Decision, Enrolment, Identify, Options, Policy, Probe,
};
use biomatch::template::face_file::Embeddings;
use biomatch::template::{FaceTemplate, Finger, FingerprintRecord, FingerprintTemplate, ModelId, Reading};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("biomatch-embed-{}", std::process::id()));
    let model: ModelId = "biomatch-synthetic".parse()?;
    // A face model needs a calibration. The generic one is a guess for models of its kind; a
    // service fits its own with `biomatch calibrate`.
    let calibrations = Calibrations::new().face(model.clone(), calibration::face_generic()?);
    let database = CitizenDatabase::create(&directory, Options::new().calibrations(calibrations))?;

    // Enrol: staged by `enrol`, durable and visible to every process once `commit` returns.
    let (first, second): (CitizenId, CitizenId) = ("087036077156".parse()?, "082045767364".parse()?);
    let writer = database.writer()?;
    for (citizen, finger, row) in [(first, "fingers/102_0.iso", 0), (second, "fingers/202_0.iso", 1)] {
        let enrolment = Enrolment::new().finger(Finger::RightIndex, record(finger)?).face(face(&model, row)?);
        writer.enrol(citizen, enrolment)?;
    }
    writer.commit()?;

    // Authenticate, 1:1. The default policy asks for the face and a finger at one false match in
    // 10,000 each.
    let probe = Probe::new().finger(Finger::RightIndex, record("fingers/102_1.iso")?).face(face(&model, 6)?);
    for claimed in [first, second] {
        let (answer, evidence) = match database.authenticate(claimed, &probe, &Policy::default())? {
            Decision::Accept(evidence) => ("accepted", evidence),
            Decision::Reject(evidence) => ("rejected", evidence),
            Decision::Refer(reason) => {
                println!("{claimed}: no answer, {reason}: a case for an officer");
                continue;
            }
        };
        println!("{claimed}: {answer}");
        for shown in &evidence.modalities {
            println!(
                "  {}: false match rate {}, {} asked for",
                shown.modality, shown.reached, shown.required
            );
        }
    }

    // Identify, 1:N: the ten likeliest of all citizens.
    let found = database.identify(&probe, &Identify::top(NonZeroUsize::MIN.saturating_add(9)))?;
    for candidate in &found.candidates {
        println!(
            "{}. {}: {:.1e} strangers expected as good",
            candidate.rank, candidate.citizen, candidate.expected_false
        );
    }
    fs::remove_dir_all(&directory)?;
    Ok(())
}

fn sample(name: &str) -> std::io::Result<Vec<u8>> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample").join(name))
}

/// The first view of a record of any dialect.
fn record(name: &str) -> Result<FingerprintTemplate, Box<dyn Error>> {
    let record = FingerprintRecord::read(&sample(name)?, Reading::Lenient)?;
    Ok(record.views.into_iter().next().ok_or("a record without a view")?)
}

fn face(model: &ModelId, row: u64) -> Result<FaceTemplate, Box<dyn Error>> {
    Ok(Embeddings::npy(sample("faces.npy")?)?.template(model, row)?)
}
