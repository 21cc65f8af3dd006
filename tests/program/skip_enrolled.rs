//! `enrol --skip-enrolled` makes the same gallery whatever the batch, and wherever it was stopped before.

use std::collections::BTreeMap;
use std::path::Path;

use crate::gallery_support::{Sample, contents};
use crate::program_support::{manifest_line, ok, write, write_manifest};
use biomatch::gallery::{Gallery, GalleryOptions};

/// What is enrolled, whichever numbers the references got.
fn enrolled(gallery: &Path) -> BTreeMap<String, Vec<Sample>> {
    let gallery = Gallery::open(gallery, GalleryOptions::default()).unwrap();
    let contents = contents(&gallery.snapshot().unwrap()).unwrap();
    contents
        .into_iter()
        .map(|(who, (_, samples))| (who.to_string(), samples.into_values().collect()))
        .collect()
}

/// Citizens 1 to 5, each again with another's finger, in an order of its own.
fn lines() -> Vec<String> {
    let of = |citizen: u64, finger: u64| manifest_line(citizen, &format!("{finger}_1.iso"));
    let order = [(1, 1), (2, 2), (1, 2), (3, 3), (3, 4), (2, 5), (4, 4), (5, 5), (4, 1), (1, 1), (5, 3)];
    order.map(|(citizen, finger)| of(citizen, finger)).to_vec()
}

#[test]
fn every_batch_and_every_stop_give_the_same_gallery() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    let lines = lines();
    write(folder, "all.ndjson", lines.concat());
    let expected = {
        ok(folder, "-q enrol --gallery one --skip-enrolled --batch 1 all.ndjson");
        enrolled(&folder.join("one"))
    };
    assert_eq!(expected.len(), 5);
    assert!(
        expected.values().all(|samples| samples.len() == 2),
        "the first line of each counts: {expected:?}"
    );
    for batch in [2, 3, 4, 7, 1000] {
        let gallery = format!("batch{batch}");
        ok(folder, &format!("-q enrol --gallery {gallery} --skip-enrolled --batch {batch} all.ndjson"));
        assert_eq!(enrolled(&folder.join(&gallery)), expected, "batch {batch}");
        // Once more changes nothing.
        ok(folder, &format!("-q enrol --gallery {gallery} --skip-enrolled --batch 3 all.ndjson"));
        assert_eq!(enrolled(&folder.join(&gallery)), expected, "batch {batch}, again");
    }
    for stopped in 1..lines.len() {
        let gallery = format!("stopped{stopped}");
        write(folder, "part.ndjson", lines[..stopped].concat());
        ok(folder, &format!("-q enrol --gallery {gallery} --skip-enrolled --batch 2 part.ndjson"));
        ok(folder, &format!("-q enrol --gallery {gallery} --skip-enrolled --batch 5 all.ndjson"));
        assert_eq!(enrolled(&folder.join(&gallery)), expected, "stopped after {stopped} lines");
    }
}

#[test]
fn a_manifest_enrolled_twice_stores_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    let once = enrolled(&folder.join("g"));
    let again = ok(folder, "-q enrol --gallery g manifest.ndjson").stdout;
    let summary: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&summary["references"], &summary["stored_before"]), (&0.into(), &10.into()));
    assert_eq!(enrolled(&folder.join("g")), once);
}
