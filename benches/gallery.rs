//! Opening galleries and enrolling into them.
#![allow(missing_docs, clippy::unwrap_used)] // a benchmark

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use biomatch::citizen::CitizenId;
use biomatch::gallery::{CitizenReferences, Gallery, GalleryOptions, NewReference};
use biomatch::template::{Finger, FingerPosition, FingerprintTemplate, Minutia, MinutiaKind};
use biomatch::units::{Angle, Length};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Scattered minutiae: what enrolment costs does not depend on how likely a finger they make.
fn finger(seed: u64) -> NewReference {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^ (z >> 29)
    };
    let minutia = |_| {
        let (x, y) = (Length::from_steps(random() as u16 % 4000), Length::from_steps(random() as u16 % 5000));
        Minutia::new(x, y, Angle::from_binary(random() as u16), MinutiaKind::Ending, None)
    };
    let minutiae = (0..40).map(minutia).collect();
    NewReference::finger(FingerprintTemplate::new(FingerPosition::Known(Finger::RightIndex), minutiae))
}

fn citizen(number: u64) -> CitizenId {
    CitizenId::from_value(number).unwrap()
}

fn fill(gallery: &Gallery, fingers: u64) {
    let writer = gallery.writer().unwrap();
    for start in (0..fingers).step_by(5_000) {
        let enrolments: Vec<_> = (start..fingers.min(start + 5_000))
            .map(|n| CitizenReferences::new(citizen(n), vec![finger(n)]))
            .collect();
        writer.add_all(&enrolments).unwrap();
        writer.commit().unwrap();
    }
    writer.flush().unwrap();
}

fn open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gallery/open");
    for fingers in [10_000, 100_000] {
        let directory = tempfile::tempdir().unwrap();
        let started = Instant::now();
        fill(&Gallery::create(directory.path(), GalleryOptions::default()).unwrap(), fingers);
        eprintln!("{fingers} fingers enrolled and in segments in {:.1?}", started.elapsed());
        group.bench_with_input(BenchmarkId::from_parameter(fingers), &fingers, |bencher, _| {
            bencher.iter(|| Gallery::open(directory.path(), GalleryOptions::default()).unwrap());
        });
        let gallery = Gallery::open(directory.path(), GalleryOptions::default()).unwrap();
        group.bench_with_input(BenchmarkId::new("snapshot", fingers), &fingers, |bencher, _| {
            bencher.iter(|| gallery.snapshot().unwrap());
        });
        let snapshot = gallery.snapshot().unwrap();
        snapshot.citizen(citizen(0)).unwrap();
        let mut who = 0;
        group.bench_with_input(BenchmarkId::new("citizen", fingers), &fingers, |bencher, _| {
            bencher.iter(|| {
                who = (who + 7919) % fingers;
                snapshot.citizen(citizen(who)).unwrap().unwrap()
            });
        });
    }
    group.finish();
}

/// One finger a commit: by one thread, each sync for one finger; by sixteen, a sync for all who
/// wait; and a thousand fingers a commit.
fn enrol(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gallery/enrol");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for threads in [1_u64, 16] {
        let directory = tempfile::tempdir().unwrap();
        let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
        let writer = gallery.writer().unwrap();
        let next = AtomicU64::new(0);
        group.throughput(Throughput::Elements(threads));
        group.bench_function(BenchmarkId::new("threads", threads), |bencher| {
            bencher.iter_custom(|rounds| {
                let started = Instant::now();
                std::thread::scope(|scope| {
                    for _ in 0..threads {
                        scope.spawn(|| {
                            for _ in 0..rounds {
                                let who = next.fetch_add(1, Ordering::Relaxed);
                                writer.add(citizen(who), &[finger(who)]).unwrap();
                                writer.commit().unwrap();
                            }
                        });
                    }
                });
                started.elapsed()
            });
        });
    }
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let mut next = 0;
    group.throughput(Throughput::Elements(1000));
    group.bench_function("bulk", |bencher| {
        bencher.iter(|| {
            let enrolments: Vec<_> =
                (next..next + 1000).map(|n| CitizenReferences::new(citizen(n), vec![finger(n)])).collect();
            next += 1000;
            writer.add_all(&enrolments).unwrap();
            writer.commit().unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, open, enrol);
criterion_main!(benches);
