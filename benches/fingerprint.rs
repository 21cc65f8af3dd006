//! Fingers: features at enrolment, comparisons one to one, and the similarity kernel at each level.
//!
//! `cargo bench --bench fingerprint`. Impressions are synthetic and repeat from run to run. Levels stand
//! beside each other, `scalar` first.
#![allow(missing_docs)] // what criterion's macros make

use std::hint::black_box;

use biomatch::fingerprint::{CylinderBlock, FingerFeatures, FingerProbe, Scratch};
use biomatch::kernels::Kernels;
use biomatch::kernels::masked::{LANES, Planes, VALUE_WORDS};
use biomatch::template::Minutia;
use biomatch_datasets::{Capture, Finger};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[path = "../src/bin/biomatch/generated.rs"]
mod generated;

/// Fingers of a gallery. Few, so that comparisons are timed and not memory.
const FINGERS: u64 = 64;

fn impression(finger: u64, number: u64) -> Vec<Minutia> {
    let drawn = Finger::new(7, [finger, 2], 2).impression(&Capture::ENROLMENT, number);
    generated::fingerprint(2, &drawn).minutiae
}

fn gallery(number: u64) -> Vec<FingerFeatures> {
    (0..FINGERS).map(|finger| FingerFeatures::new(&impression(finger, number))).collect()
}

fn features(c: &mut Criterion) {
    let impressions: Vec<Vec<Minutia>> = (0..FINGERS).map(|finger| impression(finger, 0)).collect();
    let minutiae: usize = impressions.iter().map(Vec::len).sum();
    println!("{:.1} minutiae a finger", minutiae as f64 / FINGERS as f64);
    let mut group = c.benchmark_group("finger/features");
    group.throughput(Throughput::Elements(FINGERS));
    group.bench_function("new", |b| {
        b.iter(|| impressions.iter().map(|minutiae| FingerFeatures::new(minutiae)).collect::<Vec<_>>());
    });
    group.finish();
}

fn compare(c: &mut Criterion) {
    let (enrolled, captured) = (gallery(0), gallery(1));
    for kernels in Kernels::all() {
        let level = kernels.level();
        let probes: Vec<FingerProbe> =
            captured.iter().map(|finger| FingerProbe::with_kernels(finger.view(), kernels)).collect();
        let mut scratch = Scratch::default();
        let mut group = c.benchmark_group("finger/compare");
        group.throughput(Throughput::Elements(FINGERS));
        group.bench_function(format!("genuine/{level}"), |b| {
            b.iter(|| {
                for (probe, mate) in probes.iter().zip(&enrolled) {
                    black_box(probe.compare(mate.view(), &mut scratch));
                }
            });
        });
        group.throughput(Throughput::Elements(FINGERS * FINGERS - FINGERS));
        group.sample_size(10);
        group.bench_function(format!("impostor/{level}"), |b| {
            b.iter(|| {
                for (i, probe) in probes.iter().enumerate() {
                    for (_, other) in enrolled.iter().enumerate().filter(|(j, _)| *j != i) {
                        black_box(probe.compare(other.view(), &mut scratch));
                    }
                }
            });
        });
        group.finish();
    }
}

/// The matrix of similarities of two fingers of about 40 cylinders.
fn similarity(c: &mut Criterion) {
    let finger = FingerFeatures::new(&impression(1, 0));
    let blocks: &[Planes] = bytemuck::cast_slice::<CylinderBlock, Planes>(finger.view().cylinders);
    let patterns: Vec<[u64; VALUE_WORDS + 1]> = blocks
        .iter()
        .flat_map(|planes| (0..LANES).map(|lane| std::array::from_fn(|word| planes[word][lane])))
        .collect();
    let mut out = vec![0.0; patterns.len() * blocks.len() * LANES];
    let mut group = c.benchmark_group("finger/similarities");
    group.throughput(Throughput::Elements(out.len() as u64));
    for kernels in Kernels::all() {
        group.bench_function(kernels.level().name(), |b| {
            b.iter(|| kernels.masked_similarities(black_box(&patterns), blocks, 32, &mut out));
        });
    }
    group.finish();
}

criterion_group!(benches, features, compare, similarity);
criterion_main!(benches);
