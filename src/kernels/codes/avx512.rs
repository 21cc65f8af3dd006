//! VNNI: a line times a probe's group, summed into sixteen lanes, in one instruction that does not
//! saturate.
#![allow(unsafe_code)] // vector loads through pointers, and functions that need their CPU feature

use std::arch::x86_64::{
    __m512i, _CMP_NLT_UQ, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi32, _mm512_add_ps, _mm512_cmp_ps_mask,
    _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mul_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512, _mm512_storeu_si512,
};

use super::{Codes, Group, HEAD, LANES, Line, Terms};

// SAFETY (both): `dispatch` hands these out only where AVX-512 F and VNNI were detected.
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
    walk(codes, terms, lines, out, |sums, terms, block| {
        // SAFETY: a line is 64 bytes, what an unaligned load of sixteen f32 reads; a block has two
        // lines before its codes.
        let (scales, errors) =
            unsafe { (_mm512_loadu_ps(block[0].as_ptr().cast()), _mm512_loadu_ps(block[1].as_ptr().cast())) };
        let score = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), scales);
        let bound = _mm512_add_ps(score, _mm512_mul_ps(_mm512_set1_ps(terms.weight), errors));
        _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(bound, _mm512_set1_ps(terms.floor))
    });
}

/// Probes of a register tile, and blocks: 24 registers of sums and four of lines.
const PROBES: usize = 6;
const BLOCKS: usize = 4;

/// One probe streams. Of several, each six pass a tile of four blocks, which stays in the first cache
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
    if let [terms] = terms {
        for (block, out) in lines.chunks_exact(block_lines).zip(out) {
            *out = finish(stream(codes, terms.start, block), terms, block);
        }
        return;
    }
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

/// One probe and one block. Four sums, because each waits five cycles for its last; a block ahead is
/// asked for, which at 512 dimensions is 8 KiB.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn stream(codes: &[Group], start: i32, block: &[Line]) -> __m512i {
    let ahead = |line: &Line| {
        // Past the end of the blocks a prefetch is a hint that is ignored.
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_add(block.len() * 64).cast());
    };
    block[..HEAD].iter().for_each(ahead);
    let lines = &block[HEAD..][..codes.len()];
    let zero = _mm512_setzero_si512();
    let mut sums = [_mm512_set1_epi32(start), zero, zero, zero];
    let (fours, rest) = codes.as_chunks::<4>();
    let (line_fours, rest_lines) = lines.as_chunks::<4>();
    for (codes, lines) in fours.iter().zip(line_fours) {
        for at in 0..4 {
            ahead(&lines[at]);
            sums[at] = _mm512_dpbusd_epi32(sums[at], load(&lines[at]), broadcast(codes[at]));
        }
    }
    for (&code, line) in rest.iter().zip(rest_lines) {
        ahead(line);
        sums[0] = _mm512_dpbusd_epi32(sums[0], load(line), broadcast(code));
    }
    _mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3]))
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
