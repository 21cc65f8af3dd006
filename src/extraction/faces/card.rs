//! What a face network takes and gives, in the words of whoever brings it.

use std::ops::RangeInclusive;

use super::card_error::FaceCardError;
use super::crop;
use super::points::FacePoints;
use super::quantities::GreyLevels;
use crate::extraction::models::{SFACE, YUNET};
use crate::template::{FaceTemplate, ModelId};

/// The order of colours at a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// The order of numbers at a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum Layout {
    /// One colour's pixels after the other's: a shape of 1, 3, side, side.
    #[serde(rename = "nchw")]
    Planes,
    /// One pixel's colours after the other's: a shape of 1, side, side, 3.
    #[serde(rename = "nhwc")]
    Pixels,
}

/// What one grey level is at a network's input: 1/2,048 to 4, so that a divisor is not taken for it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct PixelScale(f32);

impl PixelScale {
    pub(super) const RANGE: RangeInclusive<f32> = 1.0 / 2048.0..=4.0;

    /// `None` for a number out of range.
    pub fn new(per_level: f32) -> Option<Self> {
        Self::RANGE.contains(&per_level).then_some(Self(per_level))
    }

    /// Per grey level.
    pub const fn per_level(self) -> f32 {
        self.0
    }
}

/// What a face network takes and gives. Nothing of it is guessed: a network with another card than its own gives
/// embeddings that look right and match badly, so that every field is the answer of those who trained the network.
///
/// A pixel's value `v` reaches the network as `(v - mean) x scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceCard {
    /// The network's name and version, such as `arcface-r50:2`. It becomes part of every template's
    /// [`ModelId`], so that another file, and another card, need another name.
    pub name: String,
    /// The name of its input.
    pub input: String,
    /// The name of its output.
    pub output: String,
    /// Pixels on a side of its input.
    pub side: u16,
    /// The order of colours.
    pub order: ChannelOrder,
    /// The order of numbers.
    pub layout: Layout,
    /// What is subtracted from a pixel's value.
    pub mean: GreyLevels,
    /// By what the difference is multiplied.
    pub scale: PixelScale,
    /// Where the face's points are at its input.
    pub points: FacePoints,
    /// Numbers of an embedding.
    pub dimension: u16,
}

impl FaceCard {
    pub(super) const SIDES: RangeInclusive<u16> = 32..=512;
    pub(super) const DIMENSIONS: RangeInclusive<u16> =
        FaceTemplate::MIN_DIMENSION as u16..=FaceTemplate::MAX_DIMENSION as u16;

    /// The card of SFace (OpenCV Zoo, December 2021).
    pub(super) fn sface() -> Self {
        Self {
            name: SFACE.name.to_owned(),
            input: "data".to_owned(),
            output: "fc1".to_owned(),
            side: 112,
            order: ChannelOrder::Rgb,
            layout: Layout::Planes,
            // The network subtracts and divides by itself.
            mean: GreyLevels::nearest(0.0),
            scale: PixelScale(1.0),
            points: FacePoints::ARCFACE,
            dimension: 128,
        }
    }

