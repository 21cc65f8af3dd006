//! What is wrong with JSON, in words. The fast reader says that something is; this one is asked what.

use serde_json::Value;
use serde_json::error::Category;

/// Why bytes are not JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JsonFault {
    /// What is wrong, to follow "not JSON: ".
    pub(crate) message: String,
    /// Where it shows, in bytes from the start.
    pub(crate) offset: usize,
}

/// Reads JSON that another reader refused.
pub(crate) fn parse(json: &[u8]) -> Result<Value, JsonFault> {
    serde_json::from_slice(json).map_err(|error| {
        let line_start = json.split_inclusive(|&b| b == b'\n').take(error.line().saturating_sub(1));
        let line_start: usize = line_start.map(<[u8]>::len).sum();
        let offset = (line_start + error.column()).saturating_sub(1).min(json.len());
        let message = match (error.classify(), word_at(json, offset)) {
            (Category::Eof, _) => "it ends too early".to_owned(),
            (_, Some((_, "NaN"))) => "NaN and infinity are no JSON numbers".to_owned(),
            (_, Some((word, _))) => format!("{word} is no JSON value"),
            _ if json.get(offset) == Some(&b'\'') => "texts stand in double quotation marks".to_owned(),
            _ => {
                let message = error.to_string();
                let place = format!(" at line {} column {}", error.line(), error.column());
                message.strip_suffix(&place).unwrap_or(&message).to_owned()
            }
        };
        JsonFault { message, offset }
    })
}

/// The word of letters around a byte that is none of JSON's, and "NaN" if it is a number that is not finite.
fn word_at(json: &[u8], offset: usize) -> Option<(&str, &'static str)> {
    const LONGEST: usize = 16;
    let before =
        json.get(..offset)?.iter().rev().take(LONGEST).take_while(|b| b.is_ascii_alphabetic()).count();
    let start = offset - before;
    let after = json.get(start..)?.iter().take(LONGEST).take_while(|b| b.is_ascii_alphabetic()).count();
    let word = str::from_utf8(json.get(start..start + after)?).ok()?;
    match word.to_ascii_lowercase().as_str() {
        "" => None,
        "nan" | "inf" | "infinity" => Some((word, "NaN")),
        _ => Some((word, "")),
    }
}

/// What a value is, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_in_words_and_at_their_byte() {
        for (json, message, offset) in [
            (&b"[1, NaN]"[..], "NaN and infinity are no JSON numbers", 4),
            (b"[nan]", "NaN and infinity are no JSON numbers", 2),
            (b"[-Infinity]", "NaN and infinity are no JSON numbers", 2),
            (b"[1,\n inf]", "NaN and infinity are no JSON numbers", 5),
            (b"[None]", "None is no JSON value", 1),
            (b"{\"a\": 'b'}", "texts stand in double quotation marks", 6),
            (b"{\"a\": ", "it ends too early", 5),
            (b"", "it ends too early", 0),
            (b"[1,]", "trailing comma", 3),
            (b"{} {}", "trailing characters", 3),
        ] {
            let fault = parse(json).unwrap_err();
            assert_eq!((fault.message.as_str(), fault.offset), (message, offset), "{}", json.escape_ascii());
        }
    }
}
