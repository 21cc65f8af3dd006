//! Generated citizens as the database's types, and a database of them.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test file uses its part

use biomatch::calibration::{Calibration, ComparisonSet, Fit};
use biomatch::citizen::CitizenId;
use biomatch::database::{CitizenDatabase, DatabaseOptions, Decision, DecisionRecord, Enrolment, Probe};
use biomatch::face;
use biomatch::subject::SubjectId;
use biomatch::template::{FaceTemplate, Finger, FingerprintTemplate, ModelId};
use biomatch_datasets::{Capture, Population, Portrait};

#[path = "../../src/bin/biomatch/generated.rs"]
mod generated;

/// Generated people. Faces of 64 dimensions, no finger missing.
pub struct People(Population);

impl People {
    pub fn new() -> Self {
        Self(Population::with(7, 64, 0.0))
    }

    pub fn id(&self, index: u64) -> SubjectId {
        CitizenId::from_value(self.0.citizen(index).number()).unwrap().into()
    }

    /// An attended impression; different for each number.
    pub fn finger(&self, index: u64, finger: Finger, number: u64) -> FingerprintTemplate {
        let drawn = self.0.citizen(index).finger(finger.code()).unwrap();
        generated::fingerprint(finger.code(), &drawn.impression(&Capture::ENROLMENT, number))
    }

    pub fn face(&self, index: u64, number: u64) -> FaceTemplate {
        self.face_of(&model(), index, number)
    }

    pub fn face_of(&self, model: &ModelId, index: u64, number: u64) -> FaceTemplate {
        let good = Portrait { likeness: 0.85, bad: 0.0, ..Portrait::ENROLMENT };
        let embedding = self.0.citizen(index).face(&good, number);
        FaceTemplate::new(model.clone(), &embedding).unwrap()
    }

    /// Two index fingers, two thumbs and a face.
    pub fn enrolment(&self, index: u64) -> Enrolment {
        FINGERS
            .into_iter()
            .fold(Enrolment::new(), |e, finger| e.finger(self.finger(index, finger, 0).at(finger)))
            .face(self.face(index, 0))
    }

    /// A face and a right index finger, taken later.
    pub fn probe(&self, index: u64) -> Probe {
        let finger = Finger::RightIndex;
        Probe::new().finger(self.finger(index, finger, 9).at(finger)).face(self.face(index, 9))
    }
}

pub const FINGERS: [Finger; 4] =
    [Finger::RightThumb, Finger::RightIndex, Finger::LeftThumb, Finger::LeftIndex];

pub fn model() -> ModelId {
    "generated-64".parse().unwrap()
}

/// Fitted on faces of people whom no test enrols.
pub fn face_table(people: &People) -> Calibration {
    let faces: Vec<FaceTemplate> = (100_000..100_180).map(|index| people.face(index, 0)).collect();
    let pairs = faces.iter().enumerate().flat_map(|(i, a)| faces[..i].iter().map(move |b| (a, b)));
    let scores = pairs.map(|(a, b)| face::compare(a, b).unwrap());
    Fit::new("generated-64", "test").set(ComparisonSet::non_mated("generated", scores)).finish().unwrap()
}

pub fn options(people: &People) -> DatabaseOptions {
    CitizenDatabase::options().face_calibration(face_table(people))
}

/// A database of the first `count` people, closed again but for its handle.
pub fn database(people: &People, path: &std::path::Path, count: u64) -> CitizenDatabase {
    let database = options(people).create(path).unwrap();
    let writer = database.writer().unwrap();
    for index in 0..count {
        writer.enrol(people.id(index), people.enrolment(index)).unwrap();
    }
    writer.commit().unwrap();
    drop(writer);
    database
}

pub fn accepted(record: DecisionRecord) -> DecisionRecord {
    assert_eq!(record.decision, Decision::Accept, "{record:?}");
    record
}

pub fn rejected(record: DecisionRecord) -> DecisionRecord {
    assert_eq!(record.decision, Decision::Reject, "{record:?}");
    record
}
