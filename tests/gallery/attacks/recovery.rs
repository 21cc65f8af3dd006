//! F11, F15, F28: failed synchronisations, recoveries that are interrupted themselves, copies of a live gallery.

use std::sync::Arc;

use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, Maintenance, Writer, verify_in};
use biomatch::storage::{Loss, Memory};

use crate::gallery_support::*;

fn inline() -> GalleryOptions {
    GalleryOptions::default().maintenance(Maintenance::Inline).flush_at(5)
}

/// Adds until an error; gives what was acknowledged.
fn add_all(writer: &Writer, numbers: std::ops::Range<u64>) -> (Vec<u64>, Option<GalleryError>) {
    let mut acknowledged = Vec::new();
    for who in numbers {
        let added = writer.add(citizen(who), &[finger(who)]).and_then(|_| writer.commit());
        match added {
            Ok(_) => acknowledged.push(who),
            Err(error) => return (acknowledged, Some(error)),
        }
    }
    (acknowledged, None)
}

fn check(memory: &Memory, acknowledged: &[u64], what: &str) {
    let gallery = Gallery::open_in(Arc::new(memory.clone()), inline()).expect(what);
    let seen = contents(&gallery.snapshot().unwrap()).unwrap();
    for &who in acknowledged {
        assert!(seen.contains_key(&citizen(who)), "{what}: {who} was acknowledged");
    }
    let writer = gallery.writer().expect(what);
    assert!(add_all(&writer, 90..92).1.is_none(), "{what}");
    drop(writer);
    let report = verify_in(Arc::new(memory.clone())).unwrap();
    assert!(report.is_sound(), "{what}: {:?}", report.problems);
}

/// F11: one operation fails; another writer goes on in the same system; then the power fails. All that
/// either acknowledged is there.
#[test]
fn the_writer_after_a_failed_synchronisation_relies_on_nothing_of_it() {
    let whole = Memory::new();
    let gallery = Gallery::create_in(Arc::new(whole.clone()), inline()).unwrap();
    let start = whole.writes();
    let writer = gallery.writer().unwrap();
    add_all(&writer, 0..12);
    let mut failures = 0;
    for at in start..whole.writes() {
        let memory = Memory::new();
        let gallery = Gallery::create_in(Arc::new(memory.clone()), inline()).unwrap();
        memory.fail_once(at);
        let Ok(writer) = gallery.writer() else { continue };
        let (mut acknowledged, error) = add_all(&writer, 0..12);
        failures += usize::from(error.is_some());
        drop(writer);
        let writer = gallery.writer().unwrap();
        let (more, error) = add_all(&writer, 20..23);
        assert!(error.is_none(), "{error:?}");
        acknowledged.extend(more);
        for loss in [Loss::Everything, Loss::Nothing, Loss::Some(at), Loss::Some(at + 1_000)] {
            check(&memory.after_crash(loss), &acknowledged, &format!("operation {at}, {loss:?}"));
        }
    }
    assert!(failures > 20, "{failures}");
}

/// A crash, and a crash at each operation of the recovery from it, and one more.
#[test]
fn a_recovery_can_be_interrupted_at_any_operation() {
    let whole = Memory::new();
    let gallery = Gallery::create_in(Arc::new(whole.clone()), inline()).unwrap();
    let start = whole.writes();
    let writer = gallery.writer().unwrap();
    add_all(&writer, 0..7);
    let (mut recoveries, mut interrupted) = (0, 0);
    for at in (start..whole.writes()).step_by(5) {
        {
            let first = [Loss::Nothing, Loss::Everything, Loss::Some(at)][at as usize % 3];
            let memory = Memory::new();
            let gallery = Gallery::create_in(Arc::new(memory.clone()), inline()).unwrap();
            memory.fail_from(at);
            let acknowledged = gallery.writer().map_or(Vec::new(), |writer| add_all(&writer, 0..7).0);
            let left = memory.after_crash(first);
            recoveries += 1;
            for second in 0.. {
                let memory = Memory::with(left.files());
                memory.fail_from(second);
                let gallery = Gallery::open_in(Arc::new(memory.clone()), inline()).unwrap();
                let taken = gallery.writer();
                let is_through = taken.is_ok();
                drop(taken);
                for loss in [Loss::Everything, Loss::Some(second)] {
                    let what = format!("operation {at}, {first:?}, then {second}, {loss:?}");
                    check(&memory.after_crash(loss), &acknowledged, &what);
                }
                // The same system goes on, and then the power fails.
                memory.fail_once(u64::MAX);
                check(&memory, &acknowledged, &format!("operation {at}, {first:?}, then {second}"));
                let what = format!("operation {at}, {first:?}, then {second}, and on");
                check(&memory.after_crash(Loss::Everything), &acknowledged, &what);
                if is_through {
                    break;
                }
                interrupted += 1;
            }
        }
    }
    assert!(recoveries > 10 && interrupted > 30, "{recoveries} {interrupted}");
}

/// F15: a copy file by file of a gallery that changes meanwhile is whole, or an error; never a mixture.
#[test]
fn a_slow_copy_is_a_state_or_an_error() {
    let memory = Memory::new();
    let gallery = Gallery::create_in(Arc::new(memory.clone()), inline()).unwrap();
    let writer = gallery.writer().unwrap();
    let mut states = Vec::new();
    let mut histories = Vec::new();
    for who in 0..24 {
        writer.add(citizen(who), &[finger(who)]).unwrap();
        if who % 4 == 3 {
            writer.delete(citizen(who - 2)).unwrap();
        }
        writer.commit().unwrap();
        if who % 7 == 6 {
            writer.compact().unwrap();
        }
        states.push(contents(&gallery.snapshot().unwrap()).unwrap());
        histories.push(memory.files());
    }
    let mut random = Random::new(5);
    let (mut whole, mut refused) = (0, 0);
    for _ in 0..400 {
        // Each file as it was at a later moment than the one before it, in an order of its own.
        let mut copy = std::collections::BTreeMap::new();
        let mut moment = random.below(histories.len() as u64) as usize;
        for step in 0..6 {
            let names: Vec<_> = histories[moment].keys().cloned().collect();
            for (index, name) in names.iter().enumerate() {
                if index as u64 % 6 == (step + random.below(2)) % 6 {
                    copy.entry(name.clone()).or_insert_with(|| histories[moment][name].clone());
                }
            }
            if random.below(2) == 0 {
                moment = (moment + random.below(3) as usize).min(histories.len() - 1);
            }
        }
        let copied = Memory::with(copy);
        let opened = Gallery::open_in(Arc::new(copied), inline());
        match opened.and_then(|gallery| contents(&*gallery.snapshot()?)) {
            Ok(seen) => {
                assert!(states.contains(&seen), "a mixture of states");
                whole += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(whole > 10 && refused > 10, "{whole} {refused}");
}
