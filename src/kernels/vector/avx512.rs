//! One register of 512 bits, with VNNI and VPOPCNTDQ.
#![allow(unsafe_code)] // intrinsics, and the call into code that the processor must be able to run

use std::arch::x86_64::*;
use std::ops::BitXor;

use super::{At, AtBytes, ByteProducts, ByteWork, Group, Line, Products, Vector, VectorWork, vnni};
use crate::kernels::lanes::LANES;
use crate::kernels::lanes::avx512::{Avx512, Floats, Integers, level};

/// The level.
pub(in crate::kernels) struct AtAvx512;

impl At for AtAvx512 {
    fn run<W: VectorWork>(work: W) -> W::Output {
        // SAFETY: only tables of functions for a level that `dispatch` found available call this.
        unsafe { inside(work) }
    }
}

impl AtBytes for AtAvx512 {
    fn run_bytes<W: ByteWork>(work: W) -> W::Output {
        // SAFETY: as above.
        unsafe { inside_bytes(work) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,popcnt")]
fn inside<W: VectorWork>(work: W) -> W::Output {
    work.run(Avx512(()))
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,popcnt")]
fn inside_bytes<W: ByteWork>(work: W) -> W::Output {
    work.run(Avx512(()))
}

impl BitXor for Integers {
    type Output = Self;

    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self(level!(_mm512_xor_si512(self.0, other.0)))
    }
}

/// Ones counted in 64-bit lanes.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Counts(__m512i);

impl Vector for Avx512 {
    const REGISTERS: usize = 32;

    type Counts = Counts;

    #[inline(always)]
    fn line(self, from: &Line) -> Integers {
        // SAFETY: the processor has the level; the unaligned load reads the 64 bytes of the line.
        Integers(unsafe { _mm512_loadu_si512(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store_line(self, of: Integers, to: &mut Line) {
        // SAFETY: the processor has the level; the unaligned store writes the 64 bytes of the line.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), of.0) }
    }

    #[inline(always)]
    fn prefetch<T>(self, item: &T, items: usize) {
        let at = std::ptr::from_ref(item).wrapping_add(items);
        level!(_mm_prefetch::<_MM_HINT_T0>(at.cast()));
    }

    #[inline(always)]
    fn nibbles(self, of: Integers) -> [Integers; 2] {
        level!({
            let low = _mm512_set1_epi8(0x0f);
            [
                Integers(_mm512_and_si512(of.0, low)),
                Integers(_mm512_and_si512(_mm512_srli_epi16::<4>(of.0), low)),
            ]
        })
    }

    #[inline(always)]
    fn join_nibbles(self, high: Integers, low: Integers) -> [Integers; 2] {
        // Bits of the second where the mask has ones, of the third elsewhere.
        const CHOOSE: i32 = 0xca;
        level!({
            let mask = _mm512_set1_epi8(0x0f);
            let (up, down) = (_mm512_slli_epi16::<4>(high.0), _mm512_srli_epi16::<4>(low.0));
            [
                Integers(_mm512_ternarylogic_epi32::<CHOOSE>(mask, low.0, up)),
                Integers(_mm512_ternarylogic_epi32::<CHOOSE>(mask, down, high.0)),
            ]
        })
    }

    #[inline(always)]
    fn add_pairs(self, sums: Integers, a: Integers, b: Integers) -> Integers {
        Integers(level!(_mm512_dpwssd_epi32(sums.0, a.0, b.0)))
    }

    #[inline(always)]
    fn add(self, a: Integers, b: Integers) -> Integers {
        Integers(level!(_mm512_add_epi32(a.0, b.0)))
    }

    #[inline(always)]
    fn double<const BITS: u32>(self, of: Integers) -> Integers {
        Integers(level!(_mm512_slli_epi32::<BITS>(of.0)))
    }

    #[inline(always)]
    fn with_bits(self, bits: Integers) -> Floats {
        Floats(level!(_mm512_castsi512_ps(bits.0)))
    }

    #[inline(always)]
    fn numbers(self, of: Integers) -> Floats {
        Floats(level!(_mm512_cvtepi32_ps(of.0)))
    }

    #[inline(always)]
    fn less(self, a: Floats, b: Floats) -> Floats {
        Floats(level!(_mm512_min_ps(a.0, b.0)))
    }

    #[inline(always)]
    fn rounded(self, of: Floats) -> Integers {
        Integers(level!(_mm512_cvtps_epi32(of.0)))
    }

    #[inline(always)]
    fn not_less(self, a: Floats, b: Floats) -> u16 {
        level!(_mm512_cmp_ps_mask::<_CMP_NLT_UQ>(a.0, b.0))
    }

    #[inline(always)]
    fn sum(self, of: Floats) -> f32 {
        level!({
            let eight = _mm256_add_ps(_mm512_castps512_ps256(of.0), _mm512_extractf32x8_ps::<1>(of.0));
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        })
    }

    #[inline(always)]
    fn splat_word(self, word: u64) -> Integers {
        Integers(level!(_mm512_set1_epi64(word.cast_signed())))
    }

    #[inline(always)]
    fn no_counts(self) -> Counts {
        Counts(level!(_mm512_setzero_si512()))
    }

    #[inline(always)]
    fn count(self, counts: Counts, words: Integers) -> Counts {
        Counts(level!(_mm512_add_epi64(counts.0, _mm512_popcnt_epi64(words.0))))
    }

    #[inline(always)]
    fn counts(self, counts: Counts) -> [i32; LANES / 2] {
        let mut out = [0; LANES / 2];
        // SAFETY: the processor has the level; the store writes the 32 bytes of the array.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), _mm512_cvtepi64_epi32(counts.0)) };
        out
    }
}

impl Products for Avx512 {
    #[inline(always)]
    fn nibble_sums(self, codes: &[[Group; 2]], lines: &[Line], ahead: usize) -> Integers {
        vnni::nibble_sums(self, codes, lines, ahead)
    }

    #[inline(always)]
    fn byte_sums(self, codes: &[[Group; 2]], high: &[Line], low: &[Line], ahead: usize) -> Integers {
        vnni::byte_sums(self, codes, high, low, ahead)
    }
}

impl ByteProducts for Avx512 {
    #[inline(always)]
    fn add_products(self, sums: Integers, bytes: Integers, codes: Integers) -> Integers {
        Integers(level!(_mm512_dpbusd_epi32(sums.0, bytes.0, codes.0)))
    }
}
