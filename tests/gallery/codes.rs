//! Codes of fingers in a gallery: of another model, of none (the first version of segments), and damaged.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use crate::gallery_support::*;
use crate::segment_edit::*;
use biomatch::fingerprint::codes::CodeModel;
use biomatch::fingerprint::{FingerFeatures, FingerProbe};
use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, Maintenance, Snapshot, verify, verify_with};
use biomatch::search::{
    Cascade, Effort, FingerQuery, Found, Keep, Search, Share, identify_fingers, identify_person,
};
use biomatch::template::FingerPosition;

const CITIZENS: u64 = 30;

/// A model that makes other codes.
fn other_model() -> Arc<CodeModel> {
    const HEADER: usize = 48;
    let mut bytes = CodeModel::shipped().write();
    for number in bytes[HEADER..].chunks_exact_mut(4).take(2_000) {
        number[3] ^= 0x80;
    }
    let end = bytes.len() - 4;
    let crc = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
    Arc::new(CodeModel::read(&bytes).unwrap())
}

fn options(model: &Arc<CodeModel>) -> GalleryOptions {
    GalleryOptions::default().code_model(model.clone())
}

fn create(directory: &Path) -> Gallery {
    let gallery = Gallery::create(directory, GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    for c in 0..CITIZENS {
        writer.add(citizen(c), &[finger_of(c)]).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    gallery
}

fn finger_of(c: u64) -> biomatch::gallery::NewReference {
    biomatch::gallery::NewReference::finger(template(c, 20))
}

/// A search that keeps a third in each stage.
fn search(snapshot: &Snapshot, effort: Effort) -> Found {
    let features = FingerFeatures::new(&minutiae(7, 20));
    let probe = FingerProbe::new(features.view());
    let query = FingerQuery { probe: &probe, position: FingerPosition::Unknown };
    let search = Search::top(NonZeroUsize::new(3).unwrap()).effort(effort);
    // Of damaged codes nothing is asked but that nobody panics.
    let _ = identify_person(snapshot, &[query, query], &search).unwrap();
    identify_fingers(snapshot, &[query], &search).unwrap().remove(0)
}

fn thirds() -> Effort {
    let third = Keep::new(Share::new(0.34).unwrap(), 1);
    Effort::Custom(Cascade { coarse: third, fine: third, relaxed: Keep::new(Share::new(0.1).unwrap(), 1) })
}

fn coded(snapshot: &Snapshot) -> bool {
    snapshot.finger_blocks().iter().all(|block| block.codes(snapshot.code_model().id()).is_some())
}

#[test]
fn codes_of_another_model_are_not_compared_and_made_again() {
    let directory = tempfile::tempdir().unwrap();
    drop(create(directory.path()));
    let other = other_model();
    let mut runs = [GalleryOptions::default(), options(&other), GalleryOptions::default()].into_iter();
    let shipped = runs.next().unwrap();
    let gallery = Gallery::open(directory.path(), shipped.clone()).unwrap();
    let snapshot = gallery.snapshot().unwrap();
    let before = contents(&snapshot).unwrap();
    let cascade = search(&snapshot, thirds());
    assert!(!cascade.is_exhaustive() && cascade.seen.full < 10, "{:?}", cascade.seen);
    assert_eq!(cascade.seen.coarse, CITIZENS);
    assert_eq!((cascade.hits[0].citizen, cascade.compared), (citizen(7), CITIZENS));

    let mut last = shipped;
    for next in runs {
        let refused = Gallery::open(directory.path(), next.clone()).unwrap_err();
        let text = refused.to_string();
        assert!(matches!(refused, GalleryError::CodeModel { .. }), "{text}");
        for model in [&next, &last] {
            assert!(text.contains(&model.code_model.id().to_string()), "it names both: {text}");
        }
        assert!(verify_with(directory.path(), &next).unwrap().is_sound(), "of another model is not damaged");

        Gallery::upgrade(directory.path(), &next).unwrap();
        let gallery = Gallery::open(directory.path(), next.clone()).unwrap();
        let snapshot = gallery.snapshot().unwrap();
        assert!(coded(&snapshot));
        assert!(!search(&snapshot, thirds()).is_exhaustive());
        assert_eq!(search(&snapshot, thirds()).hits[0].citizen, citizen(7));
        assert_eq!(contents(&snapshot).unwrap(), before);
        assert!(verify_with(directory.path(), &next).unwrap().is_sound());
        assert!(verify_with(directory.path(), &last).unwrap().is_sound());
        last = next;
    }
}

#[test]
fn rows_in_memory_have_codes_and_keep_them() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = create(directory.path());
    let writer = gallery.writer().unwrap();
    for c in CITIZENS..CITIZENS + 10 {
        writer.add(citizen(c), &[finger_of(c)]).unwrap();
        writer.commit().unwrap();
    }
    let snapshot = gallery.snapshot().unwrap();
    assert!(coded(&snapshot) && snapshot.finger_blocks().len() > 1);
    let found = search(&snapshot, thirds());
    assert_eq!((found.compared, found.seen.coarse), (CITIZENS + 10, CITIZENS + 10));
    writer.delete(citizen(3)).unwrap();
    writer.compact().unwrap();
    let snapshot = gallery.snapshot().unwrap();
    assert!(coded(&snapshot) && snapshot.finger_blocks().len() == 1);
    assert_eq!(search(&snapshot, thirds()).seen.coarse, CITIZENS + 9);
    assert!(verify(directory.path()).unwrap().is_sound());
}

#[test]
fn segments_of_the_first_version_are_searched_in_full_and_get_codes() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1/settled");
    for entry in std::fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let options = GalleryOptions::default().maintenance(Maintenance::Inline);
    let gallery = Gallery::open(folder.path(), options).unwrap();
    let snapshot = gallery.snapshot().unwrap();
    let before = contents(&snapshot).unwrap();
    assert!(!coded(&snapshot));
    let all = search(&snapshot, Effort::Exhaustive).hits;
    let found = search(&snapshot, thirds());
    assert!(found.seen.full as usize >= snapshot.finger_blocks()[0].live(), "without codes in full");
    drop(gallery.writer().unwrap());
    let snapshot = gallery.snapshot().unwrap();
    assert!(coded(&snapshot) && !search(&snapshot, thirds()).is_exhaustive());
    assert_eq!(search(&snapshot, Effort::Exhaustive).hits.len(), all.len());
    assert_eq!(contents(&snapshot).unwrap(), before);
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn codes_that_are_not_those_of_the_minutiae_are_found() {
    // Each column in turn: its checksum fits, what is in it does not.
    for section in 5..11 {
        let directory = tempfile::tempdir().unwrap();
        drop(create(directory.path()));
        edit(directory.path(), |segment| {
            let offset = u64_at(segment, 248 + 32 * section + 8) as usize;
            segment[offset + 1] ^= 1;
        });
        let report = verify(directory.path()).unwrap();
        let problem = report.problems.first().expect("found").to_string();
        assert!(problem.contains("the codes of its minutiae"), "{problem}");
        let gallery = Gallery::open(directory.path(), GalleryOptions::default()).unwrap();
        let _ = search(&gallery.snapshot().unwrap(), thirds());
    }
}

#[test]
fn damaged_codes_are_made_again_when_rows_are_copied() {
    let directory = tempfile::tempdir().unwrap();
    drop(create(directory.path()));
    let path = find(directory.path(), ".finger");
    let mut segment = std::fs::read(&path).unwrap();
    for section in 5..11 {
        let entry = 248 + 32 * section;
        let (offset, length) = (u64_at(&segment, entry + 8) as usize, u64_at(&segment, entry + 16) as usize);
        segment[offset..offset + length].fill(0xff);
    }
    replace(&path, &segment);
    assert!(!verify(directory.path()).unwrap().is_sound());
    let gallery = Gallery::open(directory.path(), GalleryOptions::default()).unwrap();
    let _ = search(&gallery.snapshot().unwrap(), thirds());
    let writer = gallery.writer().unwrap();
    writer.delete(citizen(0)).unwrap();
    writer.compact().unwrap();
    assert!(verify(directory.path()).unwrap().is_sound());
    assert_eq!(search(&gallery.snapshot().unwrap(), thirds()).hits[0].citizen, citizen(7));
}
