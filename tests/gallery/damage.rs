//! Damage: every flipped bit is found by `verify`, and whatever the bytes are, opening and scanning
//! neither panics nor reads outside the files, nor calls an enrolled citizen unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::gallery_support::*;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, RequestId, verify, verify_in};
use biomatch::storage::Memory;

const CITIZENS: u64 = 12;

/// A gallery with every kind of file in it.
fn files() -> BTreeMap<String, Vec<u8>> {
    let memory = Memory::new();
    let gallery = Gallery::create_in(Arc::new(memory.clone()), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    for c in 0..CITIZENS {
        writer.add(citizen(c), &[finger(c), finger(c + 100), face(&model("m"), c, 24)]).unwrap();
    }
    let request = RequestId::new([7; 16]);
    writer.add_request(citizen(0), &[face(&model("n"), 0, 8)], request).unwrap();
    let extra = writer.add(citizen(1), &[finger(300)]).unwrap();
    writer.flush().unwrap();
    writer.remove(citizen(1), extra[0]).unwrap();
    writer.set_status(citizen(2), LOCKED).unwrap();
    writer.flush().unwrap();
    writer.add(citizen(0), &[finger(200), face(&model("m"), 200, 24)]).unwrap();
    writer.commit().unwrap();
    writer.set_status(citizen(3), LOCKED).unwrap();
    writer.commit().unwrap();
    drop(writer);
    // It says which process had the lock last, which is for messages only.
    memory.overwrite("LOCK", &[]);
    memory.files()
}

/// Opens and reads everything as a search would; gives whether every citizen was seen or denied with
/// an error.
fn open_and_scan(memory: &Memory) -> Result<(), GalleryError> {
    let gallery = Gallery::open_in(Arc::new(memory.clone()), GalleryOptions::default())?;
    let snapshot = gallery.snapshot()?;
    let features = FingerFeatures::new(&minutiae(1, 6));
    let probe = FingerProbe::new(features.view());
    let mut scratch = Scratch::default();
    let mut worst = Ok(());
    for block in snapshot.finger_blocks() {
        for row in 0..block.len() {
            let _ = (block.meta(row).subject(), block.is_live(row), block.location(row));
            match block.finger(row) {
                Ok(view) => {
                    let _score = probe.compare(view, &mut scratch);
                }
                Err(error) => worst = Err(error),
            }
        }
    }
    for model in [model("m"), model("n")] {
        for block in snapshot.face_blocks(&model) {
            for row in 0..block.len() {
                let _sum: f32 = block.vector(row)?.iter().sum();
            }
        }
    }
    for c in 0..CITIZENS {
        match snapshot.citizen(citizen(c)) {
            Ok(found) => assert!(found.is_some(), "an enrolled citizen is called unknown"),
            Err(error) => worst = Err(error),
        }
    }
    contents(&snapshot)?;
    worst
}

fn flip(files: &BTreeMap<String, Vec<u8>>, name: &str, bit: u64) -> Memory {
    let mut files = files.clone();
    files.get_mut(name).unwrap()[(bit / 8) as usize] ^= 1 << (bit % 8);
    Memory::with(files)
}

#[test]
fn every_flipped_bit_is_found() {
    let files = files();
    let kinds = ["CURRENT", "WITNESS", "manifest-", "tombstones-", "requests-", "wal-", ".finger", ".face"];
    assert!(kinds.iter().all(|kind| files.keys().any(|name| name.contains(kind))), "{:?}", files.keys());
    assert!(verify_in(Arc::new(Memory::with(files.clone()))).unwrap().is_sound());
    open_and_scan(&Memory::with(files.clone())).unwrap();
    let mut random = Random::new(1);
    let names: Vec<_> = files.iter().filter(|(_, bytes)| !bytes.is_empty()).map(|(name, _)| name).collect();
    let total: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
    let mut place = |n| {
        // Half over all bytes, half over all files, so that the small ones get their share.
        let (name, byte) = if n % 2 == 0 {
            let mut at = random.below(total);
            let mut file = files.iter();
            loop {
                let (name, bytes) = file.next().unwrap();
                if at < bytes.len() as u64 {
                    break (name, at);
                }
                at -= bytes.len() as u64;
            }
        } else {
            let name = names[random.below(names.len() as u64) as usize];
            (name, random.below(files[name].len() as u64))
        };
        (name, byte * 8 + random.below(8))
    };
    let places: Vec<_> = (0..2000).map(&mut place).collect();
    in_threads(&places, |(name, bit)| {
        let damaged = flip(&files, name, *bit);
        let report = verify_in(Arc::new(damaged.clone())).unwrap();
        assert!(!report.is_sound(), "bit {bit} of {name} is not noticed");
        let _ = open_and_scan(&damaged);
    });
}

#[test]
fn every_file_is_missed() {
    let files = files();
    for name in files.keys().filter(|name| *name != "LOCK") {
        let mut rest = files.clone();
        rest.remove(name);
        let memory = Memory::with(rest);
        match verify_in(Arc::new(memory.clone())) {
            Ok(report) => assert!(!report.is_sound(), "{name}"),
            Err(error) => assert!(matches!(error, GalleryError::Remains { .. }), "{name}: {error}"),
        }
        match Gallery::open_in(Arc::new(memory), GalleryOptions::default()) {
            // The requests are for the writer only.
            Ok(gallery) => assert!(name.starts_with("requests-") && gallery.writer().is_err(), "{name}"),
            Err(_) => assert!(!name.starts_with("requests-"), "{name}"),
        }
    }
}

#[test]
fn every_truncation_is_found() {
    let files = files();
    let mut random = Random::new(2);
    for (name, bytes) in files.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let lengths: Vec<_> = if bytes.len() < 2000 {
            (0..bytes.len()).collect()
        } else {
            (0..100).map(|_| random.below(bytes.len() as u64) as usize).collect()
        };
        for length in lengths {
            let mut cut = files.clone();
            cut.get_mut(name).unwrap().truncate(length);
            let memory = Memory::with(cut);
            let report = verify_in(Arc::new(memory.clone())).unwrap();
            assert!(!report.is_sound(), "{name} cut to {length}");
            let opened = open_and_scan(&memory);
            // The requests are for the writer only.
            if name.starts_with("requests-") {
                let gallery = Gallery::open_in(Arc::new(memory), GalleryOptions::default()).unwrap();
                assert!(gallery.writer().is_err(), "{name} cut to {length}");
            } else {
                assert!(opened.is_err(), "{name} cut to {length}");
            }
        }
    }
}

