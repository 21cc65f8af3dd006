//! Enrolment of fingers, from the bytes of a record to what a gallery stores: each part, and the whole.
//!
//! `cargo bench --bench enrolment`. Elements are fingers, of one thread. Prints are generated and repeat from run
//! to run; with `BIOMATCH_DATA` set, the development records are enrolled too. Levels stand beside each other,
//! `scalar` first; reading has no levels.
#![allow(missing_docs)] // what criterion's macros make

use std::fs;
use std::hint::black_box;

use biomatch::fingerprint::FingerFeatures;
use biomatch::fingerprint::codes::CodeModel;
use biomatch::kernels::Kernels;
use biomatch::template::{Dialect, FingerprintRecord, Minutia, Reading};
use biomatch_datasets::{Capture, Finger};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

mod development;
#[path = "../src/bin/biomatch/generated.rs"]
mod generated;

/// Records of a set. Few, so that work is timed and not memory.
const RECORDS: usize = 96;

/// The minutiae of a record of one view.
fn read(bytes: &[u8]) -> Option<Vec<Minutia>> {
    let mut record = FingerprintRecord::read(bytes, Reading::Lenient).ok()?;
    Some(record.views.pop()?.minutiae)
}

fn generated() -> Vec<Vec<u8>> {
    let record = |finger| {
        let drawn = Finger::new(7, [finger, 2], 2).impression(&Capture::ENROLMENT, 0);
        let mut record = FingerprintRecord::new(vec![generated::fingerprint(2, &drawn)]);
        record.conform(Dialect::Iso2005);
        record.write(Dialect::Iso2005).ok()
    };
    (0..RECORDS as u64).filter_map(record).collect()
}

/// Development records of an extractor, spread over its databases.
fn spread(extractor: &str) -> Vec<Vec<u8>> {
    let files = development::records(extractor);
    let step = files.len().div_ceil(RECORDS).max(1);
    files.iter().step_by(step).filter_map(|file| fs::read(file).ok()).collect()
}

fn enrolment(c: &mut Criterion) {
    let extractors = ["secugen", "mindtct", "sourceafis", "leader"];
    let sets = extractors.iter().map(|extractor| (*extractor, spread(extractor)));
    let model = CodeModel::shipped();
    for (name, records) in std::iter::once(("generated", generated())).chain(sets) {
        let prints: Vec<Vec<Minutia>> = records.iter().filter_map(|record| read(record)).collect();
        if prints.is_empty() {
            continue;
        }
        let minutiae: usize = prints.iter().map(Vec::len).sum();
        println!("{name}: {:.1} minutiae a finger", minutiae as f64 / prints.len() as f64);
        let mut group = c.benchmark_group(format!("finger/enrolment/{name}"));
        group.throughput(Throughput::Elements(prints.len() as u64)).sample_size(20);
        group.bench_function("read", |b| {
            b.iter(|| {
                records.iter().filter_map(|record| read(black_box(record))).map(|m| m.len()).sum::<usize>()
            });
        });
        for kernels in Kernels::all() {
            let level = kernels.level();
            group.bench_function(format!("features/{level}"), |b| {
                b.iter(|| {
                    for minutiae in &prints {
                        black_box(FingerFeatures::with_kernels(black_box(minutiae), &kernels));
                    }
                });
            });
            let features: Vec<FingerFeatures> =
                prints.iter().map(|minutiae| FingerFeatures::with_kernels(minutiae, &kernels)).collect();
            group.bench_function(format!("codes/{level}"), |b| {
                b.iter(|| {
                    for features in &features {
                        black_box(model.encode_with(black_box(features.view()), &kernels));
                    }
                });
            });
            group.bench_function(format!("whole/{level}"), |b| {
                b.iter(|| {
                    for minutiae in records.iter().filter_map(|record| read(black_box(record))) {
                        let features = FingerFeatures::with_kernels(&minutiae, &kernels);
                        black_box(model.encode_with(features.view(), &kernels));
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, enrolment);
criterion_main!(benches);
