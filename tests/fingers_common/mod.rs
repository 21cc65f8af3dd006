//! Synthetic impressions as minutiae, and what tests do to them.
// Each test file uses its part.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::template::{Minutia, MinutiaKind};
use biomatch::units::{Angle, Length, Quality, Score};
use biomatch_datasets::{Capture, Finger};

#[path = "../../src/bin/biomatch/generated.rs"]
mod generated;

/// Impression `number` of synthetic finger `finger`.
pub fn impression(finger: u64, number: u64) -> Vec<Minutia> {
    let drawn = Finger::new(2026, [finger, 2], 2).impression(&Capture::ENROLMENT, number);
    generated::fingerprint(2, &drawn).minutiae
}

/// The score of two sets of minutiae; fails if it depends on which is the probe.
pub fn score(a: &[Minutia], b: &[Minutia]) -> Score {
    let (a, b) = (FingerFeatures::new(a), FingerFeatures::new(b));
    let mut scratch = Scratch::default();
    let there = FingerProbe::new(a.view()).compare(b.view(), &mut scratch);
    let back = FingerProbe::new(b.view()).compare(a.view(), &mut scratch);
    assert_eq!(there.get().to_bits(), back.get().to_bits(), "the sides can be exchanged");
    there
}

/// The minutiae moved by a map of position in steps (y downwards) and a turn of their directions.
pub fn moved(minutiae: &[Minutia], turn: Angle, map: impl Fn(f64, f64) -> (f64, f64)) -> Vec<Minutia> {
    let step = |value: f64| Length::from_steps(value.round() as u16);
    minutiae
        .iter()
        .map(|m| {
            let (x, y) = map(f64::from(m.x.steps()), f64::from(m.y.steps()));
            Minutia::new(step(x), step(y), m.angle.turned(turn), m.kind(), m.quality())
        })
        .collect()
}

/// A rotation counter-clockwise about the middle of the picture, which moves far from the edges.
pub fn rotated(minutiae: &[Minutia], degrees: f64) -> Vec<Minutia> {
    let radians = degrees.to_radians();
    let (sin, cos) = radians.sin_cos();
    moved(minutiae, Angle::from_radians(radians), |x, y| {
        let (x, y) = (x - 1500.0, y - 2000.0);
        (x * cos + y * sin + 20_000.0, y * cos - x * sin + 20_000.0)
    })
}

/// A small generator, so that tests repeat.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    pub fn minutia(&mut self) -> Minutia {
        let (x, y) = (self.below(3000) as u16, self.below(4000) as u16);
        let angle = Angle::from_binary(self.below(65536) as u16);
        Minutia::new(
            Length::from_steps(x),
            Length::from_steps(y),
            angle,
            MinutiaKind::Ending,
            Quality::new(50),
        )
    }
}
