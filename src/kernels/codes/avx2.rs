//! Byte products (`vpmaddubsw`) saturate at 2^15, so each use says why it does not get there.
#![allow(unsafe_code)] // vector loads through pointers, one access per product, and functions that need their CPU feature

use std::arch::x86_64::*;

use super::{Group, HEAD, LANES, Line, Terms};

pub(super) fn sums(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [[i32; LANES]]) {
    // SAFETY: `at` hands this function out only for a level that `dispatch` found available.
    unsafe { exact_sums(codes, terms, lines, out) }
}

pub(super) fn candidates(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
    // SAFETY: `at` hands this function out only for a level that `dispatch` found available.
    unsafe { filtered_candidates(codes, terms, lines, out) }
}

#[target_feature(enable = "avx2")]
fn exact_sums(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [[i32; LANES]]) {
    let groups = codes.len() / terms.len();
    let blocks = lines.chunks_exact(HEAD + groups);
    let probes = codes.chunks_exact(groups).zip(terms);
    for ((codes, terms), out) in probes.zip(out.chunks_exact_mut(blocks.len())) {
        for (block, out) in blocks.clone().zip(out) {
            let (halves, _) = out.as_chunks_mut::<8>();
            for (half, sums) in halves.iter_mut().zip(block_sums(codes, terms.start, block)) {
                // SAFETY: the half is eight i32, the 32 bytes that an unaligned store writes.
                unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), sums) };
            }
        }
    }
}

/// Candidates among the lanes of a block, from its sums, scales and errors.
#[inline]
#[target_feature(enable = "avx2")]
fn mask(sums: [__m256i; 2], terms: &Terms, scales: &Line, errors: &Line) -> u16 {
    let (weight, floor) = (_mm256_set1_ps(terms.weight), _mm256_set1_ps(terms.floor));
    let half = |at: usize| {
        let numbers = |line: &Line| _mm256_castsi256_ps(load_half(line, at));
        let score = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[at]), numbers(scales));
        let bound = _mm256_add_ps(score, _mm256_mul_ps(weight, numbers(errors)));
        _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLT_UQ>(bound, floor)) as u16
    };
    half(0) | half(1) << 8
}

/// Each block is first passed by all probes with the upper six bits of its bytes. What the lower two add
/// to a sum is at most three times the probe's positive codes, and no step of a bound falls when the sum
/// grows, scales being positive: where the bound of the greatest possible sum is below the floor, the
/// bound is. The few probes that are left with a block are summed exactly.
///
/// Six bits are what leaves room in 16 for two products: 2 * 2 * 63 * 127 is below 2^15.
#[target_feature(enable = "avx2")]
fn filtered_candidates(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
    let groups = codes.len() / terms.len();
    let block_lines = HEAD + groups;
    let n = lines.len() / block_lines;
    let most = |(codes, terms): (&[Group], &Terms)| {
        let positive = codes.as_flattened().iter().map(|&code| i32::from(code.max(0)));
        terms.start + 3 * positive.sum::<i32>()
    };
    let most: Vec<i32> = codes.chunks_exact(groups).zip(terms).map(most).collect();
    let mut upper = vec![[0; 64]; groups];
    for (b, block) in lines.chunks_exact(block_lines).enumerate() {
        for (upper, line) in upper.iter_mut().zip(&block[HEAD..]) {
            for half in 0..2 {
                let six = _mm256_srli_epi16::<2>(load_half(line, half));
                store_half(upper, half, _mm256_and_si256(six, _mm256_set1_epi8(63)));
            }
        }
        let unusual = negative(&block[0]);
        for (at, terms) in terms.chunks(TILE).enumerate() {
            let first = at * TILE;
            let codes = &codes[first * groups..][..terms.len() * groups];
            let mut finish = |probe: usize, sums: [__m256i; 2]| {
                let most = _mm256_set1_epi32(most[first + probe]);
                let sums = sums.map(|sums| _mm256_add_epi32(_mm256_slli_epi32::<2>(sums), most));
                let (codes, terms) = (&codes[probe * groups..][..groups], &terms[probe]);
                let mut found = mask(sums, terms, &block[0], &block[1]);
                if found | unusual != 0 {
                    let sums = block_sums(codes, terms.start, block);
                    found = mask(sums, terms, &block[0], &block[1]);
                }
                out[(first + probe) * n + b] = found;
            };
            if terms.len() == TILE {
                upper_sums::<TILE>(codes, &upper, &mut finish);
            } else {
                for (probe, codes) in codes.chunks_exact(groups).enumerate() {
                    upper_sums::<1>(codes, &upper, |_, sums| finish(probe, sums));
                }
            }
        }
    }
}

