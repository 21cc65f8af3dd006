//! Elementary functions from basic operations only, so that a seed gives the same data to the bit
//! on every platform: what `std` offers goes through the system's mathematical library, whose
//! last bits differ. Errors stay below 1e-5, far below what a picture resolves.

use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI, SQRT_2};

/// Sine and cosine, for `|x|` up to a few thousand.
pub(crate) fn sin_cos(x: f32) -> (f32, f32) {
    let quarter = (x / FRAC_PI_2).round();
    let r = x - quarter * FRAC_PI_2;
    let s = r * r;
    let sin = r * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 - s / 5040.0)));
    let cos = 1.0 + s * (-0.5 + s * (1.0 / 24.0 + s * (-1.0 / 720.0 + s / 40320.0)));
    match (quarter as i32) & 3 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// Cosine and sine: the complex number of length 1 with an angle.
pub(crate) fn exp_i(angle: f32) -> (f32, f32) {
    let (sin, cos) = sin_cos(angle);
    (cos, sin)
}

/// A smooth step from 0 far below zero to 1 far above it, with slope 1/4 at zero, as the logistic function has.
/// A ratio of polynomials, exact at both ends: 0 below -6 and 1 above 6.
pub(crate) fn soft_step(x: f32) -> f32 {
    let y = (0.5 * x).clamp(-3.0, 3.0);
    let s = y * y;
    0.5 + 0.5 * y * (27.0 + s) / (27.0 + 9.0 * s)
}

/// The angle of the vector `(x, y)`, in `-pi..=pi`; zero for the zero vector.
pub(crate) fn atan2(y: f32, x: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let (small, large) = if ax < ay { (ax, ay) } else { (ay, ax) };
    if large == 0.0 {
        return 0.0;
    }
    let mut angle = atan_unit(small / large);
    if ay > ax {
        angle = FRAC_PI_2 - angle;
    }
    if x < 0.0 {
        angle = PI - angle;
    }
    if y < 0.0 { -angle } else { angle }
}

/// Arc tangent on `0..=1`: reduced to `|z| <= tan(pi/8)`, then the series.
fn atan_unit(t: f32) -> f32 {
    let (base, z) = if t > SQRT_2 - 1.0 { (FRAC_PI_4, (t - 1.0) / (t + 1.0)) } else { (0.0, t) };
    let s = z * z;
    base + z * (1.0 + s * (-1.0 / 3.0 + s * (0.2 + s * (-1.0 / 7.0 + s / 9.0))))
}

/// Natural logarithm of a positive, normal number.
pub(crate) fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 23) as i32 - 127;
    let mut mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let s = z * z;
    exponent as f32 * LN_2 + 2.0 * z * (1.0 + s * (1.0 / 3.0 + s * (0.2 + s / 7.0)))
}

/// Exponential function; zero below -87, and at most `exp(88)`.
pub(crate) fn exp(x: f32) -> f32 {
    if x < -87.0 {
        return 0.0;
    }
    let twos = (x.min(88.0) / LN_2).round();
    let r = x.min(88.0) - twos * LN_2;
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r / 120.0))));
    series * f32::from_bits(((twos as i32 + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_the_standard_library() {
        for i in -20_000..=20_000 {
            let x = i as f32 * 0.01;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() < 2e-5 && (cos - x.cos()).abs() < 2e-5, "{x}");
            if x < 80.0 {
                assert!((exp(x) - x.exp()).abs() <= 2e-5 * x.exp() + 1e-37, "{x}");
            }
            if x > 0.0 {
                assert!((ln(x) - x.ln()).abs() < 1e-5 * (1.0 + x.ln().abs()), "{x}");
            }
        }
        for i in 0..3600 {
            let a = (i as f32 * 0.1).to_radians();
            let got = atan2(a.sin() * 7.0, a.cos() * 7.0);
            assert!((got - (a.sin() * 7.0).atan2(a.cos() * 7.0)).abs() < 1e-5, "{i}");
        }
        assert_eq!(atan2(0.0, 0.0), 0.0);
        for i in -100..=100 {
            let x = i as f32 * 0.1;
            assert!((soft_step(x) - 1.0 / (1.0 + (-x).exp())).abs() < 0.02, "{x}");
        }
        assert_eq!((soft_step(-7.0), soft_step(0.0), soft_step(7.0)), (0.0, 0.5, 1.0));
    }
}
