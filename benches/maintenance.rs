//! What maintenance costs those who commit: latencies of single enrolments alone and beside the merge of a
//! million rows, and how long opening takes after many small changes. A table on standard output; `cargo bench
//! --bench maintenance`, or with a number of rows: `-- 100000`.
#![allow(missing_docs, clippy::unwrap_used)] // a benchmark

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use biomatch::citizen::CitizenId;
use biomatch::gallery::{CitizenReferences, Gallery, GalleryOptions, Maintenance, NewReference, Status};
use biomatch::subject::SubjectId;
use biomatch::template::{FaceTemplate, ModelId};
use rayon::prelude::*;

const DIMENSION: usize = 128;
/// Commits of which the latency alone is taken.
const COMMITS: usize = 3_000;

fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next_back();
    let rows: u64 = match rows {
        // As `cargo test --benches` runs it: that it works.
        None if std::env::args().any(|argument| argument == "--test") => 2_000,
        rows => rows.unwrap_or(1_000_000),
    };
    println!("| what | p50 ms | p99 ms | greatest ms | commits |");
    println!("|---|---|---|---|---|");
    latencies(rows);
    println!();
    println!("| opening after | ms, median of 9 |");
    println!("|---|---|");
    openings(rows);
}

fn subject(number: u64) -> SubjectId {
    CitizenId::from_value(number).unwrap().into()
}

fn face(model: &ModelId, seed: u64) -> NewReference {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)) as u32 as f32 / u32::MAX as f32 - 0.5
    };
    let numbers: Vec<f32> = (0..DIMENSION).map(|_| random()).collect();
    NewReference::face(FaceTemplate::new(model.clone(), &numbers).unwrap())
}

fn fill(gallery: &Gallery, model: &ModelId, people: std::ops::Range<u64>) {
    let writer = gallery.writer().unwrap();
    let enrolments: Vec<_> =
        people.into_par_iter().map(|n| CitizenReferences::new(subject(n), vec![face(model, n)])).collect();
    writer.add_all(&enrolments).unwrap();
    writer.commit().unwrap();
}

fn latencies(rows: u64) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let model: ModelId = "bench".parse().unwrap();
    let options = GalleryOptions::default().maintenance(Maintenance::Manual);
    let gallery = Gallery::create(folder.path().join("gallery"), options).unwrap();
    let writer = gallery.writer().unwrap();
    // As many segments of one size as are joined together.
    for part in 0..8 {
        fill(&gallery, &model, part * rows / 8..(part + 1) * rows / 8);
    }
    let mut next = rows;
    let mut enrol = |until: &dyn Fn(usize) -> bool| {
        let mut took = Vec::new();
        while !until(took.len()) {
            let reference = face(&model, next);
            let started = Instant::now();
            writer.add(subject(next), &[reference]).unwrap();
            writer.commit().unwrap();
            took.push(started.elapsed());
            next += 1;
        }
        took
    };
    report("enrolment alone", enrol(&|count| count == COMMITS));
    let merged = AtomicBool::new(false);
    let merging = Instant::now();
    let (beside, took) = std::thread::scope(|scope| {
        let merge = scope.spawn(|| {
            let result = writer.compact();
            merged.store(true, Ordering::Release);
            result.unwrap();
            merging.elapsed()
        });
        let beside = enrol(&|_| merged.load(Ordering::Acquire));
        (beside, merge.join().unwrap())
    });
    report(&format!("beside the merge of {rows} rows ({:.1} s)", took.as_secs_f64()), beside);
    report("after it", enrol(&|count| count == COMMITS));
}

fn report(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: f64| {
        let index = ((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1));
        took.get(index).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!("| {what} | {:.3} | {:.3} | {:.3} | {} |", at(0.5), at(0.99), at(1.0), took.len());
}

fn openings(rows: u64) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let model: ModelId = "bench".parse().unwrap();
    let path = folder.path().join("gallery");
    let gallery = Gallery::create(&path, GalleryOptions::default()).unwrap();
    fill(&gallery, &model, 0..rows);
    opened(&format!("{rows} enrolments"), &path);
    let locks = (rows / 10).max(200);
    let writer = gallery.writer().unwrap();
    for n in 0..locks {
        writer.set_status(subject(n), Status::Locked(std::num::NonZeroU8::MIN)).unwrap();
        writer.commit().unwrap();
    }
    drop(writer);
    opened(&format!("{locks} locks, one by one, more"), &path);
}

fn opened(what: &str, path: &std::path::Path) {
    let open = || {
        let started = Instant::now();
        let gallery = Gallery::open(path, GalleryOptions::default()).unwrap();
        let took = started.elapsed();
        drop(gallery);
        took
    };
    let mut took: Vec<_> = (0..9).map(|_| open()).collect();
    took.sort_unstable();
    println!("| {what} | {:.2} |", took[4].as_secs_f64() * 1e3);
}
