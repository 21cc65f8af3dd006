//! Four registers of eight lanes hold the 32 sums of one pair. No fused multiply-add, though most
//! of these processors have it: the definition rounds each product.
#![allow(unsafe_code)] // vector loads through pointers, and functions that need their CPU feature

use std::arch::x86_64::{
    __m256, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehl_ps, _mm_shuffle_ps, _mm256_add_ps,
    _mm256_castps256_ps128, _mm256_extractf128_ps, _mm256_loadu_ps, _mm256_mul_ps, _mm256_setzero_ps,
};

use super::{Dot, LANES, walk};

// SAFETY (all three): `dispatch` hands these out only where AVX2 was detected.
pub(super) const DOT: Dot = Dot {
    pair: |a, b| {
        // SAFETY: the processor has the feature, see above.
        unsafe { pair(a, b) }
    },
    rows: |probe, matrix, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { rows(probe, matrix, out) }
    },
    tile: |length, probes, matrix, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { tile(length, probes, matrix, out) }
    },
};

/// The four quarters of a chunk of 32 numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn load(chunk: &[f32; LANES]) -> [__m256; 4] {
    let start = chunk.as_ptr();
    // SAFETY: the array has 32 numbers: eight from each of these offsets are inside it, and the
    // load asks for no alignment.
    unsafe {
        [
            _mm256_loadu_ps(start),
            _mm256_loadu_ps(start.add(8)),
            _mm256_loadu_ps(start.add(16)),
            _mm256_loadu_ps(start.add(24)),
        ]
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn accumulate(sums: &mut [__m256; 4], a: [__m256; 4], b: [__m256; 4]) {
    for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
        *sum = _mm256_add_ps(*sum, _mm256_mul_ps(a, b));
    }
}

/// Halves 16, 8, 4, 2, 1 apart, as the definition has it.
#[inline]
#[target_feature(enable = "avx2")]
fn reduce(sums: [__m256; 4]) -> f32 {
    let eight = _mm256_add_ps(_mm256_add_ps(sums[0], sums[2]), _mm256_add_ps(sums[1], sums[3]));
    let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

#[target_feature(enable = "avx2")]
fn pair(a: &[f32], b: &[f32]) -> f32 {
    let add = |sums: &mut [__m256; 4], a: &_, b: &_| accumulate(sums, load(a), load(b));
    walk::pair(a, b, [_mm256_setzero_ps(); 4], add, |sums| reduce(sums))
}

#[target_feature(enable = "avx2")]
fn rows(probe: &[f32], matrix: &[f32], out: &mut [f32]) {
    let add = |sums: &mut [__m256; 4], a: &_, b: &_| {
        walk::prefetch(b, 2 * probe.len());
        accumulate(sums, load(a), load(b));
    };
    walk::rows(probe, matrix, out, [_mm256_setzero_ps(); 4], add, |sums| reduce(sums));
}

#[target_feature(enable = "avx2")]
fn tile(length: usize, probes: &[f32], matrix: &[f32], out: &mut [f32]) {
    // Sixteen registers hold the sums of three pairs at most, so a tile is walked pair by pair of
    // probes for each row.
    walk::tile(
        length,
        probes,
        matrix,
        out,
        |a, b| pair(a, b),
        |probes, rows| {
            let [a, b, c, d] = probes;
            let [top, bottom] = [rows[0], rows[1]];
            let (ab_top, ab_bottom) = (two([a, b], top), two([a, b], bottom));
            let (cd_top, cd_bottom) = (two([c, d], top), two([c, d], bottom));
            [
                [ab_top[0], ab_bottom[0]],
                [ab_top[1], ab_bottom[1]],
                [cd_top[0], cd_bottom[0]],
                [cd_top[1], cd_bottom[1]],
            ]
        },
    )
}

/// Eight registers of sums, four for each probe; the row is loaded once for both.
#[inline]
#[target_feature(enable = "avx2")]
fn two(probes: [&[f32]; 2], row: &[f32]) -> [f32; 2] {
    let row = row.as_chunks::<LANES>().0;
    let probes = probes.map(|p| &p.as_chunks::<LANES>().0[..row.len()]);
    let mut sums = [[_mm256_setzero_ps(); 4]; 2];
    for i in 0..row.len() {
        let row = load(&row[i]);
        accumulate(&mut sums[0], load(&probes[0][i]), row);
        accumulate(&mut sums[1], load(&probes[1][i]), row);
    }
    sums.map(|sums| reduce(sums))
}