/// Lanes whose scale is below zero, which no encoder writes.
#[inline]
#[target_feature(enable = "avx2")]
fn negative(scales: &Line) -> u16 {
    let half = |at| _mm256_movemask_ps(_mm256_castsi256_ps(load_half(scales, at))) as u16;
    half(0) | half(1) << 8
}

/// Probes of a register tile: eight registers of sums.
const TILE: usize = 4;

/// The sums of `P` probes with six-bit bytes, lanes 0 to 7 and 8 to 15.
#[inline]
#[target_feature(enable = "avx2")]
fn upper_sums<const P: usize>(codes: &[Group], lines: &[Line], mut finish: impl FnMut(usize, [__m256i; 2])) {
    let groups = codes.len() / P;
    let (pairs, last) = lines[..groups].as_chunks::<2>();
    // With checks in the loop the compiler loads all codes first, and sums lose their registers.
    // SAFETY: `p < P` and `g < groups`, so `p * groups + g < P * groups`, which is at most the length.
    let code = |p: usize, g: usize| broadcast(unsafe { *codes.get_unchecked(p * groups + g) });
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); 2]; P];
    for (at, pair) in pairs.iter().enumerate() {
        for (p, sums) in sums.iter_mut().enumerate() {
            let codes = [code(p, 2 * at), code(p, 2 * at + 1)];
            for (half, sum) in sums.iter_mut().enumerate() {
                let products = _mm256_add_epi16(
                    _mm256_maddubs_epi16(load_half(&pair[0], half), codes[0]),
                    _mm256_maddubs_epi16(load_half(&pair[1], half), codes[1]),
                );
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(products, ones));
            }
        }
    }
    if let [line] = last {
        for (p, sums) in sums.iter_mut().enumerate() {
            let code = code(p, groups - 1);
            for (half, sum) in sums.iter_mut().enumerate() {
                let products = _mm256_maddubs_epi16(load_half(line, half), code);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(products, ones));
            }
        }
    }
    for (p, sums) in sums.into_iter().enumerate() {
        finish(p, sums);
    }
}

/// Sixteen bytes of a line, which are four vectors, as 16-bit numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn load(line: &Line, quarter: usize) -> __m256i {
    let bytes = &line.as_chunks::<16>().0[quarter];
    // SAFETY: the array is 16 bytes, what an unaligned load reads.
    let bytes: __m128i = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    _mm256_cvtepu8_epi16(bytes)
}

/// The sums of a block's lanes, 0 to 7 and 8 to 15. Bytes are widened to 16 bits before they are
/// multiplied: the byte product saturates at 2 * 255 * 127.
#[inline]
#[target_feature(enable = "avx2")]
fn block_sums(codes: &[Group], start: i32, block: &[Line]) -> [__m256i; 2] {
    let lines = &block[HEAD..][..codes.len()];
    // By quarter of a line: two 32-bit sums a vector, four vectors a register.
    let mut sums = [_mm256_setzero_si256(); 4];
    for (line, &code) in lines.iter().zip(codes) {
        let four = i32::from_le_bytes(code.map(i8::cast_unsigned));
        let code = _mm256_broadcastq_epi64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(four)));
        for (quarter, sum) in sums.iter_mut().enumerate() {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(load(line, quarter), code));
        }
    }
    let start = _mm256_set1_epi32(start);
    [0, 2].map(|at| {
        // Pairs are added within 128-bit halves: vectors 0 1 4 5 2 3 6 7, put in order again.
        let pairs = _mm256_hadd_epi32(sums[at], sums[at + 1]);
        _mm256_add_epi32(_mm256_permute4x64_epi64::<0b11_01_10_00>(pairs), start)
    })
}

/// Half of a line: eight vectors.
#[inline]
#[target_feature(enable = "avx2")]
fn load_half(line: &Line, half: usize) -> __m256i {
    let bytes = &line.as_chunks::<32>().0[half];
    // SAFETY: the array is 32 bytes, what an unaligned load reads.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_half(line: &mut Line, half: usize, bytes: __m256i) {
    let place = &mut line.as_chunks_mut::<32>().0[half];
    // SAFETY: the array is 32 bytes, what an unaligned store writes.
    unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast(), bytes) };
}

#[inline]
#[target_feature(enable = "avx2")]
fn broadcast(group: Group) -> __m256i {
    _mm256_set1_epi32(i32::from_le_bytes(group.map(i8::cast_unsigned)))
}
