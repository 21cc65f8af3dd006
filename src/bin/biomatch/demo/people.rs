//! The generated people: who is enrolled, who is not, and what they present.

use biomatch::citizen::CitizenId;
use biomatch::database::{Enrolment, Probe};
use biomatch::template::{FaceTemplate, Finger, FingerPosition, ModelId};
use biomatch_datasets::{Capture, Population, Portrait};
use ndarray::Array2;

use super::pictures::{self, Scanned};
use super::report::Pictures;
use crate::exit::{Exit, Failure, OrFail};
use crate::generated;

/// People by index: those below the number of citizens are enrolled, the next are not enrolled, and
/// the people of the face calibration follow.
pub(super) struct People {
    population: Population,
    citizens: u64,
    model: ModelId,
    /// What scans of the first citizens' fingers gave, in place of generated templates.
    scanned: Vec<Option<Scanned>>,
}

/// The name under which the generator's faces go. Each seed has a space of its own, so that faces
/// of two seeds do not compare.
const MODEL: &str = "biomatch-generated";

/// People who are not enrolled and whose faces the calibration is fitted on: four and a half million pairs.
const CALIBRATION: u64 = 3_000;
/// Where they begin, past all who could be enrolled or searched for.
const CALIBRATION_FROM: u64 = 1 << 33;

/// What a probe holds.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Shows {
    Face,
    /// The right index finger, or the first that the person has.
    Finger,
    /// The same, its position not told.
    AnyFinger,
    Both,
}

impl People {
    pub(super) fn new(seed: u64, citizens: u64, report: &mut Pictures) -> Result<Self, Failure> {
        let model = format!("{MODEL}-{seed}").parse().or_fail(Exit::Usage)?;
        let population = Population::new(seed);
        let scanned = pictures::scan(&population, report)?;
        Ok(Self { population, citizens, model, scanned })
    }

    pub(super) fn citizens(&self) -> u64 {
        self.citizens
    }

    pub(super) fn model(&self) -> ModelId {
        self.model.clone()
    }

    pub(super) fn id(&self, index: u64) -> Result<CitizenId, Failure> {
        CitizenId::from_value(self.population.citizen(index).number())
            .ok_or_else(|| Failure::new(Exit::Input, "the generator gave a number of more than 12 digits"))
    }

    pub(super) fn enrolment(&self, index: u64) -> Result<Enrolment, Failure> {
        let citizen = self.population.citizen(index);
        let scanned = self.scanned(index);
        let mut enrolment = Enrolment::new();
        for finger in Finger::ALL {
            if let Some(generated) = citizen.finger(finger.code()) {
                let scanned = scanned.filter(|scanned| scanned.finger == finger);
                let template = scanned.map_or_else(
                    || generated::fingerprint(finger.code(), &generated.impression(&Capture::ENROLMENT, 0)),
                    |scanned| scanned.enrolled.clone(),
                );
                if !template.minutiae.is_empty() {
                    enrolment = enrolment.finger(template.at(finger));
                }
            }
        }
        Ok(enrolment.face(self.face(&citizen.face(&Portrait::ENROLMENT, 0))?))
    }

    /// What a person presents at a counter, later and under worse conditions.
    pub(super) fn probe(&self, index: u64, shows: Shows) -> Result<Probe, Failure> {
        let citizen = self.population.citizen(index);
        let mut probe = Probe::new();
        if matches!(shows, Shows::Face | Shows::Both) {
            probe = probe.face(self.face(&citizen.face(&Portrait::FIELD, 1))?);
        }
        let finger = pictures::first_finger(&citizen).filter(|_| shows != Shows::Face);
        if let Some((finger, generated)) = finger {
            let template = self.scanned(index).map_or_else(
                || generated::fingerprint(finger.code(), &generated.impression(&Capture::FIELD, 1)),
                |scanned| scanned.presented.clone(),
            );
            let position = if shows == Shows::AnyFinger { FingerPosition::Unknown } else { finger.into() };
            probe = probe.finger(template.at(position));
        }
        Ok(probe)
    }

    fn scanned(&self, index: u64) -> Option<&Scanned> {
        self.scanned.get(usize::try_from(index).ok()?)?.as_ref()
    }

    pub(super) fn calibration_faces(&self) -> Array2<f32> {
        use rayon::prelude::*;
        let faces: Vec<Vec<f32>> = (CALIBRATION_FROM..CALIBRATION_FROM + CALIBRATION)
            .into_par_iter()
            .map(|index| {
                // Half as enrolled and half as presented, as in a comparison.
                let portrait = if index % 2 == 0 { Portrait::ENROLMENT } else { Portrait::FIELD };
                self.population.citizen(index).face(&portrait, 0)
            })
            .collect();
        let dimension = self.population.faces().dimension();
        Array2::from_shape_fn((faces.len(), dimension), |(row, column)| faces[row][column])
    }

    fn face(&self, embedding: &[f32]) -> Result<FaceTemplate, Failure> {
        FaceTemplate::new(self.model(), embedding).or_fail(Exit::Input)
    }
}
