//! Fingers by their codes: a scan of all first words, then of both words of the survivors, then a relaxation
//! of their survivors, and the full score of the few that remain.
//!
//! Each stage keeps at least the wanted number of rows by the scores of all rows of the search. Ties survive
//! in the filters, and are decided by reference in the relaxation. So the survivors depend neither on the
//! number of threads, nor on the segments of the gallery, nor on the kernels' level.

mod citizens;
mod parts;
pub(super) mod person;
mod stages;

use rayon::prelude::*;

use self::parts::{Chosen, Classes, Part, parts};
use self::stages::{Lists, Survivor, Words, refine, relax, scan};
use super::effort::Cascade;
use super::error::SearchError;
use super::exhaustive::compare_row;
use super::floors::Floors;
use super::partial::Partial;
use super::pieces::compare_pieces;
use super::query::{FingerQuery, Search};
use super::result::{Found, Hit, Seen};
use crate::fingerprint::Scratch;
use crate::fingerprint::filter::CodeProbe;
use crate::gallery::Snapshot;

/// Most bytes of the scores of one pass: more queries make more passes.
const PASS_BYTES: u64 = 1 << 29;

/// Bytes per row and query: a score, and a share of the lists.
const ROW_BYTES: u64 = 4;

/// Survivors that are compared in full as one piece of work.
const TASK: usize = 16;

/// Searches by a cascade.
pub(super) fn identify(
    snapshot: &Snapshot,
    queries: &[FingerQuery<'_>],
    search: &Search<'_>,
    cascade: Cascade,
) -> Result<Vec<Found>, SearchError> {
    let rows: u64 = snapshot.finger_blocks().iter().map(|block| block.len() as u64).sum();
    let pass = (PASS_BYTES / (rows.max(1) * ROW_BYTES)).max(1);
    let pass = usize::try_from(pass).unwrap_or(usize::MAX);
    let mut found = Vec::with_capacity(queries.len());
    for queries in queries.chunks(pass) {
        found.extend(identify_together(snapshot, queries, search, cascade)?);
    }
    Ok(found)
}

fn identify_together(
    snapshot: &Snapshot,
    queries: &[FingerQuery<'_>],
    search: &Search<'_>,
    cascade: Cascade,
) -> Result<Vec<Found>, SearchError> {
    let classes = Classes::new(queries);
    let parts = parts(snapshot, &classes, search)?;
    let (chosen, mut seen) = search.run(|| select_rows(snapshot, queries, &classes, &parts, cascade));
    let tasks = make_tasks(&parts, &classes, &chosen);
    let floors = Floors::new(queries.len(), search.at_least);
    let compare = |task: &Task<'_>, scratch: &mut Scratch, found: &mut [Partial]| {
        let (Some(query), Some(found)) = (queries.get(task.query), found.get_mut(task.query)) else { return };
        let mut compare = |part: &Part<'_>, row: u32| {
            compare_row(part.block, part.row(row), query, floors.get(task.query), search, scratch, found);
            if let Some(least) = found.least() {
                floors.raise(task.query, least);
            }
        };
        match task.rows {
            Rows::Best(best) => {
                let part = |one: &Survivor| parts.get(one.part as usize);
                for (at, one) in best.iter().enumerate() {
                    let next = best.get(at + 1).and_then(|next| Some((part(next)?, next.row)));
                    if let Some(Ok(view)) = next.map(|(part, row)| part.block.finger(part.row(row))) {
                        query.probe.prefetch(view);
                    }
                    if let Some(part) = part(one) {
                        compare(part, one.row);
                    }
                }
            }
            Rows::Chosen { part, chosen, from, to } => {
                (from..to).filter_map(|at| chosen.row(at)).for_each(|row| compare(part, row));
            }
        }
    };
    let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
    let mut found = compare_pieces(&tasks, queries.len(), search, compare, is_sound);
    for (query, (found, seen)) in found.iter_mut().zip(&mut seen).enumerate() {
        let class = classes.of(query);
        seen.full = found.compared;
        let rows: usize = parts.iter().map(|part| part.chosen(class).len()).sum();
        found.compared = (rows as u64).saturating_sub(found.damaged.len() as u64);
        found.seen = *seen;
    }
    Ok(found)
}

