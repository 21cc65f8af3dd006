//! Persons of several fingers: how long a search takes, and whether the person comes first.

use std::error::Error;
use std::time::Instant;

use biomatch::fingerprint::FingerProbe;
use biomatch::search::{Effort, FingerQuery, Search, identify_person};
use biomatch::template::FingerPosition;
use rayon::ThreadPool;

use crate::median::median;
use crate::people::People;
use crate::speed::TOP;

const PERSONS: u64 = 32;

/// Two index fingers; with the middle ones; all.
const PROBES: [(&str, &[u8], bool); 5] = [
    ("2, known", &[2, 7], true),
    ("4, known", &[2, 3, 7, 8], true),
    ("10, known", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], true),
    ("2, unknown", &[2, 7], false),
    ("10, unknown", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false),
];

pub(crate) fn table(people: &People, one: &ThreadPool, all: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let threads = all.current_num_threads();
    println!(
        "\npersons among {} people with ten fingers, standard effort, {PERSONS} probes; ms a search, median",
        people.count
    );
    println!(
        "{:>12} {:>10} {:>10} {:>8} {:>12} {:>8} {:>8} {:>6}",
        "fingers",
        "1 thread",
        format!("{threads} threads"),
        "rank 1",
        "coarse",
        "fine",
        "relax",
        "full"
    );
    for (name, codes, known) in PROBES {
        let (mut single, mut parallel, mut first) = (Vec::new(), Vec::new(), 0);
        let mut seen = biomatch::search::Seen::default();
        for index in people.spread(PERSONS) {
            let fingers: Vec<(FingerProbe, FingerPosition)> =
                codes.iter().filter_map(|&code| people.probe(index, code)).collect();
            let position =
                |position: &FingerPosition| if known { *position } else { FingerPosition::Unknown };
            let queries: Vec<_> =
                fingers.iter().map(|(probe, at)| FingerQuery { probe, position: position(at) }).collect();
            let search = Search::top(TOP).effort(Effort::Standard);
            let began = Instant::now();
            identify_person(&people.snapshot, &queries, &search.on(one))?;
            single.push(1e3 * began.elapsed().as_secs_f64());
            let began = Instant::now();
            let found = identify_person(&people.snapshot, &queries, &search.on(all))?;
            parallel.push(1e3 * began.elapsed().as_secs_f64());
            let mate = people.citizen(index)?;
            first += usize::from(found.people.first().is_some_and(|person| person.citizen == mate));
            seen = found.seen;
        }
        println!(
            "{name:>12} {:>10.1} {:>10.1} {:>8} {:>12} {:>8} {:>8} {:>6}",
            median(single),
            median(parallel),
            format!("{first}/{PERSONS}"),
            seen.coarse,
            seen.fine,
            seen.relaxed,
            seen.full
        );
    }
    Ok(())
}
