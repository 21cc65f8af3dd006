//! Formats told by the bytes that their files begin with, for readers of bytes without a header: anything of the
//! right length would do as minutiae of a card or as numbers.

use crate::template::{Appearance, TextForm};

/// What bytes begin like, and its name.
pub(super) struct Magic {
    pub(super) appearance: Appearance,
    pub(super) name: &'static str,
}

/// The format whose mark stands at the beginning. Each mark has three bytes or more that nothing without a header
/// begins with but by chance.
pub(super) fn magic(bytes: &[u8]) -> Option<Magic> {
    let (appearance, name) = match bytes {
        [b'F', b'M', b'R', 0, ..] => (Appearance::MinutiaeRecord, "a fingerprint record"),
        [b'F', b'I', b'R', 0, ..] => (Appearance::FingerImages, "a fingerprint record"),
        [b'F', b'A', b'C', 0, ..] => (Appearance::FaceImages, "a face image record"),
        [b'I', b'I', b'R', 0, ..] => (Appearance::IrisImages, "an iris image record"),
        _ if [&b"1.001:"[..], b"1.01:"].iter().any(|start| bytes.starts_with(start)) => {
            (Appearance::MinutiaeRecord, "an ANSI/NIST-ITL transaction")
        }
        [0x89, b'P', b'N', b'G', ..]
        | [0xFF, 0xD8, 0xFF, 0xC0..=0xFE, ..]
        | [0xFF, 0xA0, 0xFF, 0xA4..=0xA8, ..]
        | [0xFF, 0x4F, 0xFF, 0x51, ..]
        | [0, 0, 0, 0x0C, b'j', b'P', ..]
        | [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..]
        | [b'G', b'I', b'F', b'8', ..]
        | [b'R', b'I', b'F', b'F', ..]
        | [_, _, _, _, b'f', b't', b'y', b'p', ..]
        | [b'I', b'I', b'*', 0, ..]
        | [b'M', b'M', 0, b'*', ..] => (Appearance::Picture, "a picture"),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => (Appearance::EmbeddingFile, "an .npy file"),
        [0x89, b'H', b'D', b'F', ..] => (Appearance::EmbeddingFile, "an HDF5 file"),
        // A frame of less than 16 MiB.
        [0x80, 4 | 5, 0x95, _, _, _, 0, 0, 0, 0, 0, ..] => (Appearance::EmbeddingFile, "a Python pickle"),
        // The length of a JSON object, and the object.
        [_, _, _, 0, 0, 0, 0, 0, b'{', b'"', ..] => (Appearance::EmbeddingFile, "a safetensors file"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            (Appearance::Archive, "a ZIP archive, as .npz and PyTorch files are")
        }
        [0x1F, 0x8B, 8, ..] => (Appearance::Archive, "a gzip archive"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [b'B', b'Z', b'h', b'1'..=b'9', ..] => {
            (Appearance::Archive, "an archive")
        }
        [0xFD, b'7', b'z', b'X', ..] | [b'7', b'z', 0xBC, 0xAF, ..] => (Appearance::Archive, "an archive"),
        [b'%', b'P', b'D', b'F', ..] => (Appearance::Document, "a PDF document"),
        _ if bytes.starts_with(b"biomatch-") => (Appearance::BiomatchFile, "a file of biomatch's own"),
        _ => return None,
    };
    Some(Magic { appearance, name })
}

/// The name of text that bytes without a header cannot be: of an encoding, or of any kind if there is enough of it.
pub(super) fn text_name(start: &[u8], least: usize) -> Option<&'static str> {
    if start.len() < least || !is_text(start) {
        return None;
    }
    Some(TextForm::of(start).map_or("text", TextForm::name))
}

/// Whether all bytes are printable ASCII or white space.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
}

/// Whether every second byte is 0 and the others are text.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xFF\xFE").or_else(|| bytes.strip_prefix(b"\xFE\xFF")).unwrap_or(bytes);
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = |of: fn(&[u8; 2]) -> (u8, u8)| {
        pairs.iter().map(of).all(|(zero, letter)| zero == 0 && is_text(&[letter]))
    };
    !pairs.is_empty() && rest.is_empty() && (text(|[a, b]| (*a, *b)) || text(|[a, b]| (*b, *a)))
}
