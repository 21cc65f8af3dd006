//! Sixteen lanes with the operations that the compiler does not find in plain code: masks, lists of the
//! lanes that count, the greatest lane. Work is written once, over [`Lanes`], and compiled for each level.
//!
//! Every operation works on each lane on its own, rounded once, so every level returns the same bits.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
mod scalar;
#[cfg(test)]
mod tests;

use std::ops::{Add, BitAnd, BitOr, Mul, Sub};

pub use scalar::Scalar;

use super::Level;

/// Lanes of a vector.
pub const LANES: usize = 16;

/// The vectors of a level. A value of this type, and of its vectors, exists only where the processor has
/// the level.
pub trait Lanes: Copy {
    /// Sixteen numbers. An operation rounds each lane once.
    type Floats: Copy + Add<Output = Self::Floats> + Sub<Output = Self::Floats> + Mul<Output = Self::Floats>;
    /// Sixteen whole numbers of 32 bits.
    type Integers: Copy + BitAnd<Output = Self::Integers> + BitOr<Output = Self::Integers>;
    /// Sixteen answers.
    type Mask: Copy + BitAnd<Output = Self::Mask>;

    /// Numbers from memory.
    fn floats(self, values: &[f32; LANES]) -> Self::Floats;
    /// One number in every lane.
    fn splat(self, value: f32) -> Self::Floats;
    /// The root of each.
    fn root(self, of: Self::Floats) -> Self::Floats;
    /// Each without its sign.
    fn absolute(self, of: Self::Floats) -> Self::Floats;
    /// Of each two the greater.
    fn greater(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// Whether each of `a` is less than that of `b`; not if one is no number.
    fn is_less(self, a: Self::Floats, b: Self::Floats) -> Self::Mask;
    /// Whether each of `a` is at most that of `b`; not if one is no number.
    fn is_at_most(self, a: Self::Floats, b: Self::Floats) -> Self::Mask;
    /// `a` where the mask says yes, else `b`.
    fn select(self, mask: Self::Mask, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The bits of each.
    fn bits(self, of: Self::Floats) -> Self::Integers;

    /// Whole numbers from memory.
    fn integers(self, values: &[i32; LANES]) -> Self::Integers;
    /// One whole number in every lane.
    fn splat_integer(self, value: i32) -> Self::Integers;
    /// To memory.
    fn store(self, of: Self::Integers, to: &mut [i32; LANES]);
    /// Of each two the greater.
    fn greater_integer(self, a: Self::Integers, b: Self::Integers) -> Self::Integers;
    /// The greatest lane.
    fn greatest(self, of: Self::Integers) -> i32;
    /// Whether each of `a` is less than that of `b`.
    fn is_less_integer(self, a: Self::Integers, b: Self::Integers) -> Self::Mask;
    /// Whether each of `a` is that of `b`.
    fn is_equal(self, a: Self::Integers, b: Self::Integers) -> Self::Mask;
    /// `of` with another value in lane `lane % 16`.
    fn replace(self, of: Self::Integers, lane: usize, value: i32) -> Self::Integers;
    /// `a`, with the bits of `b` where the mask says yes.
    fn join(self, mask: Self::Mask, a: Self::Integers, b: Self::Integers) -> Self::Integers;

    /// The numbers of a table at some places, of which the bits that a place in the table has count. The
    /// table's length is a power of two.
    fn gather<const N: usize>(self, table: &[f32; N], at: Self::Integers) -> [f32; LANES];

    /// A bit for each lane where the mask says yes, the first lowest.
    fn ones(self, mask: Self::Mask) -> u16;
    /// Writes the lanes where the mask says yes, in their order, and after them whatever; returns how
    /// many they are.
    fn list(self, mask: Self::Mask, of: Self::Integers, to: &mut [i32; LANES]) -> usize;
}

/// The bits that count of a place in a table of `N`.
const fn place_bits<const N: usize>() -> i32 {
    const { assert!(N.is_power_of_two() && N <= 1 << 30, "a power of two") };
    N as i32 - 1
}

/// Work for [`super::Kernels::run_lanes`].
pub trait LaneWork {
    /// What it returns.
    type Output;

    /// Does it. To be `#[inline(always)]`, with what it calls; see [`super::Work`]. Closures that call
    /// `lanes` are to be avoided: some stay out of line, where each operation is a call.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
pub(super) fn run<W: LaneWork>(level: Level, work: W) -> W::Output {
    match level {
        Level::Scalar => work.run(scalar::Scalar),
        Level::Avx2 | Level::AvxVnni => avx2::run(work),
        Level::Avx512 => avx512::run(work),
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn run<W: LaneWork>(_: Level, work: W) -> W::Output {
    work.run(scalar::Scalar)
}
