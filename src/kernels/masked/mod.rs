//! Similarity of masked bit patterns, one against eight at a time.
//!
//! A pattern is [`VALUE_WORDS`] words of bits and one word that says which bit positions count (the
//! same positions in every value word). Eight patterns lie side by side as planes, `planes[w][lane]`.
//! With `m` the common mask, `a` and `b` the value bits under it and `|.|` the number of ones:
//!
//! `similarity = 1 - sqrt|a xor b| / (sqrt|a| + sqrt|b|)`,
//!
//! zero if `m` has fewer than `least_common` ones or neither side has a bit. Counts are exact, and
//! square root, sum and quotient are single correctly rounded `f32` operations in this order, so
//! every level returns the same bits, and so does an exchange of the two sides.

mod scalar;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vector;

use super::Level;
#[cfg(target_arch = "x86_64")]
use super::vector::{AtAvx2, AtAvx512};

/// Value words of a pattern; the mask is the word after them.
pub const VALUE_WORDS: usize = 5;

/// Patterns side by side.
pub const LANES: usize = 8;

/// One pattern: its value words, then its mask.
pub type Pattern = [u64; VALUE_WORDS + 1];

/// Eight patterns as planes; planes after the mask are not read.
pub type Planes = [[u64; LANES]; 8];

/// `out[(p * planes.len() + q) * LANES + lane]` becomes the similarity of pattern `p` and lane `lane`
/// of planes `q`. The caller has checked that `out` has `patterns * planes * LANES` places.
pub(super) type MaskedFn = fn(&[Pattern], &[Planes], u32, &mut [f32]);

#[cfg(target_arch = "x86_64")]
pub(super) fn at(level: Level) -> MaskedFn {
    match level {
        Level::Scalar => scalar::similarities,
        Level::Avx2 | Level::AvxVnni => vector::similarities::<AtAvx2>(),
        Level::Avx512 => vector::similarities::<AtAvx512>(),
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn at(_: Level) -> MaskedFn {
    scalar::similarities
}

/// The similarity by these counts of ones, if they count. Signed, as AVX2 turns no unsigned number into an f32.
#[inline(always)]
fn similarity(ones_a: i32, ones_b: i32, differing: i32) -> f32 {
    let norms = (ones_a as f32).sqrt() + (ones_b as f32).sqrt();
    1.0 - (differing as f32).sqrt() / norms
}
