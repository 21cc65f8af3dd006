//! What portraits are measured in.

use std::fmt;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $least:literal to $most:literal, $(#[$unit_doc:meta])* $unit:ident, $format:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        pub struct $name(f32);

        impl $name {
            /// `None` for a number that is out of range or not finite.
            pub fn new(value: f32) -> Option<Self> {
                ($least..=$most).contains(&value).then_some(Self(value))
            }

            $(#[$unit_doc])*
            pub const fn $unit(self) -> f32 {
                self.0
            }

            /// The nearest number that is in range; the least one for what is no number.
            pub(super) fn nearest(value: f64) -> Self {
                let value = value as f32;
                Self(if value > $least { value.min($most) } else { $least })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $format, self.0)
            }
        }
    };
}

quantity!(
    /// A distance in pixels of the portrait, 0 to 100 million.
    PixelLength, 0.0 to 1e8,
    /// In pixels.
    pixels, "{:.1} pixels"
);

quantity!(
    /// An angle of a head, -180 to 180 degrees.
    Degrees, -180.0 to 180.0,
    /// In degrees.
    degrees, "{:.1} degrees"
);

quantity!(
    /// A part of a whole, 0 to 100 %.
    Share, 0.0 to 1.0,
    /// As a fraction of one.
    fraction, "{:.2}"
);

quantity!(
    /// A grey value, or a difference of some, in levels of which white has 255 and black none; 0 to 1,020.
    GreyLevels, 0.0 to 1020.0,
    /// In grey levels.
    levels, "{:.1} grey levels"
);

quantity!(
    /// How sure the detector is that a face is there, 0 to 1.
    DetectionScore, 0.0 to 1.0,
    /// As a fraction of one.
    fraction, "{:.2}"
);

impl Degrees {
    /// Without its sign.
    pub(super) const fn magnitude(self) -> Self {
        Self(self.0.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_kept() {
        assert_eq!(Share::new(1.0).map(Share::fraction), Some(1.0));
        for wrong in [-0.1, 1.1, f32::NAN, f32::INFINITY] {
            assert_eq!(Share::new(wrong), None, "{wrong}");
        }
        assert_eq!(Degrees::new(-180.0).map(Degrees::magnitude), Degrees::new(180.0));
        for (value, nearest) in [(-7.0, 0.0), (0.25, 0.25), (3.0, 1.0), (f64::NAN, 0.0), (f64::INFINITY, 1.0)]
        {
            assert_eq!(Share::nearest(value).fraction(), nearest, "{value}");
        }
        assert_eq!(PixelLength::nearest(62.4).to_string(), "62.4 pixels");
    }
}
