//! What a gallery does in ordinary life: enrol, find, change, reopen.

use crate::gallery_support::*;
use biomatch::fingerprint::FingerFeatures;
use biomatch::gallery::{
    CitizenReferences, Gallery, GalleryError, GalleryOptions, Maintenance, NewReference, ReferenceId, Status,
    verify,
};
use biomatch::template::FingerPosition;
use biomatch::units::Timestamp;

#[test]
fn what_is_enrolled_is_found_before_and_after_a_flush_and_a_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("citizens");
    let gallery = Gallery::create(&path, GalleryOptions::default()).unwrap();
    let m = model("m");
    let when = Timestamp::from_unix_seconds(1_700_000_000);
    let writer = gallery.writer().unwrap();
    let ids = writer.add(citizen(1), &[finger(1).captured(when), face(&m, 2, 48), finger(3)]).unwrap();
    assert!(gallery.snapshot().unwrap().citizen(citizen(1)).unwrap().is_none(), "not before the commit");
    assert_eq!(writer.commit().unwrap().generation().value(), 1);
    writer.add(citizen(0), &[finger(4)]).unwrap();
    writer.set_status(citizen(0), LOCKED).unwrap();
    assert_eq!(writer.commit().unwrap().generation().value(), 2);
    assert_eq!(writer.commit().unwrap().generation().value(), 2, "nothing to commit");

    let check = |gallery: &Gallery| {
        let snapshot = gallery.snapshot().unwrap();
        assert_eq!(snapshot.generation().value(), 2);
        assert_eq!((snapshot.finger_count(), snapshot.face_count()), (3, 1));
        let view = snapshot.citizen(citizen(1)).unwrap().unwrap();
        assert_eq!(view.status, Status::Active);
        let found: Vec<_> = view.fingers.iter().map(|f| f.meta.reference()).collect();
        assert_eq!(found, [ids[0], ids[2]]);
        let first = &view.fingers[0];
        assert_eq!(first.meta.captured(), Some(when));
        assert_eq!(first.meta.subject(), Some(citizen(1)));
        assert_eq!(first.meta.position(), template(1, 6).position);
        assert_eq!(first.meta.quality(), template(1, 6).quality);
        let features = FingerFeatures::new(&minutiae(1, 6));
        let stored = snapshot.finger(first.location).unwrap();
        assert_eq!(stored.minutiae, features.view().minutiae);
        assert_eq!(stored.cylinders, features.view().cylinders);
        let face = &view.faces[0];
        assert_eq!((face.model.as_ref(), face.meta.position()), (Some(&m), FingerPosition::Unknown));
        let stored = snapshot.face(face.location).unwrap();
        assert_eq!(stored.vector.len(), 64);
        assert_eq!(&stored.vector[..48], face_template(&m, 2, 48).embedding());
        assert!(stored.vector[48..].iter().all(|&x| x == 0.0));
        assert!(matches!(snapshot.finger(face.location), Err(GalleryError::UnknownLocation)));
        assert_eq!(snapshot.citizen(citizen(0)).unwrap().unwrap().status, LOCKED);
        assert!(snapshot.citizen(citizen(2)).unwrap().is_none());
        assert_eq!(snapshot.models().collect::<Vec<_>>(), [(&m, 48)]);
        assert_eq!(snapshot.face_blocks(&m).len(), 1);
        assert!(snapshot.face_blocks(&model("l")).is_empty());
    };
    check(&gallery);
    check(&Gallery::open(&path, GalleryOptions::default()).unwrap());
    writer.flush().unwrap();
    check(&gallery);
    check(&Gallery::open(&path, GalleryOptions::default()).unwrap());
    writer.compact().unwrap();
    check(&gallery);
    drop(writer);
    check(&gallery);
    check(&Gallery::open(&path, GalleryOptions::default()).unwrap());
}

