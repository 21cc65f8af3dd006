//! Faces by their codes: a first pass that reads a quarter of the bytes, and then the vectors of the
//! few that it cannot rule out. What is found is what a scan of all vectors finds, to the bit.

use std::num::NonZeroUsize;

use rayon::prelude::*;

use super::floors::Floors;
use super::plan::Partial;
use super::{Hit, Search};
use crate::face::{CodedProbes, FaceProbe, code_lines};
use crate::gallery::FaceBlock;
use crate::kernels::Kernels;
use crate::kernels::codes::{LANES, Line, Terms};
use crate::units::Score;

/// Code blocks of a piece: half a megabyte at 512 dimensions.
pub(super) const PIECE: usize = 64;

/// Probes that pass a piece together: their codes (256 KiB at 512 dimensions) and masks stay in the
/// second cache.
const TOGETHER: usize = 512;

/// Code blocks in which the first floors are looked for.
const SEED: usize = 32;

/// A run of code blocks of one gallery block.
pub(super) struct CodedPiece<'a> {
    pub(super) block: &'a FaceBlock,
    /// The number of the first code block, and how many there are.
    pub(super) first: usize,
    pub(super) count: usize,
    /// Which rows of each code block are searched; all if there is none.
    pub(super) chosen: Option<&'a [u16]>,
}

impl CodedPiece<'_> {
    fn lines(&self) -> &[Line] {
        let lines = code_lines(self.block.dimension());
        let range = self.first * lines..(self.first + self.count) * lines;
        self.block.codes().and_then(|codes| codes.get(range)).unwrap_or_default()
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
    terms: Vec<Terms>,
    masks: Vec<u16>,
    allowed: Vec<u16>,
}

/// A scan of codes for some probes.
pub(super) struct CodedScan<'a> {
    probes: &'a [&'a FaceProbe],
    coded: CodedProbes,
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
        let scan = Self { probes, coded, floors: Floors::new(probes.len(), search.at_least), search };
        if let Some(piece) = first {
            search.run(|| (0..probes.len()).into_par_iter().for_each(|probe| scan.seed(probe, piece)));
        }
        scan
    }

    /// Scores the rows that look best among the first ones: if they are of enough citizens, the worst of
    /// them is a floor.
    fn seed(&self, probe: usize, piece: &CodedPiece<'_>) {
        let lines = code_lines(piece.block.dimension());
        let count = piece.count.min(SEED);
        let best = self.search.top.saturating_mul(TWICE).get();
        if best >= count * LANES / 2 {
            return;
        }
        let Some(blocks) = piece.lines().get(..count * lines) else { return };
        let mut sums = [[0; LANES]; SEED];
        let terms = [self.coded.terms(probe, Score::LOWEST)];
        let codes = self.coded.codes(probe, probe + 1);
        Kernels::active().code_sums(codes, &terms, blocks, &mut sums[..count]);
        let mut estimates = Vec::with_capacity(count * LANES);
        for (at, (block, sums)) in blocks.chunks_exact(lines).zip(&sums).enumerate() {
            for lane in lanes(piece.allowed(at)) {
                let estimate = self.coded.estimate(probe, sums[lane], block, lane);
                estimates.push((estimate, (piece.first + at) * LANES + lane));
            }
        }
        if estimates.len() > best {
            estimates.select_nth_unstable_by(best, |a, b| b.0.total_cmp(&a.0));
            estimates.truncate(best);
        }
        let mut partial = Partial::new(self.search);
        for (_, row) in estimates {
            self.compare(piece.block, row, probe, &mut partial);
        }
        if let Some(least) = partial.least() {
            self.floors.raise(probe, least);
        }
    }

    /// Compares a piece with all probes.
    pub(super) fn scan(&self, piece: &CodedPiece<'_>, scratch: &mut Scratch, found: &mut [Partial]) {
        let Scratch { terms, masks, allowed } = scratch;
        allowed.clear();
        allowed.extend((0..piece.count).map(|at| piece.allowed(at)));
        let rows: u64 = allowed.iter().map(|mask| u64::from(mask.count_ones())).sum();
        if rows == 0 {
            return;
        }
        for (group, found) in found.chunks_mut(TOGETHER).enumerate() {
            let from = group * TOGETHER;
            terms.clear();
            terms.extend(
                (from..from + found.len()).map(|probe| self.coded.terms(probe, self.floors.get(probe))),
            );
            masks.resize(terms.len() * piece.count, 0);
            let codes = self.coded.codes(from, from + found.len());
            Kernels::active().code_candidates(codes, terms, piece.lines(), masks);
            for (at, (found, masks)) in found.iter_mut().zip(masks.chunks_exact(piece.count)).enumerate() {
                self.look(piece, (masks, allowed), from + at, rows, found);
            }
        }
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
        if looked_at > 0
            && let Some(least) = found.least()
        {
            self.floors.raise(probe, least);
        }
    }

    fn compare(&self, block: &FaceBlock, row: usize, probe: usize, found: &mut Partial) {
        compare_row(block, row, self.probes[probe], self.search, found);
    }
}

const TWICE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// The lanes of a mask, ascending.
pub(super) fn lanes(mut mask: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < LANES).then_some(lane)
    })
}

/// Compares one row with one probe by the canonical score.
pub(super) fn compare_row(
    block: &FaceBlock,
    row: usize,
    probe: &FaceProbe,
    search: &Search<'_>,
    found: &mut Partial,
) {
    let meta = block.meta(row);
    let score = block.vector(row).map_or(Score::LOWEST, |vector| probe.compare(vector));
    match meta.citizen().filter(|_| score != Score::LOWEST) {
        Some(citizen) => {
            let location = block.location(row);
            found.compared(Hit { citizen, reference: meta.reference(), score, location }, search);
        }
        None => found.damaged(meta),
    }
}
