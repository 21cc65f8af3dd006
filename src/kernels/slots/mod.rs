//! Nearest codes among the 32 slots of a row.
//!
//! A *row* has [`SLOTS`] slots, ascending by direction (a 256th of a turn each, in a byte); each slot has
//! a code of one or two words, and word `w` of all slots lies together as a plane. A probe is a row too.
//!
//! **Score.** The probe's slots form four blocks of eight neighbours. A block meets [`WINDOW`] of the
//! row's slots, from the one that is `WINDOW / 2` before the first whose direction is not below the
//! block's middle one, around the circle: a gate for directions whose length is always the same. Of each
//! of the probe's slots, `d` is the least number of differing bits; the score is the sum of
//! `max(0, far - d)^2`. The minimum stays in the lane of its probe slot, so nothing crosses lanes before
//! the end of a row.
//!
//! **Nearest.** For each of the row's slots, the nearest of the probe's slots whose direction is within a
//! gate, as `distance << 8 | slot` (of equals the first), or [`NONE`].
//!
//! Every level returns the same numbers for any bytes whatever, sorted or not.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod probe;
mod scalar;
#[cfg(test)]
mod tests;

use super::Level;

pub use probe::SlotProbe;

/// Slots of a row.
pub const SLOTS: usize = 32;

/// Slots of a row that a block of the probe meets.
pub const WINDOW: usize = 16;

/// What [`SlotProbe::nearest`] says of a slot that no slot of the probe may meet.
pub const NONE: u16 = u16::MAX;

/// Slots of a block of the probe.
const BLOCK: usize = 8;

/// Blocks of a probe.
const BLOCKS: usize = SLOTS / BLOCK;

/// A word of every slot.
pub type Words = [u64; SLOTS];

/// The direction of every slot.
pub type Directions = [u8; SLOTS];

/// How much of a code is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// The first word: 64 bits.
    One,
    /// Both words: 128 bits.
    Two,
}

/// Rows, by column.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The two word planes.
    pub words: [&'a [Words]; 2],
    /// The directions.
    pub directions: &'a [Directions],
}

impl Rows<'_> {
    /// How many rows all columns have.
    pub fn len(&self) -> usize {
        self.words[0].len().min(self.words[1].len()).min(self.directions.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Which rows a scan meets.
#[derive(Clone, Copy)]
enum Chosen<'a> {
    /// As many as there are places, from the first.
    First,
    /// These, in this order.
    Listed(&'a [u32]),
}

/// The kernels at one level. The safe doors in [`SlotProbe`] have checked that every row that is to be
/// met exists in every column that is used, and that there is a place for each.
#[derive(Clone, Copy)]
pub(super) struct Slots {
    /// Scores by one word and by two.
    scores: [Scores; 2],
    nearest: Nearest,
}

type Scores = fn(&SlotProbe, Rows<'_>, Chosen<'_>, &mut [u32]);
type Nearest = fn(&SlotProbe, [&Words; 2], &Directions, &mut [u16; SLOTS]);

pub(super) fn at(level: Level) -> Slots {
    match level {
        Level::Scalar => scalar::SLOTS,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::AvxVnni => avx2::SLOTS,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => avx512::SLOTS,
        #[cfg(not(target_arch = "x86_64"))]
        Level::Avx2 | Level::AvxVnni | Level::Avx512 => scalar::SLOTS,
    }
}
