//! Backups and restorations: one acknowledged state, beside a writer, whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::gallery_support::*;
use biomatch::gallery::{
    CopyReport, Gallery, GalleryError, GalleryOptions, Maintenance, RequestId, Writer, backup, backup_in,
    restore, restore_in, verify, verify_in,
};
use biomatch::storage::{Loss, Memory};

fn options() -> GalleryOptions {
    GalleryOptions::default().flush_at(4).maintenance(Maintenance::Manual)
}

fn backed(memory: &Memory) -> Arc<Memory> {
    Arc::new(memory.clone())
}

fn writer_of(memory: &Memory) -> Writer {
    Gallery::open_in(backed(memory), options()).unwrap().writer().unwrap()
}

fn open(memory: &Memory) -> Result<Contents, GalleryError> {
    contents(&*Gallery::open_in(backed(memory), GalleryOptions::default())?.snapshot()?)
}

/// The state of a gallery's files now, as another process would find it.
fn copy(memory: &Memory) -> Memory {
    memory.after_crash(Loss::Nothing)
}

/// Segments, tombstones, requests, and a log that attaches a segment.
fn source() -> Memory {
    let memory = Memory::new();
    let writer = Gallery::create_in(backed(&memory), options()).unwrap().writer().unwrap();
    let m = model("m");
    for who in 0..3 {
        writer.add(citizen(who), &[finger(who), face(&m, who, 16)]).unwrap();
    }
    writer.add_request(citizen(3), &[finger(3)], RequestId::new([3; 16])).unwrap();
    writer.commit_with(b"first").unwrap();
    writer.flush().unwrap();
    writer.delete(citizen(0)).unwrap();
    writer.set_status(citizen(1), LOCKED).unwrap();
    writer.commit().unwrap();
    writer.flush().unwrap();
    writer.add(citizen(4), &(40..46).map(finger).collect::<Vec<_>>()).unwrap();
    writer.commit_with(b"second").unwrap();
    writer.add(citizen(5), &[finger(5)]).unwrap();
    writer.commit().unwrap();
    memory
}

/// Goes on: changes of every kind, and a compaction, so that most files are superseded.
fn change(memory: &Memory) {
    let writer = writer_of(memory);
    writer.add(citizen(6), &[finger(6), face(&model("n"), 6, 8)]).unwrap();
    writer.delete(citizen(2)).unwrap();
    writer.commit().unwrap();
    writer.compact().unwrap();
    writer.set_status(citizen(1), biomatch::gallery::Status::Active).unwrap();
    writer.commit().unwrap();
}

fn check_sound(memory: &Memory, what: &str) {
    let report = verify_in(backed(memory)).expect(what);
    assert!(report.is_sound(), "{what}: {:?}", report.problems);
    assert!(report.foreign.is_empty() && report.set_aside.is_empty(), "{what}: {:?}", report.foreign);
}

/// Nothing is left of earlier states.
fn check_tidy(memory: &Memory, what: &str) {
    check_sound(memory, what);
    let report = verify_in(backed(memory)).expect(what);
    assert!(report.orphans.is_empty() && report.unacknowledged_bytes == 0, "{what}: {:?}", report.orphans);
}

#[test]
fn a_backup_is_a_gallery_of_the_acknowledged_state() {
    let (source, target) = (source(), Memory::new());
    let report = backup_in(backed(&source), backed(&target)).unwrap();
    let gallery = Gallery::open_in(backed(&source), GalleryOptions::default()).unwrap();
    assert_eq!((report.identity, report.payload.as_slice()), (gallery.identity(), b"second".as_slice()));
    assert_eq!(report.generation, gallery.snapshot().unwrap().generation());
    assert_eq!((report.kept_files, report.kept_bytes, report.removed_files), (0, 0, 0));
    check_tidy(&target, "backup");
    assert_eq!(open(&target).unwrap(), open(&source).unwrap());
    assert_eq!(open(&target).unwrap().len(), 5);

    let restored = Memory::new();
    let again = restore_in(backed(&target), backed(&restored)).unwrap();
    assert_eq!((again.identity, again.generation), (report.identity, report.generation));
    check_tidy(&restored, "restored");
    assert!(!restored.files().contains_key("RESTORING") && !restored.files().contains_key("BACKUP"));
    assert_eq!(open(&restored).unwrap(), open(&source).unwrap());
    // Requests are still known, life goes on, and reference numbers are not given twice.
    let writer = writer_of(&restored);
    assert!(writer.recovery().is_clean(), "{:?}", writer.recovery());
    writer.add_request(citizen(3), &[finger(3)], RequestId::new([3; 16])).unwrap();
    let repeated = writer.commit().unwrap();
    assert!(repeated.generation() < report.generation, "it was made before: {repeated:?}");
    let numbers: Vec<u64> =
        open(&source).unwrap().values().flat_map(|entry| entry.1.clone().into_keys()).collect();
    let new = writer.add(citizen(9), &[finger(9)]).unwrap();
    assert!(numbers.iter().all(|&number| number < new[0].value()));
    writer.compact().unwrap();
    check_tidy(&restored, "after changes");
}

