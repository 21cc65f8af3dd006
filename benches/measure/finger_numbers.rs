//! Writes the two numbers behind the score of each pair of a list, for `benches/compare/fingers_cross.py`.
//!
//! ```text
//! cargo run --release --example finger_numbers ROOT PAIRS.csv OUT.csv
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use biomatch::fingerprint::explain;
use biomatch::template::{FingerprintRecord, Minutia, Reading};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, pairs, out] = arguments.as_slice() else {
        return Err("usage: finger_numbers ROOT PAIRS.csv OUT.csv".into());
    };
    let pairs: Vec<(String, String)> =
        csv::Reader::from_path(pairs)?.deserialize().collect::<Result<_, _>>()?;
    let mut fingers: BTreeMap<&str, Vec<Minutia>> = BTreeMap::new();
    for name in pairs.iter().flat_map(|(a, b)| [a, b]) {
        if !fingers.contains_key(name.as_str()) {
            let record = FingerprintRecord::read(&fs::read(Path::new(root).join(name))?, Reading::Lenient)?;
            let view = record.views.into_iter().next().ok_or("a record without views")?;
            fingers.insert(name, view.minutiae);
        }
    }
    let numbers: Vec<_> = pairs
        .par_iter()
        .map(|(a, b)| explain(&fingers[a.as_str()], &fingers[b.as_str()]))
        .map(|found| (found.relaxed.get(), found.share.get(), found.score.get()))
        .collect();
    let mut table = csv::Writer::from_path(out)?;
    table.write_record(["a", "b", "relaxed", "share", "score"])?;
    for ((a, b), numbers) in pairs.iter().zip(numbers) {
        table.serialize((a, b, numbers))?;
    }
    table.flush()?;
    Ok(())
}
