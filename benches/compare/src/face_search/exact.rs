//! Searches by codes against the scan of vectors: the same in every id and every bit of a score.

use std::num::NonZeroUsize;
use std::time::Instant;

use biomatch::citizen::CitizenId;
use biomatch::search::{Search, identify_faces, identify_faces_by_vectors};
use biomatch::subject::SubjectId;
use serde_json::json;

use crate::measure::{Set, say};

/// Probes that are compared at once.
const TOGETHER: usize = 500;

/// Compares as many probes as the time allows, and counts mates that come first.
pub fn exact(set: &Set, seconds: f64) {
    let snapshot = set.snapshot();
    let probes = set.probes();
    let mates: Vec<u32> = set.read("mates.u32");
    let search = Search::top(NonZeroUsize::new(10).unwrap());
    let start = Instant::now();
    let (mut checked, mut differing, mut mated, mut first) = (0, 0, 0, 0);
    for (probes, mates) in probes.chunks(TOGETHER).zip(mates.chunks(TOGETHER)) {
        if checked > 0 && start.elapsed().as_secs_f64() > seconds {
            break;
        }
        let found = identify_faces(&snapshot, probes, &search).unwrap();
        let expected = identify_faces_by_vectors(&snapshot, probes, &search).unwrap();
        checked += probes.len();
        differing += found.iter().zip(&expected).filter(|(a, b)| a != b).count();
        for (found, &mate) in found.iter().zip(mates).filter(|(_, mate)| **mate != Set::NO_MATE) {
            mated += 1;
            first += usize::from(found.hits.first().is_some_and(|hit| hit.citizen == subject(mate)));
        }
    }
    let mate_rate = (mated > 0).then(|| f64::from(first as u32) / f64::from(mated as u32));
    let of = json!({ "probes": checked, "differing": differing, "mate_rate": mate_rate });
    say("exactness", 2, start.elapsed().as_secs_f64(), of);
}

/// The subject of a row of the gallery, as `enrol` numbers them.
fn subject(row: u32) -> SubjectId {
    CitizenId::from_value(u64::from(row)).unwrap().into()
}
