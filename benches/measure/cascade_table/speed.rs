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
use crate::thread_time::thread_time;

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

/// Nanoseconds of processor time a candidate of the gallery, stage by stage, on this thread.
pub(crate) fn stages(people: &People) -> Result<(), Box<dyn Error>> {
    println!("\nstages on one thread, ns of processor time a candidate (median of {PROBES} probes)");
    println!(
        "{:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "effort", "64 bit", "select", "128 bit", "relax", "full", "sum"
    );
    let probes = probes(people, PROBES);
    for (name, cascade) in [("standard", Cascade::STANDARD), ("careful", Cascade::CAREFUL)] {
        let mut columns: [Vec<f64>; 5] = Default::default();
        for probe in &probes {
            for (column, time) in columns.iter_mut().zip(stage_times(people, probe, cascade)?) {
                column.push(time);
            }
        }
        let medians = columns.map(median);
        let sum: f64 = medians.iter().sum();
        let columns: Vec<String> = medians.iter().chain([&sum]).map(|ns| format!("{ns:>10.1}")).collect();
        println!("{name:>10} {}", columns.join(" "));
    }
    Ok(())
}

/// Scan, selections, both words, relaxation, full scores.
fn stage_times(people: &People, probe: &FingerProbe, cascade: Cascade) -> Result<[f64; 5], Box<dyn Error>> {
    let (snapshot, model) = (&people.snapshot, people.snapshot.code_model());
    let code = CodeProbe::new(model.encode(probe.view()).view());
    let rows = snapshot.finger_count() as u64;
    let mut times = [0.0; 5];
    let mut last = thread_time();
    let mut lap = |stage: usize| {
        let now = thread_time();
        times[stage] += now.saturating_sub(last).as_nanos() as f64;
        last = now;
    };
    let (mut histogram, mut lists) = (Histogram::default(), Vec::new());
    let is_scanned = cascade.coarse.of(rows) < rows;
    for block in snapshot.finger_blocks() {
        let codes = block.codes(model.id()).ok_or("a block without codes")?;
        let mut scores = vec![FilterScore::LOWEST; if is_scanned { block.len() } else { 0 }];
        lap(1);
        code.coarse(codes, &mut scores);
        lap(0);
        histogram.add(&scores);
        lists.push((block, codes, scores));
    }
    let cut = histogram.cut(cascade.coarse.of(rows));
    let (mut histogram, mut scored) = (Histogram::default(), Vec::new());
    for (block, codes, coarse) in lists {
        let mut list = Vec::new();
        survivors(&coarse, cut, 0, &mut list);
        lap(1);
        let mut scores = vec![FilterScore::LOWEST; if is_scanned { list.len() } else { block.len() }];
        if is_scanned {
            code.fine_at(codes, &list, &mut scores);
        } else {
            code.fine(codes, &mut scores);
        }
        lap(2);
        histogram.add(&scores);
        scored.push((block, codes, list, scores));
    }
    let cut = histogram.cut(cascade.fine.of(rows));
    let mut best = Vec::new();
    for (block, codes, list, scores) in scored {
        let mut chosen = Vec::new();
        survivors(&scores, cut, 0, &mut chosen);
        if is_scanned {
            chosen = chosen.into_iter().filter_map(|at| list.get(at as usize).copied()).collect();
        }
        lap(1);
        let mut strengths = vec![Score::LOWEST; chosen.len()];
        code.relaxed_at(codes, &chosen, &mut strengths);
        best.extend(strengths.into_iter().zip(chosen).map(|(strength, row)| (strength, block, row as usize)));
        lap(3);
    }
    best.sort_unstable_by_key(|best| std::cmp::Reverse(best.0));
    best.truncate(usize::try_from(cascade.relaxed.of(rows))?);
    lap(1);
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
    lap(4);
    Ok(times.map(|time| time / rows as f64))
}

/// Seconds of a search for each probe alone, the medians: as the clock on the wall has it, and of
/// processor time of one thread of the pool.
fn alone(
    people: &People,
    probes: &[FingerProbe],
    pool: &ThreadPool,
    effort: Effort,
) -> Result<[f64; 2], String> {
    let (mut wall, mut processor) = (Vec::new(), Vec::new());
    let search = Search::top(TOP).effort(effort).on(pool);
    for probe in probes {
        let query = FingerQuery { probe, position: FingerPosition::Unknown };
        let one = || {
            let began = Instant::now();
            let before = thread_time();
            identify_fingers(&people.snapshot, &[query], &search).map_err(|error| error.to_string())?;
            wall.push(began.elapsed().as_secs_f64());
            processor.push(thread_time().saturating_sub(before).as_secs_f64());
            Ok::<_, String>(())
        };
        pool.install(one)?;
    }
    Ok([median(wall), median(processor)])
}

/// Whole searches, one thread and all.
pub(crate) fn whole(people: &People, one: &ThreadPool, all: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let threads = all.current_num_threads();
    println!("\nwhole searches, top {TOP}, median of {PROBES} probes; million candidates a second");
    println!(
        "{:>10} {:>12} {:>12} {:>8} {:>24} {:>28}",
        "effort",
        "1 thread",
        format!("{threads} threads"),
        "ratio",
        "1 thread, batch of 16",
        "1 thread, of processor time"
    );
    let probes = probes(people, PROBES);
    let rows = people.snapshot.finger_count() as f64 / 1e6;
    for (name, effort) in EFFORTS {
        let [single, processor] = alone(people, &probes, one, effort)?;
        let [parallel, _] = alone(people, &probes, all, effort)?;
        let batch: Vec<_> = probes.iter().take(BATCH).collect();
        let queries: Vec<_> =
            batch.iter().map(|probe| FingerQuery { probe, position: FingerPosition::Unknown }).collect();
        let began = Instant::now();
        identify_fingers(&people.snapshot, &queries, &Search::top(TOP).effort(effort).on(one))?;
        let each = began.elapsed().as_secs_f64() / queries.len() as f64;
        println!(
            "{name:>10} {:>12.2} {:>12.2} {:>8.2} {:>24.2} {:>28.2}",
            rows / single,
            rows / parallel,
            single / parallel,
            rows / each,
            rows / processor
        );
    }
    Ok(())
}

/// One line for the kernels of this process.
pub(crate) fn level(people: &People, one: &ThreadPool, probes: u64) -> Result<(), Box<dyn Error>> {
    let rows = people.snapshot.finger_count() as f64 / 1e6;
    let probes = self::probes(people, probes);
    let times = EFFORTS
        .iter()
        .map(|(_, effort)| alone(people, &probes, one, *effort))
        .collect::<Result<Vec<_>, _>>()?;
    let mut line = format!("{:>10}", biomatch::kernels::Kernels::active().level().to_string());
    for clock in 0..2 {
        for seconds in &times {
            line += &format!(" {:>12.2}", rows / seconds[clock]);
        }
    }
    println!("{line}");
    Ok(())
}

/// Runs this program again for each level that the processor has.
pub(crate) fn other_levels(settings: &Settings) -> Result<(), Box<dyn Error>> {
    println!("\nby kernel level, one thread, million candidates a second; then of processor time");
    println!("{:>10} {:>12} {:>12} {:>12} {:>12}", "level", "standard", "careful", "standard", "careful");
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
