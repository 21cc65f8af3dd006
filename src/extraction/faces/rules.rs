//! What a caller wants of a portrait.

use std::ops::RangeInclusive;

use super::examination::{FaceMeasures, PortraitExamination};
use super::finding::PortraitFinding;
use super::quantities::{Degrees, GreyLevels, PixelLength, Share};

/// What a caller wants of a portrait. Nothing is wanted that no rule names, and no rule keeps a template from being
/// made.
///
/// ```
/// use biomatch::extraction::{CaptureRules, PixelLength};
/// let least = PixelLength::new(120.0).ok_or("out of range")?;
/// let rules = CaptureRules::icao().between_eyes(least);
/// # let _ = rules;
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaptureRules {
    faces: Option<usize>,
    between_eyes: Option<PixelLength>,
    roll: Option<Degrees>,
    yaw: Option<Degrees>,
    pitch: Option<Degrees>,
    across: Option<RangeInclusive<Share>>,
    down: Option<RangeInclusive<Share>>,
    brightness: Option<RangeInclusive<GreyLevels>>,
    black: Option<Share>,
    white: Option<Share>,
    contrast: Option<GreyLevels>,
    sharpness: Option<GreyLevels>,
    uniformity: Option<Share>,
}

impl CaptureRules {
    /// No rule.
    pub fn none() -> Self {
        Self::default()
    }

    /// For portraits of documents: one face, 90 pixels between the eyes, a roll of at most 8 degrees and the place
    /// of the eyes as ISO/IEC 19794-5 has them. Yaw and pitch are at most 15 degrees, where it has 5, because five
    /// points tell them no better.
    pub fn icao() -> Self {
        Self {
            between_eyes: Some(PixelLength::nearest(90.0)),
            roll: Some(Degrees::nearest(8.0)),
            yaw: Some(Degrees::nearest(15.0)),
            pitch: Some(Degrees::nearest(15.0)),
            across: Some(Share::nearest(0.45)..=Share::nearest(0.55)),
            down: Some(Share::nearest(0.3)..=Share::nearest(0.5)),
            uniformity: Some(Share::nearest(0.3)),
            ..Self::selfie()
        }
    }

    /// For portraits that people take of themselves: one face anywhere, 60 pixels between the eyes, a head turned by
    /// at most 25 degrees, and light in which the face can be seen.
    pub fn selfie() -> Self {
        let turn = Some(Degrees::nearest(25.0));
        Self {
            faces: Some(1),
            between_eyes: Some(PixelLength::nearest(60.0)),
            roll: turn,
            yaw: turn,
            pitch: turn,
            brightness: Some(GreyLevels::nearest(60.0)..=GreyLevels::nearest(210.0)),
            black: Some(Share::nearest(0.25)),
            white: Some(Share::nearest(0.1)),
            contrast: Some(GreyLevels::nearest(15.0)),
            sharpness: Some(GreyLevels::nearest(6.0)),
            ..Self::none()
        }
    }

    /// At most so many faces.
    #[must_use]
    pub fn faces(self, most: usize) -> Self {
        Self { faces: Some(most), ..self }
    }

    /// At least this distance between the eyes.
    #[must_use]
    pub fn between_eyes(self, least: PixelLength) -> Self {
        Self { between_eyes: Some(least), ..self }
    }

    /// A roll of at most this angle either way.
    #[must_use]
    pub fn roll(self, most: Degrees) -> Self {
        Self { roll: Some(most), ..self }
    }

    /// A yaw of at most this angle either way.
    #[must_use]
    pub fn yaw(self, most: Degrees) -> Self {
        Self { yaw: Some(most), ..self }
    }

    /// A pitch of at most this angle either way.
    #[must_use]
    pub fn pitch(self, most: Degrees) -> Self {
        Self { pitch: Some(most), ..self }
    }

    /// The middle between the eyes in these parts of the portrait's width and height.
    #[must_use]
    pub fn eyes_at(self, across: RangeInclusive<Share>, down: RangeInclusive<Share>) -> Self {
        Self { across: Some(across), down: Some(down), ..self }
    }

    /// A mean grey value of the face in this range.
    #[must_use]
    pub fn brightness(self, range: RangeInclusive<GreyLevels>) -> Self {
        Self { brightness: Some(range), ..self }
    }

    /// At most this part of the face black.
    #[must_use]
    pub fn black(self, most: Share) -> Self {
        Self { black: Some(most), ..self }
    }

