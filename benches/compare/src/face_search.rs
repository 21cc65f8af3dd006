//! Vectors for a comparison of face searches, and this engine's times on them.
//!
//! `face-search make FOLDER COUNT DIMENSION faces|uniform` writes `faces.f32` (COUNT rows), `probes.f32`
//! (10,000 rows) and `mates.u32` (the row of each probe's mate, or 2^32 - 1).
//! `face-search run FOLDER COUNT DIMENSION` enrols them, and writes one JSON object a measurement to
//! stdout. `face_search.py` measures the rivals on the same files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use biomatch::citizen::CitizenId;
use biomatch::face::FaceProbe;
use biomatch::gallery::{Gallery, NewReference, Options, Snapshot};
use biomatch::kernels::Kernels;
use biomatch::search::{Search, identify_faces, identify_faces_by_vectors};
use biomatch::template::FaceTemplate;
use biomatch::units::Score;
use biomatch_datasets::{Faces, Portrait};
use rayon::prelude::*;
use serde_json::json;

const PROBES: usize = 10_000;
const NO_MATE: u32 = u32::MAX;
/// Rounds of which the best counts, here as for the rivals.
const ROUNDS: usize = 7;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize| args[at].parse::<usize>().unwrap();
    match args[1].as_str() {
        "make" => make(Path::new(&args[2]), number(3), number(4), args[5] == "uniform"),
        "run" => run(Path::new(&args[2]), number(3), number(4)),
        other => panic!("{other}: make or run"),
    }
}

/// Eight probes of ten are second portraits of people in the gallery; two are of others.
fn make(folder: &Path, count: usize, dimension: usize, uniform: bool) {
    let faces = Faces::new(1, dimension);
    let template = |person: usize, number: u64| {
        if uniform {
            return sphere(dimension, 2 * person as u64 + number);
        }
        faces.template(person as u64, &Portrait::FIELD, number)
    };
    fs::create_dir_all(folder).unwrap();
    let write = |name: &str, people: &[(usize, u64)]| {
        let rows: Vec<f32> = people.par_iter().flat_map_iter(|&(person, number)| template(person, number)).collect();
        fs::write(folder.join(name), bytemuck::cast_slice::<f32, u8>(&rows)).unwrap();
    };
    let gallery: Vec<(usize, u64)> = (0..count).map(|person| (person, 0)).collect();
    write("faces.f32", &gallery);
    let mate = |probe: usize| (probe % 5 != 4).then(|| probe * 7919 % count);
    let probes: Vec<(usize, u64)> =
        (0..PROBES).map(|probe| (mate(probe).unwrap_or(count + probe), 1)).collect();
    write("probes.f32", &probes);
    let mates: Vec<u32> = (0..PROBES).map(|probe| mate(probe).map_or(NO_MATE, |row| row as u32)).collect();
    fs::write(folder.join("mates.u32"), bytemuck::cast_slice::<u32, u8>(&mates)).unwrap();
}

/// A direction of a normal distribution (twelve uniform draws a number).
fn sphere(dimension: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0 - 0.5
    };
    let mut vector: Vec<f32> = (0..dimension).map(|_| (0..12).map(|_| draw()).sum()).collect();
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

fn read<T: bytemuck::Pod>(path: &Path) -> Vec<T> {
    bytemuck::pod_collect_to_vec(&fs::read(path).unwrap())
}

fn say(what: &str, threads: usize, seconds: f64, of: serde_json::Value) {
    let mut line = json!({ "who": "biomatch", "what": what, "threads": threads, "seconds": seconds });
    line.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    println!("{line}");
}

fn seconds<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

fn best(mut work: impl FnMut()) -> f64 {
    (0..ROUNDS).map(|_| seconds(&mut work).0).fold(f64::INFINITY, f64::min)
}