    /// The model of templates: this network, the detector that finds the points, and the version of what is done
    /// between them. An error names the first field that cannot be true of any network.
    pub(super) fn model(&self) -> Result<ModelId, FaceCardError> {
        let field =
            |field: &str, message: String| Err(FaceCardError::Field { field: field.to_owned(), message });
        let range = |range: RangeInclusive<u16>| format!("{} to {} is needed", range.start(), range.end());
        let model = format!("{}+{}:{}", self.name, YUNET.name, crop::VERSION);
        let model = match self.name.parse::<ModelId>().and_then(|_| model.parse()) {
            Ok(model) => model,
            Err(error) => return field("name", error.to_string()),
        };
        for (name, text) in [("input", &self.input), ("output", &self.output)] {
            if text.is_empty() {
                return field(name, "the name of a tensor is needed".to_owned());
            }
        }
        if !Self::SIDES.contains(&self.side) {
            return field("side", format!("{}, found {}", range(Self::SIDES), self.side));
        }
        if !Self::DIMENSIONS.contains(&self.dimension) {
            return field("dimension", format!("{}, found {}", range(Self::DIMENSIONS), self.dimension));
        }
        if self.mean.levels() > 255.0 {
            return field(
                "mean",
                format!("at most 255 grey levels are needed, found {}", self.mean.levels()),
            );
        }
        let inside = 0.0..=f32::from(self.side);
        if !self.points.all().iter().all(|point| inside.contains(&point.x()) && inside.contains(&point.y())) {
            return field("points", format!("places within {0} x {0} pixels are needed", self.side));
        }
        let FacePoints { right_eye, left_eye, right_mouth_corner, left_mouth_corner, .. } = self.points;
        if right_eye.x() >= left_eye.x() || right_mouth_corner.x() >= left_mouth_corner.x() {
            let message = "the person's right eye and mouth corner are on the left of the picture";
            return field("points", message.to_owned());
        }
        if right_eye.y().max(left_eye.y()) >= right_mouth_corner.y().min(left_mouth_corner.y()) {
            return field("points", "the eyes are above the mouth, at smaller y".to_owned());
        }
        Ok(model)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::points::PicturePoint;
    use super::*;

    pub(in super::super) fn card() -> FaceCard {
        FaceCard {
            name: "net-1".to_owned(),
            mean: GreyLevels::nearest(10.0),
            scale: PixelScale(0.5),
            ..FaceCard::sface()
        }
    }

    #[test]
    fn the_model_names_network_detector_and_version() {
        assert_eq!(FaceCard::sface().model().unwrap().as_str(), "sface-2021dec+yunet-2023mar:1");
        assert_eq!(card().model().unwrap().as_str(), "net-1+yunet-2023mar:1");
    }

    #[test]
    fn a_scale_is_no_divisor() {
        for wrong in [0.0, -1.0, 127.5, 255.0, f32::NAN, f32::INFINITY] {
            assert_eq!(PixelScale::new(wrong), None, "{wrong}");
        }
        assert_eq!(PixelScale::new(1.0 / 255.0).map(PixelScale::per_level), Some(1.0 / 255.0));
    }

    #[test]
    fn what_no_network_has_is_named() {
        let points = |change: fn(&mut FacePoints)| {
            let mut points = FacePoints::ARCFACE;
            change(&mut points);
            points
        };
        let swapped = points(|points| std::mem::swap(&mut points.right_eye, &mut points.left_eye));
        let mouth =
            points(|points| std::mem::swap(&mut points.right_mouth_corner, &mut points.left_mouth_corner));
        let upside_down = points(|points| points.left_eye = PicturePoint::new(100.0, 111.0));
        let outside = points(|points| points.nose_tip = PicturePoint::new(50.0, 112.5));
        let not_finite = points(|points| points.nose_tip = PicturePoint::new(f32::NAN, 50.0));
        for (card, expected) in [
            (FaceCard { name: String::new(), ..card() }, "name"),
            (FaceCard { name: "n".repeat(49), ..card() }, "name"),
            (FaceCard { name: "biomatch-fingerprint-9".to_owned(), ..card() }, "name"),
            (FaceCard { name: "my net".to_owned(), ..card() }, "name"),
            (FaceCard { input: String::new(), ..card() }, "input"),
            (FaceCard { output: String::new(), ..card() }, "output"),
            (FaceCard { side: 31, ..card() }, "side"),
            (FaceCard { side: 513, ..card() }, "side"),
            (FaceCard { dimension: 1, ..card() }, "dimension"),
            (FaceCard { dimension: 4097, ..card() }, "dimension"),
            (FaceCard { mean: GreyLevels::nearest(256.0), ..card() }, "mean"),
            (FaceCard { points: swapped, ..card() }, "points"),
            (FaceCard { points: mouth, ..card() }, "points"),
            (FaceCard { points: upside_down, ..card() }, "points"),
            (FaceCard { points: outside, ..card() }, "points"),
            (FaceCard { points: not_finite, ..card() }, "points"),
        ] {
            let Err(FaceCardError::Field { field, .. }) = card.model() else { panic!("{card:?}") };
            assert_eq!(field, expected, "{card:?}");
        }
    }
}
