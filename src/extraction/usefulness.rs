//! How often a picture of a finger matches its mates, by what was measured on development pictures.

use std::fmt;

use crate::template::Minutia;
use crate::units::Quality;

/// Of 100 comparisons of a picture with its mates, how many reach the score of FMR 1e-3: 1 to 100, 100 is best. The
/// last point of the table is where the measured ones end.
///
/// It is the share that pictures with such minutiae had on development pictures, a scale of its own and not that of
/// NFIQ 2 (ISO/IEC 29794-4). It is read from the mean quality of a template's minutiae, so that it is about the extractor
/// that ships: of others it says little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usefulness(Quality);

/// Templates of fewer minutiae count as less useful, in proportion.
const ENOUGH: usize = 20;
/// Mean qualities and the share of mates found there: `benches/compare/usefulness.py` fits them, never falling.
const FITTED: [(f32, f32); 6] =
    [(0.0, 1.0), (18.0, 83.3), (20.7, 94.7), (28.6, 96.0), (33.2, 98.6), (60.0, 99.0)];

/// Of pictures that match nobody.
const LEAST: Quality = match Quality::new(1) {
    Some(quality) => quality,
    None => unreachable!(),
};

impl Usefulness {
    /// Of a template's minutiae; those without a quality count as the middle.
    #[must_use]
    pub fn of(minutiae: &[Minutia]) -> Self {
        let quality = |minutia: &Minutia| minutia.quality().map_or(50, |quality| u32::from(quality.get()));
        let sum = minutiae.iter().map(quality).sum::<u32>() as f32;
        let mean = sum / minutiae.len().max(ENOUGH) as f32;
        let share = FITTED.windows(2).find_map(|pair| {
            let [(from, low), (to, high)] = [pair[0], pair[1]];
            (from..to).contains(&mean).then(|| low + (high - low) * (mean - from) / (to - from))
        });
        let share = share.unwrap_or(FITTED[FITTED.len() - 1].1).round_ties_even().clamp(1.0, 100.0);
        Self(Quality::new(share as u8).unwrap_or(LEAST))
    }

    /// The value, `1..=100`.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }

    /// As a quality of a record.
    #[must_use]
    pub const fn quality(self) -> Quality {
        self.0
    }
}

impl fmt::Display for Usefulness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::MinutiaKind;
    use crate::units::{Angle, Length};

    fn minutiae(count: usize, quality: u8) -> Vec<Minutia> {
        let one = Minutia::new(
            Length::from_steps(1),
            Length::from_steps(1),
            Angle::from_binary(0),
            MinutiaKind::Other,
            Quality::new(quality),
        );
        vec![one; count]
    }

    #[test]
    fn it_never_falls_with_more_or_surer_minutiae() {
        let usefulness = |count, quality| Usefulness::of(&minutiae(count, quality)).get();
        assert_eq!((usefulness(0, 50), usefulness(255, 100)), (1, 99));
        for quality in 1..100 {
            assert!(usefulness(quality.into(), 60) <= usefulness(usize::from(quality) + 1, 60), "{quality}");
            assert!(usefulness(30, quality) <= usefulness(30, quality + 1), "{quality}");
        }
        assert!(FITTED.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
        assert_eq!(
            Usefulness::of(&minutiae(20, 50)),
            Usefulness::of(&minutiae(20, 0)),
            "not stated is the middle"
        );
    }
}
