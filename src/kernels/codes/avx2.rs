//! Bytes are widened to 16 bits before they are multiplied: the byte product of AVX2 (`vpmaddubsw`)
//! saturates at 2 * 255 * 127.
#![allow(unsafe_code)] // vector loads through pointers, and functions that need their CPU feature

use std::arch::x86_64::{
    __m128i, __m256i, _CMP_NLT_UQ, _MM_HINT_T0, _mm_cvtepi8_epi16, _mm_cvtsi32_si128, _mm_loadu_si128,
    _mm_prefetch, _mm256_add_epi32, _mm256_add_ps, _mm256_broadcastq_epi64, _mm256_cmp_ps,
    _mm256_cvtepi32_ps, _mm256_cvtepu8_epi16, _mm256_hadd_epi32, _mm256_loadu_ps, _mm256_madd_epi16,
    _mm256_movemask_ps, _mm256_mul_ps, _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_storeu_si256,
};

use super::{Codes, Group, HEAD, LANES, Line, Terms};

// SAFETY (both): `dispatch` hands these out only where AVX2 was detected.
pub(super) const CODES: Codes = Codes {
    sums: |codes, terms, lines, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { sums(codes, terms, lines, out) }
    },
    candidates: |codes, terms, lines, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { candidates(codes, terms, lines, out) }
    },
};

#[target_feature(enable = "avx2")]
fn sums(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [[i32; LANES]]) {
    walk(codes, terms, lines, out, |sums, _, _| {
        let mut out = [0; LANES];
        let (halves, _) = out.as_chunks_mut::<8>();
        for (half, sums) in halves.iter_mut().zip(sums) {
            // SAFETY: the half is eight i32, the 32 bytes that an unaligned store writes.
            unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), sums) };
        }
        out
    });
}

#[target_feature(enable = "avx2")]
fn candidates(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
    walk(codes, terms, lines, out, |sums, terms, block| {
        let (weight, floor) = (_mm256_set1_ps(terms.weight), _mm256_set1_ps(terms.floor));
        let half = |at: usize| {
            let numbers = |line: &Line| {
                let half = &line.as_chunks::<32>().0[at];
                // SAFETY: the half of a line is 32 bytes, what an unaligned load of eight f32 reads.
                unsafe { _mm256_loadu_ps(half.as_ptr().cast()) }
            };
            let score = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[at]), numbers(&block[0]));
            let bound = _mm256_add_ps(score, _mm256_mul_ps(weight, numbers(&block[1])));
            _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLT_UQ>(bound, floor)) as u16
        };
        half(0) | half(1) << 8
    });
}

/// Each block is passed by pairs of probes while it is in the first cache.
#[inline]
#[target_feature(enable = "avx2")]
fn walk<T>(
    codes: &[Group],
    terms: &[Terms],
    lines: &[Line],
    out: &mut [T],
    finish: impl Fn([__m256i; 2], &Terms, &[Line]) -> T,
) {
    let groups = codes.len() / terms.len();
    let block_lines = HEAD + groups;
    let n = lines.len() / block_lines;
    for (b, block) in lines.chunks_exact(block_lines).enumerate() {
        for (at, terms) in terms.chunks(2).enumerate() {
            let codes = &codes[at * 2 * groups..][..terms.len() * groups];
            match terms {
                [one, two] => {
                    let (left, right) = codes.split_at(groups);
                    let sums = block_sums::<2>([left, right], [one.start, two.start], block);
                    out[at * 2 * n + b] = finish(sums[0], one, block);
                    out[(at * 2 + 1) * n + b] = finish(sums[1], two, block);
                }
                [one] => {
                    let [sums] = block_sums::<1>([codes], [one.start], block);
                    out[at * 2 * n + b] = finish(sums, one, block);
                }
                _ => {}
            }
        }
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

/// The sums of a block's lanes for `P` probes, lanes 0 to 7 and 8 to 15.
#[inline]
#[target_feature(enable = "avx2")]
fn block_sums<const P: usize>(codes: [&[Group]; P], starts: [i32; P], block: &[Line]) -> [[__m256i; 2]; P] {
    let groups = codes[0].len();
    let lines = &block[HEAD..][..groups];
    let codes = codes.map(|codes| &codes[..groups]);
    // By quarter of a line and probe: two 32-bit sums a vector, four vectors a register.
    let mut sums = [[_mm256_setzero_si256(); P]; 4];
    for g in 0..groups {
        // Past the end of the blocks a prefetch is a hint that is ignored.
        _mm_prefetch::<_MM_HINT_T0>(lines[g].as_ptr().wrapping_add(block.len() * 64).cast());
        let mut code = [_mm256_setzero_si256(); P];
        for p in 0..P {
            let four = i32::from_le_bytes(codes[p][g].map(i8::cast_unsigned));
            code[p] = _mm256_broadcastq_epi64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(four)));
        }
        for (quarter, sums) in sums.iter_mut().enumerate() {
            let data = load(&lines[g], quarter);
            for (sum, code) in sums.iter_mut().zip(code) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(data, code));
            }
        }
    }
    let mut out = [[_mm256_setzero_si256(); 2]; P];
    for p in 0..P {
        let start = _mm256_set1_epi32(starts[p]);
        for half in 0..2 {
            // Pairs are added within 128-bit halves: vectors 0 1 4 5 2 3 6 7, put in order again.
            let pairs = _mm256_hadd_epi32(sums[2 * half][p], sums[2 * half + 1][p]);
            let ordered = _mm256_permute4x64_epi64::<0b11_01_10_00>(pairs);
            out[p][half] = _mm256_add_epi32(ordered, start);
        }
    }
    out
}
