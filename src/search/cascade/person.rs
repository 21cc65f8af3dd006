//! One person's fingers together: the evidence of all fingers is summed for each citizen, the strongest
//! finger's first, and a citizen who falls behind is not compared again.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;

use super::citizens::Citizens;
use super::parts::{Chosen, Classes, Part, parts};
use super::stages::{Words, score_rows};
use crate::fingerprint::filter::{CodeProbe, FilterScore, Histogram};
use crate::fingerprint::{FingerProbe, Scratch};
use crate::gallery::{ReferenceId, Snapshot};
use crate::search::effort::Cascade;
use crate::search::error::SearchError;
use crate::search::query::{FingerQuery, Search};
use crate::search::result::{FoundPerson, Hit, PersonHit, Seen};
use crate::units::Score;

/// Fingers whose first words are compared with those of all citizens; the other fingers only with those of
/// the survivors.
const FIRST_FINGERS: usize = 2;

/// Searches for a person by all fingers together; by all citizens in full if there are no stages.
pub(in crate::search) fn identify(
    snapshot: &Snapshot,
    fingers: &[FingerQuery<'_>],
    search: &Search<'_>,
    cascade: Option<Cascade>,
) -> Result<FoundPerson, SearchError> {
    let classes = Classes::new(fingers);
    let parts = parts(snapshot, &classes, search)?;
    Ok(search.run(|| {
        let citizens = Citizens::new(&parts);
        let person = PersonSearch { parts: &parts, classes: &classes, citizens: &citizens, fingers, search };
        let mut seen = Seen::default();
        let remaining = match cascade {
            Some(cascade) => person.narrow(snapshot, cascade, &mut seen),
            None => vec![true; citizens.len()],
        };
        person.compare(snapshot, &remaining, seen)
    }))
}

/// A search for one person.
struct PersonSearch<'a> {
    parts: &'a [Part<'a>],
    classes: &'a Classes,
    citizens: &'a Citizens,
    fingers: &'a [FingerQuery<'a>],
    search: &'a Search<'a>,
}

/// A finger of the probe, by its codes.
struct Finger {
    /// Its place among the probe's fingers.
    at: usize,
    probe: CodeProbe,
    minutiae: u8,
}

