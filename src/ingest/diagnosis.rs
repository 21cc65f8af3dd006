//! What is wrong with a line that the fast JSON reader refuses: the field and what it needs, or the byte.

use serde::Deserialize;
use serde_json::Value;

use super::captured::Captured;
use super::error::LineProblem;
use crate::json::{self, Field, JsonFault, Misfit, Presence, Shape};

const FINGER: Shape = Shape::Object(&[
    ("position", Presence::Nullable, Shape::Text("the name of a finger, a text,")),
    ("file", Presence::Nullable, Shape::Text("a file's name, a text,")),
    ("base64", Presence::Nullable, Shape::Text("a record in base64, a text,")),
    (
        "format",
        Presence::Optional,
        Shape::Word(&["auto", "iso-card-compact", "iso-card-normal", "xyt", "xyt-m1", "csv"]),
    ),
    ("width", Presence::Nullable, Shape::Whole(0..=u16::MAX as u64)),
    ("height", Presence::Nullable, Shape::Whole(0..=u16::MAX as u64)),
    ("dpi", Presence::Nullable, Shape::Whole(0..=u16::MAX as u64)),
    ("view", Presence::Nullable, Shape::Whole(0..=u64::MAX)),
    ("captured", Presence::Nullable, Shape::Other(moment)),
]);
const FINGERS: Shape = Shape::Array(&FINGER);
const FACE: Shape = Shape::Object(&[
    ("model", Presence::Nullable, Shape::Text("a model's name, a text,")),
    ("portrait", Presence::Nullable, Shape::Text("a file's name, a text,")),
    ("portrait_base64", Presence::Nullable, Shape::Text("a portrait in base64, a text,")),
    ("file", Presence::Nullable, Shape::Text("a file's name, a text,")),
    ("base64", Presence::Nullable, Shape::Text("numbers in base64, a text,")),
    ("embedding", Presence::Nullable, Shape::Array(&Shape::Number)),
    ("format", Presence::Optional, Shape::Word(&["auto", "npy", "json", "f32"])),
    ("row", Presence::Nullable, Shape::Whole(0..=u64::MAX)),
    ("dimension", Presence::Nullable, Shape::Whole(0..=u64::MAX)),
    ("captured", Presence::Nullable, Shape::Other(moment)),
]);
const CITIZEN: Shape = Shape::Text("a text of 12 digits");

/// A line of an enrolment manifest.
pub(super) const ENROLMENT: &[Field] = &[
    ("schema", Presence::Nullable, Shape::Whole(0..=u64::MAX)),
    ("citizen", Presence::Needed, CITIZEN),
    ("fingers", Presence::Optional, FINGERS),
    ("face", Presence::Nullable, FACE),
    ("captured", Presence::Nullable, Shape::Other(moment)),
];

/// A line of a probe list.
pub(super) const PROBE: &[Field] = &[
    ("schema", Presence::Nullable, Shape::Whole(0..=u64::MAX)),
    ("probe", Presence::Nullable, Shape::Text("a label, a text,")),
    ("citizen", Presence::Nullable, CITIZEN),
    ("fingers", Presence::Optional, FINGERS),
    ("face", Presence::Nullable, FACE),
    ("captured", Presence::Nullable, Shape::Other(moment)),
];

/// The problem of a line of these fields; `None` if none is found.
pub(super) fn diagnose(text: &[u8], fields: &[Field]) -> Option<LineProblem> {
    let syntax = |message: String, offset| LineProblem::Json {
        message: format!("not the JSON of a line: {message}"),
        offset,
    };
    let start = text.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(text.len());
    if text.get(start) == Some(&b'[') {
        let message = "an array begins; a line holds one object, and no array holds the lines";
        return Some(syntax(message.to_owned(), Some(start)));
    }
    match json::parse(text) {
        Err(JsonFault { message, offset }) if message == "it ends too early" => {
            Some(syntax("it ends too early; an object stands on one line".to_owned(), Some(offset)))
        }
        Err(JsonFault { message, offset }) => Some(syntax(message, Some(offset))),
        Ok(Value::Object(line)) => json::misfit(&line, fields).map(LineProblem::from),
        Ok(other) => Some(syntax(format!("an object is needed, found {}", json::kind(&other)), Some(start))),
    }
}

fn moment(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) if number.is_f64() => {
            Some(format!("a moment, as a text or in whole seconds since 1970, is needed, found {number}"))
        }
        Value::String(_) | Value::Number(_) => {
            Captured::deserialize(value).err().map(|error| error.to_string())
        }
        _ => Some(format!("a moment is needed, found {}", json::kind(value))),
    }
}

impl From<Misfit> for LineProblem {
    fn from(Misfit { field, message }: Misfit) -> Self {
        if field.is_empty() { Self::Json { message, offset: None } } else { Self::Field { field, message } }
    }
}
