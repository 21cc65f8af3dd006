//! One register of 512 bits, masks of their own.
#![allow(unsafe_code)] // intrinsics, and the call into code that the processor must be able to run

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Mul, Sub};

use super::{LANES, LaneWork, Lanes, place_bits};

pub(super) fn run<W: LaneWork>(work: W) -> W::Output {
    // SAFETY: only called for a level that the dispatch table found available.
    unsafe { inside(work) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,popcnt")]
fn inside<W: LaneWork>(work: W) -> W::Output {
    work.run(Avx512(()))
}

/// A processor with the level's parts of AVX-512. Made only inside functions that are compiled for these, and
/// these functions are called only where they were detected.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx512(pub(in crate::kernels) ());

/// Made only by [`Avx512`].
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Floats(pub(in crate::kernels) __m512);

/// Made only by [`Avx512`].
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Integers(pub(in crate::kernels) __m512i);

/// An intrinsic of the level.
macro_rules! level {
    ($operation:expr) => {{
        // SAFETY: a value of these types exists only where the processor has the level; the intrinsic
        // touches no memory.
        unsafe { $operation }
    }};
}
pub(in crate::kernels) use level;

macro_rules! operation {
    ($trait:ident, $function:ident, $type:ident, $intrinsic:ident) => {
        impl $trait for $type {
            type Output = Self;

            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                Self(level!($intrinsic(self.0, other.0)))
            }
        }
    };
}

operation!(Add, add, Floats, _mm512_add_ps);
operation!(Sub, sub, Floats, _mm512_sub_ps);
operation!(Mul, mul, Floats, _mm512_mul_ps);
operation!(BitAnd, bitand, Integers, _mm512_and_si512);
operation!(BitOr, bitor, Integers, _mm512_or_si512);

impl Lanes for Avx512 {
    type Floats = Floats;
    type Integers = Integers;
    type Mask = __mmask16;

    #[inline(always)]
    fn floats(self, values: &[f32; LANES]) -> Floats {
        // SAFETY: the processor has the level; the array is the 64 bytes that an unaligned load reads.
        Floats(unsafe { _mm512_loadu_ps(values.as_ptr()) })
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        Floats(level!(_mm512_set1_ps(value)))
    }

    #[inline(always)]
    fn root(self, of: Floats) -> Floats {
        Floats(level!(_mm512_sqrt_ps(of.0)))
    }

    #[inline(always)]
    fn absolute(self, of: Floats) -> Floats {
        Floats(level!(_mm512_abs_ps(of.0)))
    }

    #[inline(always)]
    fn greater(self, a: Floats, b: Floats) -> Floats {
        Floats(level!(_mm512_max_ps(a.0, b.0)))
    }

    #[inline(always)]
    fn is_less(self, a: Floats, b: Floats) -> __mmask16 {
        level!(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a.0, b.0))
    }

    #[inline(always)]
    fn is_at_most(self, a: Floats, b: Floats) -> __mmask16 {
        level!(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(a.0, b.0))
    }

    #[inline(always)]
    fn select(self, mask: __mmask16, a: Floats, b: Floats) -> Floats {
        Floats(level!(_mm512_mask_blend_ps(mask, b.0, a.0)))
    }

    #[inline(always)]
    fn bits(self, of: Floats) -> Integers {
        Integers(level!(_mm512_castps_si512(of.0)))
    }

    #[inline(always)]
    fn integers(self, values: &[i32; LANES]) -> Integers {
        // SAFETY: the processor has the level; the array is the 64 bytes that an unaligned load reads.
        Integers(unsafe { _mm512_loadu_si512(values.as_ptr().cast()) })
    }

    #[inline(always)]
    fn splat_integer(self, value: i32) -> Integers {
        Integers(level!(_mm512_set1_epi32(value)))
    }

    #[inline(always)]
    fn store(self, of: Integers, to: &mut [i32; LANES]) {
        // SAFETY: the processor has the level; the array is the 64 bytes that an unaligned store writes.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), of.0) }
    }

    #[inline(always)]
    fn greater_integer(self, a: Integers, b: Integers) -> Integers {
        Integers(level!(_mm512_max_epi32(a.0, b.0)))
    }

    #[inline(always)]
    fn greatest(self, of: Integers) -> i32 {
        level!(_mm512_reduce_max_epi32(of.0))
    }

    #[inline(always)]
    fn is_less_integer(self, a: Integers, b: Integers) -> __mmask16 {
        level!(_mm512_cmplt_epi32_mask(a.0, b.0))
    }

    #[inline(always)]
    fn is_equal(self, a: Integers, b: Integers) -> __mmask16 {
        level!(_mm512_cmpeq_epi32_mask(a.0, b.0))
    }

    #[inline(always)]
    fn replace(self, of: Integers, lane: usize, value: i32) -> Integers {
        Integers(level!(_mm512_mask_set1_epi32(of.0, 1 << (lane % LANES), value)))
    }

    #[inline(always)]
    fn gather<const N: usize>(self, table: &[f32; N], at: Integers) -> [f32; LANES] {
        let places = at & self.splat_integer(place_bits::<N>());
        let mut out = [0.0; LANES];
        // SAFETY: the processor has the level. Every place is one of the table's, since no bits above
        // its last place are left, and the store writes the 64 bytes of the array.
        unsafe {
            let values = _mm512_i32gather_ps::<4>(places.0, table.as_ptr());
            _mm512_storeu_ps(out.as_mut_ptr(), values);
        }
        out
    }

    #[inline(always)]
    fn join(self, mask: __mmask16, a: Integers, b: Integers) -> Integers {
        Integers(level!(_mm512_mask_or_epi32(a.0, mask, a.0, b.0)))
    }

    #[inline(always)]
    fn ones(self, mask: __mmask16) -> u16 {
        mask
    }

    #[inline(always)]
    fn list(self, mask: __mmask16, of: Integers, to: &mut [i32; LANES]) -> usize {
        // Packed in a register: a packing store is slow on some processors.
        self.store(Integers(level!(_mm512_maskz_compress_epi32(mask, of.0))), to);
        mask.count_ones() as usize
    }
}