#[test]
fn what_is_there_already_is_proved_and_not_copied_again() {
    let (source, target) = (source(), Memory::new());
    let first = backup_in(backed(&source), backed(&target)).unwrap();
    let immutable = first.copied_files - 3;
    assert!(immutable >= 5, "{first:?}");
    let second = backup_in(backed(&source), backed(&target)).unwrap();
    // The log, the witness and the manifest are anew, and take the place of the former ones.
    assert_eq!((second.copied_files, second.kept_files, second.removed_files), (3, immutable, 2));
    check_tidy(&target, "second");
    // A file whose bytes changed is copied again.
    let files = target.files();
    let name = files.keys().find(|name| name.ends_with(".finger")).unwrap();
    let mut bytes = files[name].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    target.overwrite(name, &bytes);
    let third = backup_in(backed(&source), backed(&target)).unwrap();
    assert_eq!((third.copied_files, third.kept_files), (4, immutable - 1));
    check_tidy(&target, "third");
    // After a compaction everything is new, and what was superseded is gone.
    change(&source);
    let fourth = backup_in(backed(&source), backed(&target)).unwrap();
    assert!(fourth.removed_files >= immutable && fourth.generation > third.generation, "{fourth:?}");
    check_tidy(&target, "fourth");
    assert_eq!(open(&target).unwrap(), open(&source).unwrap());
}

#[test]
fn an_interrupted_backup_leaves_the_former_one_or_the_new_one() {
    let source = source();
    let old = Memory::new();
    backup_in(backed(&source), backed(&old)).unwrap();
    let before = open(&source).unwrap();
    change(&source);
    let after = open(&source).unwrap();
    assert_ne!(before, after);
    let whole = copy(&old);
    backup_in(backed(&source), backed(&whole)).unwrap();
    let operations = whole.writes();
    assert!(operations > 30, "{operations}");
    let mut seen = [0, 0];
    for k in 0..=operations {
        let target = copy(&old);
        target.fail_from(k);
        let result = backup_in(backed(&source), backed(&target));
        assert!(k == operations || result.is_err(), "{k}");
        for loss in losses(k) {
            let what = format!("operation {k} of {operations}, {loss:?}");
            let survivor = target.after_crash(loss);
            check_sound(&survivor, &what);
            let found = open(&survivor).expect(&what);
            assert!(found == before || found == after, "{what}");
            seen[usize::from(found == after)] += 1;
            backup_in(backed(&source), backed(&survivor)).expect(&what);
            check_tidy(&survivor, &what);
            assert!(open(&survivor).expect(&what) == after, "{what}");
        }
    }
    assert!(seen[0] > 10 && seen[1] > 10, "{seen:?}");
}

