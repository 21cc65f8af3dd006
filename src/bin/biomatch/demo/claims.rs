//! True and false claims, one to one, and the claims that are referred.

use std::time::{Duration, Instant};

use biomatch::citizen::CitizenId;
use biomatch::database::{
    CitizenDatabase, Claim, Decision, DecisionRecord, LockReason, Policy, Probe, Verdict,
};
use biomatch::template::Modality;
use rayon::prelude::*;

use super::people::{People, Shows};
use super::pictures::SCANNED;
use super::report::{Claims, Report};
use crate::console::Console;
use crate::deciding::failure;
use crate::exit::Failure;

/// At most this many people claim, each truly once and falsely once.
const MOST: u64 = 10_000;

pub(super) fn check(
    people: &People,
    database: &CitizenDatabase,
    console: &Console,
    report: &mut Report,
) -> Result<(), Failure> {
    let count = people.citizens().min(MOST);
    let progress = console.progress("authenticating", usize::try_from(count).unwrap_or(usize::MAX));
    let started = Instant::now();
    let probes: Vec<Probe> =
        (0..count).into_par_iter().map(|index| people.probe(index, Shows::Both)).collect::<Result<_, _>>()?;
    report.generate_seconds += started.elapsed().as_secs_f64();

    let started = Instant::now();
    let results: Vec<(Claims, Claims, Duration)> = probes
        .par_iter()
        .enumerate()
        .map(|(index, probe)| {
            let index = index as u64;
            let started = Instant::now();
            let own = claim(database, &people.id(index)?, probe)?;
            let other = claim(database, &people.id((index + 1) % count)?, probe)?;
            progress.inc(1);
            Ok((own, other, started.elapsed()))
        })
        .collect::<Result<_, Failure>>()?;
    report.authenticate_seconds = started.elapsed().as_secs_f64();
    for (index, (own, other, took)) in (0..).zip(results) {
        report.true_claims.add(&own);
        if index < SCANNED {
            report.scans.true_claims.add(&own);
        }
        report.false_claims.add(&other);
        report.claim_microseconds += took.as_secs_f64() * 1e6;
    }
    report.claim_microseconds /= 2.0 * count as f64;
    progress.finish_and_clear();
    no_answers(people, database, report)
}

fn ask(database: &CitizenDatabase, citizen: &CitizenId, probe: &Probe) -> Result<DecisionRecord, Failure> {
    let claim = Claim::new(citizen, probe.clone(), Policy::default());
    database.authenticate(&claim).map_err(|error| failure(&error))
}

fn claim(database: &CitizenDatabase, citizen: &CitizenId, probe: &Probe) -> Result<Claims, Failure> {
    let mut claims = Claims { claims: 1, ..Claims::default() };
    let record = ask(database, citizen, probe)?;
    match record.decision {
        Decision::Accept => claims.accepted = 1,
        Decision::Reject => claims.rejected = 1,
        Decision::Refer(_) => claims.referred = 1,
    }
    for modality in record.modalities.iter().filter(|m| m.verdict == Verdict::Met) {
        match modality.modality {
            Modality::Face => claims.face_met = 1,
            Modality::Finger => claims.finger_met = 1,
        }
    }
    Ok(claims)
}

/// The claims that are referred: each for its own reason, none of them a rejection.
fn no_answers(people: &People, database: &CitizenDatabase, report: &mut Report) -> Result<(), Failure> {
    let (enrolled, stranger) = (people.id(0)?, people.id(people.citizens())?);
    let whole = people.probe(0, Shows::Both)?;
    let mut tell = |what: &str, record: DecisionRecord| {
        report.no_answers.push((what.to_owned(), record.decision.to_string()));
    };
    tell("a number that is not enrolled", ask(database, &stranger, &whole)?);
    tell("a face and no finger", ask(database, &enrolled, &people.probe(0, Shows::Face)?)?);
    tell("a finger and no face", ask(database, &enrolled, &people.probe(0, Shows::Finger)?)?);
    database.lock(enrolled, LockReason::CardRevoked).map_err(|error| failure(&error))?;
    tell("a locked citizen", ask(database, &enrolled, &whole)?);
    database.unlock(enrolled).map_err(|error| failure(&error))
}
