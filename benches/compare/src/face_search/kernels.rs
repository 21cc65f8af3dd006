//! The kernels of codes at each level, side by side: what their instructions can do where memory does not
//! hold them back, and what that is of AVX-512.

use std::hint::black_box;

use biomatch::face::{CODE_PIECE, CodedProbes};
use biomatch::gallery::Snapshot;
use biomatch::kernels::Kernels;
use biomatch::kernels::codes::{HEAD, LANES, Planes};
use biomatch::units::Score;
use serde_json::{Value, json};

use crate::measure::{Set, seconds};

/// Probes of a batch.
const BATCH: usize = 504;

/// Rounds, each of a few milliseconds a kernel, levels in turn: the best of so many is hardly disturbed by
/// what else runs on the machine.
const ROUNDS: usize = 60;

/// Rows that passes over all codes see in all their rounds.
const MEMORY_ROWS: usize = 15_000_000;

/// Measures one piece of codes, which the L2 cache holds, with one probe and with many.
pub fn kernels(set: &Set) {
    let snapshot = set.snapshot();
    let probes = set.probes();
    let coded = CodedProbes::new(set.dimension, probes[..BATCH].iter().map(|probe| probe.row()));
    // At this score few rows are left, as in a search.
    let least = Score::new(0.45).unwrap();
    let terms: Vec<_> = (0..BATCH).map(|probe| coded.terms(probe, least)).collect();
    let high = coded.high_terms(0, least);
    let block = &snapshot.face_blocks(&Set::model())[0];
    let codes = block.codes().unwrap();
    let planes = codes.planes(0, CODE_PIECE.min(codes.blocks())).unwrap();
    let rows = (planes.blocks() * LANES) as f64;
    let levels: Vec<Kernels> = Kernels::all().skip(1).collect();
    let mut lines = vec![[0; 64]; planes.blocks() * (HEAD + planes.groups())];
    let mut masks = vec![0; BATCH * planes.blocks()];
    Kernels::active().join_codes(planes, &mut lines);
    let mut best = vec![[f64::INFINITY; 3]; levels.len()];
    for _ in 0..ROUNDS {
        for (kernels, best) in levels.iter().zip(&mut best) {
            let one = &mut masks[..planes.blocks()];
            let times = [
                seconds(|| {
                    (0..32).for_each(|_| kernels.plane_candidates(coded.codes(0, 1), &terms[0], planes, one))
                })
                .0 / 32.0,
                seconds(|| {
                    (0..64).for_each(|_| kernels.high_candidates(coded.codes(0, 1), &high, planes, one))
                })
                .0 / 64.0,
                seconds(|| kernels.code_candidates(coded.codes(0, BATCH), &terms, &lines, &mut masks)).0,
            ];
            black_box(&masks);
            best.iter_mut().zip(times).for_each(|(best, time)| *best = best.min(time));
        }
    }
    for (kernels, best) in levels.iter().zip(&best) {
        let names = ["kernel, both planes", "kernel, high plane", "kernel, batch"];
        for (at, (name, &time)) in names.iter().zip(best).enumerate() {
            let (key, count) =
                if at == 2 { ("m_pairs_s", rows * BATCH as f64) } else { ("m_vectors_s", rows) };
            say_of(kernels, name, time, json!({ key: count / time / 1e6 }));
        }
    }
    from_memory(set, &snapshot, &levels, &coded, least);
}

/// The passes of one probe over all codes, as far as they are in memory and not in a cache: beside plain reading
/// they say what the kernels add to it, and beside searches what these add.
fn from_memory(set: &Set, snapshot: &Snapshot, levels: &[Kernels], coded: &CodedProbes, least: Score) {
    let blocks = snapshot.face_blocks(&Set::model()).iter();
    let pieces: Vec<Planes<'_>> = blocks
        .filter_map(|block| block.codes())
        .flat_map(|codes| {
            let firsts = (0..codes.blocks()).step_by(CODE_PIECE);
            firsts.filter_map(move |first| codes.planes(first, CODE_PIECE.min(codes.blocks() - first)))
        })
        .collect();
    let (codes, terms, high) = (coded.codes(0, 1), coded.terms(0, least), coded.high_terms(0, least));
    let mut masks = [0; CODE_PIECE];
    let mut best = vec![[f64::INFINITY; 2]; levels.len()];
    for _ in 0..(MEMORY_ROWS / set.count).clamp(1, 150) {
        for (kernels, best) in levels.iter().zip(&mut best) {
            let both = || {
                pieces
                    .iter()
                    .for_each(|&p| kernels.plane_candidates(codes, &terms, p, &mut masks[..p.blocks()]))
            };
            best[0] = best[0].min(seconds(both).0);
            let high = || {
                pieces
                    .iter()
                    .for_each(|&p| kernels.high_candidates(codes, &high, p, &mut masks[..p.blocks()]))
            };
            best[1] = best[1].min(seconds(high).0);
        }
    }
    let bytes = pieces.iter().fold([0, 0], |[both, high], planes| {
        [both + size_of_val(planes.high()) + size_of_val(planes.low()), high + size_of_val(planes.high())]
    });
    for (kernels, best) in levels.iter().zip(&best) {
        for (name, (&time, bytes)) in
            ["pass, both planes", "pass, high plane"].iter().zip(best.iter().zip(bytes))
        {
            let of =
                json!({ "m_vectors_s": set.count as f64 / time / 1e6, "gb_s": bytes as f64 / time / 1e9 });
            say_of(kernels, name, time, of);
        }
    }
}

fn say_of(kernels: &Kernels, what: &str, time: f64, of: Value) {
    let level = kernels.level().name();
    let mut line = json!({ "who": "biomatch", "level": level, "what": what, "threads": 1, "seconds": time });
    line.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    println!("{line}");
}
