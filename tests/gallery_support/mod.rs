//! Small, repeatable references for the gallery's tests.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test file uses its part

use biomatch::citizen::CitizenId;
use biomatch::gallery::NewReference;
use biomatch::template::{
    FaceTemplate, Finger, FingerPosition, FingerprintTemplate, Impression, Minutia, MinutiaKind, ModelId,
};
use biomatch::units::{Angle, Length, Quality};

/// SplitMix64.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

pub fn citizen(number: u64) -> CitizenId {
    CitizenId::from_value(1_090_000_000 + number).unwrap()
}

pub fn model(name: &str) -> ModelId {
    name.parse().unwrap()
}

/// Minutiae that are all different for different seeds.
pub fn minutiae(seed: u64, count: usize) -> Vec<Minutia> {
    let mut random = Random(seed);
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
    let mut random = Random(seed ^ 0xface);
    (0..dimension).map(|_| random.below(20_001) as f32 / 10_000.0 - 1.0).collect()
}

pub fn face_template(model: &ModelId, seed: u64, dimension: usize) -> FaceTemplate {
    FaceTemplate::new(model.clone(), &embedding(seed, dimension)).unwrap()
}

pub fn face(model: &ModelId, seed: u64, dimension: usize) -> NewReference {
    NewReference::face(face_template(model, seed, dimension))
}
