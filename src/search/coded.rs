//! Faces by their codes: a first pass that reads a quarter of the bytes, and then the vectors of the few that
//! it cannot rule out. The result is that of a scan of all vectors, to the bit.

use std::num::NonZeroUsize;

use parking_lot::Mutex;
use rayon::prelude::*;

use super::face_rows::{compare_row, lanes};
use super::floors::{Floors, ordered};
use super::partial::Partial;
use super::query::Search;
use super::top::Top;
use crate::face::{CodedProbes, FaceProbe, code_groups};
use crate::gallery::FaceBlock;
use crate::kernels::Kernels;
use crate::kernels::codes::{HEAD, LANES, Line, Planes, Terms};
use crate::units::Score;

/// Probes that are compared with a piece together: their codes (256 KiB at 512 dimensions) and masks stay in
/// the L2 cache.
const TOGETHER: usize = 512;

/// Code blocks that give the first floors.
const SEED: usize = 32;

/// Probes whose first floors are found together: their sums take 96 KiB.
const SEEDED: usize = 48;

/// High planes pay if they leave at most one of so many blocks: they are half of the bytes, and a block
/// that is left is read again.
const FEW: usize = 3;

/// After high planes left too many blocks, they are tried again when the floor is so much higher.
const WORTH_TRYING_AGAIN: f32 = 0.02;

/// Threads keep the best of so many hits together: to sort more would let one wait for another.
const FEW_HITS: usize = 64;

/// A run of code blocks of one gallery block, within a piece of its column.
pub(super) struct CodedPiece<'a> {
    pub(super) block: &'a FaceBlock,
    /// The number of the first code block, and how many there are.
    pub(super) first: usize,
    pub(super) count: usize,
    /// Which rows of each code block are searched; all if there is none.
    pub(super) chosen: Option<&'a [u16]>,
}

impl CodedPiece<'_> {
    fn planes(&self) -> Option<Planes<'_>> {
        self.block.codes()?.planes(self.first, self.count)
    }

    /// The rows that are searched and not deleted.
    fn allowed(&self, at: usize) -> u16 {
        let chosen = self.chosen.map_or(u16::MAX, |chosen| chosen.get(self.first + at).copied().unwrap_or(0));
        chosen & self.block.live_mask(self.first + at)
    }
}

/// Memory that a thread uses again for every piece.
#[derive(Default)]
pub(super) struct Scratch {
    lines: Vec<Line>,
    terms: Vec<Terms>,
    masks: Vec<u16>,
    allowed: Vec<u16>,
    /// The floor at which high planes last left too many blocks.
    too_low: Option<Score>,
}

/// A scan of codes for some probes.
pub(super) struct CodedScan<'a> {
    probes: &'a [&'a FaceProbe],
    coded: CodedProbes,
    /// The best that all threads together found for the only probe, unless it wants many: each thread's own
    /// make a lower floor.
    together: Option<Mutex<Top>>,
    floors: Floors,
    search: &'a Search<'a>,
}

