//! The loops round a level's own arithmetic. `S` holds a level's 32 sums of one pair; `accumulate` adds the
//! products of a chunk to them, `reduce` adds the sums up. All is inlined into functions of that level.

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

use super::LANES;

type Chunk = [f32; LANES];

#[inline(always)]
pub(super) fn pair<S>(
    a: &[f32],
    b: &[f32],
    zero: S,
    accumulate: impl Fn(&mut S, &Chunk, &Chunk),
    reduce: impl Fn(S) -> f32,
) -> f32 {
    let mut sums = zero;
    for (a, b) in a.as_chunks().0.iter().zip(b.as_chunks().0) {
        accumulate(&mut sums, a, b);
    }
    reduce(sums)
}

/// Asks for the chunk that lies so many numbers ahead, both its cache lines. Past the end of the matrix it is
/// a hint that is ignored.
#[inline]
#[target_feature(enable = "sse")]
pub(super) fn prefetch(chunk: &Chunk, ahead: usize) {
    let ahead = chunk.as_ptr().wrapping_add(ahead);
    _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
    _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(16).cast());
}

#[inline(always)]
pub(super) fn rows<S: Copy>(
    probe: &[f32],
    matrix: &[f32],
    out: &mut [f32],
    zero: S,
    accumulate: impl Fn(&mut S, &Chunk, &Chunk),
    reduce: impl Fn(S) -> f32,
) {
    for (r, out) in out.iter_mut().enumerate() {
        let row = &matrix[r * probe.len()..(r + 1) * probe.len()];
        *out = pair(probe, row, zero, &accumulate, &reduce);
    }
}

/// Walks probes x rows: four probes stay in the first cache while all rows pass two at a time. What
/// is left over goes through `pair`; `four_by_two` returns `[probe][row]`.
#[inline(always)]
pub(super) fn tile(
    length: usize,
    probes: &[f32],
    rows: &[f32],
    out: &mut [f32],
    pair: impl Fn(&[f32], &[f32]) -> f32,
    four_by_two: impl Fn([&[f32]; 4], [&[f32]; 2]) -> [[f32; 2]; 4],
) {
    let n = rows.len() / length;
    if n == 0 {
        return;
    }
    for (probes, out) in probes.chunks(4 * length).zip(out.chunks_mut(4 * n)) {
        let row = |r: usize| &rows[r * length..(r + 1) * length];
        let probe = |p: usize| &probes[p * length..(p + 1) * length];
        let mut r = 0;
        if probes.len() == 4 * length {
            while r + 2 <= n {
                let products = four_by_two([probe(0), probe(1), probe(2), probe(3)], [row(r), row(r + 1)]);
                for (p, products) in products.into_iter().enumerate() {
                    out[p * n + r..p * n + r + 2].copy_from_slice(&products);
                }
                r += 2;
            }
        }
        for r in r..n {
            for p in 0..probes.len() / length {
                out[p * n + r] = pair(probe(p), row(r));
            }
        }
    }
}