#[test]
fn what_was_acknowledged_is_damage_when_it_is_wrong_and_never_a_torn_end() {
    let files = files();
    let name = files.keys().find(|name| name.starts_with("wal-")).unwrap().clone();
    let log = &files[&name];
    let refused = |memory: Memory| {
        let error = Gallery::open_in(Arc::new(memory.clone()), GalleryOptions::default()).unwrap_err();
        assert!(!verify_in(Arc::new(memory.clone())).unwrap().is_sound());
        // No reader and no writer makes it look well.
        assert_eq!(memory.files().get(&name), memory.clone().files().get(&name));
        assert!(Gallery::open_in(Arc::new(memory), GalleryOptions::default()).is_err());
        error
    };
    // The first record's body.
    let error = refused(flip(&files, &name, (128 + 40) * 8));
    assert!(matches!(error.damage(), Some(damage) if damage.offset == 128), "{error}");
    // The end of the last batch, and a whole lost sector.
    for lost in [1, 8, 40, 144] {
        let mut zeros = files.clone();
        let bytes = zeros.get_mut(&name).unwrap();
        let end = bytes.len();
        bytes[end - lost..].fill(0);
        let error = refused(Memory::with(zeros));
        assert!(error.damage().is_some(), "{lost}: {error}");
    }
    // The log of an earlier moment, whole in itself.
    let batches = [128, log.len() - 100];
    for length in batches {
        let mut cut = files.clone();
        cut.get_mut(&name).unwrap().truncate(length);
        let error = refused(Memory::with(cut));
        assert!(error.damage().is_some(), "{length}: {error}");
    }
}

#[test]
fn bytes_behind_what_was_acknowledged_are_kept_aside() {
    let files = files();
    let name = files.keys().find(|name| name.starts_with("wal-")).unwrap().clone();
    let mut longer = files.clone();
    longer.get_mut(&name).unwrap().extend([0x5a; 100]);
    let memory = Memory::with(longer.clone());
    let report = verify_in(Arc::new(memory.clone())).unwrap();
    assert!(report.is_sound() && report.unacknowledged_bytes == 100);
    let gallery = Gallery::open_in(Arc::new(memory.clone()), GalleryOptions::default()).unwrap();
    let before = contents(&gallery.snapshot().unwrap()).unwrap();
    assert_eq!(memory.files(), longer, "a reader writes nothing");
    let writer = gallery.writer().unwrap();
    let recovery = writer.recovery().clone();
    assert_eq!((recovery.cut_bytes, recovery.set_aside.len()), (100, 1), "{recovery:?}");
    assert!(recovery.torn.is_some());
    assert_eq!(memory.files()[&recovery.set_aside[0]], longer[&name]);
    assert_eq!(contents(&gallery.snapshot().unwrap()).unwrap(), before);
    let report = verify_in(Arc::new(memory.clone())).unwrap();
    assert!(report.is_sound() && report.set_aside == recovery.set_aside);
    assert_eq!(writer.discard_set_aside().unwrap(), recovery.set_aside);
    assert!(memory.files().keys().all(|name| !name.starts_with("aside-")));
}

#[test]
fn flips_in_mapped_files_are_found_too() {
    let files = files();
    let mut random = Random::new(3);
    for name in files.keys().filter(|name| name.starts_with("seg-")) {
        for _ in 0..20 {
            let directory = tempfile::tempdir().unwrap();
            let bit = random.below(files[name].len() as u64 * 8);
            for (name, bytes) in flip(&files, name, bit).files() {
                std::fs::write(directory.path().join(name), bytes).unwrap();
            }
            assert!(!verify(directory.path()).unwrap().is_sound());
            if let Ok(gallery) = Gallery::open(directory.path(), GalleryOptions::default()) {
                let snapshot = gallery.snapshot().unwrap();
                for block in snapshot.finger_blocks() {
                    (0..block.len()).for_each(|row| drop(block.finger(row)));
                }
                let _ = contents(&snapshot);
            }
        }
    }
}

#[test]
fn opening_costs_by_segments_and_not_by_references() {
    let reads = |citizens: u64| {
        let memory = Memory::new();
        let gallery = Gallery::create_in(Arc::new(memory.clone()), GalleryOptions::default()).unwrap();
        let writer = gallery.writer().unwrap();
        for c in 0..citizens {
            writer.add(citizen(c), &[finger(c), face(&model("m"), c, 8)]).unwrap();
        }
        writer.flush().unwrap();
        drop((writer, gallery));
        let before = memory.reads();
        let gallery = Gallery::open_in(Arc::new(memory.clone()), GalleryOptions::default()).unwrap();
        assert_eq!(gallery.snapshot().unwrap().finger_count(), citizens as usize);
        memory.reads() - before
    };
    assert_eq!(reads(5), reads(500));
}
