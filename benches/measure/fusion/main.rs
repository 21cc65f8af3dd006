//! Calibration and fusion on real data that were not used to fit: one finger, two, four, ten generated, finger and face.
//!
//! ```text
//! BIOMATCH_DATA=DIR cargo run --release --example fusion
//! ```
//!
//! 1. The rates that a table states, on the comparisons of an extractor and a database that are both not in its fit.
//! 2. Chimeric people of the LEADER templates: each has one finger of each of several databases, with the same
//!    impressions together. Tables are fitted on the other databases, and all extractors there.
//! 3. Generated people with ten fingers, by a table of real fingers.
//! 4. A real finger with a real face; the face's table is of other subjects, the finger's of the other databases.
//! 5. What fusion costs beside the comparisons.
//!
//! Rates are of all comparisons, intervals of 95 % by resampling fingers and faces, from which people are made.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a measurement that cannot be made ends

mod chimeric;
mod cost;
mod data;
mod faces;
mod generated;
mod rates;
mod stated;

use std::env;
use std::path::PathBuf;

use data::Scores;

const EXTRACTORS: [&str; 4] = ["secugen", "mindtct", "sourceafis", "leader"];
const LEADER: usize = 3;

fn main() {
    let data = PathBuf::from(env::var_os("BIOMATCH_DATA").expect("BIOMATCH_DATA names the development data"));
    let all: Vec<Scores> =
        EXTRACTORS.iter().map(|name| Scores::read(&data.join("fingers").join(name), name)).collect();
    stated::print(&all);
    chimeric::print(&all);
    generated::print(&all);
    faces::print(&all, &data);
    cost::print(&all);
}
