//! A crash while a writer settles what an earlier crash left, or migrates an old gallery: nothing that was
//! acknowledged is lost, and the gallery opens.

use std::path::Path;
use std::sync::Arc;

use crate::gallery_support::*;
use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, Maintenance, verify_in};
use biomatch::storage::{Loss, Memory};

fn options() -> GalleryOptions {
    GalleryOptions::default().maintenance(Maintenance::Inline)
}

fn open(memory: &Memory) -> Result<Gallery, GalleryError> {
    Gallery::open_in(Arc::new(memory.clone()), options())
}

/// Crashes after each operation of a writer's opening; `acknowledged` references are there afterwards, and
/// perhaps `kept` more.
fn crash_in_recovery(start: &Memory, acknowledged: usize, kept: usize) {
    let whole = start.after_crash(Loss::Nothing);
    let before = whole.writes();
    drop(open(&whole).unwrap().writer().unwrap());
    let operations = whole.writes() - before;
    assert!(operations > 3);
    // In parallel: each begins with a copy of the files.
    in_threads(0..=operations, |k| {
        for loss in [Loss::Nothing, Loss::Everything, Loss::Some(3 * k), Loss::Some(3 * k + 1)] {
            let what = format!("operation {k} of {operations}, {loss:?}");
            let memory = start.after_crash(Loss::Nothing);
            memory.fail_from(memory.writes() + k);
            drop(open(&memory).and_then(|gallery| gallery.writer()));
            let survivor = memory.after_crash(loss);
            let gallery = open(&survivor).expect(&what);
            let seen = gallery.snapshot().expect(&what).finger_count();
            assert!((acknowledged..=acknowledged + kept).contains(&seen), "{what}: {seen}");
            let writer = gallery.writer().expect(&what);
            assert_eq!(gallery.snapshot().expect(&what).finger_count(), acknowledged + kept, "{what}");
            writer.add(citizen(90), &[finger(90)]).expect(&what);
            writer.commit().expect(&what);
            drop(writer);
            let report = verify_in(Arc::new(survivor.clone())).expect(&what);
            assert!(report.is_sound(), "{what}: {:?}", report.problems);
            assert_eq!(report.fingers, acknowledged + kept + 1, "{what}");
        }
    });
}

/// A batch that is whole in the log and that its witness does not cover.
fn unacknowledged() -> Memory {
    let memory = Memory::new();
    let gallery = Gallery::create_in(Arc::new(memory.clone()), options()).unwrap();
    let writer = gallery.writer().unwrap();
    writer.add(citizen(1), &[finger(1)]).unwrap();
    writer.commit().unwrap();
    writer.add(citizen(2), &[finger(2), finger(3)]).unwrap();
    // The log is written and synchronised, the witness is not.
    memory.fail_from(memory.writes() + 2);
    assert!(writer.commit().is_err());
    drop(writer);
    memory.after_crash(Loss::Nothing)
}

#[test]
fn a_batch_that_is_kept_survives_a_second_crash() {
    let start = unacknowledged();
    let gallery = open(&start.after_crash(Loss::Nothing)).unwrap();
    let writer = gallery.writer().unwrap();
    assert_eq!(writer.recovery().kept_batches, 1);
    drop(writer);
    crash_in_recovery(&start, 1, 2);
}

#[test]
fn a_torn_batch_survives_a_second_crash() {
    let files = unacknowledged().files();
    let files = files.into_iter().map(|(name, mut bytes)| {
        if name.starts_with("wal-") {
            bytes.truncate(bytes.len() - 1);
        }
        (name, bytes)
    });
    crash_in_recovery(&Memory::with(files), 1, 0);
}

fn crash_in_migration(variant: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v2");
    let files = std::fs::read_dir(golden.join(variant)).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    });
    let start = Memory::with(files);
    let before = open(&start).unwrap().snapshot().unwrap().finger_count();
    let settled = start.after_crash(Loss::Nothing);
    drop(open(&settled).unwrap().writer().unwrap());
    let after = open(&settled).unwrap().snapshot().unwrap().finger_count();
    crash_in_recovery(&start, before, after - before);
}

#[test]
fn an_old_gallery_survives_a_crash_in_its_migration() {
    crash_in_migration("settled");
}

#[test]
fn an_old_gallery_without_its_last_seal_survives_a_crash_in_its_migration() {
    crash_in_migration("unsealed");
}

#[test]
fn an_old_gallery_with_a_torn_batch_survives_a_crash_in_its_migration() {
    crash_in_migration("torn");
}
