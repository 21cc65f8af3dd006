//! VNNI: a line times a probe's group, summed into sixteen lanes, in one instruction that does not
//! saturate.
#![allow(unsafe_code)] // vector loads through pointers, and functions that need their CPU feature

use std::arch::x86_64::{
    __m512i, _CMP_NLT_UQ, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi32, _mm512_add_ps, _mm512_and_si512,
    _mm512_cmp_ps_mask, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_mul_ps, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512,
    _mm512_slli_epi16, _mm512_slli_epi32, _mm512_srli_epi16, _mm512_storeu_si512, _mm512_ternarylogic_epi32,
};

use super::planes::Planes;
use super::{Codes, Group, HEAD, HIGH_HEAD, LANES, LOW_HEAD, Line, Terms};

// SAFETY (all): `dispatch` hands these out only where AVX-512 F and VNNI were detected.
pub(super) const CODES: Codes = Codes {
    sums: |codes, terms, lines, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { sums(codes, terms, lines, out) }
    },
    candidates: |codes, terms, lines, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { candidates(codes, terms, lines, out) }
    },
    join: |planes, lines| {
        // SAFETY: the processor has the feature, see above.
        unsafe { join(planes, lines) }
    },
    planes: |codes, terms, planes, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { plane_candidates(codes, terms, planes, out) }
    },
    high: |codes, terms, lines, out| {
        // SAFETY: the processor has the feature, see above.
        unsafe { high_candidates(codes, terms, lines, out) }
    },
};

#[target_feature(enable = "avx512f,avx512vnni")]
fn sums(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [[i32; LANES]]) {
    walk(codes, terms, lines, out, |sums, _, _| {
        let mut out = [0; LANES];
        // SAFETY: the array is sixteen i32, the 64 bytes that an unaligned store writes.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sums) };
        out
    });
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn candidates(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
    walk(codes, terms, lines, out, |sums, terms, block| mask(sums, terms, &block[0], &block[1]));
}

/// The candidates among lanes of these sums, scales and errors.
#[inline]
#[target_feature(enable = "avx512f")]
fn mask(sums: __m512i, terms: &Terms, scales: &Line, errors: &Line) -> u16 {
    // SAFETY: a line is 64 bytes, what an unaligned load of sixteen f32 reads.
    let (scales, errors) =
        unsafe { (_mm512_loadu_ps(scales.as_ptr().cast()), _mm512_loadu_ps(errors.as_ptr().cast())) };
    let score = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), scales);
    let bound = _mm512_add_ps(score, _mm512_mul_ps(_mm512_set1_ps(terms.weight), errors));
    _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(bound, _mm512_set1_ps(terms.floor))
}

/// Probes of a register tile, and blocks: 24 registers of sums and four of lines.
const PROBES: usize = 6;
const BLOCKS: usize = 4;

