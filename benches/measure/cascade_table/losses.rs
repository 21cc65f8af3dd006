//! Mates lost: of those that an exhaustive search ranks first, how many a cascade does not find.

use std::error::Error;
use std::num::NonZeroUsize;

use biomatch::citizen::CitizenId;
use biomatch::fingerprint::FingerProbe;
use biomatch::search::{Cascade, Effort, FingerQuery, Found, Keep, Search, identify_fingers};
use biomatch::template::FingerPosition;
use rayon::ThreadPool;

use crate::people::{EACH, People};

/// Comparisons of exhaustive searches at the gallery's full size, some tens of microseconds each: as many probes
/// as that allows.
const COMPARISONS: u64 = 7_200_000;

const MOST_PROBES: u64 = 64;

/// Probes of the small gallery.
const SMALL_PROBES: u64 = 300;

/// The effort with its shares alone: the floors of a small gallery would flatter.
fn without_floors(cascade: Cascade) -> Effort {
    let keep = |keep: Keep| Keep::new(keep.share(), 0);
    Effort::Custom(Cascade {
        coarse: keep(cascade.coarse),
        fine: keep(cascade.fine),
        relaxed: keep(cascade.relaxed),
    })
}

pub(crate) fn at_full_size(people: &People, pool: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let rows = (people.count * EACH).max(1);
    table(people, pool, (COMPARISONS / rows).clamp(1, MOST_PROBES))
}

pub(crate) fn at_small_size(people: &People, pool: &ThreadPool) -> Result<(), Box<dyn Error>> {
    table(people, pool, SMALL_PROBES)
}

fn table(people: &People, pool: &ThreadPool, count: u64) -> Result<(), Box<dyn Error>> {
    println!(
        "\nmates among {} generated fingers, one finger a probe, {count} probes",
        people.snapshot.finger_count()
    );
    println!("{:>10} {:>9} {:>22} {:>14}", "effort", "rank 1", "lost of exhaustive's", "seen in full");
    let probes: Vec<(CitizenId, FingerProbe)> = people
        .spread(count)
        .enumerate()
        .filter_map(|(n, index)| {
            let code = 1 + (n % 10) as u8;
            Some((people.citizen(index).ok()?, people.probe(index, code)?.0))
        })
        .collect();
    let queries: Vec<_> =
        probes.iter().map(|(_, probe)| FingerQuery { probe, position: FingerPosition::Unknown }).collect();
    let search = |effort| -> Result<Vec<Found>, Box<dyn Error>> {
        let search = Search::top(NonZeroUsize::MIN).effort(effort).on(pool);
        Ok(identify_fingers(&people.snapshot, &queries, &search)?)
    };
    let is_first =
        |(found, mate): (&Found, &CitizenId)| found.hits.first().is_some_and(|hit| hit.citizen == *mate);
    let mates: Vec<CitizenId> = probes.iter().map(|(citizen, _)| *citizen).collect();
    let exhaustive: Vec<bool> = search(Effort::Exhaustive)?.iter().zip(&mates).map(is_first).collect();
    let findable = exhaustive.iter().filter(|first| **first).count();
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!("{:>10} {:>8.2}%", "exhaustive", percent(findable, mates.len()));
    for (name, cascade) in [("standard", Cascade::STANDARD), ("careful", Cascade::CAREFUL)] {
        let found = search(without_floors(cascade))?;
        let first: Vec<bool> = found.iter().zip(&mates).map(is_first).collect();
        let lost = exhaustive.iter().zip(&first).filter(|(findable, first)| **findable && !**first).count();
        println!(
            "{name:>10} {:>8.2}% {:>13} ({:>5.2}%) {:>14}",
            percent(first.iter().filter(|first| **first).count(), mates.len()),
            format!("{lost} of {findable}"),
            percent(lost, findable),
            found.first().map_or(0, |found| found.seen.full),
        );
    }
    Ok(())
}
