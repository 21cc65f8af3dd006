//! What is wrong with a line that the fast JSON reader refuses: the field and what it needs, or the byte.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::captured::Captured;
use super::error::LineProblem;
use crate::template::json_fault::{self, JsonFault};

/// What a field holds.
pub(super) enum Shape {
    /// A text, described.
    Text(&'static str),
    /// One of some words.
    Word(&'static [&'static str]),
    /// A whole number from 0 to this.
    Whole(u64),
    Number,
    Moment,
    Array(&'static Shape),
    Object(&'static [Field]),
}

/// A field, whether it is needed, and what it holds.
pub(super) type Field = (&'static str, bool, Shape);

const FINGER: Shape = Shape::Object(&[
    ("position", false, Shape::Text("the name of a finger, a text,")),
    ("file", false, Shape::Text("a file's name, a text,")),
    ("base64", false, Shape::Text("a record in base64, a text,")),
    ("format", false, Shape::Word(&["auto", "iso-card-compact", "iso-card-normal", "xyt", "xyt-m1", "csv"])),
    ("width", false, Shape::Whole(u16::MAX as u64)),
    ("height", false, Shape::Whole(u16::MAX as u64)),
    ("dpi", false, Shape::Whole(u16::MAX as u64)),
    ("view", false, Shape::Whole(u64::MAX)),
    ("captured", false, Shape::Moment),
]);
const FINGERS: Shape = Shape::Array(&FINGER);
const FACE: Shape = Shape::Object(&[
    ("model", true, Shape::Text("a model's name, a text,")),
    ("file", false, Shape::Text("a file's name, a text,")),
    ("base64", false, Shape::Text("numbers in base64, a text,")),
    ("embedding", false, Shape::Array(&Shape::Number)),
    ("format", false, Shape::Word(&["auto", "npy", "json", "f32"])),
    ("row", false, Shape::Whole(u64::MAX)),
    ("dimension", false, Shape::Whole(u64::MAX)),
    ("captured", false, Shape::Moment),
]);
const CITIZEN: Shape = Shape::Text("a text of 12 digits");

/// A line of an enrolment manifest.
pub(super) const ENROLMENT: &[Field] = &[
    ("schema", false, Shape::Whole(u64::MAX)),
    ("citizen", true, CITIZEN),
    ("fingers", false, FINGERS),
    ("face", false, FACE),
    ("captured", false, Shape::Moment),
];

/// A line of a probe list.
pub(super) const PROBE: &[Field] = &[
    ("schema", false, Shape::Whole(u64::MAX)),
    ("probe", false, Shape::Text("a label, a text,")),
    ("citizen", false, CITIZEN),
    ("fingers", false, FINGERS),
    ("face", false, FACE),
    ("captured", false, Shape::Moment),
];

/// The problem of a line of these fields; `None` if none is found.
pub(super) fn diagnose(json: &[u8], fields: &[Field]) -> Option<LineProblem> {
    let syntax = |message: String, offset| LineProblem::Json {
        message: format!("not the JSON of a line: {message}"),
        offset,
    };
    let start = json.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(json.len());
    if json.get(start) == Some(&b'[') {
        let message = "an array begins; a line holds one object, and no array holds the lines";
        return Some(syntax(message.to_owned(), Some(start)));
    }
    match json_fault::parse(json) {
        Err(JsonFault { message, offset }) if message == "it ends too early" => {
            Some(syntax("it ends too early; an object stands on one line".to_owned(), Some(offset)))
        }
        Err(JsonFault { message, offset }) => Some(syntax(message, Some(offset))),
        Ok(Value::Object(line)) => look(&line, fields, ""),
        Ok(other) => {
            Some(syntax(format!("an object is needed, found {}", json_fault::kind(&other)), Some(start)))
        }
    }
}

/// The first field of an object that is not as it should be. `place` is the object's own name.
fn look(object: &Map<String, Value>, fields: &[Field], place: &str) -> Option<LineProblem> {
    let path = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    for (name, value) in object {
        let Some((name, needed, shape)) = fields.iter().find(|(known, ..)| known == name) else {
            let known: Vec<String> = fields.iter().map(|(known, ..)| format!("`{known}`")).collect();
            let message = format!("unknown field `{}`, expected one of {}", shown(name), known.join(", "));
            return Some(whole(place, message));
        };
        // A field that may be left out may be null, but for a format, which has a default.
        if value.is_null() && !needed && !matches!(shape, Shape::Word(_) | Shape::Array(Shape::Object(_))) {
            continue;
        }
        if let Some(problem) = shape.look(value, &path(name)) {
            return Some(problem);
        }
    }
    let missing = fields.iter().find(|(name, needed, _)| *needed && !object.contains_key(*name));
    missing.map(|(name, ..)| whole(place, format!("missing field `{name}`")))
}

/// A problem of an object as a whole.
fn whole(place: &str, message: String) -> LineProblem {
    if place.is_empty() {
        LineProblem::Json { message, offset: None }
    } else {
        LineProblem::Field { field: place.to_owned(), message }
    }
}

/// What is wrong with a text that is none of some words.
pub(super) fn none_of<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    format!("`{}` is none of {}", shown(text), words.join(", "))
}

/// A text cut short: it may be a biometric record.
fn shown(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl Shape {
    fn look(&self, value: &Value, path: &str) -> Option<LineProblem> {
        let wrong = |message: String| Some(LineProblem::Field { field: path.to_owned(), message });
        let needed = |what: &str| wrong(format!("{what} is needed, found {}", json_fault::kind(value)));
        match (self, value) {
            (Self::Text(_), Value::String(_)) | (Self::Number, Value::Number(_)) => None,
            (Self::Text(what), _) => needed(what),
            (Self::Number, _) => needed("a number"),
            (Self::Word(words), Value::String(word)) if !words.contains(&word.as_str()) => {
                wrong(none_of(word, words.iter().copied()))
            }
            (Self::Word(_), Value::String(_)) => None,
            (Self::Word(_), _) => needed("a text"),
            (Self::Whole(most), Value::Number(number)) => match number.as_u64() {
                Some(number) if number <= *most => None,
                _ => wrong(format!("a whole number from 0 to {most} is needed, found {number}")),
            },
            (Self::Whole(_), _) => needed("a whole number"),
            (Self::Moment, Value::Number(number)) if number.is_f64() => wrong(format!(
                "a moment, as a text or in whole seconds since 1970, is needed, found {number}"
            )),
            (Self::Moment, Value::String(_) | Value::Number(_)) => match Captured::deserialize(value) {
                Ok(_) => None,
                Err(error) => wrong(error.to_string()),
            },
            (Self::Moment, _) => needed("a moment"),
            (Self::Array(shape), Value::Array(values)) => {
                let mut numbered = values.iter().enumerate();
                numbered.find_map(|(number, value)| shape.look(value, &format!("{path}[{number}]")))
            }
            (Self::Array(_), _) => needed("an array"),
            (Self::Object(fields), Value::Object(object)) => look(object, fields, path),
            (Self::Object(_), _) => needed("an object"),
        }
    }
}
