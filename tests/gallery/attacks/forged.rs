//! F19, F20: segments with right checksums and values that cannot be. Offsets are those of
//! `docs/gallery-format.md`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use biomatch::gallery::{Gallery, NewReference, verify_in};
use biomatch::storage::Memory;

use super::{manual, name_of};
use crate::gallery_support::*;

const METAS: u32 = 1;
const MINUTIA_OFFSETS: u32 = 2;
const MINUTIAE: u32 = 3;
const CYLINDER_OFFSETS: u32 = 4;
const CYLINDERS: u32 = 5;
const VECTORS: u32 = 6;
/// Bytes of the meta of a row, and where in it the checksum of the record is.
const META: usize = 40;
const META_CRC: Range<usize> = 32..36;

fn u64_at(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

fn entries(segment: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let count = u32::from_le_bytes(segment[76..80].try_into().unwrap()) as usize;
    (0..count).map(|n| 248 + 32 * n)
}

fn section(segment: &[u8], id: u32) -> Range<usize> {
    let entry = entries(segment).find(|&at| segment[at..at + 4] == id.to_le_bytes()).unwrap();
    let start = u64_at(segment, entry + 8);
    start..start + u64_at(segment, entry + 16)
}

/// The bytes of a row in a column of changing lengths, whose items have `size` bytes.
fn slice(segment: &[u8], (offsets, items): (u32, u32), row: usize) -> Range<usize> {
    let (offsets, items) = (section(segment, offsets), section(segment, items));
    let at = |row: usize| u64_at(segment, offsets.start + 8 * row);
    let rows = offsets.len() / 8 - 1;
    let size = items.len() / at(rows).max(1);
    items.start + at(row) * size..items.start + at(row + 1) * size
}

/// Changes a segment, and makes every checksum fit: of the record of `row`, of sections, header and footer, of
/// the manifest and of CURRENT.
fn forge(
    files: &BTreeMap<String, Vec<u8>>,
    part: &str,
    row: usize,
    change: impl FnOnce(&mut [u8]),
) -> BTreeMap<String, Vec<u8>> {
    let mut files = files.clone();
    let name = name_of(&files, part);
    let segment = files.get_mut(&name).unwrap();
    let old = segment[segment.len() - 64..].to_vec();
    change(segment);
    let meta = section(segment, METAS).start + META * row;
    segment[meta + META_CRC.start..meta + META_CRC.end].fill(0);
    let mut record = crc32fast::Hasher::new();
    record.update(&segment[meta..meta + META]);
    if part == ".face" {
        let vectors = section(segment, VECTORS);
        let stride = vectors.len() / u64_at(segment, 56);
        record.update(&segment[vectors.start + stride * row..][..stride]);
    } else {
        record.update(&segment[slice(segment, (MINUTIA_OFFSETS, MINUTIAE), row)]);
        record.update(&segment[slice(segment, (CYLINDER_OFFSETS, CYLINDERS), row)]);
    }
    segment[meta + META_CRC.start..meta + META_CRC.end].copy_from_slice(&record.finalize().to_le_bytes());
    for entry in entries(segment) {
        let (offset, length) = (u64_at(segment, entry + 8), u64_at(segment, entry + 16));
        let crc = crc32fast::hash(&segment[offset..offset + length]);
        segment[entry + 4..entry + 8].copy_from_slice(&crc.to_le_bytes());
    }
    let crc = crc32fast::hash(&segment[..4092]);
    segment[4092..4096].copy_from_slice(&crc.to_le_bytes());
    let footer = segment.len() - 64;
    let mut digest = blake3::Hasher::new();
    digest.update(&segment[4096..footer]);
    digest.update(&segment[..4096]);
    let digest = *digest.finalize().as_bytes();
    segment[footer + 24..footer + 56].copy_from_slice(&digest);
    let crc = crc32fast::hash(&segment[footer..footer + 60]);
    segment[footer + 60..].copy_from_slice(&crc.to_le_bytes());
    let name = name_of(&files, "manifest-");
    let manifest = files.get_mut(&name).unwrap();
    let at = manifest.windows(32).position(|window| *window == old[24..56]).unwrap();
    manifest[at..at + 32].copy_from_slice(&digest);
    let end = manifest.len() - 4;
    let crc = crc32fast::hash(&manifest[..end]);
    manifest[end..].copy_from_slice(&crc.to_le_bytes());
    let line = format!("biomatch gallery 3 {name} {}\n", blake3::hash(manifest).to_hex());
    files.insert("CURRENT".into(), line.into_bytes());
    files
}

fn files() -> BTreeMap<String, Vec<u8>> {
    let memory = Memory::new();
    let gallery = Gallery::create_in(Arc::new(memory.clone()), manual()).unwrap();
    let writer = gallery.writer().unwrap();
    for who in 0..5 {
        // So many minutiae that there are cylinders.
        let finger = NewReference::finger(template(who, 40));
        writer.add(citizen(who), &[finger, face(&model("m"), who, 16)]).unwrap();
    }
    writer.flush().unwrap();
    memory.files()
}

#[test]
fn a_forgery_that_changes_nothing_is_sound() {
    let files = files();
    for part in [".face", ".finger"] {
        let memory = Memory::with(forge(&files, part, 2, |_| {}));
        assert_eq!(memory.files(), files, "{part}: every checksum is where it is thought to be");
    }
}

#[test]
fn vectors_that_cannot_be_are_errors_and_never_scores() {
    let files = files();
    type Change = fn(usize, f32) -> f32;
    let changes: [(&str, Change); 9] = [
        ("NaN", |_, _| f32::NAN),
        ("one NaN", |index, x| if index == 7 { f32::NAN } else { x }),
        ("infinite", |_, _| f32::INFINITY),
        ("one infinite", |index, x| if index == 0 { f32::NEG_INFINITY } else { x }),
        ("zeros", |_, _| 0.0),
        ("37 times as long", |_, x| x * 37.0),
        ("a hundredth longer", |_, x| x * 1.01),
        ("huge", |_, _| 1e30),
        ("tiny", |_, x| x * 1e-30),
    ];
    for (what, change) in changes {
        for row in [0, 4] {
            let forged = forge(&files, ".face", row, |segment| {
                let vectors = section(segment, VECTORS);
                let stride = vectors.len() / u64_at(segment, 56);
                let vector = &mut segment[vectors.start + stride * row..][..4 * 16];
                for (index, number) in vector.chunks_exact_mut(4).enumerate() {
                    let x = f32::from_le_bytes((&*number).try_into().unwrap());
                    number.copy_from_slice(&change(index, x).to_le_bytes());
                }
            });
            let memory = Memory::with(forged);
            let gallery = Gallery::open_in(Arc::new(memory.clone()), manual()).unwrap();
            for compacted in [false, true] {
                let report = verify_in(Arc::new(memory.clone())).unwrap();
                assert!(!report.is_sound(), "{what}, row {row}, {compacted}");
                let snapshot = gallery.snapshot().unwrap();
                let (mut good, mut wrong) = (0, 0);
                for who in 0..5 {
                    let Some(view) = snapshot.citizen(citizen(who)).unwrap() else { continue };
                    match snapshot.face(view.faces[0].location) {
                        Ok(face) => {
                            let square: f32 = face.vector.iter().map(|x| x * x).sum();
                            assert!((square - 1.0).abs() < 1e-4, "{what}");
                            good += 1;
                        }
                        Err(error) => {
                            assert!(error.damage().is_some(), "{what}");
                            wrong += 1;
                        }
                    }
                }
                assert_eq!((good, wrong), (if compacted { 3 } else { 4 }, 1), "{what}, row {row}");
                if !compacted {
                    let writer = gallery.writer().unwrap();
                    writer.delete(citizen(2)).unwrap();
                    writer.compact().unwrap();
                }
            }
        }
    }
}

#[test]
fn cylinders_that_are_not_those_of_the_minutiae_are_found() {
    let files = files();
    type Change = fn(&mut [u8], &[u8]);
    let changes: [(&str, Change); 4] = [
        ("a bit", |own, _| own[own.len() / 2] ^= 1),
        ("zeros", |own, _| own.fill(0)),
        ("ones", |own, _| own.fill(0xff)),
        ("those of another", |own, other| {
            let length = own.len().min(other.len());
            own[..length].copy_from_slice(&other[..length]);
        }),
    ];
    for (what, change) in changes {
        for row in [0, 3] {
            let forged = forge(&files, ".finger", row, |segment| {
                let own = slice(segment, (CYLINDER_OFFSETS, CYLINDERS), row);
                let other = segment[slice(segment, (CYLINDER_OFFSETS, CYLINDERS), 1)].to_vec();
                change(&mut segment[own], &other);
            });
            assert_ne!(forged, files, "{what}");
            let report = verify_in(Arc::new(Memory::with(forged))).unwrap();
            let told = report.problems.iter().any(|damage| damage.to_string().contains("the cylinders"));
            assert!(told, "{what}, row {row}: {:?}", report.problems);
        }
    }
}
