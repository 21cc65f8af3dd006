//! A crash after every operation on the disk, with everything, nothing or a part of what was not
//! synced lost: what was acknowledged is there, what was not is there as a whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::gallery_support::*;
use biomatch::gallery::{
    Gallery, GalleryError, GalleryOptions, Maintenance, NewReference, ReferenceId, Status, Writer, verify_in,
};
use biomatch::storage::{Loss, Memory};

/// Runs changes on a gallery and on plain values, and remembers what was acknowledged.
struct Scenario<'a> {
    writer: &'a Writer,
    acknowledged: Contents,
    staged: Contents,
}

impl Scenario<'_> {
    fn add(&mut self, who: u64, references: &[NewReference]) -> Result<Vec<ReferenceId>, GalleryError> {
        let ids = self.writer.add(citizen(who), references)?;
        let who = citizen(who);
        let entry = self.staged.entry(who).or_insert_with(|| (Status::Active, BTreeMap::new()));
        entry.1.extend(ids.iter().map(|id| id.value()).zip(references.iter().map(sample_of)));
        Ok(ids)
    }

    fn remove(&mut self, who: u64, reference: ReferenceId) -> Result<(), GalleryError> {
        self.writer.remove(citizen(who), reference)?;
        self.staged.get_mut(&citizen(who)).unwrap().1.remove(&reference.value());
        Ok(())
    }

    fn delete(&mut self, who: u64) -> Result<(), GalleryError> {
        self.writer.delete(citizen(who))?;
        self.staged.remove(&citizen(who));
        Ok(())
    }

    fn lock(&mut self, who: u64) -> Result<(), GalleryError> {
        self.writer.set_status(citizen(who), LOCKED)?;
        self.staged.get_mut(&citizen(who)).unwrap().0 = LOCKED;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), GalleryError> {
        self.writer.commit()?;
        self.acknowledged = self.staged.clone();
        Ok(())
    }

    /// Small commits through the log, flushes, a compaction.
    fn small(&mut self) -> Result<(), GalleryError> {
        let m = model("m");
        let first = self.add(1, &[finger(1), finger(2), face(&m, 1, 16)])?;
        self.add(2, &[finger(3)])?;
        self.commit()?;
        self.add(3, &[face(&model("n"), 1, 8)])?;
        self.lock(2)?;
        self.commit()?;
        self.writer.flush()?;
        self.add(0, &[finger(4)])?;
        self.remove(1, first[1])?;
        self.commit()?;
        self.add(4, &[finger(5), finger(6)])?;
        self.delete(2)?;
        self.commit()?;
        self.writer.flush()?;
        self.delete(3)?;
        self.add(5, &[face(&m, 5, 16)])?;
        self.commit()?;
        self.writer.compact()?;
        self.add(6, &[finger(7)])?;
        self.commit()?;
        self.add(7, &[finger(8), face(&m, 7, 16)])?;
        self.commit()
    }

    /// Large commits, which go straight to segments, beside small ones in the log; the last of the
    /// large ones joins the segments of those before.
    fn bulk(&mut self) -> Result<(), GalleryError> {
        let m = model("m");
        let faces = |seed: u64| (0..BULK as u64).map(|n| face(&m, seed + n, 16)).collect::<Vec<_>>();
        let first = self.add(1, &[finger(1), face(&m, 1, 16)])?;
        self.add(2, &faces(20))?;
        self.add(3, &[finger(3)])?;
        self.commit()?;
        self.add(4, &[finger(4), face(&model("n"), 4, 8)])?;
        self.lock(4)?;
        self.commit()?;
        // A commit of every kind of change, with rows in the log and in segments.
        self.add(5, &faces(50))?;
        self.remove(1, first[1])?;
        self.delete(2)?;
        self.lock(3)?;
        self.add(6, &[finger(6)])?;
        self.delete(6)?;
        self.commit()?;
        self.add(7, &[face(&m, 7, 16)])?;
        self.commit()?;
        for who in 10..16 {
            self.add(who, &faces(10 * who))?;
            self.commit()?;
        }
        self.delete(11)?;
        self.commit()
    }
}

/// References of a commit that goes straight to segments.
const BULK: usize = 4;

