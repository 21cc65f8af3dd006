//! The canonical f32 inner product.
//!
//! Lane `l` of 32 sums `a[32i + l] * b[32i + l]` for ascending `i`, each product and each sum
//! rounded on its own (no fused multiply-add); lanes are then added in halves: `l` and `l + 16`,
//! then 8, 4, 2, 1 apart. Every level follows this order, so a score has the same bits everywhere.

mod scalar;

use super::Level;

pub(super) const LANES: usize = 32;

/// Equal lengths, a multiple of [`LANES`]: the caller has checked.
pub(super) type DotFn = fn(&[f32], &[f32]) -> f32;

pub(super) fn at(level: Level) -> DotFn {
    match level {
        Level::Scalar | Level::Avx2 | Level::Avx512 => scalar::dot,
    }
}
