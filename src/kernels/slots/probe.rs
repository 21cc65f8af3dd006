//! A row prepared to be compared with many.

use std::fmt;

use super::{BLOCK, BLOCKS, Chosen, Directions, Rows, SLOTS, Slots, Width, Words};
use crate::kernels::{Kernels, Level};

/// The counts of ones of a nibble's differences from each nibble, for four slots of a probe after one another:
/// those of the first two in the low nibbles, those of the others in the high ones. One lookup serves four slots,
/// and three can be added before a nibble has to be taken apart from the other: 3 * 4 is below 16.
#[repr(align(32))]
#[derive(Clone, Copy)]
pub(super) struct Tables(pub(super) [[u8; 16]; 2]);

/// Tables of all slots for one nibble of the code.
pub(super) type NibbleTables = [Tables; SLOTS / 4];

/// Nibbles of a word.
pub(super) const NIBBLES: usize = 16;

/// A probe, prepared for one level of kernels. `Debug` shows the level, never codes.
#[derive(Clone)]
pub struct SlotProbe {
    pub(super) words: [Words; 2],
    pub(super) directions: Directions,
    /// The middle direction of each block.
    pub(super) middles: [u8; BLOCKS],
    /// Distances from these on count nothing, by one word and by two.
    pub(super) far: [u8; 2],
    /// How far apart directions may be in [`SlotProbe::nearest`].
    pub(super) gate: u8,
    /// By nibble of the code, first word first; only for AVX2.
    pub(super) tables: Vec<NibbleTables>,
    slots: Slots,
    level: Level,
}

impl SlotProbe {
    /// A probe for kernels of this level. Distances from `far` on count nothing in scores by one word
    /// and by two (of more than 127, 127 is taken); directions up to `gate` 256ths of a turn apart may
    /// meet in [`SlotProbe::nearest`]. Costs some microseconds and 8 KiB at AVX2, little elsewhere.
    pub fn new(
        kernels: &Kernels,
        words: [&Words; 2],
        directions: &Directions,
        far: [u8; 2],
        gate: u8,
    ) -> Self {
        let middle = |block: usize| {
            let (first, last) = (directions[block * BLOCK], directions[block * BLOCK + BLOCK - 1]);
            u8::midpoint(first, last)
        };
        let tables = match kernels.level() {
            Level::Avx2 | Level::AvxVnni => words.into_iter().flat_map(tables).collect(),
            Level::Scalar | Level::Avx512 => Vec::new(),
        };
        Self {
            words: words.map(|words| *words),
            directions: *directions,
            middles: std::array::from_fn(middle),
            far: far.map(|far| far.min(127)),
            gate,
            tables,
            slots: kernels.slots(),
            level: kernels.level(),
        }
    }

    /// The score of each of the first `out.len()` rows. Made for scans in order; of several probes, give
    /// each the same few dozen rows in turn, so that they stay in the first cache.
    ///
    /// # Panics
    /// If a column that is used has fewer rows.
    pub fn scores(&self, rows: Rows<'_>, width: Width, out: &mut [u32]) {
        assert!(held(rows, width) >= out.len(), "a row for each score");
        (self.slots.scores[width as usize])(self, rows, Chosen::First, out);
    }

    /// The score of each row of a list. It prefetches: give it long lists, ascending.
    ///
    /// # Panics
    /// If `at` and `out` are not of one length, or a row is not in a column that is used.
    pub fn scores_at(&self, rows: Rows<'_>, width: Width, at: &[u32], out: &mut [u32]) {
        assert!(at.len() == out.len(), "a score for each row");
        let held = held(rows, width);
        assert!(at.iter().all(|&row| (row as usize) < held), "rows that exist");
        (self.slots.scores[width as usize])(self, rows, Chosen::Listed(at), out);
    }

    /// For each slot of a row the nearest slot of the probe by both words, as `distance << 8 | slot`, or
    /// [`NONE`](super::NONE).
    pub fn nearest(&self, words: [&Words; 2], directions: &Directions) -> [u16; SLOTS] {
        let mut out = [super::NONE; SLOTS];
        (self.slots.nearest)(self, words, directions, &mut out);
        out
    }
}

impl fmt::Debug for SlotProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlotProbe({})", self.level)
    }
}

/// How many rows are in every column that is used.
fn held(rows: Rows<'_>, width: Width) -> usize {
    match width {
        Width::One => rows.words[0].len().min(rows.directions.len()),
        Width::Two => rows.len(),
    }
}

/// How many bits two nibbles differ in.
static DIFFERENCES: [[u8; 16]; 16] = {
    let mut differences = [[0; 16]; 16];
    let mut at = 0;
    while at < 256 {
        differences[at / 16][at % 16] = ((at / 16) ^ (at % 16)).count_ones() as u8;
        at += 1;
    }
    differences
};

/// The tables of a plane.
fn tables(words: &Words) -> impl Iterator<Item = NibbleTables> + '_ {
    (0..NIBBLES).map(|nibble| {
        std::array::from_fn(|four| {
            Tables([0, 1].map(|half| {
                let of = |slot: usize| &DIFFERENCES[(words[slot] >> (4 * nibble) & 0xf) as usize];
                let (low, high) = (of(4 * four + half), of(4 * four + 2 + half));
                std::array::from_fn(|other| low[other] | high[other] << 4)
            }))
        })
    })
}
