//! A model's file: damage of every kind is an error that says what it is.
#![allow(clippy::unwrap_used)]

use biomatch::fingerprint::codes::{CodeModel, CodeModelError};

fn file() -> Vec<u8> {
    CodeModel::shipped().write()
}

/// Writes over bytes and makes the checksum fit.
fn edited(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    let end = file.len() - 4;
    let crc = crc32fast::hash(&file[..end]);
    file[end..].copy_from_slice(&crc.to_le_bytes());
    file
}

fn error(file: &[u8]) -> CodeModelError {
    CodeModel::read(file).unwrap_err()
}

#[test]
fn every_cut_is_an_error() {
    let file = file();
    let cuts = (0..64).chain((64..file.len()).step_by(997)).chain(file.len() - 40..file.len());
    for cut in cuts {
        let error = error(&file[..cut]);
        let expected = if cut < 16 {
            matches!(error, CodeModelError::Magic)
        } else {
            matches!(error, CodeModelError::Length { found, .. } if found == cut)
        };
        assert!(expected, "{cut}: {error}");
    }
    let mut longer = file.clone();
    longer.push(0);
    assert!(matches!(error(&longer), CodeModelError::Length { .. }));
}

#[test]
fn every_flipped_bit_is_an_error() {
    let whole = file();
    for offset in (0..48).chain((48..whole.len()).step_by(613)).chain(whole.len() - 8..whole.len()) {
        let mut damaged = whole.clone();
        damaged[offset] ^= 1 << (offset % 8);
        let error = error(&damaged);
        let expected = match offset {
            0..16 => matches!(error, CodeModelError::Magic),
            16..20 => matches!(error, CodeModelError::Version { .. }),
            20..32 | 40..48 => matches!(error, CodeModelError::Header { .. }),
            32..40 => matches!(error, CodeModelError::TooMany { .. } | CodeModelError::Length { .. }),
            _ => matches!(error, CodeModelError::Checksum),
        };
        assert!(expected, "{offset}: {error}");
    }
}

#[test]
fn what_no_trainer_writes_is_an_error_though_the_checksum_fits() {
    let thresholds = 48 + 312 * 128 * 4;
    let cohort = thresholds + 128 * 4;
    let finger = 2 * 256 + 160 + 4;
    let note = cohort + 32 * finger;
    for (offset, number) in [(48, f32::NAN), (52, f32::INFINITY), (thresholds, -2.0e9)] {
        let found = error(&edited(offset, &number.to_le_bytes()));
        assert_eq!(found, CodeModelError::Number { offset });
    }
    // No minutiae, more than slots, something in the reserved bytes, and directions that descend.
    for (at, bytes) in [(672, &[0][..]), (672, &[33]), (673, &[1]), (640, &[255, 0])] {
        let found = error(&edited(cohort + finger + at, bytes));
        assert_eq!(found, CodeModelError::Cohort { offset: cohort + finger });
    }
    assert_eq!(error(&edited(note, &[0xff])), CodeModelError::Note { offset: note });
    let huge = error(&edited(32, &u32::MAX.to_le_bytes()));
    assert!(matches!(huge, CodeModelError::TooMany { offset: 32, found: u32::MAX, .. }));
}

#[test]
fn another_model_has_another_name() {
    let shipped = CodeModel::shipped();
    // The last bit of a threshold.
    let offset = 48 + 312 * 128 * 4;
    let [first, rest @ ..]: [u8; 4] = file()[offset..offset + 4].try_into().unwrap();
    let other = CodeModel::read(&edited(offset, &[first ^ 1, rest[0], rest[1], rest[2]])).unwrap();
    assert_ne!(other.id(), shipped.id());
    assert_eq!(CodeModel::read(&other.write()).unwrap().id(), other.id());
}
