//! The fields of a JSON object: which there are, and what each holds.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::kind;
use crate::escape::Escaped;

/// What a field holds.
pub(crate) enum Shape {
    /// A text, described.
    Text(&'static str),
    /// One of some words.
    Word(&'static [&'static str]),
    /// A whole number of this range.
    Whole(RangeInclusive<u64>),
    Number,
    Array(&'static Shape),
    Object(&'static [Field]),
    /// What this function finds nothing wrong with.
    Other(fn(&Value) -> Option<String>),
}

/// Whether a field must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Needed,
    /// May be left out.
    Optional,
    /// May be left out or null.
    Nullable,
}

/// A field's name, whether it must be there, and what it holds.
pub(crate) type Field = (&'static str, Presence, Shape);

/// A field that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Which, for example `fingers[2].position`; empty for the whole object.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) message: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "{}: ", Escaped::new(&self.field))?;
        }
        write!(f, "{}", Escaped::new(&self.message))
    }
}

/// The first field of an object that is not as it should be.
pub(crate) fn misfit(object: &Map<String, Value>, fields: &[Field]) -> Option<Misfit> {
    look(object, fields, "")
}

/// `place` is the object's own name.
fn look(object: &Map<String, Value>, fields: &[Field], place: &str) -> Option<Misfit> {
    let path = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    let whole = |message| Some(Misfit { field: place.to_owned(), message });
    for (name, value) in object {
        let Some((name, presence, shape)) = fields.iter().find(|(known, ..)| known == name) else {
            let known: Vec<String> = fields.iter().map(|(known, ..)| format!("`{known}`")).collect();
            return whole(format!("unknown field `{}`, expected one of {}", shown(name), known.join(", ")));
        };
        if value.is_null() && *presence == Presence::Nullable {
            continue;
        }
        if let Some(problem) = shape.look(value, &path(name)) {
            return Some(problem);
        }
    }
    let is_missing =
        |(name, presence, _): &&Field| *presence == Presence::Needed && !object.contains_key(*name);
    let (name, ..) = fields.iter().find(is_missing)?;
    whole(format!("missing field `{name}`"))
}

/// What is wrong with a text that is none of some words.
pub(crate) fn none_of<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> String {
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
    fn look(&self, value: &Value, path: &str) -> Option<Misfit> {
        let wrong = |message: String| Some(Misfit { field: path.to_owned(), message });
        let needed = |what: &str| wrong(format!("{what} is needed, found {}", kind(value)));
        match (self, value) {
            (Self::Text(_), Value::String(_)) | (Self::Number, Value::Number(_)) => None,
            (Self::Text(what), _) => needed(what),
            (Self::Number, _) => needed("a number"),
            (Self::Word(words), Value::String(word)) if !words.contains(&word.as_str()) => {
                wrong(none_of(word, words.iter().copied()))
            }
            (Self::Word(_), Value::String(_)) => None,
            (Self::Word(_), _) => needed("a text"),
            (Self::Whole(range), Value::Number(number)) => match number.as_u64() {
                Some(number) if range.contains(&number) => None,
                _ => {
                    let (least, most) = (range.start(), range.end());
                    wrong(format!("a whole number from {least} to {most} is needed, found {number}"))
                }
            },
            (Self::Whole(_), _) => needed("a whole number"),
            (Self::Array(shape), Value::Array(values)) => {
                let mut numbered = values.iter().enumerate();
                numbered.find_map(|(number, value)| shape.look(value, &format!("{path}[{number}]")))
            }
            (Self::Array(_), _) => needed("an array"),
            (Self::Object(fields), Value::Object(object)) => look(object, fields, path),
            (Self::Object(_), _) => needed("an object"),
            (Self::Other(problem), _) => problem(value).and_then(wrong),
        }
    }
}
