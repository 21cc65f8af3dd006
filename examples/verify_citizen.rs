//! Verifies a citizen, 1:1: a record and a portrait against what is enrolled.
//!
//! ```text
//! cargo run --example verify_citizen
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;

use biomatch::calibration::Calibration;
use biomatch::template::Reading;
use biomatch::template::face_file::Embeddings;
use biomatch::{
    CitizenDatabase, CitizenId, Claim, Decision, Enrolment, FaceTemplate, FingerprintTemplate, Fmr, Policy,
    Probe, RequestId,
};

fn main() -> Result<(), Box<dyn Error>> {
    // The face model's own table: scores of another model have other error rates.
    let table = Calibration::from_json(&String::from_utf8(sample("biomatch-synthetic.json")?)?)?;
    let directory = std::env::temp_dir().join("biomatch-example-verify");
    let database = CitizenDatabase::options().face_calibration(table).open_or_create(directory)?;

    // Durable, and seen by every process, when it returns. A repeated request changes nothing.
    let citizen: CitizenId = "087036077156".parse()?;
    let enrolment = Enrolment::new().finger(finger("fingers/102_0.iso")?).face(face(0)?);
    database.enrol(citizen, enrolment.request_id(RequestId::new(*b"enrolment 000001")))?;

    // Face and finger, each at one false match in 10,000.
    let policy = Policy::face_and_finger(Fmr::one_in(10_000));
    let probe = Probe::new().finger(finger("fingers/102_1.iso")?).face(face(6)?);
    let impostor = Probe::new().finger(finger("fingers/202_1.iso")?).face(face(7)?);
    for probe in [probe, impostor] {
        let record = database.authenticate(&Claim::new(citizen, probe, policy.clone()))?;
        match &record.decision {
            Decision::Accept => println!("accepted"),
            Decision::Reject => println!("rejected"),
            Decision::Refer(reason) => println!("could not tell, an officer resolves it: {reason}"),
        }
        for shown in &record.modalities {
            println!("  {}: false match rate {}, asked {}", shown.modality, shown.reached, shown.required);
        }
    }
    Ok(())
}

fn sample(name: &str) -> std::io::Result<Vec<u8>> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample").join(name))
}

/// The first view of a record of any dialect, with the position that it states.
fn finger(name: &str) -> Result<FingerprintTemplate, Box<dyn Error>> {
    Ok(FingerprintTemplate::read(&sample(name)?, Reading::Lenient)?)
}

fn face(row: u64) -> Result<FaceTemplate, Box<dyn Error>> {
    Ok(Embeddings::npy(sample("faces.npy")?)?.template(&"biomatch-synthetic".parse()?, row)?)
}
