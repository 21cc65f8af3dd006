//! What can be said of a portrait before or without its template.

use super::crop::AlignedFace;
use super::light::{self, Exposure, Light};
use super::points::FoundFace;
use super::pose::Pose;
use super::quantities::{GreyLevels, PixelLength, Share};
use crate::picture::Portrait;

/// The faces of a portrait and the measures of the largest one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PortraitExamination {
    /// All faces, the largest first.
    pub faces: Vec<FoundFace>,
    /// Of the largest face; `None` if there is none.
    pub measures: Option<FaceMeasures>,
}

/// Measures of a face. None of them is a condition for a template: [`CaptureRules`](super::CaptureRules) say what a
/// caller wants.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FaceMeasures {
    /// The distance between the eyes in the portrait.
    pub between_eyes: PixelLength,
    /// How the head is turned.
    pub pose: Pose,
    /// Where the eyes are in the portrait.
    pub placement: Placement,
    /// How bright the face is.
    pub exposure: Exposure,
    /// The standard deviation of its grey values, 0 to 128.
    pub contrast: GreyLevels,
    /// The standard deviation of the Laplacian, of four neighbours, where the eyes are 35 pixels apart; 0 to 1,020.
    pub sharpness: GreyLevels,
    /// What the grey values of both cheeks have in common: 0 % where one is lit and the other is not.
    pub uniformity: Share,
}

/// Where a face is in its portrait.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Placement {
    /// The middle between the eyes, from the left, in widths of the portrait.
    pub across: Share,
    /// The middle between the eyes, from the top, in heights of the portrait.
    pub down: Share,
    /// The distance between the eyes, in widths of the portrait.
    pub between_eyes: Share,
}

impl PortraitExamination {
    /// Measures the first of the faces.
    pub(super) fn new(portrait: &Portrait, faces: Vec<FoundFace>) -> Self {
        let measures = faces.first().and_then(|face| FaceMeasures::of(portrait, face));
        Self { faces, measures }
    }
}

impl FaceMeasures {
    /// `None` for a face whose points are at one place, which no detector finds.
    fn of(portrait: &Portrait, face: &FoundFace) -> Option<Self> {
        let crop = AlignedFace::cut(portrait, &face.points, &light::POINTS, light::SIDE)?;
        let Light { exposure, contrast, sharpness, uniformity } = Light::of(&crop);
        Some(Self {
            between_eyes: face.points.between_eyes(),
            pose: Pose::of(&face.points),
            placement: Placement::of(portrait, face),
            exposure,
            contrast,
            sharpness,
            uniformity,
        })
    }
}

impl Placement {
    fn of(portrait: &Portrait, face: &FoundFace) -> Self {
        let (right, left) = (face.points.right_eye, face.points.left_eye);
        let middle = |a: f32, b: f32| (f64::from(a) + f64::from(b)) / 2.0 + 0.5;
        let (width, height) = (f64::from(portrait.width()), f64::from(portrait.height()));
        Self {
            across: Share::nearest(middle(right.x(), left.x()) / width),
            down: Share::nearest(middle(right.y(), left.y()) / height),
            between_eyes: Share::nearest(f64::from(face.points.between_eyes().pixels()) / width),
        }
    }
}
