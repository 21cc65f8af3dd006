//! Telling a record's dialect from its first bytes, and what else an input may be.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::first_edition::Layout;
use crate::template::codec::iso2011::Likeness;
use crate::template::codec::notes::Notes;
use crate::template::codec::{ansi_nist, ansi2009, first_edition, iso2011, sourceafis, vendor, wrapper};
use crate::template::{Appearance, Dialect, Flaw, RecordError, TextForm, magic};
use crate::text;

/// Whether bytes begin like a record, of minutiae or of pictures, or like a wrapper of one.
pub(super) fn is_known(bytes: &[u8]) -> bool {
    [b"FMR\0", b"FIR\0", b"FAC\0", b"IIR\0"].iter().any(|identifier| bytes.starts_with(*identifier))
        || wrapper::wrapping(bytes).is_some()
        || ansi_nist::looks_like(bytes)
        || sourceafis::looks_like(bytes)
}

/// The dialect of a minutiae record. A transaction's own fields tell which of its two dialects it is.
pub(super) fn dialect(bytes: &[u8], notes: &mut Notes) -> Result<Dialect, RecordError> {
    if ansi_nist::looks_like(bytes) {
        return Ok(Dialect::AnsiNist);
    }
    if sourceafis::looks_like(bytes) {
        return Ok(Dialect::SourceAfis);
    }
    let mut cursor = Cursor::new(bytes);
    if !bytes.starts_with(b"FMR\0") {
        let cut = !bytes.is_empty() && b"FMR\0".starts_with(bytes);
        return Err(if cut {
            RecordError::Truncated { offset: 0, field: "format identifier", expected: 4, found: bytes.len() }
        } else {
            RecordError::NotARecord(appearance(bytes))
        });
    }
    cursor.take(4, "format identifier")?;
    match &cursor.array::<4>("version")? {
        b" 20\0" => first_edition(bytes),
        b"020\0" => {
            notes.flaw(4, Flaw::Version)?;
            first_edition(bytes)
        }
        b"030\0" => Ok(match iso2011::likeness(bytes) {
            Likeness::Exact => Dialect::Iso2011,
            Likeness::Damaged if !ansi2009::fills(bytes) => Dialect::Iso2011,
            Likeness::None if iso2011::fills(bytes) && !ansi2009::fills(bytes) => Dialect::Iso2011,
            Likeness::Damaged | Likeness::None => Dialect::Ansi2009,
        }),
        b"035\0" => Ok(Dialect::Ansi2009Amendment1),
        found => Err(RecordError::UnknownVersion { offset: 4, found: *found }),
    }
}

/// ISO/IEC 19794-2:2005 or ANSI INCITS 378-2004, which share the version.
fn first_edition(bytes: &[u8]) -> Result<Dialect, RecordError> {
    Ok(match first_edition::layout(bytes)? {
        Layout::Iso => Dialect::Iso2005,
        Layout::AnsiShort | Layout::AnsiLong => Dialect::Ansi2004,
    })
}

/// Refuses bytes that are something else than minutiae of a card, which have no header: what begins with the mark
/// of another format, and text. Marks of one or two bytes, which a minutia may begin with, count only if the bytes
/// are not `whole` minutiae.
pub(super) fn check_card(bytes: &[u8], whole: bool) -> Result<(), RecordError> {
    let is_record = || {
        let wrapper = wrapper::wrapping(bytes).is_some() && wrapper::is_whole(bytes);
        wrapper || ansi_nist::looks_like(bytes) || sourceafis::looks_like(bytes)
    };
    let found = if let Some(magic) = magic::magic(bytes) {
        magic.appearance
    } else if is_record() {
        Appearance::MinutiaeRecord
    } else if magic::is_text(bytes) {
        match appearance(bytes) {
            Appearance::Unknown => Appearance::Text,
            named => named,
        }
    } else if magic::is_utf16(bytes) {
        Appearance::Utf16
    } else if !whole && !bytes.is_empty() {
        appearance(bytes)
    } else {
        Appearance::Unknown
    };
    match found {
        // A few bytes, some of them 0, do not make a text.
        Appearance::Utf16 if !magic::is_utf16(bytes) => Ok(()),
        Appearance::Unknown => Ok(()),
        found => Err(RecordError::NotARecord(found)),
    }
}

