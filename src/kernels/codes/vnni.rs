//! Scans for several probes over the vectors of a level that multiplies and sums bytes in one instruction.
#![allow(clippy::needless_range_loop)] // several arrays by one index; through iterators, sums lose their registers

use super::scan::candidates;
use super::{Codes, Group, HEAD, LANES, Line, Scan, Terms, one_probe};
use crate::kernels::vector::{AtBytes, ByteProducts, ByteWork, splat_group};

pub(super) const fn codes<A: AtBytes>() -> Codes {
    Codes {
        sums: |codes, terms, lines, out| A::run_bytes(Walk::<Sums>(Scan { codes, terms, lines, out })),
        candidates: |codes, terms, lines, out| {
            A::run_bytes(Walk::<Candidates>(Scan { codes, terms, lines, out }));
        },
        ..one_probe::<A>()
    }
}

/// What becomes of the sums of a probe with a block. A trait and no closure: a closure may stay out of line, where
/// each operation of a vector is a call.
trait Finish {
    type Output;

    fn finish<V: ByteProducts>(vector: V, sums: V::Integers, terms: &Terms, block: &[Line]) -> Self::Output;
}

struct Sums;

impl Finish for Sums {
    type Output = [i32; LANES];

    #[inline(always)]
    fn finish<V: ByteProducts>(vector: V, sums: V::Integers, _: &Terms, _: &[Line]) -> [i32; LANES] {
        let mut out = [0; LANES];
        vector.store(sums, &mut out);
        out
    }
}

struct Candidates;

impl Finish for Candidates {
    type Output = u16;

    #[inline(always)]
    fn finish<V: ByteProducts>(vector: V, sums: V::Integers, terms: &Terms, block: &[Line]) -> u16 {
        candidates(vector, sums, terms, &block[0], &block[1])
    }
}

/// Probes of a register tile.
const PROBES: usize = 6;

/// Blocks of a tile where registers hold the 24 sums and four lines; elsewhere there is one.
const BLOCKS: usize = 4;

struct Walk<'a, F: Finish>(Scan<'a, F::Output>);

impl<F: Finish> ByteWork for Walk<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: ByteProducts>(self, vector: V) {
        if V::REGISTERS >= PROBES * BLOCKS + BLOCKS {
            tiles::<V, BLOCKS, F>(vector, self.0);
        } else {
            tiles::<V, 1, F>(vector, self.0);
        }
    }
}

/// Each six probes pass a tile of `B` blocks, which stays in the first cache (33 KiB for four at 512
/// dimensions) until all have.
#[inline(always)]
fn tiles<V: ByteProducts, const B: usize, F: Finish>(vector: V, scan: Scan<'_, F::Output>) {
    let Scan { codes, terms, lines, out } = scan;
    let groups = codes.len() / terms.len();
    let block_lines = HEAD + groups;
    let n = lines.len() / block_lines;
    for (tile, lines) in lines.chunks(B * block_lines).enumerate() {
        let whole = lines.len() == B * block_lines;
        for (at, terms) in terms.chunks(PROBES).enumerate() {
            let first = at * PROBES;
            let codes = &codes[first * groups..][..terms.len() * groups];
            let out = &mut out[first * n + tile * B..];
            if terms.len() == PROBES && whole {
                finish::<V, PROBES, B, F>(vector, codes, terms, lines, out, n);
                continue;
            }
            for (p, codes) in codes.chunks_exact(groups).enumerate() {
                let (terms, out) = (&terms[p..=p], &mut out[p * n..]);
                if whole {
                    finish::<V, 1, B, F>(vector, codes, terms, lines, out, n);
                } else {
                    for (b, block) in lines.chunks_exact(block_lines).enumerate() {
                        finish::<V, 1, 1, F>(vector, codes, terms, block, &mut out[b..], n);
                    }
                }
            }
        }
    }
}

/// Sums of `P` probes with `B` blocks, and what becomes of them: of probe `p` and block `b` in `out[p * n + b]`.
#[inline(always)]
fn finish<V: ByteProducts, const P: usize, const B: usize, F: Finish>(
    vector: V,
    codes: &[Group],
    terms: &[Terms],
    lines: &[Line],
    out: &mut [F::Output],
    n: usize,
) {
    let sums = tile_sums::<V, P, B>(vector, codes, terms, lines);
    let block_lines = lines.len() / B;
    for p in 0..P {
        for b in 0..B {
            let block = &lines[b * block_lines..][..block_lines];
            out[p * n + b] = F::finish(vector, sums[p][b], &terms[p], block);
        }
    }
}

/// The sums of `P` probes with `B` blocks, all in registers.
#[inline(always)]
fn tile_sums<V: ByteProducts, const P: usize, const B: usize>(
    vector: V,
    codes: &[Group],
    terms: &[Terms],
    lines: &[Line],
) -> [[V::Integers; B]; P] {
    let groups = codes.len() / P;
    // Every slice is cut to one length, so that the compiler can drop the bounds checks of the loop.
    let (mut probes, mut blocks) = ([&codes[..0]; P], [&lines[..0]; B]);
    let mut sums = [[vector.splat_integer(0); B]; P];
    for p in 0..P {
        probes[p] = &codes[p * groups..][..groups];
        sums[p] = [vector.splat_integer(terms[p].start); B];
    }
    for b in 0..B {
        blocks[b] = &lines[b * (HEAD + groups) + HEAD..][..groups];
    }
    for g in 0..groups {
        let mut bytes = [vector.splat_integer(0); B];
        for b in 0..B {
            bytes[b] = vector.line(&blocks[b][g]);
        }
        for p in 0..P {
            let code = splat_group(vector, probes[p][g]);
            for b in 0..B {
                sums[p][b] = vector.add_products(sums[p][b], bytes[b], code);
            }
        }
    }
    sums
}