/// Which rows get the full score, best first, for each query; `None` if all do.
fn select_rows(
    snapshot: &Snapshot,
    queries: &[FingerQuery<'_>],
    classes: &Classes,
    parts: &[Part<'_>],
    cascade: Cascade,
) -> (Vec<Option<Vec<Survivor>>>, Vec<Seen>) {
    let coded: Vec<u64> = (0..queries.len())
        .map(|query| {
            let coded = parts.iter().filter(|part| part.codes.is_some());
            coded.map(|part| part.chosen(classes.of(query)).len() as u64).sum()
        })
        .collect();
    let mut seen = vec![Seen::default(); queries.len()];
    let mut chosen: Vec<Option<Vec<Survivor>>> = queries.iter().map(|_| None).collect();
    // A query with so few rows that all would survive skips the stages.
    let few = |query: usize| cascade.relaxed.of(coded[query]) >= coded[query];
    let asked: Vec<usize> = (0..queries.len()).filter(|&query| !few(query)).collect();
    if asked.is_empty() {
        return (chosen, seen);
    }
    let classes = classes.only(&asked);
    let model = snapshot.code_model();
    let probe = |&query: &usize| CodeProbe::new(model.encode(queries[query].probe.view()).view());
    let probes: Vec<CodeProbe> = asked.par_iter().map(probe).collect();
    let keep = |of: &dyn Fn(u64) -> u64| asked.iter().map(|&query| of(coded[query])).collect::<Vec<u64>>();
    let (coarse, fine) = (keep(&|rows| cascade.coarse.of(rows)), keep(&|rows| cascade.fine.of(rows)));
    let relaxed = keep(&|rows| cascade.relaxed.of(rows));
    let is_left_out = |keep: &[u64]| asked.iter().zip(keep).all(|(&query, &keep)| keep >= coded[query]);
    let mut note = |stage: fn(&mut Seen) -> &mut u64, counts: &dyn Fn(usize) -> u64| {
        for (at, &query) in asked.iter().enumerate() {
            *stage(&mut seen[query]) = counts(at);
        }
    };

    let listed = |lists: &Lists, at: usize| lists.iter().map(|part| part[at].len() as u64).sum::<u64>();
    let all = |at: usize| coded[asked[at]];
    let lists = if is_left_out(&fine) {
        list_all_rows(parts, &classes, asked.len())
    } else if is_left_out(&coarse) {
        note(|seen| &mut seen.fine, &all);
        scan(parts, &classes, &probes, Words::Both, &fine)
    } else {
        note(|seen| &mut seen.coarse, &all);
        let lists = scan(parts, &classes, &probes, Words::First, &coarse);
        note(|seen| &mut seen.fine, &|at| listed(&lists, at));
        refine(parts, &probes, lists, &fine)
    };
    note(|seen| &mut seen.relaxed, &|at| listed(&lists, at));
    for (query, survivors) in asked.iter().zip(relax(parts, &probes, &lists, &relaxed)) {
        chosen[*query] = Some(survivors);
    }
    (chosen, seen)
}

/// All rows with codes.
fn list_all_rows(parts: &[Part<'_>], classes: &Classes, queries: usize) -> Lists {
    let of_part = |part: &Part<'_>| {
        let of_query = |query| match part.codes {
            Some(_) => part.chosen(classes.of(query)).rows().collect(),
            None => Vec::new(),
        };
        (0..queries).map(of_query).collect()
    };
    parts.iter().map(of_part).collect()
}

/// Rows that one query is compared with in full.
struct Task<'a> {
    query: usize,
    rows: Rows<'a>,
}

enum Rows<'a> {
    /// Survivors, best first.
    Best(&'a [Survivor]),
    /// Some of the chosen rows of a part.
    Chosen { part: &'a Part<'a>, chosen: &'a Chosen, from: u32, to: u32 },
}

/// The full comparisons, those of the best survivors of every query first, so that floors rise early.
fn make_tasks<'a>(
    parts: &'a [Part<'a>],
    classes: &Classes,
    chosen: &'a [Option<Vec<Survivor>>],
) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    let most = chosen.iter().flatten().map(Vec::len).max().unwrap_or(0);
    for from in (0..most).step_by(TASK) {
        for (query, survivors) in chosen.iter().enumerate() {
            let best = survivors.iter().filter_map(|survivors| survivors.get(from..)?.chunks(TASK).next());
            tasks.extend(best.map(|best| Task { query, rows: Rows::Best(best) }));
        }
    }
    for part in parts {
        for (query, survivors) in chosen.iter().enumerate() {
            if survivors.is_some() && part.codes.is_some() {
                continue;
            }
            let chosen = part.chosen(classes.of(query));
            let count = chosen.len() as u32;
            tasks.extend((0..count).step_by(TASK).map(|from| {
                let to = count.min(from + TASK as u32);
                Task { query, rows: Rows::Chosen { part, chosen, from, to } }
            }));
        }
    }
    tasks
}
