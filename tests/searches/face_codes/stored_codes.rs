//! Codes in segments: of versions that had none, and codes that lie.

use std::sync::Arc;

use biomatch::face::FaceProbe;
use biomatch::gallery::{Gallery, GalleryOptions, Maintenance, Snapshot, verify_in};
use biomatch::storage::Memory;

use super::{Essence, check, enrol, faces, model, probes};

/// Takes codes and signs, which come last, out of every segment of faces, as the version without them wrote
/// it; or puts whole codes of this dimension in their place, as the next version did. Written from
/// `docs/gallery-format.md`.
fn without_codes(memory: &Memory, whole: Option<usize>) -> Memory {
    let mut files = memory.files();
    let put = |bytes: &mut [u8], at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    let u64_at = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let manifest_name = files.keys().find(|name| name.starts_with("manifest-")).unwrap().clone();
    let mut manifest = files[&manifest_name].clone();
    for (name, bytes) in files.iter_mut().filter(|(name, _)| name.ends_with(".face")) {
        let third = 248 + 2 * 32;
        assert_eq!([bytes[third], bytes[third + 32]], [16, 17], "codes and signs");
        let codes = u64_at(bytes, third + 8) as usize;
        let footer = bytes.split_off(bytes.len() - 64);
        bytes.truncate(codes);
        put(bytes, 76, &2_u32.to_le_bytes());
        put(bytes, third, &[0; 64]);
        if let Some(dimension) = whole {
            let old =
                vec![0x5a; (u64_at(bytes, 56) as usize).div_ceil(16) * (2 + dimension.div_ceil(4)) * 64];
            put(bytes, 76, &3_u32.to_le_bytes());
            put(bytes, third, &7_u32.to_le_bytes());
            put(bytes, third + 4, &crc32fast::hash(&old).to_le_bytes());
            put(bytes, third + 8, &(codes as u64).to_le_bytes());
            put(bytes, third + 16, &(old.len() as u64).to_le_bytes());
            bytes.extend(old);
            bytes.resize(bytes.len().next_multiple_of(4096), 0);
        }
        let end = bytes.len();
        bytes.extend(footer);
        let length = bytes.len() as u64;
        put(bytes, 64, &length.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..4092]);
        put(bytes, 4092, &crc.to_le_bytes());
        let mut digest = blake3::Hasher::new();
        digest.update(&bytes[4096..end]).update(&bytes[..4096]);
        let digest = *digest.finalize().as_bytes();
        put(bytes, end + 16, &length.to_le_bytes());
        put(bytes, end + 24, &digest);
        let crc = crc32fast::hash(&bytes[end..end + 60]);
        put(bytes, end + 60, &crc.to_le_bytes());
        let number: u64 = name[4..10].parse().unwrap();
        let at = (320..manifest.len() - 4).step_by(64).find(|&at| u64_at(&manifest, at) == number).unwrap();
        put(&mut manifest, at + 24, &length.to_le_bytes());
        put(&mut manifest, at + 32, &digest);
    }
    let end = manifest.len() - 4;
    let crc = crc32fast::hash(&manifest[..end]);
    put(&mut manifest, end, &crc.to_le_bytes());
    let current = format!("biomatch gallery 3 {manifest_name} {}\n", blake3::hash(&manifest).to_hex());
    files.insert("CURRENT".into(), current.into_bytes());
    files.insert(manifest_name, manifest);
    Memory::with(files)
}

#[test]
fn segments_without_codes_open_and_get_them_from_a_writer() {
    let faces = faces(700, 40);
    let memory = Memory::new();
    let gallery =
        Gallery::create_in(Arc::new(memory.clone()), GalleryOptions::default().flush_at(1)).unwrap();
    enrol(&gallery, &faces, 200);
    let probes = probes(&faces);
    let expected = check(&gallery.snapshot().unwrap(), &probes, 466);
    // So that the manifest names all segments, and the log none.
    gallery.writer().unwrap().flush().unwrap();
    drop(gallery);

    for old in [without_codes(&memory, None), without_codes(&memory, Some(40))] {
        check_old(&old, &probes, &expected);
    }
}

fn check_old(old: &Memory, probes: &[FaceProbe], expected: &[Vec<Essence>]) {
    assert!(verify_in(Arc::new(old.clone())).unwrap().is_sound());
    let has_codes = |snapshot: &Snapshot| -> Vec<bool> {
        snapshot.face_blocks(&model()).iter().map(|block| block.codes().is_some()).collect()
    };
    let options = GalleryOptions::default().maintenance(Maintenance::Inline);
    let gallery = Gallery::open_in(Arc::new(old.clone()), options).unwrap();
    let snapshot = gallery.snapshot().unwrap();
    assert!(has_codes(&snapshot).iter().all(|&has| !has));
    assert_eq!(check(&snapshot, probes, 466), expected);

    drop(gallery.writer().unwrap());
    let snapshot = gallery.snapshot().unwrap();
    assert!(has_codes(&snapshot).iter().all(|&has| has));
    assert_eq!(check(&snapshot, probes, 466), expected);
    assert!(verify_in(Arc::new(old.clone())).unwrap().is_sound());
}

#[test]
fn a_code_that_lies_is_found_by_verify() {
    let memory = Memory::new();
    let gallery =
        Gallery::create_in(Arc::new(memory.clone()), GalleryOptions::default().flush_at(1)).unwrap();
    enrol(&gallery, &faces(60, 24), 10_000);
    drop(gallery);
    let sound = memory.files();
    let name = sound.keys().find(|name| name.ends_with(".face")).unwrap();
    let codes = u64::from_le_bytes(sound[name][248 + 72..248 + 80].try_into().unwrap()) as usize;
    // Of the first row: scale, error of the high nibbles, these of the first and of the last dimension;
    // error, low nibbles of the last dimension. Blocks of the high plane have five lines.
    let rows = u64::from_le_bytes(sound[name][56..64].try_into().unwrap()) as usize;
    let low = rows.div_ceil(16) * 5 * 64;
    for byte in [3, 67, 128, 128 + 2 * 64 + 3, low + 3, low + 3 * 64 + 3] {
        let mut files = sound.clone();
        files.get_mut(name).unwrap()[codes + byte] ^= 0x10;
        let report = verify_in(Arc::new(Memory::with(files))).unwrap();
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        let lies = problems.iter().any(|problem| problem.contains("codes whose error is that of the vector"));
        assert!(lies, "byte {byte}: {problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("a section that fits its checksum")));
    }
    let signs = u64::from_le_bytes(sound[name][248 + 104..248 + 112].try_into().unwrap()) as usize;
    let mut files = sound.clone();
    files.get_mut(name).unwrap()[signs] ^= 0x10;
    let report = verify_in(Arc::new(Memory::with(files))).unwrap();
    assert!(report.problems.iter().any(|problem| problem.to_string().contains("the signs of the vector")));
}
