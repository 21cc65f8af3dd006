//! The canonical f32 inner product.
//!
//! Lane `l` of 32 sums `a[32i + l] * b[32i + l]` for ascending `i`, each product and each sum
//! rounded on its own (no fused multiply-add); lanes are then added in halves: `l` and `l + 16`,
//! then 8, 4, 2, 1 apart. Every level follows this order, so a score has the same bits everywhere.
//! (The bits of a NaN are not defined: callers treat every NaN alike.)
//!
//! Three forms, one definition: one pair; one probe against consecutive rows, bound by memory and so
//! prefetching; several probes against consecutive rows, bound by arithmetic and so tiled in
//! registers.

mod scalar;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vector;

use super::Level;
#[cfg(target_arch = "x86_64")]
use super::vector::{AtAvx2, AtAvx512};

pub(super) const LANES: usize = 32;

/// The three forms at one level. The safe doors in [`super::Kernels`] check all lengths.
#[derive(Clone, Copy)]
pub(super) struct Dot {
    /// Two vectors of one length, a multiple of [`LANES`].
    pub(super) pair: fn(&[f32], &[f32]) -> f32,
    /// A probe, `out.len()` rows of its length, the products.
    pub(super) rows: fn(&[f32], &[f32], &mut [f32]),
    /// The length of a vector (not zero), probes, rows, and the products: all rows of the first probe, then
    /// those of the second, and so on.
    pub(super) tile: fn(usize, &[f32], &[f32], &mut [f32]),
}

pub(super) fn at(level: Level) -> Dot {
    match level {
        Level::Scalar => scalar::DOT,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::AvxVnni => vector::dot::<AtAvx2>(),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => vector::dot::<AtAvx512>(),
        #[cfg(not(target_arch = "x86_64"))]
        Level::Avx2 | Level::AvxVnni | Level::Avx512 => scalar::DOT,
    }
}
