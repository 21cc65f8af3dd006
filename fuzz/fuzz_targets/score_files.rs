//! Any bytes as a score file, and any as its truth, parted by a zero byte: refused by their place, or
//! evaluated to rates between zero and one.
#![no_main]

use std::fs;

use biomatch::evaluation::{Bootstrap, Databases, Grouping, Missing, PairList, Plan, ScoreFile, Truth};
use biomatch_fuzz::own_file;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let middle = input.iter().position(|&byte| byte == 0).unwrap_or(input.len());
    let (scores, truth) = input.split_at(middle);
    let (scores_path, truth_path) = (own_file("scores"), own_file("truth"));
    fs::write(&scores_path, scores).expect("writes");
    fs::write(&truth_path, truth.get(1..).unwrap_or_default()).expect("writes");
    if let Err(error) = PairList::read(&scores_path) {
        assert!(!error.to_string().is_empty());
    }
    let Ok(scores) = ScoreFile::read(&scores_path) else { return };
    for truth in [Truth::read(&truth_path).ok(), Some(Truth::Naming)].into_iter().flatten() {
        for grouping in [Grouping::File, Grouping::Folder] {
            let files = std::slice::from_ref(&scores);
            let Ok(databases) = Databases::new(files, &truth, grouping, Missing::Lowest) else { continue };
            let plan =
                Plan { bootstrap: Bootstrap { replicates: 3, ..Bootstrap::default() }, ..Plan::default() };
            let Ok(report) = plan.report(&databases, &|| ()) else { continue };
            for line in &report.databases {
                let rates = line.rates.fnmr_at.iter().map(|point| point.fnmr.rate);
                assert!(rates.chain([line.rates.eer.rate]).all(|rate| (0.0..=1.0).contains(&rate)));
            }
        }
    }
});
