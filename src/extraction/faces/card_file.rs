//! The card of a face network as a JSON file, versioned.

use serde::Deserialize;
use serde_json::Value;

use super::card::{ChannelOrder, FaceCard, Layout, PixelScale};
use super::card_error::FaceCardError;
use super::points::{FacePoints, PicturePoint};
use super::quantities::GreyLevels;
use crate::json::{self, Field, JsonFault, Misfit, Presence, Shape};
use crate::text;

#[derive(Deserialize)]
struct File {
    name: String,
    input: String,
    output: String,
    side: u16,
    order: ChannelOrder,
    layout: Layout,
    mean: f32,
    scale: f32,
    points: Points,
    dimension: u16,
}

#[derive(Deserialize)]
struct Points {
    right_eye: [f32; 2],
    left_eye: [f32; 2],
    nose_tip: [f32; 2],
    right_mouth_corner: [f32; 2],
    left_mouth_corner: [f32; 2],
}

const FIELDS: &[Field] = &[
    ("format", Presence::Needed, Shape::Word(&["biomatch-face-card"])),
    ("version", Presence::Needed, Shape::Whole(1..=1)),
    ("name", Presence::Needed, Shape::Text("the network's name, a text,")),
    ("input", Presence::Needed, Shape::Text("the name of the network's input, a text,")),
    ("output", Presence::Needed, Shape::Text("the name of the network's output, a text,")),
    ("side", Presence::Needed, Shape::Whole(*FaceCard::SIDES.start() as u64..=*FaceCard::SIDES.end() as u64)),
    ("order", Presence::Needed, Shape::Word(&["rgb", "bgr"])),
    ("layout", Presence::Needed, Shape::Word(&["nchw", "nhwc"])),
    ("mean", Presence::Needed, Shape::Other(mean_misfit)),
    ("scale", Presence::Needed, Shape::Other(scale_misfit)),
    ("points", Presence::Needed, POINTS),
    (
        "dimension",
        Presence::Needed,
        Shape::Whole(*FaceCard::DIMENSIONS.start() as u64..=*FaceCard::DIMENSIONS.end() as u64),
    ),
];
const POINTS: Shape = Shape::Object(&[
    ("right_eye", Presence::Needed, Shape::Other(point_misfit)),
    ("left_eye", Presence::Needed, Shape::Other(point_misfit)),
    ("nose_tip", Presence::Needed, Shape::Other(point_misfit)),
    ("right_mouth_corner", Presence::Needed, Shape::Other(point_misfit)),
    ("left_mouth_corner", Presence::Needed, Shape::Other(point_misfit)),
]);

fn mean_misfit(value: &Value) -> Option<String> {
    let is_mean = value.as_f64().is_some_and(|mean| (0.0..=255.0).contains(&mean));
    (!is_mean).then(|| format!("a number from 0 to 255 is needed, found {}", found(value)))
}

fn scale_misfit(value: &Value) -> Option<String> {
    let is_scale = value.as_f64().is_some_and(|scale| PixelScale::new(scale as f32).is_some());
    let (least, most) = (PixelScale::RANGE.start(), PixelScale::RANGE.end());
    (!is_scale)
        .then(|| format!("a factor (not a divisor) from {least} to {most} is needed, found {}", found(value)))
}

fn point_misfit(value: &Value) -> Option<String> {
    let pair = value.as_array().filter(|pair| pair.len() == 2 && pair.iter().all(Value::is_number));
    pair.is_none().then(|| "an array of two numbers, pixels right and down, is needed".to_owned())
}

/// A number as it is; of all else the kind.
fn found(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        other => json::kind(other).to_owned(),
    }
}

impl FaceCard {
    /// Reads a card from JSON: `docs/pictures.md` has one. A byte order mark is passed over.
    ///
    /// # Errors
    /// Text that is not JSON, a field that is missing, unknown or not as it should be.
    pub fn from_json(text: &str) -> Result<Self, FaceCardError> {
        let text = text::without_leading_mark(text);
        let not_json = |JsonFault { message, offset }| FaceCardError::Json { message, offset };
        let value = json::parse(text.as_bytes()).map_err(not_json)?;
        let whole = |message: String| FaceCardError::Field { field: String::new(), message };
        let Value::Object(object) = &value else {
            return Err(whole(format!("an object is needed, found {}", json::kind(&value))));
        };
        if let Some(Misfit { field, message }) = json::misfit(object, FIELDS) {
            return Err(FaceCardError::Field { field, message });
        }
        let file: File = serde_json::from_value(value).map_err(|error| whole(error.to_string()))?;
        let out_of_range = || whole("a number that is out of range".to_owned());
        let card = Self {
            name: file.name,
            input: file.input,
            output: file.output,
            side: file.side,
            order: file.order,
            layout: file.layout,
            mean: GreyLevels::new(file.mean).ok_or_else(out_of_range)?,
            scale: PixelScale::new(file.scale).ok_or_else(out_of_range)?,
            points: file.points.into(),
            dimension: file.dimension,
        };
        card.model()?;
        Ok(card)
    }
}

