//! Where a face is in a portrait.

use super::quantities::{DetectionScore, PixelLength};

/// A place in a picture, in pixels to the right and down from the middle of its first pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PicturePoint {
    x: f32,
    y: f32,
}

impl PicturePoint {
    /// So many pixels to the right and down.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Pixels to the right.
    pub const fn x(self) -> f32 {
        self.x
    }

    /// Pixels down.
    pub const fn y(self) -> f32 {
        self.y
    }

    fn distance(self, other: Self) -> f64 {
        let (x, y) = (f64::from(self.x) - f64::from(other.x), f64::from(self.y) - f64::from(other.y));
        (x * x + y * y).sqrt()
    }
}

/// Five points of a face. Right is the person's right, which is on the left of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FacePoints {
    /// The middle of the right eye.
    pub right_eye: PicturePoint,
    /// The middle of the left eye.
    pub left_eye: PicturePoint,
    /// The tip of the nose.
    pub nose_tip: PicturePoint,
    /// The right corner of the mouth.
    pub right_mouth_corner: PicturePoint,
    /// The left corner of the mouth.
    pub left_mouth_corner: PicturePoint,
}

impl FacePoints {
    /// Where networks of the ArcFace family have them in pictures of 112 pixels a side.
    pub const ARCFACE: Self = Self {
        right_eye: PicturePoint::new(38.2946, 51.6963),
        left_eye: PicturePoint::new(73.5318, 51.5014),
        nose_tip: PicturePoint::new(56.0252, 71.7366),
        right_mouth_corner: PicturePoint::new(41.5493, 92.3655),
        left_mouth_corner: PicturePoint::new(70.7299, 92.2041),
    };

    /// In the order of the fields.
    pub(super) const fn all(&self) -> [PicturePoint; 5] {
        [self.right_eye, self.left_eye, self.nose_tip, self.right_mouth_corner, self.left_mouth_corner]
    }

    /// From the order of the fields.
    pub(super) const fn of(points: [PicturePoint; 5]) -> Self {
        let [right_eye, left_eye, nose_tip, right_mouth_corner, left_mouth_corner] = points;
        Self { right_eye, left_eye, nose_tip, right_mouth_corner, left_mouth_corner }
    }

    /// The distance between the eyes in the picture. A head that is turned aside has less than the same head from
    /// the front.
    pub fn between_eyes(&self) -> PixelLength {
        PixelLength::nearest(self.right_eye.distance(self.left_eye))
    }
}

/// The upright rectangle around a face, from the forehead to the chin. It may leave the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceArea {
    /// Its top left corner.
    pub corner: PicturePoint,
    /// Its width.
    pub width: PixelLength,
    /// Its height.
    pub height: PixelLength,
}

impl FaceArea {
    /// Pixels in it.
    pub(super) fn pixels(&self) -> f32 {
        self.width.pixels() * self.height.pixels()
    }
}

/// A face that the detector found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundFace {
    /// Where it is.
    pub area: FaceArea,
    /// Its eyes, nose and mouth.
    pub points: FacePoints,
    /// How sure the detector is.
    pub score: DetectionScore,
}
