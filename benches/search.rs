//! 1:N: fingers and faces of a gallery, one probe and a batch.
//!
//! `cargo bench --bench search`. People are generated and the same in every run; candidates a second are
//! those of rayon's pool, one thread a processor unless `RAYON_NUM_THREADS` says otherwise.
#![allow(missing_docs, clippy::unwrap_used)] // a benchmark

use std::hint::black_box;
use std::num::NonZeroUsize;

use biomatch::citizen::CitizenId;
use biomatch::face::FaceProbe;
use biomatch::fingerprint::{FingerFeatures, FingerProbe};
use biomatch::gallery::{CitizenReferences, Gallery, GalleryOptions, NewReference};
use biomatch::search::{FingerQuery, Search, identify_faces, identify_faces_by_vectors, identify_fingers};
use biomatch::template::{FaceTemplate, Finger, FingerPosition, FingerprintTemplate};
use biomatch_datasets::{Capture, Population, Portrait};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

#[path = "../src/bin/biomatch/generated.rs"]
mod generated;

const POSITION: FingerPosition = FingerPosition::Known(Finger::RightIndex);

fn finger(population: &Population, index: u64, number: u64) -> FingerprintTemplate {
    let finger = population.citizen(index).finger(Finger::RightIndex.code()).unwrap();
    generated::fingerprint(Finger::RightIndex.code(), &finger.impression(&Capture::ENROLMENT, number))
}

fn face(population: &Population, index: u64, number: u64) -> FaceTemplate {
    let embedding = population.citizen(index).face(&Portrait::ENROLMENT, number);
    FaceTemplate::new("synthetic".parse().unwrap(), &embedding).unwrap()
}

/// A gallery with one reference of each of `people`, in one segment.
fn gallery(
    population: &Population,
    people: u64,
    reference: impl Fn(&Population, u64) -> NewReference,
) -> (tempfile::TempDir, Gallery) {
    let folder = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(folder.path().join("gallery"), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    for start in (0..people).step_by(5_000) {
        let enrolments: Vec<_> = (start..people.min(start + 5_000))
            .map(|index| {
                let citizen = CitizenId::from_value(population.citizen(index).number()).unwrap();
                CitizenReferences::new(citizen, vec![reference(population, index)])
            })
            .collect();
        writer.add_all(&enrolments).unwrap();
        writer.commit().unwrap();
    }
    writer.compact().unwrap();
    drop(writer);
    (folder, gallery)
}

fn fingers(c: &mut Criterion) {
    const PEOPLE: u64 = 2_000;
    let population = Population::with(1, 64, 0.0);
    let (_folder, gallery) =
        gallery(&population, PEOPLE, |population, index| NewReference::finger(finger(population, index, 0)));
    let snapshot = gallery.snapshot().unwrap();
    let probes: Vec<FingerProbe> = (0..4)
        .map(|n| FingerProbe::new(FingerFeatures::new(&finger(&population, n * 499, 1).minutiae).view()))
        .collect();
    let queries: Vec<_> = probes.iter().map(|probe| FingerQuery { probe, position: POSITION }).collect();
    let search = Search::top(NonZeroUsize::MIN.saturating_add(9));
    let mut group = c.benchmark_group("search/fingers");
    group.sample_size(10);
    for batch in [1, queries.len()] {
        group.throughput(Throughput::Elements(PEOPLE * batch as u64));
        group.bench_with_input(BenchmarkId::new("probes", batch), &queries[..batch], |b, queries| {
            b.iter(|| identify_fingers(black_box(&snapshot), queries, &search).unwrap());
        });
    }
    group.finish();
}

fn faces(c: &mut Criterion) {
    const PEOPLE: u64 = 100_000;
    let population = Population::new(1);
    let (_folder, gallery) =
        gallery(&population, PEOPLE, |population, index| NewReference::face(face(population, index, 0)));
    let snapshot = gallery.snapshot().unwrap();
    let probes: Vec<FaceProbe> = (0..100).map(|n| FaceProbe::new(&face(&population, n * 997, 1))).collect();
    let search = Search::top(NonZeroUsize::MIN.saturating_add(9));
    let mut group = c.benchmark_group("search/faces");
    group.sample_size(10);
    for batch in [1, 10, probes.len()] {
        let probes = &probes[..batch];
        group.throughput(Throughput::Elements(PEOPLE * batch as u64));
        group.bench_with_input(BenchmarkId::new("probes", batch), probes, |b, probes| {
            b.iter(|| identify_faces(black_box(&snapshot), probes, &search).unwrap());
        });
        if batch <= 10 {
            group.bench_with_input(BenchmarkId::new("plain scan, probes", batch), probes, |b, probes| {
                b.iter(|| identify_faces_by_vectors(black_box(&snapshot), probes, &search).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, fingers, faces);
criterion_main!(benches);
