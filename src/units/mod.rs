//! Quantities with their units in the type: angles, lengths, resolutions, qualities, scores,
//! error rates and likelihood ratios.
//!
//! Angles and lengths are integers so that a template read from a record, stored in a gallery and
//! read back is the same to the bit, and so that an angle cannot leave its circle.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU16;

mod rate;
mod ratio;

use bytemuck::{Pod, Zeroable};

pub use rate::{Fmr, Fpir};
pub use ratio::LogRatio;

/// A direction, counter-clockwise from the positive x axis (east), as a binary angle: 65,536 steps
/// a turn. Wrapping arithmetic is angle arithmetic, so every value is valid.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
pub struct Angle(u16);

impl Angle {
    /// From 1/65,536ths of a turn.
    pub const fn from_binary(steps: u16) -> Self {
        Self(steps)
    }

    /// In 1/65,536ths of a turn.
    pub const fn to_binary(self) -> u16 {
        self.0
    }

    /// From `n` parts of a turn cut into `parts` equal ones (256 for ISO/IEC 19794-2, 180 for
    /// ANSI INCITS 378, 360 for degrees, 64 for the ISO compact card format), to the nearest step.
    pub const fn from_parts(n: u32, parts: NonZeroU16) -> Self {
        let parts = parts.get() as u64;
        let n = (n as u64) % parts;
        Self((((n << 16) + parts / 2) / parts) as u16)
    }

    /// The nearest of `parts` equal parts of a turn, in `0..parts`. Undoes [`Angle::from_parts`].
    pub const fn to_parts(self, parts: NonZeroU16) -> u16 {
        let parts = parts.get() as u64;
        (((self.0 as u64 * parts + (1 << 15)) >> 16) % parts) as u16
    }

    /// In radians, `0` up to a full turn.
    pub fn radians(self) -> f32 {
        f32::from(self.0) * (std::f32::consts::TAU / 65536.0)
    }

    /// From radians of any size; a value that is not finite becomes zero.
    pub fn from_radians(radians: f64) -> Self {
        let turns = radians / std::f64::consts::TAU;
        // `as` saturates and maps NaN to zero, and the fraction is below one: no value is lost.
        Self(((turns - turns.floor()) * 65536.0).round() as u32 as u16)
    }

    /// This direction turned by half a circle.
    pub const fn opposite(self) -> Self {
        Self(self.0.wrapping_add(1 << 15))
    }

    /// This direction turned counter-clockwise by `by`.
    pub const fn turned(self, by: Angle) -> Self {
        Self(self.0.wrapping_add(by.0))
    }

    /// The signed turn from `self` to `other`, in 1/65,536ths of a turn, `-32,768..=32,767`.
    pub const fn turn_to(self, other: Angle) -> i16 {
        other.0.wrapping_sub(self.0) as i16
    }
}

/// A length or coordinate in steps of five micrometres, `0..=327.675 mm`: one unit for all
/// records, whatever their resolution, and fine enough that a pixel of any resolution up to
/// 1,999 pixels a centimetre is recovered exactly.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
pub struct Length(u16);

impl Length {
    /// Steps a centimetre.
    pub const STEPS_PER_CENTIMETRE: u16 = 2_000;

    /// From steps of five micrometres.
    pub const fn from_steps(steps: u16) -> Self {
        Self(steps)
    }

    /// In steps of five micrometres.
    pub const fn steps(self) -> u16 {
        self.0
    }

    /// From pixels at a resolution, to the nearest step; `None` past 327.675 mm.
    pub fn from_pixels(pixels: u16, resolution: Resolution) -> Option<Self> {
        let per_cm = u64::from(resolution.pixels_per_centimetre());
        let steps = (u64::from(pixels) * u64::from(Self::STEPS_PER_CENTIMETRE) + per_cm / 2) / per_cm;
        u16::try_from(steps).ok().map(Self)
    }

    /// The nearest pixel at a resolution.
    pub fn to_pixels(self, resolution: Resolution) -> u32 {
        let per_cm = u32::from(resolution.pixels_per_centimetre());
        let steps = u32::from(Self::STEPS_PER_CENTIMETRE);
        (u32::from(self.0) * per_cm + steps / 2) / steps
    }

    /// In micrometres.
    pub fn micrometres(self) -> u32 {
        u32::from(self.0) * 5
    }
}

/// A sampling resolution in pixels a centimetre, never zero. 500 dpi is 197.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resolution(NonZeroU16);

impl Resolution {
    /// 197 pixels a centimetre, which records use for 500 dpi.
    pub const DPI_500: Self = match NonZeroU16::new(197) {
        Some(n) => Self(n),
        None => unreachable!(),
    };

    /// From pixels a centimetre; `None` for zero.
    pub const fn from_pixels_per_centimetre(n: u16) -> Option<Self> {
        match NonZeroU16::new(n) {
            Some(n) => Some(Self(n)),
            None => None,
        }
    }

