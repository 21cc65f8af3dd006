//! A gallery against plain maps, over random sequences of everything that can be done to it, of everything
//! that a disk may do to it, and of what somebody else may do to its files.
//!
//! `BIOMATCH_MODEL_CASES=200000 cargo test --release --test gallery model:: -- --nocapture` is the long run;
//! `BIOMATCH_MODEL_FIRST` is the number of its first case, and repeats one that failed.

mod elsewhere;
mod expected;
mod steps;
mod tampering;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use world::{Counts, World};

/// Cases of a run without the environment variable.
const CASES: u64 = 1_500;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn a_gallery_does_what_maps_do() {
    let first = number("BIOMATCH_MODEL_FIRST", 0);
    let after = first + number("BIOMATCH_MODEL_CASES", CASES);
    let (next, sum) = (AtomicU64::new(first), Mutex::new(Counts::default()));
    let work = || {
        loop {
            let case = next.fetch_add(1, Ordering::Relaxed);
            if case >= after {
                return;
            }
            match catch_unwind(AssertUnwindSafe(|| World::new(case).run())) {
                Ok(counts) => sum.lock().unwrap().add(&counts),
                Err(panic) => {
                    eprintln!("case {case}");
                    resume_unwind(panic);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(8) {
            scope.spawn(work);
        }
    });
    let counts = sum.into_inner().unwrap();
    println!("{} cases: {counts:?}; nothing acknowledged was lost", after - first);
    counts.check(after - first);
}
