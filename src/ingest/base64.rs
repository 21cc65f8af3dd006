//! Base64 as people write it: either alphabet, padded or not.

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const fn engine(alphabet: &Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

/// Decodes RFC 4648 base64 of the standard alphabet or, if it has `-` or `_`, of the URL alphabet.
/// White space is not skipped, and bits left over must be zero.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    const PLAIN: GeneralPurpose = engine(&STANDARD);
    const URL: GeneralPurpose = engine(&URL_SAFE);
    if text.contains(['-', '_']) { URL.decode(text) } else { PLAIN.decode(text) }
}

/// What is wrong with a text, in words.
pub(super) fn in_words(error: &base64::DecodeError) -> String {
    match error {
        base64::DecodeError::InvalidByte(offset, byte) => {
            format!("byte {offset} is {:?}, which is not in the base64 alphabet", char::from(*byte))
        }
        base64::DecodeError::InvalidLastSymbol { .. } => {
            "the spare bits of the last character are not 0".to_owned()
        }
        base64::DecodeError::InvalidLength(_) => {
            "the text is cut: base64 has whole groups of characters".to_owned()
        }
        base64::DecodeError::InvalidPadding => "the padding does not fit".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_padded_or_not() {
        for text in ["+/+/AQ==", "+/+/AQ", "-_-_AQ==", "-_-_AQ"] {
            assert_eq!(decode(text).unwrap(), [0xfb, 0xff, 0xbf, 1], "{text}");
        }
        assert!(decode("").unwrap().is_empty());
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["A", "AQ=A", "A*==", "+_AA", "AQ==\n", " AQ==", "AR==", "====", "AQI=="] {
            assert!(decode(text).is_err(), "{text:?}");
        }
    }
}