    /// At most this part of the face white.
    #[must_use]
    pub fn white(self, most: Share) -> Self {
        Self { white: Some(most), ..self }
    }

    /// At least this contrast.
    #[must_use]
    pub fn contrast(self, least: GreyLevels) -> Self {
        Self { contrast: Some(least), ..self }
    }

    /// At least this sharpness.
    #[must_use]
    pub fn sharpness(self, least: GreyLevels) -> Self {
        Self { sharpness: Some(least), ..self }
    }

    /// At least this much in common between the light on both cheeks.
    #[must_use]
    pub fn uniformity(self, least: Share) -> Self {
        Self { uniformity: Some(least), ..self }
    }

    /// What is not as these rules want it, in the order of the rules. A portrait without a face has one finding.
    pub fn check(&self, examination: &PortraitExamination) -> Vec<PortraitFinding> {
        let Some(measures) = &examination.measures else { return vec![PortraitFinding::NoFace] };
        let count = examination.faces.len();
        let several = self.faces.filter(|&most| count > most);
        let several = several.map(|most| PortraitFinding::Faces { count, most });
        several.into_iter().chain(self.of_measures(measures)).collect()
    }

    fn of_measures(&self, measures: &FaceMeasures) -> impl Iterator<Item = PortraitFinding> {
        use PortraitFinding as Finding;
        let FaceMeasures { between_eyes, pose, placement, exposure, contrast, sharpness, uniformity } =
            *measures;
        let turned = |most: Option<Degrees>, found: Degrees| {
            most.filter(|most| found.magnitude() > most.magnitude()).map(|most| (found, most))
        };
        let is_elsewhere = |range: &Option<RangeInclusive<Share>>, found: Share| {
            range.as_ref().is_some_and(|range| !range.contains(&found))
        };
        let is_off_centre =
            is_elsewhere(&self.across, placement.across) || is_elsewhere(&self.down, placement.down);
        let mean = exposure.mean;
        let darkest = self.brightness.as_ref().map(|range| *range.start());
        let brightest = self.brightness.as_ref().map(|range| *range.end());
        [
            below(self.between_eyes, between_eyes).map(|least| Finding::Small { found: between_eyes, least }),
            turned(self.roll, pose.roll).map(|(found, most)| Finding::Roll { found, most }),
            turned(self.yaw, pose.yaw).map(|(found, most)| Finding::Yaw { found, most }),
            turned(self.pitch, pose.pitch).map(|(found, most)| Finding::Pitch { found, most }),
            is_off_centre.then_some(Finding::OffCentre { across: placement.across, down: placement.down }),
            below(darkest, mean).map(|least| Finding::Dark { found: mean, least }),
            above(brightest, mean).map(|most| Finding::Bright { found: mean, most }),
            above(self.black, exposure.black).map(|most| Finding::Black { found: exposure.black, most }),
            above(self.white, exposure.white).map(|most| Finding::White { found: exposure.white, most }),
            below(self.contrast, contrast).map(|least| Finding::Flat { found: contrast, least }),
            below(self.sharpness, sharpness).map(|least| Finding::Blurred { found: sharpness, least }),
            below(self.uniformity, uniformity).map(|least| Finding::Uneven { found: uniformity, least }),
        ]
        .into_iter()
        .flatten()
    }
}

fn below<T: PartialOrd>(least: Option<T>, found: T) -> Option<T> {
    least.filter(|least| found < *least)
}

fn above<T: PartialOrd>(most: Option<T>, found: T) -> Option<T> {
    most.filter(|most| found > *most)
}

#[cfg(test)]
mod tests {
    use super::super::examination::Placement;
    use super::super::light::Exposure;
    use super::super::points::{FaceArea, FacePoints, FoundFace, PicturePoint};
    use super::super::pose::Pose;
    use super::super::quantities::DetectionScore;
    use super::*;

    /// A portrait with which all rules are content, but for a change.
    fn examination(faces: usize, change: impl Fn(&mut FaceMeasures)) -> PortraitExamination {
        let face = FoundFace {
            area: FaceArea {
                corner: PicturePoint::new(0.0, 0.0),
                width: PixelLength::nearest(200.0),
                height: PixelLength::nearest(300.0),
            },
            points: FacePoints::ARCFACE,
            score: DetectionScore::nearest(0.9),
        };
        let straight = Degrees::nearest(0.0);
        let mut measures = FaceMeasures {
            between_eyes: PixelLength::nearest(120.0),
            pose: Pose { roll: straight, yaw: straight, pitch: straight },
            placement: Placement {
                across: Share::nearest(0.5),
                down: Share::nearest(0.4),
                between_eyes: Share::nearest(0.3),
            },
            exposure: Exposure {
                mean: GreyLevels::nearest(130.0),
                black: Share::nearest(0.0),
                white: Share::nearest(0.0),
            },
            contrast: GreyLevels::nearest(40.0),
            sharpness: GreyLevels::nearest(40.0),
            uniformity: Share::nearest(0.8),
        };
        change(&mut measures);
        PortraitExamination { faces: vec![face; faces], measures: Some(measures) }
    }

