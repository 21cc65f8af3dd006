//! What fusion costs beside the comparisons that it fuses.

#[path = "../../thread_time/mod.rs"]
mod thread_time;

use std::hint::black_box;

use biomatch::fingerprint::{FingerProbe, Scratch};
use biomatch::fusion::{Best, Part, fuse};
use biomatch::units::Score;
use thread_time::thread_time;

use crate::LEADER;
use crate::data::{Scores, table_without};

const ROUNDS: u32 = 20_000;

pub(crate) fn print(all: &[Scores]) {
    println!("## Cost\n");
    let features = &all[LEADER].features;
    let mut scratch = Scratch::default();
    let start = thread_time();
    let probe = FingerProbe::new(features[0].view());
    for round in 0..ROUNDS {
        black_box(probe.compare(features[(round as usize * 7) % features.len()].view(), &mut scratch));
    }
    let comparison = (thread_time() - start).as_secs_f64() * 1e9 / f64::from(ROUNDS);
    // The size of the second table is what costs, not whose it is.
    let (fingers, face) = (table_without(all, &[]), table_without(all, &[]));
    println!("One comparison of fingers (leader): {comparison:.0} ns of processor time.\n");
    println!("| samples | ns for fusion | of the comparisons, percent |\n|---|---|---|");
    for (count, faces) in [(1, 0), (2, 0), (4, 0), (10, 0), (1, 1), (2, 1), (10, 1)] {
        let best: Vec<Best> =
            (0..count).map(|n| Best { score: Score::new(2.0 + n as f32).unwrap(), comparisons: 3 }).collect();
        let of_face: Vec<Best> =
            (0..faces).map(|_| Best { score: Score::new(0.4).unwrap(), comparisons: 3 }).collect();
        let parts = [Part { table: &fingers, best: &best }, Part { table: &face, best: &of_face }];
        fuse(&parts).unwrap();
        let start = thread_time();
        for _ in 0..ROUNDS {
            black_box(fuse(black_box(&parts)).unwrap());
        }
        let fusion = (thread_time() - start).as_secs_f64() * 1e9 / f64::from(ROUNDS);
        let share = 100.0 * fusion / (comparison * count as f64);
        println!("| {count} fingers, {faces} faces | {fusion:.0} | {share:.2} |");
    }
}
