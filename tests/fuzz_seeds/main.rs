//! Every seed of every fuzz target, replayed without a fuzzer: an input that once crashed is committed as a seed of
//! its target and crashes here, on stable Rust and in every run of the tests. The targets are compiled as they are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code, unreachable_pub)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

// The targets name these two crates; here both are this file.
extern crate self as biomatch_fuzz;
extern crate self as libfuzzer_sys;

#[path = "../../fuzz/src/files.rs"]
mod files;
#[path = "../../fuzz/src/gallery/mod.rs"]
pub mod gallery;
#[path = "../../fuzz/src/pictures.rs"]
pub mod pictures;
#[path = "../../fuzz/src/records.rs"]
pub mod records;
mod targets;

pub use files::own_file;

macro_rules! fuzz_target {
    (|$input:ident: &[u8]| $body:expr) => {
        pub(crate) fn run($input: &[u8]) {
            $body
        }
    };
    (|$input:ident: &str| $body:expr) => {
        pub(crate) fn run(input: &[u8]) {
            let Ok($input) = std::str::from_utf8(input) else { return };
            $body
        }
    };
}
pub(crate) use fuzz_target;

#[test]
fn no_seed_fails_its_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let listed = |folder: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    };
    let names = targets::ALL.iter().map(|(name, _)| format!("{name}.rs")).collect();
    assert_eq!(listed(&fuzz.join("fuzz_targets")), names, "targets that are there, and those that run here");
    for (name, run) in targets::ALL {
        let seeds = fuzz.join("seeds").join(name);
        let listed = listed(&seeds);
        assert!(!listed.is_empty(), "{name} has no seeds");
        for seed in listed {
            println!("{name}/{seed}"); // the last line before a panic
            run(&fs::read(seeds.join(seed)).unwrap());
        }
    }
}