impl PersonSearch<'_> {
    /// Which citizens are compared in full.
    fn narrow(&self, snapshot: &Snapshot, cascade: Cascade, seen: &mut Seen) -> Vec<bool> {
        let count = self.citizens.len() as u64;
        let each = |rows: u64| rows.div_ceil(self.fingers.len().max(1) as u64);
        let in_full = each(cascade.relaxed.of(count)).max(self.search.top.get() as u64);
        let mut remaining = vec![true; self.citizens.len()];
        if in_full >= count {
            return remaining;
        }
        let uncoded = self.uncoded();
        let mut fingers: Vec<Finger> = self
            .fingers
            .par_iter()
            .enumerate()
            .map(|(at, query)| {
                let codes = snapshot.code_model().encode(query.probe.view());
                Finger { at, probe: CodeProbe::new(codes.view()), minutiae: codes.count }
            })
            .collect();
        fingers.sort_by_key(|finger| std::cmp::Reverse(finger.minutiae));

        // What each stage scores is, over all fingers, as many rows as it would be for one finger.
        let (first, rest) = fingers.split_at(fingers.len().min(FIRST_FINGERS));
        let mut evidence = vec![0; remaining.len()];
        seen.coarse += self.add_evidence(first, Words::First, &remaining, &mut evidence);
        keep_best(&mut remaining, &evidence, &uncoded, cascade.coarse.of(count));
        seen.coarse += self.add_evidence(rest, Words::First, &remaining, &mut evidence);
        keep_best(&mut remaining, &evidence, &uncoded, each(cascade.fine.of(count)).max(in_full));
        evidence.fill(0);
        seen.fine += self.add_evidence(&fingers, Words::Both, &remaining, &mut evidence);
        keep_best(&mut remaining, &evidence, &uncoded, each(cascade.fine.of(count) / 4).max(in_full));
        evidence.fill(0);
        seen.relaxed += self.add_strength(&fingers, &remaining, &mut evidence);
        keep_best(&mut remaining, &evidence, &uncoded, in_full);
        remaining
    }

    /// Citizens with a row that has no codes of the gallery's model: they are compared in full.
    fn uncoded(&self) -> Vec<bool> {
        let mut uncoded = vec![false; self.citizens.len()];
        for (at, _) in self.parts.iter().enumerate().filter(|(_, part)| part.codes.is_none()) {
            for &citizen in self.citizens.of_part(at) {
                uncoded[citizen as usize] = true;
            }
        }
        uncoded
    }

    /// The rows of a part that a finger is compared with, of citizens who are not ruled out.
    fn rows(&self, at: usize, part: &Part<'_>, finger: usize, remaining: &[bool]) -> Chosen {
        let whose = self.citizens.of_part(at);
        let is_left =
            |row: &u32| whose.get(*row as usize).is_some_and(|&citizen| remaining[citizen as usize]);
        match part.chosen(self.classes.of(finger)) {
            Chosen::All(rows) if (0..*rows).all(|row| is_left(&row)) => Chosen::All(*rows),
            chosen => Chosen::Some(chosen.rows().filter(is_left).collect()),
        }
    }

    /// Adds the evidence of fingers to that of citizens, and returns how many rows it compared.
    fn add_evidence(
        &self,
        fingers: &[Finger],
        words: Words,
        remaining: &[bool],
        evidence: &mut [u32],
    ) -> u64 {
        type Scored = Vec<(Chosen, Vec<FilterScore>)>;
        let of_part = |(at, part): (usize, &Part<'_>)| -> Scored {
            let Some(codes) = part.codes else { return Vec::new() };
            let of_finger = |finger: &Finger| {
                let rows = self.rows(at, part, finger.at, remaining);
                let scores = score_rows(&finger.probe, words, codes, &rows);
                (rows, scores)
            };
            fingers.iter().map(of_finger).collect()
        };
        let scored: Vec<Scored> = self.parts.par_iter().enumerate().map(of_part).collect();
        let mut looked_at = 0;
        for finger in 0..fingers.len() {
            let mut histogram = Histogram::default();
            for (_, scores) in scored.iter().filter_map(|part| part.get(finger)) {
                histogram.add(scores);
                looked_at += scores.len() as u64;
            }
            let worth = histogram.evidence();
            let best: Vec<AtomicU32> = evidence.iter().map(|_| AtomicU32::new(0)).collect();
            scored.par_iter().enumerate().for_each(|(at, part)| {
                let Some((rows, scores)) = part.get(finger) else { return };
                let whose = self.citizens.of_part(at);
                for (row, score) in rows.rows().zip(scores) {
                    let citizen = whose.get(row as usize).and_then(|&citizen| best.get(citizen as usize));
                    if let Some(best) = citizen {
                        best.fetch_max(u32::from(worth.of(*score)), Relaxed);
                    }
                }
            });
            evidence.par_iter_mut().zip(&best).for_each(|(sum, best)| *sum += best.load(Relaxed));
        }
        looked_at
    }

    /// Adds the strength of fingers' relaxed pairs, in parts of [`STRENGTH`], and returns how many rows it
    /// compared.
    fn add_strength(&self, fingers: &[Finger], remaining: &[bool], evidence: &mut [u32]) -> u64 {
        let of_part = |(at, part): (usize, &Part<'_>)| {
            let Some(codes) = part.codes else { return Vec::new() };
            let whose = self.citizens.of_part(at);
            let mut all = Vec::new();
            for (number, finger) in fingers.iter().enumerate() {
                let rows: Vec<u32> = self.rows(at, part, finger.at, remaining).rows().collect();
                let mut scores = vec![Score::LOWEST; rows.len()];
                finger.probe.relaxed_at(codes, &rows, &mut scores);
                all.extend(rows.iter().zip(scores).map(|(&row, score)| {
                    // As an integer, so that a sum does not depend on its order.
                    let strength = (f64::from(score.get().max(0.0)) * STRENGTH).round() as u32;
                    (number, whose.get(row as usize).copied().unwrap_or_default(), strength)
                }));
            }
            all
        };
        let mut all: Vec<_> = self.parts.par_iter().enumerate().flat_map_iter(of_part).collect();
        let looked_at = all.len() as u64;
        all.sort_unstable();
        for best in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter_map(<[_]>::last) {
            evidence[best.1 as usize] += best.2;
        }
        looked_at
    }

    /// Compares all fingers of the citizens who are left, in full.
    fn compare(&self, snapshot: &Snapshot, remaining: &[bool], mut seen: Seen) -> FoundPerson {
        let of_part = |(at, part): (usize, &Part<'_>)| -> Vec<(u32, usize, usize, u32)> {
            let whose = self.citizens.of_part(at);
            let of_finger = |finger| {
                let rows = self.rows(at, part, finger, remaining);
                rows.rows().map(|row| (whose[row as usize], finger, at, row)).collect::<Vec<_>>()
            };
            (0..self.fingers.len()).flat_map(of_finger).collect()
        };
        let mut rows: Vec<_> = self.parts.par_iter().enumerate().flat_map_iter(of_part).collect();
        rows.sort_unstable();
        let compared: Vec<(u32, usize, Result<Hit, ReferenceId>)> = rows
            .par_iter()
            .map_init(Scratch::default, |scratch, &(citizen, finger, at, row)| {
                let part = &self.parts[at];
                (citizen, finger, full_score(part, row, self.fingers[finger].probe, scratch))
            })
            .collect();
        let mut damaged: Vec<ReferenceId> = Vec::new();
        let mut people = Vec::new();
        for of_citizen in compared.chunk_by(|a, b| a.0 == b.0) {
            let mut hits: Vec<Option<Hit>> = vec![None; self.fingers.len()];
            for (_, finger, result) in of_citizen {
                match result {
                    Ok(hit) => {
                        let best = &mut hits[*finger];
                        let key = |hit: &Hit| (hit.score, std::cmp::Reverse(hit.reference));
                        if best.is_none_or(|best| key(hit) > key(&best)) {
                            *best = Some(*hit);
                        }
                    }
                    Err(reference) => damaged.push(*reference),
                }
            }
            seen.full += of_citizen.len() as u64;
            people.extend(PersonHit::new(hits));
        }
        people.retain(|person| person.best() >= self.search.at_least);
        people.sort_by(PersonHit::order);
        people.truncate(self.search.top.get());
        for person in &mut people {
            damaged.extend(person.drop_unsound(|hit| snapshot.check(hit.location).is_ok()));
        }
        people.retain(|person| person.hits.iter().any(Option::is_some));
        people.sort_by(PersonHit::order);
        damaged.sort_unstable();
        damaged.dedup();
        let compared = (0..self.fingers.len()).map(|finger| {
            let class = self.classes.of(finger);
            self.parts.iter().map(|part| part.chosen(class).len() as u64).sum()
        });
        let compared = compared.collect();
        FoundPerson { people, compared, seen, damaged }
    }
}

