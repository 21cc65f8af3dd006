//! A gallery, the plain maps beside it, and how both are compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, Maintenance, Snapshot, Writer, verify_in};
use biomatch::storage::{Loss, Memory};

use super::elsewhere::Elsewhere;
use super::expected::{CITIZENS, Expected};
use crate::gallery_support::*;

/// What was done, over all cases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Operations of the interface.
    pub(crate) operations: u64,
    /// States that a handle gave and that were compared, citizen by citizen.
    pub(crate) states: u64,
    /// Times that the files were opened anew, by readers and writers.
    pub(crate) reopened: u64,
    pub(crate) crashes: u64,
    /// Operations that a fault of the disk made fail.
    pub(crate) faults: u64,
    /// Commits that were not acknowledged and were kept, or not.
    pub(crate) kept: u64,
    pub(crate) dropped: u64,
    /// Changes by somebody else, and those that were told as an error.
    pub(crate) tampered: u64,
    pub(crate) told: u64,
    /// Held snapshots that were compared with what they had.
    pub(crate) held: u64,
    /// Requests that were repeated, and refused.
    pub(crate) repeated: u64,
    pub(crate) conflicts: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        let mut other = other.clone();
        self.fields().into_iter().zip(other.fields()).for_each(|(sum, more)| *sum += *more);
    }

    fn fields(&mut self) -> [&mut u64; 12] {
        [
            &mut self.operations,
            &mut self.states,
            &mut self.reopened,
            &mut self.crashes,
            &mut self.faults,
            &mut self.kept,
            &mut self.dropped,
            &mut self.tampered,
            &mut self.told,
            &mut self.held,
            &mut self.repeated,
            &mut self.conflicts,
        ]
    }

    /// A run of many cases meets everything.
    pub(crate) fn check(mut self, cases: u64) {
        let met = self.fields().into_iter().all(|count| *count * 100 >= cases);
        assert!(met || cases < 200, "something is hardly ever tried: {self:?}");
    }
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) memory: Memory,
    options: GalleryOptions,
    pub(crate) gallery: Gallery,
    /// A handle of another process.
    pub(crate) follower: Gallery,
    /// Taken when it is needed.
    pub(crate) writer: Option<Writer>,
    pub(crate) committed: Expected,
    pub(crate) generation: u64,
    pub(crate) staged: Expected,
    /// Every state that was acknowledged, by its generation.
    pub(crate) history: BTreeMap<u64, Contents>,
    /// The files at an earlier moment.
    pub(crate) older: BTreeMap<String, Vec<u8>>,
    held: Vec<(Arc<Snapshot>, Contents)>,
    /// Faults are planned: errors of the disk are to be expected.
    pub(crate) is_faulty: bool,
    /// All that follows fails, until a crash.
    pub(crate) is_dying: bool,
    pub(crate) requests: u64,
    pub(crate) counts: Counts,
}

impl World {
    pub(crate) fn new(case: u64) -> Self {
        let memory = Memory::new();
        let options =
            GalleryOptions::default().flush_at(4 + case as usize % 5).maintenance(Maintenance::Inline);
        let gallery = Gallery::create_in(Arc::new(memory.clone()), options.clone()).unwrap();
        let follower = Gallery::open_in(Arc::new(Elsewhere(memory.clone())), options.clone()).unwrap();
        Self {
            random: Random::new(case.wrapping_mul(0x2545_f491_4f6c_dd1d)),
            older: memory.files(),
            memory,
            options,
            gallery,
            follower,
            writer: None,
            committed: Expected::default(),
            generation: 0,
            staged: Expected::default(),
            history: BTreeMap::from([(0, Contents::new())]),
            held: Vec::new(),
            is_faulty: false,
            is_dying: false,
            requests: 0,
            counts: Counts::default(),
        }
    }

    pub(crate) fn run(mut self) -> Counts {
        for _ in 0..5 + self.random.below(45) {
            self.counts.operations += 1;
            self.step();
            self.compare();
        }
        self.settle(None);
        self.writer = None;
        let report = verify_in(Arc::new(self.memory.clone())).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
        self.compare_held();
        self.counts
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.random.below(end)
    }

    /// The writer, taken if there is none.
    pub(crate) fn writer(&mut self) -> Result<&Writer, GalleryError> {
        if self.writer.is_none() {
            self.counts.reopened += 1;
            self.writer = Some(self.gallery.writer()?);
        }
        Ok(self.writer.as_ref().unwrap())
    }

