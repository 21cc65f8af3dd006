//! How fast: each stage on one thread, and whole searches.

use std::error::Error;
use std::num::NonZeroUsize;
use std::process::Command;
use std::time::Instant;

use biomatch::fingerprint::filter::{CodeProbe, FilterScore, Histogram, survivors};
use biomatch::fingerprint::{FingerProbe, Scratch};
use biomatch::search::{Cascade, Effort, FingerQuery, Search, identify_fingers};
use biomatch::template::FingerPosition;
use biomatch::units::Score;
use rayon::ThreadPool;

use crate::Settings;
use crate::median::median;
use crate::people::People;

/// Probes whose median is told.
const PROBES: u64 = 16;

/// Probes of a batch.
const BATCH: usize = 16;

pub(crate) const EFFORTS: [(&str, Effort); 2] =
    [("standard", Effort::Standard), ("careful", Effort::Careful)];

pub(crate) const TOP: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9);

/// Right index fingers whose position is not told, so that every finger is a candidate.
fn probes(people: &People, count: u64) -> Vec<FingerProbe> {
    people.spread(count).filter_map(|index| Some(people.probe(index, 2)?.0)).collect()
}

/// Nanoseconds a candidate of the gallery, stage by stage, on this thread.
pub(crate) fn stages(people: &People) -> Result<(), Box<dyn Error>> {
    println!("\nstages of the standard cascade, one thread, ns a candidate (median of {PROBES} probes)");
    println!(
        "{:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "64 bit", "select", "128 bit", "relax", "full", "sum"
    );
    let mut columns: [Vec<f64>; 5] = Default::default();
    for probe in probes(people, PROBES) {
        for (column, time) in columns.iter_mut().zip(stage_times(people, &probe)?) {
            column.push(time);
        }
    }
    let medians = columns.map(median);
    let sum: f64 = medians.iter().sum();
    println!(
        "{}",
        medians.iter().chain([&sum]).map(|ns| format!("{ns:>10.1}")).collect::<Vec<_>>().join(" ")
    );
    Ok(())
}

/// Scan, selections, both words, relaxation, full scores.
fn stage_times(people: &People, probe: &FingerProbe) -> Result<[f64; 5], Box<dyn Error>> {
    let cascade = Cascade::STANDARD;
    let (snapshot, model) = (&people.snapshot, people.snapshot.code_model());
    let code = CodeProbe::new(model.encode(probe.view()).view());
    let rows = snapshot.finger_count() as u64;
    let mut times = [0.0; 5];
    let mut blocks = Vec::new();
    for block in snapshot.finger_blocks() {
        let codes = block.codes(model.id()).ok_or("a block without codes")?;
        let mut scores = vec![FilterScore::LOWEST; block.len()];
        let clock = Instant::now();
        code.coarse(codes, &mut scores);
        times[0] += clock.elapsed().as_nanos() as f64;
        blocks.push((block, codes, scores));
    }
    let clock = Instant::now();
    let mut histogram = Histogram::default();
    blocks.iter().for_each(|(_, _, scores)| histogram.add(scores));
    let cut = histogram.cut(cascade.coarse.of(rows));
    let mut lists = Vec::new();
    for (block, codes, scores) in blocks {
        let mut list = Vec::new();
        survivors(&scores, cut, 0, &mut list);
        lists.push((block, codes, list));
    }
    times[1] += clock.elapsed().as_nanos() as f64;
    let clock = Instant::now();
    let mut histogram = Histogram::default();
    let mut scored = Vec::new();
    for (block, codes, list) in lists {
        let mut scores = vec![FilterScore::LOWEST; list.len()];
        code.fine_at(codes, &list, &mut scores);
        histogram.add(&scores);
        scored.push((block, codes, list, scores));
    }
    let cut = histogram.cut(cascade.fine.of(rows));
    times[2] += clock.elapsed().as_nanos() as f64;
    let clock = Instant::now();
    let mut best = Vec::new();
    for (block, codes, mut list, scores) in scored {
        let mut scores = scores.iter();
        list.retain(|_| scores.next().is_some_and(|score| *score >= cut));
        let mut strengths = vec![Score::LOWEST; list.len()];
        code.relaxed_at(codes, &list, &mut strengths);
        best.extend(strengths.into_iter().zip(list).map(|(strength, row)| (strength, block, row as usize)));
    }
    best.sort_unstable_by_key(|best| std::cmp::Reverse(best.0));
    best.truncate(usize::try_from(cascade.relaxed.of(rows))?);
    times[3] += clock.elapsed().as_nanos() as f64;
    let clock = Instant::now();
    let mut scratch = Scratch::default();
    let mut scores: Vec<Score> = Vec::new();
    for (_, block, row) in best {
        // The tenth best so far, as a search for ten has it.
        let least = scores.get(TOP.get() - 1).copied().unwrap_or(Score::LOWEST);
        if let Some(score) = probe.compare_at_least(block.finger(row)?, least, &mut scratch) {
            scores.push(score);
            scores.sort_unstable_by(|a, b| b.cmp(a));
            scores.truncate(TOP.get());
        }
    }
    times[4] += clock.elapsed().as_nanos() as f64;
    Ok(times.map(|time| time / rows as f64))
}

