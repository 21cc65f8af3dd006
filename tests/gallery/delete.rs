//! Deletion is a duty: after a compaction no byte of what was deleted is in any file.

use std::path::Path;

use crate::gallery_support::*;
use biomatch::fingerprint::FingerFeatures;
use biomatch::gallery::{Gallery, GalleryOptions};

/// How often any of the needles is in any file.
fn count(directory: &Path, needles: &[Vec<u8>]) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for needle in needles {
            count += bytes.windows(needle.len()).filter(|window| window == needle).count();
        }
    }
    count
}

/// All that could give a citizen away: the number, each minutia, each cylinder, each piece of the
/// embedding.
fn traces(who: u64) -> Vec<Vec<u8>> {
    let mut traces = vec![citizen(who).as_bytes().to_vec()];
    let minutiae = minutiae(who, 40);
    traces.extend(minutiae.iter().map(|minutia| bytemuck::bytes_of(minutia).to_vec()));
    let features = FingerFeatures::new(&minutiae);
    let blocks = features.view().cylinders;
    assert!(!blocks.is_empty(), "the finger has cylinders");
    traces.extend(blocks.iter().map(|block| bytemuck::bytes_of(block).to_vec()));
    let face = face_template(&model("m"), who, 64);
    traces.extend(face.embedding().chunks(2).map(|pair| bytemuck::cast_slice(pair).to_vec()));
    traces
}

#[test]
fn no_byte_of_a_deleted_citizen_is_left_after_compaction() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let enrol = |who: u64| {
        let finger = biomatch::gallery::NewReference::finger(template(who, 40));
        writer.add(citizen(who), &[finger, face(&model("m"), who, 64)]).unwrap();
    };
    // One is deleted from a segment, one from memory, one before it was ever committed.
    (1..20).for_each(enrol);
    writer.flush().unwrap();
    (20..30).for_each(enrol);
    writer.commit().unwrap();
    enrol(30);
    writer.delete(citizen(30)).unwrap();
    writer.commit().unwrap();
    for who in [5, 25, 30] {
        assert!(count(directory.path(), &traces(who)) > 60, "the search finds what is there");
    }
    writer.set_status(citizen(5), LOCKED).unwrap();
    writer.delete(citizen(5)).unwrap();
    writer.delete(citizen(25)).unwrap();
    writer.compact().unwrap();
    for who in [5, 25, 30] {
        assert_eq!(count(directory.path(), &traces(who)), 0, "citizen {who}");
    }
    assert!(count(directory.path(), &traces(6)) > 60, "the others are there");
    assert_eq!(gallery.snapshot().unwrap().finger_count(), 27);
}

#[test]
fn a_replaced_reference_leaves_too() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let old = writer.add(citizen(1), &[face(&model("m"), 1, 64), finger(1)]).unwrap();
    writer.flush().unwrap();
    writer.replace(citizen(1), old[0], &face(&model("m"), 2, 64)).unwrap();
    writer.compact().unwrap();
    let template = face_template(&model("m"), 1, 64);
    let pieces: Vec<_> =
        template.embedding().chunks(2).map(|pair| bytemuck::cast_slice(pair).to_vec()).collect();
    assert_eq!(count(directory.path(), &pieces), 0);
}
