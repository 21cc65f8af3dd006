//! Small, repeatable references for the gallery's tests.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // each test file uses its part

use std::collections::BTreeMap;

use biomatch::citizen::CitizenId;
use biomatch::fingerprint::FingerFeatures;
use biomatch::gallery::{GalleryError, NewReference, ReferenceMeta, Snapshot, Status};
use biomatch::subject::SubjectId;
use biomatch::template::{
    FaceTemplate, Finger, FingerPosition, FingerprintTemplate, Impression, Minutia, MinutiaKind, ModelId,
};
use biomatch::units::{Angle, Length, Quality};
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// Random numbers that repeat.
#[derive(Clone)]
pub struct Random(SplitMix64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    pub fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

pub fn citizen(number: u64) -> SubjectId {
    CitizenId::from_value(1_090_000_000 + number).unwrap().into()
}

pub fn model(name: &str) -> ModelId {
    name.parse().unwrap()
}

/// Minutiae that are all different for different seeds.
pub fn minutiae(seed: u64, count: usize) -> Vec<Minutia> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|_| {
            Minutia::new(
                Length::from_steps(random.below(4000) as u16),
                Length::from_steps(random.below(5000) as u16),
                Angle::from_binary(random.next() as u16),
                MinutiaKind::Ending,
                Quality::new(random.below(101) as u8),
            )
        })
        .collect()
}

pub fn template(seed: u64, count: usize) -> FingerprintTemplate {
    let position = FingerPosition::Known(Finger::ALL[(seed % 10) as usize]);
    let mut template = FingerprintTemplate::new(position, minutiae(seed, count));
    template.impression = Impression::LIVE_PLAIN;
    template.quality = Quality::new((seed % 100) as u8);
    template
}

pub fn finger(seed: u64) -> NewReference {
    NewReference::finger(template(seed, 6))
}

pub fn embedding(seed: u64, dimension: usize) -> Vec<f32> {
    let mut random = Random::new(seed ^ 0xface);
    (0..dimension).map(|_| random.below(20_001) as f32 / 10_000.0 - 1.0).collect()
}

pub fn face_template(model: &ModelId, seed: u64, dimension: usize) -> FaceTemplate {
    FaceTemplate::new(model.clone(), &embedding(seed, dimension)).unwrap()
}

pub fn face(model: &ModelId, seed: u64, dimension: usize) -> NewReference {
    NewReference::face(face_template(model, seed, dimension))
}

/// A gallery's contents as plain values: citizen, then status and, by reference, what identifies the
/// sample.
pub type Contents = BTreeMap<SubjectId, (Status, BTreeMap<u64, Sample>)>;

/// What identifies a stored sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Sample {
    Finger(Vec<Minutia>),
    Face(ModelId, Vec<f32>),
}

/// What a reference stores of a sample.
pub fn sample_of(reference: &NewReference) -> Sample {
    match reference.sample() {
        biomatch::gallery::Sample::Finger(template) => {
            Sample::Finger(FingerFeatures::new(&template.minutiae).view().minutiae.to_vec())
        }
        biomatch::gallery::Sample::Face(template) => {
            Sample::Face(template.model().clone(), template.embedding().to_vec())
        }
        _ => panic!("another kind of sample"),
    }
}

/// Reads a snapshot through its blocks, and checks that the lookup by citizen says the same.
pub fn contents(snapshot: &Snapshot) -> Result<Contents, GalleryError> {
    let mut contents = Contents::new();
    for block in snapshot.finger_blocks() {
        for row in (0..block.len()).filter(|&row| block.is_live(row)) {
            block.check(row)?;
            let sample = Sample::Finger(block.finger(row)?.minutiae.to_vec());
            insert(&mut contents, snapshot, block.meta(row), sample);
        }
    }
    for model in snapshot.models().map(|(model, _)| model.clone()).collect::<Vec<_>>() {
        for block in snapshot.face_blocks(&model) {
            for row in (0..block.len()).filter(|&row| block.is_live(row)) {
                block.check(row)?;
                let vector = block.vector(row)?[..block.dimension()].to_vec();
                insert(&mut contents, snapshot, block.meta(row), Sample::Face(model.clone(), vector));
            }
        }
    }
    for (&id, (status, samples)) in &contents {
        let view = snapshot.citizen(id)?.expect("in the catalogue");
        assert_eq!(view.status, *status);
        let mut found: Vec<u64> = Vec::new();
        for reference in &view.fingers {
            snapshot.finger(reference.location)?;
            found.push(reference.meta.reference().value());
        }
        for reference in &view.faces {
            snapshot.face(reference.location)?;
            found.push(reference.meta.reference().value());
        }
        found.sort_unstable();
        assert!(found.iter().eq(samples.keys()), "the catalogue and the blocks agree");
    }
    Ok(contents)
}

fn insert(contents: &mut Contents, snapshot: &Snapshot, meta: &ReferenceMeta, sample: Sample) {
    let citizen = meta.subject().unwrap();
    let entry = contents.entry(citizen).or_insert_with(|| (snapshot.status(citizen), BTreeMap::new()));
    let before = entry.1.insert(meta.reference().value(), sample);
    assert_eq!(before, None, "each reference once");
}

/// Locked, for some reason.
pub const LOCKED: Status = Status::Locked(std::num::NonZeroU8::MIN);

/// Does work on every item, on threads of its own: a pool's threads would take up other items while they wait for
/// the engine inside one, each deeper in the same stack.
pub fn in_threads<T: Copy + Sync>(items: impl IntoIterator<Item = T>, work: impl Fn(T) + Sync) {
    let items: Vec<T> = items.into_iter().collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    work(*item);
                }
            });
        }
    });
}
