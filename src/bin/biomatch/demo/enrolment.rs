//! Enrolment of everyone, in batches, each durable before the next.

use std::time::{Duration, Instant};

use biomatch::database::CitizenDatabase;
use rayon::prelude::*;

use super::people::People;
use super::report::Report;
use crate::console::Console;
use crate::deciding::failure;
use crate::exit::Failure;

/// Citizens of a batch.
const BATCH: usize = 500;

pub(super) fn enrol(
    people: &People,
    database: &CitizenDatabase,
    console: &Console,
    report: &mut Report,
) -> Result<(), Failure> {
    let progress = console.progress("enrolling", usize::try_from(people.citizens()).unwrap_or(usize::MAX));
    let writer = database.writer().map_err(|error| failure(&error))?;
    let (mut generating, mut enrolling) = (Duration::ZERO, Duration::ZERO);
    let everyone: Vec<u64> = (0..people.citizens()).collect();
    for batch in everyone.chunks(BATCH) {
        let started = Instant::now();
        let enrolments: Vec<_> = batch
            .par_iter()
            .map(|&index| Ok((people.id(index)?, people.enrolment(index)?)))
            .collect::<Result<_, Failure>>()?;
        generating += started.elapsed();
        let started = Instant::now();
        writer.enrol_all(enrolments).map_err(|error| failure(&error))?;
        writer.commit().map_err(|error| failure(&error))?;
        enrolling += started.elapsed();
        progress.inc(batch.len() as u64);
    }
    let started = Instant::now();
    writer.flush().map_err(|error| failure(&error))?;
    enrolling += started.elapsed();
    progress.finish_and_clear();
    report.generate_seconds = generating.as_secs_f64();
    report.enrol_seconds = enrolling.as_secs_f64();
    Ok(())
}
