//! Inner products of byte codes, and bounds made of them.
//!
//! The codes of [`LANES`] vectors lie together as a *block* of 64-byte lines: a line of their scales
//! (f32), a line of their errors (f32), then a line for each four dimensions, in which every vector has
//! its four bytes. A byte is the code plus 128. One layout serves one probe (it streams) and many (a
//! line is loaded once for several of them), and no sum crosses lanes.
//!
//! Of a probe with codes `p` and of a vector with codes `q`, scale `s` and error `e`:
//!
//! * `sum`, the exact integer inner product of `p` and `q`;
//! * `bound = f32(sum) * s + weight * e`, each of the four steps rounded on its own.
//!
//! The vector is a *candidate* for the probe unless its bound is below the probe's floor; a bound that
//! is not a number makes a candidate. Every level returns the same sums and the same candidates.
//!
//! A gallery stores blocks split in two [`Planes`]: the high and the low nibbles of all bytes. The high
//! plane alone tells `p` times `2 q'`, where `q'` is the middle of what a code with such a nibble may be,
//! and a second bound made of it rules most vectors out at half of the bytes.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod planes;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod scan;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vnni;

use super::Level;
#[cfg(target_arch = "x86_64")]
use super::vector::{At, AtAvx2, AtAvx512, AtAvxVnni};
pub use planes::Planes;

/// Vectors of a block.
pub const LANES: usize = 16;

/// A cache line of a block.
pub type Line = [u8; 64];

/// Four codes of a probe, each -127..=127.
pub type Group = [i8; 4];

/// Lines of a block before its codes: scales and errors.
pub const HEAD: usize = 2;

/// Lines of a block's high plane before its nibbles: scales, and errors of what the plane alone tells.
pub const HIGH_HEAD: usize = 2;

/// Lines of a block's low plane before its nibbles: errors of the whole codes.
pub const LOW_HEAD: usize = 1;

/// What a probe's scan needs beside its codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Takes back what the bytes' offset adds: -128 times the sum of the codes; for a scan of high planes
    /// -241 times, because a nibble `h` stands for twice the code `16 h + 7.5 - 128`.
    pub start: i32,
    /// Factor of a vector's error.
    pub weight: f32,
    /// Bounds below this make no candidate.
    pub floor: f32,
}

/// The kernels at one level. `(codes, terms, lines, out)`: codes of all probes one after the other,
/// terms of each, whole blocks, and a place for each probe and block (all blocks of the first probe
/// first). The safe doors in [`super::Kernels`] check all lengths; there is a probe and a block.
#[derive(Clone, Copy)]
pub(super) struct Codes {
    /// The sums of a block's lanes.
    pub(super) sums: ScanFn<[i32; LANES]>,
    /// The candidates of a block, lane 0 in the lowest bit.
    pub(super) candidates: ScanFn<u16>,
    /// Blocks of planes, put together: `(planes, lines)`.
    pub(super) join: fn(Planes<'_>, &mut [Line]),
    /// The candidates of a block of planes, for one probe: `(codes, terms, planes, out)`.
    pub(super) planes: fn(&[Group], &Terms, Planes<'_>, &mut [u16]),
    /// The candidates by the high plane alone, for one probe: `(codes, terms, lines, out)`.
    pub(super) high: fn(&[Group], &Terms, &[Line], &mut [u16]),
}

type ScanFn<T> = fn(&[Group], &[Terms], &[Line], &mut [T]);

/// What a scan for several probes is given.
#[cfg(target_arch = "x86_64")]
struct Scan<'a, T> {
    codes: &'a [Group],
    terms: &'a [Terms],
    lines: &'a [Line],
    out: &'a mut [T],
}

pub(super) fn at(level: Level) -> Codes {
    match level {
        Level::Scalar => scalar::CODES,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => Codes { sums: avx2::sums, candidates: avx2::candidates, ..one_probe::<AtAvx2>() },
        #[cfg(target_arch = "x86_64")]
        Level::AvxVnni => vnni::codes::<AtAvxVnni>(),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => vnni::codes::<AtAvx512>(),
        #[cfg(not(target_arch = "x86_64"))]
        Level::Avx2 | Level::AvxVnni | Level::Avx512 => scalar::CODES,
    }
}

/// The kernels of a level for one probe; the others are those of the definition.
#[cfg(target_arch = "x86_64")]
const fn one_probe<A: At>() -> Codes {
    Codes {
        join: |planes, lines| A::run(scan::Join { planes, lines }),
        planes: |codes, terms, planes, out| A::run(scan::BothPlanes { codes, terms, planes, out }),
        high: |codes, terms, lines, out| A::run(scan::HighPlane { codes, terms, lines, out }),
        ..scalar::CODES
    }
}