#[test]
fn references_are_replaced_and_removed_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let ids = writer.add(citizen(1), &[finger(1), finger(11)]).unwrap();
    let newer = writer.replace(citizen(1), ids[0], &finger(21)).unwrap();
    writer.commit().unwrap();
    let found = || {
        let snapshot = gallery.snapshot().unwrap();
        let view = snapshot.citizen(citizen(1)).unwrap();
        let all = view.map(|view| view.fingers.iter().map(|f| f.meta.reference()).collect::<Vec<_>>());
        all.unwrap_or_default()
    };
    assert_eq!(found(), [ids[1], newer]);
    let gone = writer.remove(citizen(1), ids[0]);
    assert!(matches!(gone, Err(GalleryError::UnknownReference { reference, .. }) if reference == ids[0]));
    assert!(matches!(writer.remove(citizen(2), newer), Err(GalleryError::UnknownReference { .. })));
    writer.remove(citizen(1), newer).unwrap();
    assert!(writer.remove(citizen(1), newer).is_err(), "removed in this very batch");
    writer.flush().unwrap();
    assert_eq!(found(), [ids[1]]);
    writer.remove(citizen(1), ids[1]).unwrap();
    assert!(matches!(writer.delete(citizen(1)), Err(GalleryError::UnknownCitizen { .. })));
    let last = writer.add(citizen(1), &[finger(31)]).unwrap();
    writer.delete(citizen(1)).unwrap();
    assert!(matches!(writer.delete(citizen(1)), Err(GalleryError::UnknownCitizen { .. })));
    assert!(matches!(writer.set_status(citizen(1), LOCKED), Err(GalleryError::UnknownCitizen { .. })));
    writer.commit().unwrap();
    assert_eq!(found(), []);
    assert!(gallery.snapshot().unwrap().citizen(citizen(1)).unwrap().is_none());
    drop(writer);
    // Numbers are never given again, not even those of references that are gone.
    let writer = Gallery::open(directory.path(), GalleryOptions::default()).unwrap().writer().unwrap();
    let next = writer.add(citizen(1), &[finger(1)]).unwrap();
    assert_eq!(next, [ReferenceId::from_value(last[0].value() + 1)]);
}

#[test]
fn a_model_has_one_dimension() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let m = model("m");
    let mixed = writer.add(citizen(1), &[face(&m, 1, 8), face(&m, 1, 9)]);
    assert!(matches!(mixed, Err(GalleryError::ModelDimension { expected: 8, found: 9, .. })));
    writer.add(citizen(1), &[face(&m, 1, 8), face(&model("n"), 1, 9)]).unwrap();
    let other = writer.add(citizen(1), &[face(&m, 1, 9)]);
    assert!(matches!(other, Err(GalleryError::ModelDimension { expected: 8, found: 9, .. })));
    writer.flush().unwrap();
    drop(writer);
    let writer = gallery.writer().unwrap();
    let other = writer.add(citizen(1), &[face(&m, 1, 9)]);
    assert!(matches!(other, Err(GalleryError::ModelDimension { expected: 8, found: 9, .. })));
}

#[test]
fn limits_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let large = NewReference::finger(template(1, 4097));
    assert!(matches!(writer.add(citizen(1), &[large]), Err(GalleryError::TooMany { found: 4097, .. })));
    let many = vec![finger(1); 1025];
    assert!(matches!(writer.add(citizen(1), &many), Err(GalleryError::TooMany { found: 1025, .. })));
}

#[test]
fn a_snapshot_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    for c in 0..50 {
        writer.add(citizen(c), &[finger(c)]).unwrap();
    }
    writer.flush().unwrap();
    writer.add(citizen(50), &[finger(50)]).unwrap();
    writer.commit().unwrap();
    let old = gallery.snapshot().unwrap();
    for c in 0..=50 {
        writer.delete(citizen(c)).unwrap();
    }
    writer.commit().unwrap();
    writer.compact().unwrap();
    assert_eq!(gallery.snapshot().unwrap().finger_count(), 0);
    assert_eq!(old.finger_count(), 51);
    for c in 0..=50 {
        let view = old.citizen(citizen(c)).unwrap().unwrap();
        let features = FingerFeatures::new(&minutiae(c, 6));
        assert_eq!(old.finger(view.fingers[0].location).unwrap().minutiae, features.view().minutiae);
    }
}

#[test]
fn there_is_one_writer() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let again = Gallery::create(directory.path(), GalleryOptions::default());
    assert!(matches!(again, Err(GalleryError::AlreadyExists { .. })));
    let other = Gallery::open(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    // Whoever asks for it in this process shares it, and what each stages is its own.
    let (second, third) = (gallery.writer().unwrap(), other.writer().unwrap());
    writer.add(citizen(1), &[finger(1)]).unwrap();
    second.add(citizen(3), &[finger(3)]).unwrap();
    third.commit().unwrap();
    assert_eq!(other.snapshot().unwrap().finger_count(), 0);
    writer.commit().unwrap();
    assert_eq!(other.snapshot().unwrap().finger_count(), 1);
    drop((writer, second, third));
    let writer = other.writer().unwrap();
    writer.add(citizen(2), &[finger(1)]).unwrap();
    writer.flush().unwrap();
    assert_eq!(gallery.snapshot().unwrap().finger_count(), 2);
    let nowhere = Gallery::open(directory.path().join("nowhere"), GalleryOptions::default());
    assert!(matches!(nowhere, Err(GalleryError::NotAGallery { .. })));
}