/// Refuses what is no lines of numbers: what begins like another format, and bytes as text.
pub(super) fn check_lines(bytes: &[u8]) -> Result<(), RecordError> {
    match appearance(bytes) {
        Appearance::Unknown if is_known(bytes) => Err(RecordError::NotARecord(Appearance::MinutiaeRecord)),
        // An empty text has no minutiae, and the reader of lines names encodings and lines.
        Appearance::Empty
        | Appearance::Utf16
        | Appearance::NumbersInText
        | Appearance::Text
        | Appearance::Unknown => Ok(()),
        found => Err(RecordError::NotARecord(found)),
    }
}

/// What an input that is no minutiae record looks like, so that an error can say what to do.
pub(super) fn appearance(bytes: &[u8]) -> Appearance {
    if let Some(vendor) = vendor::appearance(bytes) {
        return vendor;
    }
    if let Some(magic) = magic::magic(bytes) {
        return magic.appearance;
    }
    let text = || String::from_utf8_lossy(bytes.get(..1024).unwrap_or(bytes));
    match bytes {
        [] => Appearance::Empty,
        [0x7F, 0x60 | 0x61 | 0x2E, ..] => Appearance::CardObject,
        [0xFF, 0xD8 | 0xA0, 0xFF, ..] | [b'B', b'M', ..] => Appearance::Picture,
        // The data block of part N of ISO/IEC 39794 is [APPLICATION N], constructed.
        [0x62, ..] if is_one_element(bytes) => Appearance::Iso39794Binary,
        [0x64..=0x66, ..] if is_one_element(bytes) => Appearance::Iso39794Images,
        [b'<', ..] | [0xEF, 0xBB, 0xBF, b'<', ..] => {
            let text = text();
            if ["39794-4", "39794/-4", "39794-5", "39794/-5", "39794-6", "39794/-6"]
                .iter()
                .any(|part| text.contains(part))
            {
                Appearance::Iso39794ImagesXml
            } else if text.contains("39794-2") || text.contains("39794/-2") || text.contains("fingerMinutiae")
            {
                Appearance::Iso39794Xml
            } else {
                Appearance::Xml
            }
        }
        _ if text::without_mark(bytes).is_err() => Appearance::Utf16,
        _ => {
            let text = text();
            let text = text::without_leading_mark(&text);
            let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let mut words = line.split([' ', '\t', '\r', ',']).filter(|word| !word.is_empty()).peekable();
            let numbers = words.peek().is_some() && words.all(|word| word.parse::<f64>().is_ok());
            if numbers || line.trim_start().starts_with("x,y") {
                Appearance::NumbersInText
            } else if let Some(form) = magic::is_text(bytes).then(|| TextForm::of(bytes)).flatten() {
                Appearance::Encoded(form)
            } else if magic::is_text(bytes) && !line.is_empty() {
                Appearance::Text
            } else {
                Appearance::Unknown
            }
        }
    }
}

