//! Everything about 1:N search of fingers in one table, from scratch: speed by stage and kernel level, mates
//! lost, persons of several fingers.
//!
//! `BIOMATCH_DATA=DIR cargo run --release --example cascade_table -- [--fingers 300000] [--threads 2]
//! [--folder DIR]`. Fingers are generated, ten of each person, and enrolled in FOLDER, where a later run finds
//! them again. `benches/README.md` says how long it takes and what the columns mean.

#[path = "../../../src/bin/biomatch/generated.rs"]
#[allow(unreachable_pub)]
mod generated;

mod fate;
#[path = "../code_penetration/fingers.rs"]
#[allow(dead_code)] // the other example asks for more
mod fingers;
mod losses;
mod median;
mod people;
mod persons;
mod real;
mod speed;
#[path = "../../thread_time/mod.rs"]
mod thread_time;

use std::error::Error;
use std::path::PathBuf;

use crate::people::People;

/// What a run is about.
struct Settings {
    fingers: u64,
    threads: usize,
    folder: PathBuf,
    /// Only the speed, at the kernel level of this process: how the program runs itself for the others.
    level_only: bool,
}

/// Fingers of the gallery on which losses are counted over many probes.
const SMALL: u64 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let settings = settings()?;
    biomatch::kernels::Kernels::from_environment()?;
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (one, all) = (pool(1)?, pool(settings.threads)?);
    if settings.level_only {
        let people = People::open(&settings.folder, settings.fingers, &all)?;
        return speed::level(&people, &one, 4);
    }
    println!("{} kernels, {} threads", biomatch::kernels::Kernels::active().level(), settings.threads);
    let people = People::open(&settings.folder, settings.fingers, &all)?;
    people.describe(&settings.folder)?;
    speed::stages(&people)?;
    speed::whole(&people, &one, &all)?;
    speed::other_levels(&settings)?;
    persons::table(&people, &one, &all)?;
    losses::at_full_size(&people, &all)?;
    drop(people);
    let small = People::open(&settings.folder, SMALL.min(settings.fingers), &all)?;
    losses::at_small_size(&small, &all)?;
    real::table(&all)
}

fn settings() -> Result<Settings, Box<dyn Error>> {
    let mut settings = Settings {
        fingers: 300_000,
        threads: std::thread::available_parallelism()?.get(),
        folder: std::env::temp_dir().join("biomatch-cascade"),
        level_only: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--fingers" => settings.fingers = value()?.parse()?,
            "--threads" => settings.threads = value()?.parse()?,
            "--folder" => settings.folder = value()?.into(),
            "--level-only" => settings.level_only = true,
            _ => return Err(format!("{arg}: expected --fingers, --threads or --folder").into()),
        }
    }
    Ok(settings)
}
