//! Searches at the present kernel level, each beside plain reading of its bytes.

use std::hint::black_box;
use std::num::NonZeroUsize;

use biomatch::face::{CODE_PIECE, FaceProbe};
use biomatch::gallery::Snapshot;
use biomatch::search::{OneBit, Search, identify_faces, identify_faces_by_vectors};
use biomatch::units::Score;
use rayon::ThreadPool;
use serde_json::json;

use crate::measure::{Set, best, best_each, pool, say};
use crate::roofline;

/// Bytes of a search that all scan.
pub fn codes(snapshot: &Snapshot) -> Vec<&[u8]> {
    let blocks = snapshot.face_blocks(&Set::model()).iter();
    blocks.filter_map(|block| block.codes()).map(|codes| codes.lines().as_flattened()).collect()
}

/// Bytes of the high planes alone.
fn high_bytes(snapshot: &Snapshot) -> usize {
    let blocks = snapshot.face_blocks(&Set::model()).iter();
    let pieces = blocks.filter_map(|block| block.codes()).flat_map(|codes| {
        let firsts = (0..codes.blocks()).step_by(CODE_PIECE);
        firsts.filter_map(move |first| codes.planes(first, CODE_PIECE.min(codes.blocks() - first)))
    });
    pieces.map(|planes| size_of_val(planes.high())).sum()
}

/// Single searches, thresholded ones, and batches of at most so many pairs, by one thread and by two; the
/// scan of vectors and the filter of signs if there may be many.
pub fn scan(set: &Set, most_pairs: usize) {
    let snapshot = set.snapshot();
    let probes = set.probes();
    let any = Search::top(NonZeroUsize::new(10).unwrap());
    // Maps and caches are warm before anything counts, for the rivals too.
    identify_faces(&snapshot, &probes[..2], &any).unwrap();
    identify_faces_by_vectors(&snapshot, &probes[..1], &any).unwrap();

    let mapped = codes(&snapshot);
    let bytes: usize = mapped.iter().map(|part| part.len()).sum();
    for threads in [1, 2] {
        let pool = pool(threads);
        let time = roofline::read(&mapped, &pool);
        let roof = bytes as f64 / time;
        say("read, mapped file", threads, time, json!({ "gb_s": roof / 1e9 }));
        let copy: Vec<u8> = mapped.concat();
        let time = roofline::read(&[&copy], &pool);
        say("read, anonymous memory", threads, time, json!({ "gb_s": bytes as f64 / time / 1e9 }));
        drop(copy);
        singles(set, &snapshot, &probes, &any, &pool, (bytes, roof));
        let search = any.on(&pool);
        if most_pairs >= 1_000_000_000 {
            one_bit(set, &snapshot, &probes, &search, threads);
            let time = best(|| {
                black_box(identify_faces_by_vectors(&snapshot, &probes[..1], &search).unwrap());
            });
            say("single by vectors", threads, time, json!({ "m_vectors_s": set.count as f64 / time / 1e6 }));
        }
        for batch in [10, 100, 1_000, Set::PROBES] {
            if batch * set.count <= most_pairs {
                batches(set, &snapshot, &probes[..batch], &any, &pool);
            }
        }
    }
}

/// The searches that rivals are compared with, once more: the table takes the better of both times, as it
/// takes the best of each rival's rounds.
pub fn again(set: &Set) {
    let snapshot = set.snapshot();
    let probes = set.probes();
    let any = Search::top(NonZeroUsize::new(10).unwrap());
    let mapped = codes(&snapshot);
    let bytes: usize = mapped.iter().map(|part| part.len()).sum();
    let pool = pool(1);
    let time = roofline::read(&mapped, &pool);
    say("read, mapped file", 1, time, json!({ "gb_s": bytes as f64 / time / 1e9 }));
    singles(set, &snapshot, &probes, &any, &pool, (bytes, bytes as f64 / time));
    for batch in [100, 1_000] {
        batches(set, &snapshot, &probes[..batch], &any, &pool);
    }
}

fn batches(set: &Set, snapshot: &Snapshot, probes: &[FaceProbe], any: &Search<'_>, pool: &ThreadPool) {
    let search = any.on(pool);
    let time = best(|| {
        black_box(identify_faces(snapshot, probes, &search).unwrap());
    });
    let rate = (probes.len() * set.count) as f64 / time / 1e6;
    say("batch", pool.current_num_threads(), time, json!({ "probes": probes.len(), "m_pairs_s": rate }));
}

/// Searches of one probe: the best ten, the best one, and the best ten at a threshold, each beside the bytes that it has
/// to read.
fn singles(
    set: &Set,
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    any: &Search<'_>,
    pool: &ThreadPool,
    (bytes, roof): (usize, f64),
) {
    // As many different ones as the rivals are asked.
    let probes = &probes[..if set.count <= 100_000 { 100 } else { 5 }];
    let least = Score::new(0.45).unwrap();
    let searches = [
        ("single top 10", *any),
        ("single top 1", Search::top(NonZeroUsize::MIN)),
        ("single top 10 at 0.45", any.at_least(least)),
    ];
    // The least that a search reads: the low planes of what these leave come to it.
    let high = high_bytes(snapshot);
    for (name, search) in searches {
        let search = search.on(pool);
        let time = best_each(probes, |probe| {
            black_box(identify_faces(snapshot, std::slice::from_ref(probe), &search).unwrap());
        });
        let rate = high as f64 / time;
        let of = json!({
            "m_vectors_s": set.count as f64 / time / 1e6, "gb_s": rate / 1e9, "share": rate / roof,
            "bytes_a_vector": bytes as f64 / set.count as f64,
        });
        say(name, pool.current_num_threads(), time, of);
    }
}

/// Searches through the filter of signs, and how often the first place is lost.
fn one_bit(set: &Set, snapshot: &Snapshot, probes: &[FaceProbe], search: &Search<'_>, threads: usize) {
    for share in [10_000, 1_000, 100] {
        let shortlist = NonZeroUsize::new((set.count / share).max(10)).unwrap();
        let filter = OneBit::measured(snapshot, &probes[..200], search, shortlist).unwrap();
        let time = best(|| {
            for probe in &probes[..5] {
                black_box(filter.identify(snapshot, std::slice::from_ref(probe), search).unwrap());
            }
        }) / 5.0;
        let of = json!({
            "shortlist": shortlist, "m_vectors_s": set.count as f64 / time / 1e6,
            "probes": filter.misses().searched, "missed": filter.misses().missed,
        });
        say("single through one bit, approximate", threads, time, of);
    }
}
