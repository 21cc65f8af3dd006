//! Elementary functions from plain `f32` sums and products, so that a score has the same bits on every
//! machine: the `exp` or `sin` of a system library may differ in the last place.

use std::f32::consts::{LN_2, LOG2_E, SQRT_2, TAU};

use crate::units::Angle;

/// Sine and cosine of an angle, to 3e-7. By octant: 0 gives exactly (0, 1), a quarter (1, 0).
#[inline(always)]
pub(crate) fn sin_cos(angle: Angle) -> (f32, f32) {
    let shifted = angle.to_binary().wrapping_add(1 << 13);
    let x = (f32::from(shifted & 0x3fff) - 8192.0) * (TAU / 65536.0);
    let y = x * x;
    let sin = x * (1.0 + y * (-1.0 / 6.0 + y * (1.0 / 120.0 - y * (1.0 / 5040.0))));
    let cos = 1.0 + y * (-0.5 + y * (1.0 / 24.0 + y * (-1.0 / 720.0 + y * (1.0 / 40320.0))));
    // Choices by the bits of the quadrant, not branches: vectors take all sides.
    let (is_odd, is_low) = (shifted & 0x4000 != 0, shifted & 0x8000 != 0);
    let (along, across) = if is_odd { (cos, sin) } else { (sin, cos) };
    (if is_low { -along } else { along }, if is_odd != is_low { -across } else { across })
}

/// The angle whose sine is `sine`, for angles up to 0.7 either way, to 3e-4.
#[inline(always)]
pub(crate) fn small_arcsine(sine: f32) -> f32 {
    let y = sine * sine;
    sine * (1.0 + y * (1.0 / 6.0 + y * (3.0 / 40.0 + y * (15.0 / 336.0 + y * (105.0 / 3456.0)))))
}

/// `exp(x)` for `x` up to 80, relative error below 1e-6; zero far below -80.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Written as choices, not branches: vectors take both sides.
    let is_zero = x < -80.0;
    let x = if x < 80.0 { x } else { 80.0 };
    let x = if is_zero { -80.0 } else { x };
    let shifted = x * LOG2_E + ONES;
    let power = shifted - ONES;
    // LN_2 in two parts, the first exact in a product with a small integer.
    let rest = x - power * 0.693_359_4;
    let rest = rest - power * (LN_2 - 0.693_359_4);
    let y = rest;
    let series = 1.0
        + y * (1.0 + y * (0.5 + y * (1.0 / 6.0 + y * (1.0 / 24.0 + y * (1.0 / 120.0 + y * (1.0 / 720.0))))));
    // The power as a whole number, -116..=116, without a conversion, which no vector instruction does alike:
    // a normal exponent.
    let exponent = shifted.to_bits().wrapping_sub(ONES.to_bits()).wrapping_add(127);
    let value = series * f32::from_bits(exponent << 23);
    if is_zero { 0.0 } else { value }
}

/// At this size the last place of an f32 is worth one.
const ONES: f32 = 12_582_912.0;

/// The nearest whole number of a number below four million, of halves the even one. (The library's own
/// is a call on processors before SSE 4.1.)
#[inline(always)]
pub(crate) fn round(x: f32) -> f32 {
    (x + ONES) - ONES
}

/// Natural logarithm of a positive normal number, to 1e-6.
pub(crate) fn ln(x: f32) -> f32 {
    let bits = x.max(f32::MIN_POSITIVE).to_bits();
    let mut exponent = (bits >> 23) as i32 - 127;
    let mut mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let y = z * z;
    let series = 2.0 * z * (1.0 + y * (1.0 / 3.0 + y * (0.2 + y * (1.0 / 7.0 + y * (1.0 / 9.0)))));
    exponent as f32 * LN_2 + series
}

/// The logistic function of MCC: `1 / (1 + exp(-steepness (x - midpoint)))`.
#[inline(always)]
pub(crate) fn logistic(x: f32, midpoint: f32, steepness: f32) -> f32 {
    1.0 / (1.0 + exp(-steepness * (x - midpoint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sin_cos_is_that_of_the_standard_library() {
        for steps in 0..=u16::MAX {
            let angle = Angle::from_binary(steps);
            let (sin, cos) = sin_cos(angle);
            let expected = f64::from(steps) * std::f64::consts::TAU / 65536.0;
            assert!((f64::from(sin) - expected.sin()).abs() < 4e-7, "{steps}");
            assert!((f64::from(cos) - expected.cos()).abs() < 4e-7, "{steps}");
        }
    }

    #[test]
    fn exp_ln_and_arcsine_are_those_of_the_standard_library() {
        for i in -8000..=8000 {
            let x = i as f32 * 0.01;
            let expected = f64::from(x).exp();
            assert!(((f64::from(exp(x)) - expected) / expected).abs() < 2e-6, "{x}");
            let x = (i + 8001) as f32 * 0.01;
            assert!((f64::from(ln(x)) - f64::from(x).ln()).abs() < 2e-6, "{x}");
            let x = i as f32 * (0.7 / 8000.0);
            assert!((small_arcsine(x.sin()) - x).abs() < 4e-4, "{x}");
        }
        assert_eq!(exp(-1e9), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(ln(1.0), 0.0);
    }
}
