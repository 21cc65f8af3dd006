//! How near generated data come to real ones, side by side.
//!
//! ```text
//! BIOMATCH_DATA=/path cargo run --release --example generator_realism [DATABASES]
//! ```
//!
//! Real templates are read below the folder that `BIOMATCH_DATA` names: records of fingers in
//! `fingers/EXTRACTOR/DATABASE/FINGER_IMPRESSION.iso`, one row of the table for each extractor,
//! and embeddings in `faces/news-dev.npy` with a subject a line in `faces/news-dev.subjects.txt`.
//! Without it only generated rows are printed.
//!
//! Fingers: genuine are all pairs of impressions of a finger, impostor all pairs of impressions of
//! different fingers inside a database. A generated database holds ten fingers of ten people, eight
//! impressions each, as the real ones do; there are six unless told otherwise. After
//! that, the stages of a search: `stages.rs` says what is compared; and the mates that a filter loses among real
//! non-mates and among generated ones (`losses.rs`). Faces: all pairs.

use std::error::Error;
use std::path::PathBuf;

mod faces;
mod fingers;
#[path = "../../../src/bin/biomatch/generated.rs"]
#[allow(unreachable_pub)]
mod generated;
mod losses;
#[path = "../code_penetration/fingers.rs"]
#[allow(dead_code)] // the other example asks for more
mod sources;
mod stages;

fn main() -> Result<(), Box<dyn Error>> {
    let databases: u64 = std::env::args().nth(1).map_or(Ok(6), |n| n.parse())?;
    let data = std::env::var_os("BIOMATCH_DATA").map(PathBuf::from);
    if data.is_none() {
        eprintln!("real data skipped: BIOMATCH_DATA is not set");
    }
    let rows = fingers::rows(data.as_deref(), databases)?;
    fingers::table(&rows);
    println!();
    stages::table(&rows);
    println!();
    losses::table(data.as_deref())?;
    println!();
    faces::table(data.as_deref())
}
