//! F21: an erasure is done when no file and no map holds a byte, and not before.

use std::sync::Arc;

use biomatch::fingerprint::FingerFeatures;
use biomatch::gallery::{ErasureState, Gallery, GalleryOptions, Maintenance};
use biomatch::storage::{Loss, Memory};

use super::manual;
use crate::gallery_support::*;

fn inline() -> GalleryOptions {
    GalleryOptions::default().maintenance(Maintenance::Inline)
}

/// Files that hold the minutiae of a citizen's finger.
fn traces(memory: &Memory, who: u64) -> Vec<String> {
    let features = FingerFeatures::new(&minutiae(who, 6));
    let stored: &[u8] = bytemuck::cast_slice(features.view().minutiae);
    let as_given = minutiae(who, 6);
    let given: &[u8] = bytemuck::cast_slice(&as_given);
    let has = |bytes: &Vec<u8>| bytes.windows(stored.len()).any(|window| window == stored || window == given);
    memory.files().into_iter().filter(|(_, bytes)| has(bytes)).map(|(name, _)| name).collect()
}

#[test]
fn an_old_snapshot_holds_an_erasure_back_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(folder.path(), inline()).unwrap();
    let reader = Gallery::open(folder.path(), inline()).unwrap();
    let writer = gallery.writer().unwrap();
    for who in 0..4 {
        writer.add(citizen(who), &[finger(who), face(&model("m"), who, 8)]).unwrap();
    }
    writer.flush().unwrap();
    for who in 0..3 {
        let old = reader.snapshot().unwrap();
        let ticket = writer.erase(citizen(who)).unwrap();
        assert!(matches!(writer.erasure(&ticket).unwrap(), ErasureState::Mapped { files } if files > 0));
        assert!(matches!(gallery.erasure(&ticket).unwrap(), ErasureState::Mapped { .. }));
        assert!(old.citizen(citizen(who)).unwrap().is_some());
        drop(old);
        // The follower of a handle that is not used holds no map for ever.
        reader.snapshot().unwrap();
        assert_eq!(writer.erasure(&ticket).unwrap(), ErasureState::Done, "{who}");
    }
}

/// At each operation that fails once: whoever says that the erasure is done is right.
#[test]
fn an_erasure_that_meets_an_error_is_not_called_done() {
    let files = {
        let memory = Memory::new();
        let gallery = Gallery::create_in(Arc::new(memory.clone()), manual()).unwrap();
        let writer = gallery.writer().unwrap();
        for who in 0..4 {
            writer.add(citizen(who), &[finger(who)]).unwrap();
        }
        writer.flush().unwrap();
        // Rows in the log as well.
        writer.add(citizen(1), &[finger(100)]).unwrap();
        writer.commit().unwrap();
        drop(writer);
        memory.files()
    };
    let (mut done, mut open) = (0, 0);
    for at in 0.. {
        let memory = Memory::with(files.clone());
        let gallery = Gallery::open_in(Arc::new(memory.clone()), inline()).unwrap();
        let writer = gallery.writer().unwrap();
        let start = memory.writes();
        memory.fail_once(start + at);
        let ticket = writer.erase(citizen(1));
        if at > 0 && memory.writes() <= start + at {
            break;
        }
        let Ok(ticket) = ticket else { continue };
        let check = |gallery: &Gallery, memory: &Memory, when: &str| {
            let state = gallery.erasure(&ticket).unwrap();
            if matches!(state, ErasureState::Done | ErasureState::Mapped { .. }) {
                let left: Vec<_> = [traces(memory, 1), traces(memory, 100)].concat();
                assert!(left.is_empty(), "operation {at}, {when}: {state:?}, but {left:?}");
            }
            state
        };
        match check(&gallery, &memory, "at once") {
            ErasureState::Done => done += 1,
            _ => open += 1,
        }
        // Without a writer, and after a power failure.
        drop(writer);
        check(&gallery, &memory, "without a writer");
        for loss in [Loss::Everything, Loss::Nothing, Loss::Some(at)] {
            let after = memory.after_crash(loss);
            let gallery = Gallery::open_in(Arc::new(after.clone()), inline()).unwrap();
            check(&gallery, &after, "after a crash");
            // It goes on by itself.
            let writer = gallery.writer().unwrap();
            let state = check(&gallery, &after, "with the next writer");
            if matches!(state, ErasureState::SetAside { .. }) {
                writer.discard_set_aside().unwrap();
            }
            let state = check(&gallery, &after, "at the end");
            assert_eq!(state, ErasureState::Done, "operation {at}, {loss:?}");
        }
    }
    assert!(done > 0 && open > 0, "{done} {open}");
}

#[test]
fn bytes_that_were_set_aside_hold_an_erasure_back() {
    let memory = Memory::new();
    let gallery = Gallery::create_in(Arc::new(memory.clone()), inline()).unwrap();
    let writer = gallery.writer().unwrap();
    writer.add(citizen(1), &[finger(1)]).unwrap();
    writer.commit().unwrap();
    drop(writer);
    let name = super::name_of(&memory.files(), "wal-");
    let mut longer = memory.files()[&name].clone();
    longer.extend([7; 50]);
    memory.overwrite(&name, &longer);
    let writer = gallery.writer().unwrap();
    assert_eq!(writer.recovery().cut_bytes, 50);
    let ticket = writer.erase(citizen(1)).unwrap();
    assert!(matches!(writer.erasure(&ticket).unwrap(), ErasureState::SetAside { files } if files.len() == 1));
    drop(writer);
    assert!(matches!(gallery.erasure(&ticket).unwrap(), ErasureState::SetAside { .. }));
    gallery.writer().unwrap().discard_set_aside().unwrap();
    assert_eq!(gallery.erasure(&ticket).unwrap(), ErasureState::Done);
    assert!(traces(&memory, 1).is_empty());
}