impl<'a> CodedScan<'a> {
    /// Codes the probes, and looks for a first floor of each among a few rows of the first piece.
    pub(super) fn new(
        dimension: usize,
        probes: &'a [&'a FaceProbe],
        search: &'a Search<'a>,
        first: Option<&CodedPiece<'_>>,
    ) -> Self {
        let coded = CodedProbes::new(dimension, probes.iter().map(|probe| probe.row()));
        let few = probes.len() == 1 && search.top.get() <= FEW_HITS;
        let together = few.then(|| Mutex::new(Top::new(search.top)));
        let floors = Floors::new(probes.len(), search.at_least);
        let scan = Self { probes, coded, together, floors, search };
        if let Some((piece, planes)) = first.and_then(|piece| Some((piece, piece.planes()?))) {
            let planes = planes.part(0, planes.blocks().min(SEED));
            let mut lines = vec![[0; 64]; planes.blocks() * (HEAD + planes.groups())];
            Kernels::active().join_codes(planes, &mut lines);
            let seed = |(at, few): (usize, &[&FaceProbe])| scan.seed(at * SEEDED, few.len(), piece, &lines);
            if probes.len() == 1 {
                seed((0, probes)); // another thread takes longer to wake
            } else {
                search.run(|| probes.par_chunks(SEEDED).enumerate().for_each(seed));
            }
        }
        scan
    }

    /// Scores the rows that look best among the first ones: if they are of enough citizens, the worst of
    /// them is a floor. For `count` probes, from `from` on.
    fn seed(&self, from: usize, count: usize, piece: &CodedPiece<'_>, blocks: &[Line]) {
        let block_lines = HEAD + code_groups(piece.block.dimension());
        let n = blocks.len() / block_lines;
        let best = self.search.top.saturating_mul(TWICE).get();
        if best >= n * LANES / 2 {
            return;
        }
        let mut sums = vec![[0; LANES]; count * n];
        let terms: Vec<Terms> =
            (from..from + count).map(|probe| self.coded.terms(probe, Score::LOWEST)).collect();
        Kernels::active().code_sums(self.coded.codes(from, from + count), &terms, blocks, &mut sums);
        let rows: Vec<usize> =
            (0..n).flat_map(|at| lanes(piece.allowed(at)).map(move |lane| at * LANES + lane)).collect();
        let mut estimates = Vec::with_capacity(rows.len());
        for (probe, sums) in (from..).zip(sums.chunks_exact(n)) {
            // The estimate in the upper half, the row in the lower: integers that ascend with it.
            estimates.clear();
            estimates.extend(rows.iter().map(|&row| {
                let head = &blocks[row / LANES * block_lines..][..HEAD];
                let estimate = self.coded.estimate(probe, sums[row / LANES][row % LANES], head, row % LANES);
                u64::from(ordered(estimate as f32)) << 32 | row as u64
            }));
            let others = estimates.len().saturating_sub(best);
            if others > 0 {
                estimates.select_nth_unstable(others - 1);
            }
            let mut partial = Partial::new(self.search);
            for estimate in estimates.iter().skip(others) {
                let row = piece.first * LANES + (estimate & u64::from(u32::MAX)) as usize;
                self.compare(piece.block, row, probe, &mut partial);
            }
            self.raise(probe, &mut partial);
        }
    }

    /// Compares a piece with all probes.
    pub(super) fn scan(&self, piece: &CodedPiece<'_>, scratch: &mut Scratch, found: &mut [Partial]) {
        let Scratch { lines, terms, masks, allowed, too_low } = scratch;
        allowed.clear();
        allowed.extend((0..piece.count).map(|at| piece.allowed(at)));
        let rows: u64 = allowed.iter().map(|mask| u64::from(mask.count_ones())).sum();
        let Some(planes) = piece.planes().filter(|_| rows > 0) else { return };
        if let [found] = found {
            masks.resize(piece.count, 0);
            self.scan_alone(planes, allowed, too_low, masks);
            self.look(piece, (masks, allowed), 0, rows, found);
            return;
        }
        lines.resize(planes.blocks() * (HEAD + planes.groups()), [0; 64]);
        Kernels::active().join_codes(planes, lines);
        for (group, found) in found.chunks_mut(TOGETHER).enumerate() {
            let from = group * TOGETHER;
            terms.clear();
            terms.extend(
                (from..from + found.len()).map(|probe| self.coded.terms(probe, self.floors.get(probe))),
            );
            masks.resize(terms.len() * piece.count, 0);
            let codes = self.coded.codes(from, from + found.len());
            Kernels::active().code_candidates(codes, terms, lines, masks);
            for (at, (found, masks)) in found.iter_mut().zip(masks.chunks_exact(piece.count)).enumerate() {
                self.look(piece, (masks, allowed), from + at, rows, found);
            }
        }
    }

    /// The candidates of the only probe: by the high planes, and by both of the blocks that these leave;
    /// or by both at once, if the floor is so low that most would be left.
    fn scan_alone(
        &self,
        planes: Planes<'_>,
        allowed: &[u16],
        too_low: &mut Option<Score>,
        masks: &mut [u16],
    ) {
        let kernels = Kernels::active();
        let least = self.floors.get(0);
        let (codes, terms) = (self.coded.codes(0, 1), self.coded.terms(0, least));
        let error = planes.high().get(1).map_or(f32::INFINITY, |errors| {
            errors.first_chunk().map_or(f32::INFINITY, |&bytes| f32::from_le_bytes(bytes))
        });
        let hopeless = too_low.is_some_and(|floor| least.get() < floor.get() + WORTH_TRYING_AGAIN);
        if !hopeless && self.coded.high_may_help(0, least, error) {
            kernels.high_candidates(codes, &self.coded.high_terms(0, least), planes, masks);
            masks.iter_mut().zip(allowed).for_each(|(mask, allowed)| *mask &= allowed);
            let left = masks.iter().filter(|&&mask| mask != 0).count();
            if left <= masks.len() / FEW {
                let left = masks.iter_mut().enumerate().filter(|(_, mask)| **mask != 0);
                for (at, mask) in left {
                    kernels.plane_candidates(codes, &terms, planes.part(at, 1), std::slice::from_mut(mask));
                }
                return;
            }
            *too_low = Some(least);
        }
        kernels.plane_candidates(codes, &terms, planes, masks);
    }

    /// Compares the candidates of a piece with their probe.
    fn look(
        &self,
        piece: &CodedPiece<'_>,
        (masks, allowed): (&[u16], &[u16]),
        probe: usize,
        rows: u64,
        found: &mut Partial,
    ) {
        let mut looked_at = 0;
        for (at, (mask, allowed)) in masks.iter().zip(allowed).enumerate() {
            for lane in lanes(mask & allowed) {
                self.compare(piece.block, (piece.first + at) * LANES + lane, probe, found);
                looked_at += 1;
            }
        }
        found.passed(rows - looked_at);
        if looked_at > 0 {
            self.raise(probe, found);
        }
    }

    fn compare(&self, block: &FaceBlock, row: usize, probe: usize, found: &mut Partial) {
        let hit = compare_row(block, row, self.probes[probe], self.search, found);
        if let Some((hit, together)) = hit.zip(self.together.as_ref()) {
            together.lock().push(hit);
        }
    }

    /// Raises a probe's floor after something was found.
    fn raise(&self, probe: usize, found: &mut Partial) {
        let least = match &self.together {
            Some(together) => together.lock().least(),
            None => found.least(),
        };
        if let Some(least) = least {
            self.floors.raise(probe, least);
        }
    }
}

const TWICE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