/// Each six probes pass a tile of four blocks, which stays in the first cache
/// (33 KiB at 512 dimensions) until all have.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn walk<T>(
    codes: &[Group],
    terms: &[Terms],
    lines: &[Line],
    out: &mut [T],
    finish: impl Fn(__m512i, &Terms, &[Line]) -> T,
) {
    let groups = codes.len() / terms.len();
    let block_lines = HEAD + groups;
    let n = lines.len() / block_lines;
    let mut first = 0;
    while first < n {
        let blocks = BLOCKS.min(n - first);
        let tile_lines = &lines[first * block_lines..(first + blocks) * block_lines];
        for (at, terms) in terms.chunks(PROBES).enumerate() {
            let codes = &codes[at * PROBES * groups..][..terms.len() * groups];
            let mut store = |probe: usize, block: usize, sums: __m512i| {
                let lines = &tile_lines[block * block_lines..(block + 1) * block_lines];
                out[(at * PROBES + probe) * n + first + block] = finish(sums, &terms[probe], lines);
            };
            match (terms.len(), blocks) {
                (PROBES, BLOCKS) => tile::<PROBES, BLOCKS>(codes, terms, tile_lines, &mut store),
                (probes, BLOCKS) => {
                    for probe in 0..probes {
                        let (codes, terms) = (&codes[probe * groups..][..groups], &terms[probe..=probe]);
                        tile::<1, BLOCKS>(codes, terms, tile_lines, |_, b, s| store(probe, b, s));
                    }
                }
                (probes, blocks) => {
                    for block in 0..blocks {
                        let lines = &tile_lines[block * block_lines..][..block_lines];
                        for probe in 0..probes {
                            let (codes, terms) = (&codes[probe * groups..][..groups], &terms[probe..=probe]);
                            tile::<1, 1>(codes, terms, lines, |_, _, s| store(probe, block, s));
                        }
                    }
                }
            }
        }
        first += blocks;
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(line: &Line) -> __m512i {
    // SAFETY: a line is 64 bytes, what an unaligned load reads.
    unsafe { _mm512_loadu_si512(line.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn broadcast(group: Group) -> __m512i {
    _mm512_set1_epi32(i32::from_le_bytes(group.map(i8::cast_unsigned)))
}

/// `P` probes and `B` blocks, all sums in registers.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn tile<const P: usize, const B: usize>(
    codes: &[Group],
    terms: &[Terms],
    lines: &[Line],
    mut store: impl FnMut(usize, usize, __m512i),
) {
    let groups = codes.len() / P;
    // Every slice is cut to one length, so that the compiler can drop the bounds checks of the loop.
    let codes: [&[Group]; P] = std::array::from_fn(|p| &codes[p * groups..][..groups]);
    let blocks: [&[Line]; B] = std::array::from_fn(|b| &lines[b * (HEAD + groups) + HEAD..][..groups]);
    let mut sums = [[_mm512_setzero_si512(); B]; P];
    for (sums, terms) in sums.iter_mut().zip(terms) {
        *sums = [_mm512_set1_epi32(terms.start); B];
    }
    for g in 0..groups {
        let mut data = [_mm512_setzero_si512(); B];
        for b in 0..B {
            data[b] = load(&blocks[b][g]);
        }
        for p in 0..P {
            let code = broadcast(codes[p][g]);
            for b in 0..B {
                sums[p][b] = _mm512_dpbusd_epi32(sums[p][b], data[b], code);
            }
        }
    }
    for (p, sums) in sums.into_iter().enumerate() {
        for (b, sums) in sums.into_iter().enumerate() {
            store(p, b, sums);
        }
    }
}

/// How far ahead of a scan of planes their lines are asked for, in lines: 8 KiB. Past the end of the
/// planes a prefetch is a hint that is ignored.
const AHEAD: usize = 128;

#[inline]
#[target_feature(enable = "avx512f")]
fn ahead(line: &Line) {
    _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_add(AHEAD * 64).cast());
}

/// The two lines of a block that a line of each plane makes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn pair(high: &Line, low: &Line) -> [__m512i; 2] {
    // Bits of the second where the mask has ones, of the third elsewhere.
    const CHOOSE: i32 = 0xca;
    let nibbles = _mm512_set1_epi8(0x0f);
    let (high, low) = (load(high), load(low));
    [
        _mm512_ternarylogic_epi32::<CHOOSE>(nibbles, low, _mm512_slli_epi16::<4>(high)),
        _mm512_ternarylogic_epi32::<CHOOSE>(nibbles, _mm512_srli_epi16::<4>(low), high),
    ]
}

#[target_feature(enable = "avx512f,avx512bw")]
fn join(planes: Planes<'_>, lines: &mut [Line]) {
    let blocks = lines.chunks_exact_mut(HEAD + planes.groups());
    for ((high, low), block) in planes.each().zip(blocks) {
        let (head, groups) = block.split_at_mut(HEAD);
        head.copy_from_slice(&[high[0], low[0]]);
        let nibbles = high[HIGH_HEAD..].iter().zip(&low[LOW_HEAD..]);
        for (groups, (high, low)) in groups.as_chunks_mut::<2>().0.iter_mut().zip(nibbles) {
            for (line, joined) in groups.iter_mut().zip(pair(high, low)) {
                // SAFETY: a line is 64 bytes, what an unaligned store writes.
                unsafe { _mm512_storeu_si512(line.as_mut_ptr().cast(), joined) };
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn plane_candidates(codes: &[Group], terms: &Terms, planes: Planes<'_>, out: &mut [u16]) {
    let (pairs, _) = codes.as_chunks::<2>();
    for ((high, low), out) in planes.each().zip(out) {
        high[..HIGH_HEAD].iter().chain(&low[..LOW_HEAD]).for_each(|line| ahead(line));
        let (high_lines, low_lines) = (&high[HIGH_HEAD..][..pairs.len()], &low[LOW_HEAD..][..pairs.len()]);
        let sums = sum_pairs(pairs, |at| {
            ahead(&high_lines[at]);
            ahead(&low_lines[at]);
            pair(&high_lines[at], &low_lines[at])
        });
        let sums = _mm512_add_epi32(sums, _mm512_set1_epi32(terms.start));
        *out = mask(sums, terms, &high[0], &low[0]);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn high_candidates(codes: &[Group], terms: &Terms, lines: &[Line], out: &mut [u16]) {
    let nibbles = _mm512_set1_epi8(0x0f);
    let (pairs, _) = codes.as_chunks::<2>();
    for (block, out) in lines.chunks_exact(HIGH_HEAD + pairs.len()).zip(out) {
        block[..HIGH_HEAD].iter().for_each(|line| ahead(line));
        let lines = &block[HIGH_HEAD..][..pairs.len()];
        let sums = sum_pairs(pairs, |at| {
            ahead(&lines[at]);
            let line = load(&lines[at]);
            [_mm512_and_si512(line, nibbles), _mm512_and_si512(_mm512_srli_epi16::<4>(line), nibbles)]
        });
        let sums = _mm512_add_epi32(_mm512_slli_epi32::<5>(sums), _mm512_set1_epi32(terms.start));
        *out = mask(sums, terms, &block[0], &block[1]);
    }
}

/// The sum over pairs of groups of their lines, with each group. Four sums, because each waits five cycles
/// for its last.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn sum_pairs(pairs: &[[Group; 2]], mut lines: impl FnMut(usize) -> [__m512i; 2]) -> __m512i {
    let add = |sums: [__m512i; 2], codes: &[Group; 2], lines: [__m512i; 2]| {
        [
            _mm512_dpbusd_epi32(sums[0], lines[0], broadcast(codes[0])),
            _mm512_dpbusd_epi32(sums[1], lines[1], broadcast(codes[1])),
        ]
    };
    let (mut even, mut odd) = ([_mm512_setzero_si512(); 2], [_mm512_setzero_si512(); 2]);
    let (twos, rest) = pairs.as_chunks::<2>();
    for (at, codes) in twos.iter().enumerate() {
        even = add(even, &codes[0], lines(2 * at));
        odd = add(odd, &codes[1], lines(2 * at + 1));
    }
    if let [codes] = rest {
        even = add(even, codes, lines(pairs.len() - 1));
    }
    _mm512_add_epi32(_mm512_add_epi32(even[0], even[1]), _mm512_add_epi32(odd[0], odd[1]))
}
