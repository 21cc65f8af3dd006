//! Two registers of 256 bits. Without AVX-VNNI, products of bytes are summed in 16 bits as long as these hold
//! them.
#![allow(unsafe_code)] // intrinsics, and the call into code that the processor must be able to run

use std::arch::x86_64::*;
use std::ops::BitXor;

use super::{At, Group, Line, Products, Vector, VectorWork, splat_group};
use crate::kernels::lanes::avx2::{Avx2, Floats, Integers, both, level};
use crate::kernels::lanes::{LANES, Lanes};

/// The level with AVX2 alone.
pub(in crate::kernels) struct AtAvx2;

impl At for AtAvx2 {
    fn run<W: VectorWork>(work: W) -> W::Output {
        // SAFETY: only tables of functions for levels that `dispatch` found available call this.
        unsafe { inside(work) }
    }
}

#[target_feature(enable = "avx2,popcnt")]
fn inside<W: VectorWork>(work: W) -> W::Output {
    work.run(Avx2::<false>(()))
}

/// An intrinsic of the level, on each half.
macro_rules! halves {
    ($intrinsic:ident, $a:expr, $b:expr) => {{
        let (a, b) = ($a, $b);
        Integers([level!($intrinsic(a.0[0], b.0[0])), level!($intrinsic(a.0[1], b.0[1]))])
    }};
}

impl BitXor for Integers {
    type Output = Self;

    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        halves!(_mm256_xor_si256, self, other)
    }
}

/// Ones counted in bytes.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Counts([__m256i; 2]);

impl<const VNNI: bool> Vector for Avx2<VNNI> {
    const REGISTERS: usize = 8;

    type Counts = Counts;

    #[inline(always)]
    fn line(self, from: &Line) -> Integers {
        let at = from.as_ptr();
        // SAFETY: the processor has the level; two unaligned loads read the 64 bytes of the line.
        Integers(unsafe { [_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(32).cast())] })
    }

    #[inline(always)]
    fn store_line(self, of: Integers, to: &mut Line) {
        let at = to.as_mut_ptr();
        // SAFETY: the processor has the level; two unaligned stores write the 64 bytes of the line.
        unsafe {
            _mm256_storeu_si256(at.cast(), of.0[0]);
            _mm256_storeu_si256(at.add(32).cast(), of.0[1]);
        }
    }

    #[inline(always)]
    fn prefetch<T>(self, item: &T, items: usize) {
        let at = std::ptr::from_ref(item).wrapping_add(items);
        level!(_mm_prefetch::<_MM_HINT_T0>(at.cast()));
    }

    #[inline(always)]
    fn nibbles(self, of: Integers) -> [Integers; 2] {
        let low = Integers([level!(_mm256_set1_epi8(0x0f)); 2]);
        let shifted = Integers(both!(of.0, |half| _mm256_srli_epi16::<4>(half)));
        [of & low, shifted & low]
    }

    #[inline(always)]
    fn join_nibbles(self, high: Integers, low: Integers) -> [Integers; 2] {
        let low_bits = Integers([level!(_mm256_set1_epi8(0x0f)); 2]);
        let high_bits = Integers([level!(_mm256_set1_epi8(0xf0_u8.cast_signed())); 2]);
        let up = Integers(both!(high.0, |half| _mm256_slli_epi16::<4>(half)));
        let down = Integers(both!(low.0, |half| _mm256_srli_epi16::<4>(half)));
        [up & high_bits | low & low_bits, high & high_bits | down & low_bits]
    }

    #[inline(always)]
    fn add_pairs(self, sums: Integers, a: Integers, b: Integers) -> Integers {
        halves!(_mm256_add_epi32, sums, halves!(_mm256_madd_epi16, a, b))
    }

    #[inline(always)]
    fn add(self, a: Integers, b: Integers) -> Integers {
        halves!(_mm256_add_epi32, a, b)
    }

    #[inline(always)]
    fn double<const BITS: u32>(self, of: Integers) -> Integers {
        let count = level!(_mm_cvtsi32_si128(BITS.cast_signed()));
        Integers(both!(of.0, |half| _mm256_sll_epi32(half, count)))
    }

    #[inline(always)]
    fn with_bits(self, bits: Integers) -> Floats {
        Floats(both!(bits.0, |half| _mm256_castsi256_ps(half)))
    }

    #[inline(always)]
    fn numbers(self, of: Integers) -> Floats {
        Floats([level!(_mm256_cvtepi32_ps(of.0[0])), level!(_mm256_cvtepi32_ps(of.0[1]))])
    }

    #[inline(always)]
    fn less(self, a: Floats, b: Floats) -> Floats {
        Floats([level!(_mm256_min_ps(a.0[0], b.0[0])), level!(_mm256_min_ps(a.0[1], b.0[1]))])
    }

    #[inline(always)]
    fn rounded(self, of: Floats) -> Integers {
        Integers([level!(_mm256_cvtps_epi32(of.0[0])), level!(_mm256_cvtps_epi32(of.0[1]))])
    }

    #[inline(always)]
    fn not_less(self, a: Floats, b: Floats) -> u16 {
        let half =
            |at: usize| level!(_mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLT_UQ>(a.0[at], b.0[at]))) as u16;
        half(0) | half(1) << 8
    }

    #[inline(always)]
    fn sum(self, of: Floats) -> f32 {
        level!({
            let eight = _mm256_add_ps(of.0[0], of.0[1]);
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        })
    }

    #[inline(always)]
    fn splat_word(self, word: u64) -> Integers {
        Integers([level!(_mm256_set1_epi64x(word.cast_signed())); 2])
    }

    #[inline(always)]
    fn no_counts(self) -> Counts {
        Counts([level!(_mm256_setzero_si256()); 2])
    }

    /// A byte gains at most eight: 31 times fit.
    #[inline(always)]
    fn count(self, counts: Counts, words: Integers) -> Counts {
        let table = level!(_mm256_broadcastsi128_si256(_mm_setr_epi8(
            0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4
        )));
        let [low, high] = self.nibbles(words);
        let half = |at: usize| {
            level!(_mm256_add_epi8(
                counts.0[at],
                _mm256_add_epi8(
                    _mm256_shuffle_epi8(table, low.0[at]),
                    _mm256_shuffle_epi8(table, high.0[at])
                )
            ))
        };
        Counts([half(0), half(1)])
    }

    #[inline(always)]
    fn counts(self, counts: Counts) -> [i32; LANES / 2] {
        let sums = both!(counts.0, |half| _mm256_sad_epu8(half, _mm256_setzero_si256()));
        let even = level!(_mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
        let [low, high] = both!(sums, |half| _mm256_permutevar8x32_epi32(half, even));
        let mut out = [0; LANES / 2];
        // SAFETY: the processor has the level; the store writes the 32 bytes of the array.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().cast(), _mm256_blend_epi32::<0b1111_0000>(low, high));
        }
        out
    }
}

