//! Fingers: features at enrolment, comparisons one to one, and the similarity kernel at each level.
//!
//! `cargo bench --bench fingerprint`. Impressions are synthetic and repeat from run to run; with
//! `BIOMATCH_DATA` set, non-mates among the development templates are compared too, with every stage and
//! with a least score asked, by the processor time of the thread (on Linux), which other work on the machine
//! moves little. Levels stand beside each other, `scalar` first.
#![allow(missing_docs)] // what criterion's macros make

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use biomatch::fingerprint::{CylinderBlock, FingerFeatures, FingerProbe, Scratch};
use biomatch::kernels::Kernels;
use biomatch::kernels::masked::{LANES, Planes, VALUE_WORDS};
use biomatch::template::{FingerprintRecord, Minutia, Reading};
use biomatch::units::Score;
use biomatch_datasets::{Capture, Finger};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

mod development;
#[path = "../src/bin/biomatch/generated.rs"]
mod generated;
mod thread_time;

use thread_time::thread_time;

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

/// The first impression of each finger of the development databases, by one extractor.
fn first_impressions(extractor: &str) -> Vec<FingerFeatures> {
    let first = |file: &PathBuf| file.to_string_lossy().ends_with("_1.iso");
    let files = development::records(extractor).into_iter().filter(first);
    let records = files.filter_map(|file| fs::read(file).ok());
    let records = records.filter_map(|bytes| FingerprintRecord::read(&bytes, Reading::Lenient).ok());
    records.filter_map(|record| Some(FingerFeatures::new(&record.views.first()?.minutiae))).collect()
}

/// Non-mates among the development templates: all stages, and what a least score asked saves.
fn non_mates(c: &mut Criterion) {
    for extractor in ["secugen", "mindtct"] {
        let fingers = first_impressions(extractor);
        let pairs = fingers.len() * fingers.len().saturating_sub(1) / 2;
        if pairs == 0 {
            continue;
        }
        let mut group = c.benchmark_group(format!("finger/non-mates/{extractor}"));
        group.throughput(Throughput::Elements(pairs as u64)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        for kernels in Kernels::all() {
            let probes: Vec<FingerProbe> =
                fingers.iter().map(|finger| FingerProbe::with_kernels(finger.view(), kernels)).collect();
            let mut scratch = Scratch::default();
            for (name, least) in [("all", f32::MIN), ("at-least-10", 10.0), ("at-least-14", 14.0)] {
                let least = Score::new(least).unwrap_or(Score::LOWEST);
                group.bench_function(format!("{name}/{}", kernels.level()), |b| {
                    b.iter_custom(|times| {
                        let start = thread_time();
                        for _ in 0..times {
                            for (i, probe) in probes.iter().enumerate() {
                                for other in &fingers[i + 1..] {
                                    black_box(probe.compare_at_least(other.view(), least, &mut scratch));
                                }
                            }
                        }
                        thread_time().saturating_sub(start)
                    });
                });
            }
        }
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

criterion_group!(benches, features, compare, non_mates, similarity);
criterion_main!(benches);