    #[test]
    fn a_good_portrait_has_no_finding() {
        for rules in [CaptureRules::none(), CaptureRules::icao(), CaptureRules::selfie()] {
            assert_eq!(rules.check(&examination(1, |_| ())), []);
        }
    }

    #[test]
    fn each_rule_has_its_finding_and_its_sentence() {
        type Change = fn(&mut FaceMeasures);
        let cases: [(Change, &str); 14] = [
            (
                |m| m.between_eyes = PixelLength::nearest(89.5),
                "The eyes are 89.5 pixels apart, at least 90.0 pixels",
            ),
            (
                |m| m.pose.roll = Degrees::nearest(-8.5),
                "The head leans to the left of the picture by 8.5 degrees",
            ),
            (
                |m| m.pose.yaw = Degrees::nearest(20.0),
                "The head is turned to the right of the picture by about 20.0",
            ),
            (|m| m.pose.yaw = Degrees::nearest(-20.0), "The head is turned to the left"),
            (|m| m.pose.pitch = Degrees::nearest(20.0), "The head looks up by about 20.0 degrees"),
            (|m| m.pose.pitch = Degrees::nearest(-20.0), "The head looks down"),
            (
                |m| m.placement.across = Share::nearest(0.7),
                "The eyes are at 70 % of the width and 40 % of the height",
            ),
            (
                |m| m.placement.down = Share::nearest(0.2),
                "The eyes are at 50 % of the width and 20 % of the height",
            ),
            (
                |m| m.exposure.mean = GreyLevels::nearest(20.0),
                "The face is too dark, 20.0 grey levels on average",
            ),
            (|m| m.exposure.mean = GreyLevels::nearest(250.0), "The face is too bright"),
            (|m| m.exposure.black = Share::nearest(0.5), "50 % of the face is black"),
            (|m| m.exposure.white = Share::nearest(0.5), "50 % of the face is white"),
            (|m| m.contrast = GreyLevels::nearest(3.0), "The contrast is 3.0 grey levels"),
            (|m| m.uniformity = Share::nearest(0.1), "The light on both cheeks has 10 % in common"),
        ];
        for (change, sentence) in cases {
            let found = CaptureRules::icao().check(&examination(1, change));
            let [finding] = found.as_slice() else { panic!("{sentence}: {found:?}") };
            assert!(finding.to_string().starts_with(sentence), "{finding}");
            assert!(finding.to_string().ends_with('.'));
            assert_eq!(CaptureRules::none().check(&examination(1, change)), [], "no rule, no finding");
        }
        let crowd = CaptureRules::selfie().check(&examination(3, |_| ()));
        assert_eq!(crowd, [PortraitFinding::Faces { count: 3, most: 1 }]);
        assert_eq!(CaptureRules::selfie().faces(3).check(&examination(3, |_| ())), []);
    }

    #[test]
    fn a_caller_s_rule_takes_the_place_of_a_preset() {
        let small = examination(1, |m| m.between_eyes = PixelLength::nearest(70.0));
        let least = PixelLength::nearest(65.0);
        assert_eq!(CaptureRules::icao().between_eyes(least).check(&small), []);
        let least = PixelLength::nearest(80.0);
        let found = CaptureRules::none().between_eyes(least).check(&small);
        assert_eq!(found, [PortraitFinding::Small { found: PixelLength::nearest(70.0), least }]);
        let share = |range: std::ops::RangeInclusive<f64>| {
            Share::nearest(*range.start())..=Share::nearest(*range.end())
        };
        let high = CaptureRules::none().eyes_at(share(0.0..=1.0), share(0.0..=0.3));
        assert_eq!(high.check(&small).len(), 1);
        let blurred = CaptureRules::none().sharpness(GreyLevels::nearest(50.0));
        assert!(matches!(blurred.check(&small)[..], [PortraitFinding::Blurred { .. }]));
    }
}