#[test]
fn an_interrupted_first_backup_or_restoration_is_no_gallery_and_can_be_repeated() {
    type Make = fn(Arc<Memory>, Arc<Memory>) -> Result<CopyReport, GalleryError>;
    let makes: [Make; 2] = [|from, to| backup_in(from, to), |from, to| restore_in(from, to)];
    let source = source();
    let wanted = open(&source).unwrap();
    for (index, make) in makes.into_iter().enumerate() {
        let whole = Memory::new();
        make(backed(&source), backed(&whole)).unwrap();
        let operations = whole.writes();
        let (mut refused, mut opened) = (0, 0);
        for k in 0..=operations {
            let target = Memory::new();
            target.fail_from(k);
            let result = make(backed(&source), backed(&target));
            assert!(k == operations || result.is_err(), "{index}, {k}");
            for loss in losses(k) {
                let what = format!("{index}: operation {k} of {operations}, {loss:?}");
                let survivor = target.after_crash(loss);
                match open(&survivor) {
                    Ok(found) => {
                        assert!(found == wanted, "{what}");
                        check_sound(&survivor, &what);
                        opened += 1;
                    }
                    Err(GalleryError::NotAGallery { .. }) => {
                        assert!(survivor.files().keys().all(|name| name == "LOCK"), "{what}");
                    }
                    Err(GalleryError::Remains { .. }) => {
                        let created = Gallery::create_in(backed(&survivor), GalleryOptions::default());
                        assert!(matches!(created, Err(GalleryError::Remains { .. })), "{what}");
                        refused += 1;
                    }
                    Err(error) => panic!("{what}: {error}"),
                }
                match make(backed(&source), backed(&survivor)) {
                    Err(GalleryError::AlreadyExists { .. }) if index == 1 => {}
                    result => drop(result.expect(&what)),
                }
                assert!(open(&survivor).expect(&what) == wanted, "{what}");
                if index == 0 {
                    check_tidy(&survivor, &what);
                } else {
                    drop(writer_of(&survivor));
                    check_tidy(&survivor, &what);
                    assert!(!survivor.files().contains_key("RESTORING"), "{what}");
                }
            }
        }
        assert!(refused > 20 && opened > 5, "{refused}, {opened}");
    }
}

fn losses(k: u64) -> Vec<Loss> {
    let some = (0..4).map(|n| Loss::Some(1000 * n + k));
    [Loss::Nothing, Loss::Everything].into_iter().chain(some).collect()
}

#[test]
fn destinations_that_are_something_else_are_refused_and_left_alone() {
    let gallery = source();
    let unchanged = |target: &Memory, wanted: fn(&GalleryError) -> bool| {
        let before = target.files();
        let error = backup_in(backed(&gallery), backed(target)).unwrap_err();
        assert!(wanted(&error), "{error}");
        assert_eq!(target.files(), before, "{error}");
    };
    unchanged(&gallery, |error| matches!(error, GalleryError::SameFolder { .. }));
    let foreign = Memory::with([("thesis.txt".into(), vec![1])]);
    unchanged(
        &foreign,
        |error| matches!(error, GalleryError::NotEmpty { example, .. } if example == "thesis.txt"),
    );
    unchanged(&source(), |error| matches!(error, GalleryError::NotABackup { .. }));
    unchanged(&copy(&gallery), |error| matches!(error, GalleryError::NotABackup { .. }));
    let other = Memory::new();
    backup_in(backed(&source()), backed(&other)).unwrap();
    unchanged(&other, |error| matches!(error, GalleryError::OtherGallery { .. }));

    // A newer backup, and one of a copy that went its own way.
    let (older, target) = (copy(&gallery), Memory::new());
    change(&gallery);
    backup_in(backed(&gallery), backed(&target)).unwrap();
    let before = target.files();
    let error = backup_in(backed(&older), backed(&target)).unwrap_err();
    assert!(
        matches!(error, GalleryError::NewerBackup { backup, gallery, .. } if backup > gallery),
        "{error}"
    );
    assert_eq!(target.files(), before);
    let writer = writer_of(&older);
    for n in 0..20 {
        writer.add(citizen(20), &[finger(200 + n)]).unwrap();
        writer.commit().unwrap();
    }
    drop(writer);
    let error = backup_in(backed(&older), backed(&target)).unwrap_err();
    assert!(matches!(error, GalleryError::OtherHistory { .. }), "{error}");
    assert_eq!(target.files(), before);

    // A foreign file in a backup, and a damaged backup.
    target.put("wal-900000", b"whose?");
    unchanged(&target, |error| matches!(error, GalleryError::NotEmpty { .. }));
    target.take_away("wal-900000");
    let witness = target.files()["WITNESS"].clone();
    target.overwrite("WITNESS", &[0; 10]);
    unchanged(&target, |error| matches!(error, GalleryError::Storage(_)));
    target.overwrite("WITNESS", &witness);
    backup_in(backed(&gallery), backed(&target)).unwrap();

    assert!(matches!(
        backup_in(backed(&Memory::new()), backed(&Memory::new())),
        Err(GalleryError::NotAGallery { .. })
    ));
}

