//! Two registers of sixteen lanes hold the 32 sums of one pair.
#![allow(unsafe_code)] // vector loads through pointers, and functions that need their CPU feature

use std::arch::x86_64::{
    __m512, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehl_ps, _mm_shuffle_ps, _mm256_add_ps,
    _mm256_castps256_ps128, _mm256_extractf128_ps, _mm512_add_ps, _mm512_castps512_ps256,
    _mm512_extractf32x8_ps, _mm512_loadu_ps, _mm512_mul_ps, _mm512_setzero_ps,
};

use super::{Dot, LANES, walk};

// SAFETY (all three): `dispatch` hands these out only where AVX-512 F and DQ were detected.
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

/// The two halves of a chunk of 32 numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn load(chunk: &[f32; LANES]) -> [__m512; 2] {
    let start = chunk.as_ptr();
    // SAFETY: the array has 32 numbers: sixteen from the start and sixteen from the middle are
    // inside it, and the load asks for no alignment.
    unsafe { [_mm512_loadu_ps(start), _mm512_loadu_ps(start.add(16))] }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn accumulate(sums: &mut [__m512; 2], a: [__m512; 2], b: [__m512; 2]) {
    sums[0] = _mm512_add_ps(sums[0], _mm512_mul_ps(a[0], b[0]));
    sums[1] = _mm512_add_ps(sums[1], _mm512_mul_ps(a[1], b[1]));
}

/// Halves 16, 8, 4, 2, 1 apart, as the definition has it.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn reduce(sums: [__m512; 2]) -> f32 {
    let sixteen = _mm512_add_ps(sums[0], sums[1]);
    let eight = _mm256_add_ps(_mm512_castps512_ps256(sixteen), _mm512_extractf32x8_ps::<1>(sixteen));
    let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

#[target_feature(enable = "avx512f,avx512dq")]
fn pair(a: &[f32], b: &[f32]) -> f32 {
    let add = |sums: &mut [__m512; 2], a: &_, b: &_| accumulate(sums, load(a), load(b));
    walk::pair(a, b, [_mm512_setzero_ps(); 2], add, |sums| reduce(sums))
}

#[target_feature(enable = "avx512f,avx512dq")]
fn rows(probe: &[f32], matrix: &[f32], out: &mut [f32]) {
    let add = |sums: &mut [__m512; 2], a: &_, b: &_| {
        walk::prefetch(b, 2 * probe.len());
        accumulate(sums, load(a), load(b));
    };
    walk::rows(probe, matrix, out, [_mm512_setzero_ps(); 2], add, |sums| reduce(sums));
}

#[target_feature(enable = "avx512f,avx512dq")]
fn tile(length: usize, probes: &[f32], matrix: &[f32], out: &mut [f32]) {
    walk::tile(length, probes, matrix, out, |a, b| pair(a, b), |probes, rows| four_by_two(probes, rows))
}

/// Sixteen registers of sums, two for each of the eight pairs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn four_by_two(probes: [&[f32]; 4], rows: [&[f32]; 2]) -> [[f32; 2]; 4] {
    let probes = probes.map(|p| p.as_chunks::<LANES>().0);
    let rows = rows.map(|r| r.as_chunks::<LANES>().0);
    let chunks = rows[0].len();
    // One length for all, said where the compiler can drop the bounds checks of the loop.
    let (probes, rows) = (probes.map(|p| &p[..chunks]), rows.map(|r| &r[..chunks]));
    let mut sums = [[[_mm512_setzero_ps(); 2]; 2]; 4];
    for i in 0..chunks {
        let rows = [load(&rows[0][i]), load(&rows[1][i])];
        for (sums, probe) in sums.iter_mut().zip(probes) {
            let probe = load(&probe[i]);
            accumulate(&mut sums[0], probe, rows[0]);
            accumulate(&mut sums[1], probe, rows[1]);
        }
    }
    sums.map(|sums| sums.map(|sums| reduce(sums)))
}
