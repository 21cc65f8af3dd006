//! The same seed gives the same bits: whatever was drawn before, on any number of threads, on any
//! platform.
#![allow(clippy::unwrap_used)]

use biomatch_datasets::{Capture, Impression, Population, Portrait};
use rayon::prelude::*;

/// FNV-1a over everything that the generator gives out.
struct Digest(u64);

impl Digest {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn add_impression(&mut self, impression: &Impression) {
        self.add(&impression.width.to_le_bytes());
        self.add(&impression.height.to_le_bytes());
        self.add(&[impression.quality]);
        for m in &impression.minutiae {
            for field in [m.x, m.y, m.angle] {
                self.add(&field.to_le_bytes());
            }
            self.add(&[m.kind as u8, m.quality]);
        }
    }
}

fn digest(population: &Population, index: u64) -> u64 {
    let mut digest = Digest(0xcbf2_9ce4_8422_2325);
    let citizen = population.citizen(index);
    digest.add(&citizen.number().to_le_bytes());
    for code in 1..=10 {
        if let Some(finger) = citizen.finger(code) {
            digest.add_impression(&finger.impression(&Capture::ENROLMENT, 0));
            digest.add_impression(&finger.impression(&Capture::FIELD, 1));
        }
    }
    for number in 0..2 {
        for x in citizen.face(&Portrait::FIELD, number) {
            digest.add(&x.to_le_bytes());
        }
    }
    digest.0
}

#[test]
fn the_data_of_a_seed_are_these() {
    let population = Population::new(20_260_101);
    let mut all = Digest(0);
    for index in [0, 1, 2, 999_999, Population::CAPACITY - 1] {
        all.add(&digest(&population, index).to_le_bytes());
    }
    // Changes with every change of the generator: then state it in the change log.
    assert_eq!(all.0, 0x6449_6ff5_93fa_8c5d, "{:#x}", all.0);
}

#[test]
fn the_extractors_are_these() {
    let mut all = Digest(0xcbf2_9ce4_8422_2325);
    for number in [0, 1, 2, u64::MAX] {
        let capture = Capture::FIELD.by_extractor(number);
        all.add(&capture.detection.to_le_bytes());
        all.add(&capture.spurious.to_le_bytes());
    }
    // Changes with every change of them, as above.
    assert_eq!(all.0, 0x2a0a_6e8c_054a_db84, "{:#x}", all.0);
}

#[test]
fn threads_and_order_change_nothing() {
    let population = Population::new(5);
    let forwards: Vec<u64> = (0..64).map(|i| digest(&population, i)).collect();
    let backwards: Vec<u64> = (0..64).rev().map(|i| digest(&Population::new(5), i)).collect();
    let parallel: Vec<u64> = rayon::ThreadPoolBuilder::new()
        .num_threads(7)
        .build()
        .unwrap()
        .install(|| (0..64_u64).into_par_iter().map(|i| digest(&population, i)).collect());
    assert_eq!(forwards, parallel);
    assert!(forwards.iter().eq(backwards.iter().rev()));
}

#[test]
fn seeds_and_indices_give_different_data() {
    let a = digest(&Population::new(1), 0);
    assert_ne!(a, digest(&Population::new(2), 0));
    assert_ne!(a, digest(&Population::new(1), 1));
}
