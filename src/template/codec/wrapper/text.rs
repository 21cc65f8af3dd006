//! Records as text: hexadecimal or base64 (RFC 4648). Text counts as such only if what it encodes
//! begins like a record or a wrapper, so it is never taken for .xyt or CSV, and they never for it.

use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};

use crate::template::{RecordError, Wrapper};

/// Encoded bytes that are decoded to see what they begin like.
const GLANCE: usize = 32;
/// Longest header of a data URL that is looked through.
const MOST_HEADER: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Hexadecimal,
    Base64,
}

/// Text that encodes a record.
pub(in crate::template::codec) struct Text<'a> {
    encoding: Encoding,
    /// Digits and white space, without a prefix.
    digits: &'a [u8],
    /// Where the digits begin.
    offset: usize,
}

impl<'a> Text<'a> {
    /// The text that bytes are, if they begin like one of what is known by its first bytes.
    pub(in crate::template::codec) fn of(bytes: &'a [u8], is_known: impl Fn(&[u8]) -> bool) -> Option<Self> {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
        let (digits, encodings): (&[u8], &[Encoding]) = if has_prefix(text, b"data:") {
            let comma = text.iter().take(MOST_HEADER).position(|&byte| byte == b',')?;
            let (header, digits) = (&text[..comma], &text[comma + 1..]);
            let is_base64 = header.len() >= 7 && header[header.len() - 7..].eq_ignore_ascii_case(b";base64");
            (digits, if is_base64 { &[Encoding::Base64] } else { &[] })
        } else if has_prefix(text, b"0x") || has_prefix(text, b"\\x") {
            (&text[2..], &[Encoding::Hexadecimal])
        } else {
            (text, &[Encoding::Hexadecimal, Encoding::Base64])
        };
        let offset = bytes.trim_ascii_end().len().saturating_sub(digits.len());
        let begins = |encoding: &&Encoding| {
            let glance: Vec<u8> =
                digits.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take(GLANCE).collect();
            let decoded = match encoding {
                Encoding::Hexadecimal => hexadecimal(&glance[..glance.len() / 2 * 2], |at| at),
                Encoding::Base64 => base64(&glance[..glance.len() / 4 * 4], |at| at),
            };
            decoded.is_ok_and(|decoded| is_known(&decoded))
        };
        let encoding = *encodings.iter().find(begins)?;
        Some(Self { encoding, digits, offset })
    }

    /// All bytes as base64.
    #[cfg(feature = "pictures")]
    pub(in crate::template::codec) fn base64(digits: &'a [u8]) -> Self {
        Self { encoding: Encoding::Base64, digits, offset: 0 }
    }

    pub(in crate::template::codec) fn wrapper(&self) -> Wrapper {
        match self.encoding {
            Encoding::Hexadecimal => Wrapper::Hexadecimal,
            Encoding::Base64 => Wrapper::Base64,
        }
    }

    /// The bytes that the text encodes.
    pub(in crate::template::codec) fn decode(&self) -> Result<Vec<u8>, RecordError> {
        let digits: Vec<u8> =
            self.digits.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        // Where a digit is in the input, of which the digits' number leaves the white space out.
        let place = |digit: usize| {
            let mut all = self.digits.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace());
            self.offset + all.nth(digit).map_or(self.digits.len(), |(at, _)| at)
        };
        match self.encoding {
            Encoding::Hexadecimal => hexadecimal(&digits, place),
            Encoding::Base64 => base64(&digits, place),
        }
    }
}

fn has_prefix(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn hexadecimal(digits: &[u8], place: impl Fn(usize) -> usize) -> Result<Vec<u8>, RecordError> {
    let error = |digit, expected| RecordError::Unexpected {
        offset: place(digit),
        field: "hexadecimal text",
        expected,
    };
    let value = |digit: usize| {
        let digit_value = digits.get(digit).and_then(|&byte| char::from(byte).to_digit(16));
        // A digit is below 16.
        digit_value.map(|value| value as u8).ok_or_else(|| error(digit, "a hexadecimal digit"))
    };
    let bytes = (0..digits.len() / 2).map(|at| Ok(value(2 * at)? << 4 | value(2 * at + 1)?));
    let bytes: Vec<u8> = bytes.collect::<Result<_, RecordError>>()?;
    match digits.len() % 2 {
        0 => Ok(bytes),
        _ => Err(error(digits.len(), "an even number of digits")),
    }
}

fn base64(digits: &[u8], place: impl Fn(usize) -> usize) -> Result<Vec<u8>, RecordError> {
    const fn engine(alphabet: &Alphabet) -> GeneralPurpose {
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        GeneralPurpose::new(alphabet, config)
    }
    const PLAIN: GeneralPurpose = engine(&STANDARD);
    const URL: GeneralPurpose = engine(&URL_SAFE);
    let is_url = digits.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let decoded = if is_url { URL.decode(digits) } else { PLAIN.decode(digits) };
    decoded.map_err(|error| {
        let (digit, expected) = match error {
            base64::DecodeError::InvalidByte(digit, _) => (digit, "a character of one base64 alphabet"),
            base64::DecodeError::InvalidLastSymbol { .. } => {
                (digits.len().saturating_sub(1), "a last character whose spare bits are 0")
            }
            base64::DecodeError::InvalidLength(_) => (digits.len(), "whole groups of characters"),
            base64::DecodeError::InvalidPadding => (digits.len().saturating_sub(1), "padding that fits"),
        };
        RecordError::Unexpected { offset: place(digit), field: "base64 text", expected }
    })
}