impl From<Points> for FacePoints {
    fn from(points: Points) -> Self {
        let point = |[x, y]: [f32; 2]| PicturePoint::new(x, y);
        Self {
            right_eye: point(points.right_eye),
            left_eye: point(points.left_eye),
            nose_tip: point(points.nose_tip),
            right_mouth_corner: point(points.right_mouth_corner),
            left_mouth_corner: point(points.left_mouth_corner),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sface() -> Value {
        json!({
            "format": "biomatch-face-card", "version": 1,
            "name": "sface-2021dec", "input": "data", "output": "fc1",
            "side": 112, "order": "rgb", "layout": "nchw", "mean": 0, "scale": 1, "dimension": 128,
            "points": {
                "right_eye": [38.2946, 51.6963], "left_eye": [73.5318, 51.5014], "nose_tip": [56.0252, 71.7366],
                "right_mouth_corner": [41.5493, 92.3655], "left_mouth_corner": [70.7299, 92.2041],
            },
        })
    }

    #[test]
    fn a_card_is_read() {
        assert_eq!(FaceCard::from_json(&sface().to_string()), Ok(FaceCard::sface()));
        assert_eq!(FaceCard::from_json(&format!("\u{feff}{}", sface())), Ok(FaceCard::sface()));
    }

    #[test]
    fn no_field_may_be_missing() {
        let fields: Vec<String> = sface().as_object().unwrap().keys().cloned().collect();
        for field in fields {
            let mut card = sface();
            card.as_object_mut().unwrap().remove(&field);
            let error = FaceCard::from_json(&card.to_string()).unwrap_err().to_string();
            assert!(error.contains(&format!("missing field `{field}`")), "{error}");
        }
    }

    #[test]
    fn a_misfit_names_its_field() {
        let point = json!([1, 2, 3]);
        for (field, value, message) in [
            ("version", json!(2), "version: a whole number from 1 to 1 is needed, found 2"),
            (
                "format",
                json!("biomatch-calibration"),
                "format: `biomatch-calibration` is none of `biomatch-face-card`",
            ),
            ("name", json!(7), "name: the network's name, a text, is needed, found a number"),
            ("name", json!("my net"), "name: a model name has"),
            ("side", json!(112.5), "side: a whole number from 32 to 512 is needed, found 112.5"),
            ("order", json!("RGB"), "order: `RGB` is none of `rgb`, `bgr`"),
            ("layout", json!("chw"), "layout: `chw` is none of `nchw`, `nhwc`"),
            ("mean", json!(-1), "mean: a number from 0 to 255 is needed, found -1"),
            ("mean", json!([127.5]), "mean: a number from 0 to 255 is needed, found an array"),
            ("scale", json!(127.5), "scale: a factor (not a divisor) from"),
            ("scale", json!(1e-60), "scale: a factor (not a divisor) from"),
            ("dimension", json!(1), "dimension: a whole number from 2 to 4096 is needed, found 1"),
            ("points", json!([[1, 2]]), "points: an object is needed, found an array"),
            ("points", json!({ "right_eye": point }), "points.right_eye: an array of two numbers"),
            ("points", json!({ "eye": [1, 2] }), "points: unknown field `eye`"),
            ("stride", json!(1), "unknown field `stride`"),
        ] {
            let mut card = sface();
            card[field] = value;
            let error = FaceCard::from_json(&card.to_string()).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("not a card of a face network: {message}")),
                "{field}: {error}"
            );
        }
        let mut far = sface();
        far["points"]["nose_tip"] = json!([1e300, 50]);
        assert!(matches!(FaceCard::from_json(&far.to_string()), Err(FaceCardError::Field { .. })));
    }

    #[test]
    fn what_is_no_json_object_is_refused() {
        let error = FaceCard::from_json("{\"name\": nan}").unwrap_err();
        let FaceCardError::Json { message, .. } = error else { panic!("{error}") };
        assert_eq!(message, "NaN and infinity are no JSON numbers");
        let error = FaceCard::from_json("[]").unwrap_err().to_string();
        assert_eq!(error, "not a card of a face network: an object is needed, found an array");
    }
}