/// What is played, in which gallery, and the citizens that it leaves.
struct Script {
    play: fn(&mut Scenario<'_>) -> Result<(), GalleryError>,
    flush_at: usize,
    citizens: usize,
}

const SCRIPTS: [Script; 2] = [
    Script { play: |scenario| scenario.small(), flush_at: 8192, citizens: 6 },
    Script { play: |scenario| scenario.bulk(), flush_at: BULK, citizens: 10 },
];

/// Plays until the fault; gives what was acknowledged, and what was staged at most.
fn play(memory: &Memory, script: &Script) -> (Contents, Contents) {
    let nothing = (Contents::new(), Contents::new());
    let options = GalleryOptions::default().flush_at(script.flush_at).maintenance(Maintenance::Inline);
    let Ok(gallery) = Gallery::create_in(Arc::new(memory.clone()), options) else { return nothing };
    let Ok(writer) = gallery.writer() else { return nothing };
    let mut scenario = Scenario { writer: &writer, acknowledged: Contents::new(), staged: Contents::new() };
    let _ = (script.play)(&mut scenario);
    (scenario.acknowledged, scenario.staged)
}

fn check(survivor: &Memory, acknowledged: &Contents, staged: &Contents, what: &str) {
    let backend = Arc::new(survivor.clone());
    let gallery = match Gallery::open_in(backend.clone(), GalleryOptions::default()) {
        Err(GalleryError::NotAGallery { .. }) if acknowledged.is_empty() => {
            Gallery::create_in(backend.clone(), GalleryOptions::default()).expect(what)
        }
        result => result.expect(what),
    };
    let seen = contents(&gallery.snapshot().expect(what)).expect(what);
    assert!(seen == *acknowledged || seen == *staged, "{what}: a reader sees {:?}", seen.keys());
    let writer = gallery.writer().expect(what);
    let seen = contents(&gallery.snapshot().expect(what)).expect(what);
    assert!(seen == *acknowledged || seen == *staged, "{what}: a writer sees {:?}", seen.keys());
    let report = verify_in(backend.clone()).expect(what);
    assert!(report.is_sound(), "{what}: {:?}", report.problems);
    assert!(report.orphans.is_empty() && report.unacknowledged_bytes == 0, "{what}: not settled");
    // Life goes on.
    writer.add(citizen(90), &[finger(90)]).expect(what);
    writer.flush().expect(what);
    drop(writer);
    let gallery = Gallery::open_in(backend, GalleryOptions::default()).expect(what);
    let after = contents(&gallery.snapshot().expect(what)).expect(what);
    assert_eq!(after.len(), seen.len() + 1, "{what}");
}

#[test]
fn a_crash_after_any_operation_loses_nothing_acknowledged() {
    for script in &SCRIPTS {
        let whole = Memory::new();
        let (acknowledged, _) = play(&whole, script);
        assert_eq!(acknowledged.len(), script.citizens, "the scenario plays to its end");
        let operations = whole.writes();
        assert!(operations > 60);
        for k in 0..=operations {
            let memory = Memory::new();
            memory.fail_from(k);
            let (acknowledged, staged) = play(&memory, script);
            let losses = [Loss::Nothing, Loss::Everything, Loss::Some(3 * k), Loss::Some(3 * k + 1)];
            for loss in losses.into_iter().chain((0..4).map(|n| Loss::Some(1000 * n + k))) {
                let what = format!("operation {k} of {operations}, {loss:?}");
                check(&memory.after_crash(loss), &acknowledged, &staged, &what);
            }
        }
    }
}

#[test]
fn an_error_stops_the_writer_and_another_one_recovers() {
    for script in &SCRIPTS {
        let whole = Memory::new();
        play(&whole, script);
        for k in 0..whole.writes() {
            let memory = Memory::new();
            memory.fail_once(k);
            let (acknowledged, staged) = play(&memory, script);
            // The scenario stops at the first error; the system lived on.
            check(&memory.after_crash(Loss::Nothing), &acknowledged, &staged, &format!("operation {k}"));
        }
    }
}

#[test]
fn after_an_error_a_writer_refuses_everything_and_reading_goes_on() {
    let memory = Memory::new();
    let gallery = Gallery::create_in(Arc::new(memory.clone()), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    writer.add(citizen(1), &[finger(1)]).unwrap();
    writer.commit().unwrap();
    memory.fail_once(memory.writes() + 1);
    writer.add(citizen(2), &[finger(2)]).unwrap();
    assert!(matches!(writer.commit(), Err(GalleryError::Storage(_))));
    assert!(matches!(writer.commit(), Err(GalleryError::Poisoned { .. })));
    assert!(matches!(writer.add(citizen(3), &[finger(3)]), Err(GalleryError::Poisoned { .. })));
    assert!(matches!(writer.flush(), Err(GalleryError::Poisoned { .. })));
    assert_eq!(gallery.snapshot().unwrap().finger_count(), 1, "reading goes on");
    drop(writer);
    let writer = gallery.writer().unwrap();
    writer.add(citizen(3), &[finger(3)]).unwrap();
    writer.commit().unwrap();
    assert!(gallery.snapshot().unwrap().citizen(citizen(3)).unwrap().is_some());
}