/// Whether the bytes are one BER element: a tag byte and a definite length that ends where the
/// input does.
fn is_one_element(bytes: &[u8]) -> bool {
    let (length, header) = match bytes {
        [_, short @ 0..=0x7F, ..] => (usize::from(*short), 2),
        [_, 0x81, a, ..] => (usize::from(*a), 3),
        [_, 0x82, a, b, ..] => (usize::from(u16::from_be_bytes([*a, *b])), 4),
        [_, 0x83, a, b, c, ..] => (u32::from_be_bytes([0, *a, *b, *c]) as usize, 5),
        _ => return false,
    };
    bytes.len() == header + length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Reading;

    fn detect(bytes: &[u8]) -> Result<Dialect, RecordError> {
        dialect(bytes, &mut Notes::new(Reading::Exact))
    }

    #[test]
    fn length_fields_tell_the_first_editions_apart() {
        let first = |length: [u8; 4]| detect(&[b"FMR\0 20\0", &length[..]].concat());
        assert_eq!(first([0, 0, 0, 24]), Ok(Dialect::Iso2005));
        assert_eq!(first([0, 0, 0xFF, 0xFF]), Ok(Dialect::Iso2005));
        assert_eq!(first([0, 1, 0, 0]), Ok(Dialect::Iso2005));
        assert_eq!(first([0, 25, 0, 0]), Ok(Dialect::Iso2005));
        assert_eq!(first([0, 26, 0, 0]), Ok(Dialect::Ansi2004));
        assert_eq!(first([0, 0, 0, 1]), Ok(Dialect::Ansi2004), "high half of a six byte length");
        assert_eq!(first([0, 0, 0, 23]), Ok(Dialect::Ansi2004));
        assert!(matches!(detect(b"FMR\0 20\0\0"), Err(RecordError::Truncated { offset: 8, .. })));
    }

    #[test]
    fn versions_are_exact() {
        assert_eq!(detect(b"FMR\x00035\0"), Ok(Dialect::Ansi2009Amendment1));
        assert!(matches!(
            detect(b"FMR\x00020\0"),
            Err(RecordError::Malformed { offset: 4, flaw: Flaw::Version })
        ));
        assert_eq!(detect(b"FMR\0 30\0"), Err(RecordError::UnknownVersion { offset: 4, found: *b" 30\0" }));
        assert!(matches!(detect(b"FMR\0 20"), Err(RecordError::Truncated { offset: 4, .. })));
    }

    #[test]
    fn all_four_bytes_of_the_identifier_count() {
        for byte in 0..4 {
            let mut bytes = *b"FMR\0 20\0\0\0\0\x18";
            bytes[byte] ^= 1;
            assert!(matches!(detect(&bytes), Err(RecordError::NotARecord(_))), "byte {byte}");
        }
        assert!(matches!(detect(b"FM"), Err(RecordError::Truncated { offset: 0, .. })));
    }

    #[test]
    fn other_inputs_are_named() {
        let cases: [(&[u8], Appearance); 19] = [
            (b"", Appearance::Empty),
            (b"FIR\x00020\0", Appearance::FingerImages),
            (b"FAC\x00030\0", Appearance::FaceImages),
            (b"IIR\x00020\0", Appearance::IrisImages),
            (b"\x62\x03\x80\x01\x00", Appearance::Iso39794Binary),
            (b"\x62\x81\x03\x80\x01\x00", Appearance::Iso39794Binary),
            (b"\x62\x82\x00\x03\x80\x01\x00", Appearance::Iso39794Binary),
            (b"\x65\x83\x00\x00\x03\x80\x01\x00", Appearance::Iso39794Images),
            (b"\x62\x04\x80\x01\x00", Appearance::Unknown),
            (
                b"<?xml version=\"1.0\"?><f xmlns=\"http://standards.iso.org/iso-iec/39794/-2\"/>",
                Appearance::Iso39794Xml,
            ),
            (
                b"<?xml version=\"1.0\"?><f xmlns=\"http://standards.iso.org/iso-iec/39794/-5\"/>",
                Appearance::Iso39794ImagesXml,
            ),
            (b"\xEF\xBB\xBF<BIR/>", Appearance::Xml),
            (b"\x7F\x61\x02", Appearance::CardObject),
            (b"\x89PNG\r\n", Appearance::Picture),
            (b"\xFF\xA0\xFF\xA4", Appearance::Picture),
            (b"175 248 337 98\n", Appearance::NumbersInText),
            (b"x,y,angle_degrees\n", Appearance::NumbersInText),
            (b"\0\0\0\0", Appearance::Unknown),
            (b"\n \n", Appearance::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(detect(bytes), Err(RecordError::NotARecord(expected)), "{}", bytes.escape_ascii());
        }
    }
}
