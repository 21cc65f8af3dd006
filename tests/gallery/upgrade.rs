//! Features of another version are refused, and rebuilt from the minutiae on demand.

use std::path::Path;

use crate::gallery_support::*;
use crate::segment_edit::edit;
use biomatch::fingerprint::FEATURE_VERSION;
use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, verify};

/// Makes the finger segment say that its features are of the version before.
fn age(directory: &Path) {
    edit(directory, |segment| segment[28..32].copy_from_slice(&(FEATURE_VERSION - 1).to_le_bytes()));
}

#[test]
fn old_features_are_refused_and_rebuilt() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    for c in 0..10 {
        writer.add(citizen(c), &[finger(c), face(&model("m"), c, 8)]).unwrap();
    }
    writer.flush().unwrap();
    writer.add(citizen(10), &[finger(10)]).unwrap();
    writer.delete(citizen(4)).unwrap();
    writer.commit().unwrap();
    let before = contents(&gallery.snapshot().unwrap()).unwrap();
    drop((writer, gallery));

    age(directory.path());
    let refused = Gallery::open(directory.path(), GalleryOptions::default());
    assert!(matches!(
        refused,
        Err(GalleryError::FeatureVersion { expected: FEATURE_VERSION, found, .. }) if found != FEATURE_VERSION
    ));
    assert!(verify(directory.path()).unwrap().is_sound(), "old is not damaged");
    Gallery::upgrade(directory.path(), &GalleryOptions::default()).unwrap();
    let gallery = Gallery::open(directory.path(), GalleryOptions::default()).unwrap();
    assert_eq!(contents(&gallery.snapshot().unwrap()).unwrap(), before);
    assert!(verify(directory.path()).unwrap().is_sound());
    Gallery::upgrade(directory.path(), &GalleryOptions::default()).unwrap();
}
