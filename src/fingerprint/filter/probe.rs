//! A finger's codes prepared once, to be compared with many.

use std::fmt;

use super::relaxation::{Relaxation, Sites, Turns};
use super::select::FilterScore;
use crate::fingerprint::codes::{CodeMeans, CodeWords, CodesView, FAR, SLOTS, WORDS};
use crate::kernels::slots::{Rows, SlotProbe, Width};
use crate::kernels::{Kernels, Work};
use crate::units::Score;

/// Pairs of minutiae whose directions differ by more are not relaxed: 67.5 degrees in 256ths of a turn.
/// Of mated captures 99.9 % are turned by less than 65 degrees (development data).
const GATE: u8 = 48;

/// Rows whose sums are made before they are normalised.
const CHUNK: usize = 64;

/// Rows that are prefetched ahead of their relaxation.
const AHEAD: usize = 4;

/// Codes of many fingers, by column. Any bytes are allowed: bytes that no model made give meaningless scores,
/// never a panic.
#[derive(Clone, Copy)]
pub struct CodeRows<'a> {
    /// The word planes.
    pub words: [&'a [CodeWords]; WORDS],
    /// Directions of the slots.
    pub directions: &'a [[u8; SLOTS]],
    /// Places of the slots.
    pub places: &'a [[[i16; 2]; SLOTS]],
    /// How many minutiae fill the slots.
    pub counts: &'a [u8],
    /// What is subtracted from scores.
    pub means: &'a [CodeMeans],
}

impl<'a> CodeRows<'a> {
    fn slots(self) -> Rows<'a> {
        Rows { words: self.words.map(bytemuck::cast_slice), directions: self.directions }
    }

    /// The rows after the first `count`, or none.
    #[must_use]
    pub fn after(self, count: usize) -> Self {
        Self {
            words: self.words.map(|words| words.get(count..).unwrap_or_default()),
            directions: self.directions.get(count..).unwrap_or_default(),
            places: self.places.get(count..).unwrap_or_default(),
            counts: self.counts.get(count..).unwrap_or_default(),
            means: self.means.get(count..).unwrap_or_default(),
        }
    }

    /// How many rows all columns have.
    pub fn len(&self) -> usize {
        let [first, second] = self.words;
        let lengths = [second.len(), self.directions.len(), self.places.len(), self.counts.len()];
        lengths.into_iter().fold(first.len().min(self.means.len()), usize::min)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn sites(&self, row: usize) -> Sites<'a> {
        Sites { places: &self.places[row], directions: &self.directions[row], count: self.counts[row] }
    }
}

impl fmt::Debug for CodeRows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeRows({})", self.len())
    }
}

/// A finger's codes, prepared once to be compared with many. `Debug` shows the count, never codes.
#[derive(Clone)]
pub struct CodeProbe {
    slots: SlotProbe,
    places: [[i16; 2]; SLOTS],
    directions: [u8; SLOTS],
    count: u8,
    turns: &'static Turns,
    kernels: Kernels,
}

impl CodeProbe {
    /// Prepares a finger, for the kernels of this process ([`Kernels::active`]).
    pub fn new(finger: CodesView<'_>) -> Self {
        Self::with_kernels(finger, *Kernels::active())
    }

    /// Prepares a finger, for given kernels: the scores are the same, only faster or slower.
    pub fn with_kernels(finger: CodesView<'_>, kernels: Kernels) -> Self {
        let words = finger.words.map(|words| &words.0);
        Self {
            slots: SlotProbe::new(&kernels, words, &finger.sites.directions, FAR, GATE),
            places: finger.sites.places,
            directions: finger.sites.directions,
            count: finger.count,
            turns: Turns::shared(),
            kernels,
        }
    }

    /// Scores the first `out.len()` rows by the first word. With several probes, give each the same few dozen
    /// rows in turn, so that they stay in the L1 cache.
    ///
    /// # Panics
    /// If there are fewer rows.
    pub fn coarse(&self, rows: CodeRows<'_>, out: &mut [FilterScore]) {
        self.score_in_order(rows, Width::One, out);
    }

    /// Scores the first `out.len()` rows by both words; see [`CodeProbe::coarse`].
    ///
    /// # Panics
    /// If there are fewer rows.
    pub fn fine(&self, rows: CodeRows<'_>, out: &mut [FilterScore]) {
        self.score_in_order(rows, Width::Two, out);
    }

