//! How useful a picture of a finger is, and what an operator can do about it.

use std::fmt;

use super::extractor::AtNetworkResolution;
use super::foreground::Foreground;
use super::usefulness::Usefulness;
use super::{ExtractionError, MinutiaeExtractor};
use crate::picture::FingerprintPicture;
use crate::template::FingerprintTemplate;
use crate::units::Length;

/// Less area with ridges, in square millimetres, is no finger.
const NO_FINGER: f32 = 20.0;
/// Less is too little of it.
const LITTLE: f32 = 70.0;
/// Fewer minutiae are too few.
const FEW: usize = 12;
/// Shares of dark pixels of a dry and of a wet finger.
const DRY: f32 = 0.24;
const WET: f32 = 0.72;
/// The part of the outline that may lie on the picture's border.
const CUT_OFF: f32 = 0.3;
/// Distances from ridge to ridge in pixels of 500 dpi that fingers have.
const PERIODS: std::ops::Range<f32> = 6.0..14.0;

/// A picture's template and what can be said of the picture.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FingerprintExamination {
    /// The template.
    pub template: FingerprintTemplate,
    /// How often such a picture matches its mates.
    pub usefulness: Usefulness,
    /// The area that shows ridges, in whole square millimetres.
    pub ridge_square_millimetres: u16,
    /// The distance from ridge to ridge, if there are any.
    pub ridge_distance: Option<Length>,
    /// What is wrong, the gravest first. Rules of thumb for an operator: none of them makes a decision.
    pub findings: Vec<FingerprintFinding>,
}

/// Something about a picture that an operator can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FingerprintFinding {
    /// Hardly any ridges.
    NoFinger,
    /// Ridges as far apart as at another resolution than the stated one.
    WrongResolution,
    /// A small part of a finger, or few minutiae.
    TooLittle,
    /// Much of the finger lies beyond the picture's border.
    CutOff,
    /// Thin, broken ridges.
    Dry,
    /// Ridges that run into each other.
    Wet,
}

impl FingerprintFinding {
    /// A word for it, as reports write it: `no_finger`, `wrong_resolution`, `too_little`, `cut_off`, `dry`, `wet`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoFinger => "no_finger",
            Self::WrongResolution => "wrong_resolution",
            Self::TooLittle => "too_little",
            Self::CutOff => "cut_off",
            Self::Dry => "dry",
            Self::Wet => "wet",
        }
    }
}

impl fmt::Display for FingerprintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoFinger => "hardly any ridges can be seen: place the finger on the sensor",
            Self::WrongResolution => {
                "ridges are too near or too far apart for a finger: check the resolution that is stated"
            }
            Self::TooLittle => "only a small part of the finger can be seen: place it flat and in the middle",
            Self::CutOff => "the finger reaches beyond the picture: place it in the middle",
            Self::Dry => "the finger is dry, its ridges are broken: moisten it or press more",
            Self::Wet => "the finger is wet, its ridges run together: dry it or press less",
        })
    }
}

impl MinutiaeExtractor {
    /// Finds the minutiae of a picture, as [`MinutiaeExtractor::extract`] does, and says how useful the picture is and
    /// what an operator can mend. The template's quality is the usefulness where the record states none.
    ///
    /// A mirrored picture cannot be told: it looks well and matches nobody.
    ///
    /// # Errors
    /// As [`MinutiaeExtractor::extract`].
    pub fn examine(&self, picture: &FingerprintPicture) -> Result<FingerprintExamination, ExtractionError> {
        let scaled = AtNetworkResolution::of(picture)?;
        let mut template = self.template(picture, &scaled)?;
        let foreground = Foreground::of((scaled.width.into(), scaled.height.into()), &scaled.pixels);
        let usefulness = Usefulness::of(&template.minutiae);
        template.quality = template.quality.or(Some(usefulness.quality()));
        Ok(FingerprintExamination {
            usefulness,
            ridge_square_millimetres: foreground.square_millimetres() as u16,
            ridge_distance: foreground.period.and_then(length),
            findings: findings(&foreground, template.minutiae.len()),
            template,
        })
    }
}

impl FingerprintPicture {
    /// Template, usefulness and findings of the picture: [`MinutiaeExtractor::examine`].
    ///
    /// # Errors
    /// [`ExtractionError`].
    pub fn examine(&self, extractor: &MinutiaeExtractor) -> Result<FingerprintExamination, ExtractionError> {
        extractor.examine(self)
    }
}

/// Pixels of 500 dpi as a length.
fn length(pixels: f32) -> Option<Length> {
    /// Steps of 5 micrometres in a pixel.
    const STEPS: f32 = 10.152;
    let steps = (pixels * STEPS).round_ties_even();
    (0.0..f32::from(u16::MAX)).contains(&steps).then(|| Length::from_steps(steps as u16))
}

fn findings(foreground: &Foreground, minutiae: usize) -> Vec<FingerprintFinding> {
    let area = foreground.square_millimetres();
    if area < NO_FINGER {
        return vec![FingerprintFinding::NoFinger];
    }
    let has_period = foreground.period.is_none_or(|period| PERIODS.contains(&period));
    [
        (!has_period, FingerprintFinding::WrongResolution),
        (area < LITTLE || minutiae < FEW, FingerprintFinding::TooLittle),
        (foreground.cut_off > CUT_OFF, FingerprintFinding::CutOff),
        (foreground.dark < DRY, FingerprintFinding::Dry),
        (foreground.dark > WET, FingerprintFinding::Wet),
    ]
    .into_iter()
    .filter_map(|(is_so, finding)| is_so.then_some(finding))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Resolution;

    fn examined(pixels: impl Fn(f32, f32) -> u8) -> FingerprintExamination {
        let pixels = (0..300 * 300).map(|at| pixels((at % 300) as f32, (at / 300) as f32)).collect();
        let picture = FingerprintPicture::grey(300, 300, pixels, Resolution::DPI_500).unwrap();
        picture.examine(&MinutiaeExtractor::shipped()).unwrap()
    }

    fn stripe(at: f32, period: f32) -> u8 {
        if (at / period).rem_euclid(1.0) < 0.5 { 40 } else { 220 }
    }

    #[test]
    fn paper_is_no_finger() {
        let paper = examined(|_, _| 255);
        assert_eq!(paper.findings, [FingerprintFinding::NoFinger]);
        assert_eq!((paper.usefulness.get(), paper.ridge_square_millimetres), (1, 0));
        assert_eq!(paper.template.quality, Some(paper.usefulness.quality()));
        assert_eq!(paper.ridge_distance, None);
    }

    #[test]
    fn ridges_of_half_the_resolution_are_told() {
        let found = examined(|x, y| stripe(0.8 * x + 0.6 * y, 4.5));
        assert!(found.findings.contains(&FingerprintFinding::WrongResolution), "{:?}", found.findings);
        let sound = examined(|x, y| stripe(0.8 * x + 0.6 * y, 9.0));
        assert!(!sound.findings.contains(&FingerprintFinding::WrongResolution), "{:?}", sound.findings);
        let distance = sound.ridge_distance.unwrap().micrometres();
        assert!((400..520).contains(&distance), "{distance}");
        assert!(sound.findings.contains(&FingerprintFinding::CutOff), "{:?}", sound.findings);
    }

    #[test]
    fn each_finding_has_a_name_and_says_what_to_do() {
        use FingerprintFinding as F;
        for finding in [F::NoFinger, F::WrongResolution, F::TooLittle, F::CutOff, F::Dry, F::Wet] {
            assert!(finding.to_string().contains(": "), "{finding}");
            assert!(finding.name().chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        }
    }
}
