//! Ways to write bytes as text, told by their shape, so that an error can name them.

use std::fmt;

/// A way to write bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextForm {
    /// Hexadecimal digits, perhaps with white space.
    Hexadecimal,
    /// Base64 of either alphabet.
    Base64,
    /// Pairs of hexadecimal digits with colons or hyphens between them.
    SeparatedHexadecimal,
    /// `\x46` for each byte, or for those that are no letters.
    Escapes,
    /// `%46` for each byte, or for those that are no letters.
    PercentEncoding,
    /// `-----BEGIN` and base64 (RFC 7468).
    Pem,
    /// `data:` and an encoding (RFC 2397).
    DataUrl,
    /// A list of bytes as numbers, as in JSON and in C.
    ByteList,
}

impl fmt::Display for TextForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TextForm {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hexadecimal => "hexadecimal text",
            Self::Base64 => "base64 text",
            Self::SeparatedHexadecimal => "hexadecimal text with separators",
            Self::Escapes => "text with \\x escapes",
            Self::PercentEncoding => "percent-encoded text",
            Self::Pem => "a PEM block",
            Self::DataUrl => "a data: URL",
            Self::ByteList => "a list of bytes as numbers",
        }
    }
}

/// Bytes of a text that show its form.
const START: usize = 1024;

/// Fewest characters of hexadecimal or base64 text: a shorter word may be one by chance.
const LEAST: usize = 24;

impl TextForm {
    /// The form of a text, if it is one of these. The first bytes are enough.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii();
        let text = text.get(..START).unwrap_or(text);
        let has_prefix =
            |prefix: &[u8]| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        // Quotation marks of a literal, and a letter before them.
        let literal = text.strip_prefix(b"b").unwrap_or(text);
        let literal = literal.strip_prefix(b"\"").or_else(|| literal.strip_prefix(b"'")).unwrap_or(text);
        if has_prefix(b"-----BEGIN") {
            Some(Self::Pem)
        } else if has_prefix(b"data:") {
            Some(Self::DataUrl)
        } else if is_repeated(literal, b"\\x") || literal.starts_with(b"FMR\\") {
            Some(Self::Escapes)
        } else if is_repeated(text, b"%") || text.starts_with(b"FMR%00") {
            Some(Self::PercentEncoding)
        } else if is_separated(text) {
            Some(Self::SeparatedHexadecimal)
        } else if is_byte_list(text) {
            Some(Self::ByteList)
        } else if is_of(text, |byte| byte.is_ascii_hexdigit() || byte == b' ')
            && text.iter().any(u8::is_ascii_digit)
        {
            Some(Self::Hexadecimal)
        } else if is_of(text, |byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte)) {
            Some(Self::Base64)
        } else {
            None
        }
    }
}

fn is_pair(digits: &[u8]) -> bool {
    digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
}

/// Whether the text begins with two pairs of digits that this stands before.
fn is_repeated(text: &[u8], before: &[u8]) -> bool {
    let mut parts = text.chunks(before.len() + 2).take(2);
    let is_one = |part: &[u8]| part.strip_prefix(before).is_some_and(is_pair);
    text.len() >= 2 * (before.len() + 2) && parts.all(is_one)
}

/// Whether the text begins with pairs of digits and a colon or hyphen after each.
fn is_separated(text: &[u8]) -> bool {
    let is_one = |part: &[u8]| matches!(part, [a, b, b':' | b'-'] if is_pair(&[*a, *b]));
    text.len() >= 9 && text.chunks(3).take(3).all(is_one)
}

/// Whether the text begins with several numbers from 0 to 255: in brackets, or hexadecimal with `0x`.
fn is_byte_list(text: &[u8]) -> bool {
    const BUFFER: &[u8] = br#"{"type":"Buffer""#;
    if text.starts_with(BUFFER) {
        return true;
    }
    let inside = text.iter().position(|byte| !b"[{( \t\r\n".contains(byte)).unwrap_or(text.len());
    let numbers = text.get(inside..).unwrap_or_default();
    let mut words =
        numbers.split(|byte| byte.is_ascii_whitespace() || b",;]})".contains(byte)).filter(|w| !w.is_empty());
    let is_hexadecimal = |word: &[u8]| {
        let digits = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X"));
        digits.is_some_and(|digits| matches!(digits.len(), 1 | 2) && digits.iter().all(u8::is_ascii_hexdigit))
    };
    let is_decimal = |word: &[u8]| str::from_utf8(word).is_ok_and(|word| word.parse::<u8>().is_ok());
    let mut first = words.by_ref().take(4).peekable();
    let in_brackets = matches!(text.first(), Some(b'[' | b'{' | b'('));
    first.peek().is_some() && first.all(|word| is_hexadecimal(word) || (in_brackets && is_decimal(word)))
}

/// Whether the text is of these characters and line ends, and long enough to be one of them on purpose.
fn is_of(text: &[u8], is_character: impl Fn(u8) -> bool) -> bool {
    text.len() >= LEAST && text.iter().all(|&byte| is_character(byte) || matches!(byte, b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_their_shape() {
        for (text, expected) in [
            ("\\x46\\x4d\\x52\\x00", Some(TextForm::Escapes)),
            ("b'FMR\\x00 20\\x00'", Some(TextForm::Escapes)),
            ("b\"\\x46\\x4d\"", Some(TextForm::Escapes)),
            ("%46%4D%52%00", Some(TextForm::PercentEncoding)),
            ("FMR%00%2020%00", Some(TextForm::PercentEncoding)),
            ("-----BEGIN RECORD-----\nRk1S", Some(TextForm::Pem)),
            ("DATA:application/octet-stream,%46", Some(TextForm::DataUrl)),
            ("46:4d:52:00", Some(TextForm::SeparatedHexadecimal)),
            ("46-4D-52-00", Some(TextForm::SeparatedHexadecimal)),
            ("0x46, 0x4d, 0x52, 0x00", Some(TextForm::ByteList)),
            ("{0x46,0x4D,0x52,0x0}", Some(TextForm::ByteList)),
            ("[70, 77, 82, 0]", Some(TextForm::ByteList)),
            ("{\"type\":\"Buffer\",\"data\":[70]}", Some(TextForm::ByteList)),
            ("464d520020323000000000464d52", Some(TextForm::Hexadecimal)),
            ("Rk1SACAyMAAAAABGTVIAIDIwAA==", Some(TextForm::Base64)),
            ("", None),
            ("[]", None),
            ("[0.25, -1.5]", None),
            ("[256, 1]", None),
            ("70, 77, 82, 0", None),
            ("x,y,angle_degrees", None),
            ("a sentence, as people write them.", None),
        ] {
            assert_eq!(TextForm::of(text.as_bytes()), expected, "{text}");
        }
    }
}