/// Seconds of a search for each probe alone, the median.
fn alone(people: &People, probes: &[FingerProbe], search: &Search<'_>) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for probe in probes {
        let query = FingerQuery { probe, position: FingerPosition::Unknown };
        let began = Instant::now();
        identify_fingers(&people.snapshot, &[query], search)?;
        times.push(began.elapsed().as_secs_f64());
    }
    Ok(median(times))
}

/// Whole searches, one thread and all.
pub(crate) fn whole(people: &People, one: &ThreadPool, all: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let threads = all.current_num_threads();
    println!("\nwhole searches, top {TOP}, median of {PROBES} probes; million candidates a second");
    println!(
        "{:>10} {:>12} {:>12} {:>8} {:>24}",
        "effort",
        "1 thread",
        format!("{threads} threads"),
        "ratio",
        "1 thread, batch of 16"
    );
    let probes = probes(people, PROBES);
    let rows = people.snapshot.finger_count() as f64 / 1e6;
    for (name, effort) in EFFORTS {
        let search = Search::top(TOP).effort(effort);
        let single = alone(people, &probes, &search.on(one))?;
        let parallel = alone(people, &probes, &search.on(all))?;
        let batch: Vec<_> = probes.iter().take(BATCH).collect();
        let queries: Vec<_> =
            batch.iter().map(|probe| FingerQuery { probe, position: FingerPosition::Unknown }).collect();
        let began = Instant::now();
        identify_fingers(&people.snapshot, &queries, &search.on(one))?;
        let each = began.elapsed().as_secs_f64() / queries.len() as f64;
        println!(
            "{name:>10} {:>12.2} {:>12.2} {:>8.2} {:>24.2}",
            rows / single,
            rows / parallel,
            single / parallel,
            rows / each
        );
    }
    Ok(())
}

/// One line for the kernels of this process.
pub(crate) fn level(people: &People, one: &ThreadPool, probes: u64) -> Result<(), Box<dyn Error>> {
    let rows = people.snapshot.finger_count() as f64 / 1e6;
    let probes = self::probes(people, probes);
    let mut line = format!("{:>10}", biomatch::kernels::Kernels::active().level().to_string());
    for (_, effort) in EFFORTS {
        let seconds = alone(people, &probes, &Search::top(TOP).effort(effort).on(one))?;
        line += &format!(" {:>12.2}", rows / seconds);
    }
    println!("{line}");
    Ok(())
}

/// Runs this program again for each level that the processor has.
pub(crate) fn other_levels(settings: &Settings) -> Result<(), Box<dyn Error>> {
    println!("\nby kernel level, one thread, million candidates a second");
    println!("{:>10} {:>12} {:>12}", "level", EFFORTS[0].0, EFFORTS[1].0);
    for level in ["avx512", "avx2", "scalar"] {
        let mut command = Command::new(std::env::current_exe()?);
        command.env("BIOMATCH_KERNELS", level).arg("--level-only");
        command.args(["--fingers", &settings.fingers.to_string()]).arg("--folder").arg(&settings.folder);
        if !command.status()?.success() {
            println!("{level:>10} not on this processor");
        }
    }
    Ok(())
}
