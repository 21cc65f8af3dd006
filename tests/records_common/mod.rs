//! Records put together by hand, byte by byte, from the tables of the standards.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses a part, and fails by panicking

pub(crate) mod text_records;
pub(crate) mod wrapped;

use biomatch::template::{Dialect, FingerprintRecord, Frame, Minutia, MinutiaKind, Reading};
use biomatch::units::{Angle, Length, Quality, Resolution};

/// Every record that says what it is, with its name.
pub(crate) fn all() -> Vec<(&'static str, Dialect, Vec<u8>)> {
    vec![
        ("iso2005", Dialect::Iso2005, iso2005()),
        ("iso2005_empty_view", Dialect::Iso2005, iso2005_empty_view()),
        ("iso2011", Dialect::Iso2011, iso2011()),
        ("iso2011_plain", Dialect::Iso2011, iso2011_plain()),
        ("ansi2004", Dialect::Ansi2004, ansi2004()),
        ("ansi2009", Dialect::Ansi2009, ansi2009()),
        ("ansi2009_am1", Dialect::Ansi2009Amendment1, ansi2009_am1()),
    ]
}

/// ISO/IEC 19794-2:2005: two fingers, vendor data with the second, unequal resolutions.
pub(crate) fn iso2005() -> Vec<u8> {
    [
        &b"FMR\0 20\0"[..],
        &[0, 0, 0, 68],                      // 0x08 record length
        &[0x81, 0x23],                       // 0x0C certification "Appendix F", device 0x123
        &[0x01, 0x2C],                       // 0x0E width 300
        &[0x01, 0x90],                       // 0x10 height 400
        &[0, 197],                           // 0x12 197 pixels a centimetre across
        &[0, 200],                           // 0x14 200 down
        &[2, 0],                             // 0x16 views, reserved
        &[2, 0x01, 80, 3],                   // 0x18 right index, view 0 rolled live, quality 80, 3 minutiae
        &[0x40, 0x64, 0x00, 0x0E, 80, 90],   // 0x1C ending at (100, 14), 80 units, quality 90
        &[0x81, 0x2B, 0x01, 0x8F, 255, 100], // 0x22 bifurcation at (299, 399), 255 units
        &[0x00, 0x00, 0x00, 0x00, 0, 0],     // 0x28 other at the origin, no quality
        &[0, 0],                             // 0x2E no extended data
        &[7, 0x00, 0, 1],                    // 0x30 left index, view 0 plain live, no quality, 1 minutia
        &[0x40, 0x01, 0x00, 0x02, 128, 1],   // 0x34 ending at (1, 2)
        &[0, 8],                             // 0x3A extended data
        &[0x01, 0x00, 0, 4, 1, 2, 3, 4],     // 0x3C vendor block, length without its header
    ]
    .concat()
}

/// ISO/IEC 19794-2:2005: one view without minutiae, 30 bytes.
pub(crate) fn iso2005_empty_view() -> Vec<u8> {
    [
        &b"FMR\0 20\0"[..],
        &[0, 0, 0, 30, 0, 0, 0x01, 0x2C, 0x01, 0x90, 0, 197, 0, 197, 1, 0],
        &[0, 0, 0, 0, 0, 0],
    ]
    .concat()
}

/// ANSI INCITS 378-2004 with the two byte length.
pub(crate) fn ansi2004() -> Vec<u8> {
    [
        &b"FMR\0 20\0"[..],
        &[0, 67],                              // 0x08 record length
        &[0, 0x42, 0, 0x11],                   // 0x0A product: owner 0x42, type 0x11
        &[0x00, 0xB5],                         // 0x0E device 0xB5
        &[0x02, 0x00, 0x02, 0x00],             // 0x10 512 by 512
        &[0, 197, 0, 197],                     // 0x14
        &[2, 0],                               // 0x18 views, reserved
        &[7, 0x00, 90, 2],                     // 0x1A left index
        &[0x40, 0x64, 0x00, 0x0E, 45, 90],     // 0x1E ending at (100, 14), 90 degrees
        &[0x80, 0x37, 0x00, 0x12, 179, 0],     // 0x24 bifurcation at (55, 18), 358 degrees
        &[0, 0],                               // 0x2A
        &[7, 0x12, 60, 0],                     // 0x2C left index again: view 1, not live, no minutiae
        &[0, 17],                              // 0x30 extended data
        &[0x00, 0x01, 0, 8, 1, 0, 1, 3],       // 0x32 ridge counts, length with its header
        &[0x00, 0x02, 0, 9, 0x01, 0, 9, 0, 9], // 0x3A one core, no angle
    ]
    .concat()
}

/// The same record with its length in the six byte form, which is for longer ones.
pub(crate) fn ansi2004_six_byte_length() -> Vec<u8> {
    let short = ansi2004();
    let long = short.len() as u8 + 4;
    [&short[..8], &[0, 0, 0, 0, 0, long], &short[10..]].concat()
}

/// ANSI INCITS 378-2009: a finger twice, each view with its own picture.
pub(crate) fn ansi2009() -> Vec<u8> {
    ansi2009_versioned(b"030\0", 2)
}

/// ANSI INCITS 378-2009/AM1: a position code that only the amendment has.
pub(crate) fn ansi2009_am1() -> Vec<u8> {
    ansi2009_versioned(b"035\0", 46)
}

