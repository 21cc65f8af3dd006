//! AVX-VNNI: half a line times a probe's group, summed into eight lanes, in one instruction that does not
//! saturate. For processors that have it and no AVX-512.
#![allow(unsafe_code)] // functions that need their CPU feature, a vector store, and one access per product

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_dpbusd_avx_epi32, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_slli_epi16, _mm256_slli_epi32, _mm256_srli_epi16,
    _mm256_storeu_si256,
};

use super::avx2::{self, ahead, broadcast, load_half, mask};
use super::planes::Planes;
use super::{Codes, Group, HEAD, HIGH_HEAD, LANES, LOW_HEAD, Line, Terms};

// SAFETY (all): `dispatch` hands these out only where AVX2 and AVX-VNNI were detected.
pub(super) const CODES: Codes = Codes {
    sums: |codes, terms, lines, out| {
        // SAFETY: the processor has the features, see above.
        unsafe { sums(codes, terms, lines, out) }
    },
    candidates: |codes, terms, lines, out| {
        // SAFETY: the processor has the features, see above.
        unsafe { candidates(codes, terms, lines, out) }
    },
    join: avx2::CODES.join,
    planes: |codes, terms, planes, out| {
        // SAFETY: the processor has the features, see above.
        unsafe { plane_candidates(codes, terms, planes, out) }
    },
    high: |codes, terms, lines, out| {
        // SAFETY: the processor has the features, see above.
        unsafe { high_candidates(codes, terms, lines, out) }
    },
};

#[target_feature(enable = "avx2,avxvnni")]
fn sums(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [[i32; LANES]]) {
    walk(codes, terms, lines, out, |sums, _, _| {
        let mut out = [0; LANES];
        for (half, sums) in out.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            // SAFETY: the half is eight i32, the 32 bytes that an unaligned store writes.
            unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), sums) };
        }
        out
    });
}

#[target_feature(enable = "avx2,avxvnni")]
fn candidates(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
    walk(codes, terms, lines, out, |sums, terms, block| mask(sums, terms, &block[0], &block[1]));
}

/// Probes of a register tile: twelve registers of sums, two of a line and one of codes, of sixteen.
const PROBES: usize = 6;

/// Each block, which stays in the first cache, is passed by all probes, six at a time.
#[inline]
#[target_feature(enable = "avx2,avxvnni")]
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
        for (at, terms) in terms.chunks(PROBES).enumerate() {
            let first = at * PROBES;
            let codes = &codes[first * groups..][..terms.len() * groups];
            let mut store = |probe: usize, sums: [__m256i; 2]| {
                let start = _mm256_set1_epi32(terms[probe].start);
                let sums = sums.map(|sums| _mm256_add_epi32(sums, start));
                out[(first + probe) * n + b] = finish(sums, &terms[probe], block);
            };
            if terms.len() == PROBES {
                for (probe, sums) in tile::<PROBES>(codes, block).into_iter().enumerate() {
                    store(probe, sums);
                }
            } else {
                for (probe, codes) in codes.chunks_exact(groups).enumerate() {
                    tile::<1>(codes, block).into_iter().for_each(|sums| store(probe, sums));
                }
            }
        }
    }
}

/// The sums of `P` probes with a block, all in registers: lanes 0 to 7 and 8 to 15 of each probe.
#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn tile<const P: usize>(codes: &[Group], block: &[Line]) -> [[__m256i; 2]; P] {
    let groups = codes.len() / P;
    let lines = &block[HEAD..][..groups];
    let mut sums = [[_mm256_setzero_si256(); 2]; P];
    for (g, line) in lines.iter().enumerate() {
        let data = [load_half(line, 0), load_half(line, 1)];
        for (p, sums) in sums.iter_mut().enumerate() {
            // With checks in the loop the compiler loads all codes first, and the sums lose their registers:
            // half the speed.
            // SAFETY: `p < P` and `g < groups`, so `p * groups + g < P * groups`, which is at most the length.
            let code = broadcast(unsafe { *codes.get_unchecked(p * groups + g) });
            for (sum, data) in sums.iter_mut().zip(data) {
                *sum = _mm256_dpbusd_avx_epi32(*sum, data, code);
            }
        }
    }
    sums
}