    /// From dots an inch, to the nearest pixel a centimetre; `None` if that is zero.
    pub const fn from_dpi(dpi: u16) -> Option<Self> {
        Self::from_pixels_per_centimetre(((dpi as u32 * 100 + 127) / 254) as u16)
    }

    /// In pixels a centimetre.
    pub const fn pixels_per_centimetre(self) -> u16 {
        self.0.get()
    }
}

/// A quality from 1 (worst) to 100 (best), as in ISO/IEC 19794-2:2005 clause 7.4.2. "Not
/// reported" is `None` of an `Option<Quality>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u8);

impl Quality {
    /// `None` outside `1..=100`.
    pub const fn new(value: u8) -> Option<Self> {
        match value {
            1..=100 => Some(Self(value)),
            _ => None,
        }
    }

    /// The value, `1..=100`.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A comparison score: finite, greater is more similar, and ordered totally. It has no meaning
/// across matchers; the calibration turns it into an [`Fmr`].
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Score(f32);

impl Score {
    /// The score of a comparison that could not find any evidence, below every other.
    pub const LOWEST: Self = Self(-1.0e6);

    /// `None` if the value is NaN or infinite. Negative zero becomes zero so that equal scores are
    /// equal in their bits.
    pub fn new(value: f32) -> Option<Self> {
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The value.
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f32> for Score {
    type Error = &'static str;

    fn try_from(value: f32) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("a score is a finite number")
    }
}

impl From<Score> for f32 {
    fn from(score: Score) -> Self {
        score.0
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment in seconds since 1970-01-01T00:00:00Z. Callers say when
/// something was captured; only the audit takes times from the system clock.
#[repr(transparent)]
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Pod,
    Zeroable,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From seconds since the epoch.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// In seconds since the epoch.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }
}

/// As `2026-11-28T04:15:00Z`; a moment outside of the calendar's years in seconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(moment) = jiff_core::Timestamp::from_second(self.0) else {
            return write!(f, "{} seconds since 1970", self.0);
        };
        let there = jiff_core::tz::Offset::UTC.to_datetime(moment);
        let (date, time) = (there.date(), there.time());
        write!(f, "{:04}-{:02}-{:02}T", date.year(), date.month(), date.day())?;
        write!(f, "{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISO: NonZeroU16 = NonZeroU16::new(256).unwrap();
    const ANSI: NonZeroU16 = NonZeroU16::new(180).unwrap();
    const DEGREES: NonZeroU16 = NonZeroU16::new(360).unwrap();
    const COMPACT: NonZeroU16 = NonZeroU16::new(64).unwrap();

    #[test]
    fn moments_are_shown_as_dates() {
        let shown = |seconds| Timestamp::from_unix_seconds(seconds).to_string();
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(1_795_838_211), "2026-11-28T03:56:51Z");
        assert_eq!(shown(-1), "1969-12-31T23:59:59Z");
        assert_eq!(shown(i64::MAX), "9223372036854775807 seconds since 1970");
    }

    #[test]
    fn every_record_angle_survives_the_round_trip() {
        for parts in [ISO, ANSI, DEGREES, COMPACT] {
            for n in 0..parts.get() {
                assert_eq!(Angle::from_parts(u32::from(n), parts).to_parts(parts), n);
            }
        }
    }

    #[test]
    fn angles_wrap() {
        assert_eq!(Angle::from_parts(360, DEGREES), Angle::default());
        let a = Angle::from_parts(350, DEGREES);
        let b = Angle::from_parts(10, DEGREES);
        assert!((i32::from(a.turn_to(b)) - 65536 * 20 / 360).abs() <= 1);
        assert_eq!(Angle::from_radians(-std::f64::consts::PI), Angle::from_binary(1 << 15));
        assert_eq!(Angle::from_radians(f64::NAN), Angle::default());
    }

    #[test]
    fn every_pixel_survives_the_round_trip_below_two_thousand_a_centimetre() {
        for per_cm in [99, 197, 224, 394, 1000, 1999] {
            let r = Resolution::from_pixels_per_centimetre(per_cm).unwrap();
            for px in 0..16_384_u16 {
                if let Some(length) = Length::from_pixels(px, r) {
                    assert_eq!(length.to_pixels(r), u32::from(px), "{px} at {per_cm}");
                }
            }
        }
    }

    #[test]
    fn dpi_rounds_to_pixels_a_centimetre() {
        assert_eq!(Resolution::from_dpi(500), Some(Resolution::DPI_500));
        assert_eq!(Resolution::from_dpi(1), None);
    }

    #[test]
    fn scores_order_totally_and_refuse_what_is_not_a_number() {
        assert_eq!(Score::new(f32::NAN), None);
        assert_eq!(Score::new(f32::INFINITY), None);
        assert_eq!(Score::new(-0.0).unwrap().get().to_bits(), 0);
        assert!(Score::LOWEST < Score::new(-1e5).unwrap());
    }
}
