//! Searches of all citizens, for people who are enrolled and for people who are not.

use std::time::Instant;

use biomatch::database::{CitizenDatabase, SearchRequest};
use rayon::prelude::*;

use super::people::{People, Shows};
use super::report::{Report, Searches};
use crate::console::Console;
use crate::deciding::failure;
use crate::exit::Failure;

/// The samples of a search, and the numbers of enrolled people and of others who are searched for. Searching fingers
/// is a hundred times the work of searching faces, hence the fewer.
const PLANS: [(&str, Shows, u64, u64); 4] = [
    ("face", Shows::Face, 1_000, 1_000),
    ("finger, position known", Shows::Finger, 200, 100),
    ("finger, position unknown", Shows::AnyFinger, 100, 50),
    ("face and finger", Shows::Both, 200, 100),
];

/// Candidates asked for.
const TOP: u32 = 5;
/// Candidates are certain if a search for someone who is not enrolled gives one at most in so many searches.
const ONE_IN: f64 = 100.0;

pub(super) fn search(
    people: &People,
    database: &CitizenDatabase,
    console: &Console,
    report: &mut Report,
) -> Result<(), Failure> {
    let progress = console.progress("identifying", PLANS.len());
    for (name, shows, enrolled, strangers) in PLANS {
        report.searches.push(one(people, database, name, shows, (enrolled, strangers))?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(())
}

fn one(
    people: &People,
    database: &CitizenDatabase,
    by: &'static str,
    shows: Shows,
    (enrolled, strangers): (u64, u64),
) -> Result<Searches, Failure> {
    let enrolled = enrolled.min(people.citizens());
    // Enrolled people from all over the gallery; the indices after it are not enrolled.
    let own = |i: u64| i * people.citizens() / enrolled;
    let indices: Vec<u64> =
        (0..enrolled).map(own).chain((0..strangers).map(|i| people.citizens() + i)).collect();
    let request = |&index: &u64| Ok(SearchRequest::new(people.probe(index, shows)?).at_most(TOP));
    let requests: Vec<SearchRequest> = indices.par_iter().map(request).collect::<Result<_, Failure>>()?;
    let started = Instant::now();
    let results = database.identify_batch(&requests).map_err(|error| failure(&error))?;
    let seconds = started.elapsed().as_secs_f64();

    let mut searches = Searches { by, enrolled, strangers, seconds, ..Searches::default() };
    for (&index, result) in indices.iter().zip(&results) {
        searches.comparisons += result.compared;
        let certain = |expected_false: f64| expected_false <= 1.0 / ONE_IN;
        let first = result.candidates.first();
        let found = first.filter(|candidate| certain(candidate.expected_false));
        if index >= people.citizens() {
            searches.strangers_found += u64::from(found.is_some());
            continue;
        }
        let id = people.id(index)?;
        searches.first += u64::from(first.is_some_and(|candidate| candidate.citizen == id));
        searches.listed += u64::from(result.candidates.iter().any(|candidate| candidate.citizen == id));
        searches.certain += u64::from(found.is_some_and(|candidate| candidate.citizen == id));
    }
    Ok(searches)
}
