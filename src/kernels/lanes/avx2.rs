//! Two registers of 256 bits.
#![allow(unsafe_code)] // intrinsics, and the call into code that the processor must be able to run

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Mul, Sub};

use super::{LANES, LaneWork, Lanes, place_bits};

pub(super) fn run<W: LaneWork>(work: W) -> W::Output {
    // SAFETY: only called for a level that the dispatch table found available.
    unsafe { inside(work) }
}

#[target_feature(enable = "avx2,popcnt")]
fn inside<W: LaneWork>(work: W) -> W::Output {
    work.run(Avx2::<false>(()))
}

/// Lanes of a register.
const HALF: usize = LANES / 2;

/// The lanes' numbers.
const NUMBERS: [i32; LANES] = {
    let mut numbers = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        numbers[lane] = lane as i32;
        lane += 1;
    }
    numbers
};

/// A processor with AVX2, and with AVX-VNNI if `VNNI`. Made only inside functions that are compiled for that,
/// and these are called only where it was detected.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx2<const VNNI: bool>(pub(in crate::kernels) ());

/// Made only by [`Avx2`].
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Floats(pub(in crate::kernels) [__m256; 2]);

/// Made only by [`Avx2`].
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Integers(pub(in crate::kernels) [__m256i; 2]);

/// All ones for yes, all zeros for no. Made only by [`Avx2`].
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Mask([__m256i; 2]);

/// For each set of eight lanes, which these are, in their order.
static PACKED: [[u8; HALF]; 256] = {
    let mut packed = [[0; HALF]; 256];
    let mut set = 0;
    while set < packed.len() {
        let (mut lane, mut count) = (0, 0);
        while lane < HALF {
            if set >> lane & 1 == 1 {
                packed[set][count] = lane as u8;
                count += 1;
            }
            lane += 1;
        }
        set += 1;
    }
    packed
};

/// An intrinsic of the level.
macro_rules! level {
    ($operation:expr) => {{
        // SAFETY: a value of these types exists only where the processor has the level; the intrinsic
        // touches no memory.
        unsafe { $operation }
    }};
}

/// An expression of the level on each half. Not `map`, whose closure the compiler may compile without the level: then
/// every intrinsic in it is a call.
macro_rules! both {
    ($of:expr, |$half:ident| $operation:expr) => {{
        let [first, second] = $of;
        [
            {
                let $half = first;
                level!($operation)
            },
            {
                let $half = second;
                level!($operation)
            },
        ]
    }};
}

pub(in crate::kernels) use {both, level};

/// An intrinsic of the level, on each half.
macro_rules! halves {
    ($type:ident, $intrinsic:ident, $a:expr, $b:expr) => {{
        let (a, b) = ($a, $b);
        $type([level!($intrinsic(a[0], b[0])), level!($intrinsic(a[1], b[1]))])
    }};
}

macro_rules! operation {
    ($trait:ident, $function:ident, $type:ident, $intrinsic:ident) => {
        impl $trait for $type {
            type Output = Self;

            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                halves!($type, $intrinsic, self.0, other.0)
            }
        }
    };
}

operation!(Add, add, Floats, _mm256_add_ps);
operation!(Sub, sub, Floats, _mm256_sub_ps);
operation!(Mul, mul, Floats, _mm256_mul_ps);
operation!(BitAnd, bitand, Integers, _mm256_and_si256);
operation!(BitOr, bitor, Integers, _mm256_or_si256);
operation!(BitAnd, bitand, Mask, _mm256_and_si256);

/// A bit for each lane of a half.
#[inline(always)]
fn ones(half: __m256i) -> usize {
    level!(_mm256_movemask_ps(_mm256_castsi256_ps(half))) as usize
}

impl<const VNNI: bool> Lanes for Avx2<VNNI> {
    type Floats = Floats;
    type Integers = Integers;
    type Mask = Mask;

