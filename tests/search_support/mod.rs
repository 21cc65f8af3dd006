//! Generated citizens, enrolled in galleries that are cut differently.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test file uses its part

use biomatch::citizen::CitizenId;
use biomatch::gallery::{Gallery, GalleryOptions, NewReference, Writer};
use biomatch::subject::SubjectId;
use biomatch::template::{FaceTemplate, Finger, FingerPosition, FingerprintTemplate};
use biomatch_datasets::{Capture, Population, Portrait};

#[path = "../../src/bin/biomatch/generated.rs"]
mod generated;

pub const CITIZENS: u64 = 50;
pub const FINGERS: [Finger; 3] = [Finger::RightThumb, Finger::RightIndex, Finger::LeftIndex];

pub fn citizen(population: &Population, index: u64) -> SubjectId {
    CitizenId::from_value(population.citizen(index).number()).unwrap().into()
}

pub fn finger(
    population: &Population,
    index: u64,
    finger: Finger,
    number: u64,
) -> Option<FingerprintTemplate> {
    let impression = population.citizen(index).finger(finger.code())?.impression(&Capture::ENROLMENT, number);
    Some(generated::fingerprint(finger.code(), &impression))
}

pub fn face(population: &Population, index: u64, number: u64) -> FaceTemplate {
    let embedding = population.citizen(index).face(&Portrait::ENROLMENT, number);
    FaceTemplate::new("synthetic".parse().unwrap(), &embedding).unwrap()
}

/// Three fingers and a face of everyone; of every third citizen a second impression of an index,
/// with its position not known. One citizen in eight is deleted again.
fn references(population: &Population, index: u64) -> Vec<NewReference> {
    let mut fingers: Vec<FingerprintTemplate> =
        FINGERS.iter().filter_map(|&f| finger(population, index, f, 0)).collect();
    if index.is_multiple_of(3) {
        fingers.extend(finger(population, index, Finger::RightIndex, 1).map(|mut second| {
            second.position = FingerPosition::Unknown;
            second
        }));
    }
    let face = NewReference::face(face(population, index, 0));
    fingers.into_iter().map(NewReference::finger).chain([face]).collect()
}

fn enrol(population: &Population, writer: &Writer, citizens_a_commit: u64) {
    for index in 0..CITIZENS {
        writer.add(citizen(population, index), &references(population, index)).unwrap();
        if index % citizens_a_commit == citizens_a_commit - 1 {
            writer.commit().unwrap();
        }
    }
    for index in (0..CITIZENS).step_by(8) {
        writer.delete(citizen(population, index)).unwrap();
    }
    writer.commit().unwrap();
}

/// The same citizens in galleries that are cut differently: all in memory; one segment; many.
pub fn galleries(population: &Population) -> Vec<(tempfile::TempDir, Gallery)> {
    [(usize::MAX, CITIZENS), (1, CITIZENS), (1, 6)]
        .into_iter()
        .map(|(flush_at, citizens_a_commit)| {
            let folder = tempfile::tempdir().unwrap();
            let options = GalleryOptions::default().flush_at(flush_at);
            let gallery = Gallery::create(folder.path().join("gallery"), options).unwrap();
            enrol(population, &gallery.writer().unwrap(), citizens_a_commit);
            (folder, gallery)
        })
        .collect()
}
