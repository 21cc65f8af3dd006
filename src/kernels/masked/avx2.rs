//! Four 64-bit lanes a register; ones counted by nibble lookup, summed in bytes, then across eight.
#![allow(unsafe_code)] // intrinsics: loads and stores through raw pointers, and the call into them

use std::arch::x86_64::*;

use super::{LANES, Pattern, Planes, VALUE_WORDS};

pub(super) fn similarities(patterns: &[Pattern], planes: &[Planes], least_common: u32, out: &mut [f32]) {
    // SAFETY: `at` hands this function out only for a level that the dispatch table found available.
    unsafe { all(patterns, planes, least_common, out) }
}

#[target_feature(enable = "avx2")]
fn all(patterns: &[Pattern], planes: &[Planes], least_common: u32, out: &mut [f32]) {
    let (out, _) = out.as_chunks_mut::<LANES>();
    for (pattern, row) in patterns.iter().zip(out.chunks_exact_mut(planes.len().max(1))) {
        for (planes, out) in planes.iter().zip(row) {
            one(pattern, planes, least_common, out);
        }
    }
}

/// Four lanes' counts: ones of a, of b, of their difference and of the common mask.
struct Counts {
    ones_a: __m256i,
    ones_b: __m256i,
    differing: __m256i,
    common: __m256i,
}

#[inline]
#[target_feature(enable = "avx2")]
fn one(pattern: &Pattern, planes: &Planes, least_common: u32, out: &mut [f32; LANES]) {
    let low = counts(pattern, planes, 0);
    let high = counts(pattern, planes, 4);
    let ones_a = narrow(low.ones_a, high.ones_a);
    let ones_b = narrow(low.ones_b, high.ones_b);
    let differing = narrow(low.differing, high.differing);
    let common = narrow(low.common, high.common);

    let root = |count: __m256i| _mm256_sqrt_ps(_mm256_cvtepi32_ps(count));
    let norms = _mm256_add_ps(root(ones_a), root(ones_b));
    let similarity = _mm256_sub_ps(_mm256_set1_ps(1.0), _mm256_div_ps(root(differing), norms));
    // Counts are at most 320: a least count beyond i32 is beyond them as well.
    let least = _mm256_set1_epi32(i32::try_from(least_common).unwrap_or(i32::MAX));
    let short = _mm256_cmpgt_epi32(least, common);
    let none = _mm256_cmpeq_epi32(_mm256_or_si256(ones_a, ones_b), _mm256_setzero_si256());
    let dropped = _mm256_castsi256_ps(_mm256_or_si256(short, none));
    // SAFETY: `out` is eight f32, the 32 bytes that an unaligned store writes.
    unsafe { _mm256_storeu_ps(out.as_mut_ptr(), _mm256_andnot_ps(dropped, similarity)) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn counts(pattern: &Pattern, planes: &Planes, first: usize) -> Counts {
    let plane = |word: usize| {
        let half: &[u64] = &planes[word][first..first + 4];
        // SAFETY: the slice is four u64, the 32 bytes that an unaligned load reads.
        unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
    };
    let broadcast = |word: usize| _mm256_set1_epi64x(pattern[word].cast_signed());
    let zero = _mm256_setzero_si256();
    let common = _mm256_and_si256(broadcast(VALUE_WORDS), plane(VALUE_WORDS));
    // A byte holds at most 8 ones a word, 40 in all: sums of bytes do not overflow.
    let (mut ones_a, mut ones_b, mut differing) = (zero, zero, zero);
    for word in 0..VALUE_WORDS {
        let a = _mm256_and_si256(broadcast(word), common);
        let b = _mm256_and_si256(plane(word), common);
        ones_a = _mm256_add_epi8(ones_a, ones_of_bytes(a));
        ones_b = _mm256_add_epi8(ones_b, ones_of_bytes(b));
        differing = _mm256_add_epi8(differing, ones_of_bytes(_mm256_xor_si256(a, b)));
    }
    Counts {
        ones_a: _mm256_sad_epu8(ones_a, zero),
        ones_b: _mm256_sad_epu8(ones_b, zero),
        differing: _mm256_sad_epu8(differing, zero),
        common: _mm256_sad_epu8(ones_of_bytes(common), zero),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn ones_of_bytes(bits: __m256i) -> __m256i {
    let table = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    let nibble = _mm256_set1_epi8(0x0f);
    let low = _mm256_and_si256(bits, nibble);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bits), nibble);
    _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high))
}

/// The low halves of four and four 64-bit lanes as eight 32-bit lanes, in order.
#[inline]
#[target_feature(enable = "avx2")]
fn narrow(low: __m256i, high: __m256i) -> __m256i {
    let even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    let low = _mm256_permutevar8x32_epi32(low, even);
    let high = _mm256_permutevar8x32_epi32(high, even);
    _mm256_blend_epi32::<0b1111_0000>(low, high)
}