    #[inline(always)]
    fn floats(self, values: &[f32; LANES]) -> Floats {
        let at = values.as_ptr();
        // SAFETY: the processor has the level; two unaligned loads read the 64 bytes of the array.
        Floats(unsafe { [_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(HALF))] })
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        Floats([level!(_mm256_set1_ps(value)); 2])
    }

    #[inline(always)]
    fn root(self, of: Floats) -> Floats {
        Floats(both!(of.0, |half| _mm256_sqrt_ps(half)))
    }

    #[inline(always)]
    fn absolute(self, of: Floats) -> Floats {
        Floats(both!(of.0, |half| _mm256_andnot_ps(_mm256_set1_ps(-0.0), half)))
    }

    #[inline(always)]
    fn greater(self, a: Floats, b: Floats) -> Floats {
        halves!(Floats, _mm256_max_ps, a.0, b.0)
    }

    #[inline(always)]
    fn is_less(self, a: Floats, b: Floats) -> Mask {
        Mask(both!([0, 1], |half| _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LT_OQ>(a.0[half], b.0[half]))))
    }

    #[inline(always)]
    fn is_at_most(self, a: Floats, b: Floats) -> Mask {
        Mask(both!([0, 1], |half| _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LE_OQ>(a.0[half], b.0[half]))))
    }

    #[inline(always)]
    fn select(self, mask: Mask, a: Floats, b: Floats) -> Floats {
        Floats(both!([0, 1], |half| _mm256_blendv_ps(
            b.0[half],
            a.0[half],
            _mm256_castsi256_ps(mask.0[half])
        )))
    }

    #[inline(always)]
    fn bits(self, of: Floats) -> Integers {
        Integers(both!(of.0, |half| _mm256_castps_si256(half)))
    }

    #[inline(always)]
    fn integers(self, values: &[i32; LANES]) -> Integers {
        let at = values.as_ptr();
        // SAFETY: the processor has the level; two unaligned loads read the 64 bytes of the array.
        Integers(unsafe { [_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(HALF).cast())] })
    }

    #[inline(always)]
    fn splat_integer(self, value: i32) -> Integers {
        Integers([level!(_mm256_set1_epi32(value)); 2])
    }

    #[inline(always)]
    fn store(self, of: Integers, to: &mut [i32; LANES]) {
        let at = to.as_mut_ptr();
        // SAFETY: the processor has the level; two unaligned stores write the 64 bytes of the array.
        unsafe {
            _mm256_storeu_si256(at.cast(), of.0[0]);
            _mm256_storeu_si256(at.add(HALF).cast(), of.0[1]);
        }
    }

    #[inline(always)]
    fn greater_integer(self, a: Integers, b: Integers) -> Integers {
        halves!(Integers, _mm256_max_epi32, a.0, b.0)
    }

    #[inline(always)]
    fn greatest(self, of: Integers) -> i32 {
        level!({
            let eight = _mm256_max_epi32(of.0[0], of.0[1]);
            let four = _mm_max_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
            let two = _mm_max_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
            let one = _mm_max_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two));
            _mm_cvtsi128_si32(one)
        })
    }

    #[inline(always)]
    fn is_less_integer(self, a: Integers, b: Integers) -> Mask {
        halves!(Mask, _mm256_cmpgt_epi32, b.0, a.0)
    }

    #[inline(always)]
    fn is_equal(self, a: Integers, b: Integers) -> Mask {
        halves!(Mask, _mm256_cmpeq_epi32, a.0, b.0)
    }

    #[inline(always)]
    fn replace(self, of: Integers, lane: usize, value: i32) -> Integers {
        let count = self.integers(&NUMBERS);
        let is_it = self.is_equal(count, self.splat_integer((lane % LANES) as i32));
        let value = level!(_mm256_set1_epi32(value));
        Integers(both!([0, 1], |half| _mm256_blendv_epi8(of.0[half], value, is_it.0[half])))
    }

    #[inline(always)]
    fn gather<const N: usize>(self, table: &[f32; N], at: Integers) -> [f32; LANES] {
        // Loads one by one: no slower than the processor's own gather, and far faster where that is
        // slowed for safety.
        let mut places = [0; LANES];
        self.store(at, &mut places);
        places.map(|place| table[(place & place_bits::<N>()) as usize])
    }

    #[inline(always)]
    fn join(self, mask: Mask, a: Integers, b: Integers) -> Integers {
        a | Integers((mask & Mask(b.0)).0)
    }

    #[inline(always)]
    fn ones(self, mask: Mask) -> u16 {
        (ones(mask.0[0]) | ones(mask.0[1]) << HALF) as u16
    }

    #[inline(always)]
    fn list(self, mask: Mask, of: Integers, to: &mut [i32; LANES]) -> usize {
        let mut count = 0;
        for (mask, half) in mask.0.into_iter().zip(of.0) {
            let set = ones(mask);
            // SAFETY: the processor has the level. The load reads the eight bytes of a row of the table.
            // The store writes eight places from `count`, which is 0 or the ones of one half, at most
            // eight, so they are of the sixteen.
            unsafe {
                let lanes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(PACKED[set].as_ptr().cast()));
                let packed = _mm256_permutevar8x32_epi32(half, lanes);
                _mm256_storeu_si256(to.as_mut_ptr().add(count).cast(), packed);
            }
            count += set.count_ones() as usize;
        }
        count
    }
}
