//! Lines of an audit file: their digests, and what links one to the line before.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;

/// Most bytes of a line.
pub(super) const MOST_LINE: usize = 1 << 24;

/// How every line begins.
pub(super) const LINE_START: &[u8] = b"{\"previous\":\"";

/// Whether a file with these first bytes can be an audit file: its first line, behind any that a crash cut
/// within [`LINE_START`], begins as every line does. An empty file can.
pub(super) fn is_start_of_audit(bytes: &[u8]) -> bool {
    let is_cut = |line: &[u8]| {
        line.strip_suffix(b"\n").is_some_and(|line| !line.is_empty() && LINE_START.starts_with(line))
    };
    let first = bytes.split_inclusive(|byte| *byte == b'\n').find(|line| !is_cut(line));
    first.is_none_or(|line| line.starts_with(LINE_START) || LINE_START.starts_with(line))
}

/// Most bytes of the first or last line that a rotation writes.
pub(super) const MOST_CHAIN_LINE: usize = 8192;

/// Operation of the last line of a file that a rotation closed.
pub(super) const CLOSED: &str = "audit_closed";

/// Operation of the first line of a file that continues another.
pub(super) const CONTINUED: &str = "audit_continued";

/// BLAKE3 digest of a line of an audit file, without its line feed; of a line that was cut, of the digest of
/// the line before and what is left of it. The digest of the last line is the file's head: whoever knows it
/// can tell whether lines at the end are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuditDigest([u8; 32]);

impl AuditDigest {
    /// What the first line of a chain names as the digest of the line before.
    pub const START: Self = Self([0; 32]);

    pub(super) fn of(line: &[u8]) -> Self {
        Self(*blake3::hash(line).as_bytes())
    }

    /// Of a line that was cut. It may have lost the digest that it names, so that the digest of the line
    /// before it, `before`, goes in.
    pub(super) fn of_cut(before: Self, line: &[u8]) -> Self {
        Self(*blake3::Hasher::new().update(&before.0).update(line).finalize().as_bytes())
    }
}

impl fmt::Display for AuditDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

/// Why a text is not the digest of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest has 64 hexadecimal digits")]
pub struct AuditDigestError;

impl FromStr for AuditDigest {
    type Err = AuditDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).map_err(|_| AuditDigestError)
    }
}

/// What of any line makes the chain.
#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) previous: String,
    pub(super) operation: Option<String>,
    pub(super) continues: Option<String>,
}

impl Link {
    /// Reads a line; none if it was cut. The error is of a line that is whole and lacks the link: what is wrong
    /// with it.
    pub(super) fn read(line: &[u8]) -> Result<Option<Self>, String> {
        match serde_json::from_slice(line) {
            Ok(link) => Ok(Some(link)),
            Err(error) if error.is_data() => Err(Self::fault(line)),
            Err(_) => Ok(None),
        }
    }

    fn fault(line: &[u8]) -> String {
        let fields = match json::parse(line) {
            Ok(Value::Object(fields)) => fields,
            Ok(other) => return format!("an object is needed, found {}", json::kind(&other)),
            Err(fault) => return fault.message,
        };
        if !fields.contains_key("previous") {
            return "missing field `previous`".to_owned();
        }
        let misfit = ["previous", "operation", "continues"]
            .into_iter()
            .find_map(|name| Some((name, fields.get(name)?)).filter(|(_, value)| !value.is_string()));
        match misfit {
            Some((name, value)) => format!("{name}: a text is needed, found {}", json::kind(value)),
            None => "a field of the chain stands twice".to_owned(),
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.operation.as_deref() == Some(CLOSED)
    }

    pub(super) fn is_continuing(&self) -> bool {
        self.operation.as_deref() == Some(CONTINUED)
    }
}

/// A line that a rotation writes.
#[derive(Serialize)]
pub(super) struct ChainLine<'a> {
    pub(super) operation: &'static str,
    /// Of the last line: the name that the file keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept_as: Option<&'a str>,
    /// Of the first line: the file that it continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) continues: Option<&'a str>,
    pub(super) engine: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_line_without_the_link_is_told_in_words() {
        for (line, says) in [
            (r#"{"previous":5}"#, "previous: a text is needed, found a number"),
            (r#"{"previous":"","operation":[]}"#, "operation: a text is needed, found an array"),
            (r#"{"operation":"claim"}"#, "missing field `previous`"),
            (r#"["",""]"#, "an object is needed, found an array"),
            (r#"{"previous":"","previous":""}"#, "a field of the chain stands twice"),
            ("7", "an object is needed, found a number"),
        ] {
            assert_eq!(Link::read(line.as_bytes()).err().as_deref(), Some(says), "{line}");
        }
        assert!(matches!(Link::read(br#"{"previous":"","operation":null}"#), Ok(Some(_))));
        assert!(matches!(Link::read(br#"{"previous":"#), Ok(None)));
    }
}