fn run(folder: &Path, count: usize, dimension: usize) {
    let model: biomatch::template::ModelId = "bench".parse().unwrap();
    let template = |row: &[f32]| FaceTemplate::new(model.clone(), row).unwrap();
    let directory = folder.join("gallery");
    if !directory.exists() {
        enrol(folder, &directory, dimension, count);
    }
    let (open, gallery) = seconds(|| Gallery::open(&directory, Options::default()).unwrap());
    let (first, snapshot) = seconds(|| gallery.snapshot().unwrap());
    say("open", 1, open + first, json!({ "rows": count }));
    assert_eq!(snapshot.face_count(), count);

    let probes: Vec<f32> = read(&folder.join("probes.f32"));
    let probes: Vec<FaceProbe> =
        probes.chunks_exact(dimension).map(|row| FaceProbe::new(&template(row))).collect();
    // Maps and caches are warm before anything counts, for the rivals too.
    let any = Search::top(NonZeroUsize::new(10).unwrap());
    identify_faces(&snapshot, &probes[..2], &any).unwrap();
    identify_faces_by_vectors(&snapshot, &probes[..1], &any).unwrap();

    let codes: usize = snapshot.face_blocks(&model).iter().filter_map(|b| b.codes()).map(|c| c.len() * 64).sum();
    let level = Kernels::active().level().name();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let time = best(|| roofline(&snapshot, &model, &pool));
        say("read roofline", threads, time, json!({ "bytes": codes, "gb_s": codes as f64 / time / 1e9 }));
        let search = any.on(&pool);
        let threshold = search.at_least(Score::new(0.45).unwrap());
        let single = |name: &str, search: &Search<'_>, probes: &[FaceProbe]| {
            let time = best(|| {
                for probe in probes {
                    black_box(identify_faces(&snapshot, std::slice::from_ref(probe), search).unwrap());
                }
            }) / probes.len() as f64;
            let rate = count as f64 / time;
            let of = json!({ "ms": time * 1e3, "m_vectors_s": rate / 1e6, "level": level,
                             "gb_s": codes as f64 / time / 1e9 });
            say(name, threads, time, of);
        };
        single("single top 10", &search, &probes[..5]);
        single("single top 10 at 0.45", &threshold, &probes[..5]);
        let vectors = best(|| {
            black_box(identify_faces_by_vectors(&snapshot, &probes[..1], &search).unwrap());
        });
        say("single by vectors", threads, vectors, json!({ "m_vectors_s": count as f64 / vectors / 1e6 }));
        for batch in [100, 1_000, PROBES] {
            if batch * count > 2_000_000_000 {
                continue;
            }
            let rounds = if batch * count > 200_000_000 { 2 } else { ROUNDS };
            let time = (0..rounds)
                .map(|_| seconds(|| black_box(identify_faces(&snapshot, &probes[..batch], &search).unwrap())).0)
                .fold(f64::INFINITY, f64::min);
            let rate = (batch * count) as f64 / time;
            say("batch", threads, time, json!({ "probes": batch, "m_pairs_s": rate / 1e6, "level": level }));
        }
    }
    quality(folder, &snapshot, &probes, &any, count);
}

/// Mates that come first, and lists that differ from the scan of vectors in any id or bit.
fn quality(folder: &Path, snapshot: &Snapshot, probes: &[FaceProbe], search: &Search<'_>, count: usize) {
    let checked = (1_000_000_000 / count).clamp(40, PROBES);
    let found = identify_faces(snapshot, &probes[..checked], search).unwrap();
    let expected = identify_faces_by_vectors(snapshot, &probes[..checked], search).unwrap();
    let differ = found.iter().zip(&expected).filter(|(a, b)| a != b).count();
    let mates: Vec<u32> = read(&folder.join("mates.u32"));
    let mated = mates[..checked].iter().filter(|&&mate| mate != NO_MATE).count();
    let first = found.iter().zip(&mates).filter(|(found, mate)| {
        let best = found.hits.first().map(|hit| hit.citizen.value());
        best == Some(u64::from(**mate))
    });
    let rate = first.count() as f64 / mated as f64;
    say("quality", 0, 0.0, json!({ "probes": checked, "differing": differ, "mate_rate": rate }));
}

fn enrol(folder: &Path, directory: &Path, dimension: usize, count: usize) {
    let model: biomatch::template::ModelId = "bench".parse().unwrap();
    let rows: Vec<f32> = read(&folder.join("faces.f32"));
    let gallery = Gallery::create(directory, Options::default().flush_at(65_536)).unwrap();
    let writer = gallery.writer().unwrap();
    let (time, ()) = seconds(|| {
        for (block, rows) in rows.chunks(dimension * 8_192).enumerate() {
            for (row, values) in rows.chunks_exact(dimension).enumerate() {
                let citizen = CitizenId::from_value((block * 8_192 + row) as u64).unwrap();
                let template = FaceTemplate::new(model.clone(), values).unwrap();
                writer.add(citizen, &[NewReference::face(template)]).unwrap();
            }
            writer.commit().unwrap();
        }
        writer.flush().unwrap();
    });
    say("enrol", 0, time, json!({ "rows": count, "rows_s": count as f64 / time }));
    let (time, ()) = seconds(|| writer.compact().unwrap());
    say("compact", 0, time, json!({ "rows": count }));
}

/// Reads the codes' bytes as fast as plain code can: what no scan of them can beat.
fn roofline(snapshot: &Snapshot, model: &biomatch::template::ModelId, pool: &rayon::ThreadPool) {
    let sum = |bytes: &[u8]| {
        let mut sums = [0_u64; 16];
        for line in bytemuck::cast_slice::<u8, u64>(bytes).as_chunks::<16>().0 {
            for (sum, x) in sums.iter_mut().zip(line) {
                *sum ^= x;
            }
        }
        sums.iter().fold(0, |a, b| a ^ b)
    };
    let blocks = snapshot.face_blocks(model).iter().filter_map(|block| block.codes());
    pool.install(|| {
        for codes in blocks {
            let pieces = codes.as_flattened().par_chunks(1 << 19);
            black_box(pieces.map(sum).reduce(|| 0, |a, b| a ^ b));
        }
    });
}