/// Parts per one of a strength.
const STRENGTH: f64 = 65_536.0;

fn full_score(
    part: &Part<'_>,
    row: u32,
    probe: &FingerProbe,
    scratch: &mut Scratch,
) -> Result<Hit, ReferenceId> {
    let row = part.row(row);
    let meta = part.block.meta(row);
    match (part.block.finger(row), meta.subject()) {
        (Ok(view), Some(citizen)) => {
            let score = probe.compare(view, scratch);
            let location = part.block.location(row);
            Ok(Hit { citizen, reference: meta.reference(), score, location })
        }
        _ => Err(meta.reference()),
    }
}

/// Keeps at least `keep` of the citizens that are not ruled out, with all of equal evidence, and those that
/// `kept`.
fn keep_best(remaining: &mut [bool], evidence: &[u32], kept: &[bool], keep: u64) {
    let mut left: Vec<u32> = evidence
        .iter()
        .zip(&*remaining)
        .filter(|(_, remaining)| **remaining)
        .map(|(&evidence, _)| evidence)
        .collect();
    let Some(last) = usize::try_from(keep.max(1) - 1).ok().filter(|&last| last < left.len()) else { return };
    let (_, &mut cut, _) = left.select_nth_unstable_by(last, |a, b| b.cmp(a));
    for ((remaining, &evidence), &is_kept) in remaining.iter_mut().zip(evidence).zip(kept) {
        *remaining &= evidence >= cut || is_kept;
    }
}
