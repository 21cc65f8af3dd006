//! Generated people in a gallery.

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use biomatch::citizen::CitizenId;
use biomatch::fingerprint::{FingerFeatures, FingerProbe};
use biomatch::gallery::{CitizenReferences, Gallery, GalleryOptions, NewReference, Snapshot};
use biomatch::template::{FingerPosition, FingerprintTemplate};
use biomatch_datasets::{Capture, Population};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::generated;

const SEED: u64 = 1;

/// Fingers of a person.
pub(crate) const EACH: u64 = 10;

/// People who are enrolled in one commit.
const COMMIT: u64 = 5_000;

/// A gallery of people with ten fingers each.
pub(crate) struct People {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) count: u64,
    population: Population,
    took: Option<Took>,
}

impl People {
    /// Opens the gallery of so many fingers in a folder; makes it if it is not there, and the rest of it if
    /// making it was stopped.
    pub(crate) fn open(folder: &Path, fingers: u64, pool: &ThreadPool) -> Result<Self, Box<dyn Error>> {
        let population = Population::with(SEED, 64, 0.0);
        let count = fingers / EACH;
        let directory = folder.join(format!("{}-fingers", count * EACH));
        let options = GalleryOptions::default().flush_at(usize::try_from(COMMIT * EACH)?);
        let gallery = if directory.exists() {
            Gallery::open(&directory, options)?
        } else {
            std::fs::create_dir_all(folder)?;
            Gallery::create(&directory, options)?
        };
        // People are enrolled in order.
        let enrolled = gallery.snapshot()?.finger_count() as u64 / EACH;
        let took = if enrolled < count {
            let make = || enrol(&gallery, &population, enrolled..count).map_err(|error| error.to_string());
            Some(pool.install(make)?)
        } else {
            None
        };
        // Makes codes of an older run again, if the model is another one.
        drop(gallery.writer()?);
        Ok(Self { snapshot: gallery.snapshot()?, count, population, took })
    }

    /// Says what the gallery is and what it took.
    pub(crate) fn describe(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        let fingers = self.count * EACH;
        println!("\n{fingers} generated fingers of {} people, seed {SEED}", self.count);
        if let Some(took) = &self.took {
            let rate = took.fingers as f64 / took.enrolling.as_secs_f64();
            println!("{} of them generated in {:.0} s", took.fingers, took.generating.as_secs_f64());
            println!("enrolled in {:.0} s, {rate:.0} fingers a second", took.enrolling.as_secs_f64());
        }
        let mut bytes = 0;
        for entry in std::fs::read_dir(folder.join(format!("{fingers}-fingers")))? {
            bytes += entry?.metadata()?.len();
        }
        println!("bytes a finger: 677 for the filter, {} in all", bytes / fingers.max(1));
        Ok(())
    }

    pub(crate) fn citizen(&self, index: u64) -> Result<CitizenId, Box<dyn Error>> {
        citizen(&self.population, index)
    }

    /// Another impression of an enrolled finger, as taken in the field.
    pub(crate) fn probe(&self, index: u64, code: u8) -> Option<(FingerProbe, FingerPosition)> {
        let finger = self.population.citizen(index).finger(code)?;
        let template = generated::fingerprint(code, &finger.impression(&Capture::FIELD, 1));
        let features = FingerFeatures::new(&template.minutiae);
        Some((FingerProbe::new(features.view()), template.position))
    }

    /// People spread over the gallery.
    pub(crate) fn spread(&self, count: u64) -> impl Iterator<Item = u64> {
        let step = (self.count / count.max(1)).max(1);
        let people = self.count;
        (0..count).map(move |n| (n * step + n % step) % people.max(1))
    }
}

fn citizen(population: &Population, index: u64) -> Result<CitizenId, Box<dyn Error>> {
    CitizenId::from_value(population.citizen(index).number()).ok_or_else(|| "no such number".into())
}

/// How long generating and enrolling so many fingers took.
struct Took {
    fingers: u64,
    generating: Duration,
    enrolling: Duration,
}

fn enrol(gallery: &Gallery, population: &Population, people: Range<u64>) -> Result<Took, Box<dyn Error>> {
    let writer = gallery.writer()?;
    let fingers = (people.end - people.start) * EACH;
    let mut took = Took { fingers, generating: Duration::ZERO, enrolling: Duration::ZERO };
    for start in people.clone().step_by(COMMIT as usize) {
        let began = Instant::now();
        let enrolments: Vec<CitizenReferences> = (start..people.end.min(start + COMMIT))
            .into_par_iter()
            .map(|index| {
                let citizen = citizen(population, index).map_err(|error| error.to_string())?;
                let references = templates(population, index).map(NewReference::finger).collect();
                Ok(CitizenReferences::new(citizen, references))
            })
            .collect::<Result<_, String>>()?;
        took.generating += began.elapsed();
        let began = Instant::now();
        writer.add_all(&enrolments)?;
        writer.commit()?;
        took.enrolling += began.elapsed();
    }
    let began = Instant::now();
    writer.flush()?;
    took.enrolling += began.elapsed();
    Ok(took)
}

fn templates(population: &Population, index: u64) -> impl Iterator<Item = FingerprintTemplate> {
    let person = population.citizen(index);
    (1..=EACH as u8).filter_map(move |code| {
        Some(generated::fingerprint(code, &person.finger(code)?.impression(&Capture::ENROLMENT, 0)))
    })
}
