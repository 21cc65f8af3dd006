//! Vendors' own fingerprint templates, told by their first bytes. None of them is documented or read: they are
//! recognised so that an error can say what to do.

use crate::template::Appearance;

/// Lengths of templates of serial sensor modules.
const MODULE_LENGTHS: [usize; 6] = [256, 498, 512, 768, 1024, 1536];

/// The vendor whose template the bytes look like.
pub(super) fn appearance(bytes: &[u8]) -> Option<Appearance> {
    match bytes {
        // Version 10 has its mark behind two bytes; version 9 begins with its own. The third is the base64 of
        // the first.
        [_, _, b'S', b'S', b'2', b'1', ..] | [0xA1, 0xCA, ..] => Some(Appearance::ZkTeco),
        _ if bytes.starts_with(b"TUVTUzIx") => Some(Appearance::ZkTeco),
        // A packet of the serial protocol, or the template that such packets carry.
        [0xEF, 0x01, _, _, _, _, 1 | 2 | 7 | 8, ..] => Some(Appearance::SerialModule),
        [3, 1..=3, _, _, _, 0, 0xFF, 0xFE, ..] => Some(Appearance::SerialModule),
        [3, 1..=3, ..] if MODULE_LENGTHS.contains(&bytes.len()) => Some(Appearance::SerialModule),
        [0, _, _, 1, 0xC8, _, 0xE3, 0x73, 0x5C, ..] => Some(Appearance::DigitalPersona),
        [b'N', b'F', b'R' | b'T', ..] | [b'N', b'T', 0x10..=0x2F, ..] => Some(Appearance::Neurotechnology),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_are_told_by_their_first_bytes() {
        let module = [&[3, 3, 0x5D, 0x15][..], &[0; 508]].concat();
        let cases: [(&[u8], Option<Appearance>); 11] = [
            (b"\x4A\x05SS21\0\x01", Some(Appearance::ZkTeco)),
            (b"MESS21\0\x01", Some(Appearance::ZkTeco)),
            (b"TUVTUzIxAAFK", Some(Appearance::ZkTeco)),
            (b"\xA1\xCA\x2C\x82", Some(Appearance::ZkTeco)),
            (b"\xEF\x01\xFF\xFF\xFF\xFF\x02\x00\x82\x03\x01", Some(Appearance::SerialModule)),
            (b"\x03\x01\x5E\x16\x97\x00\xFF\xFE\xFF\xFE", Some(Appearance::SerialModule)),
            (&module, Some(Appearance::SerialModule)),
            (b"\x00\xF8\x5B\x01\xC8\x29\xE3\x73\x5C\xC0\x41\x37", Some(Appearance::DigitalPersona)),
            (b"NFR\x20\x01", Some(Appearance::Neurotechnology)),
            (b"NT\x10\x00\x01", Some(Appearance::Neurotechnology)),
            (b"\x03\x03\x5D\x15", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(appearance(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
