//! Makes `datasets/sample/`, the small set that ships, or checks what is there.
//!
//! ```text
//! cargo run --example make_sample
//! ```
//!
//! Run it after a change of the generator or of the record writer; `tests/sample.rs` fails until
//! then. All of it is synthetic.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use biomatch::calibration::{ComparisonSet, Fit};
use biomatch::face;
use biomatch::template::{FaceTemplate, Finger, FingerprintRecord};
use biomatch_datasets::{Capture, Citizen, Population, Portrait};
use ndarray::Array2;
use ndarray_npy::WriteNpyExt;
use serde::Serialize;

#[path = "../src/bin/biomatch/generated.rs"]
mod generated;

/// Citizens that are enrolled; one more is not.
const ENROLLED: u64 = 6;
const FINGERS: [Finger; 3] = [Finger::RightThumb, Finger::RightIndex, Finger::LeftIndex];
const MODEL: &str = "biomatch-synthetic";
const DIMENSION: usize = 512;

/// The people whose faces the calibration is fitted on: nobody of the set is among them.
const CALIBRATION: std::ops::Range<u64> = 1_000..1_400;

/// Path below the folder to content.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citizen: Option<String>,
    captured: &'static str,
    fingers: Vec<FingerFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    face: Option<FaceRow>,
}

#[derive(Serialize)]
struct FingerFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Finger>,
    file: String,
}

#[derive(Serialize)]
struct FaceRow {
    model: &'static str,
    file: &'static str,
    row: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample");
    fs::create_dir_all(folder.join("fingers"))?;
    for (name, content) in files()? {
        fs::write(folder.join(&name), &content)?;
        println!("{name}: {} bytes", content.len());
    }
    Ok(())
}

/// Every file of the set but its README.
///
/// # Errors
/// If a record or an array cannot be written, which would be a bug.
pub fn files() -> Result<Files, Box<dyn Error>> {
    let population = Population::with(20_260_101, DIMENSION, 0.0);
    let mut files = Files::new();
    let (mut samples, mut faces, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
    // Impression 0 is the enrolment, impression 1 the probe, for fingers and for faces.
    for (number, capture, portrait) in
        [(0, Capture::ENROLMENT, Portrait::ENROLMENT), (1, Capture::FIELD, Portrait::FIELD)]
    {
        for index in 0..=ENROLLED {
            let citizen = population.citizen(index);
            if index == ENROLLED && number == 0 {
                continue;
            }
            for finger in FINGERS {
                let name = finger_name(index, finger, number);
                files.insert(format!("fingers/{name}"), record(citizen, finger, &capture, number)?);
                samples.push((name, subject(index, finger)));
            }
            faces.extend(citizen.face(&portrait, number));
            subjects.push((subjects.len().to_string(), format!("{}", index + 1)));
        }
    }
    samples.sort();
    let mut npy = Vec::new();
    Array2::from_shape_vec((subjects.len(), DIMENSION), faces)?.write_npy(&mut npy)?;
    files.insert("faces.npy".into(), npy);
    files.insert("pairs.csv".into(), pairs(&samples));
    files.insert("truth.csv".into(), truth(&samples));
    files.insert("face-pairs.csv".into(), pairs(&subjects));
    files.insert("face-truth.csv".into(), truth(&subjects));

    files.insert("biomatch-synthetic.json".into(), calibration(&population)?);

    let enrol: Vec<Line> = (0..ENROLLED).map(|i| enrolment(&population, i)).collect();
    files.insert("enrol.ndjson".into(), ndjson(&enrol)?);
    let own = |index| number(&population, index);
    let genuine = |index| probe("genuine", Some(own(index)), index);
    files.insert("genuine.ndjson".into(), ndjson(&[genuine(0)])?);
    files.insert("impostor.ndjson".into(), ndjson(&[probe("impostor", Some(own(0)), 1)])?);
    let mut unlabelled = probe("positions unknown", Some(own(1)), 1);
    unlabelled.fingers.iter_mut().for_each(|finger| finger.position = None);
    let list = [
        genuine(0),
        unlabelled,
        genuine(2),
        Line { face: None, ..probe("fingers only", Some(own(3)), 3) },
        Line { fingers: Vec::new(), ..probe("face only", Some(own(4)), 4) },
        genuine(5),
        probe("impostor", Some(own(0)), 1),
        probe("stranger", None, ENROLLED),
    ];
    files.insert("probes.ndjson".into(), ndjson(&list)?);
    Ok(files)
}

/// The table of the set's face model: all pairs of people, half of them as enrolled and half as presented.
fn calibration(population: &Population) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut faces = Vec::new();
    for index in CALIBRATION {
        let (portrait, number) = if index % 2 == 0 { (Portrait::ENROLMENT, 0) } else { (Portrait::FIELD, 1) };
        let embedding = population.citizen(index).face(&portrait, number);
        faces.push(FaceTemplate::new(MODEL.parse()?, &embedding)?);
    }
    let mut scores = Vec::new();
    for (index, one) in faces.iter().enumerate() {
        for other in faces.iter().take(index) {
            scores.push(face::compare(one, other)?);
        }
    }
    let fit = Fit::new(MODEL, "make_sample: all pairs of 400 generated people who are not in the set");
    Ok(fit.set(ComparisonSet::non_mated("generated people", scores)).finish()?.to_json()?.into_bytes())
}

fn subject(index: u64, finger: Finger) -> String {
    format!("{}{:02}", index + 1, finger.code())
}

fn finger_name(index: u64, finger: Finger, impression: u64) -> String {
    format!("{}_{impression}.iso", subject(index, finger))
}

fn number(population: &Population, index: u64) -> String {
    format!("{:012}", population.citizen(index).number())
}

fn finger_files(index: u64, impression: u64) -> Vec<FingerFile> {
    let file = |finger| format!("fingers/{}", finger_name(index, finger, impression));
    FINGERS.into_iter().map(|finger| FingerFile { position: Some(finger), file: file(finger) }).collect()
}

fn enrolment(population: &Population, index: u64) -> Line {
    Line {
        probe: None,
        citizen: Some(number(population, index)),
        captured: "2026-01-15T09:00:00+07:00",
        fingers: finger_files(index, 0),
        face: Some(FaceRow { model: MODEL, file: "faces.npy", row: index }),
    }
}

fn probe(label: &'static str, citizen: Option<String>, index: u64) -> Line {
    Line {
        probe: Some(label),
        citizen,
        captured: "2026-02-01T14:30:00+07:00",
        fingers: finger_files(index, 1),
        face: Some(FaceRow { model: MODEL, file: "faces.npy", row: ENROLLED + index }),
    }
}

fn ndjson(lines: &[Line]) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn pairs(samples: &[(String, String)]) -> Vec<u8> {
    let mut text = String::from("a,b\n");
    for (i, (a, _)) in samples.iter().enumerate() {
        for (b, _) in samples.iter().skip(i + 1) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{a},{b}");
        }
    }
    text.into_bytes()
}

fn truth(samples: &[(String, String)]) -> Vec<u8> {
    let mut text = String::from("id,subject\n");
    for (sample, subject) in samples {
        let _ = writeln!(text, "{sample},{subject}");
    }
    text.into_bytes()
}

fn record(
    citizen: Citizen<'_>,
    finger: Finger,
    capture: &Capture,
    number: u64,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let impression = citizen.finger(finger.code()).ok_or("a missing finger")?.impression(capture, number);
    let view = generated::fingerprint(finger.code(), &impression);
    Ok(FingerprintRecord::new(vec![view]).write_iso2005()?)
}
