//! F8, F10, F14, F31: what maintenance keeps small, and what must not stop it.

use std::sync::Arc;

use biomatch::fingerprint::FingerFeatures;
use biomatch::gallery::{
    ErasureState, Gallery, GalleryError, GalleryOptions, Maintenance, Status, verify_in,
};
use biomatch::storage::Memory;

use super::hooked::Hooked;
use super::{manual, name_of};
use crate::gallery_support::*;

/// Bytes that opening reads and operations that it makes.
fn cost_of_opening(memory: &Memory) -> (u64, u64) {
    let hooked = Hooked::new(Memory::with(memory.files()));
    let gallery = Gallery::open_in(Arc::new(hooked.clone()), GalleryOptions::default()).unwrap();
    gallery.snapshot().unwrap();
    (hooked.read.load(std::sync::atomic::Ordering::SeqCst), hooked.operations())
}

/// F8: single changes are moved out of the log as references are.
#[test]
fn opening_costs_no_more_after_twenty_thousand_single_locks() {
    let memory = Memory::new();
    let options = GalleryOptions::default().maintenance(Maintenance::Inline);
    let gallery = Gallery::create_in(Arc::new(memory.clone()), options).unwrap();
    let writer = gallery.writer().unwrap();
    for who in 0..10 {
        writer.add(citizen(who), &[finger(who)]).unwrap();
    }
    writer.commit().unwrap();
    let mut most = (0, 0);
    for n in 0..20_000_u64 {
        let status = if n % 20 < 10 { LOCKED } else { Status::Active };
        writer.set_status(citizen(n % 10), status).unwrap();
        writer.commit().unwrap();
        if n % 4096 == 4095 {
            let cost = cost_of_opening(&memory);
            most = (most.0.max(cost.0), most.1.max(cost.1));
        }
    }
    let log: usize =
        memory.files().iter().filter(|(name, _)| name.starts_with("wal-")).map(|(_, b)| b.len()).sum();
    assert!(log < 8_192 * 200, "{log} bytes of log");
    assert!(most.0 < 8_192 * 200 && most.1 < 40, "{most:?}");
    assert_eq!(gallery.snapshot().unwrap().generation().value(), 20_001);
}

/// F8: each kind of change counts: deletes, replacements, requests, payloads.
#[test]
fn every_kind_of_change_counts_towards_the_flush() {
    type Change = fn(&biomatch::gallery::Writer, u64);
    let changes: [(&str, Change); 4] = [
        ("delete", |writer, n| {
            writer.add(citizen(n + 10), &[finger(n)]).unwrap();
            writer.commit().unwrap();
            writer.delete(citizen(n + 10)).unwrap();
            writer.commit().unwrap();
        }),
        ("request", |writer, n| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&n.to_le_bytes());
            let request = biomatch::gallery::RequestId::new(id);
            writer.set_status_request(citizen(0), LOCKED, request).unwrap();
            writer.commit().unwrap();
        }),
        ("payload", |writer, n| drop(writer.commit_with(&n.to_le_bytes()).unwrap())),
        ("the same again", |writer, _| {
            writer.add(citizen(0), &[finger(0)]).unwrap();
            writer.commit().unwrap();
        }),
    ];
    for (what, change) in changes {
        let memory = Memory::new();
        let options = GalleryOptions::default().maintenance(Maintenance::Inline).flush_at(64);
        let gallery = Gallery::create_in(Arc::new(memory.clone()), options).unwrap();
        let writer = gallery.writer().unwrap();
        writer.add(citizen(0), &[finger(0)]).unwrap();
        writer.commit().unwrap();
        let mut most = 0;
        for n in 0..2_000 {
            change(&writer, n);
            let files = memory.files();
            most = most.max(files[&name_of(&files, "wal-")].len());
        }
        assert!(most < 64 * 1_500, "{what}: a log of {most} bytes");
    }
}