#[test]
fn many_threads_share_commits_and_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default().flush_at(40)).unwrap();
    let writer = gallery.writer().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (writer, gallery) = (&writer, &gallery);
            scope.spawn(move || {
                for n in 0..20 {
                    let who = citizen(thread * 100 + n);
                    writer.add(who, &[finger(n), finger(n + 1)]).unwrap();
                    writer.commit().unwrap();
                    let seen = gallery.snapshot().unwrap().citizen(who).unwrap().unwrap();
                    assert_eq!(seen.fingers.len(), 2);
                    if n % 3 == 0 {
                        writer.delete(who).unwrap();
                        writer.commit().unwrap();
                        assert!(gallery.snapshot().unwrap().citizen(who).unwrap().is_none());
                    }
                }
            });
        }
    });
    let count = gallery.snapshot().unwrap().finger_count();
    assert_eq!(count, 8 * 13 * 2);
    drop(writer);
    assert_eq!(
        Gallery::open(directory.path(), GalleryOptions::default())
            .unwrap()
            .snapshot()
            .unwrap()
            .finger_count(),
        count
    );
}

#[test]
fn many_citizens_at_once_get_their_numbers_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default().flush_at(300)).unwrap();
    let writer = gallery.writer().unwrap();
    for part in 0..10 {
        let enrolments: Vec<_> = (0..100)
            .map(|n| CitizenReferences::new(citizen(1000 - part * 100 - n), vec![finger(n), finger(n + 1)]))
            .collect();
        let ids: Vec<_> = writer.add_all(&enrolments).unwrap().concat();
        let first = part * 200 + 1;
        assert!(ids.iter().map(|id| id.value()).eq(first..first + 200));
        writer.commit().unwrap();
    }
    let snapshot = gallery.snapshot().unwrap();
    assert_eq!(snapshot.finger_count(), 2000);
    for block in snapshot.finger_blocks() {
        assert!(block.metas().is_sorted_by_key(|meta| (meta.subject(), meta.reference())));
    }
}

#[test]
fn a_large_commit_goes_straight_to_segments_and_never_to_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(
        directory.path(),
        GalleryOptions::default().flush_at(100).maintenance(Maintenance::Manual),
    )
    .unwrap();
    let writer = gallery.writer().unwrap();
    let log_bytes = || {
        let files = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap);
        let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("wal-"));
        logs.map(|file| file.metadata().unwrap().len()).sum::<u64>()
    };
    writer.add(citizen(7), &[finger(7)]).unwrap();
    let small = writer.commit().unwrap().generation();
    let before = log_bytes();
    assert!(before > 128, "a small commit is in the log");

    let enrolments: Vec<_> =
        (100..200).map(|n| CitizenReferences::new(citizen(n), vec![face(&model("m"), n, 33)])).collect();
    let ids = writer.add_all(&enrolments).unwrap().concat();
    writer.delete(citizen(100)).unwrap();
    let large = writer.commit().unwrap().generation();
    assert_eq!(large.value(), small.value() + 1, "one commit is one state");
    assert!(log_bytes() < before + 500, "the log names the segments, and holds no row");

    let other = Gallery::open(directory.path(), GalleryOptions::default()).unwrap().snapshot().unwrap();
    let here = gallery.snapshot().unwrap();
    for snapshot in [&here, &other] {
        assert_eq!(snapshot.generation(), large);
        assert_eq!((snapshot.finger_count(), snapshot.face_count()), (1, 99));
    }
    assert_eq!(contents(&here).unwrap(), contents(&other).unwrap());
    let next = writer.add(citizen(8), &[finger(8)]).unwrap();
    assert_eq!(next[0].value(), ids.last().unwrap().value() + 1, "numbers go on");
    writer.commit().unwrap();
    drop(writer);
    assert!(verify(directory.path()).unwrap().is_sound());
}

#[test]
fn a_folder_under_the_name_of_an_unfinished_file_is_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    std::fs::create_dir(directory.path().join("wal-000009.tmp")).unwrap();
    std::fs::write(directory.path().join("wal-000009.tmp/notes"), "kept").unwrap();
    let writer = gallery.writer().unwrap();
    assert_eq!(writer.recovery().set_aside, ["aside-wal-000009.tmp"]);
    assert_eq!(std::fs::read(directory.path().join("aside-wal-000009.tmp/notes")).unwrap(), b"kept");
    writer.add(citizen(1), &[finger(1)]).unwrap();
    writer.commit().unwrap();
}