#[test]
fn restorations_go_to_empty_folders_only() {
    let (source, target) = (source(), Memory::new());
    backup_in(backed(&source), backed(&target)).unwrap();
    let refused = |to: &Memory, wanted: fn(&GalleryError) -> bool| {
        let before = to.files();
        let error = restore_in(backed(&target), backed(to)).unwrap_err();
        assert!(wanted(&error), "{error}");
        assert_eq!(to.files(), before, "{error}");
    };
    refused(&target, |error| matches!(error, GalleryError::SameFolder { .. }));
    refused(&source, |error| matches!(error, GalleryError::AlreadyExists { .. }));
    let mut files = copy(&source).files();
    files.remove("CURRENT");
    refused(&Memory::with(files), |error| matches!(error, GalleryError::NotEmpty { .. }));
    refused(&Memory::with([("notes".into(), vec![])]), |error| {
        matches!(error, GalleryError::NotEmpty { .. })
    });
    // A damaged backup is not restored, and leaves no gallery.
    let name = target.files().keys().find(|name| name.ends_with(".face")).unwrap().clone();
    let mut bytes = target.files()[&name].clone();
    bytes[4500] ^= 1;
    target.overwrite(&name, &bytes);
    let to = Memory::new();
    let error = restore_in(backed(&target), backed(&to)).unwrap_err();
    assert!(error.damage().is_some_and(|damage| damage.file.ends_with(&name)), "{error}");
    assert!(open(&to).is_err() && !to.files().contains_key("CURRENT"));
}

#[test]
fn nothing_but_a_backup_writes_to_a_backup() {
    let (source, target) = (source(), Memory::new());
    backup_in(backed(&source), backed(&target)).unwrap();
    let before = target.files();
    let gallery = Gallery::open_in(backed(&target), GalleryOptions::default()).unwrap();
    assert!(matches!(gallery.writer(), Err(GalleryError::IsBackup { .. })));
    assert_eq!(target.files(), before);
    // An open handle follows the next backup.
    change(&source);
    let report = backup_in(backed(&source), backed(&target)).unwrap();
    let snapshot = gallery.snapshot().unwrap();
    assert_eq!(snapshot.generation(), report.generation);
    assert_eq!(contents(&snapshot).unwrap(), open(&source).unwrap());
}

#[test]
fn backups_beside_a_writer_with_maintenance_are_of_one_state() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("g"), folder.path().join("b"));
    let options = GalleryOptions::default().flush_at(6);
    let writer = Gallery::create(&source, options).unwrap().writer().unwrap();
    let (acknowledged, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut generations = BTreeMap::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut who = 0;
            while !done.load(Ordering::Relaxed) {
                writer.add(citizen(who), &[finger(who), face(&model("m"), who, 16)]).unwrap();
                if who >= 10 {
                    writer.delete(citizen(who - 10)).unwrap();
                }
                who += 1;
                writer.commit_with(&who.to_le_bytes()).unwrap();
                acknowledged.store(who, Ordering::Release);
            }
        });
        for _ in 0..25 {
            let least = acknowledged.load(Ordering::Acquire);
            let report = backup(&source, &target).unwrap();
            let count = match report.payload.as_slice() {
                [] => 0,
                payload => u64::from_le_bytes(payload.try_into().unwrap()),
            };
            assert!(count >= least);
            let sound = verify(&target).unwrap();
            assert!(sound.is_sound() && sound.orphans.is_empty(), "{:?}", sound.problems);
            let gallery = Gallery::open_read_only(&target, GalleryOptions::default()).unwrap();
            let snapshot = gallery.snapshot().unwrap();
            assert_eq!(snapshot.generation(), report.generation);
            let found: Vec<_> = contents(&snapshot).unwrap().into_keys().collect();
            let expected: Vec<_> = (count.saturating_sub(10)..count).map(citizen).collect();
            assert_eq!(found, expected, "exactly the state of that commit");
            generations.insert(report.generation, report.kept_files);
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(generations.len() > 5, "the writer went on: {generations:?}");
    drop(writer);
    backup(&source, &target).unwrap();
    let restored = folder.path().join("r");
    restore(&target, &restored).unwrap();
    let now = |path| {
        contents(&Gallery::open(path, GalleryOptions::default()).unwrap().snapshot().unwrap()).unwrap()
    };
    assert_eq!(now(&restored), now(&source));
    drop(Gallery::open(&restored, GalleryOptions::default()).unwrap().writer().unwrap());
    assert!(matches!(restore(&target, &restored), Err(GalleryError::AlreadyExists { .. })));
    assert!(matches!(backup(&source, &restored), Err(GalleryError::NotABackup { .. })));
}
