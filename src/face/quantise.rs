//! Numbers to byte codes, in loops that become vectors.

use crate::kernels::codes::Group;
use crate::kernels::{Kernels, Work};

/// No row that enrolment makes is longer: a unit vector whose numbers were rounded once. A longer
/// one gets an infinite error.
pub(super) const GREATEST_LENGTH: f64 = 1.0 + 1.0 / 65_536.0;

/// A code with this error or more rules out too little, and bounds on rounding assume less: it gets an
/// infinite error.
pub(super) const GREATEST_ERROR: f64 = 0.5;

/// Groups of four codes that a row of this dimension has: an even number.
pub const fn code_groups(dimension: usize) -> usize {
    2 * dimension.div_ceil(8)
}

const GREATEST_CODE: f32 = 127.0;

/// Added and taken away again, it leaves the nearest integer of a small number: numbers of this size
/// have no fraction. (`f32::round` is a function call on the baseline processor.)
const ROUNDING: f32 = 12_582_912.0;

/// Codes of one row.
pub(super) struct Coded {
    pub(super) scale: f32,
    /// At least the length of what the codes leave over; infinite if nothing is known.
    pub(super) error: f32,
    /// The same of the high nibbles.
    pub(super) high_error: f32,
    pub(super) codes: Vec<Group>,
}

/// What stands for all codes with the high nibble of this one: the middle of them.
#[inline(always)]
pub(super) fn middle(code: i8) -> f64 {
    f64::from(i16::from(code) & !15) + 7.5
}

impl Coded {
    /// Codes a row's first `dimension` numbers. Any numbers are coded: if no bound holds for them, the error
    /// is infinite, and a search always compares the row itself.
    ///
    /// About half a microsecond at 512 dimensions with AVX-512.
    pub(super) fn new(row: &[f32], dimension: usize) -> Self {
        let row = row.get(..dimension).unwrap_or(row);
        let mut groups = vec![[0; 4]; code_groups(dimension)];
        let codes = groups.as_flattened_mut().get_mut(..row.len()).unwrap_or_default();
        let Sums { scale, left_over, high_left_over, whole } = Kernels::active().run(Quantise { row, codes });
        let known = scale > 0.0 && whole.sqrt() <= GREATEST_LENGTH;
        let error = |left_over: f64| {
            let error = round_up(left_over.sqrt());
            if known && f64::from(error) < GREATEST_ERROR { error } else { f32::INFINITY }
        };
        Self { scale, error: error(left_over), high_error: error(high_left_over), codes: groups }
    }
}

/// A number of f32 that is not below a non-negative sum of squares' root computed in f64. Each of the
/// at most 4096 terms is off by less than 2^-51 of itself (a product of a 24-bit and a 9-bit number
/// is exact, and then there is a subtraction and a square), each sum adds 2^-53, the root one more:
/// less than 2^-39 in all. The factor gives 2^-30, and the next number covers the last rounding.
pub(super) fn round_up(value: f64) -> f32 {
    ((value * (1.0 + 1.0 / 1_073_741_824.0)) as f32).next_up()
}

/// What coding a row gives beside its codes.
struct Sums {
    /// The value of a code; zero if there is none, and then all codes are zero.
    scale: f32,
    /// The sum of squares of what the codes leave over.
    left_over: f64,
    /// The same of their high nibbles.
    high_left_over: f64,
    /// The sum of squares of the row.
    whole: f64,
}

/// Codes as many numbers as there are places for codes.
struct Quantise<'a> {
    row: &'a [f32],
    codes: &'a mut [i8],
}

const LANES: usize = 16;

/// The sums, in lanes.
#[derive(Default)]
struct Lanes {
    left_over: [f64; LANES],
    high_left_over: [f64; LANES],
    whole: [f64; LANES],
}

