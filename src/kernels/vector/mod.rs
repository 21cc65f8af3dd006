//! 64 bytes as one vector, in one register or two: the kernels that differ between levels by no more than that
//! are written once, over [`Vector`] and [`Products`].
//!
//! [`Lanes`] is the public part: sixteen numbers. What kernels of codes, inner products and masked patterns
//! need beside it is here. The values of a level exist only inside functions that are compiled for it, so their
//! methods are safe to call.

mod avx2;
mod avx512;
mod avx_vnni;
mod vnni;

use std::ops::BitXor;

use super::lanes::{LANES, Lanes};

pub(super) use avx_vnni::AtAvxVnni;
pub(super) use avx2::AtAvx2;
pub(super) use avx512::AtAvx512;

/// 64 bytes: a cache line.
pub(super) type Line = [u8; 64];

/// Four signed bytes that are multiplied with four unsigned bytes of each lane.
pub(super) type Group = [i8; 4];

/// The vectors of a level, beyond sixteen numbers.
pub(super) trait Vector: Lanes<Integers: BitXor<Output = Self::Integers>> {
    /// How many vectors the registers hold.
    const REGISTERS: usize;

    /// Ones of eight lanes of 64 bits, being counted.
    type Counts: Copy;

    /// Bytes from memory.
    fn line(self, from: &Line) -> Self::Integers;
    /// Bytes to memory.
    fn store_line(self, of: Self::Integers, to: &mut Line);
    /// Asks memory for the cache line of the item so many items after this one. A hint: any address will do.
    fn prefetch<T>(self, item: &T, items: usize);
    /// The low nibble of each byte, and the high one.
    fn nibbles(self, of: Self::Integers) -> [Self::Integers; 2];
    /// The bytes that have the low nibbles of both as their high and low nibbles; and those of the high nibbles.
    fn join_nibbles(self, high: Self::Integers, low: Self::Integers) -> [Self::Integers; 2];
    /// `sums`, and to each lane its two signed 16-bit numbers of `a` times those of `b`, modulo 2^32.
    fn add_pairs(self, sums: Self::Integers, a: Self::Integers, b: Self::Integers) -> Self::Integers;
    /// Sums of 32-bit lanes, modulo 2^32.
    fn add(self, a: Self::Integers, b: Self::Integers) -> Self::Integers;
    /// Each 32-bit lane times `2^BITS`.
    fn double<const BITS: u32>(self, of: Self::Integers) -> Self::Integers;

    /// The numbers that have these bits.
    fn with_bits(self, bits: Self::Integers) -> Self::Floats;
    /// Each whole number, rounded.
    fn numbers(self, of: Self::Integers) -> Self::Floats;
    /// Of each two the lesser.
    fn less(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The nearest whole number of each, of two the even one. Each is below 2^31 in magnitude.
    fn rounded(self, of: Self::Floats) -> Self::Integers;
    /// A bit for each lane where `a` is not less than `b`: it is at least as great, or one is no number.
    fn not_less(self, a: Self::Floats, b: Self::Floats) -> u16;
    /// The sum of the lanes: those 8 apart are added first, then 4, 2, 1 apart.
    fn sum(self, of: Self::Floats) -> f32;

    /// One word in each of eight lanes.
    fn splat_word(self, word: u64) -> Self::Integers;
    /// Nothing counted.
    fn no_counts(self) -> Self::Counts;
    /// Counts the ones of each word. May be done 31 times before the counts are taken.
    fn count(self, counts: Self::Counts, words: Self::Integers) -> Self::Counts;
    /// The counts.
    fn counts(self, counts: Self::Counts) -> [i32; LANES / 2];
}

/// Sums over products of bytes, for one probe.
pub(super) trait Products: Vector {
    /// For each lane the sum of nibbles times codes: a line's low nibbles go with the first group of its pair,
    /// the high ones with the second. Asks memory for the lines `ahead` lines further on.
    fn nibble_sums(self, codes: &[[Group; 2]], lines: &[Line], ahead: usize) -> Self::Integers;

    /// The same of the bytes that a line of high and one of low nibbles make.
    fn byte_sums(self, codes: &[[Group; 2]], high: &[Line], low: &[Line], ahead: usize) -> Self::Integers;
}

/// Vectors of a level that multiplies and sums bytes in one instruction.
pub(super) trait ByteProducts: Products {
    /// `sums`, and to each lane its four unsigned bytes times four signed ones.
    fn add_products(
        self,
        sums: Self::Integers,
        bytes: Self::Integers,
        codes: Self::Integers,
    ) -> Self::Integers;
}

/// Work over vectors.
pub(super) trait VectorWork {
    /// What it returns.
    type Output;

    /// Does it. To be `#[inline(always)]`, with what it calls; see [`super::lanes::LaneWork`].
    fn run<V: Products>(self, vector: V) -> Self::Output;
}

/// Work over vectors with [`ByteProducts`].
pub(super) trait ByteWork {
    /// What it returns.
    type Output;

    /// As [`VectorWork::run`].
    fn run<V: ByteProducts>(self, vector: V) -> Self::Output;
}

/// A level, as a type: for tables of functions. Only for kernels that dispatch hands out where the level was
/// detected.
pub(super) trait At {
    /// Does work, compiled for the level.
    fn run<W: VectorWork>(work: W) -> W::Output;
}

/// A level with [`ByteProducts`].
pub(super) trait AtBytes: At {
    /// Does work, compiled for the level.
    fn run_bytes<W: ByteWork>(work: W) -> W::Output;
}

/// Four codes in every lane.
#[inline(always)]
pub(super) fn splat_group<V: Vector>(vector: V, group: Group) -> V::Integers {
    vector.splat_integer(i32::from_le_bytes(group.map(i8::cast_unsigned)))
}
