//! Faces: one comparison, scans by kernel level, score matrices, reading of embeddings.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use biomatch::face::{CODE_PIECE, CodedProbes, FaceCodes, FaceMatrix, FaceProbe, code_rows, row};
use biomatch::ingest::enrolments;
use biomatch::kernels::Kernels;
use biomatch::kernels::codes::LANES;
use biomatch::template::FaceTemplate;
use biomatch::template::face_file::{Embeddings, read_json};
use biomatch::units::Score;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;

const DIMENSION: usize = 512;

/// Numbers that look random, the same in every run.
fn numbers(count: usize) -> Vec<f32> {
    let mut state = 1_u64;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

fn array(rows: usize) -> Array2<f32> {
    Array2::from_shape_vec((rows, DIMENSION), numbers(rows * DIMENSION)).unwrap()
}

fn one_to_one(c: &mut Criterion) {
    let values = numbers(2 * DIMENSION);
    let face = |from| FaceTemplate::new("m".parse().unwrap(), &values[from..from + DIMENSION]).unwrap();
    let (probe, reference) = (FaceProbe::new(&face(0)), row(&face(DIMENSION)));
    let mut group = c.benchmark_group("face/one_to_one");
    group.throughput(Throughput::Elements(1));
    group.bench_function("compare", |b| b.iter(|| probe.compare(black_box(&reference))));
    group.bench_function("prepare", |b| {
        let face = face(0);
        b.iter(|| FaceProbe::new(black_box(&face)));
    });
    for kernels in Kernels::all() {
        group.bench_function(BenchmarkId::new("dot", kernels.level()), |b| {
            b.iter(|| kernels.dot(black_box(probe.row()), black_box(&reference)));
        });
    }
    group.finish();
}

fn scan(c: &mut Criterion) {
    let mut group = c.benchmark_group("face/scan");
    // In the L2 cache, and far out of the last.
    for (rows, samples) in [(256, 100), (100_000, 10)] {
        let matrix = numbers(rows * DIMENSION);
        let probe = numbers(DIMENSION);
        let mut scores = vec![0.0; rows];
        group.throughput(Throughput::Bytes((rows * DIMENSION * 4) as u64)).sample_size(samples);
        for kernels in Kernels::all() {
            group.bench_function(BenchmarkId::new(kernels.level().to_string(), rows), |b| {
                b.iter(|| kernels.dot_rows(black_box(&probe), black_box(&matrix), &mut scores));
            });
        }
    }
    group.finish();
}

/// Scans of codes for one probe, by both planes and by the high one: a piece in the L2 cache, and a hundred in
/// memory.
fn codes(c: &mut Criterion) {
    let mut group = c.benchmark_group("face/codes");
    for (pieces, samples) in [(1, 100), (100, 10)] {
        let rows = pieces * CODE_PIECE * LANES;
        let values = numbers((rows + 1) * DIMENSION);
        let faces: Vec<Vec<f32>> = values
            .chunks_exact(DIMENSION)
            .map(|values| row(&FaceTemplate::new("m".parse().unwrap(), values).unwrap()))
            .collect();
        let views: Vec<&[f32]> = faces[1..].iter().map(Vec::as_slice).collect();
        let lines = code_rows(&views, DIMENSION);
        let scanned = FaceCodes::new(&lines, DIMENSION, rows).unwrap();
        let probe = CodedProbes::new(DIMENSION, [&faces[0][..]]);
        // At this score no row is left.
        let least = Score::new(0.45).unwrap();
        let (terms, high) = (probe.terms(0, least), probe.high_terms(0, least));
        let mut masks = [0; CODE_PIECE];
        group.throughput(Throughput::Elements(rows as u64)).sample_size(samples);
        for kernels in Kernels::all() {
            let each = || (0..pieces).map(|piece| scanned.planes(piece * CODE_PIECE, CODE_PIECE).unwrap());
            group.bench_function(BenchmarkId::new(format!("both/{}", kernels.level()), rows), |b| {
                b.iter(|| {
                    for planes in each() {
                        kernels.plane_candidates(probe.codes(0, 1), &terms, black_box(planes), &mut masks);
                    }
                });
            });
            group.bench_function(BenchmarkId::new(format!("high/{}", kernels.level()), rows), |b| {
                b.iter(|| {
                    for planes in each() {
                        kernels.high_candidates(probe.codes(0, 1), &high, black_box(planes), &mut masks);
                    }
                });
            });
        }
    }
    group.finish();
}

fn tile(c: &mut Criterion) {
    const ROWS: usize = 64;
    let mut group = c.benchmark_group("face/tile");
    for probes in [4, 64] {
        let (left, right) = (numbers(probes * DIMENSION), numbers(ROWS * DIMENSION));
        let mut scores = vec![0.0; probes * ROWS];
        group.throughput(Throughput::Elements((probes * ROWS) as u64));
        for kernels in Kernels::all() {
            group.bench_function(BenchmarkId::new(kernels.level().to_string(), probes), |b| {
                b.iter(|| kernels.dot_tile(DIMENSION, black_box(&left), black_box(&right), &mut scores));
            });
        }
    }
    group.finish();
    let faces = FaceMatrix::new("m".parse().unwrap(), array(2_000).view()).unwrap();
    let mut group = c.benchmark_group("face/matrix");
    group.throughput(Throughput::Elements(2_000 * 2_000)).sample_size(10);
    group.bench_function("2000x2000", |b| b.iter(|| faces.compare_all(&faces).unwrap()));
    group.finish();
}

fn files(c: &mut Criterion) {
    let faces = array(2_000);
    let mut npy = Vec::new();
    ndarray_npy::WriteNpyExt::write_npy(&faces, &mut npy).unwrap();
    let mut group = c.benchmark_group("face/files");
    // Whatever the size of the file.
    group.bench_function("npy/open", |b| b.iter(|| Embeddings::npy(black_box(&npy[..])).unwrap().rows()));
    group.throughput(Throughput::Bytes(npy.len() as u64)).sample_size(20);
    group.bench_function("npy/templates", |b| {
        let (read, model) = (Embeddings::npy(&npy[..]).unwrap(), "m".parse().unwrap());
        b.iter(|| (0..read.rows()).map(|r| read.template(&model, r).unwrap()).collect::<Vec<_>>());
    });
    group.bench_function("npy/matrix", |b| {
        let read = Embeddings::npy(&npy[..]).unwrap().to_array();
        b.iter(|| FaceMatrix::new("m".parse().unwrap(), read.view()).unwrap());
    });
    let few: Vec<Vec<f32>> = faces.rows().into_iter().take(100).map(|row| row.to_vec()).collect();
    let json = serde_json::to_vec(&few).unwrap();
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("json", |b| {
        b.iter_batched(
            || json.clone(),
            |mut json| read_json(&mut json).unwrap(),
            criterion::BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn manifest(c: &mut Criterion) {
    let text: String = (0..10_000)
        .map(|n| {
            format!(
                r#"{{"citizen":"{n:012}","fingers":[{{"position":"right_index","file":"{n}.iso"}}],"face":{{"model":"m","file":"faces.npy","row":{n}}}}}"#
            ) + "\n"
        })
        .collect();
    let mut group = c.benchmark_group("face/manifest");
    group.throughput(Throughput::Elements(10_000)).sample_size(20);
    group.bench_function("lines", |b| {
        b.iter(|| enrolments(black_box(text.as_bytes())).filter(Result::is_ok).count());
    });
    group.bench_function("block", |b| b.iter(|| enrolments(black_box(text.as_bytes())).next_block(10_000)));
    group.finish();
}

criterion_group!(benches, one_to_one, scan, codes, tile, files, manifest);
criterion_main!(benches);