/// F10: a damaged record stays, by its name; everybody else is erased.
#[test]
fn a_damaged_record_stops_nobody_elses_erasure() {
    let clean = Memory::new();
    let gallery = Gallery::create_in(Arc::new(clean.clone()), manual()).unwrap();
    let writer = gallery.writer().unwrap();
    for who in 0..8 {
        writer.add(citizen(who), &[finger(who), face(&model("m"), who, 16)]).unwrap();
    }
    writer.flush().unwrap();
    drop((writer, gallery));
    let files = clean.files();
    let name = name_of(&files, ".finger");
    // A bit of the minutiae of one citizen.
    let own = FingerFeatures::new(&minutiae(3, 6)).view().minutiae.to_vec();
    let needle: &[u8] = bytemuck::cast_slice(&own);
    let at = files[&name].windows(needle.len()).position(|window| window == needle).unwrap();
    for (what, byte) in [("the first byte", at), ("the last byte", at + needle.len() - 1)] {
        let mut damaged = files.clone();
        damaged.get_mut(&name).unwrap()[byte] ^= 0x20;
        let memory = Memory::with(damaged);
        let gallery = Gallery::open_in(Arc::new(memory.clone()), manual()).unwrap();
        let writer = gallery.writer().unwrap();
        let ticket = writer.erase(citizen(5)).unwrap();
        writer.delete(citizen(6)).unwrap();
        writer.compact().unwrap();
        assert_eq!(writer.erasure(&ticket).unwrap(), ErasureState::Done, "{what}");
        let erased: Vec<_> = [5, 6].iter().map(|&who| FingerFeatures::new(&minutiae(who, 6))).collect();
        for (file, bytes) in memory.files() {
            for features in &erased {
                let needle: &[u8] = bytemuck::cast_slice(features.view().minutiae);
                assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{what}: {file}");
            }
        }
        let snapshot = gallery.snapshot().unwrap();
        let (mut good, mut wrong) = (Vec::new(), Vec::new());
        for who in [0, 1, 2, 3, 4, 7] {
            let view = snapshot.citizen(citizen(who)).unwrap().unwrap();
            match snapshot.finger(view.fingers[0].location) {
                Ok(_) => good.push(who),
                Err(error) => {
                    assert!(error.damage().is_some());
                    wrong.push(who);
                }
            }
        }
        assert_eq!((good.len(), wrong), (5, vec![3]), "{what}");
        assert!(!verify_in(Arc::new(memory.clone())).unwrap().is_sound(), "{what}");
        // And the damaged one can be erased as well.
        let ticket = writer.erase(citizen(3)).unwrap();
        writer.compact().unwrap();
        assert_eq!(writer.erasure(&ticket).unwrap(), ErasureState::Done, "{what}");
        drop(writer);
        let report = verify_in(Arc::new(memory)).unwrap();
        assert!(report.is_sound(), "{what}: {:?}", report.problems);
    }
}

/// F14: no room. The files that were begun are removed, and everything goes on when there is room.
#[test]
fn a_full_disk_leaves_nothing_behind_and_stops_nothing_for_good() {
    let base = Memory::new();
    let gallery = Gallery::create_in(Arc::new(base.clone()), manual()).unwrap();
    let writer = gallery.writer().unwrap();
    for who in 0..6 {
        writer.add(citizen(who), &[finger(who), face(&model("m"), who, 16)]).unwrap();
        writer.flush().unwrap();
    }
    writer.delete(citizen(2)).unwrap();
    writer.commit().unwrap();
    drop((writer, gallery));
    let files = base.files();
    type Step = fn(&biomatch::gallery::Writer) -> Result<(), GalleryError>;
    let steps: [(&str, Step); 3] = [
        ("compact", |writer| writer.compact()),
        ("flush", |writer| writer.flush()),
        ("erase", |writer| writer.erase(citizen(3)).map(drop)),
    ];
    for (what, step) in steps {
        let mut succeeded = 0;
        for room in (0..300_000).step_by(6_007).chain([0, 1, 64, 128, 200, 4_000]) {
            let memory = Memory::with(files.clone());
            let options = GalleryOptions::default().maintenance(Maintenance::Inline);
            let gallery = Gallery::open_in(Arc::new(memory.clone()), options).unwrap();
            let writer = gallery.writer().unwrap();
            let before = contents(&gallery.snapshot().unwrap()).unwrap();
            let names: Vec<_> = memory.files().into_keys().collect();
            memory.limit_space(Some(room));
            let done = step(&writer);
            let failed = done.is_err() || writer.maintenance_failure().is_some();
            if done.is_err() && what != "erase" {
                let left: Vec<_> = memory.files().into_keys().filter(|name| !names.contains(name)).collect();
                assert!(left.is_empty(), "{what} with {room} bytes leaves {left:?}");
            }
            succeeded += usize::from(!failed);
            memory.limit_space(None);
            let writer = if writer.commit().is_ok() {
                writer
            } else {
                drop(writer);
                gallery.writer().unwrap()
            };
            let mut expected = before;
            if what == "erase" && done.is_ok() {
                expected.remove(&citizen(3));
            }
            assert_eq!(contents(&gallery.snapshot().unwrap()).unwrap(), expected, "{what}, {room}");
            writer.add(citizen(9), &[finger(9)]).unwrap();
            writer.compact().unwrap();
            drop(writer);
            let report = verify_in(Arc::new(memory.clone())).unwrap();
            assert!(report.is_sound() && report.orphans.is_empty(), "{what}, {room}: {report:?}");
        }
        assert!(succeeded > 0 && succeeded < 60, "{what}: {succeeded}");
    }
}

/// F31: a delete touches as many operations and bytes however many rows there are.
#[test]
fn a_delete_costs_by_the_change() {
    let cost = |rows: u64| {
        let hooked = Hooked::new(Memory::new());
        let gallery = Gallery::create_in(Arc::new(hooked.clone()), manual()).unwrap();
        let writer = gallery.writer().unwrap();
        for who in 0..rows {
            writer.add(citizen(who), &[face(&model("m"), who, 8)]).unwrap();
        }
        writer.flush().unwrap();
        hooked.hook(|_, _| Ok(()));
        let before: usize = hooked.memory.files().values().map(Vec::len).sum();
        for who in 0..10 {
            writer.delete(citizen(who)).unwrap();
            writer.commit().unwrap();
        }
        let after: usize = hooked.memory.files().values().map(Vec::len).sum();
        (hooked.operations(), after - before)
    };
    assert_eq!(cost(20), cost(2_000));
}
