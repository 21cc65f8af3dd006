//! Safe display of untrusted text: file names, fields, arguments.

use std::ffi::OsStr;
use std::fmt::{self, Write};

/// Displays untrusted text so that it cannot control a terminal or forge a line of a log.
///
/// Control characters (including line feeds and escape sequences), line and paragraph separators, and
/// characters that change the direction of text are displayed as Rust escapes, such as `\n` or `\u{202e}`.
/// Bytes that are not UTF-8 are displayed as `\xff`. Everything else is unchanged, including backslashes, so
/// escaping twice gives the same text as escaping once.
///
/// Every message of this crate displays file names and fields of files through this type.
#[derive(Clone, Copy)]
pub struct Escaped<'a>(&'a OsStr);

impl<'a> Escaped<'a> {
    /// Wraps a text, an argument or a path.
    pub fn new(text: &'a (impl AsRef<OsStr> + ?Sized)) -> Self {
        Self(text.as_ref())
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_encoded_bytes().utf8_chunks() {
            for c in chunk.valid().chars() {
                if is_control(c) {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    f.write_char(c)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Writes the displayed text in quotation marks.
impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Whether a character controls the output instead of being visible.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Direction: marks, embeddings, overrides, isolates.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators; the byte order mark and tags, which are invisible.
            | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn escaped(text: &str) -> String {
        Escaped::new(text).to_string()
    }

    #[test]
    fn control_characters_are_escaped() {
        for (text, expected) in [
            ("", ""),
            ("101_1.iso", "101_1.iso"),
            ("Nguyễn Văn A/ảnh 1.iso", "Nguyễn Văn A/ảnh 1.iso"),
            ("a\u{200c}b", "a\u{200c}b"),
            ("x\u{1b}[31m", "x\\u{1b}[31m"),
            ("a\nb\rc\td\0", "a\\nb\\rc\\td\\u{0}"),
            ("\u{7f}\u{85}\u{9b}2J", "\\u{7f}\\u{85}\\u{9b}2J"),
            ("a\u{202e}osi.exe\u{202c}", "a\\u{202e}osi.exe\\u{202c}"),
            ("\u{2066}\u{2069}\u{200f}", "\\u{2066}\\u{2069}\\u{200f}"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("a\\nb", "a\\nb"),
        ] {
            assert_eq!(escaped(text), expected);
            assert_eq!(escaped(expected), expected, "twice is once");
        }
        assert_eq!(format!("{:?}", Escaped::new("a\nb")), "\"a\\nb\"");
    }

    #[test]
    fn no_control_character_is_left() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let text = escaped(&c.to_string());
            assert!(!text.chars().any(is_control), "{c:?} gives {text:?}");
            assert_eq!(text == c.to_string(), !is_control(c));
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf_8_are_escaped() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(OsStr::from_bytes(b"a\xff\xc3/\x1b\xe2\x80.iso"));
        assert_eq!(Escaped::new(path).to_string(), "a\\xff\\xc3/\\u{1b}\\xe2\\x80.iso");
    }
}