impl Work for Quantise<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run(self) -> Sums {
        let mut greatest = [0.0_f32; LANES];
        let (chunks, rest) = self.row.as_chunks::<LANES>();
        for chunk in chunks {
            greater(&mut greatest, chunk);
        }
        greater(&mut greatest, rest);
        let greatest = greatest.iter().fold(0.0, |a, &b| if b > a { b } else { a });
        let scale = greatest / GREATEST_CODE;
        if !scale.is_normal() {
            return Sums { scale: 0.0, left_over: 0.0, high_left_over: 0.0, whole: 0.0 };
        }
        let coder = Coder { scale: f64::from(scale), per_number: GREATEST_CODE / greatest };
        let mut sums = Lanes::default();
        let (places, last) = self.codes.as_chunks_mut::<LANES>();
        for (chunk, codes) in chunks.iter().zip(places) {
            coder.code(chunk, codes, &mut sums);
        }
        coder.code(rest, last, &mut sums);
        let [left_over, high_left_over, whole] =
            [sums.left_over, sums.high_left_over, sums.whole].map(|lanes| lanes.iter().sum());
        Sums { scale, left_over, high_left_over, whole }
    }
}

/// Raises each lane to a number's size. What is not a number raises nothing.
#[inline(always)]
fn greater(greatest: &mut [f32; LANES], numbers: &[f32]) {
    for (greatest, x) in greatest.iter_mut().zip(numbers) {
        let size = x.abs();
        *greatest = if size > *greatest { size } else { *greatest };
    }
}

struct Coder {
    scale: f64,
    per_number: f32,
}

impl Coder {
    /// The code of a number, zero of what is not a number. The others are no greater than the greatest, so
    /// their codes are -127..=127, and the last places of a sum with [`ROUNDING`] tell them. (A conversion, as Rust
    /// defines it, becomes one scalar instruction after the other.)
    #[inline(always)]
    fn nearest(&self, x: f32) -> i32 {
        let shifted = x * self.per_number + ROUNDING;
        let code = shifted.to_bits().wrapping_sub(ROUNDING.to_bits()).cast_signed();
        if x.is_nan() { 0 } else { code }
    }

    /// Codes at most sixteen numbers, and adds to their lanes' sums.
    #[inline(always)]
    fn code(&self, numbers: &[f32], codes: &mut [i8], sums: &mut Lanes) {
        let sums = sums.left_over.iter_mut().zip(&mut sums.high_left_over).zip(&mut sums.whole);
        for ((&x, code), ((left_over, high_left_over), whole)) in numbers.iter().zip(codes).zip(sums) {
            let whole_number = self.nearest(x);
            *code = whole_number as i8;
            let x = f64::from(x);
            let rest = x - self.scale * f64::from(whole_number);
            *left_over += rest * rest;
            let rest = x - self.scale * (f64::from(whole_number & !15) + 7.5);
            *high_left_over += rest * rest;
            *whole += x * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: the conversion saturates, and makes zero of what is not a number.
    fn plain(row: &[f32]) -> (Vec<i8>, [f64; 2]) {
        let greatest = row.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
        let scale = greatest / GREATEST_CODE;
        if !scale.is_normal() {
            return (vec![0; row.len()], [0.0; 2]);
        }
        let per_number = GREATEST_CODE / greatest;
        let codes: Vec<i8> = row.iter().map(|x| (x * per_number + ROUNDING - ROUNDING) as i8).collect();
        let mut sums = [[0.0; LANES]; 2];
        for (at, (&x, &code)) in row.iter().zip(&codes).enumerate() {
            for (sums, stands_for) in sums.iter_mut().zip([f64::from(code), middle(code)]) {
                let rest = f64::from(x) - f64::from(scale) * stands_for;
                sums[at % LANES] += rest * rest;
            }
        }
        (codes, sums.map(|lanes| lanes.iter().sum()))
    }

    proptest! {
        #[test]
        fn codes_and_sums_are_those_of_the_definition(
            row in prop_oneof![
                prop::collection::vec(-1.0_f32..1.0, 0..70),
                prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::ZERO, 0..70),
                prop::collection::vec(prop::num::f32::ANY, 0..20),
            ],
        ) {
            let (expected, [left_over, high_left_over]) = plain(&row);
            for kernels in Kernels::all() {
                let mut codes = vec![0; row.len()];
                let sums = kernels.run(Quantise { row: &row, codes: &mut codes });
                prop_assert_eq!(&codes, &expected, "{:?}", kernels);
                for (sum, expected) in [(sums.left_over, left_over), (sums.high_left_over, high_left_over)] {
                    prop_assert!(sum.to_bits() == expected.to_bits() || sum.is_nan() && expected.is_nan());
                }
            }
        }
    }
}
