//! The stages on codes: each scores the survivors of the one before, and keeps the rows that reach a cut.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::parts::{Chosen, Classes, Part};
use crate::fingerprint::filter::{CodeProbe, CodeRows, FilterScore, Histogram, survivors};
use crate::units::Score;

/// Rows that all probes score before the next ones: they stay in the L2 cache.
const TOGETHER: usize = 256;

/// If at least one row in so many is listed, the whole run of rows is scored; else only the listed rows.
const DENSE: usize = 2;

/// Parts whose scores one histogram counts: clearing and adding it costs as much as some thousand rows.
const COUNTED: usize = 16;

/// Rows of each part, for each query, counted from the part's first.
pub(super) type Lists = Vec<Vec<Vec<u32>>>;

/// Which words a filter compares.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    First,
    Both,
}

/// Scores of a part's rows, for each query.
type Scores = Vec<Vec<FilterScore>>;

/// Scores the rows of each query's class, and leaves at least `keep` rows of each query.
pub(super) fn scan(
    parts: &[Part<'_>],
    classes: &Classes,
    probes: &[CodeProbe],
    words: Words,
    keep: &[u64],
) -> Lists {
    let scores: Vec<Scores> = parts.par_iter().map(|part| scan_part(part, classes, probes, words)).collect();
    let cuts = cuts(&scores, keep);
    let select = |(part, scores): (&Part<'_>, &Scores)| {
        let of_query = |(query, (scores, cut)): (usize, (&Vec<FilterScore>, &FilterScore))| {
            let mut at = Vec::new();
            survivors(scores, *cut, 0, &mut at);
            match part.chosen(classes.of(query)) {
                Chosen::All(_) => at,
                chosen => at.into_iter().filter_map(|at| chosen.row(at)).collect(),
            }
        };
        scores.iter().zip(&cuts).enumerate().map(of_query).collect()
    };
    parts.par_iter().zip(&scores).map(select).collect()
}

fn scan_part(part: &Part<'_>, classes: &Classes, probes: &[CodeProbe], words: Words) -> Scores {
    let Some(codes) = part.codes else { return probes.iter().map(|_| Vec::new()).collect() };
    let together = if probes.len() > 1 { TOGETHER } else { usize::MAX };
    let mut all: Scores = (0..probes.len())
        .map(|query| vec![FilterScore::LOWEST; part.chosen(classes.of(query)).len()])
        .collect();
    let most = all.iter().map(Vec::len).max().unwrap_or(0);
    let mut dense = Vec::new();
    let mut from = 0;
    while from < most {
        for (query, (probe, scores)) in probes.iter().zip(&mut all).enumerate() {
            let to = scores.len().min(from.saturating_add(together));
            let Some(scores) = scores.get_mut(from..to) else { continue };
            match part.chosen(classes.of(query)) {
                Chosen::All(_) => score_in_order(probe, words, slice(codes, from, scores.len()), scores),
                Chosen::Some(rows) => {
                    if let Some(rows) = rows.get(from..to) {
                        score_listed(probe, words, codes, rows, scores, &mut dense);
                    }
                }
            }
        }
        from = from.saturating_add(together);
    }
    all
}

/// Scores the chosen rows of a part.
pub(super) fn score_rows(
    probe: &CodeProbe,
    words: Words,
    codes: CodeRows<'_>,
    chosen: &Chosen,
) -> Vec<FilterScore> {
    let mut scores = vec![FilterScore::LOWEST; chosen.len()];
    match chosen {
        Chosen::All(_) => score_in_order(probe, words, codes, &mut scores),
        Chosen::Some(rows) => score_listed(probe, words, codes, rows, &mut scores, &mut Vec::new()),
    }
    scores
}

fn score_in_order(probe: &CodeProbe, words: Words, codes: CodeRows<'_>, scores: &mut [FilterScore]) {
    match words {
        Words::First => probe.coarse(codes, scores),
        Words::Both => probe.fine(codes, scores),
    }
}

/// Scores listed rows: of those of the whole run that they span, if they are many of it.
fn score_listed(
    probe: &CodeProbe,
    words: Words,
    codes: CodeRows<'_>,
    rows: &[u32],
    scores: &mut [FilterScore],
    dense: &mut Vec<FilterScore>,
) {
    let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else { return };
    let span = (last - first) as usize + 1;
    if rows.len() * DENSE < span {
        return match words {
            Words::First => probe.coarse_at(codes, rows, scores),
            Words::Both => probe.fine_at(codes, rows, scores),
        };
    }
    dense.clear();
    dense.resize(span, FilterScore::LOWEST);
    score_in_order(probe, words, slice(codes, first as usize, span), dense);
    for (row, score) in rows.iter().zip(scores) {
        *score = dense.get((row - first) as usize).copied().unwrap_or(FilterScore::LOWEST);
    }
}

/// `count` rows from a first one on.
fn slice(codes: CodeRows<'_>, first: usize, count: usize) -> CodeRows<'_> {
    let rows = first..first + count;
    let [one, two] = codes.words;
    CodeRows {
        words: [&one[rows.clone()], &two[rows.clone()]],
        directions: &codes.directions[rows.clone()],
        places: &codes.places[rows.clone()],
        counts: &codes.counts[rows.clone()],
        means: &codes.means[rows],
    }
}

/// Scores lists of rows by both words, and leaves at least `keep` rows of each query.
pub(super) fn refine(parts: &[Part<'_>], probes: &[CodeProbe], lists: Lists, keep: &[u64]) -> Lists {
    let of_part = |(part, lists): (&Part<'_>, &Vec<Vec<u32>>)| -> Scores {
        let of_query = |(probe, rows): (&CodeProbe, &Vec<u32>)| {
            let mut scores = vec![FilterScore::LOWEST; rows.len()];
            if let Some(codes) = part.codes {
                probe.fine_at(codes, rows, &mut scores);
            }
            scores
        };
        probes.iter().zip(lists).map(of_query).collect()
    };
    let scores: Vec<Scores> = parts.par_iter().zip(&lists).map(of_part).collect();
    let cuts = cuts(&scores, keep);
    let select = |(lists, scores): (Vec<Vec<u32>>, &Scores)| {
        let of_query = |((mut rows, scores), cut): ((Vec<u32>, &Vec<FilterScore>), &FilterScore)| {
            let mut scores = scores.iter();
            rows.retain(|_| scores.next().is_some_and(|score| score >= cut));
            rows
        };
        lists.into_iter().zip(scores).zip(&cuts).map(of_query).collect()
    };
    lists.into_par_iter().zip(&scores).map(select).collect()
}

/// The score from which at least `keep` rows survive, of each query.
fn cuts(scores: &[Scores], keep: &[u64]) -> Vec<FilterScore> {
    let of_query = |(query, &keep): (usize, &u64)| {
        let count = |scores: &[Scores]| {
            let mut histogram = Histogram::default();
            scores.iter().filter_map(|of_part| of_part.get(query)).for_each(|scores| histogram.add(scores));
            histogram
        };
        let merge = |mut a: Histogram, b: Histogram| {
            a.merge(&b);
            a
        };
        let whole = scores.par_chunks(COUNTED).map(count).reduce_with(merge);
        whole.map_or(FilterScore::LOWEST, |whole| whole.cut(keep))
    };
    keep.par_iter().enumerate().map(|(query, keep)| of_query((query, keep))).collect()
}

/// A row that gets the full score.
#[derive(Clone, Copy)]
pub(super) struct Survivor {
    pub(super) part: u32,
    pub(super) row: u32,
    score: Score,
}

/// Relaxes lists of rows, and leaves `keep` of each query: the best first, of equals those with the
/// smaller reference number.
pub(super) fn relax(
    parts: &[Part<'_>],
    probes: &[CodeProbe],
    lists: &Lists,
    keep: &[u64],
) -> Vec<Vec<Survivor>> {
    let of_part = |(part, lists): (&Part<'_>, &Vec<Vec<u32>>)| -> Vec<Vec<Score>> {
        let of_query = |(probe, rows): (&CodeProbe, &Vec<u32>)| {
            let mut scores = vec![Score::LOWEST; rows.len()];
            if let Some(codes) = part.codes {
                probe.relaxed_at(codes, rows, &mut scores);
            }
            scores
        };
        probes.iter().zip(lists).map(of_query).collect()
    };
    let scores: Vec<Vec<Vec<Score>>> = parts.par_iter().zip(lists).map(of_part).collect();
    let best = |(query, &keep): (usize, &u64)| {
        let mut all = Vec::new();
        for (part, (lists, scores)) in (0..).zip(lists.iter().zip(&scores)) {
            let (Some(rows), Some(scores)) = (lists.get(query), scores.get(query)) else { continue };
            all.extend(rows.iter().zip(scores).map(|(&row, &score)| Survivor { part, row, score }));
        }
        keep_best(parts, all, usize::try_from(keep).unwrap_or(usize::MAX))
    };
    keep.par_iter().enumerate().map(best).collect()
}

fn keep_best(parts: &[Part<'_>], mut all: Vec<Survivor>, keep: usize) -> Vec<Survivor> {
    let reference = |survivor: &Survivor| {
        let part = parts.get(survivor.part as usize);
        part.map(|part| part.block.meta(part.row(survivor.row)).reference())
    };
    // Most have different scores: references are looked at only of those that have not.
    let order = |a: &Survivor, b: &Survivor| match b.score.cmp(&a.score) {
        Ordering::Equal => reference(a).cmp(&reference(b)),
        unequal => unequal,
    };
    if keep < all.len() {
        all.select_nth_unstable_by(keep, order);
        all.truncate(keep);
    }
    all.sort_unstable_by(order);
    all
}