fn ansi2009_versioned(version: &[u8; 4], position: u8) -> Vec<u8> {
    [
        &b"FMR\0"[..],
        version,
        &[0, 0, 0, 79],                            // 0x08 record length
        &[0, 0x42, 0, 0x11],                       // 0x0C product
        &[0x80, 0x12, 0x34],                       // 0x10 "Appendix F", device 0x1234
        &[2, 0],                                   // 0x13 views, reserved
        &[position, 0, 0, 90],                     // 0x15 position, view 0, live plain, quality 90
        &[0, 6, 0, 55],                            // quality algorithm
        &[0x02, 0x00, 0x01, 0x80, 0, 197, 0, 197], // 512 by 384
        &[2],
        &[0x40, 0x64, 0x00, 0x0E, 45, 254], // ending at (100, 14), 90 degrees, no quality
        &[0x81, 0xFF, 0x01, 0x7F, 1, 33],   // bifurcation at (511, 383), 2 degrees, quality 33
        &[0, 0],
        &[position, 1, 28, 254], // view 1, impression 28, quality not reported
        &[0, 0, 0, 0],
        &[0x01, 0x00, 0x01, 0x00, 0x01, 0x8A, 0x01, 0x8A], // 256 by 256 at 394
        &[0],
        &[0, 8, 0x01, 0x02, 0, 8, 9, 9, 9, 9], // vendor block, length with its header
    ]
    .concat()
}

/// ISO/IEC 19794-2:2011 with everything: time, two qualities, a certificate, six byte minutiae.
pub(crate) fn iso2011() -> Vec<u8> {
    let first = [
        &[0, 0, 0, 68][..],                            // representation length
        &[0x07, 0xD5, 12, 15, 17, 35, 20, 0x00, 0x2A], // 2005-12-15 17:35:20.042
        &[9],                                          // sensor technology
        &[0xAB, 0xCD, 0x12, 0x34],                     // device vendor and type
        &[2, 80, 0, 1, 0, 2, 70, 0, 3, 0, 4],          // two quality blocks
        &[1, 0x00, 0x07, 0x01],                        // one certificate
        &[2, 0],                                       // right index, view 0
        &[0, 197, 0, 200],
        &[24],                     // live contactless
        &[0x01, 0x2C, 0x01, 0x90], // 300 by 400
        &[0x61],                   // six bytes a minutia, endings at the skeleton's end
        &[2],
        &[0x40, 0x64, 0x00, 0x0E, 80, 90],
        &[0x81, 0x2B, 0x01, 0x8F, 255, 254],
        &[0, 8, 0x02, 0x21, 0, 8, 1, 2, 3, 4], // vendor block, length with its header
    ]
    .concat();
    let second = [
        &[0, 0, 0, 40][..],
        &[0xFF; 9],          // no time
        &[0, 0, 0, 0, 0, 0], // nothing known of the device, no quality blocks
        &[0],                // no certificates
        &[15, 0],            // both thumbs
        &[0, 197, 0, 197, 0],
        &[0x01, 0x2C, 0x01, 0x90, 0x50], // five bytes a minutia
        &[1],
        &[0x00, 0x05, 0x00, 0x06, 64],
        &[0, 0],
    ]
    .concat();
    let header = [&b"FMR\x00030\0"[..], &[0, 0, 0, 123, 0, 2, 1]].concat();
    [header, first, second].concat()
}

/// ISO/IEC 19794-2:2011 in its shortest form: one view, one minutia, nothing else.
pub(crate) fn iso2011_plain() -> Vec<u8> {
    [
        &b"FMR\x00030\0"[..],
        &[0, 0, 0, 54, 0, 1, 0],
        &[0, 0, 0, 39],
        &[0xFF; 9],
        &[0, 0, 0, 0, 0, 0],
        &[0, 0, 0, 197, 0, 197, 0],
        &[0x01, 0x2C, 0x01, 0x90, 0x50],
        &[1, 0x40, 0x0A, 0x00, 0x14, 128],
        &[0, 0],
    ]
    .concat()
}

/// A minutia from steps of 5 micrometres and 1/65,536ths of a turn.
pub(crate) fn minutia(x: u16, y: u16, angle: u16, kind: MinutiaKind, quality: u8) -> Minutia {
    let (x, y) = (Length::from_steps(x), Length::from_steps(y));
    Minutia::new(x, y, Angle::from_binary(angle), kind, Quality::new(quality))
}

pub(crate) fn resolution(pixels_per_centimetre: u16) -> Resolution {
    Resolution::from_pixels_per_centimetre(pixels_per_centimetre).unwrap()
}

pub(crate) fn frame(width: u16, height: u16) -> Frame {
    Frame::new(width, height, Resolution::DPI_500)
}

/// The one view of a record.
pub(crate) fn only_minutiae(record: &FingerprintRecord) -> &[Minutia] {
    assert_eq!(record.views.len(), 1);
    &record.views[0].minutiae
}

/// Reads every truncation of the bytes, and every change of one byte, both ways. None may panic, and
/// what reads exactly must read leniently, the same if nothing is to be warned of.
pub(crate) fn damage(bytes: &[u8]) {
    let read = |bytes: &[u8]| {
        let exact = FingerprintRecord::read(bytes, Reading::Exact);
        let lenient = FingerprintRecord::read(bytes, Reading::Lenient);
        if let Ok(exact) = exact {
            assert!(exact.warnings.is_empty());
            let lenient = lenient.unwrap();
            assert!(!lenient.warnings.is_empty() || lenient == exact);
        } else if let Err(error) = lenient {
            assert!(!error.to_string().is_empty());
        }
    };
    for length in 0..=bytes.len() {
        read(&bytes[..length]);
    }
    let mut changed = bytes.to_vec();
    for at in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            changed[at] = byte;
            read(&changed);
        }
        changed[at] = bytes[at];
    }
}