#[target_feature(enable = "avx2,avxvnni")]
fn plane_candidates(codes: &[Group], terms: &Terms, planes: Planes<'_>, out: &mut [u16]) {
    let (low_bits, high_bits) = (_mm256_set1_epi8(0x0f), _mm256_set1_epi8(0xf0_u8.cast_signed()));
    let (pairs, _) = codes.as_chunks::<2>();
    let start = _mm256_set1_epi32(terms.start);
    for ((high, low), out) in planes.each().zip(out) {
        ahead(&high[..HIGH_HEAD]);
        ahead(&low[..LOW_HEAD]);
        let (high_lines, low_lines) = (&high[HIGH_HEAD..][..pairs.len()], &low[LOW_HEAD..][..pairs.len()]);
        let sums = sum_pairs(pairs, |at, half| {
            if half == 0 {
                ahead(&high_lines[at..=at]);
                ahead(&low_lines[at..=at]);
            }
            let (high, low) = (load_half(&high_lines[at], half), load_half(&low_lines[at], half));
            let up = _mm256_and_si256(_mm256_slli_epi16::<4>(high), high_bits);
            let down = _mm256_and_si256(_mm256_srli_epi16::<4>(low), low_bits);
            [
                _mm256_or_si256(up, _mm256_and_si256(low, low_bits)),
                _mm256_or_si256(_mm256_and_si256(high, high_bits), down),
            ]
        });
        *out = mask(sums.map(|sums| _mm256_add_epi32(sums, start)), terms, &high[0], &low[0]);
    }
}

#[target_feature(enable = "avx2,avxvnni")]
fn high_candidates(codes: &[Group], terms: &Terms, lines: &[Line], out: &mut [u16]) {
    let nibbles = _mm256_set1_epi8(0x0f);
    let (pairs, _) = codes.as_chunks::<2>();
    let start = _mm256_set1_epi32(terms.start);
    for (block, out) in lines.chunks_exact(HIGH_HEAD + pairs.len()).zip(out) {
        ahead(&block[..HIGH_HEAD]);
        let lines = &block[HIGH_HEAD..][..pairs.len()];
        let sums = sum_pairs(pairs, |at, half| {
            if half == 0 {
                ahead(&lines[at..=at]);
            }
            let line = load_half(&lines[at], half);
            [_mm256_and_si256(line, nibbles), _mm256_and_si256(_mm256_srli_epi16::<4>(line), nibbles)]
        });
        let sums = sums.map(|sums| _mm256_add_epi32(_mm256_slli_epi32::<5>(sums), start));
        *out = mask(sums, terms, &block[0], &block[1]);
    }
}

/// The sums over pairs of groups of their lines, with each group, of both halves of the lanes. Four sums a
/// half, because each waits five cycles for its last.
#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn sum_pairs(pairs: &[[Group; 2]], mut lines: impl FnMut(usize, usize) -> [__m256i; 2]) -> [__m256i; 2] {
    let mut sums = [[[_mm256_setzero_si256(); 2]; 2]; 2];
    let mut add = |sums: &mut [[__m256i; 2]; 2], codes: &[Group; 2], at: usize| {
        let codes = [broadcast(codes[0]), broadcast(codes[1])];
        for (half, sums) in sums.iter_mut().enumerate() {
            let lines = lines(at, half);
            for i in 0..2 {
                sums[i] = _mm256_dpbusd_avx_epi32(sums[i], lines[i], codes[i]);
            }
        }
    };
    let (twos, rest) = pairs.as_chunks::<2>();
    for (at, codes) in twos.iter().enumerate() {
        add(&mut sums[0], &codes[0], 2 * at);
        add(&mut sums[1], &codes[1], 2 * at + 1);
    }
    if let [codes] = rest {
        add(&mut sums[0], codes, pairs.len() - 1);
    }
    let sum = |a: [__m256i; 2]| _mm256_add_epi32(a[0], a[1]);
    [0, 1].map(|half| _mm256_add_epi32(sum(sums[0][half]), sum(sums[1][half])))
}