    /// Scores the rows of a list by the first word. Fastest if the list is long and ascending.
    ///
    /// # Panics
    /// If `at` and `out` are not of one length, or a row does not exist.
    pub fn coarse_at(&self, rows: CodeRows<'_>, at: &[u32], out: &mut [FilterScore]) {
        self.score_listed(rows, Width::One, at, out);
    }

    /// Scores the rows of a list by both words; see [`CodeProbe::coarse_at`].
    ///
    /// # Panics
    /// If `at` and `out` are not of one length, or a row does not exist.
    pub fn fine_at(&self, rows: CodeRows<'_>, at: &[u32], out: &mut [FilterScore]) {
        self.score_listed(rows, Width::Two, at, out);
    }

    fn score_listed(&self, rows: CodeRows<'_>, width: Width, at: &[u32], out: &mut [FilterScore]) {
        assert!(at.len() == out.len(), "a score for each row");
        let (mut sums, mut counts, mut means) = ([0; CHUNK], [0; CHUNK], [CodeMeans::default(); CHUNK]);
        for (at, out) in at.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            let sums = &mut sums[..at.len()];
            self.slots.scores_at(rows.slots(), width, at, sums);
            for ((&row, count), mean) in at.iter().zip(&mut counts).zip(&mut means) {
                (*count, *mean) = (rows.counts[row as usize], rows.means[row as usize]);
            }
            self.normalise(width, sums, (&counts, &means), out);
        }
    }

    fn score_in_order(&self, rows: CodeRows<'_>, width: Width, out: &mut [FilterScore]) {
        assert!(rows.len() >= out.len(), "a row for each score");
        let mut sums = [0; CHUNK];
        let mut rest = rows;
        for out in out.chunks_mut(CHUNK) {
            let sums = &mut sums[..out.len()];
            self.slots.scores(rest.slots(), width, sums);
            self.normalise(width, sums, (rest.counts, rest.means), out);
            rest = rest.after(out.len());
        }
    }

    fn normalise(
        &self,
        width: Width,
        sums: &[u32],
        (counts, means): (&[u8], &[CodeMeans]),
        out: &mut [FilterScore],
    ) {
        if self.count == 0 {
            return out.fill(FilterScore::LOWEST);
        }
        self.kernels.run(Finish { width: width as usize, sums, counts, means, out });
    }

    /// Relaxes the best pairs of minutiae of each row of a list. Fastest if the list is long and
    /// ascending: it prefetches.
    ///
    /// # Panics
    /// If `at` and `out` are not of one length, or a row does not exist.
    pub fn relaxed_at(&self, rows: CodeRows<'_>, at: &[u32], out: &mut [Score]) {
        assert!(at.len() == out.len(), "a score for each row");
        for (i, (&row, out)) in at.iter().zip(out).enumerate() {
            if let Some(&next) = at.get(i + AHEAD) {
                self.prefetch(rows, next as usize);
            }
            let row = row as usize;
            *out = self.relaxed(rows.words.map(|words| &words[row].0), rows.sites(row));
        }
    }

    /// Prefetches what a relaxation reads of a row.
    fn prefetch(&self, rows: CodeRows<'_>, row: usize) {
        for words in rows.words {
            self.kernels.prefetch(&words[row].0);
        }
        self.kernels.prefetch(&rows.places[row]);
        self.kernels.prefetch(&rows.directions[row]);
        self.kernels.prefetch(&rows.counts[row..=row]);
    }

    fn relaxed(&self, words: [&[u64; SLOTS]; WORDS], candidate: Sites<'_>) -> Score {
        let nearest = &self.slots.nearest(words, candidate.directions);
        let probe = Sites { places: &self.places, directions: &self.directions, count: self.count };
        let work = Relaxation { probe, candidate, nearest, turns: self.turns };
        Score::new(self.kernels.run(work)).unwrap_or(Score::LOWEST)
    }
}

/// Roots of scores, less the candidates' means.
struct Finish<'a> {
    width: usize,
    sums: &'a [u32],
    counts: &'a [u8],
    means: &'a [CodeMeans],
    out: &'a mut [FilterScore],
}

impl Work for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let candidates = self.sums.iter().zip(self.counts).zip(self.means);
        for (out, ((&sum, &count), mean)) in self.out.iter_mut().zip(candidates) {
            // Root and product are each correctly rounded, and a sum is below 2^17.
            let root = (sum as f32).sqrt() * f32::from(CodeMeans::ONE);
            let score = FilterScore::of(root as i32, mean.0[self.width]);
            *out = if count == 0 { FilterScore::LOWEST } else { score };
        }
    }
}

impl fmt::Debug for CodeProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeProbe({} minutiae)", self.count)
    }
}