/// Lines of nibbles whose products with codes 16 bits hold: 8 * 2 * 15 * 127 is below 2^15.
const LINES: usize = 4;

/// Sixteen-bit sums of the products of nibbles with codes.
#[inline(always)]
fn nibble_products(vector: Avx2<false>, line: &Line, codes: [Integers; 2]) -> Integers {
    let [low, high] = vector.nibbles(vector.line(line));
    let low = halves!(_mm256_maddubs_epi16, low, codes[0]);
    halves!(_mm256_add_epi16, low, halves!(_mm256_maddubs_epi16, high, codes[1]))
}

/// `sums`, and to each lane its two 16-bit numbers times `factor`.
#[inline(always)]
fn widen(vector: Avx2<false>, sums: Integers, of: Integers, factor: i16) -> Integers {
    let factor = Integers([level!(_mm256_set1_epi16(factor)); 2]);
    vector.add(sums, halves!(_mm256_madd_epi16, of, factor))
}

/// Sixteen-bit sums over lines of planes, of which there are at most [`LINES`] each and as many as codes.
#[inline(always)]
fn sums_of_lines<const PLANES: usize>(
    vector: Avx2<false>,
    codes: &[[Group; 2]],
    planes: [&[Line]; PLANES],
    ahead: usize,
) -> [Integers; PLANES] {
    let mut sums = [vector.splat_integer(0); PLANES];
    for (at, pair) in codes.iter().enumerate() {
        let codes = [splat_group(vector, pair[0]), splat_group(vector, pair[1])];
        for (sum, plane) in sums.iter_mut().zip(planes) {
            vector.prefetch(&plane[at], ahead);
            let products = nibble_products(vector, &plane[at], codes);
            *sum = halves!(_mm256_add_epi16, *sum, products);
        }
    }
    sums
}

/// The sums over planes of nibbles, each plane times its factor.
#[inline(always)]
fn plane_sums<const PLANES: usize>(
    vector: Avx2<false>,
    codes: &[[Group; 2]],
    planes: [&[Line]; PLANES],
    factors: [i16; PLANES],
    ahead: usize,
) -> Integers {
    let mut sums = vector.splat_integer(0);
    let mut add = |of: [Integers; PLANES]| {
        for (of, factor) in of.into_iter().zip(factors) {
            sums = widen(vector, sums, of, factor);
        }
    };
    let (fours, rest) = codes.as_chunks::<LINES>();
    let planes = planes.map(|plane| plane[..codes.len()].as_chunks::<LINES>());
    let whole = planes.map(|(whole, _)| &whole[..fours.len()]);
    for (at, codes) in fours.iter().enumerate() {
        add(sums_of_lines(vector, codes, whole.map(|fours| &fours[at][..]), ahead));
    }
    add(sums_of_lines(vector, rest, planes.map(|(_, rest)| rest), ahead));
    sums
}

impl Products for Avx2<false> {
    #[inline(always)]
    fn nibble_sums(self, codes: &[[Group; 2]], lines: &[Line], ahead: usize) -> Integers {
        plane_sums(self, codes, [lines], [1], ahead)
    }

    #[inline(always)]
    fn byte_sums(self, codes: &[[Group; 2]], high: &[Line], low: &[Line], ahead: usize) -> Integers {
        plane_sums(self, codes, [high, low], [16, 1], ahead)
    }
}
