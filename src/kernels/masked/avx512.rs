//! Eight 64-bit lanes a register, VPOPCNTQ.
#![allow(unsafe_code)] // intrinsics: loads and stores through raw pointers, and the call into them

use std::arch::x86_64::*;

use super::{LANES, Pattern, Planes, VALUE_WORDS};

pub(super) fn similarities(patterns: &[Pattern], planes: &[Planes], least_common: u32, out: &mut [f32]) {
    // SAFETY: `at` hands this function out only for a level that the dispatch table found available.
    unsafe { all(patterns, planes, least_common, out) }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512vpopcntdq")]
fn all(patterns: &[Pattern], planes: &[Planes], least_common: u32, out: &mut [f32]) {
    let (out, _) = out.as_chunks_mut::<LANES>();
    for (pattern, row) in patterns.iter().zip(out.chunks_exact_mut(planes.len().max(1))) {
        for (planes, out) in planes.iter().zip(row) {
            one(pattern, planes, least_common, out);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512vpopcntdq")]
fn one(pattern: &Pattern, planes: &Planes, least_common: u32, out: &mut [f32; LANES]) {
    let plane = |word: usize| {
        // SAFETY: a plane is eight u64, the 64 bytes that an unaligned load reads.
        unsafe { _mm512_loadu_si512(planes[word].as_ptr().cast()) }
    };
    let broadcast = |word: usize| _mm512_set1_epi64(pattern[word].cast_signed());
    let common = _mm512_and_si512(broadcast(VALUE_WORDS), plane(VALUE_WORDS));
    let mut ones_a = _mm512_setzero_si512();
    let mut ones_b = _mm512_setzero_si512();
    let mut differing = _mm512_setzero_si512();
    for word in 0..VALUE_WORDS {
        let a = _mm512_and_si512(broadcast(word), common);
        let b = _mm512_and_si512(plane(word), common);
        ones_a = _mm512_add_epi64(ones_a, _mm512_popcnt_epi64(a));
        ones_b = _mm512_add_epi64(ones_b, _mm512_popcnt_epi64(b));
        differing = _mm512_add_epi64(differing, _mm512_popcnt_epi64(_mm512_xor_si512(a, b)));
    }
    let root = |count: __m512i| _mm256_sqrt_ps(_mm512_cvtepi64_ps(count));
    let norms = _mm256_add_ps(root(ones_a), root(ones_b));
    let similarity = _mm256_sub_ps(_mm256_set1_ps(1.0), _mm256_div_ps(root(differing), norms));
    let counted =
        _mm512_cmpge_epu64_mask(_mm512_popcnt_epi64(common), _mm512_set1_epi64(i64::from(least_common)));
    let some = _mm512_test_epi64_mask(_mm512_or_si512(ones_a, ones_b), _mm512_set1_epi64(-1));
    let similarity = _mm256_maskz_mov_ps(counted & some, similarity);
    // SAFETY: `out` is eight f32, the 32 bytes that an unaligned store writes.
    unsafe { _mm256_storeu_ps(out.as_mut_ptr(), similarity) }
}
