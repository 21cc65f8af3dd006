//! The stages of the 1:N filter on codes, by kernel level, in memory of three sizes.
//!
//! Throughput is candidates a second of one thread. Codes are random: no stage's time depends on them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use biomatch::fingerprint::codes::{CodeMeans, CodeWords, FingerCodes, SLOTS};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore, Histogram, survivors};
use biomatch::kernels::Kernels;
use biomatch::units::Score;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Rows in the L2 cache, in the L3 cache, and far out of it (277 MB).
const SIZES: [(&str, usize); 3] = [("L2", 1 << 10), ("L3", 1 << 15), ("DRAM", 400_000)];

/// Rows of a list, spread over all.
const LISTED: usize = 4_096;

/// Columns of codes.
struct Gallery {
    words: [Vec<CodeWords>; 2],
    directions: Vec<[u8; SLOTS]>,
    places: Vec<[[i16; 2]; SLOTS]>,
    counts: Vec<u8>,
    means: Vec<CodeMeans>,
}

impl Gallery {
    /// Codes that look random, the same in every run.
    fn new(rows: usize) -> Self {
        let mut state = 1_u64;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        };
        let mut plane =
            || -> Vec<CodeWords> { (0..rows).map(|_| CodeWords(std::array::from_fn(|_| next()))).collect() };
        let words = [plane(), plane()];
        let sorted = |mut directions: [u8; SLOTS]| {
            directions.sort_unstable();
            directions
        };
        Self {
            directions: words[0].iter().map(|w| sorted(w.0.map(|word| (word >> 40) as u8))).collect(),
            places: words[1]
                .iter()
                .map(|w| w.0.map(|x| [x >> 20, x >> 40].map(|x| (x % 4_000) as i16 - 2_000)))
                .collect(),
            counts: vec![SLOTS as u8; rows],
            means: vec![CodeMeans([900, 1_900]); rows],
            words,
        }
    }

    fn rows(&self) -> CodeRows<'_> {
        CodeRows {
            words: [&self.words[0], &self.words[1]],
            directions: &self.directions,
            places: &self.places,
            counts: &self.counts,
            means: &self.means,
        }
    }

    fn finger(&self, row: usize) -> FingerCodes {
        let mut codes = FingerCodes { count: SLOTS as u8, ..FingerCodes::EMPTY };
        codes.words = [self.words[0][row], self.words[1][row]];
        codes.sites.directions = self.directions[row];
        codes.sites.places = self.places[row];
        codes
    }
}

fn stages(c: &mut Criterion) {
    for (name, size) in SIZES {
        let gallery = Gallery::new(size);
        let rows = gallery.rows();
        let finger = gallery.finger(size / 2);
        let mut scores = vec![FilterScore::EXCLUDED; size];
        let listed: Vec<u32> =
            (0..size.min(LISTED)).map(|i| (i * (size / size.min(LISTED))) as u32).collect();
        let mut some = vec![FilterScore::EXCLUDED; listed.len()];
        let mut relaxed = vec![Score::LOWEST; listed.len()];
        let mut group = c.benchmark_group(format!("cascade/{name}"));
        group.sample_size(10);
        for kernels in Kernels::all() {
            let probe = CodeProbe::with_kernels(finger.view(), kernels);
            let id = |stage: &str| BenchmarkId::new(stage, kernels.level());
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(id("coarse"), |b| b.iter(|| probe.coarse(black_box(rows), &mut scores)));
            group.bench_function(id("fine"), |b| b.iter(|| probe.fine(black_box(rows), &mut scores)));
            group.throughput(Throughput::Elements(listed.len() as u64));
            group.bench_function(id("fine_at"), |b| {
                b.iter(|| probe.fine_at(black_box(rows), &listed, &mut some));
            });
            group.bench_function(id("relaxed_at"), |b| {
                b.iter(|| probe.relaxed_at(black_box(rows), &listed, &mut relaxed));
            });
        }
        CodeProbe::new(finger.view()).coarse(rows, &mut scores);
        let mut counts = Histogram::default();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function("histogram", |b| b.iter(|| counts.add(black_box(&scores))));
        counts.clear();
        counts.add(&scores);
        let (cut, mut found) = (counts.cut(size as u64 / 10), Vec::new());
        group.bench_function("survivors", |b| {
            b.iter(|| {
                found.clear();
                survivors(black_box(&scores), cut, 0, &mut found);
            });
        });
        group.finish();
    }
}

/// Sixteen probes over rows that pass through the first cache in dozens.
fn batch(c: &mut Criterion) {
    const PROBES: usize = 16;
    const TOGETHER: usize = 64;
    let gallery = Gallery::new(1 << 15);
    let mut group = c.benchmark_group("cascade/batch");
    group.sample_size(10).throughput(Throughput::Elements((PROBES << 15) as u64));
    for kernels in Kernels::all() {
        let probe = |row| CodeProbe::with_kernels(gallery.finger(row).view(), kernels);
        let probes: Vec<CodeProbe> = (0..PROBES).map(probe).collect();
        let mut scores = [FilterScore::EXCLUDED; TOGETHER];
        group.bench_function(BenchmarkId::new("coarse", kernels.level()), |b| {
            b.iter(|| {
                for from in (0..1 << 15).step_by(TOGETHER) {
                    let rows = gallery.rows().after(from);
                    probes.iter().for_each(|probe| probe.coarse(black_box(rows), &mut scores));
                }
            });
        });
    }
    group.finish();
    let finger = gallery.finger(1);
    let mut group = c.benchmark_group("cascade/prepare");
    for kernels in Kernels::all() {
        group.bench_function(kernels.level().to_string(), |b| {
            b.iter(|| CodeProbe::with_kernels(black_box(finger.view()), kernels));
        });
    }
    group.finish();
}

criterion_group!(benches, stages, batch);
criterion_main!(benches);
