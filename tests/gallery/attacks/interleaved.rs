//! F2, F3, F30, F33 between any two operations of a commit, a flush or an erasure.

use std::io;
use std::sync::Arc;

use biomatch::gallery::{Gallery, GalleryError, Maintenance, Writer};
use biomatch::storage::{Loss, Memory};

use super::hooked::{Hooked, Operation};
use super::{fill, manual, name_of};
use crate::gallery_support::*;

fn contents_of(memory: &Memory) -> Result<Contents, GalleryError> {
    contents(&*Gallery::open_in(Arc::new(memory.clone()), manual())?.snapshot()?)
}

type Act = fn(&Memory);

const ACTS: [(&str, Act); 6] = [
    ("log replaced by itself", |memory| put_again(memory, "wal-")),
    ("log removed", |memory| memory.take_away(&name_of(&memory.files(), "wal-"))),
    ("WITNESS replaced by itself", |memory| put_again(memory, "WITNESS")),
    ("WITNESS emptied", |memory| memory.overwrite("WITNESS", &[])),
    ("LOCK removed", |memory| memory.take_away("LOCK")),
    ("CURRENT replaced by itself", |memory| put_again(memory, "CURRENT")),
];

fn put_again(memory: &Memory, part: &str) {
    let files = memory.files();
    let name = name_of(&files, part);
    memory.put(&name, &files[&name]);
}

/// Runs `step` with an act before each of its operations in turn.
fn interleave(step: fn(&Writer) -> Result<(), GalleryError>) {
    let base = Memory::new();
    fill(&Gallery::create_in(Arc::new(base.clone()), manual()).unwrap());
    let files = base.files();
    let before = contents_of(&base).unwrap();
    for (what, act) in ACTS {
        let (mut stopped, mut at) = (0, 0);
        loop {
            let hooked = Hooked::new(Memory::with(files.clone()));
            let gallery = Gallery::open_in(Arc::new(hooked.clone()), manual()).unwrap();
            let writer = gallery.writer().unwrap();
            writer.add(citizen(20), &[finger(20)]).unwrap();
            let memory = hooked.memory.clone();
            hooked.hook(move |number, _| {
                if number == at {
                    act(&memory);
                }
                Ok(())
            });
            let result = step(&writer);
            let is_through = at >= hooked.operations();
            stopped += usize::from(result.is_err());
            // The next change is acknowledged only where the act met a file that was superseded meanwhile.
            let next = writer.add(citizen(21), &[finger(21)]).and_then(|_| writer.commit());
            drop(writer);
            match contents_of(&hooked.memory) {
                Ok(seen) => {
                    let has_new = seen.contains_key(&citizen(20));
                    assert!(has_new || result.is_err(), "{what} before operation {at}: lost");
                    assert!(before.iter().all(|(who, entry)| seen.get(who) == Some(entry)));
                    assert!(
                        next.is_err() || seen.contains_key(&citizen(21)),
                        "{what} before operation {at}: lost"
                    );
                }
                Err(error) => assert!(next.is_err(), "{what} before operation {at}: {error}"),
            }
            if is_through {
                break;
            }
            at += 1;
        }
        assert!(at > 10 && stopped > 5, "{what}: {at} operations, stopped {stopped} times");
    }
}

#[test]
fn a_commit_meets_somebody_elses_acts_between_any_two_operations() {
    interleave(|writer| writer.commit().map(drop));
}

#[test]
fn a_flush_meets_somebody_elses_acts_between_any_two_operations() {
    interleave(Writer::flush);
}

/// F30: whatever a reader has seen is there after a power failure at that moment.
#[test]
fn what_a_reader_sees_survives_a_power_failure() {
    let hooked = Hooked::new(Memory::new());
    let options = manual().flush_at(3).maintenance(Maintenance::Inline);
    let gallery = Gallery::create_in(Arc::new(hooked.clone()), options).unwrap();
    let writer = gallery.writer().unwrap();
    let memory = hooked.memory.clone();
    let reader = Arc::new(std::sync::Mutex::new(0));
    let checked = reader.clone();
    hooked.hook(move |_, operation| {
        let writes = [
            Operation::Write,
            Operation::WriteAt,
            Operation::Sync,
            Operation::Rename,
            Operation::SyncDirectory,
            Operation::Remove,
        ];
        if writes.contains(&operation) {
            // Another process: opens the files as they are now, and the power fails.
            let other = Gallery::open_in(Arc::new(memory.clone()), manual()).unwrap();
            let seen = other.snapshot().map(|snapshot| snapshot.generation()).unwrap();
            for loss in [Loss::Everything, Loss::Some(3), Loss::Some(5)] {
                let after = Gallery::open_in(Arc::new(memory.after_crash(loss)), manual()).unwrap();
                let found = after.snapshot().unwrap().generation();
                assert!(found >= seen, "{operation:?}: {seen} was seen, {found} is there");
                *checked.lock().unwrap() += 1;
            }
        }
        Ok(())
    });
    for who in 0..12 {
        writer.add(citizen(who), &[finger(who), face(&model("m"), who, 8)]).unwrap();
        if who % 3 == 0 {
            // Straight to segments.
            writer.add(citizen(who + 50), &[finger(1), finger(2), finger(3), finger(4)]).unwrap();
        }
        writer.commit().unwrap();
        if who % 5 == 4 {
            let _ = writer.erase(citizen(who)).unwrap();
        }
    }
    assert!(*reader.lock().unwrap() > 200);
}

/// F33: a file system that lacks an operation is named, and a creation can be tried again.
#[test]
fn a_file_system_that_lacks_something_is_told_by_its_cause() {
    let refusals = [
        (Operation::SyncDirectory, io::ErrorKind::InvalidInput, "synchronise the directory"),
        (Operation::Protect, io::ErrorKind::PermissionDenied, "make read-only"),
        (Operation::Lock, io::ErrorKind::Unsupported, "lock"),
        (Operation::Rename, io::ErrorKind::Unsupported, "rename"),
    ];
    for (refused, kind, told) in refusals {
        let hooked = Hooked::new(Memory::new());
        let refuse = move |_, operation| if operation == refused { Err(kind.into()) } else { Ok(()) };
        hooked.hook(refuse);
        let error = Gallery::create_in(Arc::new(hooked.clone()), manual()).unwrap_err();
        assert!(error.to_string().contains(told), "{refused:?}: {error}");
        assert!(matches!(error, GalleryError::Storage(_)), "{refused:?}");
        hooked.hook(|_, _| Ok(()));
        let gallery = Gallery::create_in(Arc::new(hooked.clone()), manual()).expect(told);
        fill(&gallery);
        let before = contents_of(&hooked.memory).unwrap();
        // The same under a gallery that has data: nothing is lost, and nothing is acknowledged.
        let writer = gallery.writer().unwrap();
        writer.add(citizen(20), &[finger(20)]).unwrap();
        hooked.hook(refuse);
        let flushed = writer.flush();
        assert_eq!(flushed.is_err(), refused != Operation::Lock, "{refused:?}");
        drop(writer);
        hooked.hook(|_, _| Ok(()));
        let seen = contents_of(&hooked.memory).unwrap();
        assert!(before.iter().all(|(who, entry)| seen.get(who) == Some(entry)), "{refused:?}");
        let writer = gallery.writer().unwrap();
        writer.add(citizen(21), &[finger(21)]).unwrap();
        writer.compact().unwrap();
    }
}