    /// What was staged is acknowledged.
    pub(crate) fn acknowledge(&mut self, generation: u64) {
        assert!(
            (self.generation..=self.generation + 1).contains(&generation),
            "one generation for each commit"
        );
        if generation == self.generation {
            assert_eq!(self.staged.contents(), self.committed.contents());
        }
        self.generation = generation;
        self.committed = self.staged.clone();
        self.history.insert(generation, self.committed.contents());
    }

    /// After an error, or a crash: the writer goes, the disk works again, and what was not acknowledged
    /// is there as a whole (`attempted`) or not at all.
    pub(crate) fn settle(&mut self, attempted: Option<Expected>) {
        self.recover();
        let seen = self.fresh_reader().unwrap();
        self.check_either(&seen, attempted.as_ref());
        let gallery = self.gallery.clone();
        self.counts.reopened += 1;
        self.writer = Some(gallery.writer().unwrap());
        let seen = gallery.snapshot().unwrap();
        self.check_either(&seen, attempted.as_ref());
        let found = seen.generation().value();
        match attempted {
            Some(attempted) if found == self.generation + 1 => {
                self.counts.kept += 1;
                self.staged = attempted;
                self.acknowledge(found);
            }
            Some(_) => self.counts.dropped += 1,
            None => {}
        }
        self.staged = self.committed.clone();
    }

    /// The writer goes, with what was staged; the disk works again, after a crash or without one.
    pub(crate) fn recover(&mut self) {
        self.writer = None;
        self.staged = self.committed.clone();
        let crashes = self.is_dying || self.below(4) == 0;
        let loss = match self.below(4) {
            0 => Loss::Everything,
            1 => Loss::Nothing,
            _ => Loss::Some(self.random.next()),
        };
        self.memory.limit_space(None);
        self.memory.fail_once(u64::MAX);
        (self.is_faulty, self.is_dying) = (false, false);
        if crashes {
            self.crash(loss);
        }
    }

    fn check_either(&self, seen: &Snapshot, attempted: Option<&Expected>) {
        let found = seen.generation().value();
        let expected = match attempted {
            Some(attempted) if found == self.generation + 1 => attempted,
            _ => {
                assert_eq!(found, self.generation, "the generation that was acknowledged");
                &self.committed
            }
        };
        assert_eq!(contents(seen).unwrap(), expected.contents());
        assert_eq!(seen.payload(), expected.payload);
    }

    pub(crate) fn crash(&mut self, loss: Loss) {
        self.counts.crashes += 1;
        self.writer = None;
        self.memory = self.memory.after_crash(loss);
        self.open_handles();
    }

    /// New handles: those before belong to processes that ended.
    fn open_handles(&mut self) {
        let open = |backend| Gallery::open_in(backend, self.options.clone()).unwrap();
        self.gallery = open(Arc::new(self.memory.clone()));
        self.follower = open(Arc::new(Elsewhere(self.memory.clone())));
        self.counts.reopened += 2;
    }

    /// What a process sees that opens the gallery now.
    pub(crate) fn fresh_reader(&mut self) -> Result<Arc<Snapshot>, GalleryError> {
        self.counts.reopened += 1;
        Gallery::open_in(Arc::new(Elsewhere(self.memory.clone())), self.options.clone())?.snapshot()
    }

    /// A fresh reader, a following reader and the writer agree with the maps.
    fn compare(&mut self) {
        let snapshots = [
            self.fresh_reader().unwrap(),
            self.follower.snapshot().unwrap(),
            self.gallery.snapshot().unwrap(),
        ];
        let expected = self.committed.contents();
        for snapshot in snapshots {
            assert_eq!(snapshot.generation().value(), self.generation);
            assert_eq!(contents(&snapshot).unwrap(), expected);
            assert_eq!(snapshot.payload(), self.committed.payload);
            for who in 0..CITIZENS {
                let knows = snapshot.citizen(citizen(who)).unwrap().is_some();
                assert_eq!(knows, self.committed.knows(who));
            }
            self.counts.states += 1;
        }
    }

    /// Keeps a snapshot, to be compared later.
    pub(crate) fn hold(&mut self) {
        let snapshot = if self.below(2) == 0 { self.follower.snapshot() } else { self.gallery.snapshot() };
        self.held.push((snapshot.unwrap(), self.committed.contents()));
        if self.held.len() > 4 {
            self.held.remove(0);
        }
    }

    /// Held snapshots are as they were.
    pub(crate) fn compare_held(&mut self) {
        for (snapshot, expected) in &self.held {
            assert_eq!(contents(snapshot).unwrap(), *expected);
            self.counts.held += 1;
        }
    }
}
