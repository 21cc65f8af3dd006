//! How fast the generator is: `cargo run --release -p biomatch-datasets --example rate`.

use std::time::Instant;

use biomatch_datasets::{Capture, Population, Portrait};
use rayon::prelude::*;

fn main() {
    let population = Population::new(1);
    let citizens = 2_000_u64;
    let minutiae = |index: u64, impressions: u64| -> usize {
        let fingers = (1..=10).filter_map(|code| population.citizen(index).finger(code));
        fingers
            .flat_map(|f| (0..impressions).map(move |n| f.impression(&Capture::ENROLMENT, n).minutiae.len()))
            .sum()
    };
    for impressions in [0, 1, 2] {
        let start = Instant::now();
        let total: usize = (0..citizens).map(|index| minutiae(index, impressions)).sum();
        report(&format!("fingers with {impressions} impressions, one thread"), citizens * 10, start, total);
    }
    let start = Instant::now();
    let total: usize = (0..citizens).into_par_iter().map(|index| minutiae(index, 1)).sum();
    let threads = rayon::current_num_threads();
    report(&format!("fingers with 1 impression, {threads} threads"), citizens * 10, start, total);
    let start = Instant::now();
    let total = (0..10 * citizens).map(|i| population.citizen(i).face(&Portrait::ENROLMENT, 0).len()).sum();
    report("faces of 512 dimensions, one thread", 10 * citizens, start, total);
}

fn report(what: &str, count: u64, start: Instant, parts: usize) {
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {:.0} a second ({count} with {parts} parts in {seconds:.2} s)", count as f64 / seconds);
}
