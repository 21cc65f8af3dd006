//! The definition.

use std::array::from_fn;
use std::ops::{Add, BitAnd, BitOr, Mul, Sub};

use super::{LANES, Lanes, place_bits};

/// Vectors of any processor.
#[derive(Clone, Copy, Debug)]
pub struct Scalar;

/// Sixteen of something.
#[derive(Clone, Copy, Debug)]
pub struct Each<T>([T; LANES]);

impl<T: Copy> Each<T> {
    #[inline(always)]
    fn with<U: Copy, V>(self, other: Each<U>, of: impl Fn(T, U) -> V) -> Each<V> {
        Each(from_fn(|lane| of(self.0[lane], other.0[lane])))
    }
}

macro_rules! operation {
    ($trait:ident, $function:ident, $type:ty) => {
        impl $trait for Each<$type> {
            type Output = Self;

            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                self.with(other, <$type>::$function)
            }
        }
    };
}

operation!(Add, add, f32);
operation!(Sub, sub, f32);
operation!(Mul, mul, f32);
operation!(BitAnd, bitand, i32);
operation!(BitOr, bitor, i32);
operation!(BitAnd, bitand, bool);

impl Lanes for Scalar {
    type Floats = Each<f32>;
    type Integers = Each<i32>;
    type Mask = Each<bool>;

    #[inline(always)]
    fn floats(self, values: &[f32; LANES]) -> Each<f32> {
        Each(*values)
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Each<f32> {
        Each([value; LANES])
    }

    #[inline(always)]
    fn root(self, of: Each<f32>) -> Each<f32> {
        Each(of.0.map(f32::sqrt))
    }

    #[inline(always)]
    fn absolute(self, of: Each<f32>) -> Each<f32> {
        Each(of.0.map(f32::abs))
    }

    #[inline(always)]
    fn greater(self, a: Each<f32>, b: Each<f32>) -> Each<f32> {
        a.with(b, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn is_less(self, a: Each<f32>, b: Each<f32>) -> Each<bool> {
        a.with(b, |a, b| a < b)
    }

    #[inline(always)]
    fn is_at_most(self, a: Each<f32>, b: Each<f32>) -> Each<bool> {
        a.with(b, |a, b| a <= b)
    }

    #[inline(always)]
    fn select(self, mask: Each<bool>, a: Each<f32>, b: Each<f32>) -> Each<f32> {
        Each(from_fn(|lane| if mask.0[lane] { a.0[lane] } else { b.0[lane] }))
    }

    #[inline(always)]
    fn bits(self, of: Each<f32>) -> Each<i32> {
        Each(of.0.map(|value| value.to_bits().cast_signed()))
    }

    #[inline(always)]
    fn integers(self, values: &[i32; LANES]) -> Each<i32> {
        Each(*values)
    }

    #[inline(always)]
    fn splat_integer(self, value: i32) -> Each<i32> {
        Each([value; LANES])
    }

    #[inline(always)]
    fn store(self, of: Each<i32>, to: &mut [i32; LANES]) {
        *to = of.0;
    }

    #[inline(always)]
    fn greater_integer(self, a: Each<i32>, b: Each<i32>) -> Each<i32> {
        a.with(b, i32::max)
    }

    #[inline(always)]
    fn greatest(self, of: Each<i32>) -> i32 {
        let mut values = of.0;
        let mut half = LANES / 2;
        while half > 0 {
            for lane in 0..half {
                values[lane] = values[lane].max(values[lane + half]);
            }
            half /= 2;
        }
        values[0]
    }

    #[inline(always)]
    fn is_less_integer(self, a: Each<i32>, b: Each<i32>) -> Each<bool> {
        a.with(b, |a, b| a < b)
    }

    #[inline(always)]
    fn is_equal(self, a: Each<i32>, b: Each<i32>) -> Each<bool> {
        a.with(b, |a, b| a == b)
    }

    #[inline(always)]
    fn replace(self, of: Each<i32>, lane: usize, value: i32) -> Each<i32> {
        let mut of = of;
        of.0[lane % LANES] = value;
        of
    }

    #[inline(always)]
    fn gather<const N: usize>(self, table: &[f32; N], at: Each<i32>) -> [f32; LANES] {
        at.0.map(|place| table[(place & place_bits::<N>()) as usize])
    }

    #[inline(always)]
    fn join(self, mask: Each<bool>, a: Each<i32>, b: Each<i32>) -> Each<i32> {
        Each(from_fn(|lane| a.0[lane] | if mask.0[lane] { b.0[lane] } else { 0 }))
    }

    #[inline(always)]
    fn ones(self, mask: Each<bool>) -> u16 {
        let mut ones = 0;
        for (lane, is_one) in mask.0.into_iter().enumerate() {
            ones |= u16::from(is_one) << lane;
        }
        ones
    }

    #[inline(always)]
    fn list(self, mask: Each<bool>, of: Each<i32>, to: &mut [i32; LANES]) -> usize {
        let mut count = 0;
        // A place is written whether it counts or not: to ask would cost more.
        for (value, counts) in of.0.into_iter().zip(mask.0) {
            to[count % LANES] = value;
            count += usize::from(counts);
        }
        count
    }
}
